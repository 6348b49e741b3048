"""What every manifest of Vigil must hold to, each rule a function from documents to the sentences of what breaks it.

The rules of Pod Security are those of the Kubernetes documentation, "Pod Security Standards", level restricted, v1.34.
"""
import re

import rendered

SERVICES = ("eeg-intake", "heart-intake", "detector", "records", "ward")
# of the restricted standard
VOLUME_KINDS = {"configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"}


def pods(documents):
    for document in documents:
        template = rendered.pod_of(document)
        if template is not None:
            yield rendered.title(document), document, template


def restricted(documents):
    for where, _, template in pods(documents):
        spec = template["spec"]
        pod_context = spec.get("securityContext", {})
        for key in ("hostNetwork", "hostPID", "hostIPC", "hostUsers"):
            if key in spec:
                yield f"{where}: {key}"
        if pod_context.get("runAsNonRoot") is not True or pod_context.get("runAsUser", 0) < 10001:
            yield f"{where}: may run as root, or as a user of the node"
        if pod_context.get("seccompProfile", {}).get("type") != "RuntimeDefault":
            yield f"{where}: no seccomp profile"
        if "sysctls" in pod_context:
            yield f"{where}: sysctls"
        for volume in spec.get("volumes", []):
            if not set(volume) - {"name"} <= VOLUME_KINDS:
                yield f"{where}: volume {volume['name']} is of a kind that is not allowed"
        for container in rendered.containers(template):
            context, name = container.get("securityContext", {}), f"{where}, container {container['name']}"
            if context.get("allowPrivilegeEscalation") is not False or context.get("privileged"):
                yield f"{name}: may gain privileges"
            capabilities = context.get("capabilities", {})
            if capabilities.get("drop") != ["ALL"] or capabilities.get("add"):
                yield f"{name}: keeps capabilities"
            if context.get("readOnlyRootFilesystem") is not True:
                yield f"{name}: may write its root"
            if any("hostPort" in port for port in container.get("ports", [])):
                yield f"{name}: hostPort"
            if context.get("runAsUser", 10001) < 10001 or context.get("runAsNonRoot") is False:
                yield f"{name}: may run as root"


def namespaces_enforce_restricted(documents):
    for namespace in rendered.of_kind(documents, "Namespace"):
        labels = namespace["metadata"].get("labels", {})
        for mode in ("enforce", "warn", "audit"):
            if labels.get(f"pod-security.kubernetes.io/{mode}") != "restricted":
                yield f"{rendered.title(namespace)}: {mode} is not restricted"


def resources_are_said(documents):
    for where, _, template in pods(documents):
        for container in rendered.containers(template):
            for part in ("requests", "limits"):
                for what in ("cpu", "memory"):
                    if what not in container.get("resources", {}).get(part, {}):
                        yield f"{where}, container {container['name']}: no {part} of {what}"


def lasting_pods_are_probed(documents):
    for where, document, template in pods(documents):
        if document["kind"] in ("Job", "CronJob"):
            continue
        for container in rendered.containers(template):
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                if probe not in container:
                    yield f"{where}, container {container['name']}: no {probe}"


def images_are_pinned(documents):
    for where, _, template in pods(documents):
        for container in rendered.containers(template):
            image = container["image"]
            tag = image.rpartition("/")[2].partition(":")[2]
            if "@sha256:" not in image and (not tag or tag == "latest"):
                yield f"{where}: image {image} has no fixed tag"


def no_tokens(documents):
    for where, _, template in pods(documents):
        spec = template["spec"]
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{where}: gets a token of the API server"
        if spec.get("serviceAccountName", "default") == "default":
            yield f"{where}: has no ServiceAccount of its own"
        if spec.get("enableServiceLinks") is not False:
            yield f"{where}: gets the addresses of all Services in its environment"
        if "priorityClassName" not in spec:
            yield f"{where}: no priority"
    for account in rendered.of_kind(documents, "ServiceAccount"):
        if account.get("automountServiceAccountToken") is not False:
            yield f"{rendered.title(account)}: gives tokens"


def no_secrets(documents):
    for secret in rendered.of_kind(documents, "Secret"):
        yield f"{rendered.title(secret)} stands in the repository"
    for where, _, template in pods(documents):
        for container in rendered.containers(template):
            for variable in container.get("env", []):
                if re.search("password|secret|token", variable["name"], re.I) and "value" in variable and not variable["name"].endswith("_FILE"):
                    yield f"{where}: {variable['name']} is said in the open"
                if "secretKeyRef" in variable.get("valueFrom", {}):
                    yield f"{where}: {variable['name']}: a secret in the environment, not in a file"


def each_has_a_budget(documents):
    budgets = rendered.of_kind(documents, "PodDisruptionBudget")
    for where, document, template in pods(documents):
        if document["kind"] in ("Deployment", "StatefulSet"):
            found = [one for one in budgets if rendered.selects(one["spec"]["selector"], template["metadata"]["labels"])]
            if len(found) != 1:
                yield f"{where}: {len(found)} PodDisruptionBudgets"
            elif found[0]["spec"].get("maxUnavailable") != 1:
                yield f"{where}: its PodDisruptionBudget would keep a drained node from getting empty"


def labelled(documents):
    for document in documents:
        if document["kind"] in ("Namespace", "PriorityClass", "ConfigMap", "NetworkPolicy", "Kustomization") or "." in document["apiVersion"].split("/")[0] and \
                document["apiVersion"].split("/")[0].split(".", 1)[1] not in ("k8s.io", "networking.k8s.io"):
            continue
        labels = document["metadata"].get("labels", {})
        if labels.get("app") != "eeg-app" or not labels.get("component"):
            yield f"{rendered.title(document)}: not labelled app: eeg-app and component"
    for where, _, template in pods(documents):
        labels = template["metadata"].get("labels", {})
        if labels.get("app") != "eeg-app" or not labels.get("component"):
            yield f"{where}: its pods are not labelled app: eeg-app and component"


