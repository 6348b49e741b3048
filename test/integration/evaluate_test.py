"""`vigil evaluate` as a program: real files in, figures and exit status out."""

import datetime
import functools
import hashlib
import html.parser
import json
import math
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest

from vigil_process import BINARY

RATE = 256
HEADER = "onset\tduration\teventType\tconfidence\tchannels\tdateTime\trecordingDuration\n"


@functools.cache
def second(amplitude_uv: float) -> bytes:
    """Waves of 3 Hz over a small background, which goes on from one second to the next."""
    values = []
    for i in range(RATE):
        turn = 2 * math.pi * i / RATE
        wave = sum(math.sin(3 * harmonic * turn) / harmonic for harmonic in (1, 2, 3))
        values.append(round(10 * (amplitude_uv * wave + 10 * math.sin(10 * turn) + 5 * math.sin(17 * turn + 1))))
    return struct.pack(f"<{RATE}h", *values)


def edf(amplitudes_uv: list[float], channels: int = 4) -> bytes:
    """A second of each amplitude, the same on all channels."""
    labels = [f"C{number}" for number in range(channels)]

    def fields(values: list[object], width: int) -> bytes:
        return b"".join(str(value).ljust(width).encode() for value in values)

    header = fields(["0"], 8) + fields(["X X X X", "Startdate X X X X"], 80) + fields(["24.11.26", "12.30.05", 256 * (channels + 1)], 8)
    header += fields([""], 44) + fields([len(amplitudes_uv), 1], 8) + fields([channels], 4)
    header += fields(labels, 16) + fields([""] * channels, 80) + fields(["uV"] * channels, 8)
    for value in (-3276.8, 3276.7, -32768, 32767):
        header += fields([value] * channels, 8)
    header += fields([""] * channels, 80) + fields([RATE] * channels, 8) + fields([""] * channels, 32)
    return header + b"".join(second(amplitude) * channels for amplitude in amplitudes_uv)


def rows(*seizures: tuple[float, float], duration: float) -> str:
    lines = [f"{onset:.2f}\t{end - onset:.2f}\tsz\tn/a\tn/a\t2000-01-01 00:00:00\t{duration:.2f}\n" for onset, end in seizures]
    return HEADER + ("".join(lines) or f"0.00\t{duration:.2f}\tbckg\tn/a\tn/a\t2000-01-01 00:00:00\t{duration:.2f}\n")


