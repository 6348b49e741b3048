"""Tests of how images are made: their files, their archives, and what their SBOMs say. Needs Debian 13 (tools/in_root)."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import sbom  # noqa: E402
from debian_root import DebianSystem, ImageRoot, add_base, libraries_of  # noqa: E402

TOP = HERE.parent.parent


def write_image(folder, out, *more, epoch="1000000000"):
    command = [sys.executable, "-B", str(HERE / "write_image.py"), str(out), "--tag", "localhost/a:1", "--layer", str(folder), *more]
    return json.loads(subprocess.run(command, env={**os.environ, "SOURCE_DATE_EPOCH": epoch}, capture_output=True, text=True, check=True).stdout)


class Archives(unittest.TestCase):
    def setUp(self):
        # a file system that lists files in the order of their making, where there is one
        where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(dir=where)))

    def tree(self, name, order):
        root = self.folder / name
        for path in order:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(path)
        os.symlink("b", root / "link")
        return root

    def test_the_same_files_give_the_same_bytes_whenever_and_in_whatever_order_they_were_made(self):
        one, other = self.tree("one", ["a", "b", "d/c"]), self.tree("other", ["d/c", "b", "a"])
        os.utime(other / "a", (1, 1))
        (other / "b").unlink()
        os.link(self.tree("third", ["b"]) / "b", other / "b")
        write_image(one, self.folder / "one.tar")
        write_image(other, self.folder / "other.tar")
        self.assertEqual((self.folder / "one.tar").read_bytes(), (self.folder / "other.tar").read_bytes())

    def test_the_archive_is_what_docker_load_reads(self):
        answer = write_image(self.tree("root", ["a", "d/c"]), self.folder / "a.tar", "--user", "10001:10001", "--entrypoint", "/a", "--owner", "/d=10001")
        with tarfile.open(self.folder / "a.tar") as archive:
            manifest = json.load(archive.extractfile("manifest.json"))[0]
            config = json.load(archive.extractfile(manifest["Config"]))
            with tarfile.open(fileobj=archive.extractfile(manifest["Layers"][0])) as layer:
                entries = {entry.name: entry for entry in layer}
        self.assertEqual(manifest["RepoTags"], ["localhost/a:1"])
        self.assertEqual(manifest["Config"], answer["id"] + ".json")
        self.assertEqual(config["config"]["User"], "10001:10001")
        self.assertEqual(config["rootfs"]["diff_ids"], ["sha256:" + manifest["Layers"][0].split("/")[0]])
        self.assertEqual({name: entry.uid for name, entry in entries.items()}, {"a": 0, "link": 0, "d": 10001, "d/c": 0})
        self.assertEqual({entry.mtime for entry in entries.values()}, {1000000000})


class Roots(unittest.TestCase):
    """A program of Debian stands for ours: what it is does not matter here."""

    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.system = DebianSystem("/")
        cls.root = ImageRoot(cls.system, cls.folder / "root")
        add_base(cls.root)
        cls.root.add_ours("/usr/bin/sqlite3", "/usr/local/bin/records")
        cls.root.describe_packages()

    def inside(self, path):
        return self.folder / "root" / path

    def test_the_loader_finds_every_library_in_the_image_itself(self):
        needed = libraries_of("/usr/bin/sqlite3")
        self.assertIn("libc.so.6", needed)
        libraries = self.inside("usr/lib/x86_64-linux-gnu")
        text = subprocess.run([self.inside("usr/lib64/ld-linux-x86-64.so.2"), "--inhibit-cache", "--library-path", libraries, "--list",
                               self.inside("usr/local/bin/records")], capture_output=True, text=True, check=True).stdout
        for name in needed:
            if not name.startswith("ld-linux"):
                self.assertRegex(text, rf"{re.escape(name)} => {re.escape(str(libraries))}/")

    def test_a_library_that_is_not_installed_is_said(self):
        broken = self.folder / "broken"
        broken.write_bytes(pathlib.Path("/usr/bin/sqlite3").read_bytes().replace(b"libsqlite3.so.0", b"libsqliteX.so.0"))
        broken.chmod(0o755)
        with self.assertRaisesRegex(SystemExit, "needs libsqliteX.so.0"):
            libraries_of(str(broken))

    def test_there_is_no_shell_and_a_user_without_rights(self):
        names = {path.name for path in self.inside("usr/bin").glob("*")} | {path.name for path in self.inside("usr/sbin").glob("*")}
        self.assertEqual(names, set())
        self.assertIn("vigil:x:10001:10001:", self.inside("etc/passwd").read_text())
        self.assertEqual(os.readlink(self.inside("lib64")), "usr/lib64")

    def test_certificates_and_time_zones_are_there(self):
        self.assertGreater(self.inside("etc/ssl/certs/ca-certificates.crt").read_text().count("BEGIN CERTIFICATE"), 100)
        self.assertTrue(self.inside("usr/share/zoneinfo/Europe/Rome").exists())

    def test_every_package_has_its_licence_and_dpkgs_entry(self):
        self.assertLessEqual({"libc6", "libsqlite3-0", "ca-certificates", "tzdata"}, self.root.packages)
        for package in self.root.packages:
            self.assertTrue(self.inside(f"usr/share/doc/{package}/copyright").stat().st_size, package)
            self.assertIn(f"Package: {package}\n", self.inside(f"var/lib/dpkg/status.d/{package}").read_text())

    def test_an_upper_layer_has_nothing_of_the_lower(self):
        upper = ImageRoot(self.system, self.folder / "upper", below=[self.root])
        upper.add_ours("/usr/bin/jq", "/usr/local/bin/detector")
        upper.describe_packages()
        files = {str(path.relative_to(upper.folder)) for path in upper.folder.rglob("*") if not path.is_dir()}
        self.assertIn("usr/local/bin/detector", files)
        self.assertEqual([name for name in files if self.inside(name).exists()], [])
        self.assertIn("libjq1", upper.packages)

    def test_its_sbom_is_valid_and_names_every_package(self):
        licences = sbom.Licences()
        contained = [sbom.debian_package(self.system, licences, name) for name in sorted(self.root.every_package())]
        about = {"licence": "Apache-2.0", "commit": "0123456789ab", "more": {}}
        text = sbom.document("vigil-records", "0.1.0", "2026-01-01T00:00:00Z", contained, [], licences, about)
        self.assertEqual(faults_of(text), [])
        self.assertEqual({package["name"] for package in text["packages"]}, self.root.packages | {"vigil-records"})
        broken = json.loads(json.dumps(text))
        broken["packages"][1]["SPDXID"] = "SPDXRef-nobody"
        broken["packages"][2]["licenseDeclared"] = "LicenseRef-unknown"
        del broken["creationInfo"]["created"]
        self.assertEqual(len(faults_of(broken)), 3, "the rules of this test notice what is wrong")


class Licences(unittest.TestCase):
    def test_names_of_debian_become_expressions_of_spdx(self):
        licences = sbom.Licences()
        text = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nLicense: GPL-2+ or Artistic\n\n" \
               "Files: b\nLicense: Expat and BSD-3-clause\n\nFiles: c\nLicense: Univ-Coimbra\n"
        self.assertEqual(licences.of_copyright(text), "(GPL-2.0-or-later OR Artistic-1.0-Perl) AND BSD-3-Clause AND LicenseRef-Debian-Univ-Coimbra AND MIT")
        self.assertEqual(licences.others, {"LicenseRef-Debian-Univ-Coimbra": "Univ-Coimbra"})
        self.assertEqual(licences.of_copyright("This is prose."), "NOASSERTION")

    def test_each_module_of_nats_server_has_a_licence(self):
        modules = sbom.go_modules((HERE / "nats-server/go.mod").read_text())
        self.assertGreater(len(modules), 5)
        self.assertEqual([module["name"] for module in modules if module["licenseDeclared"] == "NOASSERTION"], [])

    def test_what_is_compiled_in_is_read_from_the_page_of_licences(self):
        names = sbom.compiled_in((TOP / "docs/licences.md").read_text())
        self.assertIn("libboost1.88-dev", names)
        self.assertNotIn("libssl3t64", names)


class Built(unittest.TestCase):
    """What `make images` left, where it left something."""

    def test_the_sbom_beside_each_image_is_valid_and_is_in_it(self):
        files = sorted((TOP / "build/images").glob("*.spdx.json"))
        if not files:
            self.skipTest("there are no images; make images makes them")
        for file in files:
            with self.subTest(file.name):
                self.assertEqual(faults_of(json.loads(file.read_text())), [])
                with tarfile.open(file.with_name(file.name.replace(".spdx.json", ".tar"))) as archive:
                    top = json.load(archive.extractfile("manifest.json"))[0]["Layers"][-1]
                    with tarfile.open(fileobj=archive.extractfile(top)) as layer:
                        self.assertEqual(layer.extractfile(f"usr/share/doc/vigil/{file.name}").read(), file.read_bytes())


# source  spdx.github.io/spdx-spec/v2.3, sections 6, 7, 10, 11 and annex D
def faults_of(text):
    faults = [f"no {key}" for key in ("spdxVersion", "dataLicense", "SPDXID", "name", "documentNamespace", "creationInfo", "packages", "relationships") if key not in text]
    if text["spdxVersion"] != "SPDX-2.3" or text["dataLicense"] != "CC0-1.0" or text["SPDXID"] != "SPDXRef-DOCUMENT":
        faults.append("not an SPDX 2.3 document")
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", text["creationInfo"].get("created", "")):
        faults.append("no time of creation")
    if not all(re.match(r"(Tool|Organization|Person): \S", creator) for creator in text["creationInfo"]["creators"]):
        faults.append("a creator of no kind")
    if not re.fullmatch(r"https?://[^#\s]+", text["documentNamespace"]):
        faults.append("the namespace is no URI")
    known = {"SPDXRef-DOCUMENT"} | {package["SPDXID"] for package in text["packages"]}
    if len(known) != len(text["packages"]) + 1:
        faults.append("two packages with one id")
    references = {entry["licenseId"] for entry in text["hasExtractedLicensingInfos"]}
    spdx = set(sbom.DEBIAN_NAMES.values()) | {"NOASSERTION", "NONE"} | references
    for package in text["packages"]:
        name = package.get("name", "?")
        faults += [f"{name}: no {key}" for key in ("name", "SPDXID", "downloadLocation", "versionInfo", "licenseDeclared", "licenseConcluded") if not package.get(key)]
        if not re.fullmatch(r"SPDXRef-[A-Za-z0-9.-]+", package["SPDXID"]):
            faults.append(f"{name}: its id is not one")
        words = set(re.findall(r"[^\s()]+", package["licenseDeclared"])) - {"AND", "OR"}
        faults += [f"{name}: {word} is no licence" for word in sorted(words - spdx)]
        if not all(re.match(r"pkg:[a-z]+/\S+@\S+", reference["referenceLocator"]) for reference in package["externalRefs"]):
            faults.append(f"{name}: no purl")
    ends = {end for relation in text["relationships"] for end in (relation["spdxElementId"], relation["relatedSpdxElement"])}
    faults += [f"a relation to {end}, which is not there" for end in sorted(ends - known)]
    faults += [f"nothing is related to {end}" for end in sorted(known - ends)] if not ends - known else []
    return faults


if __name__ == "__main__":
    unittest.main()
