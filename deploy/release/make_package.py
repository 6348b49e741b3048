#!/usr/bin/env python3
"""Makes the Debian package of the all-in-one: program, service, settings, licences.

    make_package.py --program build/release/bin/vigil --out FOLDER [--debian ROOT]      prints the package's path

Runs inside tools/in_root, whose packages are those that the program was linked with. The same program gives the same bytes: times are
SOURCE_DATE_EPOCH (the commit's time without it). Called by deploy/release/make.
"""
import argparse
import gzip
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
FILES = HERE / "debian"
sys.path.insert(0, str(TOP / "deploy/images"))
import sbom  # noqa: E402
from debian_root import DebianSystem, libraries_of, needed_by  # noqa: E402
from make_images import Release  # noqa: E402

# Beside what it links: certificates and zones that it reads, who makes its user, who runs it.
BESIDE = ("ca-certificates", "tzdata", "systemd | systemd-standalone-sysusers")
MAINTAINER = "The maintainers of Vigil <maintainers@vigil.invalid>"
DESCRIPTION = """EEG and heart rate, live, with detection of epileptic seizures
 Vigil receives EEG and heart rate from the devices that people wear or carry
 implanted, detects epileptic seizures while they happen, keeps every sample,
 and shows it all live to the people on duty: all services in one process,
 and the command line.
 .
 For research and evaluation. It is not a medical device."""


def say_what_libraries_ask_for(system, package):
    """{(library, version): dependency} by the package's shlibs.  source  deb-shlibs(5)"""
    files = sorted((system.folder / "var/lib/dpkg/info").glob(f"{package}*.shlibs"))
    own = [file for file in files if file.name.removesuffix(".shlibs").split(":")[0] == package]
    rows = [line.split(None, 2) for file in own for line in file.read_text(encoding="utf-8").splitlines()]
    return {(row[0], row[1]): row[2] for row in rows if len(row) == 3 and not row[0].endswith(":")}


def name_and_version(soname):
    """libz.so.1 -> (libz, 1); libonnxruntime-1.21.so -> (libonnxruntime, 1.21).  source  deb-shlibs(5)"""
    match = re.fullmatch(r"(.+)\.so\.(.+)", soname) or re.fullmatch(r"(.+)-(\d[^-]*)\.so", soname)
    return (match[1], match[2]) if match else (soname, "")


def dependencies(system, program):
    """What dpkg-shlibdeps says by shlibs files: a package for each library that the program itself names."""
    paths, found = libraries_of(program), set()
    for soname in needed_by(program):
        package = system.owner(os.path.realpath(system.source(paths[soname])).removeprefix(str(system.folder).rstrip("/"))) or system.owner(paths[soname])
        if package is None:
            raise SystemExit(f"make_package: {paths[soname]} is of no Debian package; link the program with what deploy/images/packages/build.txt lists")
        rules = say_what_libraries_ask_for(system, package)
        found.add(rules.get(name_and_version(soname)) or f"{package} (>= {upstream(system.version(package))})")
    return sorted({part.strip() for text in found for part in text.split(",")} | set(BESIDE))


def upstream(version):
    return version.rpartition("-")[0] or version


class Package:
    """A folder that becomes a package: each file with its mode, and nothing of the machine that made it."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True)

    def put(self, path, data, mode=0o644):
        place = self.folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
        place.chmod(mode)

    def put_zipped(self, path, text):
        self.put(path + ".gz", gzip.compress(text.encode(), 9, mtime=0))

    def installed_kib(self):
        # source  Debian Policy 5.6.20: each file rounded up, one for each folder
        entries = [path for path in self.folder.rglob("*") if "DEBIAN" not in path.parts]
        return sum(-(-path.stat().st_size // 1024) if path.is_file() else 1 for path in entries)

    def settle(self, epoch):
        for path in [self.folder, *self.folder.rglob("*")]:
            if path.is_dir():
                path.chmod(0o755)
        for path in sorted(self.folder.rglob("*"), reverse=True):
            os.utime(path, (epoch, epoch))
        os.utime(self.folder, (epoch, epoch))

    def pack(self, out, epoch):
        self.settle(epoch)
        command = ["dpkg-deb", "--root-owner-group", "-Zxz", "--threads-max=1", "--build", self.folder, out]
        subprocess.run(command, env={**os.environ, "SOURCE_DATE_EPOCH": str(epoch)}, check=True, stdout=subprocess.DEVNULL)


def copyright_text():
    """The BSD licence's words are those of docs/licences.md."""
    quoted = [line[1:].strip() for line in (TOP / "docs/licences.md").read_text(encoding="utf-8").splitlines() if line.startswith(">")]
    return (FILES / "copyright").read_text(encoding="utf-8") + "License: BSD-3-Clause\n" + "".join(f" {line or '.'}\n" for line in quoted)