class Links(html.parser.HTMLParser):
    """Everything that a browser would fetch or run."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "link", "img", "iframe", "object", "embed", "base", "form", "image", "use"):
            self.found.append(tag)
        self.found += [name for name, _ in attrs if name in ("src", "href", "xlink:href", "srcset", "action") or name.startswith("on")]


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vigil-evaluate-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def put(self, name: str, data: bytes | str) -> pathlib.Path:
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data if isinstance(data, bytes) else data.encode())
        return file

    def evaluate(self, *words: object, status: int = 0) -> subprocess.CompletedProcess:
        done = subprocess.run([BINARY, "evaluate", *map(str, words)], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def results(self, *words: object, status: int = 0) -> dict:
        file = self.folder / "results.json"
        self.evaluate(*words, "--json", file, status=status)
        return json.loads(file.read_text())


class Recordings(Folder):
    def setUp(self):
        super().setUp()
        # three minutes, a minute of large rhythmic waves in its middle
        self.seizure = edf([0] * 60 + [600] * 60 + [0] * 60)
        self.quiet = edf([0] * 60)

    def test_a_bids_folder_gives_figures_tables_and_a_report(self):
        stem = "bids/sub-01/ses-01/eeg/sub-01_ses-01_task-szMonitoring_run-00"
        self.put(f"{stem}_eeg.edf", self.seizure)
        self.put(f"{stem}_events.tsv", rows((60, 120), duration=180))
        self.put("bids/sub-02/eeg/sub-02_task-x_eeg.edf", self.quiet)
        self.put("bids/sub-02/eeg/sub-02_task-x_events.tsv", rows(duration=60))
        self.put("bids/participants.tsv", "participant_id\nsub-01\nsub-02\n")
        report = self.folder / "report.html"
        results = self.results(self.folder / "bids", "--html", report, "--write-events", self.folder / "events")
        self.assertEqual([patient["patient"] for patient in results["patients"]], ["sub-01", "sub-02"])
        micro = results["micro_average"]
        self.assertEqual(micro["events"]["true_positives"], 1)
        self.assertEqual(micro["events"]["false_positives"], 0)
        self.assertAlmostEqual(micro["hours"], 240 / 3600, places=6)
        self.assertEqual(micro["events"]["false_alarms_per_day"], 0)
        self.assertTrue(0 < micro["latency_s"]["median"] < 15, micro["latency_s"])
        self.assertGreater(micro["samples"]["sensitivity"], 0.8)
        self.assertEqual(results["macro_average_of_events"]["sensitivity"], {"mean": 1, "patients": 1})
        links = Links()
        links.feed(report.read_text())
        self.assertEqual(links.found, [])
        self.assertNotRegex(report.read_text(), r"https?://|url\(|@import")
        # what it wrote, as the hypothesis of "any detector", has the same counts
        again = self.folder / "again.json"
        written = self.folder / "events/sub-01/ses-01/eeg/sub-01_ses-01_task-szMonitoring_run-00_eeg.tsv"
        written.rename(written.with_name(written.name.replace("_eeg.tsv", "_events.tsv")))
        other = self.folder / "events/sub-02/eeg/sub-02_task-x_eeg.tsv"
        other.rename(other.with_name("sub-02_task-x_events.tsv"))
        self.evaluate("--hypothesis", self.folder / "events", "--reference", self.folder / "bids", "--json", again)
        self.assertEqual(json.loads(again.read_text())["micro_average"]["events"], micro["events"])

    def test_a_chb_mit_summary_is_a_reference_and_who_has_none_is_named(self):
        self.put("chb09/chb09_01.edf", self.seizure)
        self.put("chb09/chb09_02.edf", self.quiet)
        self.put("chb09/chb09_03.edf", self.quiet)
        self.put("chb09/chb09_04.edf", b"no recording")
        self.put("chb09/chb09-summary.txt", "".join(
            f"File Name: chb09_0{number}.edf\nNumber of Seizures in File: {len(ends)}\n"
            + "".join(f"Seizure {i + 1} Start Time: {a} seconds\nSeizure {i + 1} End Time: {b} seconds\n" for i, (a, b) in enumerate(ends))
            for number, ends in ((1, [(60, 120)]), (2, []), (4, []))
        ))
        results = self.results(self.folder / "chb09", status=1)
        self.assertEqual([patient["patient"] for patient in results["patients"]], ["chb09"])
        self.assertEqual(results["patients"][0]["recordings"], 2)
        self.assertEqual(results["micro_average"]["events"]["true_positives"], 1)
        self.assertEqual([one["name"] for one in results["left_out"]], ["chb09_03.edf", "chb09_04.edf"])
        self.assertIn("no reference", results["left_out"][0]["why"])
        told = self.evaluate(self.folder / "chb09", status=1).stdout
        self.assertIn("LEFT OUT chb09_03.edf: there is no reference", told)

    def test_thresholds_are_options_and_wrong_ones_are_refused(self):
        self.put("a/x.edf", self.seizure)
        self.put("a/x.tsv", rows((60, 120), duration=180))
        found = self.results(self.folder / "a", "--minimum", "70")
        self.assertEqual(found["micro_average"]["events"]["true_positives"], 0)
        self.assertIn("for 70 s", found["parameters"])
        for words in (("--high", "1.1"), ("--high", "nan"), ("--low", "-0.1"), ("--low", "0.6"), ("--smooth", "0"), ("--minimum", "-1"), ("--minimum", "86401")):
            self.assertIn(f"({words[0]})", self.evaluate(self.folder / "a", *words, status=2).stderr)
        self.evaluate(self.folder / "a", "--channels", "C0,C1")
        self.evaluate(self.folder / "a", "--channels", "C0,Cz", status=2)

    def test_a_container_of_ours_answers_as_szcore_asks(self):
        for name, data, length in (("seizure", self.seizure, 180), ("quiet", self.quiet, 60)):
            recording = self.put(f"data/{name}.edf", data)
            output = self.folder / "output" / f"{name}.tsv"
            done = self.evaluate("--quiet", "--szcore", recording, output)
            self.assertEqual(done.stdout + done.stderr, "")
            lines = output.read_text().split("\n")
            self.assertEqual(lines[0] + "\n", HEADER)
            self.assertEqual(lines[-1], "")
            events = [dict(zip(HEADER.split(), line.split("\t"), strict=True)) for line in lines[1:-1]]
            self.assertGreater(len(events), 0)  # the benchmark reads the length from the first line
            for event in events:
                # what epilepsy2bids does with each field
                datetime.datetime.strptime(event["dateTime"], "%Y-%m-%d %H:%M:%S")
                self.assertEqual(float(event["recordingDuration"]), length)
                self.assertLessEqual(float(event["onset"]) + float(event["duration"]), length)
            self.assertEqual([event["eventType"] for event in events], ["sz" if name == "seizure" else "bckg"])
        self.assertEqual(event["dateTime"], "2026-11-24 12:30:05")
        self.evaluate("--szcore", self.folder / "nothing.edf", self.folder / "x.tsv", status=2)
        self.evaluate("--szcore", self.put("broken.edf", "x"), self.folder / "x.tsv", status=2)
        self.assertFalse((self.folder / "x.tsv").exists())


class Promotions(Folder):
    """`vigil promote` over results that `vigil evaluate` writes, into the journal of a state folder."""

    FIGURES = ["sensitivity", "f1", "false alarms", "median latency"]

    def setUp(self):
        super().setUp()
        (self.folder / "state").mkdir(mode=0o700)

    def model_results(self, name: str, recordings: pathlib.Path, model: str) -> pathlib.Path:
        file = self.folder / name
        self.evaluate(recordings, "--model", model, "--json", file)
        return file

    def vigil(self, *words: object, status: int = 0) -> str:
        done = subprocess.run([BINARY, *map(str, words)], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def ward(self, patients: int) -> pathlib.Path:
        """Patients with three seizures each, which line-length finds: 5 minutes apart, after the minute that it needs."""
        seconds = [0] * 120 + ([600] * 40 + [0] * 200) * 3
        recording = edf(seconds, channels=1)
        folder = self.folder / f"ward{patients}"
        for patient in range(patients):
            stem = f"{folder.name}/sub-{patient:02}/sub-{patient:02}"
            self.put(f"{stem}_eeg.edf", recording)
            self.put(f"{stem}_events.tsv", rows(*((120 + 240 * k, 160 + 240 * k) for k in range(3)), duration=len(seconds)))
        return folder

    def files(self, patients: int) -> tuple[pathlib.Path, pathlib.Path]:
        ward = self.ward(patients)
        return self.model_results("candidate.json", ward, "line-length"), self.model_results("active.json", ward, "window-178")

    def promote(self, results: pathlib.Path, active: pathlib.Path, status: int) -> str:
        card = pathlib.Path(__file__).resolve().parents[2] / "models/line_length/card.json"
        words = ["--results", results, "--against", active, "--because", "it is explained", "--by", "the board"]
        return self.vigil("promote", card, *words, "--state", self.folder / "state", status=status)

    def listed(self) -> list[dict]:
        return json.loads(self.vigil("promotions", "--state", self.folder / "state"))["promotions"]

    def test_what_passes_the_gate_is_recorded_and_nothing_else(self):
        candidate, active = self.files(20)
        self.assertEqual(self.listed(), [])
        # the other way round: results of another model than the card's
        self.assertIn("the card is of line-length", self.promote(active, candidate, status=1))
        changed = candidate.with_name("changed.json")
        text = candidate.read_text()
        self.assertIn('"true_positives":3', text)
        changed.write_text(text.replace('"true_positives":3', '"true_positives":2', 1))
        self.assertIn("the file was changed", self.promote(changed, active, status=1))
        self.assertEqual(self.listed(), [])
        said = self.promote(candidate, active, status=0)
        self.assertIn("passed (20 patients, 60 seizures)", said)
        (one,) = self.listed()
        self.assertEqual((one["model"], one["version"], one["by"], one["decided_by"]), ("line-length", "1.0.0", "local", "the board"))
        self.assertEqual(one["because"], "it is explained")
        self.assertEqual(one["results_sha256"], hashlib.sha256(candidate.read_bytes()).hexdigest())
        self.assertEqual(one["active_results_sha256"], hashlib.sha256(active.read_bytes()).hexdigest())
        self.assertEqual(one["file_sha256"], "")
        self.assertEqual([check["figure"] for check in one["checks"]], self.FIGURES)
        self.assertTrue(all(check["holds"] for check in one["checks"]))

    def test_a_candidate_that_is_worse_fails_and_few_patients_are_not_enough(self):
        candidate, active = self.files(20)
        # a threshold that no score reaches: nothing is found
        deaf = self.folder / "deaf.json"
        self.evaluate(self.folder / "ward20", "--model", "line-length", "--high", "1", "--json", deaf)
        self.assertIn("DOES NOT HOLD", self.promote(deaf, active, status=1))
        few = self.files(19)
        self.assertIn("not enough data", self.promote(*few, status=2))
        self.assertEqual(self.listed(), [])


class Electrocardiograms(Folder):
    """R waves of 1 mV and 80 ms once a second, for longer than EC57's learning period."""

    SECONDS = 320

    def record(self, name: str, reference: bool = True) -> None:
        second = [round(1000 * max(0, 1 - abs(i - 125) / 10)) + (i * 7919 % 11 - 5) for i in range(250)]
        samples = second * self.SECONDS
        self.put(f"ecg/{name}.hea", f"{name} 1 250 {len(samples)}\n{name}.dat 16 1000(0)/mV 16 0 0 0 0 MLII\n")
        self.put(f"ecg/{name}.dat", struct.pack(f"<{len(samples)}h", *samples))
        if reference:
            words = [1 << 10 | 125] + [1 << 10 | 250] * (self.SECONDS - 1) + [0]
            self.put(f"ecg/{name}.atr", struct.pack(f"<{len(words)}H", *words))

    def test_beats_give_figures_a_table_and_a_report(self):
        self.record("a")
        self.put("ecg/a_events.tsv", rows((100, 130), duration=self.SECONDS))
        report = self.folder / "report.html"
        results = self.results("--ecg", self.folder / "ecg", "--html", report)
        self.assertEqual(results["format"], "vigil-ecg-evaluation-1")
        counts = results["records"][0]["comparison"]["usable"]
        self.assertEqual((counts["true_positives"], counts["false_negatives"], counts["false_positives"]), (20, 0, 0))
        self.assertEqual(results["all"]["gross_sensitivity"], 1)
        self.assertAlmostEqual(results["records"][0]["rate_bpm"][10], 60, places=1)
        text = report.read_text()
        links = Links()
        links.feed(text)
        self.assertEqual(links.found, [])
        self.assertNotRegex(text, r"https?://|url\(|@import")
        self.assertIn("A demonstration, not a claim", text)

    def test_a_missing_reference_is_told_and_the_others_go_on(self):
        self.record("a", reference=False)
        self.record("b")
        results = self.results("--ecg", self.folder / "ecg", status=1)
        self.assertEqual([one["name"] for one in results["left_out"]], ["a.hea"])
        self.assertEqual(results["usable"]["average_sensitivity"], 1)
        told = self.evaluate("--ecg", self.folder / "ecg", status=1).stdout
        self.assertIn("LEFT OUT a.hea: there are no reference beats: no a.atr beside it", told)

    def test_wrong_usage_is_told(self):
        self.record("a")
        folder = self.folder / "ecg"
        self.assertIn("(--noise-seeds)", self.evaluate("--ecg", folder, "--noise-seeds", "9-1", status=2).stderr)
        self.evaluate("--noise-seeds", "1", status=2)
        self.evaluate(folder, "--ecg", folder, status=2)
        self.evaluate("--ecg", folder, "--against", "x.json", status=2)
        self.evaluate("--ecg", self.folder / "nowhere", status=2)
        self.assertIn("no named channel", self.evaluate("--ecg", folder, "--channels", "V5", status=2).stderr)


