"""On a real registry: a digest is promoted and nothing else, and what the key did not sign is refused."""
import base64
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import shared

CRANE = shared.program("CRANE", "tools/crane")


class OnARegistry(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.registry = shared.Registry(CRANE)
        cls.addClassCleanup(cls.registry.close)

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        self.private, self.public = shared.make_keys(self.folder)

    def step(self, name, *words, **settings):
        return shared.run(name, *words, CRANE=CRANE, IMAGES=self.registry.images, **{"COMMIT": "c1", **settings})

    def refused(self, done, sentence):
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn(sentence, done.stderr)

    def test_the_digest_that_was_tried_gets_the_release_tag(self):
        image = self.registry.push(self.folder, "promoted", "test-p1")
        done = self.step("promote", "ward", image, COMMIT="p1", RELEASE_TAG="1.0.0")
        self.assertEqual((done.returncode, done.stdout.strip()), (0, image), done.stderr)
        self.assertEqual(self.registry.ask("digest", f"{self.registry.images}/vigil-ward:1.0.0"), image.split("@")[1])
        self.assertEqual(self.step("promote", "ward", image, COMMIT="p1", RELEASE_TAG="1.0.0").returncode, 0, "a second time changes nothing")

    def test_another_digest_is_refused(self):
        image = self.registry.push(self.folder, "tried", "test-p2")
        self.registry.push(self.folder, "pushed after the trial", "test-p2")
        self.refused(self.step("promote", "ward", image, COMMIT="p2", RELEASE_TAG="2.0.0"), "was tried out")
        other = self.registry.push(self.folder, "another release", "test-p3")
        self.registry.push(self.folder, "the release that is there", "3.0.0")
        self.refused(self.step("promote", "ward", other, COMMIT="p3", RELEASE_TAG="3.0.0"), "the tag 3.0.0 is taken")
        self.refused(self.step("promote", "ward", other, COMMIT="never", RELEASE_TAG="4.0.0"), "is nothing by now")

    def sbom(self):
        place = shared.TOP / "build/images/vigil-ward.spdx.json"
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(json.dumps({"spdxVersion": "SPDX-2.3", "packages": []}))
            self.addCleanup(place.unlink)
        return json.loads(place.read_text())

    def test_what_is_signed_with_its_sbom_and_provenance_is_taken(self):
        sbom, image = self.sbom(), self.registry.push(self.folder, "signed", "test-s1")
        done = self.step("sign", "ward", image, SIGNING_KEY=self.private)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.step("check_signature", image, SIGNING_PUBLIC_KEY=self.public)
        self.assertEqual(done.returncode, 0, done.stderr)
        attested = self.registry.ask("verify-attestation", "--key", self.public, image)
        self.assertEqual(json.loads(attested), sbom)
        provenance = json.loads(self.registry.ask("verify-attestation", "--key", self.public, "--type", "https://slsa.dev/provenance/v1", image))
        self.assertRegex(provenance["buildDefinition"]["resolvedDependencies"][0]["digest"]["gitCommit"], "^[0-9a-f]{40}$")

    def test_what_is_not_signed_or_by_another_key_or_for_another_image_is_refused(self):
        self.sbom()
        unsigned = self.registry.push(self.folder, "unsigned", "test-s2")
        self.refused(self.step("check_signature", unsigned, SIGNING_PUBLIC_KEY=self.public), "is not signed by")
        other_private, _ = shared.make_keys(self.folder, "other")
        foreign = self.registry.push(self.folder, "signed by another", "test-s3")
        self.assertEqual(self.step("sign", "ward", foreign, SIGNING_KEY=other_private).returncode, 0)
        self.refused(self.step("check_signature", foreign, SIGNING_PUBLIC_KEY=self.public), "is not signed by")
        # a signature that is good, of another image, put where this one's would be
        good = self.registry.push(self.folder, "good", "test-s4")
        self.assertEqual(self.step("sign", "ward", good, SIGNING_KEY=self.private).returncode, 0)
        for ending in (".sig", ".att"):
            tag = lambda image: image.replace("@sha256:", ":sha256-") + ending
            self.registry.ask("copy", tag(good), tag(unsigned))
        self.refused(self.step("check_signature", unsigned, SIGNING_PUBLIC_KEY=self.public), "is not signed by")

    def test_an_image_that_is_signed_and_says_nothing_of_what_is_in_it_is_refused(self):
        image = self.registry.push(self.folder, "without an SBOM", "test-s5")
        self.registry.ask("sign", "--key", self.private, image)
        self.refused(self.step("check_signature", image, SIGNING_PUBLIC_KEY=self.public), "has no https://spdx.dev/Document")

    def test_openssl_agrees_with_the_signature(self):
        image = self.registry.push(self.folder, "looked at by another program", "test-s6")
        self.registry.ask("sign", "--key", self.private, image)
        layer = json.loads(self.registry.ask("manifest", image.replace("@sha256:", ":sha256-") + ".sig"))["layers"][0]
        (self.folder / "signature").write_bytes(base64.b64decode(layer["annotations"]["dev.cosignproject.cosign/signature"]))
        payload = subprocess.run([CRANE, "blob", f"{image.split('@')[0]}@{layer['digest']}"], capture_output=True, check=True).stdout
        (self.folder / "payload").write_bytes(payload)
        verified = subprocess.run(["openssl", "dgst", "-sha256", "-verify", self.public, "-signature", self.folder / "signature", self.folder / "payload"],
                                  capture_output=True, check=False)
        self.assertEqual(verified.returncode, 0, verified.stderr)
        self.assertEqual(json.loads(payload)["critical"]["image"]["docker-manifest-digest"], image.split("@")[1])

    def test_cosign_takes_what_we_sign_and_nothing_else(self):
        cosign = os.environ.get("COSIGN") or self.skipTest("COSIGN is not set (tools/cosign prints it)")

        def ask(key, image, *words):
            """Without the transparency log, and on a registry without TLS."""
            return subprocess.run([cosign, *words, "--key", key, "--insecure-ignore-tlog", "--allow-http-registry", "--allow-insecure-registry", image],
                                  env={**os.environ, "HOME": str(self.folder)}, capture_output=True, text=True, check=False, timeout=120)
        self.sbom()
        image = self.registry.push(self.folder, "looked at by cosign", "test-s7")
        self.assertEqual(self.step("sign", "ward", image, SIGNING_KEY=self.private).returncode, 0)
        _, other = shared.make_keys(self.folder, "other")
        for words in (["verify"], ["verify-attestation", "--type", "spdxjson"], ["verify-attestation", "--type", "slsaprovenance1"]):
            with self.subTest(words=words):
                taken = ask(self.public, image, *words)
                self.assertEqual(taken.returncode, 0, taken.stderr)
                self.assertNotEqual(ask(other, image, *words).returncode, 0)
        unsigned = self.registry.push(self.folder, "that nobody signed", "test-s8")
        self.assertNotEqual(ask(self.public, unsigned, "verify").returncode, 0)


if __name__ == "__main__":
    unittest.main(verbosity=1)
