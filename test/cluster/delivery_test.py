"""The steps of deploy/delivery on the cluster, as CI's account, with a registry of this machine: what is good is delivered, what is not leaves production as it was.

Bad releases are made of the good image: other arguments, or `worse` (worse/) before its program. Docker is a stand-in that says that it built what lies in
build/images, so that `pipeline` and `build` run to their end; all else is real.
"""
import concurrent.futures
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import threading
import time
import unittest

from cluster import IMAGES, TOP, figure, get, kubectl, wait_until
from registry import built, open_place, shared
from ward import NAMESPACE, SERVERS, SERVICES, Ward, is_ready, pods, run_job, secrets_folder

BESIDE = "vigil-beside"
TIMES = {name: os.environ.get(name, value) for name, value in (("READY_S", "240"), ("SMOKE_S", "4"), ("ROLL_OUT_S", "180"), ("VERIFY_S", "12"), ("LOCK_S", "16"),
                                                               ("WAIT_S", "600"), ("ANSWER_MS", "3000"), ("FRESH_S", "45"))}
LATEST_S = 2 * int(TIMES["READY_S"])  # a run that has not ended by then hangs
OF_A_TRIAL = ("deployments", "statefulsets", "pods", "jobs", "services", "secrets", "networkpolicies", "persistentvolumeclaims")
DOCKER = """#!/bin/sh
case "$*" in
*"--target test"*) echo "1 test failed out of 9: $UNIT"; [ "$UNIT" = passes ] ;;
create*) echo container ;;
esac
"""


def setUpModule():
    global place, folder, keys, osv
    place = open_place()
    folder, keys = place.folder, place.keys
    osv = unittest.enterModuleContext(shared.Osv(place.registry.address.split(":")[0]))


