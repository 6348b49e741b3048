"""The entrypoint of SzCORE's image as the benchmark calls it: INPUT and OUTPUT named, the recordings' folder read-only, the output
file made beforehand in a folder that is not the program's, another user. What it writes is read by the rules of epilepsy2bids 0.0.7
(Annotations.loadTsv) and scored by timescoring 0.0.7.

ENTRYPOINT names the script and VIGIL_BIN the program that it finds as `vigil`.
source  github.com/esl-epfl/szcore, .github/workflows/2-algorithm-evaluation.yml; github.com/esl-epfl/epilepsy2bids
"""

import csv
import datetime
import math
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import unittest

from timescoring.annotations import Annotation
from timescoring.scoring import EventScoring

ENTRYPOINT = pathlib.Path(os.environ["ENTRYPOINT"]).resolve()
PROGRAM = pathlib.Path(os.environ["VIGIL_BIN"]).resolve()
CHB_MIT = pathlib.Path(os.environ.get("VIGIL_DATA", "nowhere")) / "chbmit"
USER = 10001  # of the benchmark's template
# HED-SCORE's types that are seizures begin so; anything else is read as none
SEIZURE, BACKGROUND = "sz", "bckg"


def edf(amplitudes_uv, rate=256):
    """A channel of 3 Hz waves, a second of each amplitude."""
    fields = [
        ("0", 8), ("X X X X", 80), ("Startdate X X X X", 80), ("24.11.26", 8), ("12.30.05", 8), ("512", 8), ("", 44),
        (str(len(amplitudes_uv)), 8), ("1", 8), ("1", 4),
        ("Fp1-F7", 16), ("", 80), ("uV", 8), ("-3276.8", 8), ("3276.7", 8), ("-32768", 8), ("32767", 8), ("", 80), (str(rate), 8), ("", 32),
    ]  # fmt: skip
    header = "".join(text.ljust(width) for text, width in fields).encode()

    def value(amplitude, i):
        turn = 2 * math.pi * i / rate
        wave = sum(math.sin(3 * harmonic * turn) / harmonic for harmonic in (1, 2, 3))
        return round(10 * (amplitude * wave + 10 * math.sin(10 * turn) + 5 * math.sin(17 * turn + 1)))

    return header + b"".join(struct.pack(f"<{rate}h", *(value(amplitude, i) for i in range(rate))) for amplitude in amplitudes_uv)


def read_as_epilepsy2bids(file):
    """The events and the recording's length, read as Annotations.loadTsv does: by column, each field converted."""
    events, length = [], None
    with file.open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table, delimiter="\t"):
            onset, duration = float(row["onset"]), float(row["duration"])
            if not (row["eventType"].startswith(SEIZURE) or row["eventType"] == BACKGROUND):
                raise ValueError(f"{row['eventType']} is no type of event")
            if row["confidence"] != "n/a" and not 0 <= float(row["confidence"]) <= 1:
                raise ValueError("the confidence lies outside 0 to 1")
            if not row["channels"]:
                raise ValueError("no channels")
            datetime.datetime.strptime(row["dateTime"], "%Y-%m-%d %H:%M:%S")
            length = float(row["recordingDuration"]) if length is None else length  # of the first line
            if row["eventType"].startswith(SEIZURE):
                events.append((onset, onset + duration))
    if length is None:
        raise ValueError("the table has no line, and so no length")
    return events, length


def scored(reference, hypothesis, length, rate=10):
    samples = int(length * rate)
    return EventScoring(Annotation(reference, rate, samples), Annotation(hypothesis, rate, samples))