class Tables(Folder):
    def test_wrong_usage_is_told(self):
        self.evaluate(status=2)
        self.evaluate(self.folder / "nowhere", status=2)
        self.evaluate("--hypothesis", self.folder, status=2)
        self.assertIn("no recording", self.evaluate(self.folder, status=2).stderr)
        self.evaluate("--szcore", self.folder / "x.edf", status=2)

    def test_a_day_covered_by_a_detection_is_288_false_alarms(self):
        self.put("reference/a_events.tsv", rows(duration=86400))
        self.put("hypothesis/a_events.tsv", rows((0, 86400), duration=86400))
        found = self.results("--hypothesis", self.folder / "hypothesis", "--reference", self.folder / "reference")
        self.assertEqual(found["micro_average"]["events"]["false_alarms_per_day"], 288)
        low, high = found["micro_average"]["false_alarms_per_day_95"]
        self.assertTrue(255 < low < 256 and 323 < high < 324, (low, high))

    def test_a_missing_hypothesis_counts_as_no_detection_and_the_status_says_so(self):
        self.put("reference/a_events.tsv", rows((10, 20), duration=3600))
        self.put("reference/b_events.tsv", rows((10, 20), duration=3600))
        self.put("hypothesis/a_events.tsv", rows((10, 20), duration=3600))
        found = self.results("--hypothesis", self.folder / "hypothesis", "--reference", self.folder / "reference", status=1)
        self.assertEqual(found["micro_average"]["events"]["sensitivity"], 0.5)
        self.assertEqual(found["without_hypothesis"][0]["name"], "b_events.tsv")


