#!/usr/bin/env python3
"""Chooses the lag and the thresholds of sladky-2022 live on one half of Bonn's intracranial files, and measures the choice on the
other half. Also measures line-length, of which nothing is chosen, on both. Writes live.json, from which the cards' figures are.

usage: choose_live.py SWEEP_LIVE VIGIL MODELS DATA OUT.json        started by choose_live
"""

import csv
import io
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import joined
import scipy.stats

SEED = 1
SMOOTH = 5  # as the detector smooths every model
# before a model's first score: input.warming_up_s of the cards
SLADKY_WARMS_UP_S = 300
LINE_LENGTH_WARMS_UP_S = 60


STARTED = time.monotonic()


def say(what: str) -> None:
    """What is being done, and when it began."""
    print(f"{time.monotonic() - STARTED:5.0f} s  {what}", file=sys.stderr, flush=True)


def counted(seizures: int, detected: int, false_alarms: int, latencies_s: list[float]) -> dict:
    """What SzCORE counts, but that an alarm raised before the join is no detection and a false alarm: within the 30 s before an onset
    SzCORE takes it for one, and here nothing before a join can tell of what comes after."""
    late = [value for value in latencies_s if value >= 0]
    early = len(latencies_s) - len(late)
    return {
        "seizures": seizures,
        "detected": detected - early,
        "false_alarms": false_alarms + early,
        "raised_before_the_join": early,
        "median_latency_s": round(statistics.median(late), 2) if late else None,
    }


def rows_of(table: str) -> list[dict]:
    """The sweep's lines: what was set, and what was counted."""
    return [
        {
            "lag_s": int(row["lag_s"]),
            "high": float(row["high"]),
            "smooth": int(row["smooth"]),
            **counted(
                int(row["seizures"]),
                int(row["detected"]),
                int(row["false_alarms"]),
                [float(value) for value in row["latencies_s"].split(",") if value],
            ),
        }
        for row in csv.DictReader(io.StringIO(table), delimiter="\t")
    ]


def choice(rows: list[dict]) -> dict:
    """The setting with the least median delay among those that miss at most one seizure more than the best, and of these have at
    most one false alarm more than the fewest; of equal ones the higher threshold."""
    rows = [row for row in rows if row["smooth"] == SMOOTH]
    most = max(row["detected"] for row in rows)
    rows = [row for row in rows if row["detected"] >= most - 1]
    fewest = min(row["false_alarms"] for row in rows)
    rows = [row for row in rows if row["false_alarms"] <= fewest + 1]
    return min(rows, key=lambda row: (row["median_latency_s"], -row["high"], row["lag_s"]))


def figures(hours: float, found: dict) -> dict:
    """Counts with the exact intervals of their rates: Garwood's of a Poisson count, Clopper and Pearson's of a share."""
    alarms, detected, seizures = found["false_alarms"], found["detected"], found["seizures"]
    low = scipy.stats.chi2.ppf(0.025, 2 * alarms) / 2 if alarms else 0.0
    high = scipy.stats.chi2.ppf(0.975, 2 * alarms + 2) / 2
    least = scipy.stats.beta.ppf(0.025, detected, seizures - detected + 1) if detected else 0.0
    most = scipy.stats.beta.ppf(0.975, detected + 1, seizures - detected) if detected < seizures else 1.0
    return {
        "hours": round(hours, 4),
        "false_alarms": alarms,
        "false_alarms_per_hour": {
            "value": round(alarms / hours, 4),
            "interval_95": [round(float(low / hours), 4), round(float(high / hours), 4)],
        },
        "seizures": seizures,
        "detected": detected,
        "sensitivity": {
            "value": round(detected / seizures, 4),
            "interval_95": [round(float(least), 4), round(float(most), 4)],
        },
        "median_latency_s": found["median_latency_s"],
    }


def evaluated(vigil: str, folder: pathlib.Path, *options: str) -> dict:
    """What `vigil evaluate` says of a folder, as arguments of counted()."""
    file = folder.parent / "results.json"
    subprocess.run([vigil, "evaluate", folder, "--quiet", "--json", file, *options], check=True, capture_output=True)
    micro = json.loads(file.read_text(encoding="utf-8"))["micro_average"]
    return {
        "seizures": micro["seizures"],
        "detected": micro["events"]["true_positives"],
        "false_alarms": micro["events"]["false_positives"],
        "latencies_s": micro["latency_s"]["all"],
    }


def check_sweep(row: dict, found: dict) -> None:
    """The sweep must say of the chosen setting what `vigil evaluate` says."""
    for name, value in counted(**found).items():
        if row[name] != value:
            raise SystemExit(f"the sweep has {name} {row[name]}, vigil evaluate {value}")


def main(sweep_live: str, vigil: str, models: str, data: str, out: str) -> None:
    model = pathlib.Path(models) / "sladky_2022/modelA_paper.onnx"
    with tempfile.TemporaryDirectory() as work:
        folders, hours, hours_of_line_length = [], [], 0.0
        say("joining Bonn's intracranial files to recordings")
        for place, half in zip(("choose", "report"), joined.halves(pathlib.Path(data) / "bonn")):
            made = joined.recordings_of(half, SEED)
            folders.append(pathlib.Path(work) / place)
            joined.write(made, folders[-1])
            hours.append(sum(one.alarm_is_false_s(SLADKY_WARMS_UP_S) for one in made) / 3600)
            hours_of_line_length += sum(one.alarm_is_false_s(LINE_LENGTH_WARMS_UP_S) for one in made) / 3600
        say("the sweep over 21 lags of the half to choose on; the first lag runs the model and takes longest")
        swept = subprocess.run([sweep_live, model, folders[0]], check=True, stdout=subprocess.PIPE, text=True).stdout
        rows = rows_of(swept)
        chosen = choice(rows)
        options = ["--models", models, "--model", "sladky-2022-live", "--lag", str(chosen["lag_s"])]
        options += ["--high", str(chosen["high"]), "--low", str(chosen["high"] / 2), "--smooth", str(SMOOTH)]
        say(f"chosen: lag {chosen['lag_s']} s and threshold {chosen['high']}; vigil evaluate must count the same")
        check_sweep(chosen, evaluated(vigil, folders[0], *options))
        say("equal; the chosen setting on the other half")
        reported = counted(**evaluated(vigil, folders[1], *options))
        say("line-length on both halves")
        both = [evaluated(vigil, folder, "--model", "line-length") for folder in folders]
    line_length = {name: both[0][name] + both[1][name] for name in both[0]}
    result = {
        "seed": SEED,
        "seconds_in_which_an_alarm_is_false": [round(3600 * one, 2) for one in hours],
        "chosen": chosen,
        "on_the_other_half": figures(hours[1], reported),
        "line_length": figures(hours_of_line_length, counted(**line_length)),
        "sweep": rows,
    }
    text = json.dumps(result, indent=1)
    # a setting a line
    head, sweep = text[: text.index('"sweep"')], ",\n  ".join(json.dumps(row) for row in rows)
    pathlib.Path(out).write_text(f'{head}"sweep": [\n  {sweep}\n ]\n}}\n', encoding="utf-8")
    say(f"wrote {out}")
    for name in ("chosen", "on_the_other_half", "line_length"):
        print(name, json.dumps(result[name]))


if __name__ == "__main__":
    main(*sys.argv[1:])