def services_are_whole(documents):
    """Each of the five: Deployment, Service from 80 to 5000, autoscaler on CPU, account, spread over machines."""
    named = {(one["kind"], one["metadata"]["name"]): one for one in documents}
    for name in SERVICES:
        deployment = named.get(("Deployment", name))
        if deployment is None:
            yield f"no Deployment {name}"
            continue
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        if deployment["spec"]["selector"]["matchLabels"] != {"app": "eeg-app", "component": name}:
            yield f"Deployment {name}: another selector"
        if "replicas" in deployment["spec"]:
            yield f"Deployment {name}: says replicas, and would take them from the autoscaler at each apply"
        constraints = deployment["spec"]["template"]["spec"].get("topologySpreadConstraints", [])
        if not any(one["topologyKey"] == "kubernetes.io/hostname" for one in constraints):
            yield f"Deployment {name}: not spread over machines"
        service = named.get(("Service", name))
        if service is None or not rendered.selects({"matchLabels": service["spec"]["selector"]}, labels):
            yield f"no Service {name} that selects its pods"
        elif [(one["port"], one["targetPort"]) for one in service["spec"]["ports"]] != [(80, "http")]:
            yield f"Service {name}: not port 80 to http"
        ports = {one["name"]: one["containerPort"] for one in deployment["spec"]["template"]["spec"]["containers"][0]["ports"]}
        if ports != {"http": 5000, "monitor": 9090}:
            yield f"Deployment {name}: other ports"
        scaler = named.get(("HorizontalPodAutoscaler", name))
        if scaler is None or scaler["spec"]["scaleTargetRef"]["name"] != name:
            yield f"no HorizontalPodAutoscaler {name}"
        elif name == "records" and (scaler["spec"]["maxReplicas"] != 1 or deployment["spec"].get("strategy") != {"type": "Recreate"}):
            yield "Deployment records: the store would have two writers"
        elif not 1 <= scaler["spec"]["minReplicas"] <= scaler["spec"]["maxReplicas"]:
            yield f"HorizontalPodAutoscaler {name}: bounds"


PAPER_NAMES = {
    "epilepsy-prediction-service": "detector",
    "db-connection-service": "records",
    "new-eeg-data-endpoint-service": "eeg-intake",
    "new-heartbeat-endpoint-service": "heart-intake",
    "healt-center-web-page-service": "ward",
}


def paper_names_lead_there(documents):
    named = {one["metadata"]["name"]: one for one in rendered.of_kind(documents, "Service")}
    for name, component in PAPER_NAMES.items():
        service = named.get(name)
        if service is None or service["spec"]["selector"] != {"app": "eeg-app", "component": component}:
            yield f"no Service {name} for {component}"
        elif [(one["port"], one["targetPort"]) for one in service["spec"]["ports"]] != [(80, "http")]:
            yield f"Service {name}: not port 80 to http"


def drains_fit(documents):
    """preStop, the drain and five seconds to spare fit into the grace period."""
    settings = [one["data"] for one in rendered.of_kind(documents, "ConfigMap") if one["metadata"]["name"].startswith("settings-")]
    drain_s = int(settings[0]["VIGIL_DRAIN_MS"]) / 1000
    for where, document, template in pods(documents):
        if document["kind"] != "Deployment":
            continue
        wait_s = template["spec"]["containers"][0].get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
        if wait_s < 3:
            yield f"{where}: it is gone before the nodes know"
        if wait_s + drain_s + 5 > template["spec"].get("terminationGracePeriodSeconds", 30):
            yield f"{where}: its drain is cut short"


def references_exist(documents):
    """Each ConfigMap that must be there, and each claim, account and priority that is named, is there; Secrets are those of deploy/secrets."""
    there = {(one["kind"], one["metadata"]["name"]) for one in documents}
    for where, _, template in pods(documents):
        spec = template["spec"]
        named = [("ServiceAccount", spec.get("serviceAccountName")), ("PriorityClass", spec.get("priorityClassName"))]
        for volume in spec.get("volumes", []):
            if "configMap" in volume and not volume["configMap"].get("optional"):
                named.append(("ConfigMap", volume["configMap"]["name"]))
            if "persistentVolumeClaim" in volume:
                named.append(("PersistentVolumeClaim", volume["persistentVolumeClaim"]["claimName"]))
        for container in rendered.containers(template):
            named += [("ConfigMap", one["configMapRef"]["name"]) for one in container.get("envFrom", []) if "configMapRef" in one]
            mounted = {one["name"] for one in container.get("volumeMounts", [])}
            claimed = {one["name"] for one in spec.get("volumes", [])} | {"data"}
            if not mounted <= claimed:
                yield f"{where}: mounts what is not there: {mounted - claimed}"
        for one in named:
            if one not in there:
                yield f"{where}: {one[0]} {one[1]} is not there"


def secret_names(documents):
    """The Secrets that pods read, with the keys that they name."""
    found = {}
    for _, _, template in pods(documents):
        for volume in template["spec"].get("volumes", []):
            sources = [volume["secret"]] if "secret" in volume else [one["secret"] for one in volume.get("projected", {}).get("sources", []) if "secret" in one]
            for one in sources:
                found.setdefault(one.get("secretName") or one["name"], set()).update(item["key"] for item in one.get("items", []))
    return found


RULES = (restricted, namespaces_enforce_restricted, resources_are_said, lasting_pods_are_probed, images_are_pinned, no_tokens, no_secrets,
         each_has_a_budget, labelled, services_are_whole, paper_names_lead_there, drains_fit, references_exist)
