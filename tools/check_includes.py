"""Fails when an include goes against the direction of dependencies that docs/architecture.md fixes.

services -> libs -> third party; among libs base <- signal <- detect, evaluate, recordings, journal <- store, access, http <- process, play; services never include each
other, except `vigil`, which starts them all. `api` may be included by all.
"""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAY_USE = {
    "base": set(),
    "signal": {"base"},
    "recordings": {"base", "signal"},
    "alarm": {"base"},
    "evaluate": {"base", "signal"},
    "queueing": {"base"},
    "detect": {"base", "signal"},
    "journal": {"base"},
    "store": {"base", "signal", "journal"},
    "http": {"base"},
    "access": {"base", "journal", "http"},
    # what every program is made of around its service: flags, servers, the cluster's journal, an orderly end
    "process": {"base", "journal", "http", "access"},
    # a sender, as a device is: it knows the public routes only
    "play": {"base", "signal", "recordings", "http"},
}
SERVICES = {"eeg_intake", "heart_intake", "detector", "records", "ward", "vigil"}
INPUT_AND_OUTPUT = ["fstream", "filesystem", "sys/socket.h", "unistd.h"]
PURE = {"signal": INPUT_AND_OUTPUT, "alarm": INPUT_AND_OUTPUT, "evaluate": INPUT_AND_OUTPUT, "queueing": INPUT_AND_OUTPUT}
INCLUDE = re.compile(r'^\s*#include\s+[<"]([^>"]+)[>"]', re.MULTILINE)


def faults() -> list[str]:
    found = []
    for path in sorted([*ROOT.glob("libs/**/*.[ch]pp"), *ROOT.glob("services/**/*.[ch]pp")]):
        kind, folder = path.relative_to(ROOT).parts[:2]
        is_test = any(word in path.stem for word in ("_test", "_suite", "_bench"))
        for name in INCLUDE.findall(path.read_text()):
            other = "api" if name.startswith("vigil/v1/") else name.split("/")[0]
            where = f"{path.relative_to(ROOT)} includes {name}"
            if kind == "libs" and other in SERVICES:
                found.append(f"{where}: a library never includes a service")
            if kind == "libs" and other in MAY_USE and other not in MAY_USE[folder] | {folder} and not is_test:
                found.append(f"{where}: {folder} may only use {', '.join(sorted(MAY_USE[folder])) or 'nothing'}")
            if kind == "services" and other in SERVICES and other != folder and folder != "vigil":
                found.append(f"{where}: services meet in api/ only")
            if kind == "libs" and name in PURE.get(folder, []) and not is_test:
                found.append(f"{where}: {folder} knows no input or output")
    return found


if __name__ == "__main__":
    for fault in (all_faults := faults()):
        print(fault, file=sys.stderr)
    sys.exit(1 if all_faults else 0)
