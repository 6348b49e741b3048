"""The alerts of deploy/components/observability: each fault is put into a healthy ward's series, and its alert fires by Prometheus' own rules engine
(promtool test rules); without a fault none does. Names of metrics are those of api/telemetry.yaml; the dashboard is what its program makes."""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import yaml

import rendered

HERE = rendered.ROOT / "deploy/components/observability"
SERVICES = ("eeg-intake", "heart-intake", "detector", "records", "ward")
BAD = 'vigil_http_requests_total{component="%s", route="%s", status="5xx"}'
REFUSED = BAD % ("eeg-intake", "/v1/eeg/blocks")
BLOCKS = 'vigil_eeg_blocks_total{component="eeg-intake", result="accepted"}'
SLOTS = 'vigil_http_slots_refused_total{component="eeg-intake", route="/eeg"}'

# One value each 15 s, in promtool's words: "start+stepXtimes", "valueXtimes", "_xTimes" for no value.
HEALTHY = {
    **{f'up{{component="{name}", pod="{name}-1"}}': "1x400" for name in SERVICES},
    'vigil_http_requests_total{component="eeg-intake", route="/v1/eeg/blocks", status="2xx"}': "0+1500x400",
    BLOCKS: "0+1500x400",
    'vigil_detector_owner{component="detector"}': "1x400",
    'vigil_detector_lag_seconds{component="detector"}': "0.01x400",
    'vigil_records_store_failing{component="records"}': "0x400",
    'vigil_records_lag_entries{component="records"}': "3x400",
    'vigil_records_missed_total{component="records"}': "0x400",
    'vigil_check_holds{component="detector", check="journal_stream_there"}': "1x400",
    'vigil_check_holds{component="detector", check="journal_writable"}': "1x400",
    'vigil_ward_calls_waiting{component="ward"}': "0x400",
    'vigil_ward_pages{component="ward"}': "3x400",
    'vigil_ward_skipped_frames_total{component="ward"}': "0x400",
    'vigil_http_arrivals_total{component="eeg-intake", route="/eeg"}': "0+150x400",
    SLOTS: "0x400",
    'kube_cronjob_created{namespace="vigil", cronjob="check-chain"}': "0x400",
    'kube_cronjob_status_last_successful_time{namespace="vigil", cronjob="check-chain"}': "0+15x400",
    'kube_job_status_failed{namespace="vigil", job_name="check-chain-1"}': "0x400",
}
# what is wrong, series that are other (None: not there), when, alerts that fire, alerts that must not
FAULTS = (
    ("2 % of what devices send is refused", {REFUSED: "0+30x400"}, "65m", ["AcceptanceBurnsFast", "AcceptanceBurnsSteady"], []),
    ("refused for ten minutes, an hour ago", {REFUSED: "0+300x40 12000x360"}, "65m", [], ["AcceptanceBurnsFast"]),
    ("1 % is refused", {BAD % ("heart-intake", "/v1/vitals"): "0+15x400"}, "90m", ["AcceptanceBurnsSteady"], ["AcceptanceBurnsFast"]),
    ("0.2 % is refused", {BAD % ("heart-intake", "/v1/vitals"): "0+3x400"}, "90m", ["AcceptanceBurnsSlow"], ["AcceptanceBurnsSteady"]),
    ("a service that devices do not see fails", {BAD % ("ward", "/v1/ward/live"): "0+300x400"}, "90m", [], ["AcceptanceBurnsFast", "AcceptanceBurnsSlow"]),
    ("the detector is behind", {'vigil_detector_lag_seconds{component="detector"}': "0.01x200 30x200"}, "54m", ["DelayBurnsFast"], ["FreshnessBurnsFast"]),
    ("the store fails", {'vigil_records_store_failing{component="records"}': "0x200 1x200"}, "56m", ["StoreFails", "FreshnessBurnsFast"], ["DelayBurnsFast"]),
    ("records is far behind", {'vigil_records_lag_entries{component="records"}': "3x100 90000x300"}, "40m", ["FreshnessBurnsFast"], ["StoreFails"]),
    ("no detector owns anything", {'vigil_detector_owner{component="detector"}': "1x100 0x300"}, "26m", ["NobodyDetects"], []),
    ("no detector is there", {'vigil_detector_owner{component="detector"}': None}, "5m", ["NobodyDetects"], []),
    ("the owner of a shard is gone, and nobody took over", {'vigil_detector_owner{shard="3", pod="d-2"}': "1x100 stale _x300"}, "27m", ["ShardOrphaned"], ["NobodyDetects"]),
    ("another took the shard over", {'vigil_detector_owner{shard="3", pod="d-2"}': "1x100 stale _x300", 'vigil_detector_owner{shard="3", pod="d-3"}': "0x101 1x300"},
     "27m", [], ["ShardOrphaned"]),
    ("nothing arrives any more", {BLOCKS: "0+1500x200 300000x200"}, "60m", ["NothingArrives"], []),
    ("nothing ever arrived: a ward without patients", {BLOCKS: "0x400"}, "60m", [], ["NothingArrives"]),
    ("the last pod of the ward is gone", {'up{component="ward", pod="ward-1"}': "1x100 _x300"}, "33m", ["ServiceAway"], []),
    ("one pod of two does not answer", {'up{component="ward", pod="ward-2"}': "1x100 0x300"}, "40m", ["PodAway"], ["ServiceAway"]),
    ("the journal's stream is gone", {'vigil_check_holds{component="ward", check="journal_stream_there"}': "1x100 0x300"}, "26m", ["JournalStreamGone"], []),
    ("the journal's servers are away", {'vigil_check_holds{component="ward", check="journal_writable"}': "1x100 0x300"}, "27m", ["JournalNotWritable"], ["JournalStreamGone"]),
    ("records missed entries", {'vigil_records_missed_total{component="records"}': "0x100 7x300"}, "27m", ["RecordsMissed"], []),
    ("a call is not delivered", {'vigil_ward_calls_waiting{component="ward"}': "0x100 1x300"}, "31m", ["CallsWait"], []),
    ("a route refuses 5 %", {SLOTS: "0+7.5x400"}, "30m", ["SlotsRefuse"], []),
    ("a check failed", {'kube_job_status_failed{namespace="vigil", job_name="check-chain-1"}': "0x100 1x300"}, "27m", ["CheckFailed"], ["CheckMissing"]),
    ("another namespace's job failed", {'kube_job_status_failed{namespace="other", job_name="check-chain-1"}': "1x400"}, "27m", [], ["CheckFailed"]),
    ("a check has not succeeded for 27 hours", {'kube_cronjob_status_last_successful_time{namespace="vigil", cronjob="check-chain"}': "-97200x400"}, "30m",
     ["CheckMissing"], ["CheckFailed"]),
    ("a check never succeeded in 27 hours", {'kube_cronjob_status_last_successful_time{namespace="vigil", cronjob="check-chain"}': None,
                                             'kube_cronjob_created{namespace="vigil", cronjob="check-chain"}': "-97200x400"}, "30m", ["CheckMissing"], []),
    ("the checks are gone", {'kube_cronjob_created{namespace="vigil", cronjob="check-chain"}': "0x20 stale _x380"}, "75m", ["ChecksGone"], []),
    ("pages are slow", {'vigil_ward_skipped_frames_total{component="ward"}': "0+150x400"}, "20m", ["PagesSkip"], []),
)
# what no fault above reaches in 100 minutes of series; their expressions differ from those that fire in a number only
LONG = {"DelayBurnsSteady", "DelayBurnsSlow", "FreshnessBurnsSteady", "FreshnessBurnsSlow"}


