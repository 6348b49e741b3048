"""Every flow that the NetworkPolicies of a set of manifests allow, computed as Kubernetes defines it. Used by network_test.py.

A flow is allowed where the policies of egress that select its source allow it (or none selects it) and the policies of ingress that
select its destination do. Peers outside the namespace are known by name: those that some policy names.
"""
import rendered

NAMESPACE = "vigil"
# pods of other namespaces that a policy may let in or out, and what is no pod at all
OUTSIDE = {
    "ingress controller": ({"kubernetes.io/metadata.name": "ingress-nginx"}, {"app.kubernetes.io/name": "ingress-nginx"}),
    "Prometheus": ({"kubernetes.io/metadata.name": "monitoring"}, {"app.kubernetes.io/name": "prometheus"}),
    "names (CoreDNS)": ({"kubernetes.io/metadata.name": "kube-system"}, {"k8s-app": "kube-dns"}),
    "another namespace": ({"kubernetes.io/metadata.name": "default"}, {"app": "other"}),
}
# pods of the namespace that no manifest makes
INSIDE = {
    "clients (vigil-client)": {"vigil-client": "true"},
    "restore": {"app": "eeg-app", "component": "restore"},
    "acme solver": {"acme.cert-manager.io/http01-solver": "true"},
    "another pod": {"app": "other"},
}
ADDRESSES = {"outside": "203.0.113.9", "inside, 10/8": "10.1.2.3", "inside, 172.16/12": "172.20.1.2", "inside, 192.168/16": "192.168.1.2", "a cloud's own": "169.254.169.254"}
PORTS = {"TCP": (53, 80, 443, 3306, 4222, 5000, 6222, 8089, 8222, 9090), "UDP": (53,)}


def pods(documents):
    """Name to labels of every kind of pod in the namespace."""
    found = dict(INSIDE)
    for document in documents:
        template = rendered.pod_of(document)
        if template is not None and document["metadata"].get("namespace", NAMESPACE) == NAMESPACE:
            found[document["metadata"]["name"]] = template["metadata"]["labels"]
    return found


def named_ports(documents):
    names = {}
    for document in documents:
        template = rendered.pod_of(document)
        if template is not None:
            for container in rendered.containers(template):
                for port in container.get("ports", []):
                    names.setdefault(document["metadata"]["name"], {})[port["name"]] = port["containerPort"]
    return names


def peer_matches(peer, other):
    kind, namespace, labels, address = other
    if "ipBlock" in peer:
        # the addresses of pods are the network's affair: a block that holds them lets them in too, which no block here is meant to do
        return kind == "address" and covers(peer["ipBlock"], address)
    if kind == "address":
        return False
    if "namespaceSelector" in peer:
        if not rendered.selects(peer["namespaceSelector"], namespace):
            return False
    elif namespace != {"kubernetes.io/metadata.name": NAMESPACE}:
        return False
    return rendered.selects(peer.get("podSelector", {}), labels)


def covers(block, address):
    import ipaddress
    inside = ipaddress.ip_address(address)
    return inside in ipaddress.ip_network(block["cidr"]) and not any(inside in ipaddress.ip_network(one) for one in block.get("except", []))


def port_matches(ports, protocol, number, names):
    if not ports:
        return True
    for one in ports:
        if one.get("protocol", "TCP") != protocol:
            continue
        wanted = one.get("port")
        if wanted is None or wanted == number or names.get(wanted) == number or one.get("endPort", 0) >= number >= (wanted if isinstance(wanted, int) else 1 << 16):
            return True
    return False


def allowed(policies, direction, labels, other, protocol, number, names):
    """Whether a pod with these labels may receive from (ingress), or reach (egress), the other."""
    selecting = [one["spec"] for one in policies if direction.capitalize() in one["spec"]["policyTypes"] and rendered.selects(one["spec"]["podSelector"], labels)]
    if not selecting:
        return True
    peers = "from" if direction == "ingress" else "to"
    for spec in selecting:
        for rule in spec.get(direction) or []:
            if port_matches(rule.get("ports"), protocol, number, names) and \
                    (not rule.get(peers) or any(peer_matches(peer, other) for peer in rule[peers])):
                return True
    return False


def flows(documents):
    """(from, to, "PORT/PROTOCOL") of all that is allowed; "any port" where all of PORTS are."""
    policies, own, names = rendered.of_kind(documents, "NetworkPolicy"), pods(documents), named_ports(documents)
    here = {"kubernetes.io/metadata.name": NAMESPACE}
    ends = {name: ("pod", here, labels, None) for name, labels in own.items()}
    ends.update({name: ("pod", namespace, labels, None) for name, (namespace, labels) in OUTSIDE.items()})
    ends.update({name: ("address", None, {}, address) for name, address in ADDRESSES.items()})
    found = set()
    for source, start in ends.items():
        for target, end in ends.items():
            if source not in own and target not in own:
                continue # not ours to say
            open_ports = set()
            for protocol, numbers in PORTS.items():
                for number in numbers:
                    out = source not in own or allowed(policies, "egress", own[source], end, protocol, number, names.get(target, {}))
                    into = target not in own or allowed(policies, "ingress", own[target], start, protocol, number, names.get(target, {}))
                    if out and into:
                        open_ports.add(f"{number}/{protocol}")
            if len(open_ports) == sum(len(numbers) for numbers in PORTS.values()):
                open_ports = {"any port"}
            found |= {(source, target, port) for port in open_ports}
    return found
