#!/usr/bin/env python3
"""What an append to JetStream costs by setting: CPU time of client and servers, and how many a second 64 unanswered ones make. A line of Markdown each.

  append_cost.py --server ~/.cache/vigil/nats-server-*/nats-server --program build/release/bin/append_cost --seconds 10

The client is Vigil's adapter (append_cost.cpp). All servers run on this machine and share its disk, so that a second's figures are low; CPU time is what holds elsewhere.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from servers import Servers

BYTES = (400, 12_000)
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """User and system time of a process, all threads (proc(5): fields 14 and 15)."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def measure(given: argparse.Namespace, count: int, sync: str, size: int) -> dict:
    folder = pathlib.Path(tempfile.mkdtemp(prefix="vigil-append-"))
    servers = Servers(given.server, count, sync, folder)
    servers.start()
    try:
        ask = [given.program, servers.addresses[0], str(count), str(size)]
        subprocess.run([*ask, "1"], check=True, capture_output=True)  # the stream is made, files are warm
        before = sum(cpu_s(one.pid) for one in servers.running)
        found = json.loads(subprocess.run([*ask, str(given.seconds)], check=True, stdout=subprocess.PIPE).stdout)
        found["servers_cpu_s"] = sum(cpu_s(one.pid) for one in servers.running) - before
        return found
    finally:
        servers.stop()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True, help="the nats-server program")
    parser.add_argument("--program", required=True, help="append_cost")
    parser.add_argument("--seconds", type=float, default=10)
    given = parser.parse_args()
    print("| servers | `sync_interval` | bytes | appends a second | client, us of CPU each | servers, us of CPU each |\n|---|---|---|---|---|---|")
    for count in (1, 3):
        for sync in ("2m", "always"):
            for size in BYTES:
                found = measure(given, count, sync, size)
                each = 1e6 / found["entries"]
                print(f"| {count} | {sync} | {size:,} | {found['entries'] / found['wall_s']:,.0f} | {found['client_cpu_s'] * each:.0f} | {found['servers_cpu_s'] * each:.0f} |",
                      flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
