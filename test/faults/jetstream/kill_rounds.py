#!/usr/bin/env python3
"""What JetStream keeps when its servers are killed: rounds of kill -9 under load, counted by what was acknowledged.

Each round publishes numbered messages of 400 bytes, so many at once, kills servers at a random moment, starts them again on the
same folders and reads the stream from its first message: every acknowledged number has to be there at the place that was told, and
those of all earlier rounds too. Example:

  kill_rounds.py --server /usr/sbin/nats-server --rounds 50 --servers 3 --kill 3 --sync always --seed 1

A kill leaves the kernel's pages alone: it shows what a server holds in its own memory after it has said yes, not what a
power cut takes. Prints one line of JSON; exit status 1 where anything acknowledged is missing or elsewhere.
"""

import argparse
import asyncio
import json
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import nats
import nats.errors
import nats.js.errors
from nats.js.api import ConsumerConfig, DeliverPolicy, RetentionPolicy, StorageType, StreamConfig

STREAM = "ROUNDS"
MESSAGE_BYTES = 400
AT_ONCE = 64  # unanswered messages of the publisher
READY_S = 180  # for an election on a busy machine
SETTLED_S = 20  # a leader that was just elected may tell of less than it holds; what is missing for so long is lost


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Servers:
    """One server, or a cluster of three, on loopback."""

    def __init__(self, program: str, count: int, sync: str, folder: pathlib.Path):
        self.program, self.folder = program, folder
        ports = free_ports(2 * count)
        self.ports, self.routes = ports[:count], ports[count:]
        self.running: list[subprocess.Popen | None] = [None] * count
        routes = ", ".join(f"nats://127.0.0.1:{port}" for port in self.routes)
        for number in range(count):
            cluster = f'cluster {{ name: rounds, listen: "127.0.0.1:{self.routes[number]}", routes: [{routes}] }}\n' if count > 1 else ""
            (folder / f"{number}.conf").write_text(
                f'server_name: s{number}\nlisten: "127.0.0.1:{self.ports[number]}"\n'
                f'jetstream {{ store_dir: "{folder}/store{number}", sync_interval: {sync} }}\n{cluster}'
            )

    def start(self) -> None:
        for number, process in enumerate(self.running):
            if process is None:
                with (self.folder / f"{number}.log").open("a") as log:
                    self.running[number] = subprocess.Popen([self.program, "-c", self.folder / f"{number}.conf"], stdout=log, stderr=log)

    def kill(self, numbers: list[int]) -> None:
        for number in numbers:
            self.running[number].kill()
        for number in numbers:
            self.running[number].wait()
            self.running[number] = None

    def stop(self) -> None:
        self.kill([number for number, process in enumerate(self.running) if process is not None])

    @property
    def addresses(self) -> list[str]:
        return [f"nats://127.0.0.1:{port}" for port in self.ports]


async def connect(servers: Servers):
    async def quiet(_error):
        pass

    return await nats.connect(
        servers.addresses, error_cb=quiet, allow_reconnect=False, connect_timeout=2, max_reconnect_attempts=READY_S, reconnect_time_wait=0.1
    )


async def until_ready(servers: Servers, action):
    """action(JetStream) as soon as the cluster answers, on a connection of its own, which is returned with the answer."""
    end = time.monotonic() + READY_S
    while True:
        connection = None
        try:
            connection = await connect(servers)
            return connection, await action(connection.jetstream(timeout=2))
        except (OSError, asyncio.TimeoutError, nats.errors.Error, nats.js.errors.Error):
            if connection is not None:
                await connection.close()
            if time.monotonic() > end:
                raise
            await asyncio.sleep(0.05)


class Publisher:
    """Numbers that go up, some at once; what was acknowledged is noted with its place in the stream."""

    def __init__(self, first: int):
        self.next = first
        self.acknowledged: dict[int, int] = {}
        self.stopped = False
        self.wall_s = 0.0

    async def one(self, stream) -> None:
        while not self.stopped:
            number, self.next = self.next, self.next + 1
            payload = str(number).encode().ljust(MESSAGE_BYTES, b".")
            try:
                answer = await stream.publish("rounds.x", payload, timeout=5)
            except (OSError, asyncio.TimeoutError, nats.errors.Error, nats.js.errors.Error):
                return
            self.acknowledged[number] = answer.seq

    async def run(self, stream) -> None:
        began = time.monotonic()
        await asyncio.gather(*(self.one(stream) for _ in range(AT_ONCE)))
        self.wall_s = time.monotonic() - began


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


async def round_of(servers: Servers, kill: int, chance: random.Random, first: int) -> Publisher:
    connection, _ = await until_ready(servers, lambda stream: stream.stream_info(STREAM))
    publisher = Publisher(first)
    running = asyncio.create_task(publisher.run(connection.jetstream(timeout=5)))
    await asyncio.sleep(chance.uniform(0.1, 0.5))
    servers.kill(chance.sample(range(len(servers.running)), kill))
    publisher.stopped = True
    await running
    await connection.close()
    servers.start()
    return publisher


async def rounds(given: argparse.Namespace, servers: Servers) -> dict:
    chance = random.Random(given.seed)
    servers.start()
    config = StreamConfig(
        name=STREAM, subjects=["rounds.>"], retention=RetentionPolicy.LIMITS, storage=StorageType.FILE, num_replicas=given.servers
    )
    connection, _ = await until_ready(servers, lambda stream: stream.add_stream(config))
    await connection.close()
    acknowledged: dict[int, int] = {}
    lost: set[int] = set()
    moved: set[int] = set()
    gone = doubled = 0
    early = 0
    recovery_s = []
    first = 0
    for number in range(given.rounds):
        publisher = await round_of(servers, given.kill, chance, first)
        first = publisher.next
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
    version = subprocess.run([given.server, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    return {
        "version": version,
        "servers": given.servers,
        "killed": given.kill,
        "sync": given.sync,
        "rounds": len(recovery_s) + gone,
        "acknowledged": len(acknowledged),
        "lost": len(lost),
        "streams_gone": gone,
        "moved": len(moved),
        "doubled": doubled,
        "read_again": early,
        "longest_until_read_s": round(max(recovery_s, default=0), 1),
    }


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="the nats-server program")
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--servers", type=int, choices=(1, 3), default=3, help="of the cluster, each with a replica (default: 3)")
    parser.add_argument("--kill", type=int, default=1, help="servers killed at once (default: 1)")
    parser.add_argument("--sync", choices=("always", "2m"), default="2m", help="sync_interval; 2m is the server's default")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quiet", action="store_true", help="no line for each round")
    given = parser.parse_args()
    if not 1 <= given.kill <= given.servers:
        parser.error(f"--kill must be from 1 to {given.servers}")
    return given


def main() -> int:
    given = arguments()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="vigil-rounds-"))
    servers = Servers(given.server, given.servers, given.sync, folder)
    try:
        result = asyncio.run(rounds(given, servers))
    finally:
        servers.stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(result))
    return 1 if result["lost"] or result["moved"] or result["streams_gone"] else 0


if __name__ == "__main__":
    sys.exit(main())
