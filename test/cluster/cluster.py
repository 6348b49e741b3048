"""What the tests of a cluster share: kubectl, waiting, a namespace of one's own, images. KUBECONFIG says which cluster."""
import json
import os
import pathlib
import subprocess
import time
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
IMAGES = TOP / "build/images"
# Of the cluster of `make cluster`: what brings images into its nodes. With another cluster its user does that.
LOAD = os.environ.get("CLUSTER_LOAD", "")


def kubectl(*arguments, stdin=None, check=True):
    """Standard output of kubectl; raises with its standard error where it failed and that was not expected."""
    done = subprocess.run(["kubectl", *arguments], input=stdin, capture_output=True, text=True, timeout=300)
    if check and done.returncode != 0:
        raise AssertionError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout


def get(*arguments):
    """Objects, or what the API server answers a path with (--raw PATH)."""
    return json.loads(kubectl("get", *([] if "--raw" in arguments else ["-o", "json"]), *arguments))


def wait_until(what, condition, seconds=120, every=0.5):
    """The condition's first answer that is true; it may fail with an AssertionError until then. `what` is said where it never comes."""
    deadline, said = time.monotonic() + seconds, ""
    while True:
        try:
            if answer := condition():
                return answer
        except AssertionError as error:
            said = f": {error}"
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s in vain for {what}{said}")
        time.sleep(every)


def figure(what, value):
    """A line for docs/performance.md."""
    print(f"\nfigure: {what}: {value}", flush=True)


def http(address, path="/", port=80, host=None):
    """(status, body) of a GET from this machine, or (0, why not)."""
    import http.client
    connection = http.client.HTTPConnection(address, port, timeout=5)
    try:
        connection.request("GET", path, headers={"Host": host} if host else {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except OSError as error:
        return 0, str(error)
    finally:
        connection.close()


def load_image(name):
    """Brings build/images/vigil-NAME.tar into the cluster; its newest tag. Skips the test where it was not made."""
    archive = IMAGES / f"vigil-{name}.tar"
    if not archive.exists():
        raise unittest.SkipTest(f"there is no {archive.relative_to(TOP)}; make images makes it")
    if LOAD:
        subprocess.run([LOAD, archive], check=True)
    elif not os.environ.get("IMAGES_LOADED"):
        raise unittest.SkipTest("load build/images/*.tar into your cluster and set IMAGES_LOADED=1")
    import tarfile
    with tarfile.open(archive) as tar:
        return json.load(tar.extractfile("manifest.json"))[0]["RepoTags"][0]


class ClusterTest(unittest.TestCase):
    """A test class with a namespace of its own, whose pods must be as `restricted` asks."""

    @classmethod
    def setUpClass(cls):
        cls.namespace = f"vigil-test-{os.getpid()}-{cls.__name__.lower()}"
        kubectl("create", "namespace", cls.namespace)
        cls.addClassCleanup(kubectl, "delete", "namespace", cls.namespace, "--wait=false")
        kubectl("label", "namespace", cls.namespace, "pod-security.kubernetes.io/enforce=restricted")

    def apply(self, *objects):
        kubectl("-n", self.namespace, "apply", "-f", "-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": list(objects)}))

    def k(self, *arguments, **more):
        return kubectl("-n", self.namespace, *arguments, **more)

    def wait_for_pod(self, name, seconds=120):
        """The pod once it is ready; where it never is, what kubectl describes of it is said."""
        def ready():
            pod = get("-n", self.namespace, "pod", name)
            conditions = {entry["type"]: entry["status"] for entry in pod["status"].get("conditions", [])}
            return pod if conditions.get("Ready") == "True" else None
        try:
            return wait_until(f"pod {name}", ready, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.k('describe', 'pod', name)[-2000:]}\n{self.k('logs', name, check=False)[-2000:]}") from None


def pod(name, image, args=(), command=None, **container):
    """A pod that `restricted` admits, with a read-only root and one folder to write to, /data."""
    return {
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "automountServiceAccountToken": False, "terminationGracePeriodSeconds": 20,
            "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "runAsGroup": 10001, "fsGroup": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [{
                "name": name, "image": image, "imagePullPolicy": "IfNotPresent", "args": list(args), **({"command": command} if command else {}),
                "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
                "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "tmp", "mountPath": "/tmp"}], **container}],
            "volumes": [{"name": "data", "emptyDir": {}}, {"name": "tmp", "emptyDir": {}}]}}
