"""Checks the committed card against the model's file and works its figures out again from the committed logits and scores."""

import csv
import hashlib
import json
import math
import os
import pathlib
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
SEEDS = [1, 2, 3, 4, 5]
sys.path.insert(0, str(HERE))


def auc_of(ictal, other):
    """Area under the curve by ranks (Mann-Whitney), ties count half."""
    ranked = sorted([(score, 1) for score in ictal] + [(score, 0) for score in other])
    rank_sum, index = 0.0, 0
    while index < len(ranked):
        end = index
        while end < len(ranked) and ranked[end][0] == ranked[index][0]:
            end += 1
        mean_rank = (index + end + 1) / 2
        rank_sum += mean_rank * sum(label for _, label in ranked[index:end])
        index = end
    return (rank_sum - len(ictal) * (len(ictal) + 1) / 2) / (len(ictal) * len(other))


def by_label(values, labels):
    return [[value for value, label in zip(values, labels, strict=True) if label == wanted] for wanted in (1, 0)]


def logistic(logit):
    return 1 / (1 + math.exp(-logit))


def log_loss(logits, labels, temperature):
    margins = ((logit if label else -logit) / temperature for logit, label in zip(logits, labels, strict=True))
    return math.fsum(math.log1p(math.exp(-abs(margin))) + max(-margin, 0) for margin in margins)