def rules():
    return yaml.safe_load((HERE / "rules.yaml").read_text())["spec"]


def firing(alert):
    return f'count(ALERTS{{alertname="{alert}", alertstate="firing"}}) or vector(0)'


def case(what, changes, at, fires, quiet):
    series = {**HEALTHY, **changes}
    expressions = [(firing(alert), 1) for alert in fires] + [(firing(alert), 0) for alert in quiet]
    if not changes:
        expressions = [("count(ALERTS) or vector(0)", 0)]
    return {
        "name": what, "interval": "15s",
        "input_series": [{"series": name, "values": values} for name, values in series.items() if values is not None],
        "promql_expr_test": [{"expr": expression, "eval_time": at, "exp_samples": [{"labels": "{}", "value": value}]} for expression, value in expressions],
    }


class Alerts(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def promtool(self, cases, rules_=None):
        (self.folder / "rules.yml").write_text(yaml.safe_dump(rules_ or rules()))
        test = {"rule_files": ["rules.yml"], "evaluation_interval": "15s", "tests": cases}
        (self.folder / "test.yml").write_text(yaml.safe_dump(test))
        return subprocess.run(["promtool", "test", "rules", "test.yml"], cwd=self.folder, capture_output=True, text=True, check=False)

    def test_each_fault_fires_its_alert_and_a_healthy_ward_none(self):
        done = self.promtool([case("a healthy ward", {}, "95m", [], [])] + [case(*fault) for fault in FAULTS])
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        told = {alert for _, _, _, fires, _ in FAULTS for alert in fires} | LONG
        self.assertEqual(told, {rule["alert"] for group in rules()["groups"] for rule in group["rules"] if "alert" in rule})

    def test_a_rule_that_does_not_fire_is_noticed(self):
        deaf = rules()
        for group in deaf["groups"]:
            group["rules"] = [rule for rule in group["rules"] if rule.get("alert") != "StoreFails"]
        done = self.promtool([case(*fault) for fault in FAULTS if fault[0] == "the store fails"], deaf)
        self.assertNotEqual(done.returncode, 0)

    def test_every_metric_is_described(self):
        described = set(re.findall(r"^  (vigil_[a-z_]+):", (rendered.ROOT / "api/telemetry.yaml").read_text(), re.M))
        for path in ("rules.yaml", "dashboard.json"):
            used = set(re.findall(r"\bvigil_[a-z_]+", (HERE / path).read_text()))
            unknown = {name for name in used if name not in described and name.removesuffix("_bucket") not in described}
            with self.subTest(file=path):
                self.assertGreater(len(used), 5)
                self.assertEqual(unknown, set())

    def test_the_dashboard_is_what_its_program_makes_and_prometheus_can_read_it(self):
        self.assertEqual(subprocess.run([sys.executable, HERE / "dashboard.py", "--check"], check=False).returncode, 0)
        expressions = [target["expr"] for panel in json.loads((HERE / "dashboard.json").read_text())["panels"] for target in panel.get("targets", [])]
        read = {"groups": [{"name": "dashboard", "rules": [{"record": f"x:{index}", "expr": one} for index, one in enumerate(expressions)]}]}
        (self.folder / "read.yml").write_text(yaml.safe_dump(read))
        done = subprocess.run(["promtool", "check", "rules", self.folder / "read.yml"], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)


if __name__ == "__main__":
    if shutil.which("promtool") is None:
        print("there is no promtool: skipped", file=sys.stderr)
        sys.exit(4)
    unittest.main(verbosity=1)
