"""Proves, or disproves, the models of `vigil size` by experiment: pods of Vigil's own server, routes and admission whose times of service are known
(sized_pod.cpp), real sockets, senders of drawn times (open_loop.py), and one joint test at the 0.1 % level.

usage: prove_sizing.py BUILD_FOLDER [--seconds 60] [--images FOLDER]        prints a table; exits 1 where a model does not hold
"""

import argparse
import asyncio
import datetime
import json
import pathlib
import platform
import re
import subprocess
import sys
import urllib.request

import numpy

import sizing_plots as plots
import sizing_statistics as statistics
from open_loop import Pods, send_all

BATCHES = 20
WARM_UP_S = 5.0
WINDOW = [(i * 37) % 180 - 90 for i in range(178)]


class Pod:
    def __init__(self, build: pathlib.Path, *words: object):
        self.process = subprocess.Popen([build / "bin" / "sized_pod", *map(str, words)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port, self.monitor = map(int, self.process.stdout.readline().split())

    def service(self) -> tuple[float, float]:
        """(requests served, their seconds in all) by the pod's own metrics"""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.monitor}/metrics", timeout=30) as answer:
            text = answer.read().decode()
        return tuple(sum(map(float, re.findall(rf"^vigil_http_service_seconds_{kind}{{.*}} (\S+)$", text, re.MULTILINE))) for kind in ("count", "sum"))

    def end(self) -> tuple[int, float]:
        """(how many times it drew, their mean in seconds as measured)"""
        said, _ = self.process.communicate(timeout=30)
        count, sum_s = (said.split() or ["0", "0"])[:2]
        return int(count), float(sum_s) / max(int(count), 1)


def mean_service_s(pods: list[Pod]) -> float:
    told = [pod.service() for pod in pods]
    return sum(seconds for _, seconds in told) / sum(count for count, _ in told)


def modelled(build: pathlib.Path, *words: object) -> float:
    """What `vigil size` says that so many pods refuse."""
    ran = subprocess.run([build / "bin" / "vigil", "size", *map(str, words), "--json"], capture_output=True, text=True, check=True)
    answer = json.loads(ran.stdout)["services"][0]
    pods = int(words[words.index("--pods") + 1])
    return next(row["blocking"] for row in answer["rows"] if row["pods"] == pods)


def poisson(random, per_s: float, seconds: float) -> list[float]:
    count = random.poisson(per_s * seconds)
    return sorted(random.uniform(0, seconds, count))


def batches_of(sent, seconds: float, warm_up_s: float = WARM_UP_S) -> tuple[list[int], list[int]]:
    refused, arrivals = [0] * BATCHES, [0] * BATCHES
    for one in sent:
        place = int((one.due_s - warm_up_s) / (seconds - warm_up_s) * BATCHES)
        if one.due_s >= warm_up_s and place < BATCHES:
            arrivals[place] += 1
            refused[place] += one.status == 503
    return refused, arrivals


def intake_body(random):
    """A window that never came before: its first second is drawn, and its number is in the samples."""
    first = datetime.datetime(2024, 1, 1) + datetime.timedelta(seconds=int(random.integers(0, 10**7)))

    def body(number: int) -> bytes:
        values = [number % 1000 - 500, number // 1000, *WINDOW[2:]]
        at = first + datetime.timedelta(seconds=number)
        return json.dumps({"fk_user": "1", "eeg_data": values, "register_timestamp": f"{at:%Y-%m-%d %H:%M:%S}"}).encode()

    return body


def predict_body(_number: int) -> bytes:
    return json.dumps({"eeg_data": WINDOW}).encode()


class Experiments:
    def __init__(self, build: pathlib.Path, seconds: float):
        self.build, self.seconds = build, seconds
        self.late: list[float] = []
        self.failed = 0
        self.rows: list[dict] = []

    async def run(self, pods: list[Pod], path: str, times, split, body, **more):
        sent = await send_all(Pods([pod.port for pod in pods], path), list(times), list(split), body, **more)
        self.late += [one.late_s for one in sent]
        self.failed += sum(one.status not in (200, 202, 503) for one in sent)
        return sent

    async def loads(self, kind: str, erlangs: list[float], slots: int, mean_s: float, cores: int, seed: int) -> list[dict]:
        """Four pods in random split under Poisson load, at each of the loads."""
        found = []
        for number, load in enumerate(erlangs):
            random = numpy.random.default_rng([seed, number])
            pods = [Pod(self.build, kind, slots, mean_s, *([100 * seed + 10 * number + p] if kind == "predict" else [])) for p in range(4)]
            per_s = load / mean_s
            times = poisson(random, per_s, self.seconds)
            body = intake_body(random) if kind == "intake" else predict_body
            sent = await self.run(pods, "/eeg" if kind == "intake" else "/predict", times, random.integers(0, 4, len(times)), body)
            held_s = mean_service_s(pods)
            ended = [pod.end() for pod in pods]
            # where slots share a core, a request is held longer than it is worked on
            service_s = held_s if kind == "intake" else sum(c * m for c, m in ended) / sum(c for c, _ in ended)
            words = ["--arrival-rate", per_s, "--service-time", service_s, "--slots", slots, "--cores", cores, "--pods", 4]
            refused, arrivals = batches_of(sent, self.seconds)
            share, error = statistics.share_of(refused, arrivals)
            found.append({"what": f"{kind}, {load:g} erlangs", "load": per_s * service_s, "share": share, "error": error,
                          "model": modelled(self.build, *words), "erlang": statistics.erlang_b(4 * slots, per_s * service_s), "n": sum(arrivals)})
        return found

    async def nested(self) -> list[dict]:
        random = numpy.random.default_rng(31)
        per_s, own_s, call_s = 30.0, 0.05, 2.5 / 30
        callee = Pod(self.build, "worker", 6, call_s, 311)
        caller = Pod(self.build, "worker", 8, own_s, 312, f"http://127.0.0.1:{callee.port}")
        seconds = 2 * self.seconds
        times = poisson(random, per_s, seconds)
        sent = await self.run([caller], "/work", times, [0] * len(times), lambda _n: b"{}")
        (_, own), (_, call) = caller.end(), callee.end()
        refused, arrivals = batches_of(sent, seconds)
        share, error = statistics.share_of(refused, arrivals)
        # the caller passes a callee's 503 on: both are refusals here
        by_caller, by_callee = statistics.nested_loss(8, per_s * own, 6, per_s * call)
        return [{"what": "nested: 8 slots, then 6", "load": per_s * (own + call), "share": share, "error": error,
                 "model": by_caller + (1 - by_caller) * by_callee, "erlang": statistics.erlang_b(8, per_s * own), "n": sum(arrivals)}]

    async def retries(self) -> list[dict]:
        random = numpy.random.default_rng(41)
        per_s, hold_s = 40.0, 0.3
        pods = [Pod(self.build, "intake", 5, hold_s) for _ in range(4)]
        seconds = 2 * self.seconds
        times = poisson(random, per_s, seconds)
        sent = await self.run(pods, "/eeg", times, random.integers(0, 4, len(times)), intake_body(random), attempts=3,
                              draw_pod=lambda: int(random.integers(0, 4)))
        service_s = mean_service_s(pods)
        for pod in pods:
            pod.end()
        words = ["--arrival-rate", per_s, "--service-time", service_s, "--slots", 5, "--attempts", 3, "--pods", 4]
        refused, arrivals = batches_of(sent, seconds, min(20.0, seconds / 3))  # until those that come back do
        share, error = statistics.share_of(refused, arrivals)
        return [{"what": "retries, 3 attempts, Retry-After kept", "load": per_s * service_s, "share": share, "error": error,
                 "model": modelled(self.build, *words), "erlang": statistics.erlang_b(20, per_s * service_s), "n": sum(arrivals)}]

    async def devices(self, spread: bool) -> list[dict]:
        """Twelve devices, one window a second each, at one pod of five slots: phases drawn, or all at once."""
        random = numpy.random.default_rng(51)
        hold_s, slots, count = 0.3, 5, 12
        phases = random.uniform(0, 1, count) if spread else numpy.zeros(count)
        times = sorted(float(second + phase) for second in range(int(self.seconds / 2)) for phase in phases)
        pod = Pod(self.build, "intake", slots, hold_s)
        sent = await self.run([pod], "/eeg", times, [0] * len(times), intake_body(random))
        service_s = mean_service_s([pod])
        pod.end()
        expected = numpy.mean(statistics.refused_of(times, slots, service_s))
        share = numpy.mean([one.status == 503 for one in sent])
        return [{"what": "devices, phases drawn" if spread else "devices, all at once", "load": count * service_s, "share": float(share), "error": None,
                 "model": float(expected), "erlang": statistics.erlang_b(slots, count * service_s), "n": len(sent)}]


def percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def table(rows: list[dict]) -> str:
    lines = ["| what | erlangs | requests | refused, measured | by the model | plain Erlang B |", "| --- | --- | --- | --- | --- | --- |"]
    for row in rows:
        scatter = "" if row["error"] is None else f" +- {percent(3.29 * row['error'])}"
        lines.append(f"| {row['what']} | {row['load']:.3g} | {row['n']} | {percent(row['share'])}{scatter} | {percent(row['model'])} | {percent(row['erlang'])} |")
    return "\n".join(lines)


def verdict(name: str, rows: list[dict]) -> bool:
    statistic, bound, holds = statistics.joint_test([(r["share"], r["error"]) for r in rows], [r["model"] for r in rows], [BATCHES] * len(rows))
    plain, _, _ = statistics.joint_test([(r["share"], r["error"]) for r in rows], [r["erlang"] for r in rows], [BATCHES] * len(rows))
    print(f"{name}: {statistic:.1f}, bound {bound:.1f} at the 0.1 % level: the model {'holds' if holds else 'DOES NOT HOLD'}; plain Erlang B has {plain:.0f}")
    return holds


async def prove(build: pathlib.Path, seconds: float, images: pathlib.Path | None) -> int:
    experiments = Experiments(build, seconds)
    intake, predict = await asyncio.gather(
        experiments.loads("intake", [8, 10, 12, 14, 16], slots=5, mean_s=0.3, cores=5, seed=11),
        experiments.loads("predict", [1.6, 2.2, 2.8, 3.4, 4.0], slots=5, mean_s=0.04, cores=1, seed=21))
    nested, retries = await asyncio.gather(experiments.nested(), experiments.retries())
    spread = await experiments.devices(spread=True)
    together = await experiments.devices(spread=False)
    print(table(intake + predict + nested + retries + spread + together) + "\n")
    good = [verdict("all ten loads", intake + predict), verdict("nested and retries", nested + retries)]
    for row in spread + together:
        good.append(abs(row["share"] - row["model"]) < 0.02)
        print(f"{row['what']}: measured {percent(row['share'])}, by the trace {percent(row['model'])}: {'as it should be' if good[-1] else 'NOT SO'}")
    late = numpy.array(experiments.late)
    print(f"the sender's own lateness: median {1e3 * numpy.median(late):.2f} ms, 99 % within {1e3 * numpy.quantile(late, 0.99):.2f} ms, "
          f"at most {1e3 * late.max():.1f} ms; {experiments.failed} of {len(late)} answers were neither taken nor refused")
    print(f"{datetime.date.today()}, {platform.machine()}, {seconds:g} s a load")
    good.append(experiments.failed == 0)
    if images:
        plots.write(images / "sizing_split.svg", "Old intake route: 4 pods of 5 slots, random split", intake)
        plots.write(images / "sizing_shared.svg", "POST /predict: 4 pods, 5 slots on one core each", predict)
    return 0 if all(good) else 1


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--images", type=pathlib.Path)
    given = parser.parse_args()
    return asyncio.run(prove(given.build.resolve(), given.seconds, given.images))


if __name__ == "__main__":
    sys.exit(main())
