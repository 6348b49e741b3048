"""Counts the instructions of one old-contract window and of one 23-channel block on their way through every service, and
compares them with the committed figures: they do not depend on the machine's mood.

usage: count_instructions.py BUILD_FOLDER           fails where a figure differs from bench/instructions.json by over 5 %
       count_instructions.py BUILD_FOLDER --write   writes the figures that it counts

The count of 300 blocks less that of 100 is 200 blocks' own, without the start; what making their bytes took is taken off. Needs valgrind and an optimised build.
"""

import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
COMMITTED = HERE / "instructions.json"
MOST_APART = 0.05


def counted(program: pathlib.Path, kind: str, blocks: int, *made: str) -> int:
    run = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", str(program), kind, str(blocks), *made],
        capture_output=True, text=True, check=True)
    scored = int(re.search(r"(\d+) windows scored", run.stdout)[1])
    if not made and scored < blocks * 0.9:
        raise SystemExit(f"only {scored} windows of {blocks} blocks were scored: the path does not do its work")
    return int(re.search(r"Collected : (\d+)", run.stderr)[1])


def main() -> int:
    program = pathlib.Path(sys.argv[1]) / "bin" / "sample_path"
    figures = {}
    for kind in ("window", "block"):
        whole = counted(program, kind, 300) - counted(program, kind, 100)
        making = counted(program, kind, 300, "made") - counted(program, kind, 100, "made")
        figures[kind] = (whole - making) // 200
    if "--write" in sys.argv:
        COMMITTED.write_text(json.dumps(figures, indent=2) + "\n")
    committed = json.loads(COMMITTED.read_text())
    apart = 0
    for kind, instructions in figures.items():
        share = instructions / committed[kind] - 1
        print(f"{kind}: {instructions:,} instructions, committed {committed[kind]:,} ({share:+.1%})")
        apart += abs(share) > MOST_APART
    if apart:
        print("more than 5 % apart: find out why; where it is meant, commit new figures (--write) and say so", file=sys.stderr)
    return 1 if apart else 0


if __name__ == "__main__":
    sys.exit(main())
