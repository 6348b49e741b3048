#!/usr/bin/env python3
"""Measures window-178 on scalp recordings of patients: the clips of CHB-MIT's cases chb01 and chb02, which it was not made for.

Trained on Bonn alone, and on Bonn with chb01 (then tested on chb02 only). Writes chb_mit.json, which report.py puts into the
card, and chb_mit.csv with every window's score. Nothing is chosen by these figures. Used by `make train`; run it with --help.
"""

import argparse
import concurrent.futures
import csv
import dataclasses
import json
import multiprocessing
import pathlib

import numpy
import torch
from measure import auc, auc_with_interval, draws_of_files, logistic
from network import fit, logits_of
from recordings import BASELINES, SAMPLES, read_bonn, windows_of
from scipy.signal import resample_poly
from train import HERE, SEEDS, kept, write_json

TRAININGS = {False: 3, True: 1}  # without chb01 and with it; the first without it is the model of the file
UP, DOWN = 217, 320  # 256 Hz to 173.6 Hz, 58 ppm from Bonn's 173.61


@dataclasses.dataclass
class Clip:
    """Ten seconds of 23 channels.  shape  recording_uv [channels][samples] at 173.6 Hz"""

    case: str
    name: str
    ictal: int
    recording_uv: numpy.ndarray

    def windows(self):
        return windows_of(self.recording_uv)


