"""`vigil synthesise` as a program, and `vigil evaluate` on what it wrote."""

import csv
import json
import pathlib
import subprocess
import tempfile
import unittest

from vigil_process import BINARY


def run(*words, status: int = 0) -> subprocess.CompletedProcess:
    done = subprocess.run([BINARY, *map(str, words)], check=False, capture_output=True, text=True, timeout=500)
    if done.returncode != status:
        raise AssertionError(f"status {done.returncode}, not {status}: {done.stdout}{done.stderr}")
    return done


def rows(table: pathlib.Path) -> list[dict[str, str]]:
    with table.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t"))


class Synthesise(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory()
        cls.folder = pathlib.Path(cls.temporary.name)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_what_it_writes_is_evaluated_and_marked_as_synthetic_everywhere(self):
        bids = self.folder / "bids"
        words = ("--patients", 2, "--hours", 0.1, "--seizures", 10, "--rate", 128, "--montage", "bipolar", "--seed", 7)
        told = run("synthesise", bids, *words)
        self.assertIn("2 seizures", told.stdout)
        self.assertIn("synthetic", told.stdout)
        recordings = sorted(bids.glob("sub-*/eeg/*_eeg.edf"))
        self.assertEqual(len(recordings), 2)
        events = [row for table in sorted(bids.glob("sub-*/eeg/*_events.tsv")) for row in rows(table)]
        self.assertEqual([row["eventType"] for row in events], ["sz", "sz"])
        artefacts = [row for table in bids.glob("sub-*/eeg/*_artefacts.tsv") for row in rows(table)]
        self.assertIn("Eye-blink-artifact", {row["eventType"] for row in artefacts})
        results, report = self.folder / "results.json", self.folder / "report.html"
        table = run("evaluate", bids, "--json", results, "--html", report).stdout
        self.assertIn("SYNTHETIC: a model made these recordings", table)
        self.assertIn("SYNTHETIC: a model made these recordings", report.read_text())
        found = json.loads(results.read_text())
        self.assertEqual(found["left_out"], [])
        self.assertEqual(found["remarks"], [])
        self.assertEqual(found["patients"], [])  # of real recordings there is no figure
        self.assertIsNone(found["micro_average"]["events"]["sensitivity"])
        self.assertTrue(all(recording["synthetic"] for recording in found["recordings"]))
        synthetic = found["synthetic"]
        self.assertEqual([patient["patient"] for patient in synthetic["patients"]], ["sub-synthetic0001", "sub-synthetic0002"])
        self.assertEqual(synthetic["micro_average"]["seizures"], 2)
        self.assertAlmostEqual(synthetic["micro_average"]["hours"], 0.2)
        # a seizure of the model is loud: whoever sees none of them reads the files wrongly
        self.assertGreater(synthetic["micro_average"]["events"]["true_positives"], 0)
        # the recordings alone, without the folder's description, still say what they are
        (bids / "dataset_description.json").unlink()
        for sidecar in bids.glob("sub-*/eeg/*_eeg.json"):
            sidecar.unlink()
        run("evaluate", bids, "--json", results)
        self.assertEqual(json.loads(results.read_text())["patients"], [])
        # and so do their tables alone, where the description is
        (bids / "dataset_description.json").write_text('{"Name": "x", "Synthetic": true}')
        tables = run("evaluate", "--hypothesis", bids, "--reference", bids, "--json", results)
        self.assertIn("SYNTHETIC", tables.stdout)

    def test_synthetic_results_never_pass_a_gate(self):
        bids = self.folder / "gate"
        run("synthesise", bids, "--hours", 0.05, "--seizures", 0, "--rate", 128)
        results = self.folder / "gate.json"
        run("evaluate", bids, "--json", results)
        told = run("evaluate", bids, "--against", results, status=2)
        self.assertIn("not enough data: 0 patients, 0 seizures", told.stdout)

    def test_what_is_there_is_not_overwritten(self):
        there = self.folder / "there"
        there.mkdir()
        (there / "mine").write_text("x")
        told = run("synthesise", there, "--hours", 0.01, "--seizures", 0, status=2)
        self.assertIn("is there already and is not overwritten", told.stderr)
        self.assertEqual([path.name for path in there.iterdir()], ["mine"])

    def test_wrong_values_are_told_in_one_sentence_with_their_option(self):
        for words, option in (
            (("--patients", 0), "--patients"),
            (("--hours", 0), "--hours"),
            (("--hours", "nan"), "--hours"),
            (("--hours", 200), "--hours"),
            (("--rate", 100), "--rate"),
            (("--rate", "x"), "--rate"),
            (("--rate", -1), "--rate"),
            (("--seizures", -1), "--seizures"),
            (("--seizures", 100), "--seizures"),
            (("--artefacts", "sneeze"), "--artefacts"),
            (("--artefacts", "blink=1e9"), "--artefacts"),
            (("--mains", 400), "--mains"),
            (("--montage", "other"), "--montage"),
        ):
            with self.subTest(words=words):
                told = run("synthesise", self.folder / "never", *words, status=2)
                self.assertIn(option, told.stderr)
                self.assertEqual(told.stdout, "")
        self.assertFalse(list(self.folder.glob("never*")))

    def test_help_has_examples(self):
        told = run("synthesise", "--help").stdout
        self.assertTrue(told.replace("\n", "").isprintable())
        for word in ("Examples", "vigil synthesise night --hours 8", "--artefacts", "never for a claim of accuracy"):
            self.assertIn(word, told)


if __name__ == "__main__":
    unittest.main()
