"""The program as a user meets it: doors, keys, samples in, questions out, restart, stop."""

import json
import subprocess
import time
import unittest

from vigil_process import BINARY, Vigil, bearer

START_US = 1_790_000_000_000_000


def block(first: int, samples: int = 256, start_us: int = START_US, value: int = 1, device: str = "d1") -> dict:
    return {
        "device": device, "stream": "s1", "first_sample": first, "rate_numerator": 256, "rate_denominator": 1,
        "start_time_us": start_us + first * 1_000_000 // 256,
        "channels": [{"label": "Fp1-F7", "unit": "uV", "scale": 1}, {"label": "F7-T7", "unit": "uV", "scale": 1}],
        "samples": samples,
        "data": [[(value * (first + i)) % 200 - 100 for i in range(samples)], [(first + i) % 50 for i in range(samples)]],
    }


def legacy_window(seed: int = 0) -> dict:
    return {"fk_user": "1", "eeg_data": [(i * 37 + seed) % 180 - 90 for i in range(178)], "register_timestamp": "2026-9-9 10:0:7"}


class Doors(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.vigil = Vigil()

    @classmethod
    def tearDownClass(cls):
        cls.vigil.close()

    def test_nothing_is_anonymous(self):
        for method, path in [
            ("POST", "/v1/eeg/blocks"), ("POST", "/v1/vitals"), ("POST", "/v1/beats"), ("POST", "/predict"),
            ("GET", "/v1/patients"), ("GET", "/v1/me"), ("GET", "/v1/admin/keys"), ("POST", "/v1/admin/keys"),
            ("GET", "/eeg_chunks/get_last_chunks_list"), ("GET", "/eeg_data"),
            ("POST", "/eeg_chunks/add"), ("POST", "/heartbeat_chunks/add"),
        ]:
            with self.subTest(path=path):
                status, _, body = self.vigil.call(method, path, {} if method == "POST" else None)
                self.assertEqual(status, 401, body)
        for path in ["/eeg", "/heartbeat", "/"]:
            self.assertIn(self.vigil.call("POST", path, legacy_window())[0], (401, 404, 405))

    def test_a_link_signs_in_once(self):
        cookie = self.vigil.sign_in()
        status, _, body = self.vigil.call("GET", "/v1/me", headers=cookie)
        self.assertEqual((status, json.loads(body)["role"]), (200, "administrator"))
        self.assertEqual(self.vigil.call("GET", f"/signin?token={self.vigil.token}")[0], 401)
        link = self.vigil.command("link").stdout.strip()
        self.assertEqual(self.vigil.call("GET", "/signin?" + link.split("?")[1])[0], 303)

    def test_staff_sign_in_with_a_password(self):
        made = self.vigil.command("user", "nurse", "--role", "clinician", stdin="a long enough password\n")
        self.assertEqual(made.returncode, 0, made.stderr)
        deadline = time.monotonic() + 5
        status = 0
        while status != 204 and time.monotonic() < deadline:
            status, headers, _ = self.vigil.call("POST", "/v1/sign-in", {"user": "nurse", "password": "a long enough password"})
        self.assertEqual(status, 204)
        cookie = {"Cookie": headers["Set-Cookie"].split(";")[0]}
        self.assertEqual(json.loads(self.vigil.call("GET", "/v1/me", headers=cookie)[2])["role"], "clinician")
        self.assertEqual(self.vigil.call("GET", "/v1/admin/keys", headers=cookie)[0], 403)
        self.assertEqual(self.vigil.call("POST", "/v1/sign-in", {"user": "nurse", "password": "wrong"})[0], 401)

    def test_an_address_that_fails_too_often_waits(self):
        vigil = Vigil()
        self.addCleanup(vigil.close)
        answers = [vigil.call("GET", "/signin?token=" + "0" * 64)[0] for _ in range(11)]
        self.assertEqual(answers, [401] * 10 + [429])
        status, headers, body = vigil.call("POST", "/v1/sign-in", {"user": "nurse", "password": "a long enough password"})
        self.assertEqual((status, headers["Retry-After"], json.loads(body)["status"]), (429, "60", 429))

    def test_a_key_is_for_its_own_patient_and_ends_within_a_second(self):
        key = self.vigil.key("p-key")
        status, _, body = self.vigil.call("POST", "/v1/eeg/blocks", block(0), bearer(key))
        self.assertEqual(status, 200, body)
        self.assertEqual(self.vigil.call("GET", "/v1/patients", headers=bearer(key))[0], 403)
        revoked = self.vigil.command("key", "revoke", key.split("_")[1])
        self.assertEqual(revoked.returncode, 0, revoked.stderr)
        time.sleep(1)
        self.assertEqual(self.vigil.call("POST", "/v1/eeg/blocks", block(256), bearer(key))[0], 401)

    def test_the_page_is_there_and_asks_no_other_host(self):
        status, headers, body = self.vigil.call("GET", "/")
        self.assertEqual(status, 200)
        self.assertIn("text/html", headers["Content-Type"])
        self.assertIn("default-src 'self'", headers["Content-Security-Policy"])
        self.assertNotIn("http://", body.replace("http://www.w3.org", ""))

    def test_the_monitor_answers_on_its_own_port(self):
        self.assertEqual(self.vigil.call("GET", "/livez", base=self.vigil.monitor)[0], 200)
        deadline = time.monotonic() + 10
        while self.vigil.call("GET", "/readyz", base=self.vigil.monitor)[0] != 200 and time.monotonic() < deadline:
            time.sleep(0.05)
        status, _, body = self.vigil.call("GET", "/readyz", base=self.vigil.monitor)
        self.assertEqual(status, 200, body)
        self.assertIn("vigil_http_requests_total", self.vigil.call("GET", "/metrics", base=self.vigil.monitor)[2])
        self.assertEqual(self.vigil.call("GET", "/metrics")[0], 404)


class Samples(unittest.TestCase):
    def setUp(self):
        self.vigil = Vigil("--legacy-open", "eeg,lists", "--legacy-senders", "p1")
        self.addCleanup(self.vigil.close)
        self.assertEqual(self.vigil.command("patient", "p1", "--number", "1", "--label", "Bed 1").returncode, 0)
        self.key = self.vigil.key("p1")
        self.cookie = self.vigil.sign_in()

    def stored(self, until: int) -> list[int]:
        """The samples of the first channel that a query gives, by index."""
        status, _, body = self.vigil.call("GET", "/v1/patients/p1/eeg?from=2026-01-01T00:00:00Z&until=2026-12-31T00:00:00Z&limit=1000", headers=self.cookie)
        self.assertEqual(status, 200, body)
        self.answer = json.loads(body)
        return self.answer

    def test_a_block_is_accepted_once_and_survives_kill_9(self):
        sent = block(0)
        status, _, body = self.vigil.call("POST", "/v1/eeg/blocks", sent, bearer(self.key))
        self.assertEqual(status, 200, body)
        self.assertIn("ACCEPTED", body.upper())
        self.vigil.kill()
        self.vigil.start()
        status, _, body = self.vigil.call("POST", "/v1/eeg/blocks", sent, bearer(self.key))
        self.assertEqual(status, 200, body)
        self.assertIn("DUPLICATE", body.upper())
        status, _, body = self.vigil.call("POST", "/v1/eeg/blocks", block(0, value=3), bearer(self.key))
        self.assertEqual(status, 409, body)
        self.cookie = self.vigil.sign_in()
        self.assertIn(str(sent["data"][0][:40])[1:-1].replace(" ", ""), json.dumps(self.stored(256)).replace(" ", ""))

    def test_the_old_call_gets_the_detection_of_its_own_window(self):
        status, _, body = self.vigil.call("POST", "/eeg", legacy_window())
        answer = json.loads(body)
        self.assertEqual((status, answer["status"], answer["message"], answer["response"]["message"]), (200, "success", "Completed", "Received"))
        score = answer["response"]["response"]
        self.assertTrue(0 <= score <= 1)
        status, _, body = self.vigil.call("POST", "/predict", {"eeg_data": legacy_window()["eeg_data"]}, bearer(self.key))
        self.assertEqual((status, json.loads(body)["message"]), (200, "Received"))
        self.assertAlmostEqual(json.loads(body)["response"], score, places=4)

        again = self.vigil.call("POST", "/eeg", legacy_window())
        self.assertEqual(again[0], 200)
        deadline = time.monotonic() + 5
        rows = []
        while (not rows or float(rows[0]["epilepsy_prediction_probability"]) < 0) and time.monotonic() < deadline:
            rows = json.loads(self.vigil.call("GET", "/eeg_chunks/get_last_chunks_list")[2])
            time.sleep(0.05)
        self.assertEqual(len(rows), 1)
        self.assertEqual(rows[0]["fk_user"], 1)
        self.assertEqual(json.loads(rows[0]["eeg_data"]), legacy_window()["eeg_data"])
        self.assertEqual(rows[0]["register_timestamp"], "Wed, 09 Sep 2026 10:00:07 GMT")
        self.assertAlmostEqual(float(rows[0]["epilepsy_prediction_probability"]), score, places=4)

    def test_old_senders_that_were_not_named_are_refused(self):
        self.assertIn(self.vigil.call("POST", "/eeg", {**legacy_window(), "fk_user": 2})[0], (401, 403, 404))
        self.assertEqual(self.vigil.call("POST", "/heartbeat", {"data": {"metrics": []}})[0], 404)

    def test_detections_follow_from_continuous_blocks(self):
        for second in range(6):
            self.assertEqual(self.vigil.call("POST", "/v1/eeg/blocks", block(second * 256), bearer(self.key))[0], 200)
        deadline = time.monotonic() + 10
        rows = []
        while len(rows) < 3 and time.monotonic() < deadline:
            status, _, body = self.vigil.call("GET", "/v1/patients/p1/detections?from=2026-01-01T00:00:00Z&until=2026-12-31T00:00:00Z", headers=self.cookie)
            self.assertEqual(status, 200, body)
            rows = json.loads(body)["detections"]
            time.sleep(0.1)
        self.assertGreaterEqual(len(rows), 3)

    def test_a_request_s_trace_is_in_its_log_line_and_in_its_entries(self):
        vigil = Vigil("--log-level", "debug", "--legacy-open", "eeg", "--legacy-senders", "p1")
        self.addCleanup(vigil.close)
        self.assertEqual(vigil.command("patient", "p1", "--number", "1").returncode, 0)
        key = bearer(vigil.key("p1"))
        given = [f"{n}af7651916cd43dd8448eb211c80319c" for n in range(5)]
        header = [{"traceparent": f"00-{trace}-b7ad6b7169203331-01"} for trace in given]
        beats = {"device": "strap", "stream": "s", "start_time_us": START_US, "rr_us": [800000, 810000]}
        calls = [
            ("/v1/eeg/blocks", block(0), {**key, **header[0]}, 200),
            ("/eeg", legacy_window(), header[1], 200),
            ("/v1/beats", beats, {**key, **header[2]}, 200),
            ("/v1/admin/keys", {"patient": "p2", "label": ""}, {**vigil.sign_in(), **header[3]}, 201),
            ("/v1/eeg/blocks", block(256), {**key, "traceparent": header[4]["traceparent"].upper()}, 200),
        ]
        for path, body, headers, expected in calls:
            status, _, answer = vigil.call("POST", path, body, headers)
            self.assertEqual(status, expected, answer)
        self.assertEqual(vigil.stop(), 0)
        lines = [json.loads(line) for line in vigil.log_text().splitlines() if '"http_request"' in line]
        logged = [line["trace_id"] for line in lines if line["route"] in {path for path, *_ in calls}][-len(calls):]
        self.assertEqual(logged[:4], given[:4])
        self.assertRegex(logged[4], "^[0-9a-f]{32}$")
        self.assertNotIn(logged[4], given)
        held = b"".join(vigil.entries())
        for trace in logged:  # field 10 of an entry, of 16 bytes
            self.assertIn(b"\x52\x10" + bytes.fromhex(trace), held)
        vigil.start()

    def test_sigterm_drains_and_exits_with_0(self):
        self.vigil.call("POST", "/v1/eeg/blocks", block(0), bearer(self.key))
        self.assertEqual(self.vigil.stop(), 0)
        self.assertIn('"event":"stopped"', self.vigil.log_text())
        self.vigil.start()


class OldAdds(unittest.TestCase):
    """The old database's own calls, which the old services made."""

    CHUNK = {**legacy_window(), "fk_user": 1, "epilepsy_prediction_probability": 0.01}
    HEART = {"heartbeat_data": [{"date": "2026-09-09 10:00:00 +0200", "Avg": 74.6}, {"date": "2026-09-09 10:01:00 +0200", "Avg": 75, "Min": 70, "Max": 80}]}

    def start(self, *arguments: str) -> Vigil:
        vigil = Vigil(*arguments)
        self.addCleanup(vigil.close)
        self.assertEqual(vigil.command("patient", "p1", "--number", "1").returncode, 0)
        return vigil

    def newest(self, vigil: Vigil, path: str, headers: dict):
        deadline = time.monotonic() + 5
        rows = None
        while not rows and time.monotonic() < deadline:
            status, _, body = vigil.call("GET", path, headers=headers)
            self.assertEqual(status, 200, body)
            rows = json.loads(body)
            time.sleep(0.05)
        return rows

    def test_with_a_key_they_are_held_and_answered_201(self):
        vigil = self.start()
        key, cookie = bearer(vigil.key("p1")), vigil.sign_in()
        for _ in range(2):  # sent again it is the same window
            status, _, body = vigil.call("POST", "/eeg_chunks/add", self.CHUNK, key)
            self.assertEqual((status, json.loads(body)), (201, {"status": "success"}))
            status, _, body = vigil.call("POST", "/heartbeat_chunks/add", self.HEART, key)
            self.assertEqual((status, json.loads(body)), (201, {"status": "success"}))
        rows = self.newest(vigil, "/eeg_chunks/get_last_chunks_list", cookie)
        self.assertEqual([json.loads(row["eeg_data"]) for row in rows], [self.CHUNK["eeg_data"]])
        hearts = self.newest(vigil, "/heartbeat_chunks/get_last_chunks_list", cookie)
        self.assertEqual(hearts["1"]["register_timestamps"], ["2026-09-09 08:00:00", "2026-09-09 08:01:00"])

    def test_they_are_for_the_key_s_own_patient(self):
        vigil = self.start()
        status, _, body = vigil.call("POST", "/eeg_chunks/add", self.CHUNK, bearer(vigil.key("p2")))
        self.assertEqual((status, json.loads(body)["field"]), (403, "fk_user"))

    def test_faults_are_named_and_nothing_is_held(self):
        vigil = self.start()
        key = bearer(vigil.key("p1"))
        for path, body, field in [
            ("/eeg_chunks/add", {**self.CHUNK, "epilepsy_prediction_probability": 1.5}, "epilepsy_prediction_probability"),
            ("/eeg_chunks/add", {**self.CHUNK, "eeg_data": self.CHUNK["eeg_data"][:177]}, "eeg_data"),
            ("/eeg_chunks/add", legacy_window(), "epilepsy_prediction_probability"),
            ("/heartbeat_chunks/add", {}, "heartbeat_data"),
            ("/heartbeat_chunks/add", {"heartbeat_data": [{"date": "2026-09-09 10:00:00 +0200", "Avg": "fast"}]}, "heartbeat_data[0].Avg"),
        ]:
            with self.subTest(field=field):
                status, _, answer = vigil.call("POST", path, body, key)
                self.assertEqual((status, json.loads(answer)["field"]), (400, field))
        both = {"heartbeat_data": [*self.HEART["heartbeat_data"], {"date": "soon", "Avg": 70}]}
        status, _, answer = vigil.call("POST", "/heartbeat_chunks/add", both, key)
        self.assertEqual((status, json.loads(answer)["refused"][0]["field"]), (207, "heartbeat_data[2].date"))
        self.assertEqual(vigil.call("POST", "/eeg_chunks/add", "x" * (17 << 10), key)[0], 413)

    def test_opened_by_name_they_take_the_named_patients_without_a_key(self):
        vigil = self.start("--legacy-open", "adds", "--legacy-senders", "p1", "--legacy-heart", "p1")
        self.assertEqual(vigil.call("POST", "/eeg_chunks/add", self.CHUNK)[0], 201)
        self.assertEqual(vigil.call("POST", "/eeg_chunks/add", {**self.CHUNK, "fk_user": 2})[0], 401)
        self.assertEqual(vigil.call("POST", "/heartbeat_chunks/add", self.HEART)[0], 201)
        self.assertEqual(vigil.call("POST", "/eeg", legacy_window())[0], 404)
        vigil = self.start("--legacy-open", "adds")
        self.assertEqual(vigil.call("POST", "/eeg_chunks/add", self.CHUNK)[0], 401)
        self.assertEqual(vigil.call("POST", "/heartbeat_chunks/add", self.HEART)[0], 401)


class CommandLine(unittest.TestCase):
    def run_vigil(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=60)

    def test_every_command_explains_itself_with_an_example(self):
        for command in ["serve", "play", "key", "patient", "user"]:
            shown = self.run_vigil(command, "--help")
            self.assertEqual(shown.returncode, 0)
            self.assertIn("vigil " + command, shown.stdout, command)

    def test_check_config_reports_all_faults_together(self):
        shown = self.run_vigil("serve", "--check-config", "--threads", "0", "--legacy-zone", "Mars/Base", "--legacy-open", "cellar",
                               "--predict-slots", "0", "--legacy-slots", "4097", "--query-slots", "257", "--intake-slots", "65537")
        self.assertEqual(shown.returncode, 2)
        for word in ["--threads", "Mars/Base", "cellar", "--predict-slots must be 1 to 1024", "--legacy-slots must be 1 to 4096",
                     "--query-slots must be 1 to 256", "--intake-slots must be 1 to 65536"]:
            self.assertIn(word, shown.stderr)
        self.assertEqual(self.run_vigil("serve", "--check-config").returncode, 0)
        self.assertEqual(self.run_vigil("serve", "--no-such-flag").returncode, 2)

    def test_keys_are_made_without_a_server_too(self):
        vigil = Vigil()
        self.addCleanup(vigil.close)
        self.assertEqual(vigil.stop(), 0)
        key = vigil.key("p9")
        vigil.start()
        self.assertEqual(vigil.call("POST", "/v1/eeg/blocks", block(0), bearer(key))[0], 200)

    def test_two_servers_on_one_state_folder_are_refused_with_a_sentence(self):
        vigil = Vigil()
        self.addCleanup(vigil.close)
        second = self.run_vigil("serve", "--state", str(vigil.state / "state"), "--port", "0", "--monitor-port", "0")
        self.assertEqual(second.returncode, 1)
        self.assertTrue(second.stderr.startswith("vigil: "), second.stderr)


if __name__ == "__main__":
    unittest.main()
