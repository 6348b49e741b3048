#!/usr/bin/env python3
"""Trains window-178 on the Bonn recordings, measures it on held-out files and writes the ONNX file, its card and its figures.

Used by `make models`; the detector only ever sees the files that this writes. Run it with --help.
"""

import argparse
import hashlib
import json
import math
import pathlib
import platform
import time

import numpy
import torch
from sklearn.metrics import roc_auc_score
from torch import nn

SAMPLES = 178
RATE_HZ = 173.61  # Andrzejak et al. 2001, section II
WINDOWS_PER_FILE = 23  # the usual cut of 4,097 values; the last three are dropped
SETS = "ABCDE"  # E is ictal
FOLDS = 5
SEEDS = (1, 2, 3)
SPECIFICITY = 0.985
VERSION = "1.0.0"
HERE = pathlib.Path(__file__).resolve().parent


class Window178(nn.Module):
    """Four convolutions, then the mean and the maximum over time, then two dense layers.

    in    [n][178] microvolts; the mean of each window is removed, since an electrode's offset means nothing
    out   [n][1], 0 to 1
    note  Convolutions over time are written as 1 x k on a [n][c][1][t] image: ONNX Runtime's blocked kernels only exist for
          two dimensions (1.6 times faster, the same numbers).
    """

    def __init__(self):
        super().__init__()

        def stage(channels_in, channels_out, length, stride=1):
            return nn.Sequential(
                nn.Conv2d(channels_in, channels_out, (1, length), stride=(1, stride), padding=(0, length // 2), bias=False),
                nn.BatchNorm2d(channels_out),
                nn.ReLU(),
            )

        self.features = nn.Sequential(
            stage(2, 16, 7, stride=2),
            stage(16, 32, 3),
            nn.MaxPool2d((1, 2)),
            stage(32, 32, 5),
            nn.MaxPool2d((1, 2)),
            stage(32, 64, 5),
        )
        self.dropout = nn.Dropout(0.3)
        self.hidden = nn.Linear(128, 32)
        self.score = nn.Linear(32, 1)

    def logit(self, window_uv):
        x = window_uv - window_uv.mean(dim=1, keepdim=True)
        # Amplitude is half of the evidence, over three decades: one logarithmic view of it and one linear, clipped.
        compressed = torch.sign(x) * torch.log1p(torch.abs(x) / 20.0) * 0.5
        linear = torch.clamp(x / 400.0, -4.0, 4.0)
        image = torch.stack((compressed, linear), dim=1).unsqueeze(2)
        y = self.features(image)
        pooled = torch.cat((y.mean(dim=(2, 3)), y.amax(dim=(2, 3))), dim=1)
        return self.score(torch.relu(self.hidden(self.dropout(pooled))))

    def forward(self, window_uv):
        return torch.sigmoid(self.logit(window_uv))


def read_recordings(folder):
    """All recordings as float32 [files][4097], their labels and their names, in the order of the names."""
    recordings, labels, names = [], [], []
    for letter in SETS:
        files = sorted(path for path in (folder / f"set{letter}").iterdir() if path.suffix.lower() == ".txt")
        for path in files:
            recordings.append(numpy.loadtxt(path, dtype=numpy.float32))
            labels.append(1 if letter == "E" else 0)
            names.append(f"set{letter}/{path.name}")
    shortest = min(len(recording) for recording in recordings)
    if shortest < WINDOWS_PER_FILE * SAMPLES:
        raise SystemExit(f"a recording has {shortest} values: {WINDOWS_PER_FILE * SAMPLES} are needed")
    return numpy.stack([recording[:shortest] for recording in recordings]), numpy.array(labels), names


def fold_of(labels, seed):
    """A fold for each file, the same share of each label in every fold."""
    generator = numpy.random.default_rng(seed)
    folds = numpy.zeros(len(labels), dtype=int)
    for label in (0, 1):
        files = generator.permutation(numpy.flatnonzero(labels == label))
        folds[files] = numpy.arange(len(files)) % FOLDS
    return folds


def standard_windows(recordings):
    """The 23 consecutive windows of each recording: [files * 23][178]."""
    return recordings[:, : WINDOWS_PER_FILE * SAMPLES].reshape(-1, SAMPLES)


def crop(recordings, files, generator):
    """One random window from each of the files, turned over or scaled a little at random: electrodes differ so."""
    starts = torch.randint(0, recordings.shape[1] - SAMPLES + 1, (len(files),), generator=generator)
    windows = recordings[files[:, None], starts[:, None] + torch.arange(SAMPLES)]
    sign = torch.randint(0, 2, (len(files), 1), generator=generator) * 2.0 - 1.0
    gain = torch.exp((torch.rand((len(files), 1), generator=generator) - 0.5) * 0.3)
    return windows * sign * gain


def fit(recordings, labels, seed, epochs, batch=128):
    """Trains on random crops; returns the running average of the weights, which is steadier than the last of them."""
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = Window178()
    average = torch.optim.swa_utils.AveragedModel(
        model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.995), use_buffers=True
    )
    per_epoch = len(labels) * WINDOWS_PER_FILE
    steps = epochs * math.ceil(per_epoch / batch)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=steps, pct_start=0.2)
    targets = labels.float()
    model.train()
    for _ in range(steps):
        files = torch.randint(0, len(labels), (batch,), generator=generator)
        windows = crop(recordings, files, generator)
        smoothed = targets[files, None] * 0.96 + 0.02
        loss = nn.functional.binary_cross_entropy_with_logits(model.logit(windows), smoothed)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        average.update_parameters(model)
    return average.module.eval()


