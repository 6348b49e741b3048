#!/usr/bin/env python3
"""check_telemetry.py passes on the tree as it is and notices each kind of difference: check_telemetry_test.py SOURCE_FOLDER."""
import pathlib
import shutil
import sys
import tempfile
import unittest

import check_telemetry

ROOT = pathlib.Path(sys.argv.pop() if len(sys.argv) > 1 else ".")
TAIL = "libs/journal/tail.cpp"
LIST = "api/telemetry.yaml"


class Check(unittest.TestCase):
    def faults(self, *changes):
        """The faults that the check finds once each (file, old, new) is applied to a copy of the sources."""
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder)
            for part in ("libs", "services"):
                shutil.copytree(ROOT / part, copy / part, ignore=lambda where, names: [
                    name for name in names if not (pathlib.Path(where) / name).is_dir() and not name.endswith((".cpp", ".hpp"))
                ])
            (copy / "api").mkdir()
            shutil.copy(ROOT / LIST, copy / LIST)
            for file, old, new in changes:
                text = (copy / file).read_text()
                self.assertIn(old, text, f"{file} changed: mend this test")
                (copy / file).write_text(text.replace(old, new, 1))
            return check_telemetry.check(copy)

    def test_the_tree_as_it_is_has_no_fault(self):
        self.assertEqual(self.faults(), [])

    def test_an_event_that_is_not_listed_is_a_fault(self):
        faults = self.faults((TAIL, "log.error(", 'log.info("tail_began"); log.error('))
        self.assertEqual(faults, ["the event tail_began is emitted and not described in api/telemetry.yaml"])

    def test_an_event_that_no_code_emits_is_a_fault(self):
        faults = self.faults((TAIL, 'log.error("journal_read_failed", found.error());', '// log.error("journal_read_failed", found.error());'))
        self.assertEqual(faults, ["the event journal_read_failed is described in api/telemetry.yaml and never emitted"])

    def test_a_field_that_is_not_listed_is_a_fault(self):
        faults = self.faults((TAIL, "log.error(", 'log.info("started", {{"place", place}}); log.error('))
        self.assertEqual(faults, [
            "started: the field place is emitted and not described in api/telemetry.yaml",
            "the field place has no line under log_fields",
        ])

    def test_a_field_that_no_code_emits_is_a_fault(self):
        faults = self.faults((LIST, "fields: [signal]", "fields: [signal, seconds]"), (LIST, "  user: text", "  age: number in s\n  user: text"))
        self.assertEqual(faults, [
            "stopping: the field seconds is described in api/telemetry.yaml and never emitted",
            "the field age stands under log_fields and no event has it",
        ])

    def test_an_event_that_a_helper_logs_is_seen(self):
        faults = self.faults(("services/detector/service.cpp", '"detector_fence_lost"', '"detector_lost"'))
        self.assertEqual(faults, [
            "the event detector_lost is emitted and not described in api/telemetry.yaml",
            "the event detector_fence_lost is described in api/telemetry.yaml and never emitted",
        ])

    def test_an_event_or_a_field_that_is_not_a_literal_is_a_fault(self):
        faults = self.faults((TAIL, 'log.error("journal_read_failed"', 'log.warning(word, {{name, 1}}); log.error("journal_read_failed"'))
        self.assertEqual([fault.split(": ")[1] for fault in faults], ["the event is not a literal"])
        faults = self.faults((TAIL, "log.error(", 'log.info("started", {{name, 1}}); log.error('))
        self.assertEqual([fault.split(": ")[1] for fault in faults], ["a field's name is not a literal"])

    def test_another_level_is_a_fault(self):
        faults = self.faults((TAIL, 'log.error("journal_read_failed"', 'log.warning("journal_read_failed"'))
        self.assertEqual(faults, ["journal_read_failed is logged as warning and described as error"])

    def test_a_field_of_every_error_or_line_is_compared(self):
        faults = self.faults(("libs/base/log.cpp", '{"cause", error.cause}', '{"why", error.cause}'), ("libs/base/log.cpp", '"version"', '"release"'))
        self.assertEqual(len(faults), 4, faults)

    def test_a_metric_that_is_not_listed_is_a_fault(self):
        faults = self.faults((LIST, "  vigil_ward_pages: open live pages\n", ""))
        self.assertEqual(faults, ["the metric vigil_ward_pages is emitted and not described in api/telemetry.yaml"])


if __name__ == "__main__":
    unittest.main()
