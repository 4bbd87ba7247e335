# SPDX-License-Identifier: Apache-2.0
"""How cost grows with the grants that live in the store.

Exchanges are of codes just given, as they are in life; refreshes are of grants
picked at random from all that were filled in.
"""
import random
import time

from kit import context as kit
from kit import server
from kit.report import number

TITLE = "Live grants"
COUNTS = (10**3, 10**5, 10**7)
QUICK_COUNTS = (10**3, 10**5)
REQUESTS = 4000
USUAL = 64


def fill(context, served, count, tokens):
    """So many more grants; refresh tokens of some, in random order."""
    file = context.work / "tokens.txt"
    since = time.monotonic()
    context.tool("fill", "grants", served.config, count, min(count, tokens),
                 server.SECRET, file)
    lines = file.read_text().splitlines(keepends=True)
    random.Random(1).shuffle(lines)
    context.say(f"{count} grants more in {time.monotonic() - since:.0f} s")
    return lines


def run_each(context, served, lines, requests):
    """An exchange and a refresh run for each repetition."""
    found = {"exchange": [], "refresh": []}
    options = {"connections": USUAL, "requests": requests,
               "warm_up": requests // 8}
    each = requests + requests // 8
    for turn in range(context.repeats):
        found["exchange"].append(context.load("exchange", served, **options))
        part = lines[turn * each:(turn + 1) * each]
        if len(part) < each:
            continue
        (context.work / "part.txt").write_text("".join(part))
        found["refresh"].append(context.load(
            "refresh", served, input=context.work / "part.txt", **options))
    return found


def store_bytes(served):
    return sum(file.stat().st_size for file in served.home.glob("data/*"))


def measure_count(context, served, count, more):
    requests = context.count(REQUESTS)
    lines = fill(context, served, more,
                 context.repeats * (requests + requests // 8))
    served.start()
    found = run_each(context, served, lines, requests)
    served.stop()
    return [{"name": name, "count": count,
             "store_mib": store_bytes(served) / 2**20, **kit.median_row(runs)}
            for name, runs in found.items() if runs]


def measure(context):
    rows, there = [], 0
    with context.licet() as served:
        served.stop()
        for count in QUICK_COUNTS if context.quick else COUNTS:
            rows += measure_count(context, served, count, count - there)
            there = count
    return {"rows": rows}


def tables(found):
    return [(TITLE, ["path", "live grants", "requests/s", "p50 us", "p99 us",
                     "CPU us", "peak MiB", "store MiB"],
             [[row["name"], f"{row['count']:,}", row["per_second"],
               row["p50_us"], row["p99_us"], number(row["cpu_us"]),
               number(row["peak_kib"] / 1024), number(row["store_mib"])]
              for row in found["rows"]])]
