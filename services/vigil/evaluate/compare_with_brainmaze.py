"""Compares sladky-2022 as SCORE_SAMPLES runs it with brainmaze-eeg-models' predict_channel_seizure_probability, on joined Bonn
recordings at 200, 256 and 500 Hz: at most 1e-4 apart, and nothing evaluated at the same places.

usage: compare_with_brainmaze.py SCORE_SAMPLES BONN_FOLDER
"""

import importlib.metadata
import pathlib
import subprocess
import sys

import brainmaze_eeg_models.seizure
import numpy
import scipy.signal

BONN_HZ = 173.61
STEP_UV = 0.1
SECONDS = 707
MISSING = -(2**31)
MOST_APART = 1e-4
MODEL = pathlib.Path(brainmaze_eeg_models.seizure.__file__).parent / "_models" / "modelA_paper.onnx"


def joined(folder: pathlib.Path, rate: int) -> numpy.ndarray:
    """Recordings without and with a seizure by turns, one behind the other, at another rate, in steps of the converter."""
    files = [sorted((folder / f"set{letter}").iterdir()) for letter in "DE"]
    names = [files[i % 2][i // 2] for i in range(32)]
    samples = numpy.concatenate([numpy.loadtxt(name) for name in names])[: int(SECONDS * BONN_HZ)]
    return numpy.round(scipy.signal.resample(samples, SECONDS * rate) / STEP_UV).astype(numpy.int32)


def cases(samples: numpy.ndarray, rate: int) -> dict[str, numpy.ndarray]:
    def changed(*stretches: tuple[float, float, int]) -> numpy.ndarray:
        other = samples.copy()
        for begin, end, value in stretches:
            other[round(begin * rate) : round(end * rate)] = value
        return other

    ragged = samples[: 701 * rate + rate // 3]
    one_missing = samples.copy()
    one_missing[450 * rate + 77] = MISSING
    return {
        "whole": samples[: 700 * rate],
        "ragged end": ragged,
        "just one window": samples[: 300 * rate],
        "gaps": changed((0, 2.3, MISSING), (100.11, 103.7, MISSING), (333, 363.25, MISSING), (706.2, 707, MISSING)),
        "a gap longer than a window": changed((200, 560, MISSING)),
        "one sample missing": one_missing,
        "flat stretches": changed((50, 75.5, 123), (400.3, 401, -7), (500, 530, 0), (600, 601, 1)),
        "flat and missing, ragged": changed((0, 30, 3), (250, 260, MISSING), (260, 281.5, 11), (690, 707, 5))[: ragged.size],
        "nothing but flat": numpy.full(320 * rate, 17, dtype=numpy.int32),
        "nothing": numpy.full(320 * rate, MISSING, dtype=numpy.int32),
    }


def ours(program: str, samples: numpy.ndarray, rate: int) -> numpy.ndarray:
    head = f"{rate} {STEP_UV} {samples.size}\n".encode()
    run = subprocess.run([program, str(MODEL)], input=head + samples.astype("<i4").tobytes(), capture_output=True, check=True)
    return numpy.array([float(line) for line in run.stdout.split()])


def theirs(samples: numpy.ndarray, rate: int) -> numpy.ndarray:
    signal = numpy.where(samples == MISSING, numpy.nan, samples * STEP_UV)
    return brainmaze_eeg_models.seizure.predict_channel_seizure_probability(signal, rate, model="modelA")[1]


def main() -> int:
    if (version := importlib.metadata.version("brainmaze-eeg-models")) != "0.1.0":
        print(f"this is brainmaze-eeg-models {version}", file=sys.stderr)
        return 1
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    faults, high, missing, compared = 0, 0, 0, 0
    for rate in (200, 256, 500):
        for name, samples in cases(joined(folder, rate), rate).items():
            expected, found = theirs(samples, rate), ours(program, samples, rate)
            same = expected.shape == found.shape and bool((numpy.isnan(expected) == numpy.isnan(found)).all())
            both = numpy.isfinite(expected) if same else numpy.zeros(0, dtype=bool)
            apart = float(numpy.abs(expected - found)[both].max(initial=0)) if same else numpy.inf
            print(f"{rate} Hz, {name}: {both.sum()} scores, {numpy.isnan(expected).sum()} without, at most {apart:.1e} apart")
            faults += not same or apart > MOST_APART
            high += int((expected > 0.5).sum())
            missing += int(numpy.isnan(expected).sum())
            compared += int(both.sum())
    print(f"{compared} scores of which {high} above 0.5, {missing} not evaluated, {faults} faults")
    # recordings in which nothing ever happens would prove nothing
    return 1 if faults or high < 100 or compared - high < 100 or missing < 100 else 0


if __name__ == "__main__":
    sys.exit(main())
