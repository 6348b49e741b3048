#!/usr/bin/env python3
"""Trains window-178 on the Bonn recordings and scores every window by models that saw nothing of its file.

Writes the ONNX file, figures.json (the held-out logits) and reference_scores.json; report.py makes the card of them. Both are
used by `make train`; the detector only ever sees the ONNX file and the card. Run it with --help.
"""

import argparse
import concurrent.futures
import json
import multiprocessing
import pathlib
import time

import numpy
import torch
from measure import temperature_for, threshold_for
from network import Window178, export, fit, logits_of
from recordings import FOLDS, SETS, WINDOWS_PER_FILE, fold_of, read_bonn, windows_of

SEEDS = (1, 2, 3, 4, 5)
LOGITS_PER_UNIT = 4096  # of figures.json: enough to work the card's figures out again to four digits
HERE = pathlib.Path(__file__).resolve().parent

bonn = None  # of a worker: (recordings, labels, names)


def start_worker(folder):
    global bonn
    torch.set_num_threads(1)  # so that every machine trains the same
    torch.use_deterministic_algorithms(True)
    bonn = read_bonn(folder)


def kept(folder, name, make):
    """make(), or what a run that was cut off has left of it in the folder; without a folder nothing stays."""
    if folder is None:
        return make()
    path = folder / f"{name}.npy"
    if not path.exists():
        numpy.save(folder / f"{name}.part.npy", make())
        (folder / f"{name}.part.npy").rename(path)
    return numpy.load(path)


def fit_without(seed, folds_left_out, epochs):
    """Trains on the other folds; returns the logits of the files left out, [files][23], in the order of the files."""
    recordings, labels, _ = bonn
    seen = ~numpy.isin(fold_of(labels, seed), folds_left_out)
    model = fit(list(recordings[seen]), labels[seen], training_seed(seed, folds_left_out), epochs)
    return logits_of(model, windows_of(recordings[~seen])).reshape(-1, WINDOWS_PER_FILE)


def kept_fit_without(seed, folds_left_out, epochs, keep):
    name = f"seed_{seed}_without_{'_'.join(map(str, folds_left_out))}_{epochs}_passes"
    return kept(keep, name, lambda: fit_without(seed, folds_left_out, epochs))


def fit_all(epochs):
    """The weights of the model of the file, which sees every recording."""
    recordings, labels, _ = bonn
    return fit(list(recordings), labels, SEEDS[0], epochs).state_dict()


def training_seed(seed, folds_left_out):
    """Another one for every training, so that first weights and crops vary as well as the split."""
    return seed * 1000 + sum((fold + 1) * 10**place for place, fold in enumerate(folds_left_out))


class Seed:
    """What one seed's trainings say of each file: the outer folds' models and, within each, those that never saw it."""

    def __init__(self, seed, labels):
        self.seed = seed
        self.folds = fold_of(labels, seed)
        self.labels = labels
        self.held_out = numpy.zeros((len(labels), WINDOWS_PER_FILE))
        # [fold][file]: the logits of the file by a model that saw neither that fold nor the file's own; of neighbouring folds
        self.inner = numpy.full((FOLDS, len(labels), WINDOWS_PER_FILE), numpy.nan)

    def take(self, folds_left_out, logits):
        files = numpy.flatnonzero(numpy.isin(self.folds, folds_left_out))
        if len(folds_left_out) == 1:
            self.held_out[files] = logits
            return
        for fold in folds_left_out:
            others = self.folds[files] != fold
            self.inner[fold, files[others]] = logits[others]

    def chosen_inside(self, choose):
        """A value for each fold, chosen from its training folds alone: choose(logits, labels) of the windows of two of them."""
        values = []
        for fold in range(FOLDS):
            scored = ~numpy.isnan(self.inner[fold, :, 0])
            labels = numpy.repeat(self.labels[scored], WINDOWS_PER_FILE)
            values.append(round(choose(self.inner[fold, scored].reshape(-1), labels), 5))
        return values

    def as_json(self):
        return {
            "folds": "".join(str(fold) for fold in self.folds),
            "thresholds": self.chosen_inside(threshold_for),
            "temperatures": self.chosen_inside(temperature_for),
            "logits": [int(q) for q in numpy.rint(self.held_out.reshape(-1) * LOGITS_PER_UNIT)],
        }