class Run:
    """A script of deploy/delivery, as CI runs it, or a program by its path; what it says is read as it comes."""

    def __init__(self, script, *words, **settings):
        environment = {**os.environ, **TIMES, "IMAGES": place.images, "CRANE": place.registry.crane, "SIGNING_PUBLIC_KEY": keys[1],
                       "KUBECONFIG": str(folder / "ci.kubeconfig"), **settings}
        self.process = subprocess.Popen([TOP / "deploy/delivery" / script, *words], env=environment, text=True, start_new_session=True,
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.lines = []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append((time.monotonic(), line.rstrip()))
        self.process.stdout.close()

    @property
    def said(self):
        return "\n".join(line for _, line in self.lines)

    def when(self, words):
        return next((moment for moment, line in self.lines if words in line), None)

    def wait_for(self, words):
        def heard():
            if self.process.poll() is not None and self.when(words) is None:
                raise RuntimeError(f"it ended before it said {words!r}:\n{self.said}")
            return self.when(words)
        return wait_until(f"{words!r} of\n{self.said}", heard, LATEST_S, 0.1)

    def end(self):
        """Its exit status."""
        try:
            status = self.process.wait(LATEST_S)
        finally:
            self.kill()
        return status

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.reader.join()


def write_account():
    """The kubeconfig of the ServiceAccount that CI is: it may do what deploy/delivery/account says and no more."""
    config = json.loads(kubectl("config", "view", "--raw", "--minify", "-o", "json"))
    config["users"][0]["user"] = {"token": kubectl("-n", NAMESPACE, "create", "token", "ci", "--duration=4h").strip()}
    (folder / "ci.kubeconfig").write_text(json.dumps(config))


def production():
    """(image, what roll_back goes back to, how often it was rolled out) of each service. An autoscaler changes the number of pods whenever it likes."""
    found = {one["metadata"]["name"]: one for one in get("-n", NAMESPACE, "deployments")["items"]}
    return {name: (found[name]["spec"]["template"]["spec"]["containers"][0]["image"],
                   found[name]["metadata"].get("annotations", {}).get("vigil-delivery/before"),
                   int(found[name]["metadata"]["annotations"]["deployment.kubernetes.io/revision"])) for name in SERVICES}


def running(service):
    """Images of its pods, of those that are ready."""
    return {one["status"]["containerStatuses"][0]["imageID"].split("@")[1] for one in pods(service) if is_ready(one)}


def beside():
    """What stands beside production."""
    return [f"{one['kind']} {one['metadata']['name']}" for one in get("-n", BESIDE, ",".join(OF_A_TRIAL))["items"]]


def holder():
    return get("-n", NAMESPACE, "lease", "delivery")["spec"]["holderIdentity"]


class Delivery(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.began = time.monotonic()
        docker = folder / "bin/docker"
        docker.parent.mkdir()
        docker.write_text(DOCKER)
        docker.chmod(0o755)
        overlay = folder / "ward"
        overlay.mkdir()
        cls.checks = place.push("checks")
        images = {**{name: place.change(name, "before", "--label", "vigil.test=before") for name in SERVICES}, **{name: place.push(name) for name in SERVERS}, "checks": cls.checks}
        (overlay / "kustomization.yaml").write_text(json.dumps({
            "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "namespace": NAMESPACE, "resources": [os.path.relpath(TOP / "deploy/overlays/laptop", overlay.resolve())],
            "components": [os.path.relpath(TOP / "deploy/components" / name, overlay.resolve()) for name in ("daily-checks", "weaknesses")],
            "patches": [{"target": {"kind": "CronJob", "name": "check-vulnerabilities"}, "patch": json.dumps(
                [{"op": "add", "path": "/spec/jobTemplate/spec/template/spec/containers/0/args/-", "value": f"--osv={osv.address}"}])}],
            "images": [{"name": f"localhost/vigil-{name}", "newName": image.split("@")[0], "digest": image.split("@")[1]} for name, image in images.items()]}))
        Ward.remove()
        cls.addClassCleanup(Ward.remove)
        cls.ward = Ward(overlay, secrets_folder())
        cls.ward.install(images=False)
        kubectl("label", "namespace", NAMESPACE, "vigil-images=pinned")
        kubectl("apply", "-k", TOP / "deploy/delivery/account")
        cls.addClassCleanup(kubectl, "delete", "-k", TOP / "deploy/delivery/account", "--ignore-not-found", "--wait=false")
        write_account()
        figure("a ward of images that the nodes pulled, ready after", f"{time.monotonic() - cls.began:.0f} s")

    def setUp(self):
        began = time.monotonic()
        self.addCleanup(lambda: figure(self.id().split(".")[-1], f"{time.monotonic() - began:.0f} s"))
        self.before = production()
        for service in SERVICES:
            self.assertIsNone(self.before[service][1], "no roll-out is unfinished")
        self.assertEqual(beside(), [])

    def signed(self, service, image):
        run = Run("sign", service, image, SIGNING_KEY=keys[0])
        self.assertEqual(run.end(), 0, run.said)
        return image

    def deliver(self, service, image, commit, **settings):
        run = Run("deliver", service, image, CHECKS_IMAGE=self.checks, COMMIT=commit, **settings)
        self.addCleanup(run.kill)
        return run

    def pipeline(self, service, commit, **settings):
        run = Run("pipeline", service, COMMIT=commit, BUILDER="docker", SIGNING_KEY=keys[0], PATH=f"{folder / 'bin'}:{os.environ['PATH']}", **{"UNIT": "passes", **settings})
        self.addCleanup(run.kill)
        return run

    def workflow(self, service):
        """A push to GitHub, as act runs its workflow on this machine: the project's own commit, with the public key of these tests in it."""
        tree = folder / "pushed"
        git = ("git", "-C", tree, "-c", "user.name=test", "-c", "user.email=test@vigil.test")
        subprocess.run(["git", "clone", "-q", TOP, tree], check=True)
        (tree / "build").mkdir()
        (tree / "build/images").symlink_to(IMAGES)
        (tree / "deploy/delivery/signing.pub").write_text(pathlib.Path(keys[1]).read_text())
        for words in (("add", "-A"), ("commit", "-qm", "a push"), ("remote", "set-url", "origin", "https://github.com/clinic/vigil.git")):
            subprocess.run([*git, *words], check=True)
        (folder / "secrets").write_text(f"REGISTRY_TOKEN=none\nSIGNING_KEY={json.dumps(pathlib.Path(keys[0]).read_text())}\n")
        given = {**TIMES, "CRANE": place.registry.crane, "KUBECONFIG": folder / "ci.kubeconfig", "HOME": folder, "UNIT": "passes", "COMMIT": "pushed"}
        run = Run(built("tools/act"), "push", "-W", tree / f".github/workflows/{service}.yml", "-C", tree, "--use-gitignore=false", "-P", "ubuntu-24.04=-self-hosted", "--container-daemon-socket", "-",
                  "--no-cache-server", "--pull=false", "--action-cache-path", folder / "act", "--secret-file", folder / "secrets", "--var", f"IMAGES={place.images}",
                  "--var", "REGISTRY_USER=clinic", *(word for name, value in given.items() for word in ("--env", f"{name}={value}")), PATH=f"{folder / 'bin'}:{os.environ['PATH']}")
        self.addCleanup(run.kill)
        return run

    def fails_at(self, run, service, step):
        """And production was not touched: nothing was rolled out, not even for a while."""
        self.assertEqual(run.end(), 1, run.said)
        self.assertIn(f"{service}: step {step} failed; production was not touched", run.said)
        self.assertEqual(production(), self.before, run.said)
        self.clean(run)

    def clean(self, run):
        self.assertEqual(beside(), [], run.said)
        self.assertEqual(get("-n", NAMESPACE, "jobs", "-l", "vigil-delivery=check")["items"], [], run.said)

    def is_delivered(self, run, service, image, commit):
        self.assertEqual(run.end(), 0, run.said)
        image = image or place.pinned(service, f"test-{commit}")
        self.assertIn(f"{service} is delivered: {image}", run.said)
        now = production()
        self.assertEqual(now[service][:2], (image, None), run.said)
        self.assertEqual(place.pinned(service, commit), image, "the release tag is the digest that was tried out")
        self.assertEqual(running(service), {image.split("@")[1]})
        figure(f"{service} delivered", ", ".join(line.split("delivery: ")[1] for _, line in run.lines if ": done (" in line))

    def is_rolled_back(self, run, service, tried):
        self.assertEqual(run.end(), 1, run.said)
        self.assertIn(f"{service}: step verify failed; production was rolled back", run.said)
        now = production()
        self.assertEqual({name: entry[:2] for name, entry in now.items()}, {name: entry[:2] for name, entry in self.before.items()}, run.said)
        self.assertGreater(now[service][2], self.before[service][2], "it was rolled out, and back")
        self.assertNotEqual(self.before[service][0], tried)
        self.assertEqual(running(service), {self.before[service][0].split("@")[1]})
        self.clean(run)

    def test_a_push_is_built_tried_out_beside_production_promoted_rolled_out_and_verified_while_another_waits(self):
        kubectl("-n", NAMESPACE, "create", "configmap", "sboms", "--from-literal=vigil-ward.spdx.json=of the one before", "--from-literal=vigil-records.spdx.json=its own")
        self.addCleanup(kubectl, "-n", NAMESPACE, "delete", "configmap", "sboms")
        run = self.pipeline("ward", "good")
        run.wait_for("clean ...")
        second = self.deliver("records", place.change("records", "test-second", "--label", "vigil.test=second"), "second")
        second.wait_for("waiting for another run")
        self.assertIn("ward", holder())
        run.wait_for("smoke ...")
        trial = {one["metadata"]["name"]: one["spec"]["template"]["spec"]["containers"][0]["image"] for one in get("-n", BESIDE, "deployments")["items"]}
        self.assertEqual(production(), self.before, "production is not touched while it is tried out")
        run.wait_for("verify ...")
        self.assertEqual(production()["ward"][1], self.before["ward"][0], "until it is verified the one before is known")
        image = place.pinned("ward", "test-good")
        self.is_delivered(run, "ward", image, "good")
        self.assertEqual(trial, {**{name: entry[0] for name, entry in self.before.items()}, "ward": image}, "all else beside is what production runs")
        steps = [line.split()[1] for _, line in run.lines if line.endswith(" ...")]
        self.assertEqual(steps, ["clean", "signature", "test_deploy", "wait_ready", "smoke", "remove", "promote", "roll_out", "verify", "name_sbom"])
        named = get("-n", NAMESPACE, "configmap", "sboms")["data"]
        self.assertEqual(json.loads(named["vigil-ward.spdx.json"]), json.loads((IMAGES / "vigil-ward.spdx.json").read_text()), "as it was attested")
        self.assertEqual(named["vigil-records.spdx.json"], "its own")
        self.assertEqual({name: entry for name, entry in production().items() if name != "ward"}, {name: entry for name, entry in self.before.items() if name != "ward"})
        self.before = production()
        self.fails_at(second, "records", "signature")  # nobody signed it: it has had its turn
        self.assertGreater(second.when("clean ..."), run.when("is delivered"), "one after the other")
        self.assertEqual(holder(), "")

    def test_the_checks_of_every_day(self):
        """Each CronJob once, and at the same time the script that GitHub's schedule calls."""
        names = [one["metadata"]["name"] for one in get("-n", NAMESPACE, "cronjobs")["items"] if not one["spec"].get("suspend")]
        self.assertEqual(sorted(names), ["backup", "check-backup", "check-certificates", "check-chain", "check-prediction", "check-vulnerabilities"])
        print(run_job("backup"))
        names.remove("backup")
        self.assertRaisesRegex(RuntimeError, "no SBOM", run_job, "check-vulnerabilities")
        subprocess.run([TOP / "deploy/components/weaknesses/name_sboms", IMAGES], env={**os.environ, "NAMESPACE": NAMESPACE}, check=True)
        osv.weak = {"libssl3t64"}
        self.assertRaisesRegex(RuntimeError, "BAD-1: pkg:deb/debian/libssl3t64@.* in .*vigil-ward", run_job, "check-vulnerabilities")
        osv.weak = set()
        daily = Run("daily", CHECKS_IMAGE="")
        self.addCleanup(daily.kill)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            for name, said in zip(names, pool.map(run_job, names)):
                print(f"{name}: {said}")
        self.assertEqual(daily.end(), 0, daily.said)
        self.clean(daily)

    def test_the_workflow_delivers(self):
        run = self.workflow("records")
        self.is_delivered(run, "records", None, "pushed")
        self.clean(run)

    def test_a_unit_test_that_fails(self):
        run = self.pipeline("ward", "unit", UNIT="fails")
        self.fails_at(run, "ward", "unit")
        self.assertIn("1 test failed out of 9", run.said)
        self.assertIsNone(run.when("test_deploy"))

    def test_an_image_that_nobody_signed(self):
        run = self.deliver("records", place.change("records", "test-unsigned", "--label", "vigil.test=unsigned"), "unsigned")
        self.fails_at(run, "records", "signature")
        self.assertIn("is not signed by", run.said)
        self.assertIsNone(run.when("test_deploy"))

    def test_a_crash_at_start(self):
        image = self.signed("heart-intake", place.restart("heart-intake", "test-crash", "/usr/local/bin/heart-intake", "--no-such-flag"))
        run = self.deliver("heart-intake", image, "crash")
        self.fails_at(run, "heart-intake", "wait_ready")
        self.assertIn("the program of heart-intake ended 3 times", run.said)
        self.assertIn("--no-such-flag", run.said, "what its log says")

    def test_a_readiness_that_never_comes(self):
        image = self.signed("heart-intake", place.restart("heart-intake", "test-unready", "/usr/local/bin/heart-intake", "--journal", "nats://nobody:4222"))
        run = self.deliver("heart-intake", image, "unready", READY_S="25")
        self.fails_at(run, "heart-intake", "wait_ready")
        self.assertRegex(run.said, "after 25 s these are not ready: .*heart-intake")

    def test_a_smoke_test_that_fails(self):
        image = self.signed("detector", place.worsen("detector", "test-wrong", "--in", BESIDE, "--path", "/predict", "--answer", '{"message":"Received","response":0.5}'))
        run = self.deliver("detector", image, "wrong")
        self.fails_at(run, "detector", "smoke")
        self.assertIn("the score is 0.5000 and not", run.said)

    def test_a_release_that_is_slower_in_production_is_rolled_back(self):
        image = self.signed("eeg-intake", place.worsen("eeg-intake", "test-slow", "--in", NAMESPACE, "--path", "/v1/eeg/blocks",
                                                         "--late", f"{2 * int(TIMES['ANSWER_MS'])}ms"))
        run = self.deliver("eeg-intake", image, "slow")
        run.wait_for("verify ...")
        self.assertEqual(production()["eeg-intake"][:2], (image, self.before["eeg-intake"][0]))
        self.is_rolled_back(run, "eeg-intake", image)
        self.assertRegex(run.said, r"95 of 100 blocks are answered within [0-9]+ ms, and [0-9]+ are allowed")

    def test_a_release_that_loses_blocks_in_production_is_rolled_back(self):
        image = self.signed("eeg-intake", place.worsen("eeg-intake", "test-lossy", "--in", NAMESPACE, "--path", "/v1/eeg/blocks", "--answer", "{}", "--of", "3"))
        run = self.deliver("eeg-intake", image, "lossy", FRESH_S="25")
        self.is_rolled_back(run, "eeg-intake", image)
        self.assertRegex(run.said, "[1-9] of [0-9]+ blocks that were accepted are not in the store")

    def test_what_a_runner_leaves_that_dies_the_next_run_cleans_up(self):
        image = self.signed("eeg-intake", place.change("eeg-intake", "test-died", "--label", "vigil.test=died"))
        unsigned = place.change("records", "test-next", "--label", "vigil.test=next")
        for step, left in (("wait_ready", lambda: beside() and production() == self.before),
                           ("verify", lambda: production()["eeg-intake"][:2] == (image, self.before["eeg-intake"][0]))):
            with self.subTest(died_at=step):
                run = self.deliver("eeg-intake", image, "died")
                run.wait_for(f"{step} ...")
                if step == "verify":
                    wait_until("the check of the verification", lambda: get("-n", NAMESPACE, "jobs", "-l", "vigil-delivery=check")["items"], 60)
                run.kill()
                self.assertTrue(left(), f"{production()}\n{run.said}")
                self.assertIn("eeg-intake", holder(), "it could not give its lock back")
                following = self.deliver("records", unsigned, "next") # goes no further than what it must do first
                self.assertEqual(following.end(), 1, following.said)
                self.assertRegex(following.said, "a run died: .*eeg-intake.*; cleaning up after it")
                self.assertIn("records: step signature failed; production was not touched", following.said)
                self.assertEqual({name: entry[:2] for name, entry in production().items()}, {name: entry[:2] for name, entry in self.before.items()}, following.said)
                self.assertEqual(running("eeg-intake"), {self.before["eeg-intake"][0].split("@")[1]})
                self.clean(following)


if __name__ == "__main__":
    unittest.main()
