"""The release before, then this one, then the one before again, while a ward plays: the database migrates, nothing is lost, and going back is the same step.

PREVIOUS names the commit of the release before (until there is a tag: the first with manifests); its images are build/images/previous/*.tar (README.md).
"""
import os
import pathlib
import subprocess
import tempfile
import unittest

from cluster import IMAGES, LOAD, TOP, figure, get
from observer import Observer
from ward import NAMESPACE, SERVICES, Ward, secrets_folder

PREVIOUS = os.environ.get("PREVIOUS", "3efd065")


class Release(unittest.TestCase):
    def test_from_the_release_before_to_this_one_and_back(self):
        archives = sorted((IMAGES / "previous").glob("*.tar"))
        if not archives or not LOAD:
            self.skipTest("there are no images of the release before in build/images/previous (README.md says how they are made)")
        subprocess.run([LOAD, *archives], check=True)
        tree = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        archive = subprocess.run(["git", "-C", str(TOP), "archive", PREVIOUS, "deploy"], check=True, capture_output=True).stdout
        subprocess.run(["tar", "-x", "-C", str(tree)], check=True, input=archive)
        before = self.tagged(tree, subprocess.run(["git", "-C", str(TOP), "rev-parse", "--short=12", PREVIOUS], check=True, capture_output=True, text=True).stdout.strip())

        Ward.remove()
        ward = Ward("two-machines", secrets_folder())
        now = ward.overlay
        ward.overlay = before
        ward.install()
        had_away = any(one["metadata"]["name"] == "away" for one in get("-n", NAMESPACE, "deployments")["items"])
        with Observer(ward, 20) as seen:
            for name, overlay in (("this release", now), ("the release before", before), ("this release again", now)):
                with self.subTest(to=name):
                    seen.notes.wrong.clear()
                    ward.apply(overlay)
                    ward.wait_until_ready()
                    if not had_away:  # until now the entry was that of the release before, which leaves a service without a pod to the controller
                        seen.notes.wrong.clear()
                    took = seen.wait_until_well(180)
                    if overlay == now or had_away:
                        seen.check_answers()
                    blocks, values = seen.check_stored()
                    figure(f"apply of {name}", f"well {took:.0f} s after all pods were ready; {blocks} blocks and {values} heart rates acknowledged until then, all stored")
        seen.check_stored()

    @staticmethod
    def tagged(tree, tag):
        """The overlay of that tree with its own images."""
        folder = tree / "previous"
        folder.mkdir()
        images = "".join(f"- {{name: localhost/vigil-{service}, newTag: {tag}}}\n" for service in SERVICES)
        (folder / "kustomization.yaml").write_text(
            f"apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../deploy/overlays/two-machines]\nimages:\n{images}")
        return folder


if __name__ == "__main__":
    unittest.main()
