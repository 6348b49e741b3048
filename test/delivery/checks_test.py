"""The checks hold on a running ward, and each says what is wrong where something is."""
import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import shared

shared.program("VIGIL_BIN", "the build makes it")
sys.path[:0] = [str(shared.TOP / "test/integration"), str(shared.TOP / "deploy/checks")]
import chain  # noqa: E402
import prediction  # noqa: E402
import ward  # noqa: E402
from vigil_process import Vigil  # noqa: E402


def check(*words):
    """(exit status, the line that it printed)"""
    done = subprocess.run([sys.executable, "-B", shared.TOP / "deploy/checks", *map(str, words)], capture_output=True, text=True, check=False, timeout=120)
    return done.returncode, json.loads(done.stdout.splitlines()[-1]) if done.stdout else {"faults": [done.stderr]}


class OnAWard(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.vigil = Vigil()
        cls.addClassCleanup(cls.vigil.close)
        cls.here = [word for name in ("eeg-intake", "detector", "records", "ward") for word in (f"--{name}", cls.vigil.url)]
        cls.here += ["--secret-file", cls.vigil.state / "state/secret"]
        cls.ward = ward.Ward(argparse.Namespace(eeg_intake=cls.vigil.url, detector=cls.vigil.url, records=cls.vigil.url, ward=cls.vigil.url,
                                                secret_file=cls.vigil.state / "state/secret"))

    def test_the_chain_holds_each_time(self):
        for _ in range(2):
            status, line = check("chain", "--seconds", "3", "--pace", "0.5", "--answer-ms", "60000", "--fresh-s", "60", *self.here)
            self.assertEqual((status, line["faults"]), (0, []))
            self.assertGreaterEqual(line["blocks"], 2)
        keys = [key for key in self.ward.ask("ward", "GET", "/v1/admin/keys")["keys"] if key.get("patient") == "check"]
        self.assertGreaterEqual(len(keys), 2)
        self.assertTrue(all("revoked" in key for key in keys), "its key ends with it")
        self.assert_monitoring("off")

    def test_one_that_ends_takes_nothing_from_one_that_goes_on(self):
        short = ("chain", "--seconds", "1", "--pace", "0.5", "--answer-ms", "60000", "--fresh-s", "60", *self.here)
        other = chain.Device(self.ward)
        try:
            self.assertEqual(check(*short)[0], 0)
            self.assert_monitoring("standby")
        finally:
            other.close()
        self.assert_monitoring("off")

    def test_one_that_begins_while_another_ends_is_shown(self):
        ending, begun = chain.Device(self.ward), []
        looks = ending.others

        def looks_too_early():
            found = looks()
            if not begun:
                begun.append(chain.Device(self.ward))
            return found
        ending.others = looks_too_early
        ending.close()
        try:
            self.assert_monitoring("standby")
        finally:
            begun[0].close()
        self.assert_monitoring("off")

    def test_predictions_are_asked_for_beside_it(self):
        device = chain.Device(self.ward)
        try:
            self.assertEqual(check("prediction", *self.here)[0], 0)
            self.assert_monitoring("standby")
        finally:
            device.close()

    def assert_monitoring(self, wanted):
        """Of the patient of checks: whether pages show it; an entry is known a moment after its answer."""
        time.sleep(0.5)
        self.assertEqual([one["monitoring"] for one in self.ward.ask("records", "GET", "/v1/patients")["patients"] if one["id"] == "check"], [wanted])

    def test_an_answer_that_is_too_slow_is_a_fault(self):
        status, line = check("chain", "--seconds", "1", "--answer-ms", "0.001", "--fresh-s", "60", *self.here)
        self.assertEqual(status, 1)
        self.assertIn("95 of 100 blocks", line["faults"][0])

    def test_the_predictions_are_right(self):
        status, line = check("prediction", *self.here)
        self.assertEqual((status, line["faults"]), (0, []))

    def test_nobody_there_is_a_fault_and_no_hang(self):
        nowhere = f"http://127.0.0.1:{shared.free_port()}"
        status, line = check("chain", *self.here, "--ward", nowhere)
        self.assertEqual(status, 1)
        self.assertIn("answered by nobody", line["faults"][0])

    def test_certificates(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, days in (("good", 90), ("soon", 10)):
                subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "/dev/null", "-subj", "/CN=a",
                                "-days", str(days), "-out", f"{folder}/{name}.crt"], check=True, capture_output=True)
            status, line = check("certificates", "--folder", folder, *self.here)
            self.assertEqual((status, line["faults"]), (1, ["soon.crt ends within 30 days"]))
            os.remove(f"{folder}/soon.crt")
            self.assertEqual(check("certificates", "--folder", folder, *self.here)[0], 0)
            pathlib.Path(f"{folder}/torn.crt").write_text("-----BEGIN")
            self.assertEqual(check("certificates", "--folder", folder, *self.here)[0], 1)


