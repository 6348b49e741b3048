"""The statistics that prove_sizing.py concludes with: right where the model holds, alarmed where it does not, and equal to published figures."""

import math
import unittest

import numpy

import sizing_statistics as statistics


class JointTest(unittest.TestCase):
    def rejected(self, shift: float, runs: int) -> float:
        """How often the joint test of five loads rejects, where the truth is `shift` times what is expected."""
        random = numpy.random.default_rng(7)
        expected = [0.02, 0.06, 0.11, 0.17, 0.22]
        bound = statistics.critical([20] * 5)
        rejections = 0
        for _ in range(runs):
            statistic = 0.0
            for share in expected:
                arrivals = random.poisson(150, 20)
                # refusals come in bunches: the share itself wanders from batch to batch
                wandering = numpy.clip(random.normal(share * shift, share / 4, 20), 0, 1)
                measured, error = statistics.share_of(random.binomial(arrivals, wandering), arrivals)
                statistic += ((measured - share) / error) ** 2
            rejections += statistic > bound
        return rejections / runs

    def test_a_true_model_is_rejected_as_often_as_the_level_says(self):
        self.assertLess(self.rejected(1.0, 4000), 0.005)  # 4 expected, 20 would be a chance of 1e-8

    def test_a_model_that_is_a_quarter_off_is_rejected(self):
        self.assertGreater(self.rejected(1.25, 200), 0.95)

    def test_the_bound_is_the_chi_square_one_for_many_batches(self):
        self.assertAlmostEqual(statistics.critical([100_000] * 5), 20.515, delta=0.4)  # printed tables: 0.999 quantile, 5 degrees
        self.assertGreater(statistics.critical([10] * 5), 30)  # few batches know their scatter badly

    def test_it_says_what_it_was_given(self):
        statistic, bound, holds = statistics.joint_test([(0.10, 0.01), (0.2, 0.01)], [0.11, 0.18], [20, 20])
        self.assertAlmostEqual(statistic, 5.0)
        self.assertTrue(holds)
        self.assertFalse(statistics.joint_test([(0.1, 0.001)], [0.11], [20])[2])
        self.assertGreater(bound, 13.8)


class Formulas(unittest.TestCase):
    def test_erlang_b_is_that_of_the_published_table(self):
        self.assertAlmostEqual(statistics.erlang_b(10, 4.4612), 0.01, delta=1e-5)
        self.assertAlmostEqual(statistics.erlang_b(5, 3.0), 0.11005, delta=5e-6)

    def test_a_trace_with_fixed_times_refuses_what_finds_no_slot(self):
        self.assertEqual(statistics.refused_of([0, 0.1, 0.2, 1.0, 1.05, 1.1], 2, 1.0), [False, False, True, False, True, False])
        random = numpy.random.default_rng(3)
        arrivals = numpy.cumsum(random.exponential(1 / 3.0, 100_000))
        self.assertAlmostEqual(numpy.mean(statistics.refused_of(list(arrivals), 5, 1.0)), statistics.erlang_b(5, 3.0), delta=0.005)

    def test_nested_loss_is_that_of_the_chain(self):
        # one slot each: states idle, working, calling; a call always finds its callee free
        own, calls = 0.5, 0.25
        refused, calls_refused = statistics.nested_loss(1, own, 1, calls)
        self.assertAlmostEqual(refused, (own + calls) / (1 + own + calls))
        self.assertEqual(calls_refused, 0)
        self.assertAlmostEqual(statistics.nested_loss(8, 1.5, 6, 2.5)[0], 0.026, delta=5e-4)  # docs/sizing.md
        self.assertAlmostEqual(statistics.nested_loss(8, 1.5, 6, 2.5)[1], 0.016, delta=5e-4)

    def test_the_standard_error_is_that_of_independent_batches(self):
        random = numpy.random.default_rng(5)
        shares = [statistics.share_of(random.binomial(100, 0.3, 30), [100] * 30) for _ in range(500)]
        spread = numpy.std([share for share, _ in shares])
        self.assertAlmostEqual(numpy.mean([error for _, error in shares]) / spread, 1, delta=0.15)
        self.assertAlmostEqual(spread, math.sqrt(0.3 * 0.7 / 3000), delta=0.001)


if __name__ == "__main__":
    unittest.main()
