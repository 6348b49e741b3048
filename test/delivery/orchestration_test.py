"""What deliver does when a step fails, when two runs come at once, and when one dies half-way.

The steps themselves are stand-ins here that write down that they were called and fail as they are told; so is kubectl, for the Lease and no more, with the
API server's rule that a JSON patch whose test fails changes nothing. test/cluster/delivery_test.py has the real ones.
"""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

import shared

STEPS = ("check_signature", "test_deploy", "wait_ready", "smoke", "remove", "promote", "roll_out", "verify", "name_sbom", "roll_back")
IMAGE = "docker.io/somebody/vigil-ward@sha256:" + "0" * 64
KUBECTL = '''#!/usr/bin/env python3
import fcntl, json, os, sys
place, words = os.environ["LEASE"], sys.argv[1:]
lock = open(place + ".lock", "w")
fcntl.flock(lock, fcntl.LOCK_EX)
there = json.load(open(place)) if os.path.exists(place) else None
def write(lease):
    with open(place + ".new", "w") as file:
        json.dump(lease, file)
    os.rename(place + ".new", place)
if "get" in words:
    if there is None:
        sys.exit("not found")
    print(json.dumps(there))
elif "create" in words:
    if there is not None:
        sys.exit("already exists")
    spec = sys.stdin.read().split("spec: ")[1]
    holder = spec.split('holderIdentity: "')[1].split('"')[0]
    write({"spec": {"holderIdentity": holder, "renewTime": spec.split('renewTime: "')[1].split('"')[0]}})
elif "patch" in words:
    if there is None:
        sys.exit("not found")
    for one in json.load(sys.stdin):
        key = one["path"].split("/")[-1]
        if one["op"] == "test" and there["spec"][key] != one["value"]:
            sys.exit("the test failed")
        if one["op"] == "replace":
            there["spec"][key] = one["value"]
    write(there)
else:
    sys.exit("unexpected: " + " ".join(words))
'''


