"""That the cards say of joined recordings what live.json holds, and that the setting chosen there is the rule's. choose_live.py
needs packages beside Python's own; what is checked here does not."""

import json
import pathlib
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SMOOTH = 5


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


class Live(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.measured = read(HERE / "live.json")
        cls.card = read(HERE / "card.json")
        cls.line_length = read(HERE.parent / "line_length/card.json")

    def test_the_sweep_has_every_lag_threshold_and_smoothing_once(self):
        settings = [(row["lag_s"], row["high"], row["smooth"]) for row in self.measured["sweep"]]
        self.assertEqual(len(set(settings)), len(settings))
        expected = {(lag, step / 20, smooth) for lag in range(21) for step in range(1, 20) for smooth in (1, 3, 5)}
        self.assertEqual(set(settings), expected)

    def test_no_setting_of_the_sweep_is_better_by_the_rule_than_the_chosen_one(self):
        rows = [row for row in self.measured["sweep"] if row["smooth"] == SMOOTH]
        chosen = self.measured["chosen"]
        self.assertIn(chosen, rows)
        detecting = [row for row in rows if row["detected"] >= max(row["detected"] for row in rows) - 1]
        quiet = [row for row in detecting if row["false_alarms"] <= min(row["false_alarms"] for row in detecting) + 1]
        self.assertIn(chosen, quiet)
        for row in quiet:
            self.assertLessEqual(chosen["median_latency_s"], row["median_latency_s"])
            if row["median_latency_s"] == chosen["median_latency_s"]:
                self.assertGreaterEqual(chosen["high"], row["high"])

    def test_the_card_has_the_chosen_setting_and_what_it_gave_on_the_other_half(self):
        chosen, live = self.measured["chosen"], self.card["live"]
        self.assertEqual(live["lag_s"], chosen["lag_s"])
        self.assertEqual(live["thresholds"], {"high": chosen["high"], "low": chosen["high"] / 2, "smoothed_scores": SMOOTH})
        self.assertEqual(len(self.card["figures"]["joined"]), 1)
        stated = self.card["figures"]["joined"][0]
        self.assertEqual({name: stated[name] for name in self.measured["on_the_other_half"]}, self.measured["on_the_other_half"])
        self.assertEqual(self.card["event_level"], {"scalp": "none measured", "intracranial": "none measured"})

    def test_the_card_of_line_length_has_what_was_measured_on_both_halves(self):
        self.assertEqual(len(self.line_length["figures"]["joined"]), 1)
        stated = self.line_length["figures"]["joined"][0]
        self.assertEqual({name: stated[name] for name in self.measured["line_length"]}, self.measured["line_length"])


if __name__ == "__main__":
    unittest.main()
