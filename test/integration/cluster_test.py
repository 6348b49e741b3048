"""The five programs of a cluster over one nats-server: what one takes in the others show, through kills, pauses and an orderly end."""

import base64
import concurrent.futures
import datetime
import http.client
import json
import os
import shutil
import struct
import subprocess
import sys
import threading
import time
import unittest
import urllib.parse

if not os.environ.get("NATS_SERVER"):
    print("NATS_SERVER names no nats-server (tools/nats_server makes one): skipped")
    sys.exit(4)

from cluster_processes import PROGRAMS, Cluster, Program, call, free_port, until
from faults_test import open_websocket
from vigil_process import bearer

RATE = 256
SENDERS = 4
SHARDS = 8


class Sender(threading.Thread):
    """Sends the blocks of a stream, one after the other, the same again until it is acknowledged."""

    def __init__(self, url: str, device: str, key: str, first: int = 0, pause: float = 0.05):
        super().__init__(daemon=True)
        self.target, self.device, self.key, self.pause = urllib.parse.urlparse(url), device, key, pause
        self.first = self.next = first
        self.start_us = int(time.time() * 1e6) - 3600 * 1_000_000
        self.running = True
        self.refused: dict[int, int] = {}

    def value(self, index: int) -> int:
        return (index * 37 + len(self.device)) % 20000 - 10000

    def body(self) -> dict:
        return {
            "device": self.device, "stream": "s", "first_sample": self.next, "rate_numerator": RATE, "rate_denominator": 1,
            "start_time_us": self.start_us + self.next * 1_000_000 // RATE, "channels": [{"label": "C3", "unit": "uV", "scale": 0.1}],
            "samples": RATE, "codec": "INT16_LE",
            "data": base64.b64encode(struct.pack(f"<{RATE}h", *(self.value(self.next + i) for i in range(RATE)))).decode(),
        }

    def send(self) -> tuple[int, dict]:
        """The next block, once: (status, headers); 0 where nobody answers."""
        connection = http.client.HTTPConnection(self.target.hostname, self.target.port, timeout=20)
        try:
            connection.request("POST", "/v1/eeg/blocks", json.dumps(self.body()), {"Content-Type": "application/json", **bearer(self.key)})
            answer = connection.getresponse()
            answer.read()
            status, headers = answer.status, dict(answer.getheaders())
        except (OSError, http.client.HTTPException):
            status, headers = 0, {}
        finally:
            connection.close()
        if status == 200:
            self.next += RATE
        return status, headers

    def run(self) -> None:
        while self.running:
            status, _ = self.send()
            if status not in (0, 200):
                self.refused[status] = self.refused.get(status, 0) + 1
            time.sleep(self.pause if status == 200 else 0.2)

    def stop(self) -> None:
        self.running = False
        self.join()


class ClusterTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Cluster()
        cls.addClassCleanup(cls.cluster.close)
        begin = time.monotonic()
        cls.cluster.start()
        print(f"ready after {time.monotonic() - begin:.1f} s")
        cls.admit()

    @classmethod
    def admit(cls):
        for number in ("1", "2"):
            cls.cluster.vigil("patient", f"p{number}", "--number", number)
        cls.key = json.loads(cls.cluster.vigil("key", "add", "--patient", "p1"))["key"]
        cls.cookie = cls.cluster.sign_in()
        # each program learns of the key by its own tail
        probe = Sender(cls.cluster.eeg.url, "probe", cls.key)
        until(lambda: probe.send()[0] == 200, "the key is known")

    def stored(self, device: str) -> dict[int, int]:
        """What records gives of a device, by sample index; a sample twice fails."""
        found, cursor = {}, ""
        since = datetime.datetime.fromtimestamp(time.time() - 7200, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        while cursor is not None:
            path = f"/v1/patients/p1/eeg?from={since}&limit=1000" + (f"&cursor={cursor}" if cursor else "")
            status, _, body = self.cluster.records.call("GET", path, headers=self.cookie)
            self.assertEqual(status, 200, body)
            page = json.loads(body)
            for stream in page["streams"]:
                for run in stream["runs"] if stream["device"] == device else []:
                    for offset, value in enumerate(run["data"][0]):
                        self.assertNotIn(run["first_sample"] + offset, found)
                        found[run["first_sample"] + offset] = value
            cursor = page.get("cursor")
        return found

    def check_stored(self, senders: list[Sender]) -> None:
        """Soon, as records knows how far the journal goes only once a second: all that was acknowledged, each sample once."""
        for sender in senders:
            self.assertGreater(sender.next, sender.first)
            sent = range(sender.first, sender.next)
            until(lambda: self.stored(sender.device).keys() >= set(sent), f"all of {sender.device} is stored: {len(sent)} samples")
            found = self.stored(sender.device)
            for index in sent:
                self.assertEqual(found[index], sender.value(index), f"sample {index} of {sender.device}")

    def test_0_wrong_flags_and_a_missing_secret_end_a_program_with_a_sentence(self):
        clean = {name: value for name, value in os.environ.items() if not name.startswith("VIGIL_")}
        for service in self.cluster.services:
            with self.subTest(program=service.name):
                wrong = subprocess.run([service.words[0], "--threads", "0"], capture_output=True, text=True, env=clean, timeout=60)
                self.assertEqual(wrong.returncode, 2)
                for flag in ("--journal", "--secret-file", "--threads"):
                    self.assertRegex(wrong.stderr, f"(?m)^{service.name}: {flag} .*[.]$")
                store = ["--store", "sqlite:unused"] if service.name == "records" else []
                missing = subprocess.run(
                    [service.words[0], "--journal", self.cluster.journal_address, *store],
                    capture_output=True, text=True, env={**clean, "VIGIL_SECRET_FILE": str(self.cluster.folder / "nowhere")}, timeout=60,
                )
                self.assertEqual(missing.returncode, 1)
                self.assertIn("nowhere cannot be read", missing.stderr)

    def test_0_away_tells_everybody_to_come_again_whatever_they_ask(self):
        port, monitor = free_port(), free_port()
        clean = {name: value for name, value in os.environ.items() if not name.startswith("VIGIL_")}
        words = [str(PROGRAMS / "ward"), "away", "--address", "127.0.0.1", "--port", str(port), "--monitor-port", str(monitor)]
        away = Program(words, self.cluster.folder / "away.log", clean)
        away.start()
        self.addCleanup(away.kill)
        until(lambda: call(f"http://127.0.0.1:{monitor}", "GET", "/readyz")[0] == 200, "away is ready")
        block = {"Content-Type": "application/x-protobuf", **bearer("anybody")}
        for method, path, body, headers in (
            ("GET", "/", None, {}), ("GET", "/v1/patients?from=now", None, {"Cookie": "a=b"}), ("DELETE", "/v1/admin/keys/1", None, {}), ("PUT", "/a/b/c/d", b"{}", {}),
            ("POST", "/", b"x", {}), ("POST", "/v1/eeg/blocks", b"x" * 524_288, block),
        ):
            with self.subTest(method=method, path=path):
                status, told, text = call(f"http://127.0.0.1:{port}", method, path, body, headers)
                self.assertEqual(status, 503)
                self.assertIn(told["Retry-After"], [str(seconds) for seconds in range(1, 6)])
                self.assertEqual(json.loads(text)["code"], "unavailable")
        self.assertEqual(away.stop(), 0, away.log_text())

    def test_1_what_the_intakes_take_is_scored_shown_and_stored(self):
        cluster = self.cluster
        live = open_websocket(cluster.ward, "/v1/ward/live", self.cookie)
        self.addCleanup(live.close)
        sender = Sender(cluster.eeg.url, "shown", self.key)
        for _ in range(8):
            self.assertEqual(sender.send()[0], 200)
        seen = b""
        deadline = time.monotonic() + 60
        while b"shown" not in seen and time.monotonic() < deadline:
            seen = seen[-64:] + live.recv(65536)
        self.assertIn(b"shown", seen)
        since = datetime.datetime.fromtimestamp(time.time() - 7200, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        detections = until(
            lambda: json.loads(cluster.records.call("GET", f"/v1/patients/p1/detections?from={since}", headers=self.cookie)[2]).get("detections"),
            "detections are stored",
        )
        self.assertTrue(any(one["model"].startswith("window-178") for one in detections) if "model" in detections[0] else detections)
        status, _, body = cluster.heart.call(
            "POST", "/v1/vitals", {"vitals": [{"name": "heart_rate", "unit": "/min", "value": 72.5, "start_time_us": int(time.time() * 1e6), "source": "strap"}]},
            bearer(self.key),
        )
        self.assertEqual(status, 200, body)
        until(
            lambda: "72.5" in cluster.records.call("GET", "/v1/patients/p1/vitals", headers=self.cookie)[2],
            "the heart rate is stored",
        )
        self.check_stored([sender])

    def test_2_the_old_calls_have_their_places(self):
        cluster = self.cluster
        # of a patient whose newest window it is
        window = {"fk_user": "2", "eeg_data": [(i * 37) % 180 - 90 for i in range(178)], "register_timestamp": "2026-9-9 10:0:7"}
        status, _, body = cluster.eeg.call("POST", "/", window)
        self.assertEqual(status, 200, body)
        self.assertGreaterEqual(json.loads(body)["response"]["response"], 0)
        added = {**window, "register_timestamp": "2026-9-9 10:0:9", "epilepsy_prediction_probability": 0.5}
        self.assertEqual(cluster.eeg.call("POST", "/eeg_chunks/add", added)[0], 201)
        export = {"data": {"metrics": [{"name": "heart_rate", "units": "bpm", "data": [{"date": "2026-09-09 10:00:00 +0000", "Avg": 61}]}]}}
        status, _, body = cluster.heart.call("POST", "/", export)
        self.assertEqual(status, 200, body)
        until(lambda: "-90" in cluster.records.call("GET", "/eeg_chunks/get_last_chunks_list")[2], "the old list has the window")
        until(lambda: cluster.records.call("GET", "/heartbeat_chunks/get_last_chunks_list")[0] == 200, "the old list of hearts answers")
        predicted = cluster.detector.call("POST", "/predict", {"eeg_data": window["eeg_data"]}, bearer(self.key))
        self.assertEqual(predicted[0], 200, predicted[2])
        self.assertEqual(cluster.heart.call("POST", "/v1/eeg/blocks", {})[0], 404)

    def test_2_of_two_wards_one_is_on_duty_and_any_takes_a_link(self):
        cluster = self.cluster
        wards = [cluster.ward, cluster.other_ward]
        link = cluster.link()
        self.assertEqual(cluster.other_ward.call("GET", link)[0], 303)
        until(lambda: cluster.ward.call("GET", link)[0] == 401, "the other ward knows that the link was used")
        with concurrent.futures.ThreadPoolExecutor(2) as both:
            for _ in range(5): # ten attempts a minute are what an address has at each
                link = cluster.link()
                answers = both.map(lambda ward, link=link: ward.call("GET", link)[0], (cluster.ward, cluster.other_ward))
                self.assertEqual(sorted(answers), [303, 401], "both were given it at once")
        on_duty = until(lambda: [ward for ward in wards if ward.log_text().rstrip().count("ward_on_duty") > ward.log_text().count("ward_off_duty")], "a ward is on duty")
        self.assertEqual(len(on_duty), 1)
        # it sends the test patient's data through the intake; when it is gone the other one does
        scored = lambda: cluster.detector.metric("vigil_detector_windows_total")
        before = scored()
        until(lambda: scored() > before, "the test patient's windows are scored")
        on_duty[0].kill()
        began = time.monotonic()
        other = next(ward for ward in wards if ward is not on_duty[0])
        until(lambda: "ward_on_duty" in other.log_text(), "the other ward goes on duty", 20)
        print(f"the other ward was on duty {time.monotonic() - began:.1f} s after the kill")
        before = scored()
        until(lambda: scored() > before, "the other ward sends")
        on_duty[0].start()
        on_duty[0].wait_ready()

    def test_3_every_acknowledged_block_is_stored_once_whatever_is_killed(self):
        senders = [Sender(self.cluster.eeg.url, f"killed-{number}", self.key) for number in range(SENDERS)]
        for sender in senders:
            sender.start()
        for service in self.cluster.services:
            before = [sender.next for sender in senders]
            time.sleep(0.5)
            service.kill()
            time.sleep(0.5)
            service.start()
            service.wait_ready()
            until(lambda: all(sender.next > old for sender, old in zip(senders, before)), f"blocks are taken after {service.name}")
        self.cluster.journal.kill()
        time.sleep(0.5)
        self.cluster.journal.start()
        before = [sender.next for sender in senders]
        until(lambda: all(sender.next > old for sender, old in zip(senders, before)), "blocks are taken after the journal")
        for sender in senders:
            sender.stop()
            self.assertLessEqual(set(sender.refused), {503})
        self.check_stored(senders)
        print(f"{sum(sender.next // RATE for sender in senders)} blocks acknowledged, each stored once")

    def test_4_detections_go_on_without_records(self):
        cluster = self.cluster
        self.assertEqual(cluster.records.stop(), 0)
        sender = Sender(cluster.eeg.url, "unstored", self.key)
        until(lambda: cluster.detector.metric("vigil_detector_owner") == SHARDS, "the detector owns")
        before = cluster.detector.metric("vigil_detector_windows_total")
        for _ in range(6):
            self.assertEqual(sender.send()[0], 200)
        until(lambda: cluster.detector.metric("vigil_detector_windows_total") >= before + 4, "windows are scored")
        cluster.records.start()
        cluster.records.wait_ready()
        self.check_stored([sender])

    def test_5_without_the_journal_senders_are_told_to_come_again(self):
        cluster = self.cluster
        sender = Sender(cluster.eeg.url, "away", self.key)
        self.assertEqual(sender.send()[0], 200)
        cluster.journal.kill()
        until(lambda: not cluster.eeg.ready() and not cluster.heart.ready(), "the intakes are not ready")
        status, headers = until(lambda: (answer := sender.send())[0] and answer, "an answer")
        self.assertEqual(status, 503)
        self.assertIn(headers["Retry-After"], [str(seconds) for seconds in range(1, 6)])
        status, headers, _ = cluster.heart.call(
            "POST", "/v1/vitals", {"vitals": [{"name": "heart_rate", "unit": "/min", "value": 73, "start_time_us": int(time.time() * 1e6), "source": "strap"}]},
            bearer(self.key),
        )
        self.assertEqual(status, 503)
        self.assertIn("Retry-After", headers)
        cluster.journal.start()
        for service in cluster.services:
            service.wait_ready()
        until(lambda: sender.send()[0] == 200, "a block is taken again")
        self.check_stored([sender])

    def test_6_a_journal_that_is_lost_is_told_and_a_new_one_goes_on_behind_what_the_store_has(self):
        # As after a restore into an empty cluster, but for programs that followed the lost one.
        cluster = self.cluster
        cluster.wait_until_stored()
        before = cluster.records.metric("vigil_records_position")
        cluster.journal.kill()
        shutil.rmtree(cluster.folder / "jetstream")
        cluster.journal.start()
        for service in cluster.services:
            until(lambda service=service: not service.holds("journal_stream_there"), f"{service.name} tells that the stream is gone")
        self.assertEqual(Sender(cluster.eeg.url, "nowhere", self.key).send()[0], 503)
        # records makes another; who followed the one before is not live, and is started anew
        self.assertEqual(cluster.records.stop(), 0)
        cluster.records.start()
        cluster.records.wait_ready()
        for service in cluster.services:
            if service is not cluster.records:
                until(lambda service=service: call(service.monitor, "GET", "/livez")[0] == 503, f"{service.name} is not live")
                self.assertIn("journal_stream_replaced", service.log_text())
                service.kill()
                service.start()
        for service in cluster.services:
            service.wait_ready()
        self.admit()
        sender = Sender(cluster.eeg.url, "afterwards", self.key)
        for _ in range(6):
            self.assertEqual(sender.send()[0], 200)
        self.check_stored([sender])
        self.assertGreater(cluster.records.metric("vigil_records_position"), before)
        self.assertGreater(len(self.stored("unstored")), 0)

    def test_7_told_to_stop_each_ends_in_order(self):
        for service in reversed(self.cluster.services):
            self.assertEqual(service.stop(), 0, f"{service.name}: {service.log_text()[-2000:]}")
            self.assertIn('"event":"stopped"', service.log_text())


if __name__ == "__main__":
    unittest.main()