class Deliver(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        self.delivery = self.folder / "deploy/delivery"
        self.delivery.mkdir(parents=True)
        for name in ("deliver", "settings.sh", "lock.sh"):
            shutil.copy2(shared.DELIVERY / name, self.delivery / name)
        self.called = self.folder / "called"
        self.called.touch()
        for name in STEPS:
            self.write(self.delivery / name, f'#!/bin/sh\necho "$RUN {name} $1" >>"{self.called}"\n[ -z "$STOP_AT" ] || [ "$STOP_AT" != {name} ] || sleep "$STOP_S"\n'
                                             f'[ "$FAIL_AT" != {name} ]\n')
        (self.folder / "bin").mkdir()
        self.write(self.folder / "bin/kubectl", KUBECTL)

    @staticmethod
    def write(path, text):
        path.write_text(text)
        path.chmod(0o755)

    def start(self, run="a", **settings):
        environment = {**os.environ, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "LEASE": str(self.folder / "lease"), "RUN": run,
                       "GITHUB_RUN_ID": run, "LOCK_S": "6", "FAIL_AT": "", "STOP_AT": "", **settings}
        process = subprocess.Popen([self.delivery / "deliver", "ward", IMAGE], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.addCleanup(lambda: process.poll() is None and os.killpg(process.pid, signal.SIGKILL))
        return process

    def end(self, process):
        said = process.communicate(timeout=200)[1]
        return process.returncode, said

    def calls(self, run=None):
        return [line.split()[1] for line in self.called.read_text().splitlines() if run in (None, line.split()[0])]

    def wait_for(self, call):
        deadline = time.monotonic() + 100
        while call not in self.called.read_text():
            self.assertLess(time.monotonic(), deadline, f"{call} was not called: {self.called.read_text()}")
            time.sleep(0.05)

    def test_the_good_case_is_the_steps_in_their_order(self):
        status, said = self.end(self.start())
        self.assertEqual(status, 0, said)
        cleaning = ["remove"] + ["roll_back"] * 5 # of a run before that died: nothing is there
        self.assertEqual(self.calls(), [*cleaning, "check_signature", "test_deploy", "wait_ready", "smoke", "remove", "promote", "roll_out", "verify", "name_sbom"])
        self.assertIn("ward is delivered", said)
        self.assertIn('"holderIdentity": ""', (self.folder / "lease").read_text())

    def test_a_step_that_fails_is_named_and_production_is_not_touched(self):
        for step in ("check_signature", "test_deploy", "wait_ready", "smoke", "promote"):
            with self.subTest(step=step):
                self.called.write_text("")
                status, said = self.end(self.start(FAIL_AT=step))
                self.assertEqual(status, 1)
                name = "signature" if step == "check_signature" else step
                self.assertIn(f"ward: step {name} failed; production was not touched", said)
                self.assertNotIn("roll_out", self.calls())
                self.assertEqual(self.calls()[-1], "remove", "what was beside production is removed whatever happens")

    def test_after_a_roll_out_or_a_verification_that_fails_production_is_rolled_back(self):
        for step in ("roll_out", "verify"):
            with self.subTest(step=step):
                self.called.write_text("")
                status, said = self.end(self.start(FAIL_AT=step))
                self.assertEqual(status, 1)
                self.assertIn(f"ward: step {step} failed; production was rolled back", said)
                self.assertEqual(self.calls()[-2:], ["roll_back", "remove"], "production first")

    def test_what_production_is_made_of_is_said_last_and_rolls_nothing_back(self):
        status, said = self.end(self.start(FAIL_AT="name_sbom"))
        self.assertEqual(status, 1)
        self.assertIn(f"ward: step name_sbom failed; production runs {IMAGE}", said)
        self.assertEqual(self.calls()[-3:], ["verify", "name_sbom", "remove"])

    def test_who_asks_it_to_end_twice_does_not_stop_it_half_way_back(self):
        process = self.start(FAIL_AT="verify", STOP_AT="roll_back", STOP_S="1.5")
        self.wait_for("a verify")
        while self.calls().count("roll_back") < 6: # five of cleaning, and the one that counts
            time.sleep(0.05)
        for _ in range(2):
            process.terminate()
            time.sleep(0.2)
        status, said = self.end(process)
        self.assertEqual(status, 1)
        self.assertIn("ward: step verify failed; production was rolled back", said)
        self.assertEqual(self.calls()[-1], "remove")

    def test_a_watch_that_has_failed_does_not_wait_for_its_end(self):
        shutil.copy2(shared.DELIVERY / "verify", self.delivery / "verify")
        (self.delivery / "slo.py").write_text("raise SystemExit('a pod is not ready')")
        self.write(self.delivery / "run_check", f'#!/usr/bin/env bash\ntrap \'echo "removed" >>"{self.called}"\' EXIT\nwhile :; do sleep 1; done\n')
        began = time.monotonic()
        done = subprocess.run([self.delivery / "verify", "ward"], env={**os.environ, "VERIFY_S": "300"}, capture_output=True, text=True, check=False, timeout=100)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("ward does not keep what is promised of it", done.stderr)
        self.assertEqual(self.called.read_text(), "removed\n", "the check removes its Job")
        self.assertLess(time.monotonic() - began, 60)

    def test_a_second_run_waits_for_the_first(self):
        first = self.start("first", STOP_AT="smoke", STOP_S="9") # longer than LOCK_S: it is renewed meanwhile
        self.wait_for("first smoke")
        second = self.start("second")
        self.assertEqual(self.end(first)[0], 0)
        status, said = self.end(second)
        self.assertEqual(status, 0, said)
        self.assertIn("waiting for another run", said)
        order = [line.split()[0] for line in self.called.read_text().splitlines()]
        self.assertEqual(order, sorted(order), "one after the other")

    def test_a_run_that_was_killed_is_cleaned_up_by_the_next(self):
        first = self.start("first", STOP_AT="verify", STOP_S="100")
        self.wait_for("first verify")
        os.killpg(first.pid, signal.SIGKILL)
        first.communicate()
        status, said = self.end(self.start("second"))
        self.assertEqual(status, 0, said)
        self.assertIn("a run died: first-ward", said)
        self.assertEqual(self.calls("second")[:6], ["remove"] + ["roll_back"] * 5, "before anything else")

    def test_a_run_that_is_asked_to_end_leaves_nothing(self):
        process = self.start(STOP_AT="smoke", STOP_S="3")
        self.wait_for("a smoke")
        process.terminate()
        status, said = self.end(process)
        self.assertEqual(status, 1)
        self.assertIn("production was not touched", said)
        self.assertEqual(self.calls()[-1], "remove")
        self.assertIn('"holderIdentity": ""', (self.folder / "lease").read_text())

    def test_a_run_whose_lock_was_taken_ends_and_cleans_nothing_of_the_other_s(self):
        first = self.start("first", STOP_AT="smoke", STOP_S="30", LOCK_S="4")
        self.wait_for("first smoke")
        os.kill(first.pid, signal.SIGSTOP) # it does not renew: its children are of its own group and go on
        for pid in subprocess.run(["pgrep", "-P", str(first.pid)], capture_output=True, text=True, check=True).stdout.split():
            os.kill(int(pid), signal.SIGSTOP)
        second = self.start("second", LOCK_S="4", STOP_AT="verify", STOP_S="10")
        self.wait_for("second verify")
        os.killpg(first.pid, signal.SIGCONT)
        status, said = self.end(first)
        self.assertEqual(status, 1)
        self.assertIn("another run took the lock", said)
        self.assertNotIn("remove", self.calls("first")[self.calls("first").index("smoke"):])
        self.assertEqual(self.end(second)[0], 0)


if __name__ == "__main__":
    unittest.main(verbosity=1)
