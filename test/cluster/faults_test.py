"""A ward of 50 patients plays on while a cluster does to it what clusters do: nothing acknowledged is lost, senders are told to come again at worst, the page
says what is wrong while it is, and all recovers alone.

One ward and one observer for all of them, in the order of their numbers; at the end every acknowledged block is looked for, by key. FAULT_SECONDS is how long the
database stays away (20; in `make prove-cluster` 600).
"""
import os
import time
import unittest

import faults
from cluster import figure, get, kubectl, wait_until
from observer import Observer, quantile
from ward import NAMESPACE, SERVICES, fresh, is_ready, k, pods

AWAY_S = float(os.environ.get("FAULT_SECONDS", "20"))
DRAINED_S = 20
NETWORK_AWAY_S = float(os.environ.get("NETWORK_SECONDS", "60"))
PATIENTS = int(os.environ.get("PATIENTS", "50"))
TACHYCARDIA, STORAGE_FAILING, ENDED = 4, 23, 4


def overlay():
    return os.environ.get("OVERLAY") or ("three-machines" if len(get("nodes")["items"]) >= 3 else "two-machines")


class Faults(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.ward = fresh(overlay())
        cls.seen = Observer(cls.ward, PATIENTS)
        cls.seen.__enter__()
        cls.addClassCleanup(cls.stop_whatever_it_is)
        cls.ward.administrate("PUT", "/v1/vigil/alarm-settings", {"switched_on": True, "reason": "test"})
        cls.ward.administrate("PUT", "/v1/patients/ward-1/alarm-settings", {"switched_on": True, "reason": "test"})

    @classmethod
    def stop_whatever_it_is(cls):
        if cls.seen.is_alive():
            for one in (*cls.seen.devices, *cls.seen.watches, cls.seen.page, *cls.seen.askers):
                one.running = False

    def setUp(self):
        self.seen.wait_until_well()
        self.begin()

    def begin(self):
        self.seen.notes.wrong.clear()
        self.began = time.time()

    def well_again(self, what, seconds=180, must_say=()):
        """All recovers alone; nobody was answered otherwise than may be; the page has said it. A line of it for the figures."""
        took = self.seen.wait_until_well(seconds)
        self.seen.check_answers()
        said = self.seen.page.troubles_since(self.began)
        figure(what, f"well again {took:.0f} s after; the page said: {', '.join(said) or 'nothing'}")
        for one in must_say:
            self.assertIn(one, said)

    def test_01_kill_9_of_each_pod_in_turn(self):
        for component in (*SERVICES, "nats", "mariadb", "away"):
            for pod in pods(component):
                name, before = pod["metadata"]["name"], faults.restarts(pod)
                self.begin()
                with self.subTest(pod=name):
                    faults.kill(pod)
                    wait_until(f"{name} to be started anew", lambda: faults.restarts(get("-n", NAMESPACE, "pod", name)) > before, 60)
                    self.well_again(f"kill -9 of {component}", must_say=("journal failing",) if self.is_whole_journal(component) else ())

    @staticmethod
    def is_whole_journal(component):
        return component == "nats" and len(pods("nats")) == 1

    def test_02_rolling_restart_of_every_deployment(self):
        for name in (*SERVICES, "away"):
            self.begin()
            with self.subTest(deployment=name):
                k("rollout", "restart", f"deploy/{name}")
                k("rollout", "status", f"deploy/{name}", "--timeout=180s")
                self.well_again(f"rolling restart of {name}")

    def test_03_deletion_of_the_databases_and_of_a_journals_pod(self):
        for component in ("mariadb", "nats"):
            self.begin()
            with self.subTest(component=component):
                pod = pods(component)[0]
                faults.delete(pod)
                faults.replaced(component, pod)
                self.well_again(f"deletion of {pod['metadata']['name']}", must_say=("journal failing",) if self.is_whole_journal(component) else ())

    def test_04_the_database_is_away_and_live_goes_on(self):
        k("scale", "statefulset/mariadb", "--replicas=0")
        wait_until("the database to be gone", lambda: not get("-n", NAMESPACE, "pods", "-l", "component=mariadb")["items"], 150)
        begin = time.time()
        self.seen.heart_rate["ward-1"] = 170
        try:
            time.sleep(AWAY_S)
            end = time.time()
        finally:
            self.seen.heart_rate.pop("ward-1")
            k("scale", "statefulset/mariadb", "--replicas=1")
        delays = self.seen.delays_between(begin, end)
        self.assertGreater(len(delays), 0.9 * PATIENTS * (end - begin), "detections go on")
        self.assertLess(quantile(delays, 0.99), 2.0)
        raised_at, _ = self.seen.page.alarms.get(("ward-1", TACHYCARDIA), (0, 0))
        self.assertGreater(raised_at, begin, "an alarm was raised meanwhile")
        self.assertIn(("", STORAGE_FAILING), self.seen.page.alarms, "the page has said that nothing is stored")
        self.well_again(f"database away for {end - begin:.0f} s, {len(delays)} windows shown meanwhile, p99 {quantile(delays, 0.99) * 1000:.0f} ms", must_say=("own alarm",))
        blocks, values = self.seen.check_stored()
        figure("stored after the database's absence, of those acknowledged", f"all of {blocks} blocks and {values} heart rates")

    def test_05_eviction_through_the_api(self):
        for component in SERVICES:
            self.begin()
            with self.subTest(component=component):
                pod = pods(component)[0]
                faults.evict(pod)
                faults.replaced(component, pod)
                self.well_again(f"eviction of a pod of {component}")

    def test_06_a_pod_that_outgrows_its_limit_is_killed_for_memory(self):
        pod = pods("eeg-intake")[0]
        name, before = pod["metadata"]["name"], faults.restarts(pod)
        faults.limit_memory(pod, 2 << 20)
        swell = b'{"blocks": [' + b" " * (7 << 20)
        deadline = time.monotonic() + 60
        while faults.restarts(get("-n", NAMESPACE, "pod", name)) == before:
            self.assertLess(time.monotonic(), deadline, "it was not killed")
            self.ward.ask("realtime-data.com", "POST", "/v1/eeg/blocks", swell, (("Content-Type", "application/json"), ("Authorization", f"Bearer {self.seen.devices[0].key}")))
        self.assertEqual(faults.last_end(get("-n", NAMESPACE, "pod", name)), ("OOMKilled", 137))
        self.well_again("a pod of eeg-intake killed for memory")

    def test_07_drain_of_a_worker(self):
        node = faults.workers()[-1]
        try:
            kubectl("drain", node, "--ignore-daemonsets", "--delete-emptydir-data", "--timeout=240s")
            time.sleep(DRAINED_S)
        finally:
            kubectl("uncordon", node)
        self.well_again("drain of a worker", 240)

    def test_08_a_workers_network_is_away(self):
        node = faults.workers()[-1]
        faults.cut_off(node, True)
        try:
            time.sleep(NETWORK_AWAY_S)
        finally:
            faults.cut_off(node, False)
        wait_until(f"{node} to be ready", lambda: faults.node_is_ready(node), 120)
        self.well_again(f"a worker's network away for {NETWORK_AWAY_S:.0f} s", 300)

    def test_09_every_acknowledged_block_is_stored(self):
        self.seen.stop()
        blocks, values = self.seen.check_stored()
        answers = ", ".join(f"{who} {status}: {count}" for (who, status), count in sorted(self.seen.notes.answers.items()))
        figure("acknowledged over all faults, each stored once", f"{blocks} blocks, {values} heart rates; answers: {answers}")
        self.assertEqual([one["metadata"]["name"] for component in SERVICES for one in pods(component) if not is_ready(one)], [])


if __name__ == "__main__":
    unittest.main()
