"""A cluster on loopback: nats-server with the users of api/journal.md, and the five programs, each on ports of its own. Used by cluster_test.py."""

import contextlib
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.parse

PROGRAMS = pathlib.Path(os.environ["VIGIL_BIN"]).parent
SOURCE = pathlib.Path(__file__).resolve().parents[2]
USERS = ["eeg-intake", "heart-intake", "detector", "records", "ward"]


def free_port() -> int:
    with contextlib.closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def until(holds, what: str, timeout: float = 60):
    """What `holds` gives, as soon as it is true."""
    deadline = time.monotonic() + timeout
    while True:
        if found := holds():
            return found
        assert time.monotonic() < deadline, f"not within {timeout:.0f} s: {what}"
        time.sleep(0.05)


def call(base: str, method: str, path: str, body=None, headers: dict | None = None):
    """(status, headers, body as text); status 0 where nobody answers."""
    target = urllib.parse.urlparse(base)
    with contextlib.closing(http.client.HTTPConnection(target.hostname, target.port, timeout=20)) as connection:
        headers = dict(headers or {})
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            headers.setdefault("Content-Type", "application/json")
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, {}, ""


class Program:
    """One process with a log of its own; start() again after stop() or kill()."""

    def __init__(self, words: list[str], log: pathlib.Path, environment: dict):
        self.words, self.log, self.environment = words, log, environment
        self.process = None

    def start(self) -> None:
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment)

    def kill(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()

    def stop(self, timeout: float = 40) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout)

    def log_text(self) -> str:
        return self.log.read_text(errors="replace")


class Service(Program):
    def __init__(self, cluster, name: str, *flags: str, pod: str = ""):
        self.name = name
        port, monitor = free_port(), free_port()
        self.url, self.monitor = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{monitor}"
        super().__init__(
            [str(PROGRAMS / name), "--address", "127.0.0.1", "--port", str(port), "--monitor-port", str(monitor), "--journal-user", name,
             "--journal-password-file", str(cluster.folder / f"{name}.password"), *flags],
            cluster.folder / f"{pod or name}.log",
            {**os.environ, "VIGIL_JOURNAL": cluster.journal_address, "VIGIL_JOURNAL_REPLICAS": "1", "VIGIL_SECRET_FILE": str(cluster.secret)},
        )

    def call(self, method: str, path: str, body=None, headers: dict | None = None):
        return call(self.url, method, path, body, headers)

    def ready(self) -> bool:
        assert self.process.poll() is None, f"{self.name} has ended: {self.log_text()[-3000:]}"
        return call(self.monitor, "GET", "/readyz")[0] == 200

    def wait_ready(self) -> None:
        until(self.ready, f"{self.name} is ready")

    def holds(self, check: str) -> bool:
        """As a metric, which is what an alert sees."""
        return f'vigil_check_holds{{check="{check}"}} 1' in call(self.monitor, "GET", "/metrics")[2]

    def metric(self, name: str) -> float:
        """Of one with labels their sum."""
        return sum(map(float, re.findall(rf"^{name}(?:{{[^}}]*}})? ([0-9.e+]+)", call(self.monitor, "GET", "/metrics")[2], re.MULTILINE)))


class Cluster:
    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="vigil-cluster-"))
        self.secret = self.folder / "secret"
        self.secret.write_bytes(os.urandom(32))
        self.secret.chmod(0o600)
        port = free_port()
        self.journal_address = f"nats://127.0.0.1:{port}"
        self.journal = self.make_journal(port)
        legacy = ["--legacy-open", "eeg,heartbeat,lists,page-lists,adds"]
        self.eeg = Service(self, "eeg-intake", *legacy, "--legacy-senders", "p2", "--score-deadline-ms", "15000")
        self.heart = Service(self, "heart-intake", *legacy, "--legacy-heart", "p2")
        self.detector = Service(self, "detector")
        self.records = Service(self, "records", "--store", f"sqlite:{self.folder / 'store.db'}", "--keep-journal", "24h", *legacy)
        wards = ["--test-patient", "--test-every-s", "90", "--intake", self.eeg.url]
        self.ward = Service(self, "ward", *wards)
        self.other_ward = Service(self, "ward", *wards, pod="ward-2")
        self.services = [self.records, self.eeg, self.heart, self.detector, self.ward, self.other_ward]

    def make_journal(self, port: int) -> Program:
        page = (SOURCE / "api/journal.md").read_text()
        users = re.search(r"^```nats\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[1]
        passwords = {}
        for user in USERS:
            passwords[user.upper().replace("-", "_") + "_PASSWORD"] = password = "p" + os.urandom(16).hex()
            (self.folder / f"{user}.password").write_text(password + "\n")
        configuration = self.folder / "nats.conf"
        configuration.write_text(
            f'listen: "127.0.0.1:{port}"\njetstream {{ store_dir: "{self.folder / "jetstream"}", sync_interval: always }}\n{users}'
        )
        return Program([os.environ["NATS_SERVER"], "-c", str(configuration)], self.folder / "nats.log", {**os.environ, **passwords})

    def start(self) -> None:
        self.journal.start()
        for service in self.services:
            service.start()
        for service in self.services:
            service.wait_ready()

    def close(self) -> None:
        for program in [*self.services, self.journal]:
            program.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def vigil(self, *words: str) -> str:
        """A command of `vigil` on this cluster."""
        done = subprocess.run(
            [os.environ["VIGIL_BIN"], *words, "--url", self.ward.url, "--secret-file", str(self.secret)], capture_output=True, text=True, timeout=60
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def link(self) -> str:
        """The path of a new one-time link; any ward takes it."""
        link = subprocess.run(
            [str(PROGRAMS / "ward"), "link", "--secret-file", str(self.secret), "--page", self.ward.url], capture_output=True, text=True, timeout=60
        )
        assert link.returncode == 0, link.stderr
        return link.stdout.strip().removeprefix(self.ward.url)

    def sign_in(self) -> dict:
        """Headers of an administrator who has opened a link of `ward link`; every program takes them."""
        status, headers, _ = self.ward.call("GET", self.link())
        assert status == 303, status
        return {"Cookie": headers["Set-Cookie"].split(";")[0]}

    def wait_until_stored(self) -> None:
        """Until records has taken in all that the journal holds."""
        newest = until(lambda: self.records.metric("vigil_records_position"), "records reads")
        until(
            lambda: self.records.metric("vigil_records_lag_entries") == 0 and self.records.metric("vigil_records_position") >= newest,
            "records reaches the journal's end",
        )