class Alone(unittest.TestCase):
    def test_the_token_is_the_one_that_libs_access_makes(self):
        # BLAKE2b of RFC 7693 with a key, over the purpose and a zero byte; the ward above takes it
        token = ward.administrator_token(b"\x01" * 32)
        self.assertRegex(token, "^va_[0-9a-f]{48}$")

    def test_a_score_that_is_another_is_a_fault(self):
        right = {"a": 0.5}
        self.assertEqual(prediction.judge({"a": {"message": "Received", "response": 0.5004}}, right), [])
        self.assertEqual(len(prediction.judge({"a": {"message": "Received", "response": 0.51}}, right)), 1)
        self.assertEqual(len(prediction.judge({"a": {"message": "Refused", "response": 0.5}}, right)), 1)
        self.assertEqual(len(prediction.judge({}, right)), 1)

    def test_backups(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            self.assertIn("no verified backup", check("backup", "--folder", folder)[1]["faults"][0])
            (folder / "vigil-1.sql.gz").write_bytes(b"dump")
            mark = folder / "vigil-1.verified"
            mark.write_text(hashlib.sha256(b"dump").hexdigest() + "  vigil-1.sql.gz\ntable\t1\n")
            self.assertEqual(check("backup", "--folder", folder)[0], 0)
            os.utime(mark, (time.time() - 27 * 3600,) * 2)
            self.assertIn("27 hours old", check("backup", "--folder", folder)[1]["faults"][0])
            os.utime(mark)
            (folder / "vigil-1.sql.gz").write_bytes(b"torn")
            self.assertIn("not the file that was verified", check("backup", "--folder", folder)[1]["faults"][0])


class Vulnerabilities(unittest.TestCase):
    def test_a_serious_one_is_a_fault_unless_it_was_weighed(self):
        with shared.Osv("127.0.0.1", {"openssl"}) as osv, tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            packages = [{"externalRefs": [{"referenceType": "purl", "referenceLocator": f"pkg:deb/debian/{one}@1"}]} for one in ("openssl", "zlib", "sqlite3")]
            (folder / "vigil-ward.spdx.json").write_text(json.dumps({"packages": packages}))
            ask = lambda *more: check("vulnerabilities", "--sboms", folder, "--osv", osv.address, *more)
            status, line = ask()
            self.assertEqual((status, line["faults"]), (1, ["BAD-1: pkg:deb/debian/openssl@1 in vigil-ward"]))
            accepted = folder / "accepted.json"
            for until, wanted in (("2999-01-01", 0), ("2020-01-01", 1)):
                accepted.write_text(json.dumps([{"id": "BAD-1", "why": "not reached", "until": until}]))
                self.assertEqual(ask("--accepted", accepted)[0], wanted)

    def test_no_sbom_is_a_fault(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(check("vulnerabilities", "--sboms", folder)[0], 1)

    def test_what_a_config_map_cannot_hold_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            name = lambda: subprocess.run([shared.TOP / "deploy/components/weaknesses/name_sboms", folder], capture_output=True, text=True, check=False)
            self.assertIn("there is no SBOM", name().stderr)
            (pathlib.Path(folder) / "a.spdx.json").write_bytes(b" " * 1_000_001)
            refused = name()
            self.assertEqual((refused.returncode, "have 1000001 bytes" in refused.stderr), (1, True), refused.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=1)
