"""Scores 1,000 random pairs of event lists with SCORE_PAIRS and with timescoring 0.0.7: every count and figure must be equal.

The lists are sorted, disjoint and inside the record, on a grid of 0.01 s; half of the detections lie near a reference event, and
pauses and lengths often lie exactly on a limit of the rules. Another 500 pairs have other rules than the default ones.
"""

import importlib.metadata
import math
import random
import subprocess
import sys

from timescoring.annotations import Annotation
from timescoring.scoring import EventScoring, SampleScoring

PAIRS, WITH_OTHER_RULES = 1000, 500
RATE = 100  # hundredths of a second


def disjoint(times: list[tuple[int, int]], length: int) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for onset, end in sorted(times):
        if 0 <= onset < end <= length and (not kept or onset >= kept[-1][1]):
            kept.append((onset, end))
    return kept


def some_length(rng: random.Random) -> int:
    return rng.choice([1, 5, 9000, 30000, 30001, 60000, rng.randint(1, 500), rng.randint(500, 20000), rng.randint(20000, 150000)])


def pair(rng: random.Random) -> tuple[int, list, list]:
    length = rng.choice([rng.randint(1, 6000), rng.randint(6000, 360000), rng.randint(360000, 2160000)])
    count = rng.choice([0, 1, 2, 5, 20])
    reference = [(start, start + some_length(rng)) for start in (rng.randint(0, length) for _ in range(count))]
    # exactly 90 s, the shortest pause, and its neighbours on the grid
    reference += [(end + gap, end + gap + some_length(rng)) for (_, end), gap in zip(reference, rng.choices([8999, 9000, 9001], k=count // 2))]
    reference = disjoint(reference, length)
    found = [(start, start + some_length(rng)) for start in (rng.randint(0, length) for _ in range(rng.choice([0, 1, 3, 10])))]
    for onset, end in reference:
        if rng.random() < 0.5:
            start = rng.choice([onset, end + 6000, onset - 3000, rng.randint(onset - 6000, end + 9000)])
            found.append((start, start + some_length(rng)))
        if rng.random() < 0.2:  # ends where the tolerance begins
            stop = onset - 3000 + rng.randint(-1, 1)
            found.append((stop - some_length(rng), stop))
    return length, reference, disjoint(found, length)


def rules(rng: random.Random, default: bool) -> tuple[float, ...]:
    if default:
        return 30, 60, 0, 300, 90
    return rng.choice([0, 5, 30]), rng.choice([0, 10, 60]), rng.choice([0, 0.1, 0.5]), rng.choice([10, 60, 300, 301.5]), rng.choice([0, 1, 90])


def expected(rule: tuple[float, ...], length: int, reference: list, found: list) -> list[float]:
    lists = [Annotation([(onset / RATE, end / RATE) for onset, end in events], RATE, length) for events in (reference, found)]
    figures: list[float] = []
    for score in (EventScoring(*lists, EventScoring.Parameters(*rule)), SampleScoring(*lists)):
        rate = score.fpRate if score.numSamples else math.nan
        figures += [score.refTrue, score.tp, score.fp, score.numSamples, score.sensitivity, score.precision, score.f1, rate]
    return [float(figure) for figure in figures]


def main() -> int:
    if (version := importlib.metadata.version("timescoring")) != "0.0.7":
        print(f"this is timescoring {version}", file=sys.stderr)
        return 1
    rng = random.Random(20240207)
    cases = [(rules(rng, number < PAIRS), *pair(rng)) for number in range(PAIRS + WITH_OTHER_RULES)]
    lines = [
        " ".join(map(str, [*rule, length, len(reference), len(found), *(time for event in [*reference, *found] for time in event)]))
        for rule, length, reference, found in cases
    ]
    run = subprocess.run([sys.argv[1]], input="\n".join(lines) + "\n", capture_output=True, text=True, check=True)
    answers = [[float(word) for word in line.split()] for line in run.stdout.splitlines()]
    if len(answers) != len(cases):
        print(f"{len(cases)} pairs, {len(answers)} answers", file=sys.stderr)
        return 1
    differ = 0
    for number, (case, line, ours) in enumerate(zip(cases, lines, answers)):
        theirs = expected(*case)
        if not all(a == b or (math.isnan(a) and math.isnan(b)) for a, b in zip(ours, theirs, strict=True)):
            differ += 1
            if differ <= 5:
                print(f"pair {number}: {line}\n  timescoring {theirs}\n  ours        {ours}", file=sys.stderr)
    hit, missed, false, merged = (sum(bool(test(a, c)) for a, c in zip(answers, cases)) for test in (
        lambda a, c: a[1] > 0, lambda a, c: a[1] < a[0], lambda a, c: a[2] > 0, lambda a, c: a[0] < len(c[2])))
    print(f"{len(cases)} pairs, {differ} differ; {hit} with a detected event, {missed} with a missed one, {false} with a false alarm, {merged} with joined ones")
    # a generator that made only easy pairs would prove nothing
    return 1 if differ or min(hit, missed, false, merged) < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
