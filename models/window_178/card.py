"""What the card of window-178 says beside its figures. Used by report.py."""

VERSION = "2.0.0"

SIGNAL = {
    "kinds": ["intracranial"],
    "references": ["average"],
    "note": "Seizures and the time between them were recorded inside the skull, healthy people on the scalp, all against an "
    "average that left out electrodes with pathological activity or strong eye movement.",
}

INPUT = {
    "name": "window_uv",
    "unit": "uV",
    "type": "float32",
    "layout": "[windows][samples], one channel",
    "samples": 178,
    "rate": {"numerator": 17361, "denominator": 100, "tolerance_hz": 0.1, "other_rates": "resampled"},
    "normalisation": "The file removes each window's mean and takes a logarithmic and a clipped linear view of the amplitude; "
    "nothing is divided by the signal's own amplitude, which is evidence.",
    "band": {
        "low_hz": 0.53,
        "high_hz": 40,
        "note": "The paper's amplifier settings; those who publish the files say that the 40 Hz low-pass was a step of the "
        "paper's analysis and is not in them.",
    },
    "filters": {"band_pass_hz": None, "notch_hz": None},
}

OUTPUT = {
    "name": "score",
    "range": [0, 1],
    "meaning": "How much the window looks like Bonn's seizures. A score, not a probability: it is calibrated at Bonn's share of "
    "ictal windows alone.",
}

ARCHITECTURE = (
    "1-D CNN: four convolutions, mean and maximum over time, two dense layers; {parameters} weights, 0.60 million multiply-adds"
)

BONN = {
    "name": "Bonn",
    "what": "Single-channel segments of 23.6 s: sets A, B (healthy, scalp), C, D (between seizures, intracranial), E (ictal, "
    "intracranial). The unit is not published with them; taken as microvolts.",
    "recordings": 400,
    "patients": 10,
    "citation": "Andrzejak et al., Phys. Rev. E 64, 061907 (2001)",
    "licence": "free for research with citation; not part of this repository",
}

LIMITS = [
    "The output is a score, not a probability: calibrated at one share of ictal windows, that of Bonn, which no ward has.",
    "Seizures were intracranial, the healthy recordings scalp: part of the difference may be the electrodes'.",
    "Which segments share a patient is not published: folds by file can still share a patient, so that every held-out "
    "figure may be too good.",
    "Bonn is largely a task of amplitude: the standard deviation alone comes close.",
    "It does not carry over to scalp recordings of patients: see figures.elsewhere.",
    "No continuous recording was ever scored: nothing is known of false alarms an hour.",
    "One channel, about one second: nothing before the window counts.",
    "Not a medical device.",
]
