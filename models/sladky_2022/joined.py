"""Joined recordings from Bonn's intracranial sets: hours that have the length and the marks which sladky-2022 needs. Used by
choose_live.py.

They are real samples in an order that nobody had: joins are no onsets, and one recording has the files of several people.
"""

import dataclasses
import pathlib

import numpy
import scipy.signal

BONN_HZ = (17361, 100)
RATE_HZ = 200  # the least that the model takes
CROSSFADE_S = 0.5  # so that a join is no click; ours
STEP_UV = 0.1
LEAD_FILES = 14  # 323 s: the model is silent for the first 300
GAP_FILES = 13  # about 300 s between seizures, of which 90 are tolerated by SzCORE's rules
SEIZURE_FILES = 2
TOLERATED_S = 90  # 30 s before a seizure and 60 s after it (SzCORE)


@dataclasses.dataclass
class Joined:
    name: str
    samples_uv: numpy.ndarray
    seizures_s: list[tuple[float, float]]  # onset, end

    @property
    def seconds(self) -> float:
        return self.samples_uv.size / RATE_HZ

    def alarm_is_false_s(self, warming_up_s: float) -> float:
        """How long an alarm would be a false one: after the warming up, outside seizures and their tolerance."""
        return self.seconds - warming_up_s - sum(end - onset + TOLERATED_S for onset, end in self.seizures_s)


def halves(bonn: pathlib.Path) -> list[dict[str, list[pathlib.Path]]]:
    """Every other file of each set: nothing of one half is in the other. Files of one person may still be in both."""
    found = {letter: sorted(path for path in (bonn / f"set{letter}").iterdir() if path.suffix.lower() == ".txt") for letter in "CDE"}
    return [{"interictal": found["C"][half::2] + found["D"][half::2], "ictal": found["E"][half::2]} for half in (0, 1)]


def read(path: pathlib.Path) -> numpy.ndarray:
    """A file at RATE_HZ, its mean removed."""
    samples = numpy.loadtxt(path)
    return scipy.signal.resample_poly(samples - samples.mean(), RATE_HZ * BONN_HZ[1], BONN_HZ[0])


def join(name: str, parts: list[tuple[bool, numpy.ndarray]]) -> Joined:
    """Parts, each with whether it is ictal, faded into one another; a seizure is marked from the middle of its first fade."""
    fade = int(CROSSFADE_S * RATE_HZ)
    up = (numpy.arange(fade) + 0.5) / fade
    whole = parts[0][1].copy()
    seizures: list[tuple[float, float]] = []
    for (was_ictal, _), (ictal, part) in zip(parts, parts[1:]):
        at = (whole.size - fade / 2) / RATE_HZ
        whole[-fade:] = whole[-fade:] * (1 - up) + part[:fade] * up
        whole = numpy.concatenate([whole, part[fade:]])
        if ictal and not was_ictal:
            seizures.append((at, at))
        if was_ictal and not ictal:
            seizures[-1] = (seizures[-1][0], at)
    return Joined(name, whole, seizures)


def recordings_of(half: dict[str, list[pathlib.Path]], seed: int) -> list[Joined]:
    """One without a seizure, and as many with seizures as use every ictal file once; the interictal ones are used in each."""
    generator = numpy.random.default_rng(seed)
    interictal = [(False, read(path)) for path in half["interictal"]]
    ictal = [(True, read(half["ictal"][i])) for i in generator.permutation(len(half["ictal"]))]

    def shuffled() -> list[tuple[bool, numpy.ndarray]]:
        return [interictal[i] for i in generator.permutation(len(interictal))]

    made = [join("sub-none_run-00_eeg", shuffled())]
    while len(ictal) >= SEIZURE_FILES:
        quiet = shuffled()
        parts, quiet = quiet[:LEAD_FILES], quiet[LEAD_FILES:]
        while len(quiet) >= GAP_FILES and len(ictal) >= SEIZURE_FILES:
            parts += ictal[:SEIZURE_FILES] + quiet[:GAP_FILES]
            ictal, quiet = ictal[SEIZURE_FILES:], quiet[GAP_FILES:]
        made.append(join(f"sub-seizures_run-{len(made):02}_eeg", parts))
    return made


def edf(recording: Joined) -> bytes:
    """One channel as EDF, a record a second; a ragged end is cut.  source  Kemp et al. 1992, the header's fields and widths"""
    seconds = recording.samples_uv.size // RATE_HZ
    steps = numpy.clip(numpy.round(recording.samples_uv[: seconds * RATE_HZ] / STEP_UV), -32768, 32767).astype("<i2")
    fields = [
        ("0", 8), ("X X X joined_Bonn", 80), ("Startdate X X X X", 80), ("01.01.00", 8), ("00.00.00", 8), ("512", 8), ("", 44),
        (str(seconds), 8), ("1", 8), ("1", 4),
        ("joined", 16), ("", 80), ("uV", 8), (f"{-32768 * STEP_UV:.1f}", 8), (f"{32767 * STEP_UV:.1f}", 8), ("-32768", 8), ("32767", 8),
        ("", 80), (str(RATE_HZ), 8), ("", 32),
    ]
    return "".join(text.ljust(width) for text, width in fields).encode("ascii") + steps.tobytes()


def table(recording: Joined) -> str:
    """Its seizures as HED-SCORE; without one, a line of background."""
    seconds = recording.samples_uv.size // RATE_HZ
    rows = [(onset, end - onset, "sz") for onset, end in recording.seizures_s] or [(0.0, float(seconds), "bckg")]
    lines = [f"{onset:.2f}\t{duration:.2f}\t{kind}\t{seconds:.2f}" for onset, duration, kind in rows]
    return "\n".join(["onset\tduration\teventType\trecordingDuration", *lines]) + "\n"


def write(recordings: list[Joined], folder: pathlib.Path) -> None:
    folder.mkdir(parents=True)
    for recording in recordings:
        (folder / f"{recording.name}.edf").write_bytes(edf(recording))
        (folder / f"{recording.name.removesuffix('_eeg')}_events.tsv").write_text(table(recording), encoding="ascii")
