# SPDX-License-Identifier: Apache-2.0
"""How cost and memory grow with the connections, busy and idle."""
from kit import context as kit
from kit import server
from kit.report import number

TITLE = "Connections"
COUNTS = (1, 10, 100, 1000, 10000)
MANY = 10000
IDLE_COUNTS = (0, 1000, 10000)
REQUESTS = {"exchange": 4000, "introspect": 10000}


def measure_busy(context, served, scenario, count):
    requests = max(context.count(REQUESTS[scenario]), 2 * count)
    repeats = context.repeats if count < MANY else 1
    try:
        runs = [context.load(scenario, served, connections=count,
                             requests=requests, warm_up=requests // 8)
                for _ in range(repeats)]
    except server.Failed as why:
        context.say(f"{count} connections were not measured: {why}")
        return {"name": scenario, "count": count, "missing": str(why)}
    return {"name": scenario, "count": count, **kit.median_row(runs)}


def measure_idle(context, kind, tls):
    """Memory when each connection has asked once and is idle."""
    rows = []
    with context.licet(tls=tls) as served:
        for count in IDLE_COUNTS:
            rows.append({"kind": kind, "count": count,
                         **memory_with(context, served, count)})
    return rows


def memory_with(context, served, count):
    try:
        row = context.load("fetch", served, path="/healthz",
                           connections=max(count, 1), requests=max(count, 1))
    except server.Failed as why:
        context.say(f"{count} idle connections were not measured: {why}")
        return {"missing": str(why)}
    return {name: row[name] for name in ("resident_kib", "private_kib")}


def measure(context):
    with context.licet() as served:
        rows = [measure_busy(context, served, scenario, count)
                for scenario in REQUESTS for count in COUNTS]
    return {"rows": rows, "idle": measure_idle(context, "plain", None) +
            measure_idle(context, "TLS", context.tls)}


def busy_line(row):
    start = [row["name"], f"{row['count']:,}"]
    if "missing" in row:
        return start + ["not measured: " + row["missing"].splitlines()[-1]]
    return start + [row["per_second"], row["p50_us"], row["p99_us"],
                    number(row["cpu_us"]), number(row["peak_kib"] / 1024)]


def idle_line(row):
    start = [row["kind"], f"{row['count']:,}"]
    if "missing" in row:
        return start + ["not measured: " + row["missing"].splitlines()[-1]]
    return start + [number(row["resident_kib"] / 1024),
                    number(row["private_kib"] / 1024)]


def tables(found):
    return [(TITLE, ["path", "connections", "requests/s", "p50 us", "p99 us",
                     "CPU us", "peak MiB"],
             [busy_line(row) for row in found["rows"]]),
            ("Idle connections", ["kind", "connections", "resident MiB",
                                  "private MiB"],
             [idle_line(row) for row in found["idle"]])]
