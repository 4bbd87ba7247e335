# SPDX-License-Identifier: Apache-2.0
"""How cost grows with the tenants, when requests go round over all of them."""
import time

from kit import context as kit
from kit import server
from kit.report import number

TITLE = "Tenants"
COUNTS = (1, 100, 10000)
REQUESTS = 5000
USUAL = 64


def fill(context, served, count, codes):
    file = context.work / "codes.txt"
    since = time.monotonic()
    context.tool("fill", "tenants", served.config, count, codes,
                 server.SECRET, file)
    context.say(f"{count} tenants in {time.monotonic() - since:.0f} s")
    return file.read_text().splitlines(keepends=True)


def measure_count(context, count):
    # All tenants have been asked once before the measure begins.
    warm_up = max(count, 500)
    requests = context.count(REQUESTS)
    each = requests + warm_up
    runs = []
    with context.licet() as served:
        served.stop()
        lines = fill(context, served, count, context.repeats * each)
        since = time.monotonic()
        served.start()
        started = time.monotonic() - since
        for turn in range(context.repeats):
            file = context.work / "part.txt"
            file.write_text("".join(lines[turn * each:(turn + 1) * each]))
            runs.append(context.load("exchange", served, input=file,
                                     connections=USUAL, requests=requests,
                                     warm_up=warm_up))
    return {"name": "exchange ES256", "count": count, "start_s": started,
            **kit.median_row(runs)}


def measure(context):
    rows = []
    for count in COUNTS:
        try:
            rows.append(measure_count(context, count))
        except server.Failed as why:
            context.say(f"{count} tenants were not measured: {why}")
            rows.append({"name": "exchange ES256", "count": count,
                         "missing": str(why)})
    return {"rows": rows}


def tables(found):
    return [(TITLE, ["path", "tenants", "requests/s", "p50 us", "p99 us",
                     "CPU us", "peak MiB", "start s"],
             [line(row) for row in found["rows"]])]


def line(row):
    start = [row["name"], f"{row['count']:,}"]
    if "missing" in row:
        return start + ["not measured: " + row["missing"].splitlines()[-1]]
    return start + [row["per_second"], row["p50_us"], row["p99_us"],
                    number(row["cpu_us"]), number(row["peak_kib"] / 1024),
                    number(row["start_s"])]
