"""The workflows run, by act on this machine: which scripts they call, with which words, and what each of them is given. The scripts are recorders here and the actions
stand-ins; what the scripts do is tested by their own tests, and on the cluster (test/cluster/delivery_test.py) act calls the real ones."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import yaml

import shared

ACT = shared.program("ACT", "tools/act")
SERVICES = ("eeg-intake", "heart-intake", "detector", "records", "ward")
IMAGE, CHECKS = ("registry.test/vigil/vigil-{}@sha256:" + digit * 64 for digit in "ab")
SECRETS = {"REGISTRY_TOKEN": "a token that pushes", "SIGNING_KEY": "a key that signs", "SSH_KEY": "a key that tunnels"}
VARIABLES = {"REGISTRY_USER": "clinic", "API_SERVER": "https://cluster.test:6443", "CLUSTER_CA": "an authority", "SSH_HOST": "gate.test", "SSH_PORT": "2222",
             "SSH_USER": "ci", "SSH_KNOWN_HOSTS": "gate.test ssh-ed25519 AAAA"}
# Writes down what it is called with and what it is given, does what the next step needs, and fails where FAILS names it.
RECORDER = """#!/usr/bin/env python3
import json, os, pathlib, subprocess, sys
name = "/".join(pathlib.Path(sys.argv[0]).parts[-2:])
with open({calls!r}, "a") as file:
    file.write(json.dumps({{"script": name, "words": sys.argv[1:], "given": dict(os.environ)}}) + "\\n")
if name == pathlib.Path({fails!r}).read_text():
    sys.exit(1)
if name == "delivery/build":
    with open(os.environ["GITHUB_OUTPUT"], "a") as file:
        file.write("image=" + ({checks!r} if sys.argv[1] == "checks" else {image!r}.format(sys.argv[1])) + "\\n")
if name == "release/in_container":
    pathlib.Path("build/release-1.2.3").mkdir(parents=True)
    pathlib.Path("build/release-1.2.3/vigil.deb").write_text("made here")
if name == "release/publish":
    assert pathlib.Path(sys.argv[1], "release-1.2.3/vigil.deb").read_text() == "made here"
if name == "delivery/reach":
    sys.exit(subprocess.run(sys.argv[1:]).returncode)
