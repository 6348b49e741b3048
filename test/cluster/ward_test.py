"""A ward of 50 patients on the cluster: from the entry to a page within two seconds, and every acknowledged block is stored, by key."""
import os
import time
import unittest

from cluster import figure, get, kubectl
from entry import INTAKE
from observer import Observer, quantile
from ward import NAMESPACE, SERVERS, SERVICES, fresh, pods

SECONDS = float(os.environ.get("WARD_SECONDS", "60"))
PATIENTS = 50


class Steady(unittest.TestCase):
    def test_windows_reach_the_page_within_two_seconds_and_acknowledged_is_stored(self):
        ward = fresh(os.environ.get("OVERLAY", "two-machines"))
        with Observer(ward, PATIENTS) as seen:
            begin = time.time()
            time.sleep(SECONDS)
            delays = seen.delays_between(begin, time.time())
        seen.check_answers()
        self.assertGreater(len(delays), 0.9 * PATIENTS * SECONDS, "windows came to the page")
        p50, p99 = quantile(delays, 0.5), quantile(delays, 0.99)
        blocks, values = seen.check_stored()
        figure(f"{PATIENTS} patients for {SECONDS:.0f} s, from a window's last sample to the page: p50, p99, longest of {len(delays)}",
               f"{p50 * 1000:.0f} ms, {p99 * 1000:.0f} ms, {max(delays) * 1000:.0f} ms")
        figure("acknowledged blocks and heart rates, all stored", f"{blocks}, {values}")
        self.assertLess(p99, 2.0)


class Entry(unittest.TestCase):
    """The hosts, their certificates and the paper's paths, from a machine outside."""

    @classmethod
    def setUpClass(cls):
        cls.ward = fresh("laptop")

    def test_the_old_paths_lead_to_the_services_which_say_that_they_are_closed(self):
        for path, body in (("/eeg", b"{}"), ("/heartbeat", b"{}")):
            status, _, answer = self.ward.ask(INTAKE, "POST", path, body, (("Content-Type", "application/json"),))
            self.assertIn(status, (401, 403, 404), answer)
            self.assertIn(b'"status"', answer, "a service said it, and not the controller")

    def test_what_has_no_pod_is_answered_503_with_retry_after(self):
        kubectl("-n", NAMESPACE, "scale", "deploy/records", "--replicas=0")
        self.addCleanup(self.ward.wait_until_ready)
        self.addCleanup(kubectl, "-n", NAMESPACE, "scale", "deploy/records", "--replicas=1")
        deadline = time.monotonic() + 60
        while pods("records") or get("-n", NAMESPACE, "pods", "-l", "component=records")["items"]:
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.5)
        for method, body in (("GET", b""), ("POST", b"x" * 100_000)):
            status, headers, answer = self.ward.ask("healtcare-cluster.com", method, "/v1/patients", body, (("Cookie", self.ward.cookie),))
            self.assertEqual(status, 503, answer)
            self.assertIn(headers["retry-after"], [str(seconds) for seconds in range(1, 6)])

    def test_idle_with_ten_patients_it_fits_in_two_gigabytes(self):
        with Observer(self.ward, 10):
            time.sleep(float(os.environ.get("IDLE_SECONDS", "60")))
            total = {}
            for pod in get("--raw", f"/apis/metrics.k8s.io/v1beta1/namespaces/{NAMESPACE}/pods")["items"]:
                used = sum(bytes_of(one["usage"]["memory"]) for one in pod["containers"])
                name = next((one for one in (*SERVICES, *SERVERS, "away") if pod["metadata"]["name"].startswith(one)), pod["metadata"]["name"])
                total[name] = total.get(name, 0) + used
        self.assertLessEqual(set(SERVICES) | set(SERVERS), set(total), "each is measured")
        figure("laptop with 10 patients: memory of all pods, working sets", f"{sum(total.values()) / 1e6:.0f} MB ("
               + ", ".join(f"{name} {used / 1e6:.0f}" for name, used in sorted(total.items())) + ")")
        self.assertLess(sum(total.values()), 2e9)


def bytes_of(quantity):
    for unit, factor in (("Ki", 1024), ("Mi", 1024 ** 2), ("Gi", 1024 ** 3)):
        if quantity.endswith(unit):
            return int(quantity.removesuffix(unit)) * factor
    return int(quantity)


if __name__ == "__main__":
    unittest.main()
