"""The autoscaler makes more pods of the detector under load, and fewer after it; nothing is lost by it.

Devices that were away send what they kept, as fast as it is taken. SETTLE_SECONDS (30; 300 in the manifests and in `make prove-cluster`) is how long the load must be
gone before a pod is.
"""
import asyncio
import os
import threading
import time
import unittest

import wire
from cluster import figure, get, kubectl, wait_until
from entry import INTAKE, Connection
from observer import Observer
from ward import NAMESPACE, fresh, pods

SETTLE_S = int(os.environ.get("SETTLE_SECONDS", "30"))
LOADERS, CHANNELS, RATE = 24, 64, 256


class Load(threading.Thread):
    """Old blocks of many channels, eight at a time, one request after another from each of some connections."""

    def __init__(self, ward, keys):
        super().__init__(daemon=True)
        self.ward, self.keys, self.running, self.sent = ward, keys, True, 0

    def run(self):
        async def all_of_them():
            await asyncio.gather(*(self.send(number, key) for number, key in enumerate(self.keys)))
        asyncio.run(all_of_them())

    async def send(self, number, key):
        connection, block = Connection(self.ward.entry, INTAKE, 20), 0
        begin_us = int((time.time() - 6 * 3600) * 1e6)
        data = os.urandom(CHANNELS * RATE * 2)
        while self.running:
            body = wire.message(*((1, self.block(number, block + more, begin_us, data)) for more in range(8)))
            status, _, _ = await connection.ask("POST", "/v1/eeg/blocks", body, (("Content-Type", "application/x-protobuf"), ("Authorization", f"Bearer {key}")))
            if status == 200:
                block += 8
                self.sent += 8
            else:
                await asyncio.sleep(0.5)
        connection.close()

    @staticmethod
    def block(number, block, begin_us, data):
        channels = [(7, wire.message((1, f"c{channel}"), (2, "uV"), (3, 0.01))) for channel in range(CHANNELS)]
        return wire.message((1, f"logger-{number}"), (2, f"kept-{begin_us}"), (3, block * RATE), (4, RATE), (5, 1), (6, begin_us + block * 1_000_000), *channels,
                            (8, RATE), (9, 1), (10, data), (12, 1))


class Scale(unittest.TestCase):
    def test_detector_grows_under_load_and_shrinks_after_it(self):
        ward = fresh(os.environ.get("OVERLAY", "two-machines"))
        settle = f'{{"spec": {{"behavior": {{"scaleDown": {{"stabilizationWindowSeconds": {SETTLE_S}}}}}}}}}'
        kubectl("-n", NAMESPACE, "patch", "hpa", "detector", "--type=merge", "-p", settle)
        few = get("-n", NAMESPACE, "hpa", "detector")["spec"]["minReplicas"]
        with Observer(ward, 10) as seen:
            keys = list(ward.keys([f"kept-{number}" for number in range(LOADERS)]).values())
            load, begin = Load(ward, keys), time.time()
            load.start()
            try:
                wait_until("more pods of the detector", lambda: len(pods("detector")) > few and len(pods("detector")), 180)
                grown = time.time() - begin
                wait_until("the new pod to share the work", lambda: min(ward.metric(one["metadata"]["name"], "vigil_detector_owner") for one in pods("detector")) > 0, 120)
            finally:
                load.running = False
                load.join(60)
            ended, most = time.time(), len(pods("detector"))
            wait_until("as many pods as before", lambda: len(pods("detector")) == few, SETTLE_S + 240, 2)
            shrunk = time.time() - ended
            seen.wait_until_well()
        seen.check_answers()
        blocks, _ = seen.check_stored()
        figure("autoscaler of detector under load", f"{few} to {most} pods, the first after {grown:.0f} s; back {shrunk:.0f} s after {load.sent} blocks of {CHANNELS} channels"
               f" (a load gone for {SETTLE_S} s); {blocks} blocks of 10 patients beside it, all stored")


if __name__ == "__main__":
    unittest.main()
