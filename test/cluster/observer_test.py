"""The observer of a ward notices what it is there for; needs no cluster. Run by ctest."""
import time
import unittest
from unittest import mock

import audit
import page
import wire
from senders import CHANNELS, PATTERN, RATE, Device, Notes, samples_of

NUMBER = 3


def run_of(blocks, first=None, number=NUMBER):
    """(first sample, samples, bytes) as the store gives a run of these blocks: channel after channel."""
    size = RATE * 2
    whole = [samples_of(number, block * RATE % len(PATTERN), RATE) for block in blocks]
    data = b"".join(one[channel * size:(channel + 1) * size] for channel in range(len(CHANNELS)) for one in whole)
    return (blocks[0] if first is None else first) * RATE, len(blocks) * RATE, data


class Audit(unittest.TestCase):
    def missing(self, runs, acknowledged):
        device = Device(None, Notes(), NUMBER, "ward-3", "key")
        with mock.patch.object(audit, "stored_runs", lambda *_: iter(runs)):
            return audit.check_device(None, device, set(acknowledged), 0)

    def test_what_is_stored_as_it_was_sent_is_not_missing(self):
        self.assertEqual(self.missing([run_of(range(5)), run_of(range(5, 40))], range(40)), set())

    def test_a_block_that_is_not_there_is_missing(self):
        self.assertEqual(self.missing([run_of(range(5)), run_of(range(6, 9))], range(10)), {5, 9})

    def test_a_block_that_is_there_twice_is_noticed(self):
        with self.assertRaisesRegex(AssertionError, "block 4 is stored twice"):
            self.missing([run_of(range(5)), run_of(range(4, 6))], range(5))

    def test_other_samples_are_noticed(self):
        for run in (run_of(range(5), number=NUMBER + 1), run_of(range(1, 5), first=0)):
            with self.assertRaisesRegex(AssertionError, "block 0 is stored with other samples"):
                self.missing([run], range(5))

    def test_a_run_may_end_inside_a_block_and_what_follows_is_not_missing(self):
        first, count, data = run_of(range(10))
        cut = 4 * RATE + 64
        halves = [b"".join(data[(channel * count + begin) * 2:(channel * count + end) * 2] for channel in range(len(CHANNELS))) for begin, end in ((0, cut), (cut, count))]
        self.assertEqual(self.missing([(0, cut, halves[0]), (cut, count - cut, halves[1])], range(10)), set())
        self.assertEqual(self.missing([(0, cut, halves[0])], range(6)), {4, 5})
        with self.assertRaisesRegex(AssertionError, "block 4 is stored twice"):
            self.missing([(0, cut, halves[0]), run_of(range(4, 5))], range(5))


class Answers(unittest.TestCase):
    def test_of_5xx_only_503_with_retry_after_may_be(self):
        notes = Notes()
        for status, headers in ((200, {}), (0, {}), (503, {"retry-after": "2"})):
            notes.take("eeg", status, headers, b"")
        self.assertEqual(notes.wrong, [])
        for status, headers in ((503, {}), (502, {"retry-after": "2"}), (500, {}), (404, {}), (308, {})):
            notes.take("eeg", status, headers, b"")
        self.assertEqual([one[2] for one in notes.wrong], [503, 502, 500, 404, 308])


class Live(unittest.TestCase):
    ON, ENDED, TACHYCARDIA, STORAGE_FAILING = 1, 4, 4, 23

    def take(self, *parts):
        shown = page.Page(None, Notes(), "cookie", ["ward-1"])
        shown.take(wire.message(*parts))
        return shown

    def patient(self, name, *more):
        return 3, wire.message((1, name), *more)

    def test_a_window_of_news_has_a_delay_and_one_of_a_whole_frame_has_none(self):
        window = (6, wire.message((10, int(time.time() * 1e6) - 300_000)))
        news = self.take(self.patient("ward-1", window))
        self.assertAlmostEqual(news.delays[0][1], 0.3, delta=0.2)
        whole = self.take((2, 1), self.patient("ward-1", window))
        self.assertEqual((whole.delays, list(whole.newest)), ([], ["ward-1"]))

    def test_what_the_page_says_is_read(self):
        alarm = lambda condition, state: wire.message((4, state), (6, condition))
        cases = (((self.patient("ward-1", (12, 1)),), ["no data"]), (((5, 1),), ["journal failing"]), (((6, 1),), ["detector behind"]),
                 (((17, alarm(self.STORAGE_FAILING, self.ON)),), ["own alarm"]), (((17, alarm(self.STORAGE_FAILING, self.ENDED)),), []),
                 ((self.patient("another", (12, 1)),), []))
        for parts, told in cases:
            with self.subTest(told=told):
                shown = self.take(*parts)
                self.assertEqual(shown.troubles_since(shown.said[-1].at), told)

    def test_an_alarm_of_a_patient_is_kept_with_its_state(self):
        shown = self.take(self.patient("ward-1", (21, wire.message((4, self.ON), (6, self.TACHYCARDIA)))))
        self.assertEqual(shown.alarms["ward-1", self.TACHYCARDIA][1], self.ON)


if __name__ == "__main__":
    unittest.main()
