"""A whole ward on the cluster, brought there as docs/deploy.md says: secrets, an overlay, the hosts' address, a first sign-in. Used by the tests of the ward."""
import asyncio
import json
import pathlib
import re
import subprocess

from cluster import IMAGES, TOP, get, kubectl, load_image, wait_until
from entry import INTAKE, PAGE, Connection, Entry, let_close

NAMESPACE = "vigil"
SERVICES = ("eeg-intake", "heart-intake", "detector", "records", "ward")
SERVERS = ("nats", "mariadb")
CLAIMS_GONE_S = 120


def k(*arguments, **more):
    return kubectl("-n", NAMESPACE, *arguments, **more)


def pods(component):
    """Those that are not being taken down."""
    found = get("-n", NAMESPACE, "pods", "-l", f"app=eeg-app,component={component}")["items"]
    return [one for one in found if "deletionTimestamp" not in one["metadata"]]


def is_ready(pod):
    return any(one["type"] == "Ready" and one["status"] == "True" for one in pod["status"].get("conditions", []))


def run_job(name, seconds=600):
    """A CronJob at once; what it said, or a RuntimeError with that where it failed. What a run before left is removed."""
    k("delete", "job", f"{name}-now", "--ignore-not-found")
    k("create", "job", f"--from=cronjob/{name}", f"{name}-now")

    def ended():
        status = json.loads(k("get", "job", f"{name}-now", "-o", "json"))["status"]
        if any(one["type"] == "Failed" and one["status"] == "True" for one in status.get("conditions", [])):
            raise RuntimeError(k("logs", f"job/{name}-now"))
        return status.get("succeeded")
    wait_until(f"the job {name}", ended, seconds)
    return k("logs", f"job/{name}-now").strip()


class Ward:
    """One installation. `overlay` is a folder of deploy/overlays, or another folder that Kustomize takes."""

    def __init__(self, overlay, secrets):
        self.overlay, self.secrets = TOP / "deploy/overlays" / overlay, pathlib.Path(secrets)
        self.cookie = ""

    # --- bringing it there
    def install(self, images=True):
        if images:
            for name in (*SERVICES, *SERVERS):
                load_image(name)
        subprocess.run([TOP / "deploy/secrets", "--folder", self.secrets], check=True, capture_output=True)
        self.apply()
        self.entry = Entry(self.find_address(), self.secrets / "ca.crt")
        self.wait_until_ready()
        self.sign_in()

    def apply(self, overlay=None):
        kubectl("apply", "-k", str(overlay or self.overlay))

    def wait_until_ready(self, seconds=300):
        for kind in ("deploy", "statefulset"):
            for one in get("-n", NAMESPACE, kind)["items"]:
                k("rollout", "status", f"{kind}/{one['metadata']['name']}", f"--timeout={seconds}s")

    @staticmethod
    def find_address():
        def address():
            there = get("-n", "ingress-nginx", "service", "ingress-nginx-controller")["status"]["loadBalancer"].get("ingress")
            return there and there[0]["ip"]
        return wait_until("an address of the ingress controller", address)

    @staticmethod
    def remove():
        """With its volumes: an empty cluster again."""
        kubectl("delete", "namespace", NAMESPACE, "--ignore-not-found", f"--timeout={CLAIMS_GONE_S}s")

    # --- talking to it
    def ask(self, host, method, path, body=b"", headers=(), seconds=10.0):
        """One request through the entry: (status, headers, body)."""
        async def once():
            connection = Connection(self.entry, host, seconds)
            try:
                return await connection.ask(method, path, body, headers)
            finally:
                connection.close()
                await let_close()
        return asyncio.run(once())

    def administrate(self, method, path, body):
        """JSON of the answer; asked again where a pod that is not there yet was asked."""
        def done():
            status, _, answer = self.ask(PAGE, method, path, json.dumps(body).encode(),
                                         (("Content-Type", "application/json"), ("Cookie", self.cookie), ("Origin", f"https://{PAGE}")))
            if status in (0, 503):
                raise AssertionError(f"{status} {answer[:300]!r}")
            if status >= 300:
                raise RuntimeError(f"{method} {path}: {status} {answer[:300]!r}")
            return [json.loads(answer) if answer else None]  # an empty object is an answer too
        return wait_until(f"{method} {path}", done, 60)[0]

    def sign_in(self):
        """By a link that a pod of ward prints."""
        def opened():
            link = k("exec", "deploy/ward", "--", "ward", "link").strip()
            status, headers, _ = self.ask(PAGE, "GET", link.removeprefix(f"https://{PAGE}"))
            return headers["set-cookie"].split(";")[0] if status == 303 else None
        self.cookie = wait_until("a link to be taken", opened, 60, 2)

    def keys(self, patients):
        """A device key for each, known to both intakes."""
        made = {name: self.administrate("POST", "/v1/admin/keys", {"patient": name})["key"] for name in patients}
        probe = json.dumps({"vitals": [{"name": "heart_rate", "unit": "/min", "value": 70, "start_time_us": 1_700_000_000_000_000, "source": "probe"}]}).encode()
        headers = (("Content-Type", "application/json"), ("Authorization", f"Bearer {made[patients[-1]]}"))
        known = lambda path, body: all(self.ask(INTAKE, "POST", path, body, headers)[0] not in (0, 401, 503) for _ in range(6))
        wait_until("the keys to be known", lambda: known("/v1/vitals", probe) and known("/v1/eeg/streams/end", b"{}"), 60)
        return made

    # --- looking into it
    def metric(self, pod, name):
        """Of one with labels their sum."""
        text = kubectl("get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}:9090/proxy/metrics")
        return sum(map(float, re.findall(rf"^{name}(?:{{[^}}]*}})? ([0-9.e+]+)", text, re.MULTILINE)))

    def readiness(self, pod):
        """What /readyz says, also where it says no."""
        answer = k("get", "--raw", f"/api/v1/namespaces/{NAMESPACE}/pods/{pod}:9090/proxy/readyz", check=False)
        return json.loads(answer) if answer.startswith("{") else {}

    def wait_until_stored(self, seconds=180):
        """Until the database has all that the journal holds now. Records answers from its memory too, what it writes every 10 s."""
        def of_records(*names):
            pod = next((one["metadata"]["name"] for one in pods("records") if is_ready(one)), None)
            return pod and [self.metric(pod, f"vigil_records_{name}") for name in names]
        position, lag = wait_until("records to be there", lambda: (found := of_records("position", "lag_entries")) and found[0] and found, seconds)
        wait_until("records to write all that the journal holds", lambda: (found := of_records("stored_position")) and found[0] >= position + lag, seconds)


def secrets_folder():
    """Of the tests' own installation: beside the images, so that a second run finds it."""
    folder = IMAGES.parent / "cluster-secrets"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def fresh(overlay):
    """A ward where there was none."""
    Ward.remove()
    ward = Ward(overlay, secrets_folder())
    ward.install()
    return ward
