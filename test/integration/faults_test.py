"""Hostile clients and a full disk, against the whole program: the others are served, memory stays flat, nothing accepted is lost."""

import base64
import contextlib
import json
import os
import pathlib
import random
import resource
import socket
import struct
import subprocess
import threading
import time
import unittest
import urllib.parse

from serve_test import block
from vigil_process import Vigil, bearer

# Of growth: 2,000 connections cost about 40 MiB in a build with sanitizers; an unbounded queue would pass it in seconds.
FLAT_MIB = 120
FLAT_ENVIRONMENT = {"ASAN_OPTIONS": "quarantine_size_mb=4"}  # what the program has freed is not what it holds


def samples_stored(vigil: Vigil, cookie: dict, patient: str) -> dict[str, set[int]]:
    """By device the indices that a query gives; an index that comes twice is an error."""
    found: dict[str, set[int]] = {}
    cursor = ""
    while cursor is not None:
        path = f"/v1/patients/{patient}/eeg?from=2026-01-01T00:00:00Z&until=2026-12-31T00:00:00Z&limit=100"
        status, _, body = vigil.call("GET", path + (f"&cursor={cursor}" if cursor else ""), headers=cookie)
        assert status == 200, body
        page = json.loads(body)
        for stream in page["streams"]:
            indices = found.setdefault(stream["device"], set())
            for run in stream["runs"]:
                new = set(range(run["first_sample"], run["first_sample"] + len(run["data"][0])))
                assert not indices & new, f"{stream['device']} has samples twice"
                indices |= new
        cursor = page.get("cursor")
    return found


def connect(vigil: Vigil, receive_buffer: int = 0) -> socket.socket:
    target = urllib.parse.urlparse(vigil.url)
    made = socket.socket()
    if receive_buffer:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    made.settimeout(10)
    made.connect((target.hostname, target.port))
    return made


def open_websocket(vigil: Vigil, path: str, headers: dict) -> socket.socket:
    """After the handshake, with a small buffer, so that a reader that does not read is noticed soon."""
    made = connect(vigil, receive_buffer=4096)
    target = urllib.parse.urlparse(vigil.url)
    lines = {
        "Host": target.netloc, "Origin": vigil.url, "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": base64.b64encode(os.urandom(16)).decode(), **headers,
    }
    made.sendall(f"GET {path} HTTP/1.1\r\n".encode() + "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode() + b"\r\n")
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        got = made.recv(1)
        assert got, answer
        answer += got
    assert answer.startswith(b"HTTP/1.1 101"), answer
    return made


def binary_frame(payload: bytes) -> bytes:
    """A client's frame, masked with zeros (RFC 6455 section 5.3 asks for a mask, whatever it is)."""
    length = len(payload)
    head = bytes([0x82]) + (bytes([0x80 | length]) if length < 126 else bytes([0x80 | 126]) + struct.pack(">H", length))
    return head + bytes(4) + payload


class HalfOpen(unittest.TestCase):
    def test_2000_half_open_connections_do_not_harm_a_sender(self):
        wanted = 2000
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, wanted + 500)), hard))
        vigil = Vigil(environment=FLAT_ENVIRONMENT)
        self.addCleanup(vigil.close)
        key = vigil.key("p1")
        self.assertEqual(vigil.call("POST", "/v1/eeg/blocks", block(0), bearer(key))[0], 200)
        before = vigil.resident_mib()
        with contextlib.ExitStack() as held:
            for _ in range(wanted):
                one = held.enter_context(connect(vigil))
                one.sendall(b"POST /v1/eeg/blocks HTTP/1.1\r\nHost: a\r\nX-Slow")
            slowest = 0.0
            for second in range(1, 21):
                begin = time.monotonic()
                self.assertEqual(vigil.call("POST", "/v1/eeg/blocks", block(second * 256), bearer(key))[0], 200)
                slowest = max(slowest, time.monotonic() - begin)
            grown = vigil.resident_mib() - before
        print(f"2,000 half-open: slowest of 20 blocks {slowest * 1000:.0f} ms, memory {grown:+.0f} MiB")
        self.assertLess(slowest, 5)
        self.assertLess(grown, FLAT_MIB)


