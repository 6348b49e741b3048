"""A registry of this machine that the nodes pull from, what is pushed to it, the keys that sign it, and the admission policy that lets in nothing else. Used by
delivery_test.py and admission_test.py."""
import csv
import io
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import unittest

from cluster import IMAGES, TOP, kubectl
from ward import SERVERS, SERVICES

sys.path.insert(0, str(TOP / "test/delivery"))
import shared  # noqa: E402


def open_place():
    """For a module's tests."""
    trust = os.environ.get("CLUSTER_TRUST")
    if not trust:
        raise unittest.SkipTest("nodes of a cluster of your own do not pull from a registry of this machine")
    missing = [name for name in (*SERVICES, *SERVERS, "checks") if not (IMAGES / f"vigil-{name}.tar").exists()]
    if missing:
        raise unittest.SkipTest(f"there are no images of {', '.join(missing)}; make images makes them")
    folder = pathlib.Path(unittest.enterModuleContext(tempfile.TemporaryDirectory()))
    host, port = subprocess.run([trust, str(shared.free_port())], check=True, capture_output=True, text=True).stdout.strip().split(":")
    place = Place(shared.Registry(built("tools/crane"), host, int(port)), folder)
    unittest.addModuleCleanup(place.registry.close)
    place.admit("apply")
    unittest.addModuleCleanup(place.admit, "delete")
    return place


def built(*words):
    path = subprocess.run([TOP / words[0], *words[1:]], check=True, capture_output=True, text=True).stdout.strip()
    if not path:
        raise unittest.SkipTest(f"{words[0]} prints no program: there is no Go")
    return path


class Place:
    """`keys` are (private, public)."""

    def __init__(self, registry, folder):
        self.registry, self.images, self.ask, self.pushed = registry, registry.images, registry.ask, set()
        self.folder, self.keys = folder, shared.make_keys(folder)

    def admit(self, verb):
        """The policy, with this registry as its place."""
        kubectl(verb, "-f", "-", stdin=kubectl("kustomize", TOP / "deploy/delivery/admission").replace("docker.io/example", self.images))

    def pinned(self, service, tag):
        name = f"{self.images}/vigil-{service}"
        return f"{name}@{self.ask('digest', f'{name}:{tag}')}"

    def push(self, service):
        """What lies in build/images."""
        name = f"{self.images}/vigil-{service}:built"
        if name not in self.pushed:
            self.ask("push", str(IMAGES / f"vigil-{service}.tar"), name)
            self.pushed.add(name)
        return self.pinned(service, "built")

    def change(self, service, tag, *words):
        """That with a label, or another entrypoint."""
        self.ask("mutate", self.push(service), *words, "-t", f"{self.images}/vigil-{service}:{tag}")
        return self.pinned(service, tag)

    def restart(self, service, tag, *words):
        """The good image, started with other words."""
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(words)
        return self.change(service, tag, "--entrypoint", line.getvalue())

    def worsen(self, service, tag, *words):
        """The good image with `worse` before its program."""
        layer = self.folder / "worse.tar"
        with tarfile.open(layer, "w") as tar:
            tar.add(built("tools/go_program", "worse", TOP / "test/cluster/worse", ".", "bad releases"), "worse")
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow(["/worse", *words, f"/usr/local/bin/{service}"])
        return self.change(service, tag, "--append", str(layer), "--entrypoint", line.getvalue())
