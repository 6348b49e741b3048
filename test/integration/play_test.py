"""`vigil play` as a program: what it keeps, what its exit status says, and the old contract against the real routes."""

import datetime
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import unittest

from vigil_process import BINARY, Vigil

NOWHERE = "http://127.0.0.1:9"  # the discard port: nobody listens
SHIM = {"LD_PRELOAD": os.environ["SYNC_SHIM"], "ASAN_OPTIONS": "verify_asan_link_order=0"}


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vigil-play-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def keys(self, **keys: str) -> list[str]:
        file = self.folder / "keys"
        file.write_text("".join(f"{patient.replace('_', '-')} {key}\n" for patient, key in keys.items()))
        return ["--keys", str(file)]

    def play(self, *words: str, speed: str = "0", environment: dict | None = None) -> subprocess.CompletedProcess:
        return subprocess.run(
            [BINARY, "play", "--quiet", "--speed", speed, *words],
            capture_output=True, text=True, timeout=120, env={**os.environ, **(environment or {})},
        )

    def number(self, played: subprocess.CompletedProcess, pattern: str) -> int:
        found = re.search(pattern + r" +(\d+)", played.stdout)
        self.assertIsNotNone(found, played.stdout + played.stderr)
        return int(found[1])


class Spool(Folder):
    def play_to_nowhere(self, **environment: str) -> subprocess.CompletedProcess:
        (self.folder / "shadow").mkdir()
        return self.play(
            "--to", NOWHERE, *self.keys(ward_1="key"), "--patients", "1", "--duration", "4", "--drain", "0.2", "--memory-mb", "0.002",
            "--spool", str(self.folder / "spool"), speed="100", environment={**SHIM, **environment},
        )

    def test_what_is_said_to_be_kept_survives_a_power_cut(self):
        # the shadow has what was synced, and nothing else
        played = self.play_to_nowhere(SYNC_SHADOW=str(self.folder / "shadow"))
        self.assertEqual(played.returncode, 1, played.stderr)
        kept = self.number(played, "not delivered")
        self.assertGreater(kept, 10)
        self.assertEqual(self.number(played, "lost"), 0)

        vigil = Vigil()
        self.addCleanup(vigil.close)
        again = self.play(
            "--to", vigil.url, *self.keys(ward_1=vigil.key("ward-1")), "--patients", "1", "--duration", "1", "--spool", str(self.folder / "shadow"),
        )
        self.assertEqual(again.returncode, 0, again.stdout)
        made = int(re.search(r"blocks, (\d+) with heart values", again.stdout)[1])
        self.assertEqual(self.number(again, "accepted"), kept + made)

    def test_what_a_disk_does_not_sync_is_lost_and_said_so(self):
        played = self.play_to_nowhere(SYNC_FAIL_AFTER="2")  # the first are the folder's, for the two files of a patient
        self.assertEqual(played.returncode, 1, played.stderr)
        self.assertGreater(self.number(played, "lost"), 10)
        self.assertEqual(self.number(played, "not delivered"), 0)

    def test_help_says_that_the_files_are_not_encrypted_and_their_mode_is_what_it_says(self):
        shown = " ".join(self.play("--help").stdout.split())
        self.assertIn("not encrypted, files of mode 0600", shown)
        self.play_to_nowhere()
        files = sorted((self.folder / "spool").iterdir())
        self.assertEqual([file.suffix for file in files], [".aside", ".spool"])
        for file in files:
            self.assertEqual(file.stat().st_mode & 0o777, 0o600)


class OldContract(Folder):
    cookie: dict | None = None

    def test_its_windows_and_heart_are_taken_by_the_real_routes_without_a_key(self):
        vigil = Vigil("--legacy-open", "eeg,heartbeat,lists", "--legacy-senders", "p1,p2", "--legacy-heart", "p1")
        self.addCleanup(vigil.close)
        for number in (1, 2):
            made = vigil.command("patient", f"p{number}", "--number", str(number))
            self.assertEqual(made.returncode, 0, made.stderr)
        played = self.play("--to", vigil.url, "--legacy", "--patients", "2", "--duration", "20")
        self.assertEqual(played.returncode, 0, played.stdout + played.stderr)
        made = int(re.search(r"made +(\d+) blocks", played.stdout)[1])
        self.assertEqual(made, 2 * 19)  # whole windows of 1.025 s in 20 s
        self.assertEqual(self.number(played, "refused"), 0)

        deadline = time.monotonic() + 10
        stored: list[int] = []
        while stored != [made // 2 * 178] * 2 and time.monotonic() < deadline:
            stored = [self.samples_stored(vigil, patient) for patient in ("p1", "p2")]
            time.sleep(0.1)
        self.assertEqual(stored, [made // 2 * 178] * 2)
        newest = json.loads(vigil.call("GET", "/eeg_chunks/get_last_chunks_list")[2])
        self.assertEqual({row["fk_user"] for row in newest}, {1, 2})
        hearts = json.loads(vigil.call("GET", "/heartbeat_chunks/get_last_chunks_list")[2])
        self.assertEqual(len(hearts["1"]["heartbeat_values"]), self.number(played, "accepted") - made)

    def samples_stored(self, vigil: Vigil, patient: str) -> int:
        self.cookie = self.cookie or vigil.sign_in()
        now = datetime.datetime.now(datetime.UTC)
        begin, end = (f"{now + datetime.timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}" for hours in (-1, 1))
        status, _, body = vigil.call("GET", f"/v1/patients/{patient}/eeg?from={begin}&until={end}&limit=1000", headers=self.cookie)
        self.assertEqual(status, 200, body)
        return sum(len(run["data"][0]) for stream in json.loads(body)["streams"] for run in stream["runs"])

    def test_a_sender_whose_door_is_closed_is_refused_and_the_status_says_so(self):
        vigil = Vigil("--legacy-open", "eeg", "--legacy-senders", "p1")
        self.addCleanup(vigil.close)
        self.assertEqual(vigil.command("patient", "p1", "--number", "1").returncode, 0)
        played = self.play("--to", vigil.url, "--legacy", "--patients", "2", "--duration", "3", "--heart-every", "0")
        self.assertEqual(played.returncode, 1, played.stdout)
        self.assertEqual(self.number(played, "refused"), 2)  # the second patient's two windows
        self.assertEqual(self.number(played, "accepted"), 2)


if __name__ == "__main__":
    unittest.main()
