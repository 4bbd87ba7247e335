# SPDX-License-Identifier: Apache-2.0
"""Runs the load generator against a server, on another CPU than the server's."""
import json
import subprocess
import sys

from kit import server


def run(program, scenario, url, pid=None, **options):
    """One run: what the generator tells, with `cpu_us` per request."""
    words = [str(program), scenario, "--url", url]
    if pid is not None:
        words += ["--pid", str(pid)]
    for name, value in options.items():
        if value is not None:
            words += ["--" + name.replace("_", "-"), str(value)]
    process = server.start(words, server.cpus_of_load(),
                           stdout=subprocess.PIPE, text=True)
    out, _ = process.communicate()
    if process.returncode != 0:
        sys.exit(f"failed: {' '.join(words)}")
    row = json.loads(out)
    if "cpu_ns_per_request" in row:
        row["cpu_us"] = row.pop("cpu_ns_per_request") / 1000
    return row


def licet(program, scenario, licet_server, **options):
    """As run, with the paths and the client of the bench tenant."""
    prefix = "/t/bench"
    paths = {"introspect": "/introspect", "userinfo": "/userinfo",
             "fetch": "/jwks"}
    return run(program, scenario, licet_server.url, licet_server.process.pid,
               authorize=prefix + "/authorize", token=prefix + "/token",
               path=prefix + paths.get(scenario, "/"), secret=server.SECRET,
               redirect_status=303, **options)
