#!/usr/bin/env python3
"""Makes Vigil's container images without a container program: archives for `docker load` and `ctr images import`, and an SBOM of each.

    make_images.py --programs build/release/bin --out build/images [--only NAME]...       every image whose program is there
    make_images.py --programs build/release/bin --root SERVICE FOLDER                      one image's files, for the Dockerfile

Runs inside tools/in_root, whose packages are those that the programs were compiled against. Called by deploy/images/make.
"""
import argparse
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import time

import sbom
from debian_root import DebianSystem, ImageRoot, add_base, libraries_of

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
CHECKS = TOP / "deploy/checks"
SERVICES = {
    "eeg-intake": "takes EEG from devices and phones",
    "heart-intake": "takes heart rate and beats",
    "detector": "finds seizures and raises alarms",
    "records": "writes the store and answers questions about the past",
    "ward": "serves the pages of a ward, live",
    "vigil": "everything in one process, and the command line",
}
# What onnxruntime brings is more than everything else together, and two programs need it: a layer of its own.
LARGE = ("libonnxruntime.so",)
LIMIT_MB = {"detector": 90, "vigil": 90}
USUAL_LIMIT_MB = 60
USER = "10001:10001"

MARIADB_PROGRAMS = ("mariadbd", "mariadb", "mariadb-admin", "mariadb-dump", "mariadb-check", "mariadb-upgrade", "mariadb-install-db",
                    "my_print_defaults", "resolveip")
# What mariadb-install-db and the scripts of deploy/components/mariadb call.
SHELL_PROGRAMS = ("bash", "sh", "awk", "basename", "cat", "chmod", "chown", "cmp", "comm", "cp", "cut", "date", "dirname", "env", "expr", "find", "grep", "gzip", "head",
                  "hostname", "id", "ln", "ls", "mkdir", "mktemp", "mv", "printf", "rm", "sed", "seq", "sha256sum", "sleep", "sort", "stat", "sync", "tail",
                  "tee", "test", "touch", "tr", "true", "uname", "uniq", "wc", "xargs")


def git(*arguments):
    return subprocess.run(["git", "-C", TOP, *arguments], capture_output=True, text=True, check=True).stdout.strip()


class Release:
    """What is being packed: version, commit, time."""

    def __init__(self):
        self.version, self.tag = (subprocess.run([TOP / "tools/version", *form], capture_output=True, text=True, check=True).stdout.strip() for form in ((), ("--tag",)))
        self.commit = os.environ.get("VIGIL_COMMIT") or git("rev-parse", "--short=12", "HEAD")
        if "VIGIL_COMMIT" not in os.environ and git("status", "--porcelain", "--untracked-files=no"):
            self.commit += "-changed"
        self.epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct"))

    def tags(self):
        """The commit; what the overlays of this checkout name; the version."""
        return list(dict.fromkeys([self.commit, re.split("[+~]", self.version)[0], self.tag]))

    def time(self):
        return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self.epoch))


def put_program(root, program):
    """Our program, and our licences."""
    root.add_ours(str(program), f"/usr/local/bin/{program.name}")
    root.write("/usr/share/doc/vigil/LICENSE", (TOP / "LICENSE").read_text(encoding="utf-8"))
    root.write("/usr/share/doc/vigil/licences.md", (TOP / "docs/licences.md").read_text(encoding="utf-8"))


