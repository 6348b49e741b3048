"""A sample's whole way: accepted, scored, shown on the live page and stored, each once, within the times that are allowed.

Sends one block a second (or each --pace) as a device of the patient `check`, who is nobody and raises no alarm, and asks for each of them back.
"""
import base64
import contextlib
import datetime
import json
import os
import struct
import threading
import time
from ward import Broken

PATIENT = "check"
RATE = 256
KEY_KNOWN_S = 10
LONGEST_S = 3600 # no run takes longer


def add_arguments(parser):
    parser.add_argument("--seconds", type=float, default=10, help="for how long blocks are sent (%(default)s)")
    parser.add_argument("--pace", type=float, default=1, help="seconds between two blocks (%(default)s)")
    parser.add_argument("--answer-ms", type=float, default=500, help="95 of 100 blocks are answered within (%(default)s)")
    parser.add_argument("--fresh-s", type=float, default=10, help="what was sent is scored, shown and stored within (%(default)s)")
    parser.add_argument("--refused", type=float, default=0.001, help="share of blocks that may be refused (%(default)s)")


def value(index):
    """The sample at an index of the stream: other at each, so that a shift is noticed."""
    return (index * 37) % 2000 - 1000


class Device:
    """A device of the patient for one run; its key ends with it."""

    def __init__(self, ward):
        self.ward = ward
        self.name = f"check-{os.urandom(4).hex()}"
        self.watch("standby")
        made = ward.ask("ward", "POST", "/v1/admin/keys", {"patient": PATIENT, "label": self.name})
        self.key, self.key_id = made["key"], made["id"]
        self.watch("standby")  # again: one that ended meanwhile did not see this key
        self.sent, self.times, self.refused = [], [], []
        self.start_us = int(time.time() * 1e6)

    def watch(self, monitoring):
        """standby: pages show the patient, and no alarm is raised; who is off is on no page."""
        self.ward.ask("ward", "POST", "/v1/admin/patients", {"id": PATIENT, "label": "Check, nobody", "monitoring": monitoring})

    def close(self):
        self.ward.ask("ward", "DELETE", f"/v1/admin/keys/{self.key_id}")
        if not self.others():
            self.watch("off")
            if self.others():  # one that began meanwhile
                self.watch("standby")

    def others(self):
        """Keys of checks that still run: each run has one, and one that is older was left by a run that died."""
        begun = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=LONGEST_S)
        return [key for key in self.ward.ask("ward", "GET", "/v1/admin/keys")["keys"]
                if key.get("patient") == PATIENT and key["id"] != self.key_id and "revoked" not in key and datetime.datetime.fromisoformat(key["created"]) > begun]

    def send(self, number):
        """(status, text) of block `number`, which begins now."""
        first = number * RATE
        samples = [value(index) for index in range(first, first + RATE)]
        body = {"device": self.name, "stream": "s", "first_sample": first, "rate_numerator": RATE, "rate_denominator": 1,
                "start_time_us": self.start_us + number * 1_000_000, "channels": [{"label": "C3", "unit": "uV", "scale": 0.1}], "samples": RATE,
                "codec": "INT16_LE", "data": base64.b64encode(struct.pack(f"<{RATE}h", *samples)).decode()}
        return self.ward.call("eeg-intake", "POST", "/v1/eeg/blocks", body, self.key)

    def begin(self):
        """Sends block 0 until the key is known everywhere that the Service leads to."""
        deadline = time.monotonic() + KEY_KNOWN_S
        while (answer := self.send(0))[0] != 200:
            if answer[0] not in (401, 503) or time.monotonic() > deadline:
                raise Broken(f"eeg-intake: the first block was answered {answer[0] or 'by nobody'}: {answer[1][:200]}")
            time.sleep(0.2)
        self.sent.append(0)

    def run(self, seconds, pace):
        begin, number = time.monotonic(), 1
        while time.monotonic() < begin + seconds:
            began = time.monotonic()
            status, text = self.send(number)
            self.times.append(time.monotonic() - began)
            if status == 200:
                self.sent.append(number)
            else:
                self.refused.append(f"{status} {text[:100]}")
            number += 1
            time.sleep(max(0, begin + (number - 1) * pace - time.monotonic()))


