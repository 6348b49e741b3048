"""kill -9 at random moments while 64 senders post: after the restart every acknowledged block is there exactly once.

VIGIL_KILL_ROUNDS (50) rounds on one state folder, seed VIGIL_SEED (1).
"""

import base64
import http.client
import json
import os
import random
import struct
import threading
import time
import unittest
import urllib.parse

from vigil_process import Vigil, bearer

SENDERS = 64
PATIENTS = 8
ROUNDS = int(os.environ.get("VIGIL_KILL_ROUNDS", "50"))
SAMPLES = 50


class Sender(threading.Thread):
    """Posts the next block of its own stream until the server is gone; remembers what was acknowledged."""

    def __init__(self, number: int, key: str):
        super().__init__(daemon=True)
        self.number, self.key = number, key
        self.url = None
        self.next_sample = 0
        self.acknowledged: set[int] = set()
        self.unexpected: list[str] = []
        self.running = True

    def body(self) -> dict:
        values = [(self.number * 1000 + self.next_sample + i) % 20000 - 10000 for i in range(SAMPLES)]
        return {
            "device": f"d{self.number}", "stream": "s", "first_sample": self.next_sample,
            "rate_numerator": 100, "rate_denominator": 1, "start_time_us": 1_790_000_000_000_000 + self.next_sample * 10_000,
            "channels": [{"label": "C3", "unit": "uV", "scale": 1}], "samples": SAMPLES, "codec": "INT16_LE",
            "data": base64.b64encode(struct.pack(f"<{SAMPLES}h", *values)).decode(),
        }

    def post_until_gone(self, url: str) -> None:
        target = urllib.parse.urlparse(url)
        connection = http.client.HTTPConnection(target.hostname, target.port, timeout=10)
        try:
            while self.running:
                connection.request("POST", "/v1/eeg/blocks", json.dumps(self.body()), {"Content-Type": "application/json", **bearer(self.key)})
                answer = connection.getresponse()
                text = answer.read()
                if answer.status == 200:
                    self.acknowledged.add(self.next_sample)
                    self.next_sample += SAMPLES
                elif answer.status != 503:
                    self.unexpected.append(f"{answer.status} {text[:200]!r}")
                    return
        except (OSError, http.client.HTTPException):
            pass  # killed: the block in flight is sent again after the restart
        finally:
            connection.close()


class Kill(unittest.TestCase):
    def test_every_acknowledged_block_is_there_exactly_once(self):
        chance = random.Random(int(os.environ.get("VIGIL_SEED", "1")))
        vigil = Vigil("--log-level", "warning")
        self.addCleanup(vigil.close)
        keys = [vigil.key(f"p{patient}") for patient in range(PATIENTS)]
        senders = [Sender(number, keys[number % PATIENTS]) for number in range(SENDERS)]
        for _ in range(ROUNDS):
            threads = [threading.Thread(target=sender.post_until_gone, args=(vigil.url,)) for sender in senders]
            for thread in threads:
                thread.start()
            time.sleep(chance.uniform(0.05, 0.6))
            vigil.kill()
            for thread in threads:
                thread.join()
            vigil.start()
        self.assertEqual([fault for sender in senders for fault in sender.unexpected], [])
        acknowledged = sum(len(sender.acknowledged) for sender in senders)
        self.assertGreater(acknowledged, ROUNDS * 10, "the rounds were too short to mean anything")
        vigil.stop()
        vigil.start()
        vigil.wait_until_stored()
        self.check_stored(vigil, senders)
        print(f"{acknowledged} blocks acknowledged over {ROUNDS} kills, each there exactly once")

    def check_stored(self, vigil: Vigil, senders: list[Sender]) -> None:
        cookie = vigil.sign_in()
        found: dict[str, dict[int, int]] = {}
        for patient in range(PATIENTS):
            cursor = ""
            while cursor is not None:
                path = f"/v1/patients/p{patient}/eeg?from=2026-01-01T00:00:00Z&until=2026-12-31T00:00:00Z&limit=1000"
                status, _, body = vigil.call("GET", path + (f"&cursor={cursor}" if cursor else ""), headers=cookie)
                self.assertEqual(status, 200, body)
                page = json.loads(body)
                for stream in page["streams"]:
                    samples = found.setdefault(stream["device"], {})
                    for run in stream["runs"]:
                        for offset, value in enumerate(run["data"][0]):
                            index = run["first_sample"] + offset
                            self.assertNotIn(index, samples, f"{stream['device']} has sample {index} twice")
                            samples[index] = value
                cursor = page.get("cursor")
        for sender in senders:
            samples = found.get(f"d{sender.number}", {})
            for first in sender.acknowledged:
                for index in range(first, first + SAMPLES):
                    self.assertIn(index, samples, f"d{sender.number} lost sample {index}")
                    self.assertEqual(samples[index], (sender.number * 1000 + index) % 20000 - 10000)


if __name__ == "__main__":
    unittest.main()