class Gate(Folder):
    """Patients of a day each with seizures of 60 s every hour; a model is a function from seizure to its detection."""

    def table(self, model: str, patient: int, events: list[tuple[float, float]]) -> None:
        self.put(f"{model}/sub-{patient:02}/sub-{patient:02}_events.tsv", rows(*events, duration=86400))

    def ward(self, patients: int = 25, seizures: int = 4) -> list[tuple[float, float]]:
        onsets = [(3600.0 * (number + 1), 3600.0 * (number + 1) + 60) for number in range(seizures)]
        for patient in range(patients):
            self.table("reference", patient, onsets)
            self.table("active", patient, self.model(onsets))
        self.results("--hypothesis", self.folder / "active", "--reference", self.folder / "reference")
        (self.folder / "results.json").rename(self.folder / "active.json")
        return onsets

    @staticmethod
    def model(onsets, late: float = 10, missed: int = 0, false_alarms: int = 4) -> list[tuple[float, float]]:
        found = [(onset + late, end) for onset, end in onsets[missed:]]
        return found + [(50000.0 + 600 * number, 50010.0 + 600 * number) for number in range(false_alarms)]

    def gate(self, status: int) -> dict:
        words = ("--hypothesis", self.folder / "candidate", "--reference", self.folder / "reference", "--against", self.folder / "active.json")
        return self.results(*words, status=status)["gate"]

    def candidate(self, patients: int, onsets, **model) -> None:
        for patient in range(patients):
            self.table("candidate", patient, self.model(onsets, **model))

    def broken(self, gate: dict) -> list[str]:
        return [check["figure"] for check in gate["checks"] if not check["holds"]]

    def test_as_good_a_model_passes(self):
        onsets = self.ward()
        self.candidate(25, onsets)
        gate = self.gate(0)
        self.assertEqual((gate["outcome"], gate["patients"], gate["seizures"]), ("passed", 25, 100))
        self.assertEqual(len(gate["checks"]), 4)

    def test_a_model_that_misses_more_fails(self):
        onsets = self.ward()
        self.candidate(25, onsets)
        for patient in (3, 9):
            self.table("candidate", patient, self.model(onsets, missed=3))
        gate = self.gate(1)
        self.assertEqual(gate["outcome"], "failed")
        self.assertIn("sensitivity", self.broken(gate))

    def test_a_model_with_a_lower_f1_alone_fails(self):
        onsets = self.ward()
        self.candidate(25, onsets, false_alarms=5)
        self.assertEqual(self.broken(self.gate(1)), ["f1"])

    def test_a_model_with_more_false_alarms_fails(self):
        onsets = self.ward(patients=20, seizures=10)
        self.candidate(20, onsets, false_alarms=5)
        self.table("candidate", 7, self.model(onsets, false_alarms=6))
        self.assertEqual(self.broken(self.gate(1)), ["false alarms"])

    def test_a_later_model_fails(self):
        onsets = self.ward()
        self.candidate(25, onsets, late=15)
        self.gate(0)
        self.candidate(25, onsets, late=15.1)
        self.assertEqual(self.broken(self.gate(1)), ["median latency"])

    def test_under_20_patients_or_50_seizures_is_not_enough_data_and_no_pass(self):
        for patients, seizures in ((19, 10), (20, 2)):
            shutil.rmtree(self.folder)
            self.folder.mkdir()
            onsets = self.ward(patients, seizures)
            self.candidate(patients, onsets)
            self.assertEqual(self.gate(2)["outcome"], "not enough data")

    def test_results_of_other_recordings_or_of_another_kind_are_refused(self):
        onsets = self.ward()
        self.candidate(25, onsets)
        self.table("reference", 4, onsets[1:])
        words = ("--hypothesis", self.folder / "candidate", "--reference", self.folder / "reference", "--against")
        self.assertIn("sub-04", self.evaluate(*words, self.folder / "active.json", status=2).stderr)
        self.evaluate(*words, self.put("other.json", "{}"), status=2)
        self.evaluate(*words, self.folder / "nowhere.json", status=2)