class Maker:
    def __init__(self, system, programs, out):
        self.system, self.programs, self.out = system, pathlib.Path(programs), pathlib.Path(out)
        self.release = Release()
        self.work = self.out / "layers"

    def services(self):
        return [name for name in SERVICES if os.access(self.programs / name, os.X_OK)]

    def shared_layers(self):
        """(what every service needs, what onnxruntime brings): the same for all, so that a node and a registry keep each once."""
        base = ImageRoot(self.system, self.work / "base")
        add_base(base)
        large = ImageRoot(self.system, self.work / "onnxruntime", below=[base])
        for name in self.services():
            base.add_libraries(str(self.programs / name), without=LARGE)
        for name in self.services():
            large.add_libraries(str(self.programs / name))
        base.describe_packages()
        large.describe_packages()
        return base, large

    def make_services(self, only):
        names = [name for name in self.services() if name in only]
        if not names:
            return
        base, large = self.shared_layers()
        for name in names:
            layers = [base]
            if any(library.startswith(LARGE) for library in libraries_of(str(self.programs / name))):
                layers.append(large)
            root = ImageRoot(self.system, self.work / name, below=layers)
            put_program(root, self.programs / name)
            self.finish(name, [*layers, root], self.release.tags(), SERVICES[name], {"entrypoint": [f"/usr/local/bin/{name}"]})

    def make_nats(self, program):
        root = ImageRoot(self.system, self.work / "nats")
        add_base(root)
        shutil.copy2(program, root.place("/usr/local/bin/nats-server"))  # static: Go's
        root.describe_packages()
        go_mod = (HERE / "nats-server/go.mod").read_text(encoding="utf-8")
        version = re.search(r"nats-server/v2 v(\S+)", go_mod)[1]
        self.finish("nats", [root], [version], "nats-server, for the journal",
                    {"entrypoint": ["/usr/local/bin/nats-server"], "port": ["4222"], "modules": sbom.go_modules(go_mod)})

    def make_mariadb(self):
        root = ImageRoot(self.system, self.work / "mariadb")
        add_base(root)
        for name in (*MARIADB_PROGRAMS, *SHELL_PROGRAMS):
            path = next((path for folder in ("/usr/bin", "/usr/sbin") if os.path.lexists(self.system.source(path := f"{folder}/{name}"))), None)
            if path is None:
                raise SystemExit(f"make_images: there is no {name}; run inside tools/in_root --with servers")
            if name == "awk":  # Debian chooses among several by links in /etc
                root.add_program("/usr/bin/mawk")
                os.symlink("mawk", root.place("/usr/bin/awk"))
            else:
                root.add_program(path)
        share = pathlib.Path("/usr/share/mariadb")
        for path in (share / "charsets", share / "english"):
            root.add_tree(str(path))
        for path in sorted(self.system.source(str(share)).glob("*.sql")):
            root.add(str(share / path.name))
        for folder in ("/var/lib", "/var/lib/mysql", "/run/mysqld"):
            root.make_folder(folder)
        root.describe_packages()
        version = re.sub(r"^\d+:", "", self.system.version("mariadb-server-core"))
        self.finish("mariadb", [root], [".".join(version.split(".")[:2])], "MariaDB, for the store",
                    {"cmd": ["mariadbd"], "port": ["3306"], "owner": ["/var/lib/mysql", "/run/mysqld"]})

    def make_checks(self):
        """Python with its own library and openssl: what looks at a ward from outside its programs (deploy/checks)."""
        root = ImageRoot(self.system, self.work / "checks")
        add_base(root)
        root.add_program("/usr/bin/python3")
        root.add_program("/usr/bin/openssl")
        library = self.system.source("/usr/bin/python3").resolve().name  # python3.13
        root.add_tree(f"/usr/lib/{library}", without=("__pycache__", "dist-packages", "ensurepip", "idlelib", "lib2to3", "pydoc_data", "test", "tkinter", "turtledemo", "venv"))
        for extension in sorted(self.system.source(f"/usr/lib/{library}/lib-dynload").glob("*.so")):
            root.add_libraries(str(extension))
        for path in sorted([*CHECKS.glob("*.py"), *CHECKS.glob("*.json")]):
            root.write(f"/usr/lib/vigil/checks/{path.name}", path.read_text(encoding="utf-8"))
        root.describe_packages()
        self.finish("checks", [root], self.release.tags(), "looks at a ward from outside its programs",
                    {"entrypoint": ["/usr/bin/python3", "-B", "/usr/lib/vigil/checks"]})

    def finish(self, name, layers, tags, what, run):
        """Writes the SBOM into the image and beside it, then the archive; says and checks its size. What is not ours has the version of its tag."""
        image = f"vigil-{name}"
        ours = name in SERVICES or name == "checks"
        version = self.release.version if ours else tags[-1]
        description = self.sbom(image, version, layers[-1], run.get("modules", []), name in SERVICES)
        layers[-1].write(f"/usr/share/doc/vigil/{image}.spdx.json", description)
        (self.out / f"{image}.spdx.json").write_text(description, encoding="utf-8")
        labels = {"title": image, "description": f"Vigil: {what}. For research; not a medical device.", "version": version, "revision": self.release.commit,
                  "created": self.release.time(), "licenses": "Apache-2.0" if ours else "NOASSERTION", "base.name": "Debian 13 packages"}
        command = [sys.executable, "-B", HERE / "write_image.py", self.out / f"{image}.tar", "--user", USER, "--stop-signal", "SIGTERM"]
        command += [part for tag in tags for part in ("--tag", f"localhost/{image}:{tag}")]
        command += [part for layer in layers for part in ("--layer", layer.folder)]
        command += [part for key, value in labels.items() for part in ("--label", f"org.opencontainers.image.{key}={value}")]
        command += [f"--{key}={value}" for key in ("entrypoint", "cmd", "port") for value in run.get(key, [])]  # a value may begin with -
        command += [part for place in run.get("owner", []) for part in ("--owner", f"{place}=10001")]
        answer = subprocess.run(command, env={**os.environ, "SOURCE_DATE_EPOCH": str(self.release.epoch)}, stdout=subprocess.PIPE, text=True, check=True).stdout
        size = sum(json.loads(answer)["compressed"]) / 1e6
        limit = LIMIT_MB.get(name, USUAL_LIMIT_MB)
        print(f"{self.out / image}.tar  {' '.join(tags)}  {size:.1f} MB compressed (limit {limit})", flush=True)
        if size > limit:
            raise SystemExit(f"make_images: {image} is larger than {limit} MB")

    def sbom(self, image, version, root, modules, ours):
        licences = sbom.Licences()
        contained = [sbom.debian_package(self.system, licences, name) for name in sorted(root.every_package())]
        compiled = modules
        if ours:
            page = (TOP / "docs/licences.md").read_text(encoding="utf-8")
            compiled = [sbom.debian_package(self.system, licences, name) for name in sbom.compiled_in(page)]
            compiled.append(sbom.page_protobuf(TOP))
        about = {"licence": "Apache-2.0" if ours else "NOASSERTION", "commit": self.release.commit, "more": {"comment": f"commit {self.release.commit}"}}
        return json.dumps(sbom.document(image, version, self.release.time(), contained, compiled, licences, about), indent=1, sort_keys=True) + "\n"

    def make_root(self, name, folder):
        """All of a service's files in one folder: what the last stage of the Dockerfile copies."""
        if name not in SERVICES:
            raise SystemExit(f"make_images: there is no service {name}; choose from {', '.join(SERVICES)}")
        root = ImageRoot(self.system, folder)
        add_base(root)
        put_program(root, self.programs / name)
        os.symlink(name, root.place("/usr/local/bin/service"))
        root.describe_packages()
        root.write(f"/usr/share/doc/vigil/vigil-{name}.spdx.json", self.sbom(f"vigil-{name}", self.release.version, root, [], True))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", required=True, help="the folder of the optimised programs")
    parser.add_argument("--debian", default="/", help="the Debian 13 whose files are taken (%(default)s)")
    parser.add_argument("--out", default="build/images")
    parser.add_argument("--nats", default="", help="the program nats-server; none: no image of it")
    parser.add_argument("--only", action="append", help="an image: " + ", ".join([*SERVICES, "nats", "mariadb", "checks"]))
    parser.add_argument("--root", nargs=2, metavar=("SERVICE", "FOLDER"))
    options = parser.parse_args()
    maker = Maker(DebianSystem(options.debian), options.programs, options.out)
    if options.root:
        maker.make_root(*options.root)
        return
    only = options.only or [*SERVICES, "nats", "mariadb", "checks"]
    if unknown := set(only) - {*SERVICES, "nats", "mariadb", "checks"}:
        raise SystemExit(f"make_images: there is no image {', '.join(sorted(unknown))}; see --help")
    maker.work.mkdir(parents=True, exist_ok=True)
    maker.make_services(only)
    if "nats" in only and options.nats:
        maker.make_nats(options.nats)
    if "mariadb" in only:
        maker.make_mariadb()
    if "checks" in only:
        maker.make_checks()
    shutil.rmtree(maker.work)
    if missing := [name for name in SERVICES if name in only and name not in maker.services()]:
        print(f"vigil: not there, since {options.programs} has no such program: {', '.join(missing)}", file=sys.stderr)


if __name__ == "__main__":
    main()
