"""What a cluster does to its pods and nodes, done on purpose. Used by faults_test.py.

What needs the nodes themselves (kill -9, a node's network, a limit of memory) is there on the cluster of `make cluster` alone: CLUSTER_NODE runs a command
on one of its nodes.
"""
import json
import os
import subprocess
import unittest

from cluster import get, kubectl, wait_until
from ward import NAMESPACE, k, pods

NODE = os.environ.get("CLUSTER_NODE", "")
PREFIX = os.environ.get("KUBE_PREFIX", "vigil")


def on_node(node, *command, stdin=None):
    if not NODE:
        raise unittest.SkipTest("this needs a node's inside: the cluster of make cluster has it")
    return subprocess.run([NODE, node, *command], input=stdin, check=True, capture_output=True, text=True, timeout=60).stdout


def container_of(pod):
    return pod["status"]["containerStatuses"][0]["containerID"].removeprefix("containerd://")


def kill(pod):
    """kill -9 of the pod's process, by its node."""
    on_node(pod["spec"]["nodeName"], "ctr", "-n", "k8s.io", "tasks", "kill", "--signal", "SIGKILL", container_of(pod))


def restarts(pod):
    return sum(one["restartCount"] for one in pod["status"].get("containerStatuses", []))


def delete(pod):
    k("delete", "pod", pod["metadata"]["name"], "--wait=false")


def evict(pod):
    """As a drain or the descheduler asks for it."""
    name = pod["metadata"]["name"]
    body = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": NAMESPACE}}
    kubectl("create", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/{name}/eviction", "-f", "-", stdin=json.dumps(body))


def limit_memory(pod, more_bytes):
    """Lets the pod's container have that much more memory than it uses now, and no more."""
    uid, container = pod["metadata"]["uid"], container_of(pod)
    script = f'cd /sys/fs/cgroup/memory/kubepods/*/pod{uid}/{container} && u=$(cat memory.usage_in_bytes) && echo $((u + {more_bytes})) >memory.limit_in_bytes && cat memory.limit_in_bytes'
    return int(on_node(pod["spec"]["nodeName"], "sh", "-c", script))


def last_end(pod):
    """(reason, exit code) of what the pod's container ended with before."""
    ended = pod["status"]["containerStatuses"][0].get("lastState", {}).get("terminated", {})
    return ended.get("reason"), ended.get("exitCode")


def workers():
    return [one["metadata"]["name"] for one in get("nodes")["items"] if "node-role.kubernetes.io/control-plane" not in one["metadata"]["labels"]]


def cut_off(node, away):
    """The node's cable."""
    if not NODE:
        raise unittest.SkipTest("this needs a node's cable: the cluster of make cluster has it")
    subprocess.run(["ip", "link", "set", f"{PREFIX}-{node}", "down" if away else "up"], check=True, timeout=20)


def node_is_ready(node):
    conditions = get("node", node)["status"]["conditions"]
    return next(one["status"] for one in conditions if one["type"] == "Ready") == "True"


def replaced(component, old):
    """The pod that is there in its place once it is ready."""
    def found():
        now = [one for one in pods(component) if one["metadata"]["uid"] != old["metadata"]["uid"]]
        return next((one for one in now if all(state["ready"] for state in one["status"].get("containerStatuses", [{"ready": False}]))), None)
    return wait_until(f"another pod of {component}", found, 180)
