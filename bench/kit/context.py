# SPDX-License-Identifier: Apache-2.0
"""What every part is given: programs, folders, how much to do."""
import pathlib
import subprocess
import sys

from kit import load, server


ROOT = pathlib.Path(__file__).resolve().parent.parent


class Context:
    def __init__(self, program, work, quick):
        self.program = pathlib.Path(program).resolve()
        self.tools = self._tools()
        self.work = pathlib.Path(work)
        self.quick = quick
        self.repeats = 1 if quick else 3
        self.tls = server.make_certificate(self.work)

    def _tools(self):
        """Where the same build keeps the load generator."""
        for folder in self.program.parents:
            for found in (folder / "bench", folder / "release/bench"):
                if (found / "load").is_file():
                    return found
        server.die("no bench/load in the build folder: "
                   "configure with -Dbench=true")

    def count(self, full):
        """How many requests, where `full` are wanted in a full run."""
        return max(full // 5, 500) if self.quick else full

    def licet(self, **options):
        return server.Licet(self.program, self.work, **options)

    def floor(self, size, tls=None):
        return server.Floor(self.tools / "floor", size, tls)

    def load(self, scenario, served, **options):
        return load.licet(self.tools / "load", scenario, served, **options)

    def load_floor(self, floor, size, **options):
        return load.run(self.tools / "load", "fixed", floor.url,
                        floor.process.pid, body_size=size,
                        secret=server.SECRET, **options)

    def tool(self, name, *words):
        done = subprocess.run([self.tools / name, *map(str, words)],
                              check=False, capture_output=True, text=True)
        if done.returncode != 0:
            raise server.Failed(f"{name}: {done.stderr.strip()}")
        return done.stdout

    def say(self, what):
        print(f"bench: {what}", file=sys.stderr, flush=True)


def median_row(rows):
    """The run with the median CPU time; wall times are the best of all runs."""
    row = dict(sorted(rows, key=lambda one: one["cpu_us"])[len(rows) // 2])
    row["cpu_us_runs"] = [one["cpu_us"] for one in rows]
    row["per_second"] = max(one["per_second"] for one in rows)
    for name in ("p50_us", "p99_us"):
        row[name] = min(one[name] for one in rows)
    row["peak_kib"] = max(one["peak_kib"] for one in rows)
    return row
