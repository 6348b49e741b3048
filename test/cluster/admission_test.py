"""deploy/delivery/admission on the API server: in a namespace that asks for it nothing runs but images that are pinned by digest and from the registry named."""
import json
import time
import unittest

from cluster import ClusterTest, get, kubectl, pod, wait_until
from registry import open_place


def setUpModule():
    global place
    place = open_place()


class Admission(ClusterTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.image = place.push("nats")
        kubectl("label", "namespace", cls.namespace, "vigil-images=pinned")
        wait_until("the policy to hold", cls.holds, 60)

    @classmethod
    def ask(cls, image):
        kubectl("-n", cls.namespace, "apply", "--dry-run=server", "-f", "-", stdin=json.dumps(pod("probe", image)))
        return True

    @classmethod
    def holds(cls):
        try:
            cls.ask("localhost/probe:1")
        except AssertionError as error:
            return "not pinned by digest" in str(error)
        return False

    def refused(self, sentence, wanted):
        with self.assertRaisesRegex(AssertionError, sentence):
            self.apply(wanted)

    def test_an_image_that_is_not_pinned_is_refused(self):
        self.refused("not pinned by digest: .*vigil-nats:built", pod("tagged", f"{place.images}/vigil-nats:built"))
        short = self.image[:-1]
        self.refused("not pinned by digest", pod("short", short))

    def test_an_image_of_another_registry_is_refused(self):
        digest = self.image.split("@")[1]
        for other in (f"docker.io/somebody/vigil-nats@{digest}", f"{place.images}-other/vigil-nats@{digest}", f"docker.io/{place.images}/vigil-nats@{digest}"):
            with self.subTest(image=other):
                self.refused("of another registry than", pod("foreign", other))

    def test_each_container_counts(self):
        for kind in ("initContainers", "containers"):
            with self.subTest(kind=kind):
                wanted = pod("second", self.image)
                wanted["spec"].setdefault(kind, []).append({**wanted["spec"]["containers"][0], "name": "other", "image": f"{place.images}/vigil-nats:built"})
                self.refused("not pinned by digest", wanted)

    def test_a_pinned_image_of_the_registry_passes_and_is_pulled(self):
        self.apply(pod("pinned", self.image))
        pulled = wait_until("its image to be pulled", lambda: get("-n", self.namespace, "pod", "pinned")["status"].get("containerStatuses", [{}])[0].get("imageID"))
        self.assertEqual(pulled.split("@")[1], self.image.split("@")[1])
        debugged = get("-n", self.namespace, "pod", "pinned")
        debugged["spec"]["ephemeralContainers"] = [{"name": "look", "image": "localhost/busybox:1.37", "securityContext": debugged["spec"]["containers"][0]["securityContext"]}]
        path = f"/api/v1/namespaces/{self.namespace}/pods/pinned/ephemeralcontainers"
        with self.assertRaisesRegex(AssertionError, "not pinned by digest: localhost/busybox:1.37"):
            kubectl("replace", "--raw", path, "-f", "-", stdin=json.dumps(debugged))

    def test_a_namespace_without_the_label_is_left_alone(self):
        kubectl("label", "namespace", self.namespace, "vigil-images-")
        self.addCleanup(wait_until, "the policy to hold", self.holds, 60)
        self.addCleanup(kubectl, "label", "namespace", self.namespace, "vigil-images=pinned")
        wait_until("a pod that is not pinned to pass", lambda: self.ask("localhost/probe:1"), 60)

    def test_a_policy_that_was_removed_and_applied_again_knows_its_registry(self):
        place.admit("delete")
        wait_until("a pod that is not pinned to pass", lambda: self.ask("localhost/probe:1"), 60)
        time.sleep(3) # an API server forgets what no binding names within a second
        place.admit("apply")
        wait_until("the policy to hold", self.holds, 60)
        self.assertTrue(self.ask(self.image))


if __name__ == "__main__":
    unittest.main()
