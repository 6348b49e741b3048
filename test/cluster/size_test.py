"""A peak: old senders at random, whose windows each hold a slot of eeg-intake until the detector has scored them. The autoscaler on CPU alone lets pods refuse; `vigil
size` measures the cluster, from the controller's log and from Prometheus, writes the bounds, and with them less than the target is refused under the same load.

PEAK_SECONDS (180; 3600 in `make prove-peak`) is how long the peak lasts, SIZED_SECONDS (as long) the one after it with the bounds that were sized. In an hour
`vigil size --check` compares what was refused with the model too.
"""
import asyncio
import collections
import datetime
import itertools
import json
import os
import pathlib
import random
import subprocess
import tempfile
import threading
import time
import unittest

from cluster import TOP, figure, get, kubectl, wait_until
from entry import INTAKE, Connection, let_close
from prometheus import IN_ROOT, Prometheus
from ward import NAMESPACE, fresh, is_ready, pods

PEAK_S = int(os.environ.get("PEAK_SECONDS", "180"))
SIZED_S = int(os.environ.get("SIZED_SECONDS", PEAK_S))
HOUR_S = 3600
OVERLAY = TOP / "deploy/overlays" / os.environ.get("OVERLAY", "two-machines")
SLOTS, OFFERED, MOST_PER_S, TARGET = 1, 0.6, 60.0, 0.05
SENDERS = 100  # each sends less than a window a second, so that no time comes twice
ROUTE = "eeg-intake POST /"
RNG = 8  # seed: both halves get the same arrivals
# of the controller's pods one gets all requests, that of the node which has the address
DISPATCH = ("--dispatch", "traefik", "--target-blocking", TARGET)
# a rolling update of Vigil takes no pod away (deploy/base/services/every-service.yaml)
SPREAD = ("--nodes", 2, "--max-unavailable", 0)


def vigil_size(*words):
    """(status, what it printed, what it complained of)"""
    done = subprocess.run([*IN_ROOT, TOP / "build/release/bin/vigil", "size", *map(str, words)], capture_output=True, text=True, cwd=TOP)
    return done.returncode, done.stdout, done.stderr


