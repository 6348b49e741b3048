"""What a browser with the ward page gets: the live feed by WebSocket, opened anew when it breaks. Used by observer.py."""
import asyncio
import dataclasses
import time

import wire
from entry import PAGE, WebSocket

SILENCE_S = 5  # the ward speaks each second: after that a page says that it hears nothing


@dataclasses.dataclass
class Said:
    """What the page can tell at one moment."""
    at: float
    connected: bool
    journal_failing: bool = False
    detector_behind: bool = False
    without_data: int = 0            # patients
    own_alarms: tuple = ()           # conditions of Vigil itself that are on

    @property
    def trouble(self):
        return not self.connected or self.journal_failing or self.detector_behind or self.without_data > 0 or bool(self.own_alarms)


@dataclasses.dataclass
class Frame:
    whole: bool = False
    patients: int = 0
    window_ends: list = dataclasses.field(default_factory=list)  # (patient, UTC s) of new detections
    alarms: list = dataclasses.field(default_factory=list)       # (patient or "", condition, state)
    without_data: dict = dataclasses.field(default_factory=dict)  # of the patients that this frame tells of
    journal_failing: bool = False
    detector_behind: bool = False


def read_frame(data):
    """The parts of a vigil.v1.LiveFrame that matter here."""
    frame = Frame()
    for number, value in wire.fields(data):
        if number == 2:
            frame.whole = value == 1
        elif number == 3:
            read_patient(value, frame)
        elif number == 5:
            frame.journal_failing = value == 1
        elif number == 6:
            frame.detector_behind = value == 1
        elif number == 17:
            frame.alarms.append(("", *alarm_of(value)))
    return frame


def read_patient(data, frame):
    patient, silent = "", False
    frame.patients += 1
    for number, value in wire.fields(data):
        if number == 1:
            patient = value.decode()
        elif number == 6:
            frame.window_ends += [(patient, end / 1e6) for part, end in wire.fields(value) if part == 10]
        elif number == 12:
            silent = value == 1
        elif number == 21:
            frame.alarms.append((patient, *alarm_of(value)))
    frame.without_data[patient] = silent


def alarm_of(data):
    found = dict(wire.fields(data))
    return found.get(6, 0), found.get(4, 0)


ENDED = 4  # vigil.v1.Alarm.State


class Page:
    """`said` has a line a change, `delays` (arrival, seconds since the window's last sample) of each window that came in a frame of news."""

    def __init__(self, entry, notes, cookie, patients):
        self.entry, self.notes, self.cookie, self.patients = entry, notes, cookie, set(patients)
        self.running = True
        self.said = [Said(time.time(), False)]
        self.delays, self.newest, self.alarms = [], {}, {}
        self.silent = {}

    async def run(self):
        while self.running:
            try:
                socket, headers, status = await WebSocket.open(self.entry, PAGE, "/v1/ward/live", (("Cookie", self.cookie),))
            except (OSError, EOFError, asyncio.TimeoutError):
                socket, headers, status = None, {}, 0
            if status != 101:
                self.notes.take("page socket", status, headers, b"")
            if socket is not None:
                await self.follow(socket)
            self.say(Said(time.time(), False))
            await asyncio.sleep(0.5)

    async def follow(self, socket):
        try:
            while self.running:
                self.take(await socket.message(SILENCE_S))
        except (OSError, EOFError, asyncio.TimeoutError):
            pass
        finally:
            socket.close()

    def take(self, data):
        now, frame = time.time(), read_frame(data)
        for patient, end in frame.window_ends:
            if not frame.whole:
                self.delays.append((now, now - end))
            self.newest[patient] = max(self.newest.get(patient, 0), end)
        for patient, condition, state in frame.alarms:
            self.alarms[patient, condition] = (now, state)
        self.silent.update((patient, silent) for patient, silent in frame.without_data.items() if patient in self.patients)
        own = tuple(sorted(condition for (patient, condition), (_, state) in self.alarms.items() if not patient and state != ENDED))
        self.say(Said(now, True, frame.journal_failing, frame.detector_behind, sum(self.silent.values()), own))

    def say(self, said):
        if dataclasses.replace(said, at=0) != dataclasses.replace(self.said[-1], at=0):
            self.said.append(said)

    def troubles_since(self, begin):
        """What the page told of between then and now, in a line."""
        lines = [one for one in self.said if one.at >= begin and one.trouble]
        names = (("no connection", lambda one: not one.connected), ("journal failing", lambda one: one.journal_failing),
                 ("detector behind", lambda one: one.detector_behind), ("no data", lambda one: one.without_data), ("own alarm", lambda one: one.own_alarms))
        return [name for name, holds in names if any(holds(one) for one in lines)]
