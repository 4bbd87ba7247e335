# SPDX-License-Identifier: Apache-2.0
"""clang-format is the only authority on layout."""
import concurrent.futures
import os
import re
import shutil
import subprocess

FORMATTER = "clang-format-19"
FILES_AT_ONCE = 12
PLACE = re.compile(r"^(.+?):(\d+):\d+: error:", re.M)


def unformatted(root, paths):
    """The first wrong place of each of the files that is laid out otherwise."""
    run = subprocess.run(
        [FORMATTER, "--dry-run", "-Werror", "--ferror-limit=1", *paths],
        cwd=root, capture_output=True, text=True)
    first = {}
    for name, line in PLACE.findall(run.stderr):
        first.setdefault(name, line)
    if run.returncode != 0 and not first:
        return [f"{FORMATTER}: {run.stderr.strip()}"]
    return [f"{name}:{line}: not laid out; run ./dev fmt"
            for name, line in first.items()]


def check(tree):
    if shutil.which(FORMATTER) is None:
        return [f"{FORMATTER} is not installed"]
    names = [source.name for source in tree.sources + tree.test_sources]
    parts = [names[i:i + FILES_AT_ONCE]
             for i in range(0, len(names), FILES_AT_ONCE)]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = pool.map(lambda part: unformatted(tree.root, part), parts)
    return [mistake for part in found for mistake in part]
