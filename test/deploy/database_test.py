"""MariaDB itself, with the scripts, settings and accounts of deploy/components/mariadb and the secrets of deploy/secrets: it starts as a plain
user, its accounts may do what they need and no more, a backup is verified, and a restore brings back every byte."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

from loopback import free_port

ROOT = pathlib.Path(__file__).resolve().parents[2]
PARTS = ROOT / "deploy/components/mariadb"
USER = 10001  # as in the cluster, where this test may be another user


class Database(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.holder.cleanup)
        cls.folder = pathlib.Path(cls.holder.name)
        cls.port = free_port()
        cls.secrets, cls.scripts = cls.folder / "secrets", cls.folder / "scripts"
        made = cls.folder / "made"
        subprocess.run([ROOT / "deploy/secrets", "--folder", made, "--print"], check=True, capture_output=True)
        for name in ("data", "run", "secrets", "scripts", "scratch", "backups"):
            (cls.folder / name).mkdir()
        for account in ("migrate", "records", "backup"):
            shutil.copy(made / f"store-{account}", cls.secrets / f"{account}-password")
        for source, target in (("mariadb.crt", "tls.crt"), ("mariadb.key", "tls.key"), ("ca.crt", "ca.crt")):
            shutil.copy(made / source, cls.secrets / target)
        for name in ("start", "backup", "restore", "accounts.sql", "server.cnf"):
            text = (PARTS / name).read_text()
            for place, here in (("/var/lib/mysql", "data"), ("/run/mysqld", "run"), ("/etc/mariadb-secrets", "secrets")):
                text = text.replace(place, str(cls.folder / here))
            (cls.scripts / name).write_text(text)
        if os.getuid() == 0:
            for path in [cls.folder, *cls.folder.rglob("*")]:
                os.chown(path, USER, USER)
        cls.server = None
        cls.addClassCleanup(cls.stop)
        cls.start()

    @classmethod
    def command(cls, *words, **environment):
        as_user = {"user": USER, "group": USER, "extra_groups": []} if os.getuid() == 0 else {}
        return {"args": words, "env": {"PATH": os.environ["PATH"], "HOME": str(cls.folder), "TMPDIR": str(cls.folder / "scratch"), "SCRATCH": str(cls.folder / "scratch"),
                                       "MARIADB_HOST": "localhost", "MARIADB_PORT": str(cls.port), "MARIADB_SECRETS": str(cls.secrets), **environment}, **as_user}

    @classmethod
    def start(cls):
        with open(cls.folder / "log", "ab") as log:
            cls.server = subprocess.Popen(**cls.command("bash", cls.scripts / "start", f"--port={cls.port}", "--innodb-buffer-pool-size=32M"), stdout=log, stderr=log)
        until = time.monotonic() + 60
        while cls.query("records", "SELECT 1").returncode != 0:
            if cls.server.poll() is not None or time.monotonic() > until:
                raise AssertionError((cls.folder / "log").read_text())
            time.sleep(0.2)

    @classmethod
    def stop(cls):
        if cls.server is not None:
            cls.server.terminate()
            cls.server.wait(60)

    @classmethod
    def query(cls, account, sql, *options):
        password = (cls.secrets / f"{account}-password").read_text()
        return subprocess.run(**cls.command("mariadb", "--no-defaults", "--protocol=tcp", "-h", "localhost", "-P", str(cls.port), "-u", f"vigil_{account}", f"-p{password}",
                                            f"--ssl-ca={cls.secrets}/ca.crt", "--ssl-verify-server-cert", "-N", "-B", *options, "vigil", "-e", sql),
                              capture_output=True, text=True, check=False)

    def answer(self, account, sql):
        done = self.query(account, sql)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.strip()

    def refused(self, account, sql, *options):
        done = self.query(account, sql, *options)
        self.assertNotEqual(done.returncode, 0, sql)
        return done.stderr

    def script(self, name, **environment):
        return subprocess.run(**self.command("bash", self.scripts / name, self.folder / "backups", **environment), capture_output=True, text=True, check=False)

    def setUp(self):
        self.answer("migrate", "DROP TABLE IF EXISTS chunk, position; CREATE TABLE chunk (id BIGINT PRIMARY KEY, patient VARCHAR(64), payload LONGBLOB);"
                    "CREATE TABLE position (n BIGINT PRIMARY KEY)")
        self.answer("records", "INSERT INTO chunk SELECT seq, CONCAT('p\u00e4tient-', seq % 7), UNHEX(SHA2(seq, 512)) FROM seq_1_to_5000; INSERT INTO position VALUES (5000)")

    def checksum(self):
        return self.answer("records", "CHECKSUM TABLE chunk, position EXTENDED")

    def test_accounts_may_do_what_they_need_and_no_more(self):
        self.assertEqual(self.answer("records", "UPDATE position SET n = 1; DELETE FROM position; SELECT COUNT(*) FROM chunk"), "5000")
        self.assertIn("denied", self.refused("records", "CREATE TABLE x (n INT)"))
        self.assertIn("denied", self.refused("records", "DROP TABLE chunk"))
        self.assertIn("denied", self.refused("records", "ALTER TABLE chunk ADD COLUMN x INT"))
        self.assertIn("denied", self.refused("backup", "INSERT INTO position VALUES (7)"))
        self.assertIn("denied", self.refused("migrate", "CREATE USER x"))
        for account in ("migrate", "records", "backup"):
            self.assertIn("denied", self.refused(account, "SELECT * FROM mysql.global_priv"))
            self.assertIn("denied", self.refused(account, "SET GLOBAL max_connections = 1"))
            self.assertIn("denied", self.refused(account, "SELECT 1", "--skip-ssl"))
        self.assertIn("denied", self.refused("records", "SELECT 1", "-px"))

    def test_settings_keep_what_was_committed(self):
        self.assertEqual(self.answer("records", "SELECT @@innodb_flush_log_at_trx_commit, @@innodb_doublewrite, @@character_set_server, @@time_zone, @@local_infile"),
                         "1\tON\tutf8mb4\t+00:00\t0")
        self.assertIn("STRICT_ALL_TABLES", self.answer("records", "SELECT @@sql_mode"))
        self.assertEqual(self.answer("records", "SELECT patient FROM chunk WHERE id = 3"), "p\u00e4tient-3")

    def test_a_restart_keeps_rows_and_takes_a_new_password(self):
        before = self.checksum()
        self.server.kill()
        self.server.wait(60)
        old = (self.secrets / "backup-password").read_text()
        (self.secrets / "backup-password").write_text("v" + "0" * 20)
        self.addCleanup((self.secrets / "backup-password").write_text, old)
        self.start()
        self.assertEqual(self.checksum(), before)
        self.assertEqual(self.answer("backup", "SELECT 1"), "1")
        self.assertIn("denied", self.refused("backup", "SELECT 1", f"-p{old}"))
        (self.secrets / "backup-password").write_text(old)
        self.stop()
        self.start()

    def test_a_backup_is_restored_byte_for_byte(self):
        before = self.checksum()
        done = self.script("backup")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("2 tables, 5001 rows", done.stdout)
        marks = list((self.folder / "backups").glob("*.verified"))
        self.assertEqual(len(marks), 1)

        self.assertIn("REPLACE=yes", self.script("restore").stderr)
        self.answer("migrate", "DELETE FROM chunk WHERE id > 17")
        done = self.script("restore", REPLACE="yes")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.checksum(), before)
        self.answer("migrate", "DROP TABLE chunk, position")
        done = self.script("restore", NAME=marks[0].stem)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.checksum(), before)

        # a file that is not the one that was verified, and one that never was
        self.answer("migrate", "DROP TABLE chunk, position")
        backup = marks[0].with_suffix(".sql.gz")
        backup.write_bytes(backup.read_bytes()[:-1] + b"x")
        self.assertIn("not the file that was verified", self.script("restore").stderr)
        marks[0].unlink()
        self.assertIn("no verified backup", self.script("restore").stderr)
        self.assertIn("never verified", self.script("restore", NAME=marks[0].stem).stderr)

    def test_a_dump_that_is_cut_short_or_lacks_rows_is_no_backup(self):
        tools = self.folder / "tools"
        tools.mkdir(exist_ok=True)
        real = shutil.which("mariadb-dump")
        for what, filter_ in (("its end", "head -c 20000"), ("rows", "grep -v '^(4999,'")):
            with self.subTest(lacks=what):
                (tools / "mariadb-dump").write_text(f'#!/bin/sh\n{real} "$@" | {filter_}\n')
                (tools / "mariadb-dump").chmod(0o755)
                done = self.script("backup", PATH=f"{tools}:{os.environ['PATH']}")
                self.assertNotEqual(done.returncode, 0)
                self.assertIn(what, done.stderr)
                self.assertEqual(list((self.folder / "backups").glob("*.verified")), [])

    def test_only_so_many_backups_are_kept(self):
        for _ in range(2):
            done = self.script("backup", KEEP="1")
            self.assertEqual(done.returncode, 0, done.stderr)
            time.sleep(1.1)  # their names are seconds
        self.assertEqual(len(list((self.folder / "backups").glob("*.verified"))), 1)
        self.assertEqual(len(list((self.folder / "backups").glob("*.sql.gz"))), 1)

    def tearDown(self):
        for path in (self.folder / "backups").iterdir():
            path.unlink()


if __name__ == "__main__":
    if shutil.which("mariadbd") is None:
        print("there is no mariadbd: skipped", file=sys.stderr)
        sys.exit(4)
    unittest.main(verbosity=1)
