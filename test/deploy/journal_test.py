"""nats-server itself, with the configuration of deploy/base/journal and the secrets of deploy/secrets: each user may do what its service does,
and no more; nobody comes in without TLS or with another password; three servers find one another."""
import json
import os
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

from loopback import free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVER = os.environ.get("NATS_SERVER", "")
USERS = ("eeg-intake", "heart-intake", "detector", "records", "ward")
# what a service publishes beside its questions to the stream (api/journal.md)
WRITES = {
    "eeg-intake": {"vigil.entry.3"},
    "heart-intake": {"vigil.entry.3"},
    "detector": {"vigil.entry.3", "vigil.output.3", "$KV.VIGIL-readers.detector", "$KV.OWNERS.table", "$JS.API.STREAM.INFO.KV_OWNERS",
                 "$JS.API.STREAM.CREATE.KV_OWNERS", "$JS.API.STREAM.MSG.GET.KV_OWNERS"},
    "records": {"vigil.entry.3", "$JS.API.STREAM.CREATE.KV_VIGIL-readers", "$JS.API.CONSUMER.CREATE.KV_VIGIL-readers.name.filter",
                "$JS.API.STREAM.CREATE.VIGIL", "$JS.API.STREAM.UPDATE.VIGIL", "$JS.API.STREAM.PURGE.VIGIL"},
    "ward": {"vigil.entry.3", "vigil.directory.patient.6b6579", "$KV.VIGIL-readers.ward", "$KV.WARD.table", "$JS.API.STREAM.INFO.KV_WARD",
             "$JS.API.STREAM.CREATE.KV_WARD", "$JS.API.STREAM.MSG.GET.KV_WARD"},
}
READS = {
    "$JS.API.STREAM.INFO.VIGIL", "$JS.API.STREAM.INFO.KV_VIGIL-readers", "$JS.API.DIRECT.GET.VIGIL", "$JS.API.STREAM.MSG.GET.VIGIL",
    "$JS.API.CONSUMER.CREATE.VIGIL.name.filter", "$JS.API.CONSUMER.INFO.VIGIL.name", "$JS.API.CONSUMER.DELETE.VIGIL.name", "$JS.FC.VIGIL.name.x",
}
NOBODY = {
    "$JS.API.STREAM.DELETE.VIGIL", "$JS.API.STREAM.MSG.DELETE.VIGIL", "$JS.API.STREAM.CREATE.OTHER", "$JS.API.STREAM.RESTORE.VIGIL",
    "$JS.API.STREAM.SNAPSHOT.VIGIL", "$SYS.REQ.SERVER.PING", "$JS.API.STREAM.DELETE.KV_OWNERS", "other", "vigil.entry.3.x",
}


class Client:
    """As much of the protocol of NATS as these questions need."""

    def __init__(self, port, authority, user, password):
        self.raw = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.info = json.loads(self.raw.makefile("rb", buffering=0).readline().removeprefix(b"INFO "))
        context = ssl.create_default_context(cafile=str(authority))
        self.socket = context.wrap_socket(self.raw, server_hostname="localhost")
        self.file = self.socket.makefile("rb")
        options = {"verbose": False, "pedantic": False, "user": user, "pass": password, "lang": "python", "version": "0", "headers": True}
        self.send(f"CONNECT {json.dumps(options)}\r\n")
        self.inbox = f"_INBOX.{user}.1"

    def send(self, text):
        self.socket.sendall(text.encode())

    def answers(self):
        """What came until the server answered a PING."""
        self.send("PING\r\n")
        lines = []
        while True:
            line = self.file.readline().decode().strip()
            if line in ("PONG", ""):
                return lines
            if line == "PING":
                self.send("PONG\r\n")
            else:
                lines.append(line)

    def may(self, command):
        self.send(command)
        return not [line for line in self.answers() if line.startswith("-ERR")]

    def may_publish(self, subject):
        # as a request for nothing, so that the server only looks at the subject; no entry is written since there is no stream yet
        return self.may(f"PUB {subject} 0\r\n\r\n")

    def close(self):
        self.socket.close()


class Servers:
    def __init__(self, folder, one, count):
        self.folder, self.processes = pathlib.Path(folder), []
        subprocess.run([ROOT / "deploy/secrets", "--folder", self.folder / "made", "--print"], check=True, capture_output=True)
        made = self.folder / "made"
        secrets = self.folder / "nats-secrets"
        secrets.mkdir()
        for key in ("passwords.conf", "ca.crt"):
            shutil.copy(made / key, secrets / key)
        for end in ("crt", "key"):
            shutil.copy(made / f"nats.{end}", secrets / f"tls.{end}")
        self.authority = made / "ca.crt"
        self.passwords = {user: (made / f"journal-{user}").read_text() for user in USERS}
        self.ports = [free_port() for _ in range(count)]
        self.monitors = [free_port() for _ in range(count)]
        routes = [free_port() for _ in range(count)]
        for index in range(count):
            config = self.folder / f"nats-{index}"
            config.mkdir()
            self.write(config, "nats.conf", ROOT / "deploy/base/journal/nats.conf", index, routes)
            self.write(config, "servers.conf", ROOT / one, index, routes)
            log = open(self.folder / f"log-{index}", "wb")
            self.processes.append(subprocess.Popen([SERVER, "--config", config / "nats.conf"], stdout=log, stderr=log, env={"POD_NAME": f"nats-{index}"}))
            log.close()

    def write(self, config, name, source, index, routes):
        """The same file with paths and ports of this test."""
        text = source.read_text()
        text = text.replace("/etc/nats-secrets/", f"{self.folder}/nats-secrets/").replace('"/data"', f'"{self.folder}/data-{index}"')
        text = text.replace("port: 4222", f"port: {self.ports[index]}").replace("http: 8222", f"http: {self.monitors[index]}").replace("90GB", "1GB").replace("18GB", "1GB")
        for peer, port in enumerate(routes):
            text = text.replace(f"nats://nats-{peer}.nats:6222", f"nats://localhost:{port}")
        text = text.replace("port: 6222", f"port: {routes[index]}")
        (config / name).write_text(text)

    def wait(self, holds):
        until = time.monotonic() + 60
        while time.monotonic() < until:
            try:
                if holds():
                    return
            except OSError:
                pass
            for index, process in enumerate(self.processes):
                if process.poll() is not None:
                    raise AssertionError((self.folder / f"log-{index}").read_text())
            time.sleep(0.1)
        raise AssertionError("not within 60 s: " + "".join((self.folder / f"log-{index}").read_text() for index in range(len(self.processes))))

    def client(self, user, index=0, password=None):
        return Client(self.ports[index], self.authority, user, self.passwords[user] if password is None else password)

    def ask(self, index, path):
        with socket.create_connection(("127.0.0.1", self.monitors[index]), timeout=30) as one:
            one.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            answer = one.makefile("rb").read()
        head, _, body = answer.partition(b"\r\n\r\n")
        return int(head.split()[1]), json.loads(body)

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(60)


