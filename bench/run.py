#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs parts of the benchmark, or all of them into bench/results/.

    bench/run.py PROGRAM [--quick] [PART…]
    bench/run.py PROGRAM cluster

PROGRAM is `build/licet`, or a `licet` in a build folder. Without PART all of them
run, and tables (Markdown and JSON), plots (SVG) and, for aims that are missed,
profiles are written; with PART they go to build/bench/. `cluster` starts
PostgreSQL, is no part of a full run and, alone, has files of its own in
bench/results/. docs/performance.md
explains the figures.
"""
import argparse
import importlib
import json
import os
import pathlib
import shutil
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent

from kit import aims, machine, profile, report  # noqa: E402 (its own folder)
from kit.context import Context  # noqa: E402
from kit.server import Failed  # noqa: E402

PARTS = ["start", "paths", "grants", "tenants", "connections", "peers"]
# Run only when it is named.
CLUSTER = "cluster"


def arguments():
    parser = argparse.ArgumentParser(
        prog="./dev bench", description=__doc__.splitlines()[0])
    parser.add_argument("program", help=argparse.SUPPRESS)
    parser.add_argument("--quick", action="store_true",
                        help="fewer requests, each once: for development")
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help=" ".join([*PARTS, CLUSTER]))
    asked = parser.parse_intermixed_args()
    for name in asked.parts:
        if name not in [*PARTS, CLUSTER]:
            parser.error(f"no part is called {name}; there are: "
                         + " ".join([*PARTS, CLUSTER]))
    return asked


def run_part(name, context):
    """What it found, or {"missing": why}."""
    since = time.monotonic()
    context.say(f"{name} …")
    try:
        found = importlib.import_module(f"parts.{name}").measure(context)
    except Failed as why:
        found = {"missing": str(why)}
        context.say(f"{name} was not measured: {why}")
    context.say(f"{name}: {time.monotonic() - since:.0f} s")
    return found


INTRODUCTION = """\
# What Licet costs, beside what it cannot do without

CPU time is the server process's own, user and system. An exchange carries one
signature (ID token signed, opaque access token, refresh token) unless its row says
two. docs/performance.md explains it all.
"""


def text_of(found):
    """The whole report in Markdown."""
    facts = found["machine"]
    modules = {name: importlib.import_module(f"parts.{name}")
               for name in found["parts"]}
    # A part alone may say what its figures are.
    first = next(iter(modules.values()))
    introduction = getattr(first, "INTRODUCTION", INTRODUCTION)
    pieces = [
        introduction if len(modules) == 1 else INTRODUCTION,
        f"Measured {facts['at']} on {facts['cpu']['model']} "
        f"({facts['cpu']['cores']} cores; "
        f"{' '.join(facts['cpu']['flags']) or 'none of the telling flags'}), "
        f"Linux {facts['kernel']}, {facts['openssl']}"
        + (", in quick mode" if found["quick"] else "") + ".\n"]
    for name, module in modules.items():
        part = found["parts"][name]
        if "missing" in part:
            pieces.append(f"### {name}\n\nNot measured: {part['missing']}\n")
            continue
        pieces += [report.markdown(*table) for table in module.tables(part)]
    judged = aims.judge(found["parts"])
    if judged:
        pieces.insert(2, report.markdown("Aims", aims.HEADER,
                                         aims.lines(judged)))
    return "\n".join(pieces)


def write(found, context, folder, stem):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{stem}.json").write_text(
        json.dumps(found, indent=1, default=str) + "\n")
    (folder / f"{stem}.md").write_text(text_of(found))
    for name, svg in aims.plots(found["parts"]).items():
        (folder / f"{name}.svg").write_text(svg)
    context.say(f"written to {folder}")


def write_profiles(found, context, folder):
    """Beside the table, for aims that are missed."""
    wanted = aims.profiles_wanted(aims.judge(found["parts"]))
    if wanted and not profile.is_possible():
        context.say("no profiles: there is no perf (Debian: linux-perf)")
        return
    for kind in wanted:
        context.say(f"profile of {kind} …")
        try:
            (folder / f"profile-{kind}.txt").write_text(
                profile.take(context, kind))
        except Failed as why:
            context.say(f"no profile of {kind}: {why}")


def place_of(asked, build):
    """The folder and the name of what is written."""
    if asked.parts == [CLUSTER] and not asked.quick and \
            "LICET_BENCH_NODES" not in os.environ:
        return ROOT / "results", CLUSTER
    return build / "bench" if asked.parts else ROOT / "results", "results"


def main():
    asked = arguments()
    build = ROOT.parent / "build"
    folder, stem = place_of(asked, build)
    build.mkdir(exist_ok=True)
    work = tempfile.mkdtemp(prefix="bench-", dir=build)
    try:
        context = Context(asked.program, work, asked.quick)
        context.results = folder
        found = {"machine": machine.facts(), "quick": asked.quick,
                 "parts": {}}
        for name in asked.parts or PARTS:
            found["parts"][name] = run_part(name, context)
        write(found, context, folder, stem)
        write_profiles(found, context, folder)
        print(text_of(found))
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
