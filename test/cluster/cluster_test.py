"""The cluster has what Vigil's manifests ask of one."""
import os
import unittest

from cluster import ClusterTest, get, http, kubectl, pod, wait_until

SHELL = os.environ.get("SHELL_IMAGE", "localhost/busybox:1.37")


class Cluster(unittest.TestCase):
    def test_every_node_is_ready_and_there_are_two_or_more(self):
        nodes = get("nodes")["items"]
        self.assertGreaterEqual(len(nodes), 2)
        for node in nodes:
            ready = [entry["status"] for entry in node["status"]["conditions"] if entry["type"] == "Ready"]
            self.assertEqual(ready, ["True"], node["metadata"]["name"])

    def test_the_ingress_class_nginx_is_there(self):
        self.assertIn("nginx", [item["metadata"]["name"] for item in get("ingressclasses")["items"]])

    def test_the_ingress_controllers_address_answers_from_this_machine(self):
        service = get("-n", "ingress-nginx", "service", "ingress-nginx-controller")
        address = service["status"]["loadBalancer"]["ingress"][0]["ip"]
        status, _ = wait_until("an answer", lambda: (answer := http(address))[0] and answer, 60)
        self.assertEqual(status, 404, "nothing is behind it yet")

    def test_metrics_server_measures_every_node(self):
        names = {node["metadata"]["name"] for node in get("nodes")["items"]}
        measured = wait_until("metrics of the nodes", lambda: (
            found := {item["metadata"]["name"] for item in get("--raw", "/apis/metrics.k8s.io/v1beta1/nodes")["items"]}) >= names and found, 180)
        self.assertEqual(measured, names)


class Workloads(ClusterTest):
    """Small servers of busybox: DNS, Services over nodes, storage, a load balancer's address."""

    def test_pods_on_two_nodes_reach_one_another_by_a_services_name_and_this_machine_reaches_them(self):
        for number, node in enumerate(get("nodes")["items"][:2]):
            server = pod(f"web-{number}", SHELL, command=["sh", "-c", f"echo {number} >/data/index.html && exec httpd -f -p 8080 -h /data"])
            server["metadata"]["labels"] = {"app": "web"}
            server["spec"]["nodeName"] = node["metadata"]["name"]
            self.apply(server)
        for kind, name in (("ClusterIP", "web"), ("LoadBalancer", "web-outside")):
            self.apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
                        "spec": {"type": kind, "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}})
        self.wait_for_pod("web-0")
        self.wait_for_pod("web-1")
        seen = set()
        wait_until("an answer of each node's pod by the Service's name", lambda: seen.add(
            self.k("exec", "web-0", "--", "wget", "-qO-", "-T", "3", f"http://web.{self.namespace}.svc.cluster.local/").strip()) or seen == {"0", "1"}, 60, 0)
        address = wait_until("an address of MetalLB", lambda: get("-n", self.namespace, "service", "web-outside")["status"]["loadBalancer"].get("ingress"))[0]["ip"]
        outside = set()
        wait_until("an answer of each node's pod at the load balancer's address", lambda: outside.add(http(address)[1].strip()) or outside >= {"0", "1"}, 60, 0)

    def test_a_claim_of_the_default_storage_class_keeps_what_was_written_over_a_pods_death(self):
        self.apply({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "kept"},
                    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}})
        writer = pod("writer", SHELL, command=["sh", "-c", "test -e /data/word && mv /data/word /data/found; echo kept >/data/word; exec sleep 1000"])
        writer["spec"]["volumes"][0] = {"name": "data", "persistentVolumeClaim": {"claimName": "kept"}}
        writer["spec"]["terminationGracePeriodSeconds"] = 0
        for _ in range(2):
            self.apply(writer)
            self.wait_for_pod("writer")
            found = self.k("exec", "writer", "--", "ls", "/data").split()
            self.k("delete", "pod", "writer", "--force", "--grace-period=0")
        self.assertEqual(sorted(found), ["found", "word"])

    def test_pod_security_refuses_a_pod_with_rights(self):
        bad = pod("bad", SHELL)
        bad["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
        with self.assertRaisesRegex(AssertionError, "violates PodSecurity"):
            self.apply(bad)


if __name__ == "__main__":
    unittest.main()