def read_clips(folder):
    """The 10-second clips of index.csv that lie wholly inside or wholly before a seizure, resampled; the whole seizures contain
    some of them and are left out."""
    clips = []
    with (folder / "index.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["ok"] != "yes" or row["file"].startswith("full_"):
                continue
            samples = numpy.load(folder / row["file"]).astype(numpy.float64)
            if samples.shape != (23, int(row["samples"])) or row["fs"] != "256":
                raise SystemExit(f"{row['file']} is not what index.csv says of it")
            resampled = resample_poly(samples, UP, DOWN, axis=1).astype(numpy.float32)
            clips.append(Clip(row["case"], row["file"].removesuffix(".npy"), int(row["label"] == "ictal"), resampled))
    return clips


def train_and_score(bonn_folder, chb_folder, seed, epochs, with_chb01):
    """Logits of every window of the clips that were not trained on, clip by clip and in each channel by channel."""
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    recordings, labels, _ = read_bonn(bonn_folder)
    samples, targets = list(recordings), list(labels)
    clips = read_clips(chb_folder)
    if with_chb01:
        for clip in (one for one in clips if one.case == "chb01"):
            samples += list(clip.recording_uv)
            targets += [clip.ictal] * len(clip.recording_uv)
    model = fit(samples, numpy.array(targets), seed, epochs)
    tested = [clip for clip in clips if clip.case == "chb02" or not with_chb01]
    return logits_of(model, numpy.concatenate([clip.windows() for clip in tested]))


def kept_logits(given, seed, with_chb01):
    name = f"chb_mit_seed_{seed}_{'both' if with_chb01 else 'bonn'}_{given.epochs}_passes"
    return kept(
        given.keep, name, lambda: train_and_score(given.data / "bonn", given.data / "chbmit", seed, given.epochs, with_chb01)
    )


def verdict(value, baselines):
    better = [f"{name.replace('_', ' ')} ({one['value']:.3f})" for name, one in baselines.items() if one["value"] > value]
    if not better:
        return f"AUC {value:.3f}: above both baselines on these clips, which is too few to claim anything."
    return f"AUC {value:.3f}, under {' and '.join(better)}: the model does not carry over to these recordings."


def as_they_are(values, clips):
    return values


def two_highest_channels(values, clips):
    """What the detector makes of a stream's channels: the mean of the two highest.  shape  in [windows], out [times]"""
    ends = numpy.cumsum([len(clip.windows()) for clip in clips])[:-1]
    by_channel = [one.reshape(len(clip.recording_uv), -1) for one, clip in zip(numpy.split(values, ends), clips, strict=True)]
    return numpy.concatenate([numpy.sort(one, axis=0)[-2:].mean(axis=0) for one in by_channel])


UNITS = {
    as_they_are: "one window of 178 samples of one of 23 bipolar channels, 256 Hz resampled by 217/320; interval by clip",
    two_highest_channels: "the mean of the two highest of 23 bipolar channels' windows of one time; interval by clip",
}


def figure_of(scores_of_seeds, clips, trained_on, combine):
    """One entry of the card's `elsewhere`: the first seed's area with its interval by clip, and every seed's.

    shape  scores_of_seeds [seeds][windows]
    """
    windows = numpy.concatenate([clip.windows() for clip in clips])
    scores_of_seeds = [combine(scores, clips) for scores in scores_of_seeds]
    counts = [len(combine(numpy.zeros(len(clip.windows())), [clip])) for clip in clips]
    labels = numpy.repeat([clip.ictal for clip in clips], counts)
    clip_of_window = numpy.repeat(numpy.arange(len(clips)), counts)
    draws = draws_of_files([clip.ictal for clip in clips])
    baselines = {
        name: auc_with_interval(combine(measure(windows), clips), labels, clip_of_window, draws)
        for name, measure in BASELINES.items()
    }
    area = auc_with_interval(scores_of_seeds[0], labels, clip_of_window, draws)
    return {
        "data": "CHB-MIT 1.0.0 (Shoeb 2009), 10-s clips: in a seizure from 10 s after its onset, and the 10 s before its onset",
        "signal": "scalp",
        "trained_on": trained_on,
        "tested_on": " and ".join(sorted({clip.case for clip in clips})),
        "unit": UNITS[combine],
        "ictal": int(labels.sum()),
        "other": int((1 - labels).sum()),
        "recordings": len(clips),
        "patients": len({clip.case for clip in clips}),
        "auc": area,
        "seeds_auc": [round(auc(scores, labels), 5) for scores in scores_of_seeds],
        "baselines": baselines,
        "verdict": verdict(area["value"], baselines),
    }


def write_scores(path, clips, bonn_scores, both_scores):
    """A row for each window of each channel: which it is and the two scores; no samples."""
    both_scores = iter(both_scores)
    index = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["clip", "ictal", "channel", "window", "score_bonn", "score_bonn_and_chb01"])
        for clip in clips:
            per_channel = clip.recording_uv.shape[1] // SAMPLES
            for place in range(len(clip.windows())):
                other = f"{next(both_scores):.6f}" if clip.case == "chb02" else ""
                rows.writerow([clip.name, clip.ictal, *divmod(place, per_channel), f"{bonn_scores[index]:.6f}", other])
                index += 1


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="the folder that holds bonn/ and chbmit/")
    parser.add_argument(
        "--out", type=pathlib.Path, default=HERE, help="where the files are written (default: beside this script)"
    )
    parser.add_argument("--epochs", type=int, default=20, help="passes over the windows (default: 20)")
    parser.add_argument("--workers", type=int, default=2, help="trainings side by side, one thread each (default: 2)")
    parser.add_argument(
        "--keep", type=pathlib.Path, help="a folder in which each training's logits stay, so that a run cut off goes on"
    )
    given = parser.parse_args()
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
    clips = read_clips(given.data / "chbmit")
    chb02 = [clip for clip in clips if clip.case == "chb02"]
    with concurrent.futures.ProcessPoolExecutor(given.workers, multiprocessing.get_context("spawn")) as pool:
        tasks = {
            with_chb01: [pool.submit(kept_logits, given, seed, with_chb01) for seed in SEEDS[:count]]
            for with_chb01, count in TRAININGS.items()
        }
        alone, both = (numpy.stack([task.result() for task in tasks[with_chb01]]) for with_chb01 in (False, True))
    of_chb02 = numpy.repeat([clip.case == "chb02" for clip in clips], [len(clip.windows()) for clip in clips])
    temperature = json.loads((given.out / "figures.json").read_text(encoding="utf-8"))["temperature"]
    alone, both = logistic(alone / temperature), logistic(both / temperature)
    figures = [
        figure
        for combine in UNITS
        for figure in (
            figure_of(alone, clips, "Bonn", combine),
            figure_of(alone[:, ~of_chb02], [clip for clip in clips if clip.case != "chb02"], "Bonn", combine),
            figure_of(alone[:, of_chb02], chb02, "Bonn", combine),
            figure_of(both, chb02, "Bonn and chb01", combine),
        )
    ]
    write_scores(given.out / "chb_mit.csv", clips, alone[0], both[0])
    write_json(given.out / "chb_mit.json", {"figures": figures})
    for one in figures:
        print(
            one["trained_on"], "on", one["tested_on"], one["ictal"], one["other"], one["auc"], one["seeds_auc"], one["baselines"]
        )


if __name__ == "__main__":
    main()
