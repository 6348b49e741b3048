"""The Debian package: what is in it, that it is the same twice, that its program serves as the service confines it, and what its scripts do."""
import functools
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TOP / "deploy/images"), str(TOP / "test/delivery")]
import shared  # noqa: E402
from debian_root import needed_by  # noqa: E402
from images_test import faults_of  # noqa: E402

PROGRAM = shared.program("VIGIL_BIN", "the build makes it")
PROGRAM = str((TOP / PROGRAM).resolve())
EXPOSED = 1.3  # of 10, as systemd-analyze counts it; what is left is that it listens
MDWE = 65  # source  linux/prctl.h: PR_SET_MDWE, whose flag 1 is PR_MDWE_REFUSE_EXEC_GAIN
NO_NEW_PRIVILEGES = 38


def ask(*words, **more):
    return subprocess.run([str(word) for word in words], **{"capture_output": True, "text": True, "check": True, "timeout": 240, **more})


def make(program, out):
    return pathlib.Path(ask(sys.executable, "-B", TOP / "deploy/release/make_package.py", "--program", program, "--out", out).stdout.strip())


@functools.cache
def package():
    """Made once for all tests."""
    folder = tempfile.TemporaryDirectory()
    unittest.addModuleCleanup(folder.cleanup)
    return make(PROGRAM, folder.name)


def unit_settings(text):
    """[(name, value)] of a unit, those of several lines too."""
    return [tuple(line.split("=", 1)) for line in text.splitlines() if "=" in line and not line.startswith("#")]


