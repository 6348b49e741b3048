"""Prometheus itself reads a running vigil and its rules fire when a real fault is injected: senders that are refused, then a dead process; and they end
when it is back. Waiting times of the rules are shortened, their expressions are those of deploy/components/observability."""
import concurrent.futures
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

import yaml

import rendered
from loopback import free_port

HERE = rendered.ROOT / "deploy/components/observability"
SERVICES = ("eeg-intake", "heart-intake", "detector", "records", "ward")
OLD_WINDOW = {"fk_user": "1", "eeg_data": [(index * 37) % 180 - 90 for index in range(178)], "register_timestamp": "2026-9-9 10:0:7"}


class Prometheus:
    def __init__(self, folder):
        self.folder, self.port = pathlib.Path(folder), free_port()
        rules = yaml.safe_load((HERE / "rules.yaml").read_text())["spec"]
        # those on the daily checks ask kube-state-metrics, which is not here
        rules["groups"] = [group for group in rules["groups"] if group["name"] != "vigil-checks"]
        for group in rules["groups"]:
            group["interval"] = "1s"
            for rule in group["rules"]:
                if "for" in rule:
                    rule["for"] = "2s"
        (self.folder / "rules.yml").write_text(yaml.safe_dump(rules))
        config = {"global": {"scrape_interval": "1s", "scrape_timeout": "1s", "evaluation_interval": "1s"}, "rule_files": ["rules.yml"],
                  "scrape_configs": [{"job_name": "vigil", "file_sd_configs": [{"files": ["targets.json"], "refresh_interval": "1s"}]}]}
        (self.folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        self.process = None

    def read_from(self, monitor):
        """One process is all five services here: it is read once as each."""
        address = urllib.parse.urlparse(monitor).netloc
        text = json.dumps([{"targets": [address], "labels": {"component": name, "pod": f"{name}-1"}} for name in SERVICES])
        (self.folder / "targets.new").write_text(text)
        (self.folder / "targets.new").rename(self.folder / "targets.json")

    def start(self):
        with open(self.folder / "log", "wb") as log:
            self.process = subprocess.Popen(
                ["prometheus", "--config.file=prometheus.yml", f"--storage.tsdb.path={self.folder}/data", f"--web.listen-address=127.0.0.1:{self.port}"],
                cwd=self.folder, stdout=log, stderr=log)

    def ask(self, path):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v1/{path}", timeout=30) as answer:
            return json.load(answer)["data"]

    def value(self, expression):
        found = self.ask("query?" + urllib.parse.urlencode({"query": expression}))["result"]
        return float(found[0]["value"][1]) if found else None

    def firing(self):
        return {one["labels"]["alertname"] for one in self.ask("alerts")["alerts"] if one["state"] == "firing"}

    def wait(self, what, holds):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if holds():
                    return
            except OSError:
                pass
            time.sleep(0.2)
        raise AssertionError(f"not within 60 s: {what}; firing: {self.firing()}\n" + (self.folder / "log").read_text()[-2000:])

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


class Live(unittest.TestCase):
    def test_rules_fire_on_a_real_fault_and_end_with_it(self):
        sys.path.insert(0, str(rendered.ROOT / "test/integration"))
        from vigil_process import Vigil
        vigil = Vigil("--legacy-open", "eeg", "--legacy-senders", "p1", "--legacy-slots", "1")
        self.addCleanup(vigil.close)
        self.assertEqual(vigil.command("patient", "p1", "--number", "1").returncode, 0)
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        prometheus = Prometheus(holder.name)
        prometheus.read_from(vigil.monitor)
        prometheus.start()
        self.addCleanup(prometheus.stop)

        # healthy: read, and quiet
        prometheus.wait("five targets are read", lambda: prometheus.value('count(up{component!=""} == 1)') == 5)
        self.assertIn(vigil.call("POST", "/eeg", OLD_WINDOW)[0], (200, 202))
        prometheus.wait("the detector owns", lambda: prometheus.value("sum(vigil_detector_owner)") == len(SERVICES))
        prometheus.wait("an answer is counted", lambda: prometheus.value('sum(vigil_http_requests_total{component="eeg-intake", status="2xx"})') >= 1)
        prometheus.wait("nothing fires", lambda: not prometheus.firing())
        every = {rule["record"] for group in yaml.safe_load((HERE / "rules.yaml").read_text())["spec"]["groups"] for rule in group["rules"] if "record" in rule}
        for indicator in ("vigil:detection_late:bool", "vigil:store_stale:bool"):
            self.assertIn(indicator, every)
            prometheus.wait(indicator, lambda indicator=indicator: prometheus.value(indicator) == 0)

        # senders that come at once are refused
        def send(number):
            return vigil.call("POST", "/eeg", {**OLD_WINDOW, "register_timestamp": f"2026-9-9 11:{number // 60}:{number % 60}"})[0]

        def refused():
            with concurrent.futures.ThreadPoolExecutor(16) as senders:
                statuses = list(senders.map(send, range(160)))
            return 503 in statuses and {"AcceptanceBurnsFast", "SlotsRefuse"} <= prometheus.firing()

        prometheus.wait("AcceptanceBurnsFast and SlotsRefuse", refused)
        self.assertNotIn("NobodyDetects", prometheus.firing())

        # the process dies
        vigil.kill()
        prometheus.wait("ServiceAway, PodAway, NobodyDetects", lambda: {"ServiceAway", "PodAway", "NobodyDetects"} <= prometheus.firing())
        vigil.start()
        prometheus.read_from(vigil.monitor)
        prometheus.wait("they end", lambda: not {"ServiceAway", "PodAway", "NobodyDetects"} & prometheus.firing())


if __name__ == "__main__":
    if shutil.which("prometheus") is None or "VIGIL_BIN" not in os.environ:
        print("prometheus and VIGIL_BIN are needed: skipped", file=sys.stderr)
        sys.exit(4)
    unittest.main(verbosity=1)
