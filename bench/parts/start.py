# SPDX-License-Identifier: Apache-2.0
"""How long `licet` takes from exec to its first answer, and what it holds then.

A first start makes the store and the keys; those that are measured find them.
"""
import pathlib
import socket
import statistics
import subprocess
import tempfile
import time

from kit import server
from kit.report import number

STARTS = 15
LONGEST_SECONDS = 60
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"


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
            raise server.Failed(f"licet ended: status {process.returncode}")
        if time.monotonic() - since > LONGEST_SECONDS:
            process.kill()
            raise server.Failed("licet gave no answer")
        time.sleep(0.0005)
    return (time.monotonic() - since) * 1000


def memory_mib(pid):
    """VmRSS and RssAnon of a process."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return [int(fields[name].split()[0]) / 1024
            for name in ("VmRSS", "RssAnon")]


def start(program, data):
    """One start: milliseconds to the first answer, resident, private MiB."""
    port = server.free_port()
    since = time.monotonic()
    process = subprocess.Popen(
        [program, "demo", "--listen", f"127.0.0.1:{port}", "--data", data],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    answered = wait_for_answer(process, port, since)
    time.sleep(0.3)
    resident, private = memory_mib(process.pid)
    server.stop(process)
    return answered, resident, private


def measure(context):
    with tempfile.TemporaryDirectory(dir=context.work) as folder:
        first = start(context.program, folder + "/data")
        rows = [start(context.program, folder + "/data")
                for _ in range(STARTS)]
    times, resident, private = zip(*rows)
    return {"first_ms": first[0], "starts": STARTS,
            "answer_ms": statistics.median(times), "best_ms": min(times),
            "worst_ms": max(times),
            "resident_mib": statistics.median(resident),
            "private_mib": statistics.median(private)}


def tables(found):
    return [("Start", ["", "measured"], [
        ["first start, making store and keys, ms", number(found["first_ms"])],
        [f"start to first answer, ms, median of {found['starts']}",
         number(found["answer_ms"])],
        ["best and worst, ms",
         f"{number(found['best_ms'])} to {number(found['worst_ms'])}"],
        ["resident, MiB", number(found["resident_mib"])],
        ["of it private, MiB", number(found["private_mib"])]])]
