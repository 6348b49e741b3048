"""POST /predict answers, and right, on the reference windows: the paper's periodic test.

The windows are formulas (reference_windows.json says each one's score), so that no recording is needed; another model has other scores, and a change of it
changes that file on purpose: `prediction --write FILE` prints what a running detector says.
"""
import json
import math
import pathlib
import random

SAMPLES, RATE = 178, 173.61
TOLERANCE = 1e-3  # of scores of the same model on another processor
REFERENCE = pathlib.Path(__file__).resolve().with_name("reference_windows.json")


def add_arguments(parser):
    parser.add_argument("--write", action="store_true", help="print the scores of this detector as reference_windows.json, and judge nothing")


def spike_and_wave(noise):
    """A rhythm of 3 Hz of a spike and a slow wave, 400 microvolts, as of an absence seizure."""
    def at(seconds):
        phase = seconds * 3 % 1
        return 400 * math.exp(-((phase - 0.2) / 0.04) ** 2) - 250 * math.sin(math.pi * phase) ** 2
    return [at(index / RATE) + noise.gauss(0, 10) for index in range(SAMPLES)]


def rhythm(hertz, microvolts):
    return lambda noise: [microvolts * math.sin(2 * math.pi * hertz * index / RATE) + noise.gauss(0, 8) for index in range(SAMPLES)]


WINDOWS = {"spike and wave at 3 Hz": spike_and_wave, "rhythm of 5 Hz, 500 microvolts": rhythm(5, 500), "alpha at 10 Hz, 30 microvolts": rhythm(10, 30),
           "beta at 20 Hz, 10 microvolts": rhythm(20, 10)}


def window(name):
    return [round(value, 2) for value in WINDOWS[name](random.Random(name))]


def run(options, ward):
    # one of its own: chain's is shown on pages while it runs
    patient = {"id": "check-prediction", "label": "Check of predictions, nobody", "monitoring": "off"}
    ward.ask("ward", "POST", "/v1/admin/patients", patient)
    key = ward.ask("ward", "POST", "/v1/admin/keys", {"patient": patient["id"], "label": "check-prediction"})
    try:
        known = _wait_for_key(ward, key["key"])
        if not known:
            return ["detector: the key of the check is not known there"], {}
        scores = {name: ward.ask("detector", "POST", "/predict", {"eeg_data": window(name)}, key["key"]) for name in WINDOWS}
    finally:
        ward.ask("ward", "DELETE", f"/v1/admin/keys/{key['id']}")
    if options.write:
        print(json.dumps({name: round(answer["response"], 6) for name, answer in scores.items()}, indent=1))
        return [], {}
    return judge(scores, json.loads(REFERENCE.read_text(encoding="utf-8"))), {"windows": len(scores)}


def _wait_for_key(ward, key):
    import chain
    return chain.wait(lambda: ward.call("detector", "POST", "/predict", {"eeg_data": [0.0] * SAMPLES}, key)[0] not in (0, 401), chain.KEY_KNOWN_S) is not None


def judge(scores, reference):
    faults = [f"{name}: there is no reference" for name in scores if name not in reference]
    for name, right in reference.items():
        answer = scores.get(name, {})
        if answer.get("message") != "Received":
            faults.append(f"{name}: the message is {answer.get('message')!r} and not 'Received'")
        elif abs(answer["response"] - right) > TOLERANCE:
            faults.append(f"{name}: the score is {answer['response']:.4f} and not {right:.4f}")
    return faults