def bill_of_materials(system, release, packages):
    licences = sbom.Licences()
    page = (TOP / "docs/licences.md").read_text(encoding="utf-8")
    asked = [sbom.debian_package(system, licences, name) for name in packages]
    compiled = [sbom.debian_package(system, licences, name) for name in sbom.compiled_in(page)] + [sbom.page_protobuf(TOP)]
    about = {"licence": "Apache-2.0", "commit": release.commit, "purl": f"pkg:deb/vigil@{sbom.quoted(release.version)}?arch=amd64", "purpose": "APPLICATION",
             "has": "DEPENDS_ON", "more": {"comment": f"commit {release.commit}"}}
    return json.dumps(sbom.document("vigil", release.version, release.time(), asked, compiled, licences, about), indent=1, sort_keys=True) + "\n"


def put_documents(package, system, release, asked):
    doc = "usr/share/doc/vigil/"
    package.put(doc + "copyright", copyright_text().encode())
    package.put(doc + "README.Debian", (FILES / "README.Debian").read_bytes())
    package.put_zipped(doc + "CHANGELOG.md", (TOP / "CHANGELOG.md").read_text(encoding="utf-8"))
    package.put_zipped(doc + "licences.md", (TOP / "docs/licences.md").read_text(encoding="utf-8"))
    day = time.strftime("%a, %d %b %Y %H:%M:%S +0000", time.gmtime(release.epoch))
    package.put_zipped(doc + "changelog", f"vigil ({release.version}) trixie; urgency=medium\n\n  * What is new is in CHANGELOG.md.gz.\n\n -- {MAINTAINER}  {day}\n")
    text = bill_of_materials(system, release, [name for name in (re.split(r"[ |]", one)[0] for one in asked) if name in system.status])
    package.put_zipped(doc + "vigil.spdx.json", text)
    page = (FILES / "vigil.1").read_text(encoding="utf-8")
    page = page.replace("@VERSION@", release.version).replace("@DATE@", time.strftime("%Y-%m-%d", time.gmtime(release.epoch)))
    package.put_zipped("usr/share/man/man1/vigil.1", page)
    return text


def put_control(package, release, asked):
    control = [("Package", "vigil"), ("Version", release.version), ("Architecture", "amd64"), ("Maintainer", MAINTAINER), ("Installed-Size", package.installed_kib()),
               ("Depends", ", ".join(asked)), ("Section", "science"), ("Priority", "optional"), ("Description", DESCRIPTION)]
    package.put("DEBIAN/control", "".join(f"{key}: {value}\n" for key, value in control).encode())
    package.put("DEBIAN/conffiles", b"/etc/default/vigil\n")
    for script in ("postinst", "prerm", "postrm"):
        package.put(f"DEBIAN/{script}", (FILES / script).read_bytes(), 0o755)
    files = sorted(path for path in package.folder.rglob("*") if path.is_file() and "DEBIAN" not in path.parts)
    sums = subprocess.run(["md5sum", *(path.relative_to(package.folder) for path in files)], cwd=package.folder, capture_output=True, text=True, check=True)
    package.put("DEBIAN/md5sums", sums.stdout.encode())


def make(program, out, system):
    release = Release()
    with tempfile.TemporaryDirectory() as work:
        package = Package(pathlib.Path(work) / "vigil")
        asked = dependencies(system, program)
        stripped = pathlib.Path(work) / "program"
        subprocess.run(["strip", "-o", stripped, program], check=True)
        package.put("usr/bin/vigil", stripped.read_bytes(), 0o755)
        package.put("usr/lib/systemd/system/vigil.service", (FILES / "vigil.service").read_bytes())
        package.put("usr/lib/sysusers.d/vigil.conf", (FILES / "vigil.sysusers").read_bytes())
        package.put("etc/default/vigil", (FILES / "vigil.default").read_bytes())
        materials = put_documents(package, system, release, asked)
        put_control(package, release, asked)
        path = pathlib.Path(out) / f"vigil_{release.version}_amd64.deb"
        made = pathlib.Path(work) / path.name
        package.pack(made, release.epoch)
        shutil.move(made, path)
    path.with_suffix(".spdx.json").write_text(materials, encoding="utf-8")
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the optimised program vigil")
    parser.add_argument("--out", required=True, help="the folder of the package")
    parser.add_argument("--debian", default="/", help="the Debian 13 that the program was linked in (%(default)s)")
    options = parser.parse_args()
    os.makedirs(options.out, exist_ok=True)
    print(make(options.program, options.out, DebianSystem(options.debian)))


if __name__ == "__main__":
    main()
