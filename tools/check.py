#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The static checks of `./dev check`: no compiling, under ten seconds.

Python, because Meson needs it anyway. tools/test_tools.py proves of each check
that it can fail.
"""
import argparse
import pathlib
import sys
import time

from checks import (banned, documented, headers, layout, rooms, sizes,
                    statements)
from checks.source import Tree

ROOT = pathlib.Path(__file__).resolve().parent.parent

CHECKS = [
    ("rooms include only what src/ROOMS allows", rooms.check),
    ("exported names begin with file, folder or room", headers.check_names),
    ("whoever returns an outcome says MUST_USE", headers.check_must_use),
    ("files begin with SPDX and a sentence", headers.check_first_lines),
    ("no banned function is called", banned.check),
    ("statements keep to the portable subset", statements.check),
    ("events and docs/events.md agree", documented.check_events),
    ("reasons and docs/reasons.md agree", documented.check_reasons),
    ("metrics and docs/metrics.md agree", documented.check_metrics),
    ("settings and docs/configuration.md agree", documented.check_settings),
    ("settings and docs/licet.example.yaml agree", documented.check_example),
    ("options and docs/cli.md agree", documented.check_flags),
    ("commands and docs/cli.md agree", documented.check_commands),
    ("files are laid out as clang-format does", layout.check),
]


def show(number, sentence, mistakes, tap):
    verdict = "not ok" if mistakes else "ok"
    print(f"{verdict} {number} - {sentence}" if tap
          else f"{verdict:<6} {sentence}", flush=True)
    for mistake in mistakes:
        print(f"       {mistake}")


def main():
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tap", action="store_true")
    options.add_argument("--report", action="store_true",
                         help="sizes of functions and files too")
    options.add_argument("word", nargs="*", help="only checks that say this")
    options = options.parse_args()
    started = time.monotonic()
    tree = Tree(ROOT)
    chosen = [row for row in CHECKS
              if all(word in row[0] for word in options.word)]
    failed = 0
    for number, (sentence, check) in enumerate(chosen, 1):
        mistakes = check(tree)
        failed += bool(mistakes)
        show(number, sentence, mistakes, options.tap)
    if options.report:
        print("\n" + "\n".join(sizes.report(tree)))
    if not options.tap:
        print(f"\n{len(chosen) - failed} passed, {failed} failed "
              f"in {time.monotonic() - started:.1f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
