"""tools/version, deploy/release/check and the manifests of a release, each in a small repository of its own."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test/delivery"))
import shared  # noqa: E402

WHO = {f"GIT_{who}_{what}": "somebody" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
PLAIN = {name: text for name, text in os.environ.items() if not name.startswith(("GIT_", "VIGIL_VERSION", "SOURCE_DATE_EPOCH", "IMAGES"))}


class Repository(unittest.TestCase):
    COPIED = ("tools/version",)

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for path in self.COPIED:
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            copy = shutil.copytree if (TOP / path).is_dir() else shutil.copy2
            copy(TOP / path, place)
        for file in (self.folder / "deploy/overlays").glob("*/kustomization.yaml"):
            file.write_text(file.read_text().replace("newTag: 0.1.0", "newTag: 0.2.0"))
        self.write("CHANGELOG.md", "# Changelog\n\n## Unreleased\n- Next.\n\n## 0.2.0\n- This.\n")
        self.git("init", "-q")
        self.commit("one")

    def write(self, path, text):
        (self.folder / path).write_text(text)

    def git(self, *words):
        done = self.ask("git", *words)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)

    def tag(self, name):
        self.git("tag", "-a", name, "-m", name)

    def ask(self, *words, **settings):
        environment = {**PLAIN, **WHO, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", **settings}
        return subprocess.run(words, cwd=self.folder, env=environment, capture_output=True, text=True, check=False, timeout=120)

    def version(self, *words, **settings):
        return self.ask("tools/version", *words, **settings).stdout.strip()


class Versions(Repository):
    def test_where_there_is_no_tag_it_is_before_the_first_and_counts_commits(self):
        hashed = self.git("rev-parse", "--short=7", "HEAD")
        self.assertEqual(self.version(), f"0.1.0~1.g{hashed}")
        self.assertEqual(self.version("--tag"), f"0.1.0-1.g{hashed}")

    def test_at_a_tag_it_is_the_tags_and_after_it_counts_commits(self):
        self.tag("v0.2.0")
        self.assertEqual((self.version(), self.version("--tag")), ("0.2.0", "0.2.0"))
        self.commit("two")
        self.commit("three")
        hashed = self.git("rev-parse", "--short=7", "HEAD")
        self.assertEqual(self.version(), f"0.2.0+2.g{hashed}")
        self.assertEqual(self.version("--tag"), f"0.2.0-2.g{hashed}")

    def test_other_tags_are_no_versions(self):
        self.tag("v0.2.0")
        self.commit("two")
        for name in ("v0.3.0-rc.1", "nightly", "v1"):
            self.tag(name)
        self.assertRegex(self.version(), r"^0\.2\.0\+1\.g[0-9a-f]{7}$")

    def test_what_no_commit_has_is_said(self):
        self.write("CHANGELOG.md", "other\n")
        self.assertRegex(self.version(), r"^0\.1\.0~1\.g[0-9a-f]{7}\.changed$")
        self.commit("two")
        self.tag("v0.2.0")
        self.write("CHANGELOG.md", "third\n")
        self.assertEqual(self.version(), "0.2.0+changed")

    def test_debian_sorts_versions_as_they_follow_each_other(self):
        found = [self.version()]
        self.commit("two")
        found.append(self.version())
        for tag in ("v0.2.0", "v0.10.0"):
            self.tag(tag)
            found.append(self.version())
            for message in ("two", "three"):
                self.commit(message)
                found.append(self.version())
        self.assertEqual([found[2], found[5]], ["0.2.0", "0.10.0"])
        for one, next_one in zip(found, found[1:]):
            done = subprocess.run(["dpkg", "--compare-versions", one, "lt", next_one], capture_output=True, text=True, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, ""), f"{one} is not before {next_one}")

    def test_without_git_it_is_what_the_environment_says(self):
        shutil.rmtree(self.folder / ".git")
        done = self.ask("tools/version", GIT_CEILING_DIRECTORIES=str(self.folder.parent))
        self.assertEqual(done.stdout.strip(), "0.1.0~unknown")
        self.assertIn("VIGIL_VERSION may say it", done.stderr)
        self.assertEqual(self.version("--tag", VIGIL_VERSION="0.2.0+3.gabc"), "0.2.0-3.gabc")

    def test_the_source_is_written_anew_only_where_the_version_is_another(self):
        source = self.folder / "version.cpp"
        self.version("--write", str(source))
        self.assertIn(f'"{self.version()}"', source.read_text())
        os.utime(source, (1, 1))
        self.version("--write", str(source))
        self.assertEqual(source.stat().st_mtime, 1)
        self.tag("v0.2.0")
        self.version("--write", str(source))
        self.assertIn('"0.2.0"', source.read_text())


class Refusals(Repository):
    COPIED = ("tools/version", "deploy/release", "deploy/overlays")

    def refused(self, words):
        done = self.ask("deploy/release/check")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn(words, done.stderr)

    def test_a_tag_with_its_section_and_a_commit_after_it_are_released(self):
        self.tag("v0.2.0")
        self.assertEqual(self.ask("deploy/release/check").stdout, "0.2.0\n")
        self.commit("two")
        self.assertRegex(self.ask("deploy/release/check").stdout, r"^0\.2\.0\+1\.")

    def test_a_tree_with_changes_is_refused(self):
        self.write("CHANGELOG.md", "other\n")
        self.refused("changes that no commit has; commit, remove or ignore these: CHANGELOG.md")
        self.git("checkout", "-q", "CHANGELOG.md")
        self.write("new.cpp", "")
        self.refused("new.cpp")

    def test_a_tag_that_the_changelog_has_no_section_of_is_refused(self):
        self.tag("v0.2.1")
        self.refused('CHANGELOG.md has no section of v0.2.1; name what is under "Unreleased" "## 0.2.1"')

    def test_a_section_whose_name_only_begins_so_is_none(self):
        self.write("CHANGELOG.md", "## 0.2.01\n## 0.2.0.1\n")
        self.commit("two")
        self.tag("v0.2.0")
        self.refused("no section of v0.2.0")

    def test_a_tag_that_the_overlays_do_not_name_is_refused(self):
        self.write("CHANGELOG.md", "## 0.3.0\n")
        self.commit("two")
        self.tag("v0.3.0")
        self.refused("the overlays name 0.2.0 and the tag v0.3.0; sed -i")

    def test_a_tag_of_another_form_is_refused(self):
        self.tag("v0.2")
        self.refused("v0.2 is not vMAJOR.MINOR.PATCH")


class Manifests(Repository):
    COPIED = ("tools/version", "deploy", "LICENSE")
    OURS = ("eeg-intake", "heart-intake", "detector", "records", "ward")

    def manifests(self, **settings):
        kustomize = os.environ.get("KUSTOMIZE") or self.skipTest("KUSTOMIZE is not set (tools/kustomize prints it)")
        out = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        done = self.ask("deploy/release/manifests", str(out), KUSTOMIZE=kustomize, **settings)
        self.assertEqual(done.returncode, 0, done.stderr)
        return out

    def images(self, file):
        return set(re.findall(r"image: (\S+)", file.read_text()))

    def test_each_overlay_names_the_version_and_another_cluster_gets_the_same_by_the_archive(self):
        self.tag("v0.2.0")
        self.commit("two")
        tag, version = self.version("--tag"), self.version()
        out = self.manifests()
        names = {path.name for path in (TOP / "deploy/overlays").iterdir()}
        self.assertEqual({path.name for path in out.glob("*.yaml")}, {f"vigil-{version}-{name}.yaml" for name in names})
        for name in names:
            images = self.images(out / f"vigil-{version}-{name}.yaml")
            self.assertLessEqual({f"localhost/vigil-{service}:{tag}" for service in self.OURS}, images)
            self.assertEqual({image for image in images if not image.endswith(f":{tag}")}, {"localhost/vigil-nats:2.15.2", "localhost/vigil-mariadb:11.8"})
        with tarfile.open(out / f"vigil-{version}-manifests.tar.gz") as archive:
            text = archive.extractfile(f"vigil-{version}-manifests/deploy/overlays/production/kustomization.yaml").read().decode()
            self.assertEqual({(entry.uname, entry.uid) for entry in archive}, {("", 0)})
        self.assertIn(f'{{name: localhost/vigil-checks, newTag: "{tag}"}}', text)
        again = self.manifests()
        for file in out.iterdir():
            self.assertEqual(file.read_bytes(), (again / file.name).read_bytes(), file.name)

    def test_from_a_registry_they_are_named_by_digest_and_a_version_is_pushed_once(self):
        registry = shared.Registry(os.environ.get("CRANE") or self.skipTest("CRANE is not set (tools/crane prints it)"))
        self.addCleanup(registry.close)
        self.tag("v0.2.0")
        settings = {"IMAGES": registry.images, "CRANE": registry.crane}
        archives = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.archive(archives, "ward", "the ward")
        self.archive(archives, "nats", "the journal")
        for _ in range(2):
            done = self.ask("deploy/release/push", str(archives), **settings)
            self.assertEqual(done.returncode, 0, done.stderr)
        images = self.images(self.manifests(**settings) / "vigil-0.2.0-laptop.yaml")
        for name, tag in (("ward", "0.2.0"), ("nats", "2.15.2")):
            place = f"{registry.images}/vigil-{name}"
            self.assertIn(f"{place}@{registry.ask('digest', f'{place}:{tag}')}", images)
        self.assertIn(f"{registry.images}/vigil-records:0.2.0", images, "one that the registry does not have is named by its tag")
        self.archive(archives, "ward", "another ward")
        done = self.ask("deploy/release/push", str(archives), **settings)
        self.assertEqual(done.returncode, 1)
        self.assertIn("a version is never another image", done.stderr)

    def archive(self, folder, name, text):
        (folder / "file").write_text(text)
        subprocess.run([sys.executable, "-B", TOP / "deploy/images/write_image.py", folder / f"vigil-{name}.tar", "--tag", "localhost/a:1", "--file", f"{folder / 'file'}=/file"],
                       check=True, capture_output=True)


if __name__ == "__main__":
    unittest.main(verbosity=1)
