#!/usr/bin/env python3
"""What JetStream keeps when something happens to its servers: rounds under load, counted by what was acknowledged.

Each round publishes numbered messages of 400 bytes, so many at once, lets the fault happen to some servers at a random moment, ends it
and reads the stream from its first message: every acknowledged number has to be there at the place that was told, and those of all
earlier rounds too. The faults:

  kill      kill -9, and a start on the same folders. It leaves the kernel's pages alone: it shows what a server holds in its own memory
            after it has said yes, not what a power cut takes.
  cut-off   for --fault-s seconds no packet comes through between these servers and the others; publishers reach all of them.
  full      their disks are full while messages go on for --fault-s seconds; then there is room, and whose liveness probe fails
            (as the manifests have it) is started again.

  fault_rounds.py --server /usr/sbin/nats-server --rounds 50 --servers 3 --hit 3 --sync always --seed 1
  fault_rounds.py --server /usr/sbin/nats-server --rounds 10 --fault cut-off
  unshare --map-root-user --mount fault_rounds.py --server /usr/sbin/nats-server --rounds 10 --fault full

Prints one line of JSON; exit status 1 where anything acknowledged is missing or elsewhere, or a round has none.
"""

import argparse
import asyncio
import json
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time

import nats
import nats.errors
import nats.js.errors
from nats.js.api import ConsumerConfig, DeliverPolicy, RetentionPolicy, StorageType, StreamConfig

from servers import Disks, Servers

STREAM = "ROUNDS"
MESSAGE_BYTES = 400
AT_ONCE = 64  # unanswered messages of the publishers together
PACE_S = 0.02  # in a fault that lasts: every round reads all that there is
ROOM_LEFT = 256 << 10  # bytes, on a disk that is about to be full
READY_S = 180  # for an election on a busy machine
SETTLED_S = 20  # a leader that was just elected may tell of less than it holds; what is missing for so long is lost


async def connect(addresses: list[str]):
    async def quiet(_error):
        pass

    return await nats.connect(addresses, error_cb=quiet, allow_reconnect=False, connect_timeout=2, max_reconnect_attempts=READY_S, reconnect_time_wait=0.1)


async def until_ready(servers: Servers, action):
    """action(JetStream) as soon as the cluster answers, on a connection of its own, which is returned with the answer."""
    end = time.monotonic() + READY_S
    while True:
        connection = None
        try:
            connection = await connect(servers.addresses)
            return connection, await action(connection.jetstream(timeout=2))
        except (OSError, asyncio.TimeoutError, nats.errors.Error, nats.js.errors.Error):
            if connection is not None:
                await connection.close()
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.05)


class Publisher:
    """Numbers that go up, some at once; what was acknowledged is noted with its place in the stream.

    \\param pace_s  that each of those at once waits before the next
    """

    def __init__(self, first: int, pace_s: float):
        self.next, self.pace_s = first, pace_s
        self.acknowledged: dict[int, int] = {}
        self.stopped = False
        self.last = time.monotonic()
        self.longest_pause_s = 0.0  # without any acknowledgement

    async def one(self, stream) -> None:
        """Until it is stopped or its connection ends."""
        while not self.stopped:
            number, self.next = self.next, self.next + 1
            payload = str(number).encode().ljust(MESSAGE_BYTES, b".")
            try:
                answer = await stream.publish("rounds.x", payload, timeout=2)
            except nats.errors.ConnectionClosedError:
                return
            except (OSError, asyncio.TimeoutError, nats.errors.Error, nats.js.errors.Error):
                await asyncio.sleep(0.05)  # in doubt, or refused; the next number may be taken
                continue
            self.acknowledged[number] = answer.seq
            self.longest_pause_s = max(self.longest_pause_s, time.monotonic() - self.last)
            self.last = time.monotonic()
            await asyncio.sleep(self.pace_s)

    async def run(self, connections: list) -> None:
        streams = [one.jetstream(timeout=2) for one in connections]
        self.last = time.monotonic()
        await asyncio.gather(*(self.one(streams[number % len(streams)]) for number in range(AT_ONCE)))


async def read_all(stream) -> list[int]:
    """The numbers in the stream's order. errors: ValueError where the stream does not give what it says that it holds"""
    state = (await stream.stream_info(STREAM)).state
    subscription = await stream.pull_subscribe(
        "rounds.>", stream=STREAM, config=ConsumerConfig(deliver_policy=DeliverPolicy.ALL, inactive_threshold=30)
    )
    found: list[int] = []
    while len(found) < state.messages:
        for message in await subscription.fetch(min(1000, state.messages - len(found)), timeout=10):
            found.append(int(message.data.rstrip(b".")))
            await message.ack()
    return found


async def read_whole(servers: Servers) -> list[int]:
    connection, found = await until_ready(servers, read_all)
    await connection.close()
    return found


