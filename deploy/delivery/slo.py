#!/usr/bin/env python3
"""Watches the pods of a service for a while and says whether its indicators hold: slo.py SERVICE --namespace NAMESPACE --seconds N

Reads each pod's own /metrics through the API server. What counts is the increase from the first reading of a pod to the last. The indicators are those of
deploy/components/observability/rules.yaml, held over the whole watch. Called by verify.
"""
import argparse
import json
import re
import subprocess
import sys
import time

SAMPLE = re.compile(r'^(\w+)(?:\{(.*)\})? ([^ \n]+)', re.MULTILINE)
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
LAG_S = 2          # rules.yaml: the detector is at most 2 s behind
LAG_ENTRIES = 5000 # rules.yaml: records is not further behind
FEW = 1            # one answer in a watch that has few is no share


class Reading:
    """The samples of one /metrics."""

    def __init__(self, text):
        self.samples = [(name, dict(LABEL.findall(labels or "")), float(value)) for name, labels, value in SAMPLE.findall(text) if not name.startswith("#")]

    def sum(self, name, **labels):
        return sum(value for one, has, value in self.samples if one == name and labels.items() <= has.items())

    def largest(self, name, **labels):
        return max((value for one, has, value in self.samples if one == name and labels.items() <= has.items()), default=None)


def faults_at(service, reading):
    """What must hold at each reading."""
    limits = {"detector": [("vigil_detector_lag_seconds", LAG_S)],
              "records": [("vigil_records_store_failing", 0), ("vigil_records_lag_entries", LAG_ENTRIES)]}
    for name, most in limits.get(service, []):
        value = reading.largest(name)
        if value is None or value > most:
            yield f"{name} is {value}, and {most} is allowed"


def faults_between(service, first, last, refused):
    """What must hold over the watch; `first` and `last` are readings by pod, and a pod that came meanwhile began at nothing."""
    def increase(name, **labels):
        return sum(reading.sum(name, **labels) - (first[pod].sum(name, **labels) if pod in first else 0) for pod, reading in last.items())
    answers, errors = increase("vigil_http_requests_total"), increase("vigil_http_requests_total", status="5xx")
    if errors > max(FEW, refused * answers):
        yield f"{errors:.0f} of {answers:.0f} answers are 5xx, and a share of {refused} is allowed"
    lost = {"records": "vigil_records_missed_total", "detector": "vigil_detector_unreadable_total"}.get(service)
    if lost and increase(lost) > 0:
        yield f"{lost} grew by {increase(lost):.0f}"
    if service == "eeg-intake" and increase("vigil_eeg_blocks_total", result="accepted") <= 0:
        yield "no block was accepted"


def kubectl(*words):
    return subprocess.run(["kubectl", *words], capture_output=True, text=True, check=True, timeout=60).stdout


def pods_of(service, namespace):
    """(name, restarts, ready) of each pod that is not on its way out."""
    for pod in json.loads(kubectl("-n", namespace, "get", "pods", "-l", f"component={service}", "-o", "json"))["items"]:
        if "deletionTimestamp" not in pod["metadata"]:
            statuses = pod["status"].get("containerStatuses", [])
            yield pod["metadata"]["name"], sum(one["restartCount"] for one in statuses), bool(statuses) and all(one["ready"] for one in statuses)


def read_pods(service, namespace):
    """(readings by pod, faults)"""
    readings, faults = {}, []
    for name, restarts, ready in pods_of(service, namespace):
        if restarts:
            faults.append(f"{name} started anew {restarts} times")
        if not ready:
            faults.append(f"{name} is not ready")
            continue
        try:
            readings[name] = Reading(kubectl("get", "--raw", f"/api/v1/namespaces/{namespace}/pods/{name}:9090/proxy/metrics"))
        except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
            faults.append(f"{name} does not tell its metrics: {(error.stderr or '').strip()[:200]}")
    return readings, faults if readings else [*faults, f"no pod of {service} is ready"]


def watch(service, namespace, seconds, refused, every):
    first, last, deadline = {}, {}, time.monotonic() + seconds
    while True:
        readings, faults = read_pods(service, namespace)
        first = first or readings
        for pod, reading in readings.items():
            faults += [f"{pod}: {fault}" for fault in faults_at(service, reading)]
        last.update(readings)
        if faults:
            return faults # no need to wait for the end: it is rolled back anyhow
        if time.monotonic() >= deadline:
            return list(faults_between(service, first, last, refused))
        time.sleep(every)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("service")
    parser.add_argument("--namespace", default="vigil")
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--every", type=float, default=2, help="seconds between two readings")
    parser.add_argument("--refused", type=float, default=0.001, help="share of answers that may be 5xx")
    options = parser.parse_args()
    faults = watch(options.service, options.namespace, options.seconds, options.refused, options.every)
    for fault in faults:
        print(f"delivery: {options.service}: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
