# SPDX-License-Identifier: Apache-2.0
"""Runs the load generator against a server, on another CPU than the server's."""
import json
import subprocess

from kit import server

LONGEST_SECONDS = 900
# Below the bench tenant's URL.
PATHS = {"introspect": "/introspect", "userinfo": "/userinfo",
         "fetch": "/jwks"}


def run(program, scenario, url, pid=None, **options):
    """One run: what the generator tells, with `cpu_us` per request."""
    words = [str(program), scenario, "--url", url]
    if pid is not None:
        words += ["--pid", str(pid)]
    for name, value in options.items():
        if value is not None:
            words += ["--" + name.replace("_", "-"), str(value)]
    process = server.start(words, server.cpus_of_load(), text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        out, err = process.communicate(timeout=LONGEST_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise server.Failed(f"too slow: {' '.join(words)}") from None
    if process.returncode != 0:
        raise server.Failed(err.strip() or f"failed: {' '.join(words)}")
    row = json.loads(out)
    if "cpu_ns_per_request" in row:
        row["cpu_us"] = row.pop("cpu_ns_per_request") / 1000
    return row


def licet(program, scenario, served, **options):
    """As run, with the paths and the client of the bench tenant."""
    prefix = "/t/bench"
    options = {"authorize": prefix + "/authorize", "token": prefix + "/token",
               "path": prefix + PATHS.get(scenario, "/"),
               "secret": server.SECRET, "redirect_status": 303, **options}
    return run(program, scenario, served.url, served.process.pid, **options)