class SlowReaders(unittest.TestCase):
    READERS = 20

    def setUp(self):
        self.vigil = Vigil(environment=FLAT_ENVIRONMENT)
        self.addCleanup(self.vigil.close)
        self.key = self.vigil.key("p1")
        self.cookie = self.vigil.sign_in()
        self.sockets: list[socket.socket] = []
        self.addCleanup(lambda: [one.close() for one in self.sockets])

    def post(self, first: int) -> None:
        status, _, body = self.vigil.call("POST", "/v1/eeg/blocks", block(first), bearer(self.key))
        self.assertEqual(status, 200, body)

    def test_pages_that_do_not_read_do_not_harm_one_that_does(self):
        self.post(0)
        before = self.vigil.resident_mib()
        for _ in range(self.READERS):
            self.sockets.append(open_websocket(self.vigil, "/v1/ward/live", self.cookie))
        reader = open_websocket(self.vigil, "/v1/ward/live", self.cookie)
        self.sockets.append(reader)
        received = 0
        reader.settimeout(0.2)
        for second in range(1, 41):
            self.post(second * 256)
            with contextlib.suppress(TimeoutError):
                received += len(reader.recv(1 << 20))
        deadline = time.monotonic() + 10
        early = received
        while received == early and time.monotonic() < deadline:
            with contextlib.suppress(TimeoutError):
                received += len(reader.recv(1 << 20))
        grown = self.vigil.resident_mib() - before
        print(f"{self.READERS} pages that do not read: the reader got {received} bytes, memory {grown:+.0f} MiB")
        self.assertGreater(received, 40 * 256)
        self.assertLess(grown, FLAT_MIB)

    def test_a_device_that_reads_no_acknowledgements_is_not_read_from_without_end(self):
        self.post(0)
        before = self.vigil.resident_mib()
        one = open_websocket(self.vigil, "/v1/eeg/stream", bearer(self.key))
        self.sockets.append(one)
        one.settimeout(2)
        frame = binary_frame(b"\x00" * 1000)  # each is answered with a refusal that nobody reads
        sent = 0
        with contextlib.suppress(OSError):  # it stalls, or is closed
            while sent < 400 << 20:
                sent += one.send(frame * 64)
        grown = self.vigil.resident_mib() - before
        for second in range(1, 11):
            self.post(second * 256)
        print(f"a device that does not read: {sent >> 10} KiB were taken from it, memory {grown:+.0f} MiB")
        self.assertLess(sent, 400 << 20, "nothing ever stopped it")
        self.assertLess(grown, FLAT_MIB)


