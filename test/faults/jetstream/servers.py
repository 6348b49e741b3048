"""nats-servers on loopback: one, or a cluster of three, that can be killed, cut off from each other, and given a disk that is full."""

import asyncio
import contextlib
import itertools
import pathlib
import re
import socket
import subprocess
import urllib.request

CHUNK = 1 << 16
DEPLOY = pathlib.Path(__file__).parents[3] / "deploy"


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()


class Links:
    """The ways between servers. Each server reaches each other one by a port of its own here; a way that is cut keeps what is on it until it is whole again, as TCP does
    over a network that drops all packets: no connection ends, and none begins."""

    def __init__(self, routes: list[int], ports: list[int]):
        self.routes = routes
        self.ports = dict(zip(itertools.permutations(range(len(routes)), 2), ports, strict=True))
        self.whole = {pair: asyncio.Event() for pair in self.ports}
        self.listening: list[asyncio.Server] = []
        self.pumps: set[asyncio.Task] = set()

    async def start(self) -> None:
        for pair, port in self.ports.items():
            self.whole[pair].set()
            self.listening.append(await asyncio.start_server(lambda *ends, pair=pair: self._carry(pair, *ends), "127.0.0.1", port))

    async def stop(self) -> None:
        for one in self.listening:
            one.close()
        for pump in self.pumps:
            pump.cancel()
        await asyncio.gather(*self.pumps, return_exceptions=True)

    def cut_off(self, numbers: list[int]) -> None:
        """From all others, each of them."""
        for pair, whole in self.whole.items():
            if set(pair) & set(numbers):
                whole.clear()

    def mend(self) -> None:
        for whole in self.whole.values():
            whole.set()

    async def _carry(self, pair: tuple[int, int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pumps.add(asyncio.current_task())
        try:
            await self.whole[pair].wait()
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.routes[pair[1]])
            pumps = [asyncio.create_task(self._pump(pair, *ends)) for ends in ((reader, far_writer), (far_reader, writer))]
            self.pumps.update(pumps)
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
            for pump in pumps:
                pump.cancel()
            far_writer.close()
        except OSError:
            pass  # that server is down: so is this connection
        finally:
            writer.close()
            self.pumps.discard(asyncio.current_task())

    async def _pump(self, pair: tuple[int, int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(OSError):
                while data := await reader.read(CHUNK):
                    await self.whole[pair].wait()
                    writer.write(data)
                    await writer.drain()
        finally:
            self.pumps.discard(asyncio.current_task())


class Disks:
    """A file system in memory for each server's store, as large as told. Needs a mount namespace of its own: unshare --map-root-user --mount."""

    ROOM = "2g"

    def __init__(self, folders: list[pathlib.Path]):
        self.folders = folders
        for folder in folders:
            folder.mkdir()
            subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={self.ROOM}", "vigil", folder], check=True)

    def fill(self, numbers: list[int], left: int) -> None:
        """Leaves so many bytes on each of these disks."""
        for number in numbers:
            used = int(subprocess.run(["df", "--output=used", "-B1", self.folders[number]], check=True, capture_output=True, text=True).stdout.split()[-1])
            self._size(number, f"{used + left}")

    def free(self) -> None:
        for number in range(len(self.folders)):
            self._size(number, self.ROOM)

    def stop(self) -> None:
        for folder in self.folders:
            subprocess.run(["umount", folder], check=True)

    def _size(self, number: int, size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", self.folders[number]], check=True)


def liveness_path(count: int) -> str:
    """What the manifests have Kubernetes ask of a server that is one of so many."""
    if count == 1:
        name, probe = "components/one-journal-server/kustomization.yaml", r"livenessProbe/httpGet/path, value: (\S+)}"
    else:
        name, probe = "base/journal/nats.yaml", r'livenessProbe: {httpGet: {path: "(\S+)"'
    return re.search(probe, (DEPLOY / name).read_text())[1]


class Servers:
    """Started and stopped together; each can be killed by itself."""

    def __init__(self, program: str, count: int, sync: str, folder: pathlib.Path, linked: bool = False):
        """\\param linked  they reach each other by `links`, which have to be started before them; else directly"""
        self.program, self.folder = program, folder
        ports = free_ports(3 * count + count * (count - 1))
        self.ports, self.monitors, routes = ports[:count], ports[count : 2 * count], ports[2 * count : 3 * count]
        self.links = Links(routes, ports[3 * count :])
        self.stores = [folder / f"store{number}" for number in range(count)]
        self.running: list[subprocess.Popen | None] = [None] * count
        for number in range(count):
            ways = [port if linked else routes[other] for (one, other), port in self.links.ports.items() if one == number]
            others = ", ".join(f"nats://127.0.0.1:{port}" for port in ways)
            # without no_advertise they would tell each other ways around these
            cluster = f'cluster {{ name: rounds, listen: "127.0.0.1:{routes[number]}", no_advertise: true, routes: [{others}] }}\n' if count > 1 else ""
            (folder / f"{number}.conf").write_text(
                f'server_name: s{number}\nlisten: "127.0.0.1:{self.ports[number]}"\nhttp: "127.0.0.1:{self.monitors[number]}"\n'
                f'jetstream {{ store_dir: "{self.stores[number]}", sync_interval: {sync}, max_file_store: 10GB }}\n{cluster}'
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

    def alive(self, number: int) -> bool:
        """As Kubernetes asks."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.monitors[number]}{liveness_path(len(self.running))}", timeout=5):
                return True
        except OSError:
            return False

    @property
    def addresses(self) -> list[str]:
        return [f"nats://127.0.0.1:{port}" for port in self.ports]
