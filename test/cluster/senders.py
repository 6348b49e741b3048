"""Devices that send to a ward through its entry and remember what was acknowledged. Used by observer.py.

Each patient's device sends a block of one second the moment that its last sample is there, keeps what was not acknowledged, and sends it again;
every few seconds a heart rate.
"""
import array
import asyncio
import collections
import json
import math
import random
import time

import wire
from entry import INTAKE, Connection

RATE = 256
CHANNELS = ("Fp1-F7", "F7-T7", "T7-P7", "P7-O1")
MOST_BLOCKS = 16            # of one request
ACCEPTED, DUPLICATE = 1, 2  # vigil.v1.BlockResult.Status
HEART_EVERY_S = 5


def make_pattern(length=RATE * 16):
    """Noise with a rhythm, int16 at 0.1 uV: the same in each run, so that what is stored can be compared."""
    chance, value, out = random.Random(6), 0.0, array.array("h")
    for index in range(length):
        value = 0.95 * value + chance.gauss(0, 60)
        out.append(max(-9000, min(9000, round(value + 250 * math.sin(2 * math.pi * 10 * index / RATE)))))
    return out


PATTERN = make_pattern()
TWICE = PATTERN + PATTERN


def samples_of(patient, first, count, channels=len(CHANNELS)):
    """Bytes of `count` samples of each channel from the index `first` on: INT16_LE, channel after channel. At most a period long."""
    starts = ((first + 97 * channel + 31 * patient) % len(PATTERN) for channel in range(channels))
    return b"".join(TWICE[start:start + count].tobytes() for start in starts)


class Notes:
    """What came of every request, for all senders and askers of a run."""

    def __init__(self):
        self.answers = collections.Counter()  # (who, status)
        self.wrong = []                       # (time, who, status, text): a 5xx that is no 503 with Retry-After, or another refusal

    def take(self, who, status, headers, body):
        self.answers[who, status] += 1
        if status >= 400 and not (status == 503 and "retry-after" in headers) or 300 <= status < 400:
            self.wrong.append((time.time(), who, status, body[:200].decode(errors="replace")))


async def pause_after(status, headers):
    """As a polite device: Retry-After where it was told, a moment where nobody answered."""
    await asyncio.sleep(float(headers.get("retry-after", "1")) if status else 0.3)


class Device:
    """The EEG of one patient. `acknowledged` has the numbers of the blocks that the ward said it holds; block k is the samples [k * RATE, (k + 1) * RATE)."""

    def __init__(self, entry, notes, number, patient, key):
        self.notes, self.number, self.patient, self.key = notes, number, patient, key
        self.connection = Connection(entry, INTAKE)
        self.name, self.stream = f"cap-{number}", f"run-{time.time_ns()}"
        self.pending, self.acknowledged, self.made = collections.deque(), set(), 0
        self.running, self.newest_s = True, 0.0

    def block(self, number):
        channels = [(7, wire.message((1, label), (2, "uV"), (3, 0.1))) for label in CHANNELS]
        return wire.message((1, self.name), (2, self.stream), (3, number * RATE), (4, RATE), (5, 1), (6, self.start_us + number * 1_000_000), *channels,
                            (8, RATE), (9, 1), (10, samples_of(self.number, number * RATE, RATE)), (12, 1))

    async def run(self):
        self.start_us = int(time.time() * 1e6)
        while self.running or self.pending:
            due = self.start_us / 1e6 + self.made + 1
            while self.running and time.time() >= due:
                self.pending.append(self.made)
                self.made, due = self.made + 1, due + 1
            if self.pending:
                await self.send()
            elif self.running:
                await asyncio.sleep(max(0.0, due - time.time()))

    async def send(self):
        numbers = [self.pending[index] for index in range(min(MOST_BLOCKS, len(self.pending)))]
        body = wire.message(*((1, self.block(number)) for number in numbers))
        status, headers, answer = await self.connection.ask(
            "POST", "/v1/eeg/blocks", body, (("Content-Type", "application/x-protobuf"), ("Authorization", f"Bearer {self.key}")))
        self.notes.take("eeg", status, headers, answer)
        if status != 200:
            await pause_after(status, headers)
            return
        results = [dict(wire.fields(result)) for _, result in wire.fields(answer)]
        for number, result in zip(numbers, results, strict=True):
            if result.get(1) not in (ACCEPTED, DUPLICATE):
                self.notes.wrong.append((time.time(), "eeg", 200, f"block {number} of {self.name}: {result}"))
            self.acknowledged.add(number)
            self.pending.popleft()
        self.newest_s = time.time()


class Watch:
    """The heart rate of one patient. `acknowledged` has the times, in microseconds, of the values that the ward said it holds."""

    def __init__(self, entry, notes, patient, key, rate):
        self.notes, self.patient, self.key, self.rate = notes, patient, key, rate
        self.connection = Connection(entry, INTAKE)
        self.pending, self.acknowledged = collections.deque(), set()
        self.running = True

    async def run(self):
        due = time.time() + random.uniform(0, HEART_EVERY_S)
        while self.running or self.pending:
            if self.running and time.time() >= due:
                self.pending.append((int(time.time() * 1e6), self.rate()))
                due += HEART_EVERY_S
            if self.pending:
                await self.send()
            elif self.running:
                await asyncio.sleep(min(0.2, max(0.0, due - time.time())))

    async def send(self):
        values = list(self.pending)
        body = json.dumps({"vitals": [{"name": "heart_rate", "unit": "/min", "value": value, "start_time_us": at, "source": "watch"} for at, value in values]})
        status, headers, answer = await self.connection.ask(
            "POST", "/v1/vitals", body.encode(), (("Content-Type", "application/json"), ("Authorization", f"Bearer {self.key}")))
        self.notes.take("heart", status, headers, answer)
        if status != 200:
            await pause_after(status, headers)
            return
        for value in values:
            self.acknowledged.add(value[0])
            self.pending.popleft()
