"""Measures `vigil serve` as docs/performance.md lists it, and prints the table: CPU time of the server per unit of work.

usage: measure.py BUILD_FOLDER [FIGURE]...      figures: window, open_loop, delay, browser, patients, codec, stored, idle, memory
Each figure of the server starts one of its own on loopback, in a folder of its own, loads it for a bounded time and stops it.
The reference system's figures and the limit that prototypes reached are carried over from measurements on another machine
of two cores; they are not measured here.
"""

import contextlib
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "integration"))
BUILD = pathlib.Path(sys.argv[1]).resolve()
os.environ.setdefault("VIGIL_BIN", str(BUILD / "bin" / "vigil"))

from vigil_process import Vigil  # noqa: E402  (needs VIGIL_BIN)

Row = tuple[str, ...]  # figure, what the reference has, the prototypes' limit, to reach, measured; "  ..." belongs to the one above


def main_row(figure: str, measured: str, reach: str, reference: str = "", limit: str = "") -> Row:
    return figure, reference, limit, reach, measured


def detail(figure: str, measured: str) -> Row:
    return "  " + figure, "", "", "", measured


SECONDS = float(os.environ.get("SECONDS_EACH", "15"))
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(pid: int) -> float:
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def windows_file(folder: str) -> str:
    """Windows of real recordings where VIGIL_DATA has them, else of a sine with noise (the same work, other scores)."""
    path = pathlib.Path(folder) / "windows"
    recordings = sorted(pathlib.Path(os.environ.get("VIGIL_DATA") or "/nonexistent").glob("bonn/set?/*.txt"))[::8]
    lines = []
    for file in recordings:
        values = [int(float(word)) for word in file.read_text().split()][: 23 * 178]
        lines += [",".join(map(str, values[i : i + 178])) for i in range(0, len(values), 178)]
    if not lines:
        import math
        import random

        chance = random.Random(1)
        lines = [",".join(str(int(80 * math.sin(i * (0.1 + k / 500)) + chance.gauss(0, 30))) for i in range(178)) for k in range(500)]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def old_contract_server() -> Vigil:
    vigil = Vigil("--legacy-open", "eeg", "--legacy-senders", ",".join(f"p{n}" for n in range(1, 101)), "--log-level", "warning")
    for number in range(1, 101):
        done = vigil.call("POST", "/v1/admin/patients", {"id": f"p{number}", "number": number}, administrator(vigil))
        assert done[0] == 204, done
    return vigil


_cookies: dict[str, dict] = {}


def administrator(vigil: Vigil) -> dict:
    if vigil.url not in _cookies:
        _cookies[vigil.url] = vigil.sign_in()
    return _cookies[vigil.url]


def fdatasync_ms() -> tuple[float, float]:
    """p50 and p99 of a bare fdatasync of 4 KiB appends, in this run: the disk's own share."""
    with tempfile.NamedTemporaryFile(dir=os.environ.get("TMPDIR", "/tmp")) as file:
        times = []
        for _ in range(300):
            os.write(file.fileno(), b"x" * 4096)
            begin = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - begin) * 1000)
    times.sort()
    return times[len(times) // 2], times[int(len(times) * 0.99)]


def window() -> list[Row]:
    """Old-contract windows from 64 connections, closed loop."""
    vigil = old_contract_server()
    try:
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder) / "out"
            environment = {**os.environ, "WINDOWS": windows_file(folder), "OUT": str(out)}
            load = ["wrk", "-t", "2", "-c", "64", "--timeout", "10s", "-s", str(HERE / "old_window.lua"), vigil.url]
            subprocess.run([*load, "-d", "3s"], env={**environment, "BASE": "1735689600"}, check=True, capture_output=True)
            begin = cpu_seconds(vigil.process.pid)
            subprocess.run([*load, "-d", f"{SECONDS:.0f}s"], env=environment, check=True, capture_output=True)
            time.sleep(1)
            used = cpu_seconds(vigil.process.pid) - begin
            counts = json.loads(out.read_text())
        done = counts["accepted"] + counts["unscored"]
        print(counts, f"rss {memory_mb(vigil.process.pid):.0f} MB", file=sys.stderr)
        return [
            main_row("old-contract window, 64 connections: CPU per window", f"{used / done * 1e6:.1f} µs", "at most 80 µs", "21,700 to 30,000 µs", "40 µs"),
            detail("of those answered with their score", f"{counts['accepted'] / done:.2%}"),
            detail("windows a second, closed loop", f"{done / counts['seconds']:.0f}"),
        ]
    finally:
        vigil.close()


