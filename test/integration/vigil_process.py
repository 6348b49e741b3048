"""Starts the real program on free ports in a folder of its own, and stops it by its own process id. Used by the integration tests."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
import urllib.parse

BINARY = os.environ["VIGIL_BIN"]


class Vigil:
    """One running `vigil serve`. Its state folder outlives restarts and is removed by close()."""

    def __init__(self, *arguments: str, environment: dict | None = None, prefix: list[str] | None = None):
        self.state = pathlib.Path(tempfile.mkdtemp(prefix="vigil-test-"))
        self.arguments = list(arguments)
        self.prefix = prefix or []  # words before the program's: a command that becomes it
        self.environment = {**os.environ, **(environment or {})}
        self.process = None
        self.start()

    def start(self) -> None:
        self.log = open(self.state / "log", "ab")
        self.output = open(self.state / "output", "w+b")
        self.process = subprocess.Popen(
            [*self.prefix, BINARY, "serve", "--state", str(self.state / "state"), "--port", "0", "--monitor-port", "0", *self.arguments],
            stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.log, env=self.environment,
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            text = (self.state / "output").read_text()
            link = re.search(r"(http://[^/\s]+)/signin\?token=([0-9a-f-]+)", text)
            monitor = re.search(r"Monitor: (http://\S+)", text)
            if link and monitor:
                self.url, self.token, self.monitor = link[1], link[2], monitor[1]
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(f"vigil did not start: {self.log_text()[-2000:]}")

    def wait_until_stored(self, timeout: float = 60) -> None:
        """Until queries know everything that the journal holds: after a start records still reads on."""
        deadline = time.monotonic() + timeout
        agreeing = 0
        while agreeing < 2:  # the metrics are not read at one instant
            assert time.monotonic() < deadline, "records does not reach the journal's end"
            _, _, text = self.call("GET", "/metrics", base=self.monitor)
            known = {name: re.search(rf"^vigil_records_{name} (\d+)", text, re.MULTILINE) for name in ("position", "lag_entries")}
            reached = all(known.values()) and int(known["position"][1]) > 0 and int(known["lag_entries"][1]) == 0
            agreeing = agreeing + 1 if reached else 0
            time.sleep(0.1)

    def log_text(self) -> str:
        return (self.state / "log").read_text(errors="replace")

    def resident_mib(self) -> float:
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.log.close()
        self.output.close()

    def stop(self, timeout: float = 30) -> int:
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout)
        self.log.close()
        self.output.close()
        return status

    def close(self) -> None:
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.state, ignore_errors=True)

    def command(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess:
        """Another command of the program on this state folder."""
        return subprocess.run([BINARY, *words, "--state", str(self.state / "state")], input=stdin, capture_output=True, text=True, timeout=60)

    def key(self, patient: str) -> str:
        made = self.command("key", "add", "--patient", patient)
        assert made.returncode == 0, made.stderr
        return json.loads(made.stdout)["key"]

    def call(self, method: str, path: str, body=None, headers: dict | None = None, base: str | None = None):
        """(status, headers, body as text); JSON bodies are given as objects."""
        target = urllib.parse.urlparse(base or self.url)
        with contextlib.closing(http.client.HTTPConnection(target.hostname, target.port, timeout=30)) as connection:
            headers = dict(headers or {})
            if body is not None and not isinstance(body, (bytes, str)):
                body = json.dumps(body)
                headers.setdefault("Content-Type", "application/json")
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()

    def entries(self) -> list[bytes]:
        """The journal's entries (vigil.v1.Entry in protobuf's bytes), in order; the program must not run."""
        found = []
        for segment in sorted((self.state / "state").glob("**/segment-*.db")):
            with contextlib.closing(sqlite3.connect(f"file:{segment}?mode=ro", uri=True)) as file:
                found += [entry for (entry,) in file.execute("SELECT entry FROM entries ORDER BY sequence")]
        return found

    def sign_in(self) -> dict:
        """Headers of a signed-in administrator, by the one-time link."""
        status, headers, _ = self.call("GET", f"/signin?token={self.token}")
        assert status == 303, status
        return {"Cookie": headers["Set-Cookie"].split(";")[0]}


def bearer(key: str) -> dict:
    return {"Authorization": f"Bearer {key}"}