class OldSenders(threading.Thread):
    """Windows at random times, whatever the answers take (open loop); no sender comes back with what was refused."""

    def __init__(self, ward, per_s, seconds):
        super().__init__(daemon=True)
        self.ward, self.per_s, self.seconds, self.running = ward, per_s, seconds, True
        self.random, self.idle = random.Random(RNG), collections.defaultdict(list)
        self.first = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=2)
        self.answers, self.took_s, self.lateness_s, self.sent = collections.Counter(), [], [], 0
        self.stray, self.refused_at_s = [], []

    def run(self):
        asyncio.run(self.send_all())

    async def send_all(self):
        begin, due, tasks = time.monotonic(), 0.0, set()
        while self.running and due < self.seconds:
            due += self.random.expovariate(self.per_s)
            await asyncio.sleep(max(0.0, begin + due - time.monotonic()))
            self.lateness_s.append(time.monotonic() - begin - due)
            task = asyncio.create_task(self.send(self.sent))
            self.sent += 1
            tasks.add(task)
            task.add_done_callback(tasks.discard)
        if tasks:
            await asyncio.wait(tasks)
        for connection in itertools.chain(*self.idle.values()):
            connection.close()
        await let_close()

    async def send(self, number):
        # a sender's own: a connection leads to one of the controller's pods as long as it lasts
        idle = self.idle[number % SENDERS]
        connection = idle.pop() if idle else Connection(self.ward.entry, INTAKE, 20)
        # none came before: a sender's windows are a second apart
        at = self.first + datetime.timedelta(seconds=number // SENDERS)
        body = json.dumps({"fk_user": str(number % SENDERS + 1), "eeg_data": [(place * 37 + number) % 180 - 90 for place in range(178)],
                           "register_timestamp": f"{at:%Y-%m-%d %H:%M:%S}"})
        begin = time.monotonic()
        status, headers, answer = await connection.ask("POST", "/eeg", body.encode(), (("Content-Type", "application/json"),))
        self.answers[status] += 1
        if status in (200, 202):
            self.took_s.append(time.monotonic() - begin)
        elif status == 503 and "retry-after" in headers:
            self.refused_at_s.append(begin)
        else:
            self.stray.append((status, answer[:200]))
        idle.append(connection)

    def refused(self):
        return self.answers[503] / max(1, sum(self.answers.values()))

    def times(self):
        """How long what was taken took, and how close together refusals come: were pods busy independently of each other, few would come in the second of another."""
        took = sorted(self.took_s)
        quantiles = ", ".join(f"p{share:g} {took[int(len(took) * share / 100)] * 1000:.0f} ms" for share in (50, 95, 99, 99.9))
        seconds = collections.Counter(int(at) for at in self.refused_at_s)
        return f"{quantiles}; the refused in {len(seconds)} of the seconds, {max(seconds.values(), default=0)} in one"


class PodSeconds(threading.Thread):
    """How many pods of eeg-intake there are, over time."""

    def __init__(self):
        super().__init__(daemon=True)
        self.counts, self.running = [], True

    def run(self):
        while self.running:
            self.counts.append(len(pods("eeg-intake")))
            time.sleep(2)

    def mean(self):
        return sum(self.counts) / len(self.counts)


class Peak(unittest.TestCase):
    def setUp(self):
        if not (TOP / "build/release/bin/vigil").exists():
            self.skipTest("there is no build/release/bin/vigil; make build makes it")
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        settings = (f"VIGIL_LEGACY_SLOTS={SLOTS}", "VIGIL_LEGACY_OPEN=eeg", "VIGIL_LEGACY_SENDERS=" + ",".join(f"old-{number}" for number in range(1, SENDERS + 1)))
        self.write_overlay(settings)
        self.ward = fresh(self.overlay)
        for number in range(1, SENDERS + 1):
            self.ward.administrate("POST", "/v1/admin/patients", {"id": f"old-{number}", "number": number})

    def write_overlay(self, settings, *patches):
        """As one who installs Vigil: a folder of one's own over one of deploy/overlays."""
        self.overlay, self.settings = self.folder / "overlay", settings
        self.overlay.mkdir(exist_ok=True)
        (self.overlay / "kustomization.yaml").write_text(json.dumps({
            "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "namespace": NAMESPACE,
            "resources": [os.path.relpath(OVERLAY, self.overlay.resolve())],
            "configMapGenerator": [{"name": "settings", "behavior": "merge", "literals": list(settings)}],
            "patches": [{"path": str(path)} for path in patches]}))

    def play(self, per_s, seconds):
        """Load for that long, and who counts pods meanwhile; both run."""
        senders, counted = OldSenders(self.ward, per_s, seconds), PodSeconds()
        senders.start()
        counted.start()
        return senders, counted

    def end(self, senders, counted):
        senders.running = counted.running = False
        senders.join(60)
        self.assertEqual(senders.stray, [], "answers that may not be")
        self.assertLess(sorted(senders.lateness_s)[len(senders.lateness_s) * 99 // 100], 0.5, "the sender itself was in time")

    def service_time_s(self):
        """Of a window alone."""
        senders, counted = self.play(1.0, 15)
        senders.join(60)
        self.end(senders, counted)
        self.assertGreater(len(senders.took_s), 5, senders.answers)
        return sum(senders.took_s) / len(senders.took_s)

    def together_s(self):
        """Of windows of which two come at once: pods wait for the same journal and the same processors, which no model here knows."""
        senders = OldSenders(self.ward, 1.0, 0)

        async def pairs():
            for first in range(0, 200, 2):
                await asyncio.gather(senders.send(first), senders.send(first + 1))
                await asyncio.sleep(0.1)
            for connection in itertools.chain(*senders.idle.values()):
                connection.close()
            await let_close()
        asyncio.run(pairs())
        self.assertEqual(senders.stray, [])
        return sum(senders.took_s) / len(senders.took_s)

    def test_bounds_that_were_measured_carry_the_peak_that_cpu_alone_refuses(self):
        alone_s = self.service_time_s()
        figure("a window of which two come at once, beside one alone", f"{self.together_s() * 1000:.1f} ms, {alone_s * 1000:.1f} ms")
        per_s = min(MOST_PER_S, OFFERED / alone_s)
        begin = datetime.datetime.now(datetime.UTC)
        senders, counted = self.play(per_s, PEAK_S + 600)
        prometheus = Prometheus()
        self.addCleanup(prometheus.close)
        prometheus.wait_until_it_reads("eeg-intake", 2)
        time.sleep(PEAK_S + (90 if PEAK_S >= HOUR_S else 0))
        bounds = self.folder / "overlay/sizing.yaml"
        status, said, wrong = vigil_size("--prometheus", prometheus.url, "--hours", 1 + PEAK_S // HOUR_S, "--only", ROUTE, *DISPATCH, "--json", *SPREAD, "--kustomize", bounds)
        self.assertEqual(status, 0, wrong)
        measured = json.loads(said)["services"][0]
        self.check_model(prometheus)
        self.end(senders, counted)
        self.check_measured(measured, senders, per_s)
        self.check_log(begin, senders, per_s)
        self.assertGreater(senders.answers[503], 0, "two pods of one slot refuse at this load")
        counter = 'sum(vigil_http_slots_refused_total{job="eeg-intake", route="POST /"})'
        wait_until("each refusal to be counted", lambda: prometheus.value(counter) == senders.answers[503], 20)

        self.write_overlay(self.settings, "sizing.yaml")
        self.ward.apply(self.overlay)
        fewest = get("-n", NAMESPACE, "hpa", "eeg-intake")["spec"]["minReplicas"]
        self.assertGreater(fewest, 2)
        wait_until("the pods that were sized", lambda: len([one for one in pods("eeg-intake") if is_ready(one)]) >= fewest, 300, 2)
        sized, sized_count = self.play(per_s, SIZED_S)
        sized.join(SIZED_S + 60)
        self.end(sized, sized_count)
        for what, load, count in (("autoscaler on CPU at 50 %, from 2 pods", senders, counted), (f"bounds by vigil size ({fewest} pods at least)", sized, sized_count)):
            figure(f"peak of {per_s:.1f} old windows a second, {alone_s * 1000:.0f} ms alone, {SLOTS} slots a pod, {what}",
                   f"{load.refused():.2%} of {sum(load.answers.values())} refused, {count.mean():.1f} pods on average, {max(count.counts)} at most; {load.times()}")
        self.assertLess(sized.refused(), TARGET)
        self.assertLess(sized.refused(), senders.refused())

    def check_model(self, prometheus):
        status, said, wrong = vigil_size("--prometheus", prometheus.url, "--hours", 1, "--only", ROUTE, *DISPATCH, "--check")
        print(said, flush=True)
        if PEAK_S < HOUR_S:
            self.assertEqual(status, 2, said + wrong)
            self.assertIn("too little to check", said)
            return
        self.assertEqual(status, 0, said + wrong)
        status, said, wrong = vigil_size("--prometheus", prometheus.url, "--hours", 1, "--only", ROUTE, "--dispatch", "least-busy", "--slots", 20, "--check")
        self.assertEqual(status, 1, "pods of twenty slots are not what runs: " + said + wrong)

    def check_measured(self, measured, senders, per_s):
        """What the pods counted is what was sent, and a slot is held for less than the whole way."""
        found = measured["measured"]
        self.assertAlmostEqual(found["rate_per_s"], per_s, delta=2 * found["rate_half_width_95"] + 0.05 * per_s)
        self.assertEqual(found["slots"], SLOTS)
        way_s = sum(senders.took_s) / len(senders.took_s)
        self.assertTrue(0.3 * way_s < found["service_s"] < way_s, f"{found['service_s']} s in a pod, {way_s} s from outside")
        model = next(row["blocking"] for row in measured["rows"] if row["pods"] == found["pods_now"])
        offered, plain = found["rate_per_s"] * found["service_s"], 1.0
        for servant in range(1, found["pods_now"] * SLOTS + 1):
            plain = offered * plain / (servant + offered * plain)
        figure(f"refused by {found['pods_now']} pods at {offered:.2f} erlangs", f"{found['refused'] / found['attempts']:.2%}, {model:.2%} by the model of Traefik's turns, "
               f"{plain:.2%} by plain Erlang B")

    def check_log(self, begin, senders, per_s):
        """The controller's log, as one who has no Prometheus: the same requests, with the way through the controller in their times."""
        log = self.folder / "access.log"
        log.write_text(kubectl("-n", "ingress-nginx", "logs", "-l", "app.kubernetes.io/name=ingress-nginx", "--tail=-1",
                               f"--since-time={begin:%Y-%m-%dT%H:%M:%SZ}"))
        status, said, wrong = vigil_size("--access-log", log, "--slots", SLOTS, *DISPATCH, "--json")
        self.assertEqual(status, 0, wrong)
        found = {one["name"]: one["measured"] for one in json.loads(said)["services"]}
        old = [one for name, one in found.items() if "old-paths" in name or "eeg-intake" in name]  # Traefik names the route, nginx the service
        self.assertEqual(len(old), 1, found.keys())
        self.assertAlmostEqual(old[0]["rate_per_s"], per_s, delta=2 * old[0]["rate_half_width_95"] + 0.05 * per_s)
        # of a log that a kubelet has turned meanwhile it gives the newest part
        self.assertAlmostEqual(old[0]["refused"] / old[0]["attempts"], senders.refused(), delta=0.03)


if __name__ == "__main__":
    unittest.main()