def since(device):
    return datetime.datetime.fromtimestamp(device.start_us / 1e6 - 60, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ahead(device):
    """Until when the blocks' own times reach: a fast pace sends what is yet to come."""
    return datetime.datetime.fromtimestamp(device.start_us / 1e6 + max(device.sent) + 61, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stored(ward, device):
    """Number of each block of which every sample is in the store."""
    found, cursor = {}, ""
    while cursor is not None:
        page = ward.ask("records", "GET", f"/v1/patients/{PATIENT}/eeg?from={since(device)}&until={ahead(device)}&device={device.name}&limit=1000"
                        + (f"&cursor={cursor}" if cursor else ""))
        for stream in page["streams"]:
            for run in stream["runs"] if stream["device"] == device.name else []:
                found.update({run["first_sample"] + offset: value for offset, value in enumerate(run["data"][0])})
        cursor = page.get("cursor")
    return {number for number in device.sent
            if all(found.get(index) == value(index) for index in range(number * RATE, (number + 1) * RATE))}


def wait(condition, seconds):
    """How long until the condition held; None where it did not within the time."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            return None
        time.sleep(0.2)
    return time.monotonic() - began


class LivePage(threading.Thread):
    """Reads what a page is sent, until it names the device."""

    def __init__(self, ward, device):
        super().__init__(daemon=True)
        self.socket, self.sought, self.shown = ward.open_live_page(), device.name.encode(), False

    def run(self):
        seen = b""
        with contextlib.closing(self.socket), contextlib.suppress(OSError):
            while not self.shown:
                try:
                    got = self.socket.recv(65536)
                except TimeoutError: # an empty ward has little to show
                    continue
                if not got:
                    return
                seen = seen[-64:] + got
                self.shown = self.sought in seen


def run(options, ward):
    status, page = ward.call("ward", "GET", "/")
    if status != 200 or "<html" not in page:
        raise Broken(f"ward: the page was answered {status or 'by nobody'}")
    device = Device(ward)
    try:
        live = LivePage(ward, device)
        live.start()
        device.begin()
        device.run(options.seconds, options.pace)
        return judge(options, ward, device, live)
    finally:
        device.close()


def judge(options, ward, device, live):
    faults, times = [], sorted(device.times)
    answer_ms = times[min(len(times) - 1, int(len(times) * 0.95))] * 1000 if times else 0
    if times and len(device.refused) > options.refused * len(times):
        faults.append(f"eeg-intake refused {len(device.refused)} of {len(times)} blocks: {device.refused[0]}")
    if answer_ms > options.answer_ms:
        faults.append(f"eeg-intake: 95 of 100 blocks are answered within {answer_ms:.0f} ms, and {options.answer_ms:.0f} are allowed")
    fresh_s = wait(lambda: len(stored(ward, device)) == len(device.sent), options.fresh_s)
    if fresh_s is None:
        faults.append(f"{len(device.sent) - len(stored(ward, device))} of {len(device.sent)} blocks that were accepted are not in the store")
    scored = f"/v1/patients/{PATIENT}/detections?from={since(device)}&until={ahead(device)}"
    if wait(lambda: device.name in json.dumps(ward.ask("records", "GET", scored)), options.fresh_s) is None:
        faults.append("detector: no window was scored")
    if wait(lambda: live.shown, options.fresh_s) is None:
        faults.append("ward: the live page does not show the device")
    return faults, {"blocks": len(device.sent), "refused": len(device.refused), "answer_ms": round(answer_ms, 1),
                    "fresh_s": None if fresh_s is None else round(fresh_s, 1)}