def sensitivity_at(scores, labels, specificity):
    """The share of ictal windows over the threshold that `specificity` of the others stay under, and that threshold."""
    threshold = numpy.quantile(scores[labels == 0], specificity, method="higher")
    return float((scores[labels == 1] > threshold).mean()), float(threshold)


def figures_of(scores, labels):
    sensitivity, threshold = sensitivity_at(scores, labels, SPECIFICITY)
    return {
        "auc": round(float(roc_auc_score(labels, scores)), 5),
        "sensitivity": round(sensitivity, 5),
        "threshold": round(threshold, 5),
    }


def cross_validate(recordings, labels, seed, epochs):
    """Scores of every standard window by the model that has not seen its file."""
    folds = fold_of(labels, seed)
    samples = torch.from_numpy(recordings)
    scores = numpy.zeros((len(labels), WINDOWS_PER_FILE), dtype=numpy.float32)
    for fold in range(FOLDS):
        seen = folds != fold
        model = fit(samples[seen], torch.from_numpy(labels[seen]), seed * 100 + fold, epochs)
        with torch.no_grad():
            held_out = model(torch.from_numpy(standard_windows(recordings[~seen])))
        scores[~seen] = held_out.numpy().reshape(-1, WINDOWS_PER_FILE)
    return scores.reshape(-1)


def export(model, path):
    torch.onnx.export(
        model,
        torch.zeros(2, SAMPLES),
        str(path),
        input_names=["window_uv"],
        output_names=["score"],
        dynamic_axes={"window_uv": {0: "n"}, "score": {0: "n"}},
        opset_version=17,
        dynamo=False,
    )


def reference_scores(model, recordings, names):
    """Scores of a few windows by PyTorch, which the C++ tests must reach."""
    chosen = [names.index(name) for letter in SETS for name in [n for n in names if n.startswith(f"set{letter}")][:4]]
    with torch.no_grad():
        return {
            names[index]: [
                round(float(score), 7)
                for score in model(torch.from_numpy(standard_windows(recordings[index : index + 1])))[:, 0]
            ]
            for index in chosen
        }