class FullDisk(unittest.TestCase):
    SENDERS = 8
    BYTES = 60_000  # of a block's data

    def start(self) -> Vigil:
        """On a file system of 48 MiB that only the server's own mount namespace has."""
        if subprocess.run(["unshare", "--mount", "true"], capture_output=True).returncode != 0:
            self.skipTest("this user may not mount a file system")
        # the program's words are: serve --state FOLDER ...
        script = 'mkdir -p "$5" && mount -t tmpfs -o size=48m none "$5" && shift && exec "$@"'
        vigil = Vigil("--segment-mib", "1", "--log-level", "error", environment=FLAT_ENVIRONMENT, prefix=["unshare", "--mount", "sh", "-c", script, "sh", "exec"])
        self.addCleanup(vigil.close)
        return vigil

    def body(self, sender: int, number: int) -> dict:
        samples = self.BYTES // 2
        return {
            "device": f"d{sender}", "stream": "s", "first_sample": number * samples, "rate_numerator": 1000, "rate_denominator": 1,
            "start_time_us": 1_790_000_000_000_000 + number * samples * 1000, "channels": [{"label": "C3", "unit": "uV", "scale": 1}],
            "samples": samples, "codec": "INT16_LE", "data": base64.b64encode(random.Random(sender * 1000 + number).randbytes(self.BYTES)).decode(),
        }

    def send_until(self, vigil: Vigil, key: str, sender: int, stop: threading.Event, seen: dict) -> None:
        """Ignores 503 and its Retry-After: the same block again, at once."""
        while not stop.is_set():
            number = len(seen["accepted"])
            status, headers, text = vigil.call("POST", "/v1/eeg/blocks", self.body(sender, number), bearer(key))
            if status == 200:
                seen["accepted"].append(number)
            elif status == 503 and "Retry-After" in headers and "problem+json" in headers["Content-Type"]:
                seen["refused"] += 1
            else:
                seen["wrong"].append(f"{status} {text[:200]}")
                return

    def test_a_full_disk_is_503_for_senders_that_ignore_it_too_and_then_all_goes_on_without_a_restart(self):
        vigil = self.start()
        cookie = vigil.sign_in()
        status, _, text = vigil.call("POST", "/v1/admin/keys", {"patient": "p1"}, cookie)
        self.assertIn(status, (200, 201), text)
        key = json.loads(text)["key"]
        disk = pathlib.Path(f"/proc/{vigil.process.pid}/root{vigil.state / 'state'}")
        ballast = disk / "ballast"
        with contextlib.suppress(OSError), open(ballast, "wb", buffering=0) as file:
            for _ in range(40):
                file.write(bytes(1 << 20))
        all_seen = [{"accepted": [], "refused": 0, "wrong": []} for _ in range(self.SENDERS)]
        stop = threading.Event()
        senders = [threading.Thread(target=self.send_until, args=(vigil, key, number, stop, seen)) for number, seen in enumerate(all_seen)]
        for sender in senders:
            sender.start()
        self.wait_until(lambda: sum(seen["refused"] for seen in all_seen) >= 50)
        before, more = vigil.resident_mib(), sum(seen["refused"] for seen in all_seen) + 50
        self.wait_until(lambda: sum(seen["refused"] for seen in all_seen) >= more)
        grown = vigil.resident_mib() - before
        ballast.unlink()
        accepted_when_full = sum(len(seen["accepted"]) for seen in all_seen)
        self.wait_until(lambda: sum(len(seen["accepted"]) for seen in all_seen) >= accepted_when_full + 20)
        stop.set()
        for sender in senders:
            sender.join()
        self.assertEqual([wrong for seen in all_seen for wrong in seen["wrong"]], [])
        self.assertIsNone(vigil.process.poll(), "it was to go on without a restart")
        print(f"full disk: over 50 more refusals memory {grown:+.0f} MiB, {accepted_when_full} accepted before there was room again")
        self.assertLess(grown, FLAT_MIB)
        self.check_stored(vigil, cookie, all_seen)

    def wait_until(self, holds) -> None:
        deadline = time.monotonic() + 60
        while not holds():
            self.assertLess(time.monotonic(), deadline, "waited a minute")
            time.sleep(0.05)

    def check_stored(self, vigil: Vigil, cookie: dict, all_seen: list[dict]) -> None:
        samples = self.BYTES // 2
        wanted = {f"d{sender}": set(range(len(seen["accepted"]) * samples)) for sender, seen in enumerate(all_seen) if seen["accepted"]}
        deadline = time.monotonic() + 30
        found: dict[str, set[int]] = {}
        while found != wanted and time.monotonic() < deadline:
            found = samples_stored(vigil, cookie, "p1")
            time.sleep(0.5)
        self.assertEqual({device: len(indices) for device, indices in found.items()}, {device: len(indices) for device, indices in wanted.items()})
        self.assertEqual(found, wanted)


if __name__ == "__main__":
    unittest.main()
