"""That check_cards notices what can be wrong with a card: each test breaks one thing of a card that is right."""

import copy
import json
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import check_cards

FOLDER = check_cards.HERE / "window_178"
GONE = object()
MEASURED = {
    "data": "recordings",
    "patients": 4,
    "hours": 48.0,
    "false_alarms": 3,
    # 3 events: 0.6187 to 8.7673 by Garwood's table
    "false_alarms_per_day": {"value": 1.5, "interval_95": [0.30934, 4.38364]},
    "seizures": 5,
    "detected": 4,
    "median_latency_s": 8.5,
    "threshold": "0.5, chosen on other patients",
    "line_length": {"detected": 3, "false_alarms": 40},
}


class Cards(unittest.TestCase):
    def setUp(self):
        self.card = json.loads((FOLDER / "card.json").read_text(encoding="utf-8"))

    def broken(self, path, value):
        card = copy.deepcopy(self.card)
        place = card
        for name in path[:-1]:
            place = place[name]
        if value is GONE:
            del place[path[-1]]
        else:
            place[path[-1]] = value
        return check_cards.faults_of(card, FOLDER)

    def test_the_card_itself_has_no_fault(self):
        self.assertEqual(check_cards.faults_of(self.card, FOLDER), [])

    def test_no_member_may_be_missing_and_none_be_unknown(self):
        for name in self.card:
            with self.subTest(missing=name):
                self.assertTrue(self.broken([name], GONE))
        self.assertTrue(self.broken(["accuracy"], 0.99))
        self.assertTrue(self.broken(["input", "gain"], 2))

    def test_values_outside_their_range_are_noticed(self):
        for path, value in (
            (["card"], 2),
            (["name"], "Window 178"),
            (["version"], "2"),
            (["version"], "modelA_paper"),
            (["origin", "made_by"], "somebody"),
            (["live"], None),
            (["rules"], {"ratio": 2}),
            (["kind"], "oracle"),
            (["sha256"], "0" * 63),
            (["sha256"], None),
            (["file"], "../window_178.onnx"),
            (["signal", "kinds"], []),
            (["signal", "kinds"], ["cortex"]),
            (["signal", "references"], ["average", "average"]),
            (["input", "unit"], "mV"),
            (["input", "samples"], 0),
            (["input", "rate", "denominator"], 0),
            (["input", "rate", "other_rates"], "guessed"),
            (["input", "filters", "notch_hz"], 55),
            (["input", "filters", "band_pass_hz"], [0.5]),
            (["output", "range"], [0, 100]),
            (["figures", "held_out"], "very good"),
            (["event_level", "scalp"], 0),
            (["limits"], ["None."]),
        ):
            with self.subTest(path=path, value=value):
                self.assertTrue(self.broken(path, value))

    def test_a_file_that_is_another_or_not_there_is_noticed(self):
        self.assertIn("another digest", self.broken(["sha256"], "0" * 64)[0])
        self.assertIn("is not there", self.broken(["file"], "other.onnx")[0])

    def test_an_algorithm_has_no_file_and_a_network_has_one(self):
        self.card |= {"kind": "algorithm", "file": None, "sha256": None, "training": None, "rules": {"ratio": 2}}
        self.assertEqual(check_cards.faults_of(self.card, FOLDER), [])
        self.assertTrue(self.broken(["rules"], GONE))
        self.assertTrue(self.broken(["file"], "line_length.onnx"))

    def test_every_card_of_this_project_has_no_fault(self):
        cards = sorted(check_cards.HERE.glob("*/card.json"))
        self.assertEqual([path.parent.name for path in cards], ["line_length", "sladky_2022", "window_178"])
        for path in cards:
            with self.subTest(card=path.parent.name):
                self.assertEqual(check_cards.faults_of(json.loads(path.read_text(encoding="utf-8")), path.parent), [])

    def test_a_model_of_others_has_their_version_and_its_file_is_not_here(self):
        self.card |= {"version": "modelA_paper", "origin": {"made_by": "others", "package": "a wheel", "citation": None}}
        self.assertIn("must not lie here", check_cards.faults_of(self.card, FOLDER)[0])
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(check_cards.faults_of(self.card, pathlib.Path(folder)), [])

    def test_a_model_that_reads_spectrograms_says_what_it_is_live(self):
        folder = check_cards.HERE / "sladky_2022"
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        live = card.pop("live")
        self.assertTrue(check_cards.faults_of(card, folder))
        for broken, fault in (
            ({"lag_s": 21}, "lag_range_s"),
            ({"thresholds": live["thresholds"] | {"low": 0.99}}, "above the high one"),
        ):
            self.assertIn(fault, check_cards.faults_of(card | {"live": live | broken}, folder)[0])
        card["output"]["seizure_class"] = 4
        self.assertIn("none of the classes", check_cards.faults_of(card | {"live": live}, folder)[0])

    def test_events_on_joined_clips_need_both_exact_intervals(self):
        # 18 of 20: 0.6830 to 0.9877 by the tables of Clopper and Pearson
        figures = {
            "data": "clips", "signal": "scalp", "settings": "0.5", "chosen_on": "others", "hours": 2.0, "false_alarms": 3,
            "false_alarms_per_hour": {"value": 1.5, "interval_95": [0.30934, 4.38364]}, "seizures": 20, "detected": 18,
            "sensitivity": {"value": 0.9, "interval_95": [0.6830, 0.9877]}, "median_latency_s": 8.5,
        }  # fmt: skip

        def with_figures(**changes):
            return self.broken(["figures", "joined"], [{**figures, **changes}])

        self.assertEqual(with_figures(), [])
        self.assertIn("are 3.000 per hour", with_figures(hours=1.0)[0])
        self.assertIn("18 of 20", with_figures(sensitivity={"value": 0.95, "interval_95": [0.683, 0.9877]})[0])
        self.assertIn("exact interval", with_figures(sensitivity={"value": 0.9, "interval_95": [0.7, 0.9877]})[0])
        every = {"value": 1.0, "interval_95": [0.83157, 1]}
        self.assertEqual(with_figures(detected=20, sensitivity=every), [])

    def test_a_band_the_wrong_way_round_is_noticed(self):
        self.assertIn("band", self.broken(["input", "band", "low_hz"], 40)[0])
        self.assertIn("band_pass", self.broken(["input", "filters", "band_pass_hz"], [40, 0.5])[0])
        self.assertEqual(self.broken(["input", "filters", "band_pass_hz"], [0.5, 40]), [])

    def test_a_value_outside_its_interval_is_noticed(self):
        faults = self.broken(["figures", "held_out", "pooled", "auc", "value"], 0.5)
        self.assertEqual(faults, ["figures.held_out.pooled.auc: the value lies outside its interval"])

    def test_a_mean_that_is_not_the_seeds_is_noticed(self):
        self.assertIn("the seeds' mean is", self.broken(["figures", "held_out", "mean", "auc"], 0.99999)[0])

    def test_bins_that_do_not_meet_are_noticed(self):
        self.assertIn("must meet", self.broken(["calibration", "bins", 2, "to"], 0.31)[0])
        self.assertIn("exactly where", self.broken(["calibration", "bins", 0, "windows"], 0)[0])
        self.assertIn("outside the bin", self.broken(["calibration", "bins", 0, "mean_score"], 0.5)[0])

    def test_false_alarms_need_the_exact_interval_of_their_hours(self):
        def with_figures(**changes):
            return self.broken(["event_level", "scalp"], {**MEASURED, **changes})

        self.assertEqual(with_figures(), [])
        none = {"value": 0, "interval_95": [0, 3.68888 / 2]}
        self.assertEqual(with_figures(false_alarms=0, false_alarms_per_day=none), [])
        self.assertIn("are 3.000 per day", with_figures(hours=24.0)[0])
        self.assertIn("exact Poisson", with_figures(false_alarms_per_day={"value": 1.5, "interval_95": [0.4, 4.38364]})[0])
        self.assertIn("exact Poisson", with_figures(false_alarms_per_day={"value": 1.5, "interval_95": [0.30934, 4.0]})[0])
        self.assertIn("more seizures", with_figures(detected=6)[0])
        self.assertIn("latency", with_figures(median_latency_s=None)[0])
        self.assertIn("line_length: is null", with_figures(line_length=None)[0])
        self.assertIn("line_length: more seizures", with_figures(line_length={"detected": 6, "false_alarms": 40})[0])

    def test_a_member_that_stands_twice_and_a_file_that_is_no_json_are_noticed(self):
        with tempfile.TemporaryDirectory() as folder:
            for text in ('{"card": 1, "card": 1}', "{", ""):
                path = pathlib.Path(folder) / "card.json"
                path.write_text(text, encoding="utf-8")
                self.assertEqual(check_cards.main([path]), 1)
            self.assertEqual(check_cards.main([pathlib.Path(folder) / "none.json"]), 1)


if __name__ == "__main__":
    unittest.main()
