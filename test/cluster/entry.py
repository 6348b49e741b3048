"""HTTP and WebSocket through the entry of a cluster: by the address of its controller, under the host's name, with TLS. Used by observer.py."""
import asyncio
import base64
import os
import ssl

PAGE, INTAKE = "healtcare-cluster.com", "realtime-data.com"


class Entry:
    """Where the hosts of a ward are reached, and who vouches for their certificates."""

    def __init__(self, address, authority):
        self.address = address
        self.tls = ssl.create_default_context(cafile=authority)

    async def connect(self, host, seconds=5):
        return await asyncio.wait_for(asyncio.open_connection(self.address, 443, ssl=self.tls, server_hostname=host), seconds)


class Connection:
    """One keep-alive connection to one host; opened when it is needed, and anew after a failure."""

    def __init__(self, entry, host, seconds=5.0):
        self.entry, self.host, self.seconds = entry, host, seconds
        self.reader = self.writer = None

    async def ask(self, method, path, body=b"", headers=()):
        """(status, headers in lower case, body); status 0, and why, where no whole answer came: it may have been done."""
        try:
            if self.writer is None:
                self.reader, self.writer = await self.entry.connect(self.host, self.seconds)
            return await asyncio.wait_for(self.ask_once(method, path, body, headers), self.seconds)
        except (OSError, EOFError, asyncio.TimeoutError, ValueError) as error:
            self.close()
            return 0, {}, repr(error).encode()

    async def ask_once(self, method, path, body, headers):
        lines = [f"{method} {path} HTTP/1.1", f"Host: {self.host}", f"Content-Length: {len(body)}", *(f"{name}: {value}" for name, value in headers)]
        self.writer.write("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
        status, found = await head_of(self.reader)
        if "chunked" in found.get("transfer-encoding", ""):
            answer = await chunks_of(self.reader)
        else:
            answer = await self.reader.readexactly(int(found.get("content-length", "0")))
        if found.get("connection", "").lower() == "close":
            self.close()
        return status, found, answer

    def close(self):
        if self.writer is not None:
            self.writer.transport.abort()
        self.reader = self.writer = None


async def let_close():
    """Before a loop ends: what was closed is let go in its next turns."""
    await asyncio.sleep(0.05)


async def head_of(reader):
    lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    names = (line.partition(":") for line in lines[1:] if line)
    return int(lines[0].split()[1]), {name.lower(): value.strip() for name, _, value in names}


async def chunks_of(reader):
    body = bytearray()
    while size := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        body += (await reader.readexactly(size + 2))[:-2]
    await reader.readuntil(b"\r\n")
    return bytes(body)


class WebSocket:
    """A browser's: binary messages come in, pings are answered. RFC 6455."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, entry, host, path, headers):
        """(socket, 101), or (None, status) where the door said no; OSError and timeouts are the caller's."""
        reader, writer = await entry.connect(host)
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}", f"Origin: https://{host}", "Upgrade: websocket", "Connection: Upgrade",
                 "Sec-WebSocket-Version: 13", f"Sec-WebSocket-Key: {key}", *(f"{name}: {value}" for name, value in headers)]
        writer.write("\r\n".join(lines).encode() + b"\r\n\r\n")
        status, found = await asyncio.wait_for(head_of(reader), 5)
        if status == 101:
            return cls(reader, writer), found, status
        writer.transport.abort()
        return None, found, status

    async def message(self, seconds):
        """The next binary message; EOFError where the other side has closed, TimeoutError where nothing comes."""
        whole = bytearray()
        while True:
            head = await asyncio.wait_for(self.reader.readexactly(2), seconds)
            length = head[1] & 127
            if length > 125:
                length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8), "big")
            payload = await asyncio.wait_for(self.reader.readexactly(length), seconds)
            kind = head[0] & 15
            if kind == 8:
                raise EOFError(f"closed with {int.from_bytes(payload[:2], 'big')}")
            if kind == 9:
                self.writer.write(bytes([0x8A, 0x80 | len(payload)]) + bytes(4) + payload)
            if kind in (0, 1, 2):
                whole += payload
                if head[0] & 128:
                    return bytes(whole)

    def close(self):
        self.writer.transport.abort()
