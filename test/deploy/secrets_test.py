"""deploy/secrets makes each secret once, and every Secret and key that a pod reads; nothing secret stands in the repository."""
import base64
import pathlib
import re
import stat
import subprocess
import tempfile
import unittest

import yaml

import policy
import rendered

SCRIPT = rendered.ROOT / "deploy/secrets"
# cert-manager's and the operator's own: not made here
ELSEWHERE = {"second-way"}


class Secrets(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name) / "secrets"

    def printed(self, *options):
        return subprocess.run([SCRIPT, "--folder", self.folder, "--print", *options], capture_output=True, text=True, check=True).stdout

    def secrets(self, *options):
        return {one["metadata"]["name"]: one for one in yaml.safe_load_all(self.printed(*options)) if one}

    def test_a_second_run_changes_nothing_and_another_folder_everything(self):
        first = self.printed()
        self.assertEqual(self.printed(), first)
        (self.folder / "store-records").unlink()
        changed = self.secrets()
        before = {one["metadata"]["name"]: one for one in yaml.safe_load_all(first) if one}
        self.assertEqual({name for name in before if changed[name] != before[name]}, {"mariadb", "records"})
        other = self.folder
        self.folder = other.with_name("other")
        self.assertNotEqual(self.secrets()["installation"], before["installation"])

    def test_certificates_are_renewed_by_the_same_authority_and_nothing_else_is(self):
        before, after = self.secrets(), self.secrets("--renew-certificates")
        self.assertEqual({name for name in before if before[name] != after[name]}, {"nats", "mariadb", "page-tls", "intake-tls"})
        for name, host in (("nats", "nats-0.nats"), ("mariadb", "mariadb"), ("page", "healtcare-cluster.com"), ("intake", "realtime-data.com")):
            done = subprocess.run(["openssl", "verify", "-CAfile", self.folder / "ca.crt", "-verify_hostname", host, self.folder / f"{name}.crt"], capture_output=True, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)

    def test_every_secret_that_a_pod_reads_is_made_with_its_keys(self):
        made = self.secrets()
        self.assertEqual(len(base64.b64decode(made["installation"]["data"]["secret"])), 32)
        for name in rendered.OVERLAYS:
            documents = rendered.overlay(name)
            for secret, keys in policy.secret_names(documents).items():
                with self.subTest(overlay=name, secret=secret):
                    self.assertIn(secret, set(made) | ELSEWHERE)
                    self.assertLessEqual(keys, set(made.get(secret, {}).get("data", {})) if secret in made else keys)
            hosts = {one["secretName"] for ingress in rendered.of_kind(documents, "Ingress") for one in ingress["spec"].get("tls", [])}
            self.assertLessEqual(hosts, set(made))

    def test_only_their_owner_reads_them(self):
        self.printed()
        for path in [self.folder, *self.folder.iterdir()]:
            self.assertEqual(stat.S_IMODE(path.stat().st_mode) & 0o077, 0, path)

    def test_wrong_words_are_refused(self):
        for words in (["--hosts", "one"], ["--what"]):
            self.assertEqual(subprocess.run([SCRIPT, "--folder", self.folder, *words], capture_output=True, check=False).returncode, 2)

    def test_nothing_secret_stands_in_the_repository(self):
        listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=rendered.ROOT, capture_output=True, text=True, check=True).stdout
        marks = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----\n[A-Za-z0-9+/]{20}|^kind: Secret$(?s:.{0,400}?)^(data|stringData):\n\s+\S+: \S", re.M)
        found = []
        for name in listed.splitlines():
            path = rendered.ROOT / name
            if path.is_file() and path.stat().st_size < 1 << 20 and marks.search(path.read_bytes().decode(errors="replace")):
                found.append(name)
        self.assertEqual(found, [])
        self.assertTrue(marks.search("-----BEGIN PRIVATE KEY-----\n" + "A" * 40))
        self.assertTrue(marks.search("kind: Secret\nmetadata: {name: x}\ndata:\n  password: eA==\n"))


if __name__ == "__main__":
    rendered.program()
    unittest.main(verbosity=1)
