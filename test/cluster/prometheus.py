"""Prometheus of the tests' Debian root, that reads the pods of the ward through the API server: `vigil size` asks it as it would in a cluster. Used by size_test.py."""
import json
import os
import signal
import socket
import subprocess
import tempfile
import urllib.parse
import urllib.request

from cluster import TOP, wait_until
from ward import NAMESPACE

IN_ROOT = (TOP / "tools/in_root", "--with", "browser", "--with", "bench", "--with", "servers")
SCRAPE_EVERY = "5s"


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def config(proxy):
    """Every monitored pod is a target, and its component the job. YAML takes JSON."""
    label = "__meta_kubernetes_pod_label_"
    relabel = [
        {"source_labels": [label + "vigil_monitored"], "regex": "true", "action": "keep"},
        {"source_labels": ["__meta_kubernetes_pod_container_port_name"], "regex": "monitor", "action": "keep"},
        {"source_labels": [label + "component"], "target_label": "job"},
        {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "pod"},
        {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "__metrics_path__",
         "replacement": f"/api/v1/namespaces/{NAMESPACE}/pods/$1:9090/proxy/metrics"},
        {"source_labels": ["__meta_kubernetes_pod_name"], "target_label": "instance"},
        {"target_label": "__address__", "replacement": proxy}]
    pods = [{"role": "pod", "api_server": f"http://{proxy}", "namespaces": {"names": [NAMESPACE]}}]
    return {"global": {"scrape_interval": SCRAPE_EVERY, "scrape_timeout": SCRAPE_EVERY},
            "scrape_configs": [{"job_name": "vigil", "kubernetes_sd_configs": pods, "relabel_configs": relabel}]}


class Prometheus:
    """`url` answers until close()."""

    def __init__(self):
        proxy, port = f"127.0.0.1:{free_port()}", free_port()
        self.folder = tempfile.TemporaryDirectory()
        self.url = f"http://127.0.0.1:{port}"
        with open(f"{self.folder.name}/prometheus.yml", "w") as file:
            json.dump(config(proxy), file)
        self.log = open(f"{self.folder.name}/log", "w+b")
        self.running = [self.start("kubectl", "proxy", f"--port={proxy.split(':')[1]}", "--accept-paths=^/api/v1/"),
                        self.start(*IN_ROOT, "prometheus", f"--config.file={self.folder.name}/prometheus.yml", f"--storage.tsdb.path={self.folder.name}/data",
                                   f"--web.listen-address=127.0.0.1:{port}")]

    def start(self, *words):
        return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True)

    def value(self, expression):
        """The only value of an expression; None where there is none."""
        try:
            with urllib.request.urlopen(f"{self.url}/api/v1/query?" + urllib.parse.urlencode({"query": expression}), timeout=10) as answer:
                found = json.load(answer)["data"]["result"]
        except OSError as error:
            self.log.seek(0)
            raise AssertionError(f"{error}\n{self.log.read()[-1000:].decode(errors='replace')}") from None
        return float(found[0]["value"][1]) if found else None

    def wait_until_it_reads(self, component, count):
        wait_until(f"{count} pods of {component} to be read", lambda: (self.value(f'sum(up{{job="{component}"}})') or 0) >= count, 60)

    def close(self):
        for process in self.running:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)
        self.log.close()
        self.folder.cleanup()
