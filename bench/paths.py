#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""CPU time of each path of a running server, beside the socket floor.

    bench/paths.py PROGRAM [SCENARIO…]

PROGRAM is `build/licet` or a `licet` in another build folder. The server has the
first CPU, the load generator the last one. Each line is one run: requests per
second, latencies, CPU µs per request of the server's own accounting.
"""
import pathlib
import sys

from kit import load, server

SCENARIOS = ["exchange", "refresh", "introspect", "userinfo", "fetch",
             "wrong-secret"]
CONNECTIONS = 64
REQUESTS = 5000
WARM_UP = 500
# What an exchange sends and gets, in bytes of body.
FLOOR_REQUEST, FLOOR_REPLY = 300, 700


def bench_folder(program):
    """Where the same build keeps its load generator."""
    for folder in pathlib.Path(program).resolve().parents:
        if (folder / "bench/load").is_file():
            return folder / "bench"
        if (folder / "release/bench/load").is_file():
            return folder / "release/bench"
    sys.exit("no bench/load in the build folder: build with -Dbench=true")


def tell(row):
    print(f"{row['scenario']:14} {row['per_second']:8}/s "
          f"p50 {row['p50_us']:6} us  p99 {row['p99_us']:6} us  "
          f"CPU {row['cpu_us']:6.1f} us  peak {row['peak_kib'] / 1024:.1f} MiB",
          flush=True)


def main():
    program, *scenarios = sys.argv[1:]
    folder = bench_folder(program)
    counts = {"requests": REQUESTS, "warm_up": WARM_UP,
              "connections": CONNECTIONS}
    with server.Licet(program) as licet:
        for scenario in scenarios or SCENARIOS:
            tell(load.licet(folder / "load", scenario, licet, **counts))
    with server.Floor(folder / "floor", FLOOR_REPLY) as floor:
        tell(load.run(folder / "load", "fixed", floor.url, floor.process.pid,
                      body_size=FLOOR_REQUEST, secret=server.SECRET, **counts))
    return 0


if __name__ == "__main__":
    sys.exit(main())
