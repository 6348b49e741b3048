"""Every overlay holds to every rule of policy.py, and every rule notices what it is there for."""
import unittest

import policy
import rendered


def first(documents, kind, name=None):
    return next(one for one in documents if one["kind"] == kind and name in (None, one["metadata"]["name"]))


def container(documents, kind="Deployment", name="ward"):
    return rendered.pod_of(first(documents, kind, name))["spec"]["containers"][0]


def spec(documents, kind="Deployment", name="ward"):
    return rendered.pod_of(first(documents, kind, name))["spec"]


def settings(documents):
    return next(one for one in documents if one["metadata"]["name"].startswith("settings-"))["data"]


def remove(documents, kind, name):
    documents.remove(first(documents, kind, name))


# rule, what is broken, how
BREACHES = (
    (policy.restricted, "a root that can be written", lambda d: container(d)["securityContext"].update(readOnlyRootFilesystem=False)),
    (policy.restricted, "a capability", lambda d: container(d)["securityContext"]["capabilities"].update(add=["NET_RAW"])),
    (policy.restricted, "privileges that can be gained", lambda d: container(d)["securityContext"].pop("allowPrivilegeEscalation")),
    (policy.restricted, "root in a StatefulSet", lambda d: spec(d, "StatefulSet", "nats")["securityContext"].update(runAsUser=0)),
    (policy.restricted, "no seccomp in a CronJob", lambda d: spec(d, "CronJob", "backup")["securityContext"].pop("seccompProfile")),
    (policy.restricted, "a path of the node", lambda d: spec(d)["volumes"].append({"name": "x", "hostPath": {"path": "/"}})),
    (policy.restricted, "the node's network", lambda d: spec(d).update(hostNetwork=True)),
    (policy.restricted, "a port of the node", lambda d: container(d)["ports"][0].update(hostPort=80)),
    (policy.namespaces_enforce_restricted, "a namespace that only warns",
     lambda d: first(d, "Namespace")["metadata"]["labels"].pop("pod-security.kubernetes.io/enforce")),
    (policy.resources_are_said, "no limit of memory", lambda d: container(d)["resources"]["limits"].pop("memory")),
    (policy.resources_are_said, "no request in a CronJob", lambda d: container(d, "CronJob", "backup")["resources"]["requests"].pop("cpu")),
    (policy.lasting_pods_are_probed, "no readiness probe", lambda d: container(d, "StatefulSet", "mariadb").pop("readinessProbe")),
    (policy.images_are_pinned, "latest", lambda d: container(d).update(image="registry:5000/ward:latest")),
    (policy.images_are_pinned, "no tag behind a port", lambda d: container(d).update(image="registry:5000/ward")),
    (policy.no_tokens, "a token", lambda d: spec(d).pop("automountServiceAccountToken")),
    (policy.no_tokens, "the default account", lambda d: spec(d).update(serviceAccountName="default")),
    (policy.no_tokens, "an account that gives tokens", lambda d: first(d, "ServiceAccount", "ward").pop("automountServiceAccountToken")),
    (policy.no_secrets, "a Secret", lambda d: d.append({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x"}})),
    (policy.no_secrets, "a password in the open", lambda d: container(d)["env"].append({"name": "DB_PASSWORD", "value": "x"})),
    (policy.no_secrets, "a secret in the environment",
     lambda d: container(d)["env"].append({"name": "X", "valueFrom": {"secretKeyRef": {"name": "x", "key": "x"}}})),
    (policy.each_has_a_budget, "no budget", lambda d: remove(d, "PodDisruptionBudget", "nats")),
    (policy.each_has_a_budget, "a budget that nobody can drain", lambda d: first(d, "PodDisruptionBudget", "ward")["spec"].update(maxUnavailable=0)),
    (policy.labelled, "a Service without labels", lambda d: first(d, "Service", "ward")["metadata"].pop("labels")),
    (policy.labelled, "pods without a component", lambda d: rendered.pod_of(first(d, "CronJob", "backup"))["metadata"]["labels"].pop("component")),
    (policy.services_are_whole, "no detector", lambda d: remove(d, "Deployment", "detector")),
    (policy.services_are_whole, "an autoscaler of nobody", lambda d: remove(d, "HorizontalPodAutoscaler", "ward")),
    (policy.services_are_whole, "replicas beside an autoscaler", lambda d: first(d, "Deployment", "ward")["spec"].update(replicas=3)),
    (policy.services_are_whole, "two writers of the store", lambda d: first(d, "HorizontalPodAutoscaler", "records")["spec"].update(maxReplicas=2)),
    (policy.services_are_whole, "two writers in an update", lambda d: first(d, "Deployment", "records")["spec"].update(strategy={"type": "RollingUpdate"})),
    (policy.services_are_whole, "another port", lambda d: first(d, "Service", "ward")["spec"]["ports"][0].update(port=8080)),
    (policy.services_are_whole, "all on one machine", lambda d: spec(d).pop("topologySpreadConstraints")),
    (policy.paper_names_lead_there, "a name that leads elsewhere",
     lambda d: first(d, "Service", "db-connection-service")["spec"]["selector"].update(component="ward")),
    (policy.drains_fit, "a short grace period", lambda d: spec(d).update(terminationGracePeriodSeconds=15)),
    (policy.drains_fit, "a longer drain", lambda d: settings(d).update(VIGIL_DRAIN_MS="25000")),
    (policy.drains_fit, "no time for the nodes", lambda d: container(d).pop("lifecycle")),
    (policy.references_exist, "a ConfigMap that is not there",
     lambda d: d.remove(next(one for one in d if one["kind"] == "ConfigMap" and one["metadata"]["name"].startswith("nats-")))),
    (policy.references_exist, "a priority that is not there", lambda d: spec(d).update(priorityClassName="x")),
    (policy.references_exist, "a volume that is not there", lambda d: spec(d)["volumes"].pop()),
)


ANY_POD = (policy.restricted, policy.namespaces_enforce_restricted, policy.resources_are_said, policy.lasting_pods_are_probed, policy.images_are_pinned,
           policy.no_secrets, policy.each_has_a_budget)


class Policy(unittest.TestCase):
    def test_every_overlay_holds_to_every_rule(self):
        for name in rendered.OVERLAYS:
            for rule in policy.RULES:
                with self.subTest(overlay=name, rule=rule.__name__):
                    self.assertEqual(list(rule(rendered.overlay(name))), [])

    def test_every_choice_of_components_holds_to_every_rule(self):
        for components in rendered.CHOICES:
            for rule in policy.RULES:
                with self.subTest(components=components, rule=rule.__name__):
                    self.assertEqual(list(rule(rendered.choice(components))), [])
        chosen = {one for components in rendered.CHOICES for one in components}
        self.assertEqual(chosen, {path.name for path in (rendered.ROOT / "deploy/components").iterdir()})

    def test_what_is_applied_by_itself_holds_to_the_rules_of_any_pod(self):
        for folder in rendered.ALONE:
            for rule in ANY_POD:
                with self.subTest(folder=folder, rule=rule.__name__):
                    self.assertEqual(list(rule(rendered.documents(folder))), [])

    def test_every_rule_notices_its_breaches(self):
        for rule, what, break_it in BREACHES:
            with self.subTest(rule=rule.__name__, breach=what):
                documents = rendered.overlay("laptop")
                break_it(documents)
                self.assertTrue(list(rule(documents)))
        self.assertEqual({rule for rule, _, _ in BREACHES}, set(policy.RULES))


if __name__ == "__main__":
    rendered.program()
    unittest.main(verbosity=1)
