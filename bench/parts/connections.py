# SPDX-License-Identifier: Apache-2.0
"""How cost and memory grow with the connections, busy and idle."""
from kit import context as kit
from kit.report import number

TITLE = "Connections"
COUNTS = (1, 10, 100, 1000, 10000)
IDLE_COUNTS = (0, 1000, 10000)
REQUESTS = {"exchange": 4000, "introspect": 10000}


def measure_busy(context, served, scenario, count):
    requests = max(context.count(REQUESTS[scenario]), 2 * count)
    runs = [context.load(scenario, served, connections=count,
                         requests=requests, warm_up=requests // 8)
            for _ in range(context.repeats)]
    return {"name": scenario, "count": count, **kit.median_row(runs)}


def measure_idle(context, kind, tls):
    """Memory when each connection has asked once and is idle."""
    rows = []
    with context.licet(tls=tls) as served:
        for count in IDLE_COUNTS:
            row = context.load("fetch", served, path="/healthz",
                               connections=max(count, 1),
                               requests=max(count, 1))
            rows.append({"kind": kind, "count": count,
                         "resident_kib": row["resident_kib"],
                         "private_kib": row["private_kib"]})
    return rows


def measure(context):
    with context.licet() as served:
        rows = [measure_busy(context, served, scenario, count)
                for scenario in REQUESTS for count in COUNTS]
    return {"rows": rows, "idle": measure_idle(context, "plain", None) +
            measure_idle(context, "TLS", context.tls)}


def tables(found):
    return [(TITLE, ["path", "connections", "requests/s", "p50 us", "p99 us",
                     "CPU us", "peak MiB"],
             [[row["name"], f"{row['count']:,}", row["per_second"],
               row["p50_us"], row["p99_us"], number(row["cpu_us"]),
               number(row["peak_kib"] / 1024)] for row in found["rows"]]),
            ("Idle connections", ["kind", "connections", "resident MiB",
                                  "private MiB"],
             [[row["kind"], f"{row['count']:,}",
               number(row["resident_kib"] / 1024),
               number(row["private_kib"] / 1024)] for row in found["idle"]])]
