"""Compares what devices were told is held with what the ward's store has, by key and sample by sample. Used by observer.py."""
import collections
import datetime
import json
import time
import urllib.parse

import wire
from cluster import wait_until
from entry import PAGE
from senders import CHANNELS, RATE, samples_of

INT16_LE = 1
PAGE_ROWS = 500


def iso(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def ask(ward, path):
    """(body, headers) of a question about the past, asked again while the answer is 503 or none."""
    def answered():
        status, headers, body = ward.ask(PAGE, "GET", path, headers=(("Cookie", ward.cookie),), seconds=30)
        if status not in (0, 503):
            if status != 200:
                raise RuntimeError(f"{path}: {status} {body[:300]!r}")
            return body, headers
        return None
    return wait_until(f"an answer to {path}", answered, 120)


def stored_runs(ward, device, since):
    """(first sample, samples, bytes) of each run of a device's stream that the store gives."""
    path = f"/v1/patients/{device.patient}/eeg?device={device.name}&from={iso(since)}&until={iso(time.time() + 60)}&limit={PAGE_ROWS}&format=protobuf"
    cursor = ""
    while cursor is not None:
        body, headers = ask(ward, path + (f"&cursor={urllib.parse.quote(cursor)}" if cursor else ""))
        for number, block in wire.fields(body):
            found = dict(wire.fields(block)) if number == 1 else {}
            if found.get(2, b"").decode() == device.stream:
                if found.get(9) != INT16_LE:
                    raise AssertionError(f"{device.name} is stored in codec {found.get(9)}")
                yield found.get(3, 0), found.get(8, 0), found.get(10, b"")
        cursor = headers.get("vigil-next-cursor")


def check_device(ward, device, acknowledged, since):
    """Which acknowledged blocks are not there; what is there is there once, and as it was sent. A run may begin and end inside a block."""
    found = collections.Counter()  # samples of each block
    for first, count, data in stored_runs(ward, device, since):
        for number in range(first // RATE, -(-(first + count) // RATE)):
            begin, end = max(first, number * RATE), min(first + count, (number + 1) * RATE)
            part = b"".join(data[(channel * count + begin - first) * 2:(channel * count + end - first) * 2] for channel in range(len(CHANNELS)))
            if part != samples_of(device.number, begin, end - begin):
                raise AssertionError(f"{device.name}: block {number} is stored with other samples")
            found[number] += end - begin
            if found[number] > RATE:
                raise AssertionError(f"{device.name}: block {number} is stored twice")
    return acknowledged - {number for number, samples in found.items() if samples == RATE}


def stored_values(ward, watch, since):
    cursor, found = "", []
    path = f"/v1/patients/{watch.patient}/vitals?from={iso(since)}&until={iso(time.time() + 60)}&limit=5000"
    while cursor is not None:
        body, _ = ask(ward, path + (f"&cursor={urllib.parse.quote(cursor)}" if cursor else ""))
        page = json.loads(body)
        found += [one["time"] for one in page["vitals"]]
        cursor = page.get("cursor")
    return found


def check_watch(ward, watch, acknowledged, since):
    times = stored_values(ward, watch, since)
    known = set(times)
    if len(times) != len(known):
        raise AssertionError(f"{watch.patient}: a heart rate is stored twice")
    utc = lambda at: datetime.datetime.fromtimestamp(at // 1_000_000, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{at % 1_000_000:06d}Z"
    return {at for at in acknowledged if utc(at) not in known}


def check_stored(ward, devices, watches, since):
    """(blocks, values) that were acknowledged until now, all of which are stored; else an AssertionError that says what is lost."""
    blocks = [(device, set(device.acknowledged)) for device in devices]
    values = [(watch, set(watch.acknowledged)) for watch in watches]
    ward.wait_until_stored()
    lost = [(device.name, sorted(missing)) for device, told in blocks if (missing := check_device(ward, device, told, since - 5))]
    lost += [(watch.patient, sorted(missing)) for watch, told in values if (missing := check_watch(ward, watch, told, since - 5))]
    if lost:
        raise AssertionError(f"acknowledged and not stored: {sum(len(one) for _, one in lost)} of {len(lost)} senders, such as {lost[0][0]}: {lost[0][1][:10]}")
    return sum(len(told) for _, told in blocks), sum(len(told) for _, told in values)
