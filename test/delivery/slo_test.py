"""Each breach of an indicator is seen in the metrics of the pods, and a healthy service has none."""
import sys
import unittest

import shared

sys.path.insert(0, str(shared.DELIVERY))
import slo  # noqa: E402

HEALTHY = """\
# HELP vigil_http_requests_total answers by route and status class
# TYPE vigil_http_requests_total counter
vigil_http_requests_total{route="POST /v1/eeg/blocks",status="2xx"} %d
vigil_http_requests_total{route="POST /v1/eeg/blocks",status="5xx"} %d
vigil_eeg_blocks_total{result="accepted"} %d
vigil_detector_lag_seconds{shard="0"} 0.01
vigil_detector_unreadable_total 0
vigil_records_store_failing 0
vigil_records_lag_entries 3
vigil_records_missed_total 0
"""


def reading(answers=0, errors=0, accepted=None, **changed):
    text = HEALTHY % (answers, errors, answers if accepted is None else accepted)
    for name, value in changed.items():
        text = "\n".join(f"{line.rsplit(' ', 1)[0]} {value}" if line.startswith(name) else line for line in text.splitlines())
    return slo.Reading(text)


def between(service, first, last):
    return list(slo.faults_between(service, first, last, 0.001))


class Indicators(unittest.TestCase):
    def test_a_healthy_service_has_no_fault(self):
        for service in ("eeg-intake", "heart-intake", "detector", "records", "ward"):
            self.assertEqual(list(slo.faults_at(service, reading())), [])
            self.assertEqual(between(service, {"a": reading(100)}, {"a": reading(10_100, 10)}), [])

    def test_more_refusals_than_allowed(self):
        self.assertIn("12 of 10012 answers are 5xx", between("ward", {"a": reading()}, {"a": reading(10_000, 12)})[0])

    def test_what_was_refused_before_the_watch_does_not_count(self):
        self.assertEqual(between("ward", {"a": reading(0, 500)}, {"a": reading(10_000, 500)}), [])

    def test_a_pod_that_came_meanwhile_counts_from_nothing(self):
        self.assertNotEqual(between("ward", {"a": reading(100)}, {"a": reading(100), "b": reading(100, 50)}), [])

    def test_one_refusal_of_few_is_no_share(self):
        self.assertEqual(between("ward", {"a": reading()}, {"a": reading(5, 1)}), [])

    def test_an_intake_that_takes_nothing(self):
        self.assertEqual(between("eeg-intake", {"a": reading(50)}, {"a": reading(900, accepted=50)}), ["no block was accepted"])

    def test_a_detector_behind_and_a_store_that_fails(self):
        self.assertIn("vigil_detector_lag_seconds is 2.5", list(slo.faults_at("detector", reading(vigil_detector_lag_seconds=2.5)))[0])
        self.assertEqual(len(list(slo.faults_at("records", reading(vigil_records_store_failing=1, vigil_records_lag_entries=9000)))), 2)
        self.assertEqual(list(slo.faults_at("ward", reading(vigil_records_store_failing=1))), [], "another service's")

    def test_a_metric_that_is_not_told_is_a_fault(self):
        self.assertEqual(len(list(slo.faults_at("detector", slo.Reading("up 1\n")))), 1)

    def test_entries_that_were_missed(self):
        self.assertEqual(between("records", {"a": reading(1)}, {"a": reading(2, vigil_records_missed_total=7)}), ["vigil_records_missed_total grew by 7"])


if __name__ == "__main__":
    unittest.main(verbosity=1)
