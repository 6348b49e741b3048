"""Checks that a model is only taken out of a wheel, whole, where it is the card's; needs nothing but Python."""

import hashlib
import pathlib
import re
import tempfile
import unittest
import unittest.mock
import zipfile

import take_model

HERE = pathlib.Path(__file__).resolve().parent
MODEL = b"the bytes of a model" * 1000


class Taking(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.file = self.folder / "models/sladky_2022" / take_model.CARD["file"]
        card = dict(take_model.CARD, sha256=hashlib.sha256(MODEL).hexdigest())
        patched = unittest.mock.patch.object(take_model, "CARD", card)
        patched.start()
        self.addCleanup(patched.stop)

    def take(self, model):
        wheel = self.folder / "package.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(take_model.MODEL, model)
            archive.writestr(take_model.LICENCE, "the licence")
            archive.writestr("brainmaze_eeg_models/runtime.py", "raise SystemExit")
        take_model.main(str(wheel), str(self.folder / "models"))

    def test_the_model_and_its_licence_are_taken_and_nothing_else(self):
        self.take(MODEL)
        self.assertEqual(self.file.read_bytes(), MODEL)
        self.assertEqual(sorted(path.name for path in self.file.parent.iterdir()), ["LICENSE", take_model.CARD["file"]])
        take_model.main("--check", str(self.folder / "models"))

    def test_another_model_is_refused_and_what_was_there_stays(self):
        self.take(MODEL)
        with self.assertRaisesRegex(SystemExit, "SHA-256"):
            self.take(MODEL[:-1])
        self.assertEqual(self.file.read_bytes(), MODEL)

    def test_a_file_that_was_changed_or_cut_is_found(self):
        self.take(MODEL)
        self.file.write_bytes(MODEL[: len(MODEL) // 2])
        with self.assertRaisesRegex(SystemExit, "SHA-256"):
            take_model.main("--check", str(self.folder / "models"))
        self.file.unlink()
        with self.assertRaises(FileNotFoundError):
            take_model.main("--check", str(self.folder / "models"))


class Card(unittest.TestCase):
    def test_it_names_the_pinned_package_and_what_a_user_must_know(self):
        pinned = re.search(r"^(\S+)==(\S+) --hash=sha256:([0-9a-f]{64})$", (HERE / "requirements.txt").read_text(), re.MULTILINE)
        self.assertEqual(take_model.CARD["origin"]["package"], f"PyPI {pinned[1]} {pinned[2]}")
        self.assertIn(pinned[3], (HERE / "../../services/vigil/evaluate/requirements.txt").read_text())
        self.assertEqual(take_model.CARD["licence"], "BSD-3-Clause")
        self.assertEqual(take_model.CARD["signal"]["kinds"], ["intracranial"])
        self.assertIn("Not a medical device.", take_model.CARD["limits"])


if __name__ == "__main__":
    unittest.main()