class Packaged(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        cls.package = package()
        cls.root = cls.folder / "root"
        ask("dpkg-deb", "-x", cls.package, cls.root)
        ask("dpkg-deb", "-e", cls.package, cls.folder / "control")
        cls.unit = cls.root / "usr/lib/systemd/system/vigil.service"

    def field(self, name):
        return ask("dpkg-deb", "-f", self.package, name).stdout.strip()

    def in_unit(self, name):
        return [value for key, value in unit_settings(self.unit.read_text()) if key == name]


class Contents(Packaged):
    def test_its_version_is_that_of_the_checkout_and_of_the_program(self):
        version = ask(TOP / "tools/version").stdout.strip()
        self.assertEqual((self.package.name, self.field("Version")), (f"vigil_{version}_amd64.deb", version))
        said = ask(self.root / "usr/bin/vigil", "--version").stdout.strip()
        self.assertEqual(said, version, "the program is of another commit; make build")

    def test_it_is_the_same_twice(self):
        other = self.folder / "elsewhere" / "vigil"
        other.parent.mkdir()
        shutil.copyfile(PROGRAM, other)
        os.utime(other, (1, 1))
        before = os.umask(0o077)
        try:
            again = make(other, self.folder / "again")
        finally:
            os.umask(before)
        self.assertEqual(self.package.read_bytes(), again.read_bytes())

    def test_all_is_roots_and_nobody_else_may_write(self):
        for line in ask("dpkg-deb", "-c", self.package).stdout.splitlines():
            self.assertRegex(line, r"^(drwxr-xr-x|-rw-r--r--|-rwxr-xr-x) root/root ")

    def test_what_it_depends_on_are_the_packages_of_what_it_links(self):
        asked = dict(re.findall(r"([a-z0-9.+-]+)(?: \(>= ([^)]+)\))?(?:,|$)", self.field("Depends")))
        for library in needed_by(PROGRAM):
            path = next(pathlib.Path(folder, library) for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib64") if pathlib.Path(folder, library).exists())
            owner = ask("dpkg", "-S", path.resolve()).stdout.split(":")[0]
            self.assertIn(owner, asked, library)
        for package, least in asked.items():
            there = ask("dpkg-query", "-W", "-f", "${Version}", package, check=False).stdout
            if there and least:
                ask("dpkg", "--compare-versions", there, "ge", least)

    def test_files_are_what_md5sums_says_and_settings_are_kept_on_upgrades(self):
        ask("md5sum", "--check", "--strict", "--quiet", self.folder / "control/md5sums", cwd=self.root)
        listed = (self.folder / "control/md5sums").read_text().splitlines()
        self.assertEqual(len(listed), sum(path.is_file() for path in self.root.rglob("*")))
        kept = (self.folder / "control/conffiles").read_text().split()
        self.assertEqual(set(kept), {f"/{path.relative_to(self.root)}" for path in (self.root / "etc").rglob("*") if path.is_file()})

    def test_licences_and_a_valid_sbom_are_in_it_and_the_sbom_beside_it(self):
        doc = self.root / "usr/share/doc/vigil"
        text = (doc / "copyright").read_text()
        for words in ("/usr/share/common-licenses/Apache-2.0", "Teunis van Beelen", "Redistributions of source code must retain"):
            self.assertIn(words, text)
        materials = ask("gzip", "-dc", doc / "vigil.spdx.json.gz").stdout
        self.assertEqual(materials, self.package.with_suffix(".spdx.json").read_text())
        self.assertEqual(faults_of(json.loads(materials)), [])
        self.assertLessEqual({"libonnxruntime1.21", "libboost1.88-dev"}, {package["name"] for package in json.loads(materials)["packages"]})

    def test_each_setting_that_the_conffile_offers_is_one(self):
        helped = ask(self.root / "usr/bin/vigil", "serve", "--help").stdout
        offered = re.findall(r"^#?(VIGIL_\w+)=", (self.root / "etc/default/vigil").read_text(), re.MULTILINE)
        self.assertGreater(len(offered), 8)
        for name in offered:
            self.assertIn(f"(Env:{name})", helped.replace(" ", ""))

    def test_the_manual_page_has_no_fault(self):
        page = ask("gzip", "-dc", self.root / "usr/share/man/man1/vigil.1.gz").stdout
        self.assertIn(self.field("Version"), page)
        self.assertNotIn("@", page)


class Unit(Packaged):
    def confined(self, without=""):
        """The unit as systemd-analyze can read it here, whose program lies elsewhere."""
        text = self.unit.read_text().replace("/usr/bin/vigil", str(self.root / "usr/bin/vigil"))
        kept = [line for line in text.splitlines() if not (without and line.startswith(without))]
        path = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "vigil.service"
        path.write_text("\n".join(kept) + "\n")
        return path

    def security(self, path):
        done = ask("systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={int(EXPOSED * 10)}", path, check=False)
        return done.returncode

    def test_systemd_takes_it_and_says_nothing_of_it(self):
        done = ask("systemd-analyze", "verify", "--man=no", self.confined(), check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))
        wrong = self.confined()
        wrong.write_text(wrong.read_text().replace("PrivateTmp=", "PrivatTmp="))
        self.assertIn("PrivatTmp", ask("systemd-analyze", "verify", "--man=no", wrong, check=False).stderr)

    def test_little_of_the_machine_is_open_to_it(self):
        self.assertEqual(self.security(self.confined()), 0)
        for line in ("PrivateUsers=", "CapabilityBoundingSet=", "SystemCallFilter="):
            self.assertNotEqual(self.security(self.confined(without=line)), 0, f"{line} is missed")

    def test_its_end_has_time_for_the_drain(self):
        drain = int(re.search(r"--drain.*?\[(\d+)\]", ask(self.root / "usr/bin/vigil", "serve", "--help").stdout, re.DOTALL)[1]) / 1000
        self.assertGreaterEqual(float(self.in_unit("TimeoutStopSec")[0]), 2 * drain)


class Service(Packaged):
    """The program as the unit starts it: its environment, no new privileges, no page that becomes executable, and what it asks of the kernel is read by strace."""

    def allowed(self):
        """The system calls of SystemCallFilter, its groups opened by systemd."""
        def opened(word):
            if not word.startswith("@"):
                return {word}
            lines = ask("systemd-analyze", "syscall-filter", "--no-pager", word).stdout.splitlines()
            return set().union(*(opened(line.strip()) for line in lines[1:] if line.strip() and not line.strip().startswith("#")))
        found = set()
        for value in self.in_unit("SystemCallFilter"):
            words = set().union(*(opened(word) for word in value.lstrip("~").split()))
            found = found - words if value.startswith("~") else found | words
        return found

    def start(self, *prefix):
        self.state = self.folder / "state"
        ports = shared.free_port(), shared.free_port()
        environment = {"PATH": "/usr/bin:/bin", "VIGIL_STATE": str(self.state), "VIGIL_PORT": str(ports[0]), "VIGIL_MONITOR_PORT": str(ports[1]), "VIGIL_PLAY": "synthetic"}
        command = self.in_unit("ExecStart")[0].split()
        self.assertEqual(command[0], "/usr/bin/vigil")
        confine = f"import ctypes,os,sys; c=ctypes.CDLL(None); assert c.prctl({NO_NEW_PRIVILEGES},1,0,0,0)==0; assert c.prctl({MDWE},1,0,0,0)==0; os.execv(sys.argv[1],sys.argv[1:])"
        self.errors = open(self.folder / "errors", "w+b")
        self.addCleanup(self.errors.close)
        process = subprocess.Popen([*prefix, sys.executable, "-c", confine, self.root / "usr/bin/vigil", *command[1:]], env=environment, cwd="/",
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self.errors)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process, f"http://127.0.0.1:{ports[1]}"

    def wait_for(self, holds, process, seconds=120):
        deadline = time.monotonic() + seconds
        while not holds():
            text = (self.folder / "errors").read_text()[-2000:]
            self.assertIsNone(process.poll(), text)
            self.assertLess(time.monotonic(), deadline, text)
            time.sleep(0.1)

    def read(self, url):
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""
        except OSError:
            return 0, ""

    def test_it_serves_scores_and_ends_in_time_within_what_the_unit_allows(self):
        trace = self.folder / "trace"
        process, monitor = self.start("strace", "-f", "-qq", "-o", str(trace), "-e", "signal=none")
        self.wait_for(lambda: self.read(f"{monitor}/readyz")[0] == 200, process)
        scored = lambda: re.search(r"^vigil_detector_windows_total\S* ([1-9]\d*)", self.read(f"{monitor}/metrics")[1], re.MULTILINE)
        self.wait_for(scored, process)
        self.assertEqual(self.state.stat().st_mode & 0o777, 0o700)
        children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        os.kill(int(children[0]), signal.SIGTERM)
        self.assertEqual(process.wait(int(self.in_unit("TimeoutStopSec")[0])), 0)
        text = trace.read_text(errors="replace").split("execv", 2)[2]  # behind the start of Python
        # source  SQLite's os_unix.c, robustFchown: as root alone
        asked = set(re.findall(r"^\d+ +(\w+)\(", text, re.MULTILINE)) - ({"fchown"} if os.geteuid() == 0 else set())
        self.assertEqual(asked - self.allowed(), set(), "SystemCallFilter forbids what it calls")
        families = set(" ".join(self.in_unit("RestrictAddressFamilies")).split())
        self.assertLessEqual(set(re.findall(r"^\d+ +socket\((AF_\w+)", text, re.MULTILINE)), families)
        written = re.findall(r'openat\([^,]+, "([^"]+)", [^)]*(?:O_WRONLY|O_RDWR|O_CREAT)', text)
        self.assertTrue(any(path.startswith(str(self.state)) for path in written))
        self.assertEqual([path for path in written if not path.startswith((str(self.state), "/tmp/", "/dev/null"))], [], "ProtectSystem forbids it")

    def test_what_would_make_a_page_executable_is_refused_as_the_unit_does(self):
        code = f"import ctypes,mmap; assert ctypes.CDLL(None).prctl({MDWE},1,0,0,0)==0; mmap.mmap(-1, 4096, prot=mmap.PROT_READ|mmap.PROT_WRITE|mmap.PROT_EXEC)"
        done = ask(sys.executable, "-c", code, check=False)
        self.assertIn("PermissionError", done.stderr)


class Scripts(Packaged):
    """dpkg itself, in a root that has only what the scripts touch."""

    def setUp(self):
        self.machine = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for folder in ("var/lib/dpkg/info", "var/lib/dpkg/updates", "etc", "usr/lib/systemd/system", "var/log"):
            (self.machine / folder).mkdir(parents=True)
        (self.machine / "var/lib/dpkg/status").touch()

    def dpkg(self, *words):
        done = ask("dpkg", f"--root={self.machine}", "--log=/dev/null", "--force-depends", "--force-not-root", "--force-script-chrootless", *words, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_it_is_installed_enabled_and_what_was_recorded_goes_only_when_it_is_purged(self):
        self.dpkg("--install", self.package)
        self.assertRegex((self.machine / "etc/passwd").read_text(), r"(?m)^vigil:x:\d+:\d+:Vigil:/var/lib/vigil:/usr/sbin/nologin$")
        self.assertTrue((self.machine / "etc/systemd/system/multi-user.target.wants/vigil.service").is_symlink())
        settings = self.machine / "etc/default/vigil"
        settings.write_text("VIGIL_PORT=8090\n")
        kept = self.machine / "var/lib/vigil/store.db"
        kept.parent.mkdir(parents=True)
        kept.touch()
        self.dpkg("--install", self.package)
        self.assertEqual(settings.read_text(), "VIGIL_PORT=8090\n", "a setting outlives an upgrade")
        self.dpkg("--remove", "vigil")
        self.assertTrue(kept.exists() and settings.exists())
        self.assertFalse((self.machine / "usr/bin/vigil").exists())
        self.dpkg("--purge", "vigil")
        self.assertFalse(kept.parent.exists() or settings.exists())

    def test_shellcheck_finds_nothing_in_them(self):
        for name in ("postinst", "prerm", "postrm"):
            done = ask("shellcheck", "-s", "sh", self.folder / "control" / name, check=False)
            self.assertEqual(done.stdout, "", name)


if __name__ == "__main__":
    unittest.main(verbosity=1)