class Fault:
    """What happens to some servers while messages are on their way, and its end."""

    def __init__(self, given: argparse.Namespace, servers: Servers):
        self.kind, self.lasts_s, self.servers = given.fault, given.fault_s, servers
        self.disks = Disks(servers.stores) if given.fault == "full" else None

    async def happen(self, numbers: list[int]) -> None:
        if self.kind == "kill":
            self.servers.kill(numbers)
            return
        if self.kind == "cut-off":
            self.servers.links.cut_off(numbers)
        else:
            self.disks.fill(numbers, ROOM_LEFT)
        await asyncio.sleep(self.lasts_s)

    def end(self, numbers: list[int]) -> None:
        if self.kind == "cut-off":
            self.servers.links.mend()
        elif self.kind == "full":
            self.disks.free()
            self.servers.kill([number for number in range(len(self.servers.running)) if not self.servers.alive(number)])
        self.servers.start()


async def round_of(servers: Servers, fault: Fault, hit: int, chance: random.Random, first: int) -> Publisher:
    connection, _ = await until_ready(servers, lambda stream: stream.stream_info(STREAM))
    await connection.close()
    connections = [await connect([address]) for address in servers.addresses]
    publisher = Publisher(first, 0 if fault.kind == "kill" else PACE_S)
    running = asyncio.create_task(publisher.run(connections))
    await asyncio.sleep(chance.uniform(0.1, 0.5))
    numbers = chance.sample(range(len(servers.running)), hit)
    await fault.happen(numbers)
    publisher.stopped = True
    await running
    for one in connections:
        await one.close()
    fault.end(numbers)
    return publisher


async def rounds(given: argparse.Namespace, servers: Servers, fault: Fault) -> dict:
    chance = random.Random(given.seed)
    if given.fault == "cut-off":
        await servers.links.start()
    servers.start()
    config = StreamConfig(
        name=STREAM, subjects=["rounds.>"], retention=RetentionPolicy.LIMITS, storage=StorageType.FILE, num_replicas=given.servers
    )
    connection, _ = await until_ready(servers, lambda stream: stream.add_stream(config))
    await connection.close()
    acknowledged: dict[int, int] = {}
    lost: set[int] = set()
    moved: set[int] = set()
    gone = doubled = early = empty = 0
    recovery_s = []
    pauses_s = []
    first = 0
    for number in range(given.rounds):
        publisher = await round_of(servers, fault, given.hit, chance, first)
        pauses_s.append(publisher.longest_pause_s)
        first = publisher.next
        empty += not publisher.acknowledged
        acknowledged |= publisher.acknowledged
        began = time.monotonic()
        try:
            found = await read_whole(servers)
            recovery_s.append(time.monotonic() - began)
            while acknowledged.keys() - set(found) and time.monotonic() - began < recovery_s[-1] + SETTLED_S:
                early += 1
                await asyncio.sleep(1)
                found = await read_whole(servers)
        except (OSError, asyncio.TimeoutError, nats.errors.Error, nats.js.errors.Error) as error:
            print(f"round {number + 1}: the stream did not come back: {error!r}", file=sys.stderr, flush=True)
            gone += 1
            break
        doubled += len(found) - len(set(found))
        places = {number: place for place, number in enumerate(found, 1)}
        lost |= acknowledged.keys() - places.keys()
        moved |= {number for number, place in acknowledged.items() if places.get(number, place) != place}
        if not given.quiet:
            print(f"round {number + 1} of {given.rounds}: {len(acknowledged)} acknowledged, {len(lost)} lost", file=sys.stderr, flush=True)
    servers.stop()
    if given.fault == "cut-off":
        await servers.links.stop()
    version = subprocess.run([given.server, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    return {
        "version": version,
        "servers": given.servers,
        "fault": given.fault,
        "hit": given.hit,
        "sync": given.sync,
        "rounds": len(recovery_s) + gone,
        "acknowledged": len(acknowledged),
        "lost": len(lost),
        "streams_gone": gone,
        "moved": len(moved),
        "doubled": doubled,
        "rounds_without_any": empty,
        "read_again": early,
        "longest_without_acknowledgement_s": round(max(pauses_s, default=0), 1),
        "longest_until_read_s": round(max(recovery_s, default=0), 1),
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="the nats-server program")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--servers", type=int, choices=(1, 3), default=3, help="of the cluster, each with a replica (default: 3)")
    parser.add_argument("--fault", choices=("kill", "cut-off", "full"), default="kill", help="what happens to them (default: kill)")
    parser.add_argument("--fault-s", type=float, default=15, help="how long, but for a kill (default: 15, longer than an election)")
    parser.add_argument("--hit", type=int, default=1, help="servers that it happens to at once (default: 1)")
    parser.add_argument("--sync", choices=("always", "2m"), default="2m", help="sync_interval; 2m is the server's default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quiet", action="store_true", help="no line for each round")
    given = parser.parse_args()
    if not 1 <= given.hit <= given.servers:
        parser.error(f"--hit must be from 1 to {given.servers}")
    if given.fault == "cut-off" and given.servers == 1:
        parser.error("one server alone is cut off from nobody")
    return given


def main() -> int:
    given = arguments()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="vigil-rounds-"))
    servers = Servers(given.server, given.servers, given.sync, folder, linked=given.fault == "cut-off")
    fault = Fault(given, servers)
    try:
        result = asyncio.run(rounds(given, servers, fault))
    finally:
        servers.stop()
        if fault.disks:
            fault.disks.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result))
    return 1 if any(result[key] for key in ("lost", "moved", "streams_gone", "rounds_without_any")) else 0


if __name__ == "__main__":
    sys.exit(main())