def card(digest, model, per_seed, pooled, files, seconds):
    return {
        "name": "window-178",
        "version": VERSION,
        "file": "window_178.onnx",
        "sha256": digest,
        "input": {
            "name": "window_uv",
            "samples": SAMPLES,
            "rate_hz": RATE_HZ,
            "rate_numerator": 17361,
            "rate_denominator": 100,
            "unit": "uV",
            "type": "float32",
        },
        "output": {"name": "score", "range": [0, 1]},
        "parameters": sum(p.numel() for p in model.parameters()),
        "licence": "Apache-2.0",
        "data": {
            "what": "EEG segments of the University of Bonn, sets A to D (not ictal) and E (ictal), one channel, 173.61 Hz",
            "files": files,
            "citation": "Andrzejak et al., Phys. Rev. E 64, 061907 (2001)",
            "licence": "free for research with citation; not part of this repository",
        },
        "architecture": "1-D CNN: four convolutions, mean and maximum over time, two dense layers; 0.60 million multiply-adds",
        "method": f"{FOLDS} folds by file, seeds {list(SEEDS)}; the file holds a model trained on all recordings with seed {SEEDS[0]}",
        "figures": {"specificity": SPECIFICITY, "seeds": per_seed, "pooled": pooled},
        "training_seconds": round(seconds),
        "limits": [
            "The output is a score, not a calibrated probability.",
            "Seizures were intracranial, the healthy recordings scalp: part of the difference may be the electrodes'.",
            "Which segments share a patient is not published: folds by file can still share a patient.",
            "One channel, about one second: nothing before the window counts.",
            "Not a medical device.",
        ],
    }


def write_json(path, value, indent=None):
    path.write_text(json.dumps(value, indent=indent) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="the folder that holds setA to setE")
    parser.add_argument("--out", type=pathlib.Path, default=HERE, help="where the files are written (default: beside this script)")
    parser.add_argument("--seeds", type=int, default=len(SEEDS), help="how many of the three seeds are measured (default: 3)")
    parser.add_argument("--epochs", type=int, default=20, help="passes over the windows (default: 20)")
    parser.add_argument("--threads", type=int, default=1, help="of PyTorch (default: 1, so that every machine trains the same)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.use_deterministic_algorithms(True)

    started = time.monotonic()
    recordings, labels, names = read_recordings(arguments.data)
    window_labels = numpy.repeat(labels, WINDOWS_PER_FILE)
    per_seed, all_scores = [], []
    for seed in SEEDS[: arguments.seeds]:
        scores = cross_validate(recordings, labels, seed, arguments.epochs)
        per_seed.append({"seed": seed, **figures_of(scores, window_labels)})
        all_scores.append(scores)
        print(f"{time.monotonic() - started:.0f} s: {per_seed[-1]}", flush=True)
    pooled = figures_of(numpy.concatenate(all_scores), numpy.tile(window_labels, len(all_scores)))
    print(f"pooled: {pooled}", flush=True)

    model = fit(torch.from_numpy(recordings), torch.from_numpy(labels), SEEDS[0], arguments.epochs)
    onnx_file = arguments.out / "window_178.onnx"
    export(model, onnx_file)
    seconds = time.monotonic() - started
    write_json(
        arguments.out / "card.json",
        card(hashlib.sha256(onnx_file.read_bytes()).hexdigest(), model, per_seed, pooled, len(names), seconds),
        indent=1,
    )
    write_json(
        arguments.out / "figures.json",
        {
            "labels": "".join(str(label) for label in labels),
            "windows_per_file": WINDOWS_PER_FILE,
            # In steps of 1/65536: enough to work the card's figures out again to four digits.
            "scores_q16": {
                str(one["seed"]): [int(q) for q in numpy.rint(scores * 65536)] for one, scores in zip(per_seed, all_scores)
            },
        },
    )
    write_json(arguments.out / "reference_scores.json", reference_scores(model, recordings, names))
    print(f"{seconds:.0f} s on {platform.machine()}, PyTorch {torch.__version__}")


if __name__ == "__main__":
    main()
