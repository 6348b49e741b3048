#!/usr/bin/env python3
"""Makes the card of window-178, and its drawings, from what train.py and chb_mit.py wrote. Used by `make train`."""

import argparse
import hashlib
import json
import pathlib

import card
from draw import draw_reliability, draw_wrong
from held_out import HeldOut, baseline_sensitivities, calibration_of, figures_of
from recordings import read_bonn

HERE = pathlib.Path(__file__).resolve().parent


def wrong_in_every_run(held_out, names):
    """The recordings that every seed's held-out models put on the wrong side, by their mean score against 0.5."""
    wrong = ((held_out.recording_scores > 0.5) != (held_out.file_labels == 1)).all(axis=0)
    return [index for index, _ in enumerate(names) if wrong[index]]


def method_of(figures):
    seeds = sorted(int(seed) for seed in figures["seeds"])
    return (
        f"random crops with random sign and gain, {figures['epochs']} passes, running average of the weights; seeds {seeds} each "
        f"deal the files into folds and train anew; the file holds a model trained on all recordings with seed {seeds[0]}"
    )


def card_of(figures, held_out, recordings, elsewhere, digest):
    calibration, _ = calibration_of(held_out)
    return {
        "card": 1,
        "name": "window-178",
        "version": card.VERSION,
        "kind": "network",
        "origin": {"made_by": "this project", "package": None, "citation": None},
        "file": "window_178.onnx",
        "sha256": digest,
        "licence": "Apache-2.0",
        "signal": card.SIGNAL,
        "input": card.INPUT,
        "output": card.OUTPUT,
        "architecture": card.ARCHITECTURE.format(parameters=figures["parameters"]),
        "age_group": "not published",
        "training": {
            "data": [card.BONN],
            "prevalence": held_out.prevalence(),
            "method": method_of(figures),
            "seconds": figures["training_seconds"],
        },
        "figures": {"held_out": figures_of(held_out, recordings), "elsewhere": elsewhere, "joined": []},
        "calibration": calibration,
        "event_level": {"scalp": "none measured", "intracranial": "none measured"},
        "limits": card.LIMITS,
    }


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="the folder that holds setA to setE")
    parser.add_argument("--out", type=pathlib.Path, default=HERE, help="where the files are (default: beside this script)")
    given = parser.parse_args()
    recordings, labels, names = read_bonn(given.data)
    figures = read_json(given.out / "figures.json")
    if figures["files"] != names or figures["labels"] != "".join(str(label) for label in labels):
        raise SystemExit("figures.json is of other recordings than --data holds: run train.py first")
    held_out = HeldOut(figures)
    elsewhere = read_json(given.out / "chb_mit.json")["figures"]
    digest = hashlib.sha256((given.out / "window_178.onnx").read_bytes()).hexdigest()
    made = card_of(figures, held_out, recordings, elsewhere, digest)
    (given.out / "card.json").write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")

    calibration, without = calibration_of(held_out)
    draw_reliability(calibration, without, given.out / "reliability.svg")
    wrong = wrong_in_every_run(held_out, names)
    draw_wrong(held_out, recordings, names, wrong, given.out / "wrong.png")
    mean = made["figures"]["held_out"]["mean"]
    print("mean of the seeds:", mean)
    print(
        "seeds:",
        [
            (one["auc"]["value"], one["sensitivity"]["value"], one["recording_auc"]["value"])
            for one in made["figures"]["held_out"]["seeds"]
        ],
    )
    print("baselines:", made["figures"]["held_out"]["baselines"], "sensitivity", baseline_sensitivities(held_out, recordings))
    print("expected calibration error:", calibration["expected_error"], "temperature", calibration["temperature"])
    print("wrong in every run:", [names[index] for index in wrong])


if __name__ == "__main__":
    main()