class Card(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.card = json.loads((HERE / "card.json").read_text(encoding="utf-8"))
        cls.figures = json.loads((HERE / "figures.json").read_text(encoding="utf-8"))
        cls.held_out = cls.card["figures"]["held_out"]
        cls.per_file = cls.figures["windows_per_file"]
        cls.file_labels = [int(label) for label in cls.figures["labels"]]
        cls.labels = [label for label in cls.file_labels for _ in range(cls.per_file)]
        cls.logits = {
            int(seed): [logit / cls.figures["logits_per_unit"] for logit in one["logits"]]
            for seed, one in cls.figures["seeds"].items()
        }

    def fold_values(self, seed, name):
        """thresholds or temperatures of a seed, one for each window"""
        one = self.figures["seeds"][str(seed)]
        return [one[name][int(fold)] for fold in one["folds"] for _ in range(self.per_file)]

    def test_the_digest_is_the_file_s(self):
        model = (HERE / self.card["file"]).read_bytes()
        self.assertEqual(hashlib.sha256(model).hexdigest(), self.card["sha256"])

    def test_the_seeds_each_have_a_split_of_their_own_with_whole_files_and_the_same_share_of_ictal_ones(self):
        self.assertEqual([one["seed"] for one in self.held_out["seeds"]], SEEDS)
        splits = {one["folds"] for one in self.figures["seeds"].values()}
        self.assertEqual(len(splits), len(SEEDS))
        for split in splits:
            for fold in "01234":
                inside = [label for label, place in zip(self.file_labels, split, strict=True) if place == fold]
                self.assertEqual((len(inside), sum(inside)), (80, 16))

    def test_the_areas_follow_from_the_logits(self):
        for one in self.held_out["seeds"]:
            logits = self.logits[one["seed"]]
            scores = [logistic(logit / self.figures["temperature"]) for logit in logits]
            starts = range(0, len(scores), self.per_file)
            files = [sum(scores[start : start + self.per_file]) / self.per_file for start in starts]
            with self.subTest(seed=one["seed"]):
                self.assertAlmostEqual(auc_of(*by_label(logits, self.labels)), one["auc"]["value"], delta=1e-5)
                self.assertAlmostEqual(auc_of(*by_label(files, self.file_labels)), one["recording_auc"]["value"], delta=1e-5)

    def test_sensitivity_and_specificity_follow_from_the_logits_and_each_fold_s_threshold(self):
        for one in self.held_out["seeds"]:
            thresholds = self.fold_values(one["seed"], "thresholds")
            hits = [logit > threshold for logit, threshold in zip(self.logits[one["seed"]], thresholds, strict=True)]
            ictal, other = by_label(hits, self.labels)
            with self.subTest(seed=one["seed"]):
                self.assertAlmostEqual(sum(ictal) / len(ictal), one["sensitivity"]["value"], delta=1e-5)
                self.assertAlmostEqual(1 - sum(other) / len(other), one["specificity"]["value"], delta=1e-5)

    def test_the_figures_reach_what_was_asked(self):
        mean = self.held_out["mean"]
        self.assertGreaterEqual(mean["auc"], 0.997)
        self.assertGreaterEqual(min(one["auc"]["value"] for one in self.held_out["seeds"]), 0.995)
        self.assertGreaterEqual(mean["sensitivity"], 0.955)
        self.assertGreaterEqual(self.held_out["specificity_asked"], 0.985)
        self.assertGreaterEqual(mean["recording_auc"], 0.999)

    def test_no_temperature_has_less_loss_than_the_file_s(self):
        self.assertEqual(self.card["calibration"]["temperature"], self.figures["temperature"])
        logits = [logit for seed in self.logits.values() for logit in seed]
        labels = self.labels * len(self.logits)
        least = log_loss(logits, labels, self.figures["temperature"])
        for other in (0.99, 1.01):
            self.assertLess(least, log_loss(logits, labels, self.figures["temperature"] * other))

    def test_the_calibration_s_error_follows_from_temperatures_that_never_saw_the_fold(self):
        def error(scores):
            bins = [[] for _ in range(10)]
            for score, label in zip(scores, self.labels * len(self.logits), strict=True):
                bins[min(int(score * 10), 9)].append((score, label))
            gaps = (abs(sum(score for score, _ in one) - sum(label for _, label in one)) for one in bins)
            return sum(gaps) / len(scores), [len(one) for one in bins]

        stated = self.card["calibration"]
        scaled = [
            logistic(logit / temperature)
            for seed, logits in self.logits.items()
            for logit, temperature in zip(logits, self.fold_values(seed, "temperatures"), strict=True)
        ]
        with_it, counts = error(scaled)
        self.assertAlmostEqual(with_it, stated["expected_error"]["with"], delta=2e-5)
        self.assertEqual(counts, [one["windows"] for one in stated["bins"]])
        without, _ = error([logistic(logit) for logits in self.logits.values() for logit in logits])
        self.assertAlmostEqual(without, stated["expected_error"]["without"], delta=2e-5)

    def test_the_whole_section_follows_from_the_logits_and_the_recordings(self):
        folder = os.environ.get("VIGIL_DATA")
        if not folder or not (pathlib.Path(folder) / "bonn").is_dir():
            self.skipTest("VIGIL_DATA names no Bonn recordings")
        from held_out import HeldOut, calibration_of, figures_of
        from recordings import read_bonn

        recordings, _, names = read_bonn(pathlib.Path(folder) / "bonn")
        self.assertEqual(names, self.figures["files"])
        held_out = HeldOut(self.figures)
        self.assertEqual(json.loads(json.dumps(figures_of(held_out, recordings))), self.held_out)
        self.assertEqual(calibration_of(held_out)[0], self.card["calibration"])

    def test_the_areas_on_chb_mit_follow_from_every_window_s_score(self):
        with (HERE / "chb_mit.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        for stated in self.card["figures"]["elsewhere"]:
            column = "score_bonn" if stated["trained_on"] == "Bonn" else "score_bonn_and_chb01"
            channels_apart = stated["unit"].startswith("one window")
            units = {}
            for row in rows:
                if row["clip"][:5] in stated["tested_on"]:
                    unit = row["clip"], row["window"], row["channel"] if channels_apart else None, int(row["ictal"])
                    units.setdefault(unit, []).append(float(row[column]))
            labels = [ictal for *_, ictal in units]
            with self.subTest(unit=stated["unit"], trained_on=stated["trained_on"], tested_on=stated["tested_on"]):
                self.assertEqual((sum(labels), len(labels) - sum(labels)), (stated["ictal"], stated["other"]))
                self.assertEqual(len({clip for clip, *_ in units}), stated["recordings"])
                highest = [sorted(scores)[-2:] for scores in units.values()]
                area = auc_of(*by_label([sum(scores) / len(scores) for scores in highest], labels))
                self.assertAlmostEqual(area, stated["auc"]["value"], delta=1e-4)

    def test_a_model_that_learned_from_a_case_is_not_tested_on_it(self):
        for stated in self.card["figures"]["elsewhere"]:
            self.assertEqual(set(stated["trained_on"].split(" and ")) & set(stated["tested_on"].split(" and ")), set())

    def test_the_card_names_what_a_user_must_know(self):
        self.assertEqual(self.card["licence"], "Apache-2.0")
        self.assertIn("Andrzejak", self.card["training"]["data"][0]["citation"])
        self.assertEqual(self.card["event_level"], {"scalp": "none measured", "intracranial": "none measured"})
        self.assertEqual(self.card["input"]["samples"], 178)


if __name__ == "__main__":
    unittest.main()
