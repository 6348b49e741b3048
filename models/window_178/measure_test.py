"""That the figures are computed as defined: small cases worked out by hand, and answers that are known beforehand."""

import pathlib
import sys
import unittest

import numpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import measure
import recordings


class Measure(unittest.TestCase):
    def test_the_area_counts_pairs_in_order_and_half_of_the_ties(self):
        # pairs (ictal, other): 3>2, 3>1, 2=2, 2>1: three and a half of four
        self.assertEqual(measure.auc(numpy.array([3, 2, 2, 1]), numpy.array([1, 1, 0, 0])), 0.875)
        self.assertEqual(measure.auc(numpy.array([1, 2]), numpy.array([1, 0])), 0)

    def test_a_weight_is_as_good_as_a_repetition(self):
        scores, labels = numpy.array([0.9, 0.4, 0.6, 0.2]), numpy.array([1, 1, 0, 0])
        weights = numpy.array([2.0, 1.0, 3.0, 0.0])
        repeated = numpy.repeat(numpy.arange(4), weights.astype(int))
        self.assertEqual(measure.Curve(scores, labels).area(weights), measure.auc(scores[repeated], labels[repeated]))

    def test_each_draw_has_as_many_files_of_each_label_as_there_are(self):
        labels = numpy.array([0] * 7 + [1] * 3)
        draws = measure.draws_of_files(labels, draws=50)
        self.assertTrue((draws[:, :7].sum(axis=1) == 7).all() and (draws[:, 7:].sum(axis=1) == 3).all())
        self.assertGreater(len(numpy.unique(draws, axis=0)), 40)

    def test_an_interval_by_file_is_wider_than_the_windows_alone_would_make_it(self):
        generator = numpy.random.default_rng(1)
        of_file = generator.normal(size=40)
        files = numpy.repeat(numpy.arange(40), 25)
        labels = (files >= 20).astype(int)
        scores = of_file[files] + labels + 0.1 * generator.normal(size=1000)

        def width(groups, group_labels):
            low, high = measure.auc_with_interval(scores, labels, groups, measure.draws_of_files(group_labels, draws=300))[
                "interval_95"
            ]
            return high - low

        self.assertGreater(width(files, labels[::25]), 2 * width(numpy.arange(1000), labels))

    def test_the_threshold_is_the_lowest_that_keeps_the_specificity(self):
        scores = numpy.arange(200, dtype=float)
        threshold = measure.threshold_for(scores, numpy.zeros(200), 0.985)
        self.assertEqual((scores <= threshold).mean(), 0.985)
        self.assertLess((scores <= threshold - 1).mean(), 0.985)

    def test_ictal_windows_do_not_move_the_threshold(self):
        scores, labels = numpy.arange(400, dtype=float), numpy.repeat([0, 1], 200)
        self.assertEqual(measure.threshold_for(scores, labels), measure.threshold_for(scores[:200], labels[:200]))

    def test_the_temperature_of_logits_that_were_stretched_is_found(self):
        generator = numpy.random.default_rng(2)
        logits = generator.normal(0, 2, 40_000)
        labels = (generator.random(40_000) < measure.logistic(logits)).astype(int)
        for stretch in (0.4, 1.0, 2.5):
            self.assertAlmostEqual(measure.temperature_for(logits * stretch, labels), stretch, delta=0.03 * stretch)

    def test_the_calibration_error_is_the_mean_distance_weighted_by_the_windows(self):
        # three windows at 0.25 of which one is ictal, one at 1.0 that is not
        bins = measure.reliability(numpy.array([0.25, 0.25, 0.25, 1.0]), numpy.array([1, 0, 0, 0]))
        self.assertEqual([one["windows"] for one in bins], [0, 0, 3, 0, 0, 0, 0, 0, 0, 1])
        self.assertAlmostEqual(measure.calibration_error(bins), (3 * abs(0.25 - 1 / 3) + 1) / 4, delta=1e-4)


class Recordings(unittest.TestCase):
    def test_windows_follow_each_other_within_a_recording_and_a_tail_is_dropped(self):
        two = numpy.arange(2 * 400).reshape(2, 400)
        windows = recordings.windows_of(two)
        self.assertEqual(windows[:, 0].tolist(), [0, 178, 400, 578])

    def test_the_baselines_of_a_zigzag_are_what_a_ruler_finds(self):
        zigzag = numpy.tile([-3.0, 3.0], 89)[None, :].astype(numpy.float32)
        self.assertEqual(recordings.standard_deviation(zigzag).tolist(), [3.0])
        self.assertEqual(recordings.line_length(zigzag).tolist(), [177 * 6.0])

    def test_folds_have_the_same_share_of_each_label_and_vary_with_the_seed(self):
        labels = numpy.repeat([0, 1], [20, 10])
        for fold in range(recordings.FOLDS):
            inside = recordings.fold_of(labels, 1) == fold
            self.assertEqual((inside.sum(), labels[inside].sum()), (6, 2))
        self.assertTrue((recordings.fold_of(labels, 1) != recordings.fold_of(labels, 2)).any())


if __name__ == "__main__":
    unittest.main()
