"""A backup of one cluster restored into an empty one: every acknowledged block is back."""
import json
import os
import subprocess
import time
import unittest

from cluster import figure, kubectl, load_image, pod
from observer import Observer
from ward import Ward, fresh, k, run_job, secrets_folder

MARIADB = "localhost/vigil-mariadb:11.8"


def with_backups(test, name):
    """A pod that mounts the claim of the backups."""
    holder = pod(name, MARIADB, command=["sleep", "1000"])
    holder["spec"]["volumes"].append({"name": "backups", "persistentVolumeClaim": {"claimName": "backups"}})
    holder["spec"]["containers"][0]["volumeMounts"].append({"name": "backups", "mountPath": "/backups"})
    holder["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "10m", "memory": "16Mi"}}
    k("apply", "-f", "-", stdin=json.dumps(holder))
    k("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=120s")
    test.addCleanup(k, "delete", "pod", name, "--ignore-not-found", "--wait=false", check=False)


class Restore(unittest.TestCase):
    def test_a_backup_brings_every_acknowledged_block_into_an_empty_cluster(self):
        load_image("mariadb")
        ward = fresh("laptop")
        with Observer(ward, 10) as seen:
            time.sleep(float(os.environ.get("WARD_SECONDS", "30")))
        seen.check_stored()
        print(run_job("backup"))
        with_backups(self, "reader")
        name = k("exec", "reader", "--", "bash", "-c", "cd /backups && ls vigil-*.verified").strip().removesuffix(".verified")
        files = {part: subprocess.run(["kubectl", "-n", "vigil", "exec", "reader", "--", "cat", f"/backups/{name}{part}"], check=True, capture_output=True).stdout
                 for part in (".sql.gz", ".verified")}
        self.assertGreater(len(files[".sql.gz"]), 10_000)

        Ward.remove()
        empty = Ward("laptop", secrets_folder())
        empty.install(images=False)
        with_backups(self, "writer")
        for part, data in files.items():
            subprocess.run(["kubectl", "-n", "vigil", "exec", "-i", "writer", "--", "bash", "-c", f"cat >/backups/{name}{part}"], check=True, input=data)
        self.restore_into_empty()
        empty.wait_until_ready()
        seen.ward = empty
        blocks, values = seen.check_stored()
        figure("restored into an empty cluster", f"all of {blocks} acknowledged blocks and {values} heart rates; the backup has {len(files['.sql.gz']) / 1e6:.1f} MB")
        with Observer(empty, 10) as more:
            time.sleep(10)
        more.check_stored()

    def restore_into_empty(self):
        """As docs/deploy.md has it."""
        k("scale", "deploy/records", "statefulset/nats", "--replicas=0")
        k("wait", "--for=delete", "pod", "-l", "component in (records, nats)", "--timeout=2m")
        with self.assertRaisesRegex(RuntimeError, "REPLACE=yes"):
            run_job("restore", 120)
        k("delete", "job", "restore-now")
        k("delete", "pvc", "-l", "component=nats")
        made = k("create", "job", "--from=cronjob/restore", "restore-now", "--dry-run=client", "-o", "yaml")
        k("apply", "-f", "-", stdin=kubectl("set", "env", "--local", "-f", "-", "REPLACE=yes", "-o", "yaml", stdin=made))
        k("wait", "--for=condition=complete", "job/restore-now", "--timeout=300s")
        k("scale", "statefulset/nats", "--replicas=1")
        k("scale", "deploy/records", "--replicas=1")


if __name__ == "__main__":
    unittest.main()
