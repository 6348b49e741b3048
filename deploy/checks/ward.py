"""A ward as a check sees it: the addresses of its services, the administrator's token, requests with a deadline."""
import contextlib
import hashlib
import http.client
import json
import os
import socket
import urllib.parse
from base64 import b64encode

TIMEOUT_S = 10


class Broken(Exception):
    """What a check cannot go on with; its text is a fault."""


def administrator_token(secret):
    """As libs/access/authenticator.cpp makes it: BLAKE2b with the installation's secret as key."""
    return "va_" + hashlib.blake2b(b"administrator token\0", key=secret, digest_size=32).hexdigest()[:48]


class Ward:
    def __init__(self, options):
        self.addresses = {name: getattr(options, name.replace("-", "_")) for name in ("eeg-intake", "detector", "records", "ward")}
        try:
            self.token = administrator_token(options.secret_file.read_bytes())
        except OSError as error:
            raise SystemExit(f"checks: {options.secret_file} cannot be read: {error.strerror}") from None

    def call(self, service, method, path, body=None, key=None):
        """(status, body as text); status 0 and why, where nobody answers. Without a key it asks as the administrator."""
        target = urllib.parse.urlparse(self.addresses[service])
        with contextlib.closing(http.client.HTTPConnection(target.hostname, target.port or 80, timeout=TIMEOUT_S)) as connection:
            headers = {"Authorization": f"Bearer {key or self.token}"}
            if body is not None:
                body, headers["Content-Type"] = json.dumps(body), "application/json"
            try:
                connection.request(method, path, body, headers)
                answer = connection.getresponse()
                return answer.status, answer.read().decode(errors="replace")
            except (OSError, http.client.HTTPException) as error:
                return 0, str(error)

    def ask(self, service, method, path, body=None, key=None):
        """The same, where only a success will do: its JSON, or None of an empty one."""
        status, text = self.call(service, method, path, body, key)
        if not 200 <= status < 300:
            raise Broken(f"{service}: {method} {path} was answered {status or 'by nobody'}: {text[:200]}")
        return json.loads(text) if text else None

    def open_live_page(self):
        """A socket after the handshake of /v1/ward/live: what it receives is what a page is sent."""
        target = urllib.parse.urlparse(self.addresses["ward"])
        made = socket.create_connection((target.hostname, target.port or 80), timeout=TIMEOUT_S)
        lines = {"Host": target.netloc, "Origin": self.addresses["ward"], "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13",
                 "Sec-WebSocket-Key": b64encode(os.urandom(16)).decode(), "Authorization": f"Bearer {self.token}"}
        made.sendall(b"GET /v1/ward/live HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines.items()).encode() + b"\r\n")
        answer = b""
        while not answer.endswith(b"\r\n\r\n") and (got := made.recv(1)):
            answer += got
        if not answer.startswith(b"HTTP/1.1 101"):
            made.close()
            raise Broken(f"ward: the live page was answered {answer[:100]!r}")
        return made