def cross_validate(given, labels, seeds):
    """All trainings: of each seed without each fold and, for what is chosen inside, without each fold and the next; and the last
    one, on everything. Returns a Seed for each seed, and the last one's weights."""
    results = {seed: Seed(seed, labels) for seed in seeds}
    outer = [(fold,) for fold in range(FOLDS)]
    inner = [(fold, (fold + 1) % FOLDS) for fold in range(FOLDS)]
    started = time.monotonic()
    with concurrent.futures.ProcessPoolExecutor(
        given.workers, multiprocessing.get_context("spawn"), initializer=start_worker, initargs=(given.data,)
    ) as pool:
        weights = pool.submit(fit_all, given.epochs)
        tasks = {
            pool.submit(kept_fit_without, seed, left, given.epochs, given.keep): (seed, left)
            for lefts in (outer, inner)
            for seed in seeds
            for left in lefts
        }
        for done, task in enumerate(concurrent.futures.as_completed(tasks), 1):
            seed, left = tasks[task]
            results[seed].take(left, task.result())
            print(f"{time.monotonic() - started:.0f} s: {done} of {len(tasks)} trainings", flush=True)
        return results, weights.result()


def reference_scores(model, recordings, names):
    """Scores of a few windows by PyTorch, which the C++ tests must reach."""
    chosen = [names.index(name) for letter in SETS for name in [n for n in names if n.startswith(f"set{letter}")][:4]]
    with torch.no_grad():
        return {
            names[index]: [
                round(float(score), 7) for score in model(torch.from_numpy(windows_of(recordings[index])))[:WINDOWS_PER_FILE, 0]
            ]
            for index in chosen
        }


def write_json(path, value):
    path.write_text(json.dumps(value) + "\n", encoding="utf-8")


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="the folder that holds setA to setE")
    parser.add_argument(
        "--out", type=pathlib.Path, default=HERE, help="where the files are written (default: beside this script)"
    )
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="how many of the five seeds are measured (default: 5)")
    parser.add_argument("--epochs", type=int, default=20, help="passes over the windows (default: 20)")
    parser.add_argument("--workers", type=int, default=2, help="trainings side by side, one thread each (default: 2)")
    parser.add_argument(
        "--keep", type=pathlib.Path, help="a folder in which each training's logits stay, so that a run cut off goes on"
    )
    given = parser.parse_args()
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
    return given


def main():
    given = arguments()
    started = time.monotonic()
    start_worker(given.data)
    recordings, labels, names = bonn
    seeds = SEEDS[: given.seeds]
    results, weights = cross_validate(given, labels, seeds)

    model = Window178().eval()
    model.load_state_dict(weights)
    held_out = numpy.concatenate([results[seed].held_out.reshape(-1) for seed in seeds])
    model.temperature = temperature_for(held_out, numpy.tile(numpy.repeat(labels, WINDOWS_PER_FILE), len(seeds)))
    export(model, given.out / "window_178.onnx")
    seconds = round(time.monotonic() - started)
    write_json(given.out / "reference_scores.json", reference_scores(model, recordings, names))
    write_json(
        given.out / "figures.json",
        {
            "files": names,
            "labels": "".join(str(label) for label in labels),
            "windows_per_file": WINDOWS_PER_FILE,
            "logits_per_unit": LOGITS_PER_UNIT,
            "seeds": {str(seed): results[seed].as_json() for seed in seeds},
            "temperature": model.temperature,
            "parameters": sum(weights.numel() for weights in model.parameters()),
            "epochs": given.epochs,
            "training_seconds": None if given.keep else seconds,  # what was kept took no time
            "pytorch": torch.__version__,
        },
    )
    print(f"{seconds} s, PyTorch {torch.__version__}, temperature {model.temperature}")


if __name__ == "__main__":
    main()
