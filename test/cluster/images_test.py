"""The images run in the cluster as they say: user 10001, a read-only root, no shell, the program as process 1."""
import json
import unittest

from cluster import ClusterTest, get, load_image, pod, wait_until


class Vigil(ClusterTest):
    def test_it_serves_as_a_user_without_rights_on_a_read_only_root(self):
        image = load_image("vigil")
        probe = {"path": "/livez", "port": 9090}
        self.apply(pod("vigil", image, ["serve", "--state", "/data/state", "--address", "0.0.0.0", "--port", "8080", "--monitor-port", "9090"],
                       readinessProbe={"httpGet": {**probe, "path": "/readyz"}, "periodSeconds": 1}, livenessProbe={"httpGet": probe, "periodSeconds": 5},
                       ports=[{"name": "http", "containerPort": 8080}, {"name": "monitor", "containerPort": 9090}]))
        self.wait_for_pod("vigil")
        self.assertEqual(json.loads(self.through_the_api("vigil", 9090, "livez")), {"live": True})
        self.assertIn("<html", self.through_the_api("vigil", 8080, "").lower())
        self.assertRegex(self.k("exec", "vigil", "--", "vigil", "--version"), r"^\d+\.\d+\.\d+")
        for shell in ("sh", "bash", "/bin/sh"):
            with self.assertRaisesRegex(AssertionError, "no such file|not found"):
                self.k("exec", "vigil", "--", shell)

    def test_the_program_is_process_1_and_ends_by_itself_on_sigterm(self):
        image = load_image("vigil")
        ends = pod("ends", image, ["serve", "--state", "/data/state", "--address", "0.0.0.0", "--port", "8080", "--monitor-port", "9090"],
                   readinessProbe={"httpGet": {"path": "/readyz", "port": 9090}, "periodSeconds": 1})
        ends["metadata"]["finalizers"] = ["vigil.test/read-the-exit-status"]  # or it is gone before anybody has seen how it ended
        self.apply(ends)
        self.addCleanup(self.k, "patch", "pod", "ends", "--type=json", "-p", '[{"op": "remove", "path": "/metadata/finalizers"}]')
        self.wait_for_pod("ends")
        self.k("delete", "pod", "ends", "--wait=false")

        def ended():
            states = get("-n", self.namespace, "pod", "ends")["status"]["containerStatuses"]
            return states[0]["state"].get("terminated")
        self.assertEqual(wait_until("its end", ended, 60)["exitCode"], 0)

    def through_the_api(self, name, port, path):
        return self.k("get", "--raw", f"/api/v1/namespaces/{self.namespace}/pods/{name}:{port}/proxy/{path}")


class Servers(ClusterTest):
    def test_nats_keeps_a_stream_on_a_read_only_root(self):
        image = load_image("nats")
        self.apply(pod("nats", image, ["--jetstream", "--store_dir", "/data", "--http_port", "8222"],
                       readinessProbe={"httpGet": {"path": "/healthz", "port": 8222}, "periodSeconds": 1}))
        self.wait_for_pod("nats")
        answer = json.loads(self.k("get", "--raw", f"/api/v1/namespaces/{self.namespace}/pods/nats:8222/proxy/jsz"))
        self.assertEqual(answer["config"]["store_dir"], "/data/jetstream")

    def test_mariadb_makes_its_tables_as_any_user_and_answers(self):
        image = load_image("mariadb")
        start = "mariadb-install-db --no-defaults --datadir=/data/db --skip-test-db --auth-root-authentication-method=normal >/dev/null " \
                "&& exec mariadbd --no-defaults --datadir=/data/db --socket=/tmp/socket --innodb-buffer-pool-size=64M"
        ping = ["mariadb", "--no-defaults", "--socket=/tmp/socket", "-u", "root", "-e", "SELECT 1"]
        self.apply(pod("mariadb", image, command=["bash", "-c", start], readinessProbe={"exec": {"command": ping}, "periodSeconds": 2}))
        self.wait_for_pod("mariadb", 180)
        self.k("exec", "mariadb", "--", "mariadb", "--no-defaults", "--socket=/tmp/socket", "-u", "root", "-e",
               "CREATE DATABASE a; CREATE TABLE a.t (word VARCHAR(9)); INSERT INTO a.t VALUES ('kept')")
        self.assertIn("INSERT INTO `t` VALUES", self.k("exec", "mariadb", "--", "mariadb-dump", "--no-defaults", "--socket=/tmp/socket", "-u", "root", "a"))


if __name__ == "__main__":
    unittest.main()
