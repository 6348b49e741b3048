"""Reads the Bonn recordings, cuts windows and deals files into folds. Used by every program of this folder."""

import numpy

SAMPLES = 178
WINDOWS_PER_FILE = 23  # the usual cut of 4,097 values; the last three are dropped
SETS = "ABCDE"  # E is ictal
FOLDS = 5


def read_bonn(folder):
    """All recordings as float32 [files][4097], their labels and their names, in the order of the names."""
    recordings, labels, names = [], [], []
    for letter in SETS:
        if not (folder / f"set{letter}").is_dir():
            raise SystemExit(f"{folder} has no folder set{letter}: name the folder that holds setA to setE")
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


def windows_of(recording):
    """Consecutive windows from the first sample on; a short tail is dropped.  shape  in [..][samples], out [n][178]"""
    count = recording.shape[-1] // SAMPLES
    return recording[..., : count * SAMPLES].reshape(-1, SAMPLES)


def standard_deviation(windows_uv):
    """Amplitude as the simplest detector reads it.  shape  in [n][178], out [n]  units  microvolts"""
    return windows_uv.std(axis=1, dtype=numpy.float64)


def line_length(windows_uv):
    """The sum of the distances between neighbouring samples.

    shape   in [n][178], out [n]   units   microvolts
    source  Esteller et al., Line length: an efficient feature for seizure onset detection, IEEE EMBS 2001; named after the
            paper, whose text was not at hand
    """
    return numpy.abs(numpy.diff(windows_uv.astype(numpy.float64), axis=1)).sum(axis=1)


BASELINES = {"standard_deviation": standard_deviation, "line_length": line_length}
