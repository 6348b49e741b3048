"""Every route that api/openapi describes is reached through the Ingress, and through the Gateway API's routes, at the service that has it."""
import re
import unittest

import yaml

import rendered

PAGE, INTAKE = "healtcare-cluster.com", "realtime-data.com"
SERVICES = {"eeg_intake": "eeg-intake", "heart_intake": "heart-intake", "detector": "detector", "records": "records", "ward": "ward"}
# host, verb, path as the sender asks, service, path as the service sees it
OLD = ((INTAKE, "post", "/eeg", "eeg-intake", "/"), (INTAKE, "post", "/heartbeat", "heart-intake", "/"))
# for callers inside the cluster, by the paper's names
INSIDE = {"/predict", "/eeg_chunks/add", "/heartbeat_chunks/add", "/eeg_chunks/get_last_chunks_list", "/heartbeat_chunks/get_last_chunks_list", "/eeg", "/heartbeat"}


def routes():
    """Host, verb, path, service of what people and devices ask."""
    for name, service in SERVICES.items():
        described = yaml.load((rendered.ROOT / f"api/openapi/{name}.yaml").read_text(), Loader=rendered.LOADER)
        for path, verbs in described["paths"].items():
            if path in INSIDE or (path == "/" and service != "ward"):
                continue
            for verb in set(verbs) & {"get", "post", "put", "delete"}:
                hosts = (PAGE, INTAKE) if service in ("eeg-intake", "heart-intake") else (PAGE,)
                for host in hosts:
                    yield host, verb, path, service


def ingress_paths(documents, host):
    """(regular expression, service, rewrite) in the order in which the controllers try them: the longest first."""
    found = []
    for one in rendered.of_kind(documents, "Ingress"):
        notes = one["metadata"]["annotations"]
        assert notes["nginx.ingress.kubernetes.io/use-regex"] == "true"
        for rule in one["spec"]["rules"]:
            if rule["host"] == host:
                found += [(path["path"], path["backend"]["service"]["name"], notes.get("nginx.ingress.kubernetes.io/rewrite-target")) for path in rule["http"]["paths"]]
    return sorted(found, key=lambda one: -len(one[0]))


def by_ingress(documents, host, _verb, path):
    for expression, service, rewrite in ingress_paths(documents, host):
        match = re.match(expression, path, re.I)
        if match:
            return service, re.sub(r"\$(\d)", lambda group: match[int(group[1])] or "", rewrite) if rewrite else path
    return None, path


def by_gateway(documents, host, verb, path):
    """As the Gateway API has it: the first rule with an exact path, else a regular expression, else the longest prefix; then one with a method."""
    found = []
    for route in rendered.of_kind(documents, "HTTPRoute"):
        if host not in route["spec"]["hostnames"]:
            continue
        for rule in route["spec"]["rules"]:
            for match in rule["matches"]:
                kind, value = match["path"]["type"], match["path"]["value"]
                fits = {"Exact": path == value, "RegularExpression": kind == "RegularExpression" and re.fullmatch(value, path) is not None,
                        "PathPrefix": value == "/" or path == value or path.startswith(value + "/")}[kind]
                if fits and match.get("method", verb.upper()) == verb.upper():
                    rank = (kind == "Exact", kind == "RegularExpression", len(value), "method" in match)
                    rewrites = [one["urlRewrite"]["path"]["replaceFullPath"] for one in rule.get("filters", [])]
                    found.append((rank, rule["backendRefs"][0]["name"], rewrites[0] if rewrites else path))
    return max(found)[1:] if found else (None, path)


class Entry(unittest.TestCase):
    def check(self, find, documents):
        count = 0
        for host, verb, path, service in routes():
            concrete = re.sub(r"\{[^}]+\}", "a-1", path)
            with self.subTest(host=host, verb=verb, path=path):
                self.assertEqual(find(documents, host, verb, concrete), (service, concrete))
            count += 1
        self.assertGreater(count, 70)
        for host, verb, path, service, seen in OLD:
            with self.subTest(host=host, path=path):
                self.assertEqual(find(documents, host, verb, path), (service, seen))
        for path in INSIDE - {"/eeg", "/heartbeat"}:
            with self.subTest(inside=path):
                self.assertEqual(find(documents, INTAKE, "post", path)[0], None)

    def test_the_ingress_leads_each_route_to_its_service(self):
        for name in rendered.OVERLAYS:
            self.check(by_ingress, rendered.overlay(name))

    def test_the_gateway_leads_each_route_to_its_service(self):
        gateway = next(one for one in rendered.CHOICES if "gateway" in one)
        self.check(by_gateway, rendered.choice(gateway))

    def test_what_an_ingress_must_let_through_is_let_through(self):
        for one in rendered.of_kind(rendered.overlay("laptop"), "Ingress"):
            notes = {key.removeprefix("nginx.ingress.kubernetes.io/"): value for key, value in one["metadata"]["annotations"].items()}
            with self.subTest(ingress=one["metadata"]["name"]):
                self.assertEqual(one["spec"]["ingressClassName"], "nginx")
                self.assertEqual(notes["enable-access-log"], "true")
                # the largest body of docs/considerations.md is 16 MiB
                self.assertGreaterEqual(int(notes["proxy-body-size"].removesuffix("m")), 16)
                if one["metadata"]["name"] != "old-paths":
                    self.assertGreaterEqual(int(notes["proxy-read-timeout"]), 3600)
                self.assertTrue(one["spec"]["tls"])

    def test_a_route_that_nobody_leads_anywhere_is_noticed(self):
        documents = rendered.overlay("laptop")
        page = next(one for one in rendered.of_kind(documents, "Ingress") if one["metadata"]["name"] == "page")
        paths = page["spec"]["rules"][0]["http"]["paths"]
        paths.remove(next(one for one in paths if "overview" in one["path"]))
        self.assertEqual(by_ingress(documents, PAGE, "get", "/v1/patients/a/overview")[0], "ward")


if __name__ == "__main__":
    rendered.program()
    unittest.main(verbosity=1)
