"""Sends requests at times that were drawn before, whatever the answers take (open loop), and says how late it was itself. Used by prove_sizing.py."""

import asyncio
import dataclasses
import time

BOUND_OF_AN_ANSWER_S = 20.0


@dataclasses.dataclass
class Sent:
    due_s: float      # from the beginning
    late_s: float     # how much later than due it was written
    pod: int
    status: int = 0   # 0: no answer
    took_s: float = 0.0
    retry_after_s: float | None = None
    attempt: int = 1


class Connection(asyncio.Protocol):
    """One keep-alive connection; one request at a time."""

    def __init__(self):
        self.bytes = b""
        self.answered = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.bytes += data
        head, found, body = self.bytes.partition(b"\r\n\r\n")
        if not found or self.answered is None or self.answered.done():
            return
        lines = head.decode("latin-1").split("\r\n")
        fields = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        if len(body) >= int(fields.get("content-length", "0")):
            self.bytes = b""
            self.answered.set_result((int(lines[0].split()[1]), fields.get("retry-after")))

    def connection_lost(self, error):
        if self.answered is not None and not self.answered.done():
            self.answered.set_result((0, None))

    async def ask(self, message: bytes) -> tuple[int, str | None]:
        self.answered = asyncio.get_running_loop().create_future()
        self.transport.write(message)
        try:
            return await asyncio.wait_for(self.answered, BOUND_OF_AN_ANSWER_S)
        except TimeoutError:
            self.transport.abort()
            return 0, None


class Pods:
    """Connections to pods, opened when none is idle."""

    def __init__(self, ports: list[int], path: str):
        self.ports, self.path = ports, path
        self.idle: list[list[Connection]] = [[] for _ in ports]

    async def ask(self, pod: int, body: bytes) -> tuple[int, str | None]:
        waiting = self.idle[pod]
        connection = waiting.pop() if waiting else None
        if connection is None or connection.transport.is_closing():
            _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", self.ports[pod])
        head = f"POST {self.path} HTTP/1.1\r\nHost: pod\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        answer = await connection.ask(head.encode() + body)
        if not connection.transport.is_closing():
            waiting.append(connection)
        return answer

    async def open(self, each: int) -> None:
        """Opens connections before the first request, so that opening is no part of the load."""
        for pod, port in enumerate(self.ports):
            for _ in range(each):
                _, connection = await asyncio.get_running_loop().create_connection(Connection, "127.0.0.1", port)
                self.idle[pod].append(connection)

    def close(self) -> None:
        for connections in self.idle:
            for connection in connections:
                connection.transport.close()


async def send_all(pods: Pods, times_s: list[float], split: list[int], body, attempts: int = 1, draw_pod=None) -> list[Sent]:
    """Every request at its time. One that is refused comes back, to a pod drawn anew, after its answer's Retry-After, up to `attempts` in all."""
    await pods.open(each=12)
    sent: list[Sent] = []
    running = set()
    begin = time.monotonic() + 0.2

    async def one(due_s: float, pod: int, attempt: int) -> None:
        now = time.monotonic()
        entry = Sent(due_s, now - begin - due_s, pod, attempt=attempt)
        sent.append(entry)
        entry.status, after = await pods.ask(pod, body(len(sent)))
        entry.took_s = time.monotonic() - now
        if entry.status == 503 and after is not None:
            entry.retry_after_s = float(after)
            if attempt < attempts:
                again = time.monotonic() - begin + entry.retry_after_s
                await asyncio.sleep(entry.retry_after_s)
                await one(again, draw_pod(), attempt + 1)

    for due_s, pod in zip(times_s, split, strict=True):
        wait = begin + due_s - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        task = asyncio.create_task(one(due_s, pod, 1))
        running.add(task)
        task.add_done_callback(running.discard)
    while running:
        await asyncio.wait(running)
    pods.close()
    return sent
