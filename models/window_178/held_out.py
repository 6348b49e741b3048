"""The card's figures on held-out files, from the logits that train.py wrote. Used by report.py and draw.py."""

import numpy
from measure import (
    SPECIFICITY,
    auc,
    auc_with_interval,
    calibration_error,
    draws_of_files,
    logistic,
    reliability,
    share_with_interval,
    threshold_for,
)
from recordings import BASELINES, FOLDS, SAMPLES, WINDOWS_PER_FILE, windows_of


class HeldOut:
    """figures.json as arrays: windows are numbered file by file, seeds in ascending order."""

    def __init__(self, figures):
        self.file_labels = numpy.array([int(label) for label in figures["labels"]])
        self.labels = numpy.repeat(self.file_labels, WINDOWS_PER_FILE)
        self.file_of_window = numpy.repeat(numpy.arange(len(self.file_labels)), WINDOWS_PER_FILE)
        self.temperature = figures["temperature"]
        self.seeds = sorted(int(seed) for seed in figures["seeds"])
        read = [figures["seeds"][str(seed)] for seed in self.seeds]
        self.file_folds = numpy.array([[int(fold) for fold in one["folds"]] for one in read])
        self.folds = numpy.repeat(self.file_folds, WINDOWS_PER_FILE, axis=1)  # [seed][window], as all below
        self.logits = numpy.array([one["logits"] for one in read]) / figures["logits_per_unit"]
        self.fold_thresholds = numpy.array([one["thresholds"] for one in read])  # [seed][fold]
        self.thresholds = numpy.take_along_axis(self.fold_thresholds, self.folds, axis=1)
        self.temperatures = numpy.take_along_axis(numpy.array([one["temperatures"] for one in read]), self.folds, axis=1)
        self.scores = logistic(self.logits / self.temperature)
        self.recording_scores = self.scores.reshape(len(self.seeds), -1, WINDOWS_PER_FILE).mean(axis=2)

    def prevalence(self):
        return round(float(self.labels.mean()), 5)


def of_fold(held_out, index, fold, baselines):
    inside = held_out.folds[index] == fold
    labels = held_out.labels[inside]
    hits = held_out.logits[index][inside] > held_out.fold_thresholds[index][fold]
    return {
        "threshold": round(float(logistic(held_out.fold_thresholds[index][fold] / held_out.temperature)), 5),
        "auc": round(auc(held_out.logits[index][inside], labels), 5),
        "sensitivity": round(float(hits[labels == 1].mean()), 5),
        "specificity": round(float(1.0 - hits[labels == 0].mean()), 5),
        "baselines": {name: round(auc(values[inside], labels), 5) for name, values in baselines.items()},
    }


def summary(logits, hits, recording_scores, labels, file_labels, file_of_window, draws):
    """The four figures, each with its interval, of one seed or of several one after the other."""
    ictal = labels == 1
    return {
        "auc": auc_with_interval(logits, labels, file_of_window, draws),
        "recording_auc": auc_with_interval(recording_scores, file_labels, numpy.arange(len(file_labels)) % draws.shape[1], draws),
        "sensitivity": share_with_interval(hits[ictal], file_of_window[ictal], draws),
        "specificity": share_with_interval(~hits[~ictal], file_of_window[~ictal], draws),
    }


def figures_of(held_out, recordings):
    """The card's `held_out`.  shape  recordings [files][samples], in figures.json's order"""
    draws = draws_of_files(held_out.file_labels)
    windows = windows_of(recordings[:, : WINDOWS_PER_FILE * SAMPLES])
    baselines = {name: measure(windows) for name, measure in BASELINES.items()}
    hits = held_out.logits > held_out.thresholds
    seeds = [
        {
            "seed": seed,
            **summary(
                held_out.logits[index],
                hits[index],
                held_out.recording_scores[index],
                held_out.labels,
                held_out.file_labels,
                held_out.file_of_window,
                draws,
            ),
            "folds": [of_fold(held_out, index, fold, baselines) for fold in range(FOLDS)],
        }
        for index, seed in enumerate(held_out.seeds)
    ]
    count = len(seeds)
    return {
        "unit": "one window of 178 samples of one channel; for recording_auc the mean score of a recording's 23 windows",
        "split": f"{FOLDS} folds by file; files of one patient can be in different folds, since which share one is not published",
        "threshold": "for each fold on the two folds beside it, scored by models that saw neither the file nor the fold",
        "interval": f"bootstrap by file, ictal and other files among their own; {len(draws)} draws, percentiles 2.5 and 97.5",
        "specificity_asked": SPECIFICITY,
        "seeds": seeds,
        "mean": {
            name: round(sum(one[name]["value"] for one in seeds) / count, 5)
            for name in ("auc", "recording_auc", "sensitivity", "specificity")
        },
        "pooled": summary(
            held_out.logits.reshape(-1),
            hits.reshape(-1),
            held_out.recording_scores.reshape(-1),
            numpy.tile(held_out.labels, count),
            numpy.tile(held_out.file_labels, count),
            numpy.tile(held_out.file_of_window, count),
            draws,
        ),
        "baselines": {
            name: auc_with_interval(values, held_out.labels, held_out.file_of_window, draws) for name, values in baselines.items()
        },
    }


def baseline_sensitivities(held_out, recordings):
    """Mean over folds and seeds of the sensitivity of each baseline at a threshold chosen on the other folds."""
    windows = windows_of(recordings[:, : WINDOWS_PER_FILE * SAMPLES])
    found = {}
    for name, measure in BASELINES.items():
        values, hits = measure(windows), []
        for folds in held_out.folds:
            for fold in range(FOLDS):
                inside = folds == fold
                threshold = threshold_for(values[~inside], held_out.labels[~inside])
                hits.append(values[inside & (held_out.labels == 1)] > threshold)
        found[name] = round(float(numpy.concatenate(hits).mean()), 5)
    return found


def calibration_of(held_out):
    """The card's `calibration`. The error with temperature is of temperatures that never saw the fold."""
    labels = numpy.tile(held_out.labels, len(held_out.seeds))
    without = reliability(logistic(held_out.logits).reshape(-1), labels)
    with_it = reliability(logistic(held_out.logits / held_out.temperatures).reshape(-1), labels)
    return {
        "temperature": held_out.temperature,
        "fitted_on": "the held-out logits of all seeds; for expected_error and bins each fold's own temperature, "
        "fitted on the two folds beside it",
        "prevalence": held_out.prevalence(),
        "expected_error": {"without": calibration_error(without), "with": calibration_error(with_it)},
        "bins": with_it,
    }, without
