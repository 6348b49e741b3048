"""Schemathesis asks a running `vigil serve` for every route of api/openapi, with right and wrong requests.

  described.py [SERVICE]...     prints what differs and how to ask again; exits 1 where something does

No answer may be a 5xx, or have a status, a content type or a body that the description does not list. The seed is fixed, so that
the requests are the same each time. 101 and 426 aside, WebSockets are not looked into.
"""

import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "integration"))

from vigil_process import Vigil, bearer  # noqa: E402

CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance"
EXAMPLES = 12  # of each operation and phase
LONGEST_S = 150  # of one description (about 6 s where nothing else runs), then it counts as failed


def runs(vigil: Vigil):
    """(service, who asks)"""
    key = bearer(vigil.key("p1"))
    staff = vigil.sign_in()
    yield "detector", key
    yield "eeg_intake", key
    yield "heart_intake", key
    yield "records", staff
    yield "ward", staff


def ask(vigil: Vigil, service: str, headers: dict, folder: str) -> bool:
    command = [
        pathlib.Path(sys.executable).parent / "schemathesis", "run", ROOT / "api/openapi" / f"{service}.yaml", "--url", vigil.url,
        "--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES), "--seed", "20261124",
        "--continue-on-failure", "--no-shrink", "--no-color", "--generation-database", "none", "--warnings", "off",
        "--suppress-health-check", "all",
    ]
    for name, value in headers.items():
        command += ["--header", f"{name}: {value}"]
    try:
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LONGEST_S)
    except subprocess.TimeoutExpired as late:
        print(f"{service}: not done after {LONGEST_S} s\n{(late.stdout or b'').decode()[-2000:]}")
        return False
    summary = [line for line in done.stdout.splitlines() if "generated" in line]
    print(service, *summary, "exit", done.returncode, flush=True)
    if done.returncode != 0:
        print(done.stdout, done.stderr)
    return done.returncode == 0


def main() -> int:
    asked = sys.argv[1:]
    vigil = Vigil("--legacy-open", "eeg,heartbeat", "--legacy-senders", "p1", "--legacy-heart", "p1", "--score-deadline", "500")
    try:
        assert vigil.command("patient", "p1", "--number", "1", "--label", "Bed 1").returncode == 0
        with tempfile.TemporaryDirectory() as folder:
            right = [ask(vigil, *run, folder) for run in runs(vigil) if not asked or run[0] in asked]
        if vigil.process.poll() is not None:
            print("vigil has ended:", vigil.log_text()[-4000:])
            return 1
        return 0 if right and all(right) else 1
    finally:
        vigil.close()


if __name__ == "__main__":
    sys.exit(main())
