"""Every manifest is one that Kubernetes 1.34 knows, without a name that it does not know; the schemas are those of kubernetes-validate.

Kinds that other projects define are held against their CustomResourceDefinitions (tools/crds, in the variable CRDS); without those they are not checked.
"""
import copy
import functools
import json
import os
import pathlib
import unittest

import jsonschema
import kubernetes_validate
import yaml

import rendered

VERSION = "1.34"
FOREIGN = {
    "cert-manager.io/v1": {"Certificate", "Issuer"},
    "gateway.networking.k8s.io/v1": {"Gateway", "HTTPRoute"},
    "kustomize.toolkit.fluxcd.io/v1": {"Kustomization"},
    "metallb.io/v1beta1": {"IPAddressPool", "L2Advertisement"},
    "monitoring.coreos.com/v1": {"PrometheusRule", "ServiceMonitor"},
    "source.toolkit.fluxcd.io/v1": {"GitRepository"},
}


@functools.cache
def foreign_schemas():
    """(apiVersion, kind) to JSON schema, in which a name that is not described is a fault; empty without CRDS."""
    found = {}
    folder = os.environ.get("CRDS", "")
    for path in sorted(pathlib.Path(folder).glob("*.yaml")) if folder else []:
        definition = yaml.load(path.read_text(), Loader=rendered.LOADER)
        for version in definition["spec"]["versions"]:
            schema = version["schema"]["openAPIV3Schema"]
            schema["properties"]["metadata"] = {"type": "object"} # the API server's own
            found[f"{definition['spec']['group']}/{version['name']}", definition["spec"]["names"]["kind"]] = closed(schema)
    return found


def closed(schema):
    """A structural schema as the API server reads it: integer-or-string, and nothing beside what is described."""
    if isinstance(schema, list):
        return [closed(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: {name: closed(one) for name, one in value.items()} if key == "properties" else value if key in ("enum", "default", "required") else closed(value)
            for key, value in schema.items() if key != "format"}
    if schema.get("x-kubernetes-int-or-string"):
        made.pop("type", None)
    if "properties" in schema and "additionalProperties" not in schema and not schema.get("x-kubernetes-preserve-unknown-fields") and schema.get("type") == "object":
        made["additionalProperties"] = False
    return made


def foreign_faults(document):
    schema = foreign_schemas().get((document["apiVersion"], document["kind"]))
    if schema is None:
        return ["no schema"] if foreign_schemas() else []
    return [f"{rendered.title(document)}: {'.'.join(str(part) for part in one.path)}: {one.message}" for one in jsonschema.Draft7Validator(schema).iter_errors(document)]


def faults(document):
    try:
        kubernetes_validate.validate(document, VERSION, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{rendered.title(document)}: {'.'.join(str(one) for one in error.path)}: {error.message}"]
    return []


def is_foreign(document):
    return document["kind"] in FOREIGN.get(document["apiVersion"], set())


class Schema(unittest.TestCase):
    def test_every_manifest_is_one_of_kubernetes(self):
        seen, foreign = {}, set()
        for documents in [*map(rendered.overlay, rendered.OVERLAYS), *map(rendered.choice, rendered.CHOICES), *map(rendered.documents, rendered.ALONE)]:
            for document in documents:
                if is_foreign(document):
                    foreign.add((document["apiVersion"], document["kind"]))
                text = json.dumps(document, sort_keys=True)
                if text not in seen: # most are in several overlays
                    seen[text] = foreign_faults(document) if is_foreign(document) else faults(document)
                with self.subTest(document=rendered.title(document)):
                    self.assertEqual(seen[text], [])
        self.assertEqual(foreign, {(version, kind) for version, kinds in FOREIGN.items() for kind in kinds})

    def test_a_wrong_name_and_a_wrong_type_are_noticed(self):
        deployment = next(one for one in rendered.overlay("laptop") if one["kind"] == "Deployment")
        self.assertEqual(faults(deployment), [])
        unknown = copy.deepcopy(deployment)
        unknown["spec"]["template"]["spec"]["containers"][0]["readynessProbe"] = {}
        self.assertTrue(faults(unknown))
        wrong = copy.deepcopy(deployment)
        wrong["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = "30"
        self.assertTrue(faults(wrong))

    @unittest.skipUnless(os.environ.get("CRDS"), "CRDS is not set (tools/crds prints it)")
    def test_the_same_in_a_kind_of_another_project(self):
        monitor = next(one for one in rendered.overlay("production") if one["kind"] == "ServiceMonitor")
        self.assertEqual(foreign_faults(monitor), [])
        unknown = copy.deepcopy(monitor)
        unknown["spec"]["endpoints"][0]["intervall"] = "15s"
        self.assertTrue(foreign_faults(unknown))
        wrong = copy.deepcopy(monitor)
        wrong["spec"]["endpoints"] = "monitor"
        self.assertTrue(foreign_faults(wrong))


if __name__ == "__main__":
    rendered.program()
    unittest.main(verbosity=1)
