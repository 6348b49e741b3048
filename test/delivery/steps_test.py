"""Every step says what it is, refuses what it must before it asks anybody, and reaches a cluster only by a host key that is known."""
import os
import pathlib
import tempfile
import unittest

import shared

STEPS = sorted(path for path in shared.DELIVERY.iterdir() if path.is_file() and os.access(path, os.X_OK) and path.suffix == "")
PINNED = "docker.io/somebody/vigil-ward@sha256:" + "0" * 64


class Steps(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        # nobody is asked: a step that went on would call these
        for name in ("kubectl", "crane", "docker", "ssh"):
            (self.folder / name).write_text(f"#!/bin/sh\necho {name} was called: $* >&2\nexit 99\n")
            (self.folder / name).chmod(0o755)
        self.settings = {"PATH": f"{self.folder}:{os.environ['PATH']}", "CRANE": str(self.folder / "crane"), "IMAGES": "docker.io/somebody", "COMMIT": "c0ffee"}

    def test_each_has_help(self):
        self.assertGreaterEqual(len(STEPS), 17)
        for path in STEPS:
            with self.subTest(step=path.name):
                done = shared.run(path.name, "--help", **self.settings)
                self.assertEqual(done.returncode, 0, done.stderr)
                if path.name != "slo.py":
                    self.assertIn(f"{path.name}", done.stdout)
                self.assertNotIn("was called", done.stderr)
                self.assertNotIn("set -euo", done.stdout)

    def refuses(self, sentence, name, *words, status=1, **settings):
        done = shared.run(name, *words, **{**self.settings, **settings})
        self.assertEqual(done.returncode, status, done.stderr)
        self.assertIn(sentence, done.stderr)
        self.assertNotIn("was called", done.stderr)

    def test_a_service_that_is_none_and_an_image_without_a_digest_are_refused(self):
        for name in ("unit", "build", "test_deploy", "wait_ready", "smoke", "promote", "roll_out", "verify", "roll_back", "deliver", "pipeline"):
            with self.subTest(step=name):
                self.refuses("there is no service wrad", name, "wrad", PINNED)
        for name in ("test_deploy", "promote", "roll_out", "deliver"):
            with self.subTest(step=name):
                self.refuses("is not pinned by its digest", name, "ward", "docker.io/somebody/vigil-ward:latest")
        self.refuses("is not pinned by its digest", "check_signature", "docker.io/somebody/vigil-ward:latest")
        self.refuses("deliver SERVICE IMAGE", "deliver", "ward", status=2)

    def test_production_is_never_the_place_of_a_trial(self):
        self.refuses("BESIDE is production", "remove", BESIDE="vigil", NAMESPACE="vigil")

    def test_what_cannot_be_asked_for_is_not_taken_for_removed(self):
        # the API server goes away between the first call and the second
        (self.folder / "kubectl").write_text('#!/bin/sh\ncase "$*" in *"get namespace"*) echo connection refused >&2; exit 1 ;; esac\n')
        done = shared.run("remove", **self.settings)
        self.assertEqual((done.returncode, done.stderr), (1, "connection refused\n"))

    def test_an_image_of_another_place_is_not_promoted(self):
        self.refuses("is not of docker.io/somebody/vigil-ward", "promote", "ward", PINNED.replace("somebody", "other"))

    def test_docker_tests_the_program_that_it_packs(self):
        """With other arguments it would compile once more: what stands before --quiet and --target is one and the same."""
        asked = []
        for step in ("build", "unit"):
            done = shared.run(step, "ward", **self.settings, BUILDER="docker")
            self.assertEqual(done.returncode, 99, done.stderr)
            line = next(line for line in done.stderr.splitlines() if line.startswith("docker was called: build"))
            asked.append({word for word in line.split() if "=" in word})
        self.assertEqual(asked[0], asked[1])
        self.assertEqual({word.split("=")[0] for word in asked[0]}, {"SERVICE", "VIGIL_COMMIT", "VIGIL_VERSION"})

    def test_a_host_whose_key_is_not_known_is_not_reached(self):
        self.refuses("the host key of gate.example is not known", "reach", "true", SSH_HOST="gate.example", SSH_USER="ci", SSH_KEY="-", CLUSTER_CA="-")

    def test_ssh_checks_the_host_key_and_the_password_has_no_place(self):
        text = (shared.DELIVERY / "reach").read_text()
        self.assertIn("StrictHostKeyChecking=yes", text)
        self.assertNotIn("sshpass", text)

    def test_by_hand_a_command_runs_with_the_kubeconfig_that_is_there(self):
        done = shared.run("reach", "sh", "-c", "echo $KUBECONFIG", **self.settings, KUBECONFIG="/mine", API_SERVER="", SSH_HOST="")
        self.assertEqual(done.stdout, "/mine\n")

    def test_from_outside_it_asks_as_who_it_is_by_the_certificate_s_own_name(self):
        done = shared.run("reach", "sh", "-c", 'cat "$KUBECONFIG"; stat -c %a "$KUBECONFIG"', **self.settings, API_SERVER="https://tunnel.example:1234", SSH_HOST="", CLUSTER_CA="CA")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn('"tls-server-name": "kubernetes.default"', done.stdout)
        self.assertIn("github_token", done.stdout)
        self.assertTrue(done.stdout.endswith("600\n"))


if __name__ == "__main__":
    unittest.main(verbosity=1)
