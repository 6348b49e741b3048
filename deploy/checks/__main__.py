"""Checks of a running ward, from outside its programs: `python3 deploy/checks CHECK [OPTION]...`; in a cluster as the image vigil-checks.

Each prints one line of JSON and ends with 0 where it holds, 1 where it does not, 2 where it could not be asked. Used by deploy/delivery (smoke, verify)
and by the daily checks. Nothing but Python's own library.
"""
import argparse
import json
import pathlib
import sys
import time

import backup
import certificates
import chain
import prediction
import vulnerabilities
from ward import Broken, Ward


def add_ward(parser):
    parser.add_argument("--secret-file", type=pathlib.Path, default=pathlib.Path("/run/secrets/vigil/installation"), help="the installation's secret (%(default)s)")
    for name in ("eeg-intake", "detector", "records", "ward"):
        parser.add_argument(f"--{name}", default=f"http://{name}", metavar="URL", help="%(default)s")


def read_arguments(words):
    parser = argparse.ArgumentParser(prog="checks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    checks = parser.add_subparsers(dest="check", required=True)
    for name, module in (("chain", chain), ("prediction", prediction), ("certificates", certificates), ("backup", backup), ("vulnerabilities", vulnerabilities)):
        one = checks.add_parser(name, help=module.__doc__.splitlines()[0], description=module.__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
        module.add_arguments(one)
        one.set_defaults(run=module.run)
        if name in ("chain", "prediction", "certificates"):
            add_ward(one)
    return parser.parse_args(words)


def main(words):
    options = read_arguments(words)
    began = time.time()
    ward = Ward(options) if "secret_file" in options else None
    try:
        faults, told = options.run(options, ward)
    except (Broken, OSError) as error:
        faults, told = [str(error)], {}
    line = {"check": options.check, "holds": not faults, "faults": faults, "seconds": round(time.time() - began, 1), **told}
    print(json.dumps(line), flush=True)
    return 0 if not faults else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