def offered(rate_hz: int) -> tuple[dict, float]:
    """What came of windows that were offered at this rate, whatever the answers took; and fdatasync's p99 in ms around it."""
    vigil = old_contract_server()
    try:
        with tempfile.TemporaryDirectory() as folder:
            before = fdatasync_ms()
            shown = subprocess.run(
                [str(BUILD / "bin" / "open_loop"), vigil.url, windows_file(folder), str(rate_hz), f"{SECONDS:.0f}"], check=True, capture_output=True, text=True)
            after = fdatasync_ms()
        return json.loads(shown.stdout), max(before[1], after[1])
    finally:
        vigil.close()


def open_loop() -> list[Row]:
    counts, sync_ms = offered(1_000)
    limit = max(25.0, 3 * sync_ms)
    return [
        main_row("1,000 windows/s offered: acceptance p99", f"{counts['p99_ms']:.1f} ms", f"under {limit:.0f} ms", "1.6 s at 64 connections"),
        detail("fdatasync p99 in this run", f"{sync_ms:.1f} ms"),
        detail("p50", f"{counts['p50_ms']:.1f} ms"),
        detail("accepted of offered", f"{counts['accepted'] / counts['offered']:.2%}"),
    ]


def delay() -> list[Row]:
    """An old call is answered 200 when the detection of its own window is durable in the journal: the moment due is that of its last sample."""
    counts, sync_ms = offered(2_000)
    return [
        main_row("2,000 windows/s: last sample to recorded detection, p99", f"{counts['p99_ms']:.1f} ms", "under 50 ms"),
        detail("fdatasync p99 in this run", f"{sync_ms:.1f} ms"),
        detail("p50", f"{counts['p50_ms']:.1f} ms"),
        detail("answered with their detection", f"{counts['accepted'] / counts['offered']:.2%}"),
    ]


def idle() -> list[Row]:
    vigil = Vigil("--log-level", "warning")
    try:
        time.sleep(2)
        begin = cpu_seconds(vigil.process.pid)
        time.sleep(5)
        return [
            main_row("memory, idle", f"{memory_mb(vigil.process.pid):.0f} MB", "under 60 MB", "276 MB"),
            detail("CPU, idle", f"{(cpu_seconds(vigil.process.pid) - begin) / 5:.2%} of a core"),
        ]
    finally:
        vigil.close()


def device_keys(vigil: Vigil, folder: str, count: int) -> str:
    """A key file for `vigil play --keys`: one key for each patient ward-1 to ward-count."""
    keys = pathlib.Path(folder) / "keys"
    keys.write_text("".join(
        f"ward-{n} {json.loads(vigil.call('POST', '/v1/admin/keys', {'patient': f'ward-{n}'}, administrator(vigil))[2])['key']}\n"
        for n in range(1, count + 1)))
    return str(keys)


def ward_of_23_channels(vigil: Vigil, keys: str, count: int, seconds: float) -> list[str]:
    """The command that plays `count` synthetic patients of 23 channels at 256 Hz in 1-s blocks."""
    return [os.environ["VIGIL_BIN"], "play", "--to", vigil.url, "--keys", keys, "--patients", str(count), "--channels", "23",
            "--block", "1000", "--duration", f"{seconds:.0f}"]