class GateOfModels(Folder):
    """Both models run over the same recordings: 20 patients with three seizures each. Two of them are too small for window-178,
    which knows amplitudes, and plain for line-length, which knows what is usual for the channel."""

    def gate(self, candidate: str, active: str, status: int) -> dict:
        gate = self.results(self.folder / "bids", "--quiet", "--model", candidate, "--against", active, status=status)["gate"]
        self.assertEqual((gate["patients"], gate["seizures"]), (20, 60))
        self.assertRegex(gate["against"], f"^{active} ")
        return gate

    def test_the_one_that_finds_more_passes_and_the_other_fails(self):
        for patient in range(20):
            amplitude = 60 + patient
            stem = f"bids/sub-{patient:02}/eeg/sub-{patient:02}_task-x"
            self.put(f"{stem}_eeg.edf", edf([0] * 100 + [600] * 30 + ([0] * 100 + [amplitude] * 30) * 2 + [0] * 60, channels=2))
            self.put(f"{stem}_events.tsv", rows(*((100 + 130 * at, 130 + 130 * at) for at in range(3)), duration=450))
        passed = self.gate("line-length", "window-178", 0)
        self.assertEqual((passed["outcome"], [check["holds"] for check in passed["checks"]]), ("passed", [True] * 4))
        failed = self.gate("window-178", "line-length", 1)
        self.assertEqual(failed["outcome"], "failed")
        self.assertIn("sensitivity", [check["figure"] for check in failed["checks"] if not check["holds"]])


if __name__ == "__main__":
    unittest.main()
