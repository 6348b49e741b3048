"""What Kustomize makes of deploy/, as Python values. Used by every test of this folder."""
import copy
import functools
import os
import pathlib
import subprocess
import sys
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
OVERLAYS = ("laptop", "two-machines", "three-machines", "production")
# what one may choose on top of base, each as a list of components; the overlays are such lists too
CHOICES = (
    ("mariadb", "load-balancers", "two-of-each"),
    ("mariadb", "one-journal-server", "small", "local-volumes"),
    ("mariadb", "one-journal-server", "small", "gateway"),
    ("mariadb", "ingress", "tls-self-signed", "observability", "calls-out", "test-patient", "daily-checks", "weaknesses"),
    ("outside-database", "ingress", "tls-acme"),
)
# applied by themselves, in namespaces of their own
ALONE = ("access/pull", "access/tunnel", "delivery/admission", "cluster/ingress-controller", "cluster/metallb-pool", "overlays/two-machines/pool")


def program():
    """The kustomize of tools/kustomize; ends with 4, which ctest reads as skipped, where there is none."""
    path = os.environ.get("KUSTOMIZE", "")
    if not path:
        print("KUSTOMIZE is not set (tools/kustomize prints it): skipped", file=sys.stderr)
        sys.exit(4)
    return path


@functools.cache
def build(folder):
    """The manifests of a folder below deploy/, as text."""
    return run(ROOT / "deploy" / folder)


def run(path):
    done = subprocess.run([program(), "build", str(path)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{path} does not render: {done.stderr.strip()}")
    return done.stdout


@functools.cache
def choice_text(components):
    """base with these components and the images of the laptop."""
    with tempfile.TemporaryDirectory() as folder:
        deploy = pathlib.Path(os.path.relpath(ROOT / "deploy", folder))
        images = yaml.safe_load((ROOT / "deploy/overlays/laptop/kustomization.yaml").read_text())["images"]
        kustomization = {"namespace": "vigil", "resources": [str(deploy / "base")], "components": [str(deploy / "components" / one) for one in components], "images": images}
        (pathlib.Path(folder) / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        return run(folder)


def choice(components):
    return [one for one in yaml.load_all(choice_text(components), Loader=LOADER) if one]


@functools.cache
def parsed(folder):
    return [one for one in yaml.load_all(build(folder), Loader=LOADER) if one]


def documents(folder):
    """The same as dictionaries of one's own, which a test may change."""
    return copy.deepcopy(parsed(folder))


def overlay(name):
    return documents(f"overlays/{name}")


def title(document):
    return f"{document['kind']} {document['metadata']['name']}"


def of_kind(documents_, *kinds):
    return [one for one in documents_ if one["kind"] in kinds]


def pod_of(document):
    """The template of what makes pods, None of other kinds."""
    if document["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
        return document["spec"]["template"]
    if document["kind"] == "CronJob":
        return document["spec"]["jobTemplate"]["spec"]["template"]
    return None


def containers(template):
    return template["spec"].get("initContainers", []) + template["spec"]["containers"]


def selects(selector, labels):
    """Whether a label selector holds for labels, as Kubernetes reads it: an empty one holds for all."""
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for rule in selector.get("matchExpressions") or []:
        value, values = labels.get(rule["key"]), rule.get("values") or []
        holds = {
            "In": value in values,
            "NotIn": value not in values,
            "Exists": rule["key"] in labels,
            "DoesNotExist": rule["key"] not in labels,
        }[rule["operator"]]
        if not holds:
            return False
    return True
