"""`vigil size` as a user runs it: the patch for Kustomize, read by a YAML parser and compared with a committed one, and the metrics of a running
program that it would read."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import yaml

from serve_test import legacy_window
from vigil_process import BINARY, Vigil, bearer

COMMITTED = pathlib.Path(__file__).with_name("sizing_patch.yaml")


def size(*words: str) -> subprocess.CompletedProcess:
    return subprocess.run([BINARY, "size", *words], capture_output=True, text=True, timeout=120)


class Patch(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.file = pathlib.Path(self.folder.name) / "sizing.yaml"

    def test_each_service_gets_its_autoscalers_bounds(self):
        ran = size("--service", "eeg-intake=40,0.3,5", "--service", "detector POST /predict=12,0.15,4,2", "--kustomize", str(self.file))
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual(self.file.read_text(), COMMITTED.read_text())
        documents = list(yaml.safe_load_all(self.file.read_text()))
        self.assertEqual([d["metadata"]["name"] for d in documents], ["detector", "eeg-intake"])
        for document in documents:
            self.assertEqual((document["apiVersion"], document["kind"]), ("autoscaling/v2", "HorizontalPodAutoscaler"))
            self.assertEqual(set(document["spec"]), {"minReplicas", "maxReplicas"})  # a patch leaves metrics and target as they are
            self.assertLessEqual(document["spec"]["minReplicas"], document["spec"]["maxReplicas"])

    def test_the_bounds_outlive_a_node_and_an_update(self):
        needed = json.loads(size("--service", "eeg-intake=40,0.3,5", "--json").stdout)["services"][0]["pods"]
        for nodes, unavailable in [(2, 25), (3, 0), (5, 25), (100, 50)]:
            with self.subTest(nodes=nodes, unavailable=unavailable):
                ran = size("--service", "eeg-intake=40,0.3,5", "--kustomize", str(self.file),
                           "--nodes", str(nodes), "--max-unavailable", str(unavailable))
                self.assertEqual(ran.returncode, 0, ran.stderr)
                pods = yaml.safe_load(self.file.read_text())["spec"]["maxReplicas"]
                left = [n - -(-n // nodes) - n * unavailable // 100 for n in (pods - 1, pods)]
                self.assertLess(left[0], needed)
                self.assertGreaterEqual(left[1], needed)

    def test_the_one_writer_of_the_store_gets_no_bounds(self):
        ran = size("--service", "records GET /v1/patients=40,0.3,2", "--service", "ward=1,1,1", "--kustomize", str(self.file))
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertEqual([d["metadata"]["name"] for d in yaml.safe_load_all(self.file.read_text())], ["ward"])
        self.assertIn("records is left as it is", self.file.read_text())

    def test_what_cannot_be_patched_is_said(self):
        for words, said in [
            (("--service", "POST /x=1,1,1"), "has no deployment's name in it"),
            (("--service", "ward=1,1,1", "--nodes", "2", "--max-unavailable", "60"), "no number of pods leaves"),
            (("--service", "ward=1,1,1", "--nodes", "1"), "--nodes"),
            (("--service", "records=1,1,1"), "one writer"),
        ]:
            with self.subTest(said=said):
                ran = size(*words, "--kustomize", str(self.file))
                self.assertEqual(ran.returncode, 2)
                self.assertIn(said, ran.stderr + ran.stdout)
                self.assertFalse(self.file.exists())
        ran = size("--service", "ward=1,1,1", "--kustomize", str(self.file / "nowhere"))
        self.assertEqual(ran.returncode, 1)


class Log(unittest.TestCase):
    def peak_mb(self, lines):
        """Of the program's memory, with so many requests of 24 hours coming through a pipe."""
        environment = {**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=1:" + os.environ.get("ASAN_OPTIONS", "")}  # what was freed is no memory in use
        with subprocess.Popen([BINARY, "size", "--access-log", "/dev/stdin", "--slots", "4"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as process:
            for number in range(lines):
                second = number * 86_400 // lines
                process.stdin.write(f'10.1.2.3 - - [28/Nov/2026:{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02} +0000] "POST /predict HTTP/1.1" 200 31 "-" '
                                    f'"curl/8" {number} "predict" "http://10.0.0.8:80" 5ms\n'.encode())
            process.stdin.close()
            said = process.stdout.read().decode()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(process.returncode, 0, said)
        self.assertIn(f"{lines} attempts", said)
        return used.ru_maxrss / 1000

    def test_a_long_log_takes_no_more_memory_than_a_short_one(self):
        short, long = self.peak_mb(20_000), self.peak_mb(200_000)  # 27 MB
        self.assertLess(long - short, 5)


class Metrics(unittest.TestCase):
    def test_the_program_counts_what_sizing_reads(self):
        vigil = Vigil("--predict-slots", "7")
        self.addCleanup(vigil.close)
        key = vigil.key("p1")
        for _ in range(3):
            status, _, body = vigil.call("POST", "/predict", {"eeg_data": legacy_window()["eeg_data"]}, bearer(key))
            self.assertEqual(status, 200, body)
        text = vigil.call("GET", "/metrics", base=vigil.monitor)[2]
        for line in ['vigil_http_slots{route="POST /predict"} 7', 'vigil_http_arrivals_total{route="POST /predict"} 3',
                     'vigil_http_slots_refused_total{route="POST /predict"} 0', 'vigil_http_in_service{route="POST /predict"} 0',
                     'vigil_http_service_seconds_count{route="POST /predict"} 3', 'vigil_http_slots{route="GET /v1/patients/{id}/edf"} 2']:
            self.assertIn(line, text)


if __name__ == "__main__":
    unittest.main()
