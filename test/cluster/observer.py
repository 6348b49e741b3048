"""Plays a ward through the entry of a cluster and watches it: what was acknowledged, every answer, the delay to a page, and what the page says.

    with Observer(ward, patients=50) as seen:
        ... something happens ...
        seen.wait_until_well()
    seen.check_stored()
"""
import asyncio
import itertools
import threading
import time

import audit
from cluster import wait_until
from entry import PAGE, Connection, let_close
from page import Page
from senders import Device, Notes, Watch, pause_after

ASK_EVERY_S = 0.5


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


class Asker:
    """Somebody who opens a page, or asks about the past, twice a second."""

    def __init__(self, entry, notes, who, path, cookie):
        self.notes, self.who, self.path, self.cookie = notes, who, path, cookie
        self.connection, self.running, self.answered_s = Connection(entry, PAGE), True, 0.0

    async def run(self):
        while self.running:
            status, headers, body = await self.connection.ask("GET", self.path, headers=(("Cookie", self.cookie),))
            self.notes.take(self.who, status, headers, body)
            if status == 200:
                self.answered_s = time.time()
            await (asyncio.sleep(ASK_EVERY_S) if status == 200 else pause_after(status, headers))


class Observer(threading.Thread):
    def __init__(self, ward, patients=50):
        super().__init__(daemon=True)
        self.ward, self.notes, self.heart_rate = ward, Notes(), {}
        names = [f"ward-{number}" for number in range(1, patients + 1)]
        keys = ward.keys(names)
        self.devices = [Device(ward.entry, self.notes, number, name, keys[name]) for number, name in enumerate(names, 1)]
        self.watches = [Watch(ward.entry, self.notes, name, keys[name], lambda name=name: self.heart_rate.get(name, 72)) for name in names]
        self.page = Page(ward.entry, self.notes, ward.cookie, names)
        self.askers = [Asker(ward.entry, self.notes, "page", "/", ward.cookie), Asker(ward.entry, self.notes, "past", "/v1/patients", ward.cookie)]
        self.began_s = time.time()

    def __enter__(self):
        self.start()
        self.wait_until_well(120)
        return self

    def __exit__(self, *_):
        self.stop()

    def run(self):
        asyncio.run(self.run_all())

    async def run_all(self):
        for device in self.devices:
            device.task = asyncio.create_task(device.run())
            await asyncio.sleep(1 / len(self.devices))  # devices do not beat together
        tasks = [asyncio.create_task(one.run()) for one in (*self.watches, self.page, *self.askers)]
        await asyncio.gather(*(device.task for device in self.devices), *tasks)
        for one in (*self.devices, *self.watches, *self.askers):
            one.connection.close()
        await let_close()

    def stop(self):
        """Senders first: they go on until all that they have is acknowledged."""
        for one in (*self.devices, *self.watches):
            one.running = False
        wait_until("the senders' last blocks", lambda: not any(one.pending for one in (*self.devices, *self.watches)), 60)
        for one in (self.page, *self.askers):
            one.running = False
        self.join(30)
        if self.is_alive():
            raise AssertionError("the observer did not end")

    def is_well(self):
        """All senders are acknowledged, each patient's windows come to the page while they are new, and both kinds of questions are answered."""
        now = time.time()
        for device in self.devices:
            if now - device.newest_s > 3 or len(device.pending) > 2:
                return self.not_well(f"{len(device.pending)} blocks of {device.patient} wait")
        for device in self.devices:
            if now - self.page.newest.get(device.patient, 0) > 4:
                return self.not_well(f"the newest window of {device.patient} on the page is {now - self.page.newest.get(device.patient, 0):.0f} s old")
        if self.page.said[-1].trouble:
            return self.not_well(f"the page says {self.page.said[-1]}")
        for asker in self.askers:
            if now - asker.answered_s > 2:
                return self.not_well(f"{asker.who} is not answered")
        return True

    @staticmethod
    def not_well(why):
        raise AssertionError(why)

    def wait_until_well(self, seconds=120):
        """Seconds until all was well again, and stayed so for two."""
        begin = time.time()

        def steadily():
            well = [self.is_well() and not time.sleep(0.5) for _ in range(4)]
            return all(well)
        wait_until("the ward to be well", steadily, seconds)
        return time.time() - begin - 2

    def delays_between(self, begin, end):
        return [delay for at, delay in self.page.delays if begin <= at <= end]

    def acknowledged(self):
        return sum(len(device.acknowledged) for device in self.devices)

    def check_answers(self):
        """No 5xx but 503 with Retry-After, nothing refused."""
        if self.notes.wrong:
            begin = self.notes.wrong[0][0]
            lines = [f"{at - begin:7.1f} s  {who}: {status} {text}" for at, who, status, text in itertools.islice(self.notes.wrong, 12)]
            raise AssertionError(f"{len(self.notes.wrong)} answers that may not be:\n" + "\n".join(lines))

    def check_stored(self):
        """Every acknowledged block and value is stored, once, with its samples: by key."""
        return audit.check_stored(self.ward, self.devices, self.watches, self.began_s)
