#!/usr/bin/env python3
"""Compares the metrics that the code makes with api/telemetry.yaml, both ways: check_telemetry.py [SOURCE_FOLDER]."""
import pathlib
import re
import sys

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")
NAME = re.compile(r'"(vigil_(?:detector|eeg|heart|http|records|ward)_[a-z_]+)"')


def main() -> int:
    sources = [path for folder in ("libs", "services") for path in (ROOT / folder).rglob("*.cpp") if "_test" not in path.stem]
    made = {name for path in sources for name in NAME.findall(path.read_text())}
    described = set(re.findall(r"^  (vigil_\w+):", (ROOT / "api/telemetry.yaml").read_text(), re.MULTILINE))
    for name in sorted(made - described):
        print(f"{name} is emitted and not described in api/telemetry.yaml")
    for name in sorted(described - made):
        print(f"{name} is described in api/telemetry.yaml and never emitted")
    return 1 if made != described else 0


if __name__ == "__main__":
    sys.exit(main())
