"""Checks models' cards: check_cards.py [CARD]... (default: every card of this folder but those of ELSEWHERE). Started by
models/check_cards.

Against card.schema.json, against the file that the card names, and against itself: intervals hold their value, bins meet, counts
and rates agree, false alarms stand with the exact Poisson interval of their hours.
"""

import hashlib
import json
import math
import pathlib
import sys

import jsonschema_rs

HERE = pathlib.Path(__file__).resolve().parent
SCHEMA = json.loads((HERE / "card.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema_rs.Draft202012Validator(SCHEMA)
# Not what the schema describes, a network over windows: the tests of libs/detect compare these cards with the program.
ELSEWHERE = {"line_length", "sladky_2022"}


def without_repeats(pairs):
    """Python's reader would keep the last of two members of one name; the program refuses such a card."""
    names = [name for name, _ in pairs]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"{name} occurs twice")
    return dict(pairs)


def poisson_at_most(count, mean):
    """The probability of at most `count` events where `mean` are expected."""
    return math.fsum(math.exp(n * math.log(mean) - mean - math.lgamma(n + 1)) for n in range(count + 1)) if mean > 0 else 1.0


def intervals_in(value, path):
    """Every {value, interval_95} of the card, with its place."""
    if isinstance(value, dict):
        if {"value", "interval_95"} <= value.keys():
            yield path, value
        for name, inside in value.items():
            yield from intervals_in(inside, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for index, inside in enumerate(value):
            yield from intervals_in(inside, f"{path}[{index}]")


def event_level_faults(kind, figures):
    if figures == "none measured":
        return
    where = f"event_level.{kind}"
    rate, days = figures["false_alarms_per_day"], figures["hours"] / 24
    count = figures["false_alarms"]
    if not math.isclose(rate["value"], count / days, rel_tol=0.005, abs_tol=0.0005):
        yield f"{where}.false_alarms_per_day: {count} in {figures['hours']} h are {count / days:.3f} a day"
    low, high = (end * days for end in rate["interval_95"])
    # Garwood: at the low end as many or more have a chance of 2.5 %, at the high end as few or fewer
    low_agrees = abs(1 - poisson_at_most(count - 1, low) - 0.025) < 0.002 if count else low == 0
    if not (low_agrees and abs(poisson_at_most(count, high) - 0.025) < 0.002):
        yield f"{where}.false_alarms_per_day: not the exact Poisson interval of {count} in {figures['hours']} h"
    if figures["detected"] > figures["seizures"]:
        yield f"{where}: more seizures were detected than there were"
    if (figures["median_latency_s"] is None) != (figures["detected"] == 0):
        yield f"{where}: there is a latency exactly where something was detected"


def calibration_faults(calibration):
    if calibration is None:
        return
    bins = calibration["bins"]
    if bins[0]["from"] != 0 or bins[-1]["to"] != 1 or any(a["to"] != b["from"] for a, b in zip(bins, bins[1:])):
        yield "calibration.bins: must meet, from 0 to 1"
    for index, one in enumerate(bins):
        if (one["windows"] == 0) != (one["mean_score"] is None) or (one["windows"] == 0) != (one["ictal_share"] is None):
            yield f"calibration.bins[{index}]: a mean and a share stand exactly where there are windows"
        elif one["windows"] and not one["from"] <= one["mean_score"] <= one["to"]:
            yield f"calibration.bins[{index}]: the mean score lies outside the bin"


def held_out_faults(held_out):
    if held_out == "none measured":
        return
    seeds = held_out["seeds"]
    if len({one["seed"] for one in seeds}) != len(seeds):
        yield "figures.held_out.seeds: one seed stands twice"
    for name, stated in held_out["mean"].items():
        mean = sum(one[name]["value"] for one in seeds) / len(seeds)
        if abs(mean - stated) > 1.1e-5:
            yield f"figures.held_out.mean.{name}: the seeds' mean is {mean:.5f}"


def faults_of(card, folder):
    """Everything that is wrong with a card, a sentence each; the folder holds its file."""
    found = [f"{'.'.join(map(str, error.instance_path)) or 'card'}: {error.message}" for error in VALIDATOR.iter_errors(card)]
    if found:
        return found
    if card["kind"] == "network":
        file = folder / card["file"]
        if not file.is_file():
            found.append(f"file: {card['file']} is not there")
        elif hashlib.sha256(file.read_bytes()).hexdigest() != card["sha256"]:
            found.append(f"sha256: {card['file']} has another digest")
    for path, one in intervals_in(card, ""):
        if not one["interval_95"][0] <= one["value"] <= one["interval_95"][1]:
            found.append(f"{path}: the value lies outside its interval")
    for name, ends in (
        ("band", [card["input"]["band"][end] for end in ("low_hz", "high_hz")]),
        ("filters.band_pass_hz", card["input"]["filters"]["band_pass_hz"]),
    ):
        if ends and ends[0] >= ends[1]:
            found.append(f"input.{name}: the low end is not below the high one")
    found += held_out_faults(card["figures"]["held_out"])
    found += calibration_faults(card["calibration"])
    for kind, figures in card["event_level"].items():
        found += event_level_faults(kind, figures)
    return found


def main(paths):
    wrong = False
    for path in paths:
        try:
            card = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=without_repeats)
            faults = faults_of(card, path.parent)
        except (OSError, ValueError) as error:
            faults = [str(error)]
        for fault in faults:
            print(f"{path}: {fault}", file=sys.stderr)
        wrong = wrong or bool(faults)
        if not faults:
            print(f"{path}: {card['name']} {card['version']}")
    return 1 if wrong else 0


if __name__ == "__main__":
    given = [pathlib.Path(path) for path in sys.argv[1:]] or sorted(
        path for path in HERE.glob("*/card.json") if path.parent.name not in ELSEWHERE
    )
    sys.exit(main(given) if given else "no card found")
