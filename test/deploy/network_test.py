"""The flows that the manifests allow are those of the table in docs/network.md, no more and no fewer.

That a cluster enforces them is its network's affair: the cluster of test/cluster has none that does, and this test stands in for it.
"""
import unittest

import network
import rendered

DOCUMENT = rendered.ROOT / "docs/network.md"


def table():
    """Rows of the first table as (from, to, port) to the set of overlays that have it."""
    rows = {}
    for line in DOCUMENT.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or len(cells) != 5 or cells[0] in ("from", "---"):
            continue
        sources, targets, port, where, _ = cells
        overlays = set(rendered.OVERLAYS) if where == "all" else {one.strip() for one in where.split(",")}
        for source in sources.split(", "):
            for target in targets.split(", "):
                rows.setdefault((source, target, port), set()).update(overlays)
    return rows


def told(name):
    return {flow for flow, overlays in table().items() if name in overlays}


class Network(unittest.TestCase):
    def test_the_table_is_what_the_manifests_allow(self):
        for name in rendered.OVERLAYS:
            with self.subTest(overlay=name):
                computed = network.flows(rendered.overlay(name))
                self.assertEqual(sorted(computed - told(name)), [], "allowed, and not in docs/network.md")
                self.assertEqual(sorted(told(name) - computed), [], "in docs/network.md, and not allowed")

    def test_what_matters_is_closed(self):
        for name in rendered.OVERLAYS:
            flows = network.flows(rendered.overlay(name))
            reach = lambda target: {source for source, to, _ in flows if to == target}
            with self.subTest(overlay=name):
                self.assertEqual(reach("mariadb"), {"records", "backup", "restore"})
                self.assertNotIn("another pod", {source for source, to, port in flows if port != "53/UDP" and port != "53/TCP"})
                self.assertNotIn("another namespace", {source for source, _, _ in flows})
                self.assertEqual({end for source, to, _ in flows for end in (source, to)} & set(network.ADDRESSES), set())

    def test_who_asks_outside_reaches_nothing_inside(self):
        before = network.flows(rendered.choice(("mariadb", "daily-checks")))
        more = network.flows(rendered.choice(("mariadb", "daily-checks", "weaknesses", "calls-out"))) - before
        names = {("check-vulnerabilities", "names (CoreDNS)", f"53/{protocol}") for protocol in ("TCP", "UDP")}
        self.assertEqual(more, names | {("check-vulnerabilities", "outside", "443/TCP"), ("ward", "outside", "443/TCP")})

    def test_a_wider_a_missing_and_a_misspelt_policy_are_noticed(self):
        documents = rendered.overlay("laptop")
        honest = network.flows(documents)
        policy = lambda changed, name: next(one for one in changed if one["kind"] == "NetworkPolicy" and one["metadata"]["name"] == name)

        wider = rendered.overlay("laptop")
        policy(wider, "database")["spec"]["ingress"][0]["from"] = [{"podSelector": {}}]
        policy(wider, "database-out")["spec"]["podSelector"] = {}
        self.assertIn(("ward", "mariadb", "3306/TCP"), network.flows(wider) - honest)

        missing = rendered.overlay("laptop")
        missing.remove(policy(missing, "deny-all"))
        self.assertNotEqual(network.flows(missing), honest)

        misspelt = rendered.overlay("laptop")
        policy(misspelt, "journal")["spec"]["podSelector"]["matchLabels"]["component"] = "natz"
        self.assertNotIn(("detector", "nats", "4222/TCP"), network.flows(misspelt))


if __name__ == "__main__":
    rendered.program()
    unittest.main(verbosity=1)