"""
ACTION = {"name": "stand-in", "description": "an action of GitHub's", "runs": {"using": "composite"}}
UPLOAD = "set -e; mkdir -p {store}; cp -r build/. {store}/"
DOWNLOAD = "set -e; mkdir -p build; cp -r {store}/. build/"


class WorkflowsRun(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.tree, self.calls, self.fails = self.folder / "tree", self.folder / "calls", self.folder / "fails"
        shutil.copytree(shared.TOP / ".github", self.tree / ".github")
        self.calls.touch()
        self.fails.touch()
        recorder = RECORDER.format(calls=str(self.calls), fails=str(self.fails), image=IMAGE, checks=CHECKS)
        for script in (*(shared.TOP / "deploy/delivery").iterdir(), *(shared.TOP / "deploy/release").iterdir()):
            if script.is_file() and os.access(script, os.X_OK):
                here = self.tree / script.relative_to(shared.TOP)
                here.parent.mkdir(parents=True, exist_ok=True)
                here.write_text(recorder)
                here.chmod(0o755)
        git = ("git", "-C", self.tree, "-c", "user.name=test", "-c", "user.email=test@vigil.test")
        for words in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-qm", "a push"), ("tag", "v1.2.3"), ("remote", "add", "origin", "https://github.com/clinic/vigil.git")):
            subprocess.run([*git, *words], check=True)
        for name, values in (("secrets", SECRETS), ("variables", VARIABLES)):
            (self.folder / name).write_text("".join(f"{key}={json.dumps(value)}\n" for key, value in values.items()))

    def act(self, event, workflow, payload=None, variables=()):
        """(status, what it printed); what was called is in self.called()."""
        self.calls.write_text("")
        payload_file = self.folder / "event.json"
        payload_file.write_text(json.dumps(payload or {}))
        stand_ins = [f"--local-repository={action}={place}" for action, place in self.stand_ins(workflow)]
        done = subprocess.run([ACT, event, "-W", self.tree / f".github/workflows/{workflow}.yml", "-C", self.tree, "--eventpath", payload_file, "-P", "ubuntu-24.04=-self-hosted",
                               "--container-daemon-socket", "-", "--no-cache-server", "--pull=false", "--action-offline-mode", "--secret-file", self.folder / "secrets",
                               "--var-file", self.folder / "variables", *(f"--var={one}" for one in variables), *stand_ins],
                              env={**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache"), "HOME": str(self.folder)}, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    def stand_ins(self, workflow):
        """Of the actions but checkout, which act does itself."""
        for job in yaml.safe_load((self.tree / f".github/workflows/{workflow}.yml").read_text())["jobs"].values():
            for step in job.get("steps", []):
                action = step.get("uses", "")
                if action.startswith("actions/") and not action.startswith("actions/checkout@"):
                    place = self.folder / action.replace("/", "-")
                    place.mkdir(exist_ok=True)
                    words = (UPLOAD if "upload" in action else DOWNLOAD).format(store=self.folder / "kept")
                    (place / "action.yml").write_text(json.dumps({**ACTION, "runs": {"using": "composite", "steps": [{"run": words, "shell": "bash"}]}}))
                    yield action, place

    def called(self):
        return [json.loads(line) for line in self.calls.read_text().splitlines()]

    def words(self):
        return [" ".join((one["script"], *one["words"])) for one in self.called()]

    def assert_secrets_only_in(self, allowed):
        for call in self.called():
            for name, value in SECRETS.items():
                holds = any(value in text for text in call["given"].values())
                self.assertEqual(holds, name in allowed.get(call["script"], ()), f"{call['script']} and {name}")

    def test_a_push_builds_tests_signs_and_delivers_by_digest(self):
        for service in SERVICES:
            with self.subTest(service=service):
                status, said = self.act("push", service)
                self.assertEqual(status, 0, said)
                image = IMAGE.format(service)
                self.assertEqual(self.words(), ["delivery/sign_in", f"delivery/build {service}", "delivery/build checks", f"delivery/unit {service}", f"delivery/sign {service} {image}",
                                                "delivery/sign_in", f"delivery/reach deploy/delivery/deliver {service} {image}", f"delivery/deliver {service} {image}"])
                deliver = self.called()[-1]["given"]
                for name, value in {**VARIABLES, "CHECKS_IMAGE": CHECKS, "SIGNING_PUBLIC_KEY": "deploy/delivery/signing.pub"}.items():
                    if name != "REGISTRY_USER":
                        self.assertEqual(deliver[name], value)
                self.assertEqual({one["given"]["IMAGES"] for one in self.called()}, {"docker.io/clinic"})
                self.assertEqual({one["given"].get("BUILDER") for one in self.called()}, {"docker"})
                self.assertTrue(all(text not in said for text in SECRETS.values()), "a secret is in the log")
                self.assert_secrets_only_in({"delivery/sign_in": {"REGISTRY_TOKEN"}, "delivery/sign": {"SIGNING_KEY"}, "delivery/reach": {"SSH_KEY"}, "delivery/deliver": {"SSH_KEY"}})
                # what runs the service's own tests knows no way to the cluster
                for call in self.called()[:5]:
                    self.assertFalse({"API_SERVER", "CLUSTER_CA", "SSH_HOST"} & set(call["given"]), call["script"])

    def test_nothing_is_delivered_after_a_step_that_failed(self):
        for script, last in (("delivery/build", "delivery/build detector"), ("delivery/unit", "delivery/unit detector"), ("delivery/sign", f"delivery/sign detector {IMAGE.format('detector')}")):
            with self.subTest(script=script):
                self.fails.write_text(script)
                status, said = self.act("push", "detector")
                self.assertNotEqual(status, 0)
                self.assertEqual(self.words()[-1], last, said)

    def test_a_delivery_that_fails_fails_the_run(self):
        self.fails.write_text("delivery/deliver")
        self.assertNotEqual(self.act("push", "ward")[0], 0)

    def test_another_registry_and_builder_are_settings(self):
        status, said = self.act("push", "ward", variables=("IMAGES=registry.test:5000/vigil", "BUILDER=make"))
        self.assertEqual(status, 0, said)
        self.assertEqual({(one["given"]["IMAGES"], one["given"]["BUILDER"]) for one in self.called()}, {("registry.test:5000/vigil", "make")})

    def test_each_day_looks_and_each_monday_asks_for_weaknesses(self):
        for schedule, script in (("47 4 * * *", "daily"), ("17 5 * * 1", "weekly")):
            with self.subTest(schedule=schedule):
                status, said = self.act("schedule", "daily", {"schedule": schedule})
                self.assertEqual(status, 0, said)
                self.assertEqual(self.words(), [f"delivery/reach deploy/delivery/{script}", f"delivery/{script}"])
                self.assert_secrets_only_in({"delivery/reach": {"SSH_KEY"}, f"delivery/{script}": {"SSH_KEY"}})
        self.fails.write_text("delivery/daily")
        self.assertNotEqual(self.act("schedule", "daily", {"schedule": "47 4 * * *"})[0], 0)

    def test_a_tag_becomes_a_release_that_is_attached_by_a_job_which_builds_nothing(self):
        status, said = self.act("push", "release", {"ref": "refs/tags/v1.2.3"})
        self.assertEqual(status, 0, said)
        self.assertEqual(self.words(), ["release/check", "delivery/sign_in", "release/in_container", "release/publish build"])
        self.assert_secrets_only_in({"delivery/sign_in": {"REGISTRY_TOKEN"}, "release/in_container": {"SIGNING_KEY"}})
        self.assertIn("GH_TOKEN", self.called()[-1]["given"])
        self.assertTrue(all("GH_TOKEN" not in one["given"] for one in self.called()[:-1]))


if __name__ == "__main__":
    unittest.main(verbosity=1)
