#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs what `./dev test` has built and counts every single test.

Each program speaks TAP ("ok 1 - name", "not ok 1 - name"). A program that
dies, hangs or runs nothing is a failure of its own. The last line is
`N passed, N failed`; no tests at all is a failure.
"""
import argparse
import concurrent.futures
import dataclasses
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import newest_postgres

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / "build" / "test"
TSAN = ROOT / "build" / "tsan"
REPORTS = ROOT / "build" / "sanitizer"
# As ./dev builds them.
TSAN_TESTS = ("crypto_", "decision_", "keys_", "loop_", "oauth_races", "store_",
              "tenant_")
# Run on Debian's PostgreSQL and on the newest, whose programs are there.
POSTGRES_TESTS = "store_postgres"
NEWEST_POSTGRES = "LICET_POSTGRES_NEWEST"
FLOWS_SECONDS = 900
CLUSTER_SECONDS = 1200
PROGRAM_SECONDS = 180
# Of a failure's own words, as it happens; the end tells more.
SHOWN_AT_ONCE = 6
TAP = re.compile(r"^\s*(not ok|ok) (\d+)(?: -)? ?(.*)$")
PLAN = re.compile(r"^1\.\.(\d+)\s*$")


@dataclasses.dataclass
class Program:
    """One thing to run; `single` counts by exit status, not by TAP."""

    name: str
    command: list
    environment: dict = dataclasses.field(default_factory=dict)
    seconds: int = PROGRAM_SECONDS
    single: bool = False
    is_loud: bool = False


class Tally:
    """What passed and what failed, told as it happens."""

    def __init__(self, out=sys.stdout):
        self.out = out
        self.passed = 0
        self.failures = []
        self.lock = threading.Lock()

    def say(self, line):
        print(line, file=self.out, flush=True)

    def program(self, name, passed, failures, seconds):
        with self.lock:
            self.passed += passed
            self.failures += failures
            count = f"{passed} passed"
            if failures:
                count += f", {len(failures)} failed"
            self.say(f"{name:<44} {count:<22} {seconds:6.1f} s")
            for title, detail in failures:
                self.say(f"  FAILED {title}")
                for line in detail[:SHOWN_AT_ONCE]:
                    self.say(f"    {line}")

    def end(self):
        if self.passed == 0 and not self.failures:
            self.failures.append(("no test was run", []))
        if self.failures:
            self.say("\nfailures:")
        for title, detail in self.failures:
            self.say(f"  {title}")
            for line in detail[:40]:
                self.say(f"    {line}")
        self.say(f"{self.passed} passed, {len(self.failures)} failed")
        return 1 if self.failures else 0


def why_dead(status):
    if status is None:
        return "it did not end in time"
    if status < 0:
        return f"it died of {signal.Signals(-status).name}"
    return f"it ended with status {status}"


def count_single(name, status, lines):
    if status == 0:
        return 1, []
    return 0, [(f"{name}: {why_dead(status)}", lines[-60:])]


def count_tap(name, status, lines):
    """How many passed, and each failure with the lines that follow it."""
    passed, planned, failures, detail = 0, None, [], None
    for line in lines:
        plan = PLAN.match(line)
        tap = TAP.match(line)
        if plan:
            planned = (planned or 0) + int(plan[1])
        if tap and tap[1] == "ok":
            passed += 1
            detail = None
        elif tap:
            detail = []
            failures.append((f"{name}: {tap[3]}", detail))
        elif detail is not None and len(detail) < 60:
            detail.append(line)
    count = passed + len(failures)
    is_explained = (failures and status is not None and status > 0
                    and not is_sanitizer(lines))
    if status != 0 and not is_explained:
        failures.append((f"{name}: {why_dead(status)}", lines[-60:]))
    elif planned is not None and planned != count:
        failures.append(
            (f"{name}: promised {planned} tests and ran {count}", []))
    elif count == 0:
        failures.append((f"{name}: it ran no test", lines[-60:]))
    return passed, failures


def is_sanitizer(lines):
    return any("Sanitizer" in line for line in lines)


def follow(process, program, lines):
    """Collects output; a loud program's tests are shown as they end."""
    for raw in process.stdout:
        line = raw.rstrip("\n")
        lines.append(line)
        if program.is_loud and TAP.match(line):
            print(f"  {line}", flush=True)


def run_program(program, tally):
    try:
        run_counted(program, tally)
    except OSError as error:
        tally.program(program.name, 0, [(f"{program.name}: {error}", [])], 0.0)


def run_counted(program, tally):
    started = time.monotonic()
    lines = []
    process = subprocess.Popen(
        program.command, cwd=ROOT, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", env={**os.environ, **program.environment},
        start_new_session=True)
    reader = threading.Thread(target=follow, args=(process, program, lines),
                              daemon=True)
    reader.start()
    try:
        status = process.wait(program.seconds)
    except subprocess.TimeoutExpired:
        status = None
    end_group(process)
    reader.join(10)
    count = count_single if program.single else count_tap
    passed, failures = count(program.name, status, lines)
    tally.program(program.name, passed, failures, time.monotonic() - started)


