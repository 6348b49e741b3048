"""Checks the committed card against the model's file and works its figures out again from the committed scores."""

import hashlib
import json
import pathlib
import unittest

HERE = pathlib.Path(__file__).resolve().parent


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


def sensitivity_of(ictal, other, specificity):
    """The share of ictal windows above what `specificity` of the others stay at or under."""
    allowed = int((1 - specificity) * len(other))
    threshold = sorted(other, reverse=True)[allowed]
    return sum(score > threshold for score in ictal) / len(ictal)


class Card(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.card = json.loads((HERE / "card.json").read_text(encoding="utf-8"))
        cls.held_out = cls.card["figures"]["held_out"]
        figures = json.loads((HERE / "figures.json").read_text(encoding="utf-8"))
        labels = [int(label) for label in figures["labels"] for _ in range(figures["windows_per_file"])]
        cls.scores = {}
        for seed, scores in figures["scores_q16"].items():
            assert len(scores) == len(labels)
            ictal = [score for score, label in zip(scores, labels) if label]
            other = [score for score, label in zip(scores, labels) if not label]
            cls.scores[int(seed)] = (ictal, other)

    def check(self, stated, ictal, other):
        self.assertAlmostEqual(auc_of(ictal, other), stated["auc"]["value"], delta=1e-4)
        specificity = self.held_out["specificity_asked"]
        self.assertAlmostEqual(sensitivity_of(ictal, other, specificity), stated["sensitivity"]["value"], delta=1.5e-3)

    def test_the_digest_is_the_file_s(self):
        model = (HERE / self.card["file"]).read_bytes()
        self.assertEqual(hashlib.sha256(model).hexdigest(), self.card["sha256"])

    def test_the_figures_of_every_seed_follow_from_the_scores(self):
        stated = {one["seed"]: one for one in self.held_out["seeds"]}
        self.assertEqual(sorted(stated), [1, 2, 3])
        self.assertEqual(sorted(self.scores), [1, 2, 3])
        for seed, (ictal, other) in self.scores.items():
            with self.subTest(seed=seed):
                self.check(stated[seed], ictal, other)

    def test_the_pooled_figures_follow_from_the_scores_and_reach_what_was_asked(self):
        ictal = [score for one, _ in self.scores.values() for score in one]
        other = [score for _, one in self.scores.values() for score in one]
        self.assertAlmostEqual(auc_of(ictal, other), self.held_out["pooled"]["auc"]["value"], delta=1e-4)
        mean = self.held_out["mean"]
        self.assertGreaterEqual(mean["auc"], 0.997)
        self.assertGreaterEqual(mean["sensitivity"], 0.95)
        self.assertGreaterEqual(self.held_out["specificity_asked"], 0.985)

    def test_the_card_names_what_a_user_must_know(self):
        self.assertEqual(self.card["licence"], "Apache-2.0")
        self.assertIn("Andrzejak", self.card["training"]["data"][0]["citation"])
        self.assertIn("Not a medical device.", self.card["limits"])
        self.assertEqual(self.card["input"]["samples"], 178)


if __name__ == "__main__":
    unittest.main()
