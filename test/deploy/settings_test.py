"""What the manifests say to the programs is what the programs know: each variable of a Deployment is a flag of its program, each line of settings.env a
flag of one of the five at least. And with what they say, on the journal that they configure, each program gets ready and is refused nothing."""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

import journal_test
import policy
import rendered
from loopback import free_port

PROGRAMS = pathlib.Path(os.environ.get("VIGIL_PROGRAMS", "/nowhere"))


def known(service):
    """The variables that --help prints beside their flags."""
    told = subprocess.run([PROGRAMS / service, "--help"], capture_output=True, text=True, check=True).stdout
    return set(re.findall(r"\(Env:(VIGIL_[A-Z_]+)\)", told))


class Settings(unittest.TestCase):
    def test_every_variable_is_a_flag_of_its_program(self):
        every = {service: known(service) for service in policy.SERVICES}
        lists = [rendered.overlay(name) for name in rendered.OVERLAYS] + [rendered.choice(one) for one in rendered.CHOICES]
        for documents in lists:
            for one in rendered.of_kind(documents, "Deployment"):
                container = rendered.pod_of(one)["spec"]["containers"][0]
                service = container["image"].removeprefix("localhost/vigil-").partition(":")[0]
                said = {variable["name"] for variable in container["env"]}
                with self.subTest(service=service):
                    self.assertEqual({name for name in said if name.startswith("VIGIL_")} - every[service], set())
            settings = next(one for one in documents if one["metadata"]["name"].startswith("settings-"))["data"]
            self.assertEqual(set(settings) - set.union(*every.values()), set())

    def test_a_variable_that_nobody_knows_is_noticed(self):
        self.assertNotIn("VIGIL_JOURNEY", known("ward"))
        self.assertIn("VIGIL_JOURNAL", known("ward"))

    @unittest.skipUnless(journal_test.SERVER, "NATS_SERVER is not set (tools/nats_server prints it)")
    def test_each_program_gets_ready_on_the_journal_of_the_manifests(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        folder = pathlib.Path(holder.name)
        journal = journal_test.Servers(folder, "deploy/components/one-journal-server/servers.conf", 1)
        self.addCleanup(journal.stop)
        monitors = {service: free_port() for service in ("records", *policy.SERVICES)} # records makes the stream
        running = {service: self.start(service, monitor, folder, journal) for service, monitor in monitors.items()}
        until = time.monotonic() + 60
        for service, monitor in monitors.items():
            while not self.ready(monitor):
                log = (folder / f"log-{service}").read_text()
                self.assertIsNone(running[service].poll(), log)
                self.assertLess(time.monotonic(), until, log)
                time.sleep(0.2)
        time.sleep(6) # readers say every 5 s how far they are
        for service, process in running.items():
            process.terminate()
            with self.subTest(service=service):
                self.assertEqual(process.wait(60), 0, (folder / f"log-{service}").read_text())
        self.assertNotIn("Violation", (folder / "log-0").read_text())

    def start(self, service, monitor, folder, journal):
        """As its Deployment of the laptop has it, with the paths and ports of this test and a database in a file."""
        documents = rendered.overlay("laptop")
        settings = next(one for one in documents if one["metadata"]["name"].startswith("settings-"))["data"]
        deployment = next(one for one in documents if one["kind"] == "Deployment" and one["metadata"]["name"] == service)
        said = {one["name"]: one["value"] for one in rendered.pod_of(deployment)["spec"]["containers"][0]["env"] if "value" in one}
        here = {"VIGIL_NAME": f"{service}-1", "VIGIL_ADDRESS": "127.0.0.1", "VIGIL_PORT": str(free_port()), "VIGIL_MONITOR_PORT": str(monitor),
                "VIGIL_SECRET_FILE": str(folder / "made/installation"), "VIGIL_JOURNAL_CA": str(folder / "made/ca.crt"), "VIGIL_JOURNAL_USER": service,
                "VIGIL_JOURNAL_PASSWORD_FILE": str(folder / f"made/journal-{service}"), "VIGIL_JOURNAL": f"nats://localhost:{journal.ports[0]}",
                "VIGIL_JOURNAL_MAX_BYTES": "500000000", "VIGIL_STORE": f"sqlite:{folder}/store.db"}
        environment = {**settings, **{name: value for name, value in said.items() if not name.startswith("VIGIL_STORE_")}, **here}
        with open(folder / f"log-{service}", "wb") as log:
            process = subprocess.Popen([PROGRAMS / service], env={"PATH": os.environ["PATH"], **environment}, stdout=log, stderr=log, cwd=folder)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    @staticmethod
    def ready(monitor):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{monitor}/readyz", timeout=10) as answer:
                return answer.status == 200
        except OSError:
            return False


if __name__ == "__main__":
    rendered.program()
    if not all(os.access(PROGRAMS / service, os.X_OK) for service in policy.SERVICES):
        print(f"the five programs are not all in {PROGRAMS}: skipped", file=sys.stderr)
        sys.exit(4)
    unittest.main(verbosity=1)