def patients() -> list[Row]:
    """Patients of 23 channels at 256 Hz in 1-s blocks, the detector on every channel each second."""
    vigil = Vigil("--log-level", "warning")
    try:
        count = int(os.environ.get("PATIENTS", "500"))
        with tempfile.TemporaryDirectory() as folder:
            keys = device_keys(vigil, folder, count)
            begin, clock = cpu_seconds(vigil.process.pid), time.monotonic()
            subprocess.run(ward_of_23_channels(vigil, keys, count, SECONDS), check=False, capture_output=True, timeout=SECONDS * 4 + 60)
            took = time.monotonic() - clock
            time.sleep(2)
            used = cpu_seconds(vigil.process.pid) - begin
        patient_seconds = count * SECONDS
        return [
            main_row(f"{count} patients of 23 channels at 256 Hz: CPU per patient-second", f"{used / patient_seconds * 1e6:.0f} µs", "at most 1,000 µs", "", "500 µs"),
            detail("memory with them", f"{memory_mb(vigil.process.pid):.0f} MB"),
            detail("took", f"{took:.0f} s for {SECONDS:.0f} s of {count} patients"),
        ]
    finally:
        vigil.close()


def memory() -> list[Row]:
    """500 patients of 23 channels for MEMORY_MINUTES (60 for the figure in the table), resident memory read every 10 s."""
    count, minutes = int(os.environ.get("PATIENTS", "500")), float(os.environ.get("MEMORY_MINUTES", "3"))
    vigil = Vigil("--log-level", "warning", "--keep-journal", "0")
    try:
        with tempfile.TemporaryDirectory() as folder:
            player = subprocess.Popen(
                ward_of_23_channels(vigil, device_keys(vigil, folder, count), count, minutes * 60 + 30), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            try:
                series, begin, cpu = [], time.monotonic(), cpu_seconds(vigil.process.pid)
                while time.monotonic() - begin < minutes * 60:
                    time.sleep(10)
                    series.append(memory_mb(vigil.process.pid))
                    if len(series) % 6 == 0:
                        used = (cpu_seconds(vigil.process.pid) - cpu) / 60
                        cpu = cpu_seconds(vigil.process.pid)
                        print(f"  minute {len(series) // 6}: {series[-1]:.0f} MB, {used:.2f} cores", file=sys.stderr, flush=True)
            finally:
                player.terminate()
                player.wait()
        half = series[len(series) // 2 :]
        third = max(1, len(half) // 3)
        growth = (sum(half[-third:]) - sum(half[:third])) / third
        return [
            main_row(f"memory with {count} patients of 23 channels, most in {minutes:.0f} minutes", f"{max(series):.0f} MB", "under 400 MB, flat over an hour", "526 MB after a short load"),
            detail(f"growth over the last {minutes / 2:.0f} minutes (means of its first and last third)", f"{growth:+.0f} MB"),
        ]
    finally:
        vigil.close()


def browser() -> list[Row]:
    """100 patients at a device's pace, the ward in Chromium."""
    figure = "last sample of a window to the drawn page, 100 patients: p99"
    shown = subprocess.run([str(HERE / "browser_latency")], capture_output=True, text=True, timeout=SECONDS + 120, env={**os.environ, "PATIENTS": "100"})
    if shown.returncode == 4:
        return [main_row(figure, "not measured: " + shown.stdout.strip(), "under 250 ms", "5 to 10 s")]
    if shown.returncode != 0:
        raise RuntimeError(shown.stderr[-2000:])
    counts = json.loads(shown.stdout)
    drawn, arrived = counts["window_to_drawn_ms"], counts["window_to_arrived_ms"]
    return [
        main_row(figure, f"{drawn['p99']:.0f} ms", "under 250 ms", "5 to 10 s"),
        detail("p50, longest", f"{drawn['p50']:.0f} ms, {drawn['most']:.0f} ms of {drawn['count']} windows"),
        detail("to the arrival in the browser: p50, p99", f"{arrived['p50']:.0f} ms, {arrived['p99']:.0f} ms"),
        detail("the page's thread busy", f"{counts['page_busy']:.0%}"),
    ]


def stored() -> list[Row]:
    """The whole program over a store that store_bench has filled; its file is kept in STORE_FILE where that is set."""
    rows = int(os.environ.get("WINDOWS_STORED", "10000000"))
    vigil = Vigil("--legacy-open", "lists", "--log-level", "warning")
    try:
        for number in range(100):
            done = vigil.call("POST", "/v1/admin/patients", {"id": f"patient-{number}", "number": number + 1}, administrator(vigil))
            assert done[0] == 204, done
        vigil.stop()
        file = vigil.state / "state" / "store.db"
        for old in file.parent.glob("store.db*"):
            old.unlink()
        kept = pathlib.Path(os.environ.get("STORE_FILE") or file)
        subprocess.run(
            [str(BUILD / "bin" / "store_bench"), "--benchmark_filter=^newest.*<Sqlite>"], check=True, capture_output=True,
            env={**os.environ, "STORE_BENCH_ROWS": str(rows), "STORE_BENCH_FILE": str(kept)})
        if kept != file:
            file.symlink_to(kept)
        # the journal is another one, so records begins at its first entry
        with contextlib.closing(sqlite3.connect(kept)) as store, store:
            store.execute("UPDATE totals SET position = 0")
            detections = store.execute("SELECT detections FROM totals").fetchone()[0]
        starts, newest = [], []
        for _ in range(5):
            begin = time.perf_counter()
            vigil.start()
            while vigil.call("GET", "/readyz", base=vigil.monitor)[0] != 200:
                time.sleep(0.005)
            starts.append(time.perf_counter() - begin)
            for _ in range(40):
                begin = time.perf_counter()
                status, _, body = vigil.call("GET", "/eeg_chunks/get_last_chunks_list")
                newest.append(time.perf_counter() - begin)
                assert status == 200 and len(json.loads(body)) == 100, (status, body[:200])
            vigil.stop()
        newest.sort()
        return [
            main_row(f"newest window of each of 100 patients, {detections:,} stored: p99 of 200 calls", f"{newest[int(len(newest) * 0.99)] * 1000:.1f} ms", "under 5 ms", "1.1 to 1.7 s at 320,000 rows"),
            detail("p50", f"{newest[len(newest) // 2] * 1000:.1f} ms"),
            main_row(f"start with {detections:,} windows stored: slowest of 5", f"{max(starts):.2f} s", "under 1 s"),
        ]
    finally:
        vigil.close()


def codec() -> list[Row]:
    """Bits a sample of the rows that records stores, on the two scalp EDFs."""
    figure = "stored bits a sample, the two CHB-MIT EDFs, 10-s rows, lossless"
    bench = [str(BUILD / "bin" / "codec_bench"), "--benchmark_filter=^chbmit/lpc-rice/encode$", "--benchmark_min_time=0.1s", "--benchmark_format=json"]
    shown = json.loads(subprocess.run(bench, check=True, capture_output=True, text=True).stdout)
    bits = [run["bits_a_sample"] for run in shown["benchmarks"] if "bits_a_sample" in run]
    measured = f"{bits[0]:.2f}" if bits else "not measured: VIGIL_DATA has no recordings"
    return [main_row(figure, measured, "at most 6.9", "40.8 (JSON)", "6.6 to 6.9")]


# In the order of the table; the long ones last.
FIGURES = {
    "window": window, "open_loop": open_loop, "delay": delay, "browser": browser, "patients": patients, "codec": codec, "stored": stored, "idle": idle, "memory": memory,
}
HEAD = ("figure", "reference", "prototypes' limit", "to reach", "measured")


def main() -> None:
    wanted = sys.argv[2:] or list(FIGURES)
    rows = []
    for name in wanted:
        print(f"measuring {name} …", file=sys.stderr)
        rows += FIGURES[name]()
    widths = [max(len(row[column]) for row in [HEAD, *rows]) for column in range(len(HEAD))]
    for row in [HEAD, tuple("-" * width for width in widths), *rows]:
        print("| " + " | ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)) + " |")


if __name__ == "__main__":
    main()
