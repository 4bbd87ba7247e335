#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How long `licet` takes from exec to its first answer, and what it holds then.

`./dev bench start` gives the optimised program. A first start makes the store
and the keys; those that are measured find them. Aims: under 50 ms, under 12 MiB
resident, of it under 4 MiB private.
"""
import pathlib
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

STARTS = 15
LONGEST_SECONDS = 60
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_answered(port):
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as connection:
            connection.sendall(HEALTH)
            return connection.recv(64).startswith(b"HTTP/1.1 200")
    except ConnectionError:
        return False


def wait_for_answer(process, port, since):
    """Milliseconds from `since` to the first 200."""
    while not is_answered(port):
        if process.poll() is not None:
            sys.exit(f"licet ended with status {process.returncode}")
        if time.monotonic() - since > LONGEST_SECONDS:
            process.kill()
            sys.exit("licet gave no answer")
        time.sleep(0.0005)
    return (time.monotonic() - since) * 1000


def memory_kib(pid):
    """VmRSS and RssAnon of a process."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return [int(fields[name].split()[0]) for name in ("VmRSS", "RssAnon")]


def start(program, data):
    """One start: milliseconds to the first answer, resident, private KiB."""
    port = free_port()
    since = time.monotonic()
    process = subprocess.Popen(
        [program, "demo", "--listen", f"127.0.0.1:{port}", "--data", data],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    answered = wait_for_answer(process, port, since)
    time.sleep(0.3)
    resident, private = memory_kib(process.pid)
    process.send_signal(signal.SIGTERM)
    process.wait(30)
    return answered, resident, private


def main():
    program = sys.argv[1]
    with tempfile.TemporaryDirectory() as folder:
        data = folder + "/data"
        first = start(program, data)
        rows = [start(program, data) for _ in range(STARTS)]
    times, resident, private = zip(*rows)
    print(f"first start, making store and keys: {first[0]:.0f} ms")
    print(f"start to first answer: {statistics.median(times):.1f} ms "
          f"(best {min(times):.1f}, worst {max(times):.1f}, "
          f"{STARTS} starts; aim: under 50)")
    print(f"resident: {statistics.median(resident) / 1024:.1f} MiB "
          f"(aim: under 12), private: "
          f"{statistics.median(private) / 1024:.1f} MiB (aim: under 4)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
