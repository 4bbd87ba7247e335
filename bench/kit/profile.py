# SPDX-License-Identifier: Apache-2.0
"""Where the time goes, as perf(1) sees it: for aims that are missed."""
import shutil
import signal
import subprocess
import time

from kit import server

REQUESTS = 20000
HERTZ = 1999
# Each kind of request, without what prepares it in the same run.
KINDS = {
    "exchange": ("exchange", "tenants", {}),
    "dpop": ("exchange", "tenants", {"dpop_keys": 1000}),
    "refresh": ("refresh", "grants", {}),
    "introspect": ("introspect", None, {"requests": 200000}),
}


def perf(data, *words):
    return subprocess.run(["perf", "report", "-i", str(data), "--stdio",
                           "--no-children", *words], check=False,
                          capture_output=True, text=True).stdout


def lines_of(report):
    return "\n".join(line.rstrip(" -") for line in report.splitlines()
                     if line.strip() and not line.startswith("#"))


def record(context, served, run):
    """Runs `run` while perf looks at the server."""
    data = context.work / "perf.data"
    watcher = subprocess.Popen(
        ["perf", "record", "-q", "-o", str(data), "-F", str(HERTZ), "-p",
         str(served.process.pid)], stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    try:
        run()
    finally:
        watcher.send_signal(signal.SIGINT)
        watcher.wait(60)
    return data


def take(context, kind):
    """The profile of one kind of request, as text."""
    scenario, filler, options = KINDS[kind]
    options = {"connections": 64, "requests": context.count(REQUESTS),
               **options}
    with context.licet() as served:
        if filler:
            served.stop()
            file = context.work / "input.txt"
            count = 1 if filler == "tenants" else options["requests"]
            context.tool("fill", filler, served.config, count,
                         options["requests"], server.SECRET, file)
            options["input"] = file
            served.start()
        data = record(context, served, lambda: context.load(
            scenario, served, **options))
    return (f"perf(1), {HERTZ} samples a second of the server under: "
            f"{scenario} {options.get('dpop_keys', '')}\n\n"
            "By program and library:\n"
            + lines_of(perf(data, "--sort", "dso")) + "\n\nBy function:\n"
            + lines_of(perf(data, "--sort", "dso,symbol",
                            "--percent-limit", "0.3")) + "\n")


def is_possible():
    return shutil.which("perf") is not None
