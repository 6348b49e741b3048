"""What the tests of the delivery share, also the one on a cluster: scripts run with settings of their own, a registry, keys, small images."""
import contextlib
import http.server
import json
import os
import pathlib
import socket
import subprocess
import sys
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
DELIVERY = TOP / "deploy/delivery"


def program(variable, tool):
    """The path in the variable; ends with 4, which ctest reads as skipped, where it is not set."""
    path = os.environ.get(variable, "")
    if not path:
        print(f"{variable} is not set ({tool} prints it): skipped", file=sys.stderr)
        sys.exit(4)
    return path


def free_port():
    with contextlib.closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def run(name, *words, **settings):
    """A script of deploy/delivery, or another command by its path."""
    path = DELIVERY / name if "/" not in str(name) else name
    return subprocess.run([path, *words], env={**os.environ, **settings}, capture_output=True, text=True, check=False, timeout=300)


class Registry:
    """`crane registry serve` in memory, on loopback and a free port unless it is said otherwise, stopped by its own process."""

    def __init__(self, crane, host="127.0.0.1", port=None):
        port = port or free_port()
        self.crane, self.address = crane, f"{host}:{port}"
        self.images = f"{self.address}/vigil"
        self.process = subprocess.Popen([crane, "registry", "serve", "--address", self.address], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(OSError), contextlib.closing(socket.create_connection((host, port), 1)):
                return
            assert self.process.poll() is None and time.monotonic() < deadline, "the registry does not start"
            time.sleep(0.05)

    def close(self):
        self.process.kill()
        self.process.wait()

    def ask(self, *words):
        done = subprocess.run([self.crane, *words], capture_output=True, text=True, check=False, timeout=300)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def push(self, folder, text, tag, service="ward"):
        """An image with one file in it; NAME@DIGEST."""
        archive, file = folder / "image.tar", folder / "file"
        file.write_text(text)
        subprocess.run([sys.executable, "-B", TOP / "deploy/images/write_image.py", archive, "--tag", "localhost/a:1", "--file", f"{file}=/file"],
                       check=True, capture_output=True)
        place = f"{self.images}/vigil-{service}"
        self.ask("push", str(archive), f"{place}:{tag}")
        return f"{place}@{self.ask('digest', f'{place}:{tag}')}"


def make_keys(folder, name="signing"):
    """(private, public)"""
    private, public = folder / f"{name}.key", folder / f"{name}.pub"
    subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", private], check=True, capture_output=True)
    subprocess.run(["openssl", "ec", "-in", private, "-pubout", "-out", public], check=True, capture_output=True)
    return str(private), str(public)


class Osv(http.server.ThreadingHTTPServer):
    """OSV's two calls, as its API page describes them: each package of `weak` has two weaknesses, a serious one and one that is not."""

    def __init__(self, host, weak=()):
        super().__init__((host, 0), OsvAnswer)
        self.weak, self.address = set(weak), f"http://{host}:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class OsvAnswer(http.server.BaseHTTPRequestHandler):
    def answer(self, what):
        text = json.dumps(what).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_POST(self):
        asked = [one["package"]["purl"] for one in json.loads(self.rfile.read(int(self.headers["Content-Length"])))["queries"]]
        is_weak = lambda url: any(f"/{name}@" in url for name in self.server.weak)
        self.answer({"results": [{"vulns": [{"id": "BAD-1"}, {"id": "SMALL-1"}]} if is_weak(url) else {} for url in asked]})

    def do_GET(self):
        self.answer({"database_specific": {"severity": "HIGH" if "BAD" in self.path else "LOW"}})

    def log_message(self, *_):
        pass