def end_group(process):
    """What a test leaves running must not outlive it."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def sanitizer_environment():
    return {
        "ASAN_OPTIONS": "detect_leaks=1:strict_string_checks=1"
                        ":detect_stack_use_after_return=0",
        "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
        "TSAN_OPTIONS": "halt_on_error=1",
    }


def meson_tests(folder, kind):
    """The tests that Meson knows in a build folder: unit or fuzz."""
    text = subprocess.run(["meson", "introspect", "--tests", str(folder)],
                          check=True, capture_output=True, text=True).stdout
    for test in json.loads(text):
        is_fuzz = any(suite.endswith("fuzz") for suite in test["suite"])
        if is_fuzz == (kind == "fuzz"):
            yield test["name"], test["cmd"]


def chosen(name, names):
    return not names or any(
        name == wanted or name.startswith(wanted) for wanted in names)


def unit_programs(names):
    environment = {"CMOCKA_MESSAGE_OUTPUT": "TAP", **sanitizer_environment()}
    for name, command in meson_tests(BUILD, "unit"):
        if not chosen(name, names):
            continue
        yield Program(f"unit {name}", command, environment)
        if name.startswith(POSTGRES_TESTS):
            yield Program(f"unit {name}, newest", command,
                          {**environment,
                           "LICET_POSTGRES": os.environ[NEWEST_POSTGRES]})


def fuzz_programs(names):
    for name, command in meson_tests(BUILD, "fuzz"):
        if chosen(name.removeprefix("fuzz_"), names):
            yield Program(f"fuzz {name.removeprefix('fuzz_')}", command,
                          sanitizer_environment(), single=True)


def tsan_programs(names):
    # Some kernels place a program where ThreadSanitizer wants its shadow; some
    # containers do not let us choose the place.
    fixed = ["setarch", "-R"]
    if subprocess.run(["sh", "-c", "setarch -R true 2>/dev/null"]).returncode:
        fixed = []
    environment = {"CMOCKA_MESSAGE_OUTPUT": "TAP", **sanitizer_environment()}
    for name, command in meson_tests(TSAN, "unit"):
        if name.startswith(TSAN_TESTS) and chosen(name, names):
            yield Program(f"tsan {name}", fixed + command, environment)


def outside_program(name, arguments, seconds):
    options = sanitizer_environment()
    options["ASAN_OPTIONS"] += f":log_path={REPORTS}/report"
    options["UBSAN_OPTIONS"] += f":log_path={REPORTS}/report"
    return Program(
        name, ["node", "tests/flows/run.mjs", *arguments],
        {"LICET": str(BUILD / "src" / "cli" / "licet"),
         "LICET_SANITIZED": "1", **options},
        seconds=seconds, is_loud=True)


def flow_programs(names):
    yield outside_program("flows", names, FLOWS_SECONDS)


def cluster_programs(names):
    yield outside_program("cluster", ["--in", "tests/cluster", *names],
                          CLUSTER_SECONDS)


def check_programs(names):
    yield Program("check", [sys.executable, "tools/check.py", "--tap", *names])


def tools_programs(names):
    yield Program("tools", [sys.executable, "tools/test_tools.py", *names])


KINDS = {
    "check": check_programs,
    "tools": tools_programs,
    "unit": unit_programs,
    "fuzz": fuzz_programs,
    "tsan": tsan_programs,
    "flows": flow_programs,
    "cluster": cluster_programs,
}


def add_sanitizer_reports(tally):
    """A server under a flow that broke a sanitizer's rule fails the run."""
    for path in sorted(REPORTS.glob("report*")):
        text = path.read_text(errors="replace").splitlines()
        tally.program(f"sanitizer {path.name}", 0,
                      [(f"a server's {path.name}", text[:60])], 0.0)


def run_kind(kind, names, tally):
    try:
        programs = list(KINDS[kind](names))
    except (OSError, subprocess.CalledProcessError) as error:
        tally.program(kind, 0, [(f"{kind}: {error}", [])], 0.0)
        return
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(lambda program: run_program(program, tally), programs))


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--kinds", default=",".join(KINDS))
    options.add_argument("names", nargs="*")
    options = options.parse_args()
    shutil.rmtree(REPORTS, ignore_errors=True)
    REPORTS.mkdir(parents=True)
    tally = Tally()
    with newest_postgres.programs() as newest:
        os.environ[NEWEST_POSTGRES] = str(newest)
        for kind in options.kinds.split(","):
            tally.say(f"--- {kind}")
            run_kind(kind, options.names, tally)
    add_sanitizer_reports(tally)
    return tally.end()


if __name__ == "__main__":
    sys.exit(main())
