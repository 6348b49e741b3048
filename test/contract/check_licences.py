"""Compares docs/licences.md and deploy/images/packages/runtime.txt with the libraries that VIGIL_BIN loads: each one's package is
listed, and each that the program names itself is installed in the images.

usage: check_licences.py SOURCE_FOLDER PROGRAM          exit status 4: not on Debian
"""

import pathlib
import re
import shutil
import subprocess
import sys

OF_SANITIZERS = {"libasan8", "libubsan1", "libtsan2", "liblsan0"}
OF_EVERY_IMAGE = {"libc6", "libgcc-s1"}  # of the base image, or needed by what is listed
ONLY_WITHOUT_SANITIZERS = {"libjemalloc2"}


def packages_of(libraries: list[str]) -> set[str]:
    found = set()
    for library in libraries:
        owner = subprocess.run(["dpkg", "-S", str(pathlib.Path(library).resolve())], capture_output=True, text=True).stdout
        if not owner:
            raise SystemExit(f"no Debian package has {library}")
        found.add(owner.split(":")[0])
    return found - OF_SANITIZERS


def loaded(program: str) -> dict[str, str]:
    """Of each library's name its file, by the loader."""
    lines = subprocess.run(["ldd", program], capture_output=True, text=True, check=True).stdout.splitlines()
    return {match[1]: match[2] for line in lines if (match := re.match(r"\s*(\S+) => (/\S+)", line))}


def named(program: str) -> list[str]:
    """The libraries that the program itself names."""
    lines = subprocess.run(["readelf", "-d", program], capture_output=True, text=True, check=True).stdout
    return re.findall(r"\(NEEDED\).*\[(\S+)\]", lines)


def main(source: str, program: str) -> int:
    if not shutil.which("dpkg"):
        return 4
    top = pathlib.Path(source)
    page = (top / "docs/licences.md").read_text(encoding="utf-8")
    listed = {name for row in re.findall(r"^\|[^|]+\|([^|]+)\|[^|]+\|$", page, re.MULTILINE) for name in re.findall(r"[a-z0-9.+-]+", row)}
    runtime = set((top / "deploy/images/packages/runtime.txt").read_text(encoding="utf-8").split("\n"))
    libraries = loaded(program)
    every = packages_of(list(libraries.values()))
    direct = packages_of([libraries[name] for name in named(program) if name in libraries])
    faults = [f"docs/licences.md does not list {name}" for name in sorted(every - listed)]
    faults += [f"runtime.txt does not list {name}" for name in sorted(direct - OF_EVERY_IMAGE - runtime)]
    faults += [
        f"runtime.txt lists {name}, which the program does not load"
        for name in sorted(runtime - direct - ONLY_WITHOUT_SANITIZERS)
        if name.startswith("lib")
    ]
    if pathlib.Path(program).read_bytes().find(b"edflib") >= 0 and "Teunis van Beelen" not in page:
        faults.append("docs/licences.md lacks EDFlib's notice")
    for fault in faults:
        print(fault, file=sys.stderr)
    print(f"{len(every)} packages are loaded, {len(direct)} of them by the program itself")
    return 1 if faults or not direct else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
