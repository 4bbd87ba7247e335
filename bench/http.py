#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CPU time that `licet` spends on one trivial request over loopback.

`./dev bench http` gives the optimised program. So many connections, kept alive,
each send GET /healthz at once, and again when all are answered. What the clients
spend does not count: the figure is the server's own user and system time.
"""
import pathlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time

CONNECTIONS = 64
ROUNDS = 2000
LONGEST_SECONDS = 60
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connect(process, port):
    """A connection, as soon as the server listens."""
    since = time.monotonic()
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 5)
        except ConnectionError:
            if process.poll() is not None:
                sys.exit(f"licet ended with status {process.returncode}")
            if time.monotonic() - since > LONGEST_SECONDS:
                process.kill()
                sys.exit("licet gave no answer")
            time.sleep(0.01)


def cpu_seconds(pid):
    """User and system time of a process."""
    after_name = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)
    user, system = after_name[1].split()[11:13]
    ticks = os.sysconf("SC_CLK_TCK")
    return int(user) / ticks, int(system) / ticks


def run_round(connections):
    for connection in connections:
        connection.sendall(HEALTH)
    for connection in connections:
        answer = connection.recv(65536)
        if not answer.startswith(b"HTTP/1.1 200"):
            sys.exit(f"not a 200: {answer[:80]!r}")


def measure(process, port):
    """Microseconds per request, user and system."""
    connections = [connect(process, port) for _ in range(CONNECTIONS)]
    for _ in range(ROUNDS // 10):
        run_round(connections)
    before = cpu_seconds(process.pid)
    for _ in range(ROUNDS):
        run_round(connections)
    after = cpu_seconds(process.pid)
    return [(a - b) * 1e6 / (ROUNDS * CONNECTIONS)
            for a, b in zip(after, before)]


def main():
    program = sys.argv[1]
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        process = subprocess.Popen(
            [program, "demo", "--listen", f"127.0.0.1:{port}",
             "--data", folder + "/data"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        user, system = measure(process, port)
        process.send_signal(signal.SIGTERM)
        process.wait(30)
    print(f"CPU per GET /healthz: {user + system:.1f} us (user {user:.1f}, "
          f"system {system:.1f}; {CONNECTIONS} connections)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