class Container(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        # copies, since another user may not reach the folder of the sources
        cls.programs = pathlib.Path(tempfile.mkdtemp(prefix="vigil-szcore-bin-"))
        cls.addClassCleanup(shutil.rmtree, cls.programs, ignore_errors=True)
        cls.programs.chmod(0o755)
        for source, name in ((PROGRAM, "vigil"), (ENTRYPOINT, "szcore")):
            shutil.copy(source, cls.programs / name)
            (cls.programs / name).chmod(0o755)

    def setUp(self):
        # as the container's /data, /output and PATH
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vigil-szcore-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        for name in ("data", "output"):
            (self.folder / name).mkdir()
        self.folder.chmod(0o755)

    def run_it(self, environment, before=None):
        """Runs the entrypoint; the output file is there beforehand with `before` in it, its folder cannot be written."""
        if before is not None and "OUTPUT" in environment:
            output = self.folder / "output" / environment["OUTPUT"]
            output.write_text(before)
            output.chmod(0o666)
        (self.folder / "output").chmod(0o555)
        (self.folder / "data").chmod(0o555)
        self.addCleanup((self.folder / "output").chmod, 0o755)
        self.addCleanup((self.folder / "data").chmod, 0o755)
        whole = {
            "PATH": f"{self.programs}:/usr/bin:/bin",
            "DATA_FOLDER": str(self.folder / "data"),
            "OUTPUT_FOLDER": str(self.folder / "output"),
            **environment,
        }
        user = {"user": USER, "group": USER, "extra_groups": []} if os.geteuid() == 0 else {}
        return subprocess.run([self.programs / "szcore"], env=whole, cwd="/", capture_output=True, text=True, timeout=300, **user)

    def table_of(self, recording, before=""):
        (self.folder / "data").chmod(0o755)
        (self.folder / "output").chmod(0o755)
        (self.folder / "data/tmp.edf").write_bytes(recording)
        done = self.run_it({"INPUT": "tmp.edf", "OUTPUT": "tmp.tsv"}, before)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        return read_as_epilepsy2bids(self.folder / "output/tmp.tsv")

    def test_a_recording_with_a_seizure_gives_its_events_and_one_without_a_line_of_background(self):
        events, length = self.table_of(edf([0] * 60 + [600] * 60 + [0] * 60))
        self.assertEqual(length, 180)
        score = scored([(60, 120)], events, length)
        self.assertEqual((score.tp, score.fp, score.refTrue), (1, 0, 1))
        events, length = self.table_of(edf([0] * 60))
        self.assertEqual((events, length), ([], 60))
        self.assertEqual(scored([], events, length).fpRate, 0)

    def test_nothing_is_left_of_what_the_file_held_before(self):
        events, length = self.table_of(edf([0] * 60), before="0.00\t60.00\tsz\n" * 1000)
        self.assertEqual((events, length), ([], 60))

    def test_a_call_without_its_names_or_with_a_recording_that_is_none_fails(self):
        (self.folder / "data/broken.edf").write_bytes(b"no recording")
        for environment, word in (
            ({}, "INPUT"),
            ({"INPUT": "broken.edf"}, "OUTPUT"),
            ({"INPUT": "", "OUTPUT": "x.tsv"}, "INPUT"),
            ({"INPUT": "none.edf", "OUTPUT": "x.tsv"}, "none.edf"),
            ({"INPUT": "broken.edf", "OUTPUT": "x.tsv"}, "vigil evaluate"),
            ({"INPUT": "broken.edf", "OUTPUT": "x.tsv", "MODEL": "none"}, "none"),
        ):
            with self.subTest(environment=environment):
                done = self.run_it(environment)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(word, done.stderr)
                self.assertEqual(list((self.folder / "output").iterdir()), [])

    @unittest.skipUnless(CHB_MIT.is_dir(), "VIGIL_DATA names no CHB-MIT clips")
    def test_recordings_of_a_patient_are_read_and_their_tables_scored(self):
        for name, reference in (("chb01_03_from_2995s", [(1, 41)]), ("chb01_03_from_0s", [])):
            for model in ("window-178", "line-length"):
                with self.subTest(recording=name, model=model):
                    (self.folder / "data").chmod(0o755)
                    (self.folder / "output").chmod(0o755)
                    shutil.copy(CHB_MIT / f"{name}.edf", self.folder / "data/tmp.edf")
                    (self.folder / "data/tmp.edf").chmod(0o444)
                    done = self.run_it({"INPUT": "tmp.edf", "OUTPUT": f"{model}.tsv", "MODEL": model}, "")
                    self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
                    events, length = read_as_epilepsy2bids(self.folder / f"output/{model}.tsv")
                    self.assertEqual(length, 41)
                    score = scored(reference, events, length)
                    self.assertEqual(score.refTrue, len(reference))
                    self.assertLessEqual(score.tp + score.fp, 2)
                    (self.folder / "data").chmod(0o755)
                    (self.folder / "data/tmp.edf").unlink()


if __name__ == "__main__":
    unittest.main()
