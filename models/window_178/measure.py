"""Figures of a detector from its scores: areas, thresholds, intervals, calibration. Used by every program of this folder."""

import numpy

DRAWS = 2000  # of the bootstrap
SPECIFICITY = 0.985
BINS = 10


def logistic(logits):
    return 1.0 / (1.0 + numpy.exp(-logits))


class Curve:
    """Scores sorted once, so that the area under the curve is cheap for any weights of the windows."""

    def __init__(self, scores, labels):
        self.labels = numpy.asarray(labels, dtype=float)
        _, self.rank = numpy.unique(scores, return_inverse=True)

    def area(self, weights=None):
        """The share of (ictal, other) pairs in the right order; ties count half (Mann-Whitney)."""
        weights = numpy.ones_like(self.labels) if weights is None else weights
        ictal = numpy.bincount(self.rank, weights * self.labels)
        other = numpy.bincount(self.rank, weights * (1.0 - self.labels))
        below = numpy.cumsum(other) - other / 2.0
        return float((ictal * below).sum() / (ictal.sum() * other.sum()))


def auc(scores, labels):
    return Curve(scores, labels).area()


def draws_of_files(file_labels, seed=1, draws=DRAWS):
    """How often each file is drawn: the bootstrap by file, ictal and other files each among their own.  shape  [draws][files]"""
    generator = numpy.random.default_rng(seed)
    counts = numpy.zeros((draws, len(file_labels)))
    for label in (0, 1):
        files = numpy.flatnonzero(numpy.asarray(file_labels) == label)
        counts[:, files] = generator.multinomial(len(files), numpy.full(len(files), 1.0 / len(files)), size=draws)
    return counts


def interval(values):
    """The middle 95 % of the bootstrap's values (percentile interval)."""
    return [round(float(value), 5) for value in numpy.quantile(values, [0.025, 0.975])]


def auc_with_interval(scores, labels, file_of_window, draws):
    """The area and its interval; a drawn file brings all of its windows."""
    curve = Curve(scores, labels)
    return {
        "value": round(curve.area(), 5),
        "interval_95": interval([curve.area(draw[file_of_window]) for draw in draws]),
    }


def share_with_interval(hits, file_of_window, draws):
    """The share of windows that are hits, and its interval."""
    weights = draws[:, file_of_window]
    return {"value": round(float(hits.mean()), 5), "interval_95": interval((weights * hits).sum(axis=1) / weights.sum(axis=1))}


def threshold_for(scores, labels, specificity=SPECIFICITY):
    """The lowest score that at least `specificity` of the windows that are not ictal do not exceed."""
    return float(numpy.quantile(scores[labels == 0], specificity, method="inverted_cdf"))


def temperature_for(logits, labels):
    """The temperature with the least log loss of logistic(logit / temperature), to five digits.

    source  temperature scaling: Guo et al., On Calibration of Modern Neural Networks, 2017, arXiv 1706.04599
    """

    def loss(temperature):
        margins = numpy.where(labels == 1, logits, -logits) / temperature
        return numpy.logaddexp(0.0, -margins).mean()

    # Golden-section search over the logarithm: the loss has one minimum in 1 / temperature.
    low, high = numpy.log(0.05), numpy.log(20.0)
    ratio = (numpy.sqrt(5.0) - 1.0) / 2.0
    while high - low > 1e-7:
        left, right = high - ratio * (high - low), low + ratio * (high - low)
        if loss(numpy.exp(left)) < loss(numpy.exp(right)):
            high = right
        else:
            low = left
    return round(float(numpy.exp((low + high) / 2.0)), 5)


def reliability(scores, labels):
    """Ten bins of equal width: how many windows, their mean score and the share of them that is ictal."""
    place = numpy.minimum((scores * BINS).astype(int), BINS - 1)
    bins = []
    for index in range(BINS):
        inside = place == index
        bins.append(
            {
                "from": index / BINS,
                "to": (index + 1) / BINS,
                "windows": int(inside.sum()),
                "mean_score": round(float(scores[inside].mean()), 5) if inside.any() else None,
                "ictal_share": round(float(labels[inside].mean()), 5) if inside.any() else None,
            }
        )
    return bins


def calibration_error(bins):
    """Expected calibration error: the distance of score and share in each bin, weighted by its windows.

    source  Guo et al. 2017, arXiv 1706.04599; here of the score itself, since there are only two classes
    """
    total = sum(one["windows"] for one in bins)
    return round(sum(one["windows"] * abs(one["mean_score"] - one["ictal_share"]) for one in bins if one["windows"]) / total, 5)