class Journal(unittest.TestCase):
    def start(self, servers, count):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        started = Servers(folder.name, servers, count)
        self.addCleanup(started.stop)
        # what the probes of the pods ask
        for index in range(count):
            started.wait(lambda index=index: started.ask(index, "/healthz?js-server-only=true")[0] == 200)
        return started

    def test_each_user_may_do_what_its_service_does_and_no_more(self):
        servers = self.start("deploy/components/one-journal-server/servers.conf", 1)
        every = set.union(*WRITES.values())
        for user in USERS:
            client = servers.client(user)
            self.addCleanup(client.close)
            for subject in READS | WRITES[user]:
                with self.subTest(user=user, may=subject):
                    self.assertTrue(client.may_publish(subject))
            for subject in NOBODY | (every - WRITES[user]):
                with self.subTest(user=user, may_not=subject):
                    self.assertFalse(client.may_publish(subject))
            with self.subTest(user=user):
                self.assertTrue(client.may(f"SUB {client.inbox} 1\r\n"))
                self.assertFalse(client.may("SUB vigil.> 2\r\n"))
                self.assertFalse(client.may("SUB > 3\r\n"))

    def test_permissions_are_those_of_the_journals_page(self):
        page = ROOT / "api/journal.md"
        if not page.exists():
            self.skipTest("api/journal.md is not there")

        def read(text):
            found = {}
            for user in re.split(r"\buser: ", text)[1:]:
                found[re.match(r'"?([a-z-]+)', user)[1]] = set(re.findall(r'"((?:vigil|\$)[^"]*)"', user))
            return found

        told = read(re.search(r"^```nats$(.*?)^```$", page.read_text(), re.M | re.S)[1])
        set_ = read((ROOT / "deploy/base/journal/nats.conf").read_text())
        self.assertEqual(set(told), set(USERS))
        for user in USERS:
            with self.subTest(user=user):
                self.assertEqual(set(set_[user]), set(told[user]))

    def test_nobody_comes_in_otherwise(self):
        servers = self.start("deploy/components/one-journal-server/servers.conf", 1)
        wrong = servers.client("ward", password="x")
        self.addCleanup(wrong.close)
        self.assertTrue([line for line in wrong.answers() if "Authorization Violation" in line])
        with socket.create_connection(("127.0.0.1", servers.ports[0]), timeout=30) as plain:
            file = plain.makefile("rb")
            self.assertTrue(json.loads(file.readline().removeprefix(b"INFO "))["tls_required"])
            plain.sendall(b'CONNECT {"user":"ward","pass":"x"}\r\nPING\r\n')
            self.assertNotIn(b"PONG", file.read())
        # the settings that "accepted" stands on
        _, told = servers.ask(0, "/jsz?config=true")
        self.assertTrue(told["config"]["sync_always"])

    def test_three_servers_are_one_journal(self):
        servers = self.start("deploy/base/journal/three-servers.conf", 3)
        servers.wait(lambda: all(len(servers.ask(index, "/routez")[1]["routes"]) > 0 for index in range(3)))
        servers.wait(lambda: any(servers.ask(index, "/jsz")[1].get("meta_cluster", {}).get("cluster_size") == 3 for index in range(3)))
        client = servers.client("records", 2)
        self.addCleanup(client.close)
        self.assertNotIn("connect_urls", client.info, "servers would tell clients addresses that no certificate has")
        client.send(f"SUB {client.inbox} 1\r\n")
        wanted = json.dumps({"name": "VIGIL", "subjects": ["vigil.>"], "storage": "file", "discard": "new", "num_replicas": 3})

        def made():
            client.send(f"PUB $JS.API.STREAM.CREATE.VIGIL {client.inbox} {len(wanted)}\r\n{wanted}\r\n")
            client.answers()
            return any(one["name"] == "VIGIL" for one in servers.ask(0, "/jsz?streams=true")[1].get("account_details", [{}])[0].get("stream_detail", []))

        servers.wait(made)


if __name__ == "__main__":
    if not SERVER:
        print("NATS_SERVER is not set (tools/nats_server prints it): skipped", file=sys.stderr)
        sys.exit(4)
    unittest.main(verbosity=1)
