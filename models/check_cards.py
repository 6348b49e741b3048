"""Checks models' cards: check_cards.py [CARD]... (default: every card of this folder). Started by models/check_cards.

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


def binomial_at_most(count, of, share):
    """The probability of at most `count` of `of` where each has the chance `share`."""
    return math.fsum(math.comb(of, n) * share**n * (1 - share) ** (of - n) for n in range(count + 1))


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


def rate_faults(where, figures, unit, hours_of_unit):
    """A count, its hours and the rate that they make."""
    rate, units = figures[f"false_alarms_per_{unit}"], figures["hours"] / hours_of_unit
    count = figures["false_alarms"]
    if not math.isclose(rate["value"], count / units, rel_tol=0.005, abs_tol=0.0005):
        yield f"{where}.false_alarms_per_{unit}: {count} in {figures['hours']} h are {count / units:.3f} per {unit}"
    low, high = (end * units for end in rate["interval_95"])
    # Garwood: at the low end as many or more have a chance of 2.5 %, at the high end as few or fewer
    low_agrees = abs(1 - poisson_at_most(count - 1, low) - 0.025) < 0.002 if count else low == 0
    if not (low_agrees and abs(poisson_at_most(count, high) - 0.025) < 0.002):
        yield f"{where}.false_alarms_per_{unit}: not the exact Poisson interval of {count} in {figures['hours']} h"
    if figures["detected"] > figures["seizures"]:
        yield f"{where}: more seizures were detected than there were"
    if (figures["median_latency_s"] is None) != (figures["detected"] == 0):
        yield f"{where}: there is a latency exactly where something was detected"


def event_level_faults(name, kind, figures):
    if figures == "none measured":
        return
    where = f"event_level.{kind}"
    yield from rate_faults(where, figures, "day", 24)
    baseline = figures["line_length"]
    if (baseline is None) != (name == "line-length"):
        yield f"{where}.line_length: is null on line-length's own card, and on no other"
    elif baseline and baseline["detected"] > figures["seizures"]:
        yield f"{where}.line_length: more seizures were detected than there were"


def joined_faults(index, figures):
    where = f"figures.joined[{index}]"
    yield from rate_faults(where, figures, "hour", 1)
    seizures, detected = figures["seizures"], figures["detected"]
    if abs(figures["sensitivity"]["value"] - detected / seizures) > 1e-4:
        yield f"{where}.sensitivity: {detected} of {seizures} are {detected / seizures:.4f}"
    low, high = figures["sensitivity"]["interval_95"]
    # Clopper and Pearson: as above, of a binomial count
    low_agrees = abs(1 - binomial_at_most(detected - 1, seizures, low) - 0.025) < 0.002 if detected else low == 0
    high_agrees = abs(binomial_at_most(detected, seizures, high) - 0.025) < 0.002 if detected < seizures else high == 1
    if not (low_agrees and high_agrees):
        yield f"{where}.sensitivity: not the exact interval of {detected} of {seizures}"


def live_faults(live):
    if live is None:
        return
    low, high = live["lag_range_s"]
    if not low <= live["lag_s"] <= high:
        yield "live.lag_s: lies outside lag_range_s"
    if live["thresholds"]["low"] > live["thresholds"]["high"]:
        yield "live.thresholds: the low one lies above the high one"


def file_faults(card, folder):
    """A file that this project gives away lies beside the card; a fetched one is no part of the repository."""
    file = folder / card["file"]
    if card["origin"]["package"] is not None:
        if file.is_file():
            yield f"file: {card['file']} is fetched, and must not lie here"
    elif not file.is_file():
        yield f"file: {card['file']} is not there"
    elif hashlib.sha256(file.read_bytes()).hexdigest() != card["sha256"]:
        yield f"sha256: {card['file']} has another digest"


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
        found += file_faults(card, folder)
    if "classes" in card["output"] and card["output"]["seizure_class"] >= card["output"]["classes"]:
        found.append("output.seizure_class: is none of the classes")
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
    found += live_faults(card.get("live"))
    for index, figures in enumerate(card["figures"]["joined"]):
        found += joined_faults(index, figures)
    for kind, figures in card["event_level"].items():
        found += event_level_faults(card["name"], kind, figures)
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
    given = [pathlib.Path(path) for path in sys.argv[1:]] or sorted(HERE.glob("*/card.json"))
    sys.exit(main(given) if given else "no card found")
