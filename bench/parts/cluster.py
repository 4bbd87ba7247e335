# SPDX-License-Identifier: Apache-2.0
"""What an exchange costs on PostgreSQL: Licet's CPU and the engine's, apart.

All of it runs on one machine, whose CPUs are shared by Licet, the generator and
every engine: how it grows must be read from CPU per exchange, not from the rate.
"""
import contextlib
import os
import random
import socket
import time

from kit import postgres as pg
from kit import server
from kit.report import number

TITLE = "On PostgreSQL"
INTRODUCTION = """\
# What an exchange costs on PostgreSQL

Everything ran on the cores of one machine: Licet on the first, the generator on
the last, the engines on whatever was free. Requests per second are therefore what
the machine could do for all of them together; **how it grows must be read from the
CPU per request**. Engine's CPU: of all its processes, sessions, log writer and
housekeeping; a standby's apart. Log bytes: what one request adds to the
write-ahead log, and how many full-page images are among them; no checkpoint fell
into a run. Wire bytes: both ways between Licet and the engine, as TCP counts
them. docs/scaling.md draws the conclusions.
"""
REQUESTS = 3000
CONNECTIONS = 64
# Of each a session; a person's name chooses the shard.
PEOPLE = ["alice", *(f"person{number}" for number in range(1, 12))]
FILLED = 200000
COLUMNS = ("per_second", "p50_us", "p99_us", "cpu_us", "engine_us",
           "standby_us", "wal_bytes", "wal_images", "wire_bytes")


# Servers that run already, their DSNs between semicolons: Licet asks the first.
RUNNING = "LICET_BENCH_NODES"


class Place:
    """Where rows lie: no engine (the embedded store), one or several."""

    def __init__(self, name, engines=0, has_standby=False):
        self.name = name
        self.count = engines
        self.has_standby = has_standby
        self.engines = []

    def make(self):
        return [pg.Postgres() for _ in range(self.count)]

    def __enter__(self):
        with contextlib.ExitStack() as stack:
            self.engines = [stack.enter_context(engine)
                            for engine in self.make()]
            if self.has_standby:
                self.engines[0].add_standby()
            self.stack = stack.pop_all()
        return self

    def __exit__(self, *_):
        self.stack.close()

    def store_lines(self):
        if not self.engines:
            return ["store:", "  sqlite:", "    folder: data"]
        lines = ["store:", "  postgres:",
                 f'    dsn: "{self.engines[0].dsn}"']
        if len(self.engines) > 1:
            lines.append("  shards:")
        for number, engine in enumerate(self.engines[1:], 1):
            lines += [f"    - number: {number}", "      postgres:",
                      f'        dsn: "{engine.dsn}"']
        return lines

    def cpu(self):
        """What the engines have used so far; asking for it uses nothing."""
        each = [engine.cpu_ns() / 1000 for engine in self.engines]
        return {"engine_us": sum(each),
                "standby_us": sum(engine.standby.cpu_ns() / 1000
                                  for engine in self.engines
                                  if engine.standby),
                **{f"engine_{index}_us": us for index, us in enumerate(each)}}

    def traffic(self):
        logs = [engine.wal() for engine in self.engines]
        return {"wal_bytes": sum(written for written, _ in logs),
                "wal_images": sum(images for _, images in logs),
                "wire_bytes": sum(engine.wire_bytes()
                                  for engine in self.engines)}


class Running(Place):
    """As $LICET_BENCH_NODES says."""

    def __init__(self):
        super().__init__("servers that ran already")

    def store_lines(self):
        return ["store:", "  postgres:",
                f'    dsn: "{self.engines[0].dsn}"']

    def make(self):
        return [pg.Node(dsn) for dsn in os.environ[RUNNING].split(";")]


def places():
    if RUNNING in os.environ:
        return [Running()]
    return [Place("embedded store"),
            Place("one PostgreSQL", 1),
            Place("one PostgreSQL and its synchronous standby", 1, True),
            Place("two shards", 2),
            Place("three shards", 3)]


def accounted(place, load, requests):
    """What `load` tells, with the engines' part of it."""
    traffic = place.traffic()
    # The sessions that told it have ended by then.
    time.sleep(0.1)
    before = {**place.cpu(), **traffic}
    row = load()
    after = {**place.cpu(), **place.traffic()}
    for name, value in after.items():
        row[name] = (value - before[name]) / requests
    return row


def authorize(context, served, requests, file):
    """Codes of several people's sessions, in random order."""
    rows, lines = [], []
    for name in PEOPLE:
        rows.append(context.load("authorize", served, connections=CONNECTIONS,
                                 requests=requests // len(PEOPLE),
                                 username=name, output=file))
        lines += file.read_text().splitlines(keepends=True)
    random.Random(1).shuffle(lines)
    file.write_text("".join(lines))
    return {**rows[0], **{name: sum(row[name] for row in rows) / len(rows)
                          for name in COLUMNS[:4]}}


def run_once(context, place, served, found):
    requests = context.count(REQUESTS) // len(PEOPLE) * len(PEOPLE)
    codes, tokens = context.work / "codes.txt", context.work / "tokens.txt"
    options = {"connections": CONNECTIONS, "requests": requests}

    def take(name, load):
        found.setdefault(name, []).append(accounted(place, load, requests))

    take("authorize",
         lambda: authorize(context, served, requests, codes))
    take("exchange", lambda: context.load(
        "exchange", served, input=codes, output=tokens, **options))
    take("refresh", lambda: context.load(
        "refresh", served, input=tokens, **options))
    authorize(context, served, requests, codes)
    take("exchange, DPoP", lambda: context.load(
        "exchange", served, input=codes, dpop_keys=1000, **options))


def median(rows):
    """The run with the median CPU of all; the best rate."""
    rows = sorted(rows, key=lambda row: row["cpu_us"] + row["engine_us"])
    row = dict(rows[len(rows) // 2])
    row["per_second"] = max(one["per_second"] for one in rows)
    row["cpu_us_runs"] = [one["cpu_us"] for one in rows]
    row["engine_us_runs"] = [one["engine_us"] for one in rows]
    return row


def measure_place(context, place, versions):
    found = {}
    with place, context.licet(
            store=place.store_lines(), people=PEOPLE) as served:
        versions += [engine.version() for engine in place.engines]
        run_once(context, place, served, {})  # warm-up
        for turn in range(context.repeats):
            context.say(f"{place.name}, round {turn + 1}")
            run_once(context, place, served, found)
    return [{"place": place.name, "name": name, **median(rows)}
            for name, rows in found.items()]


# --- Bytes ---

def sizes_of(engine):
    """Of each table that has rows: rows, and bytes of each with its indexes."""
    engine.query("VACUUM ANALYZE")
    told = engine.query(
        "SELECT relname, pg_total_relation_size(oid), pg_relation_size(oid) "
        "FROM pg_class WHERE relkind = 'r' AND relnamespace = "
        "'public'::regnamespace ORDER BY relname")
    for line in told.splitlines():
        name, whole, heap = line.split("|")
        count = int(engine.query(f"SELECT count(*) FROM {name}"))
        if count >= 1000:
            yield {"table": name, "rows": count, "bytes": int(whole) / count,
                   "heap_bytes": int(heap) / count}


def exchange_bytes(context, served):
    """Bytes of one exchange between client and server, heads and all."""
    file = context.work / "code.txt"
    context.load("authorize", served, connections=1, requests=1, output=file)
    path, code = file.read_text().split()
    body = ("grant_type=authorization_code&code=" + code +
            "&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcallback"
            "&code_verifier=dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
            "&client_id=bench&client_secret=" + server.SECRET)
    asked = (f"POST {path} HTTP/1.1\r\nHost: localhost:{served.port}\r\n"
             "Content-Type: application/x-www-form-urlencoded\r\n"
             f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
             + body).encode()
    with socket.create_connection(("127.0.0.1", served.port), 10) as peer:
        peer.sendall(asked)
        replied = peer.makefile("rb").read()
    if not replied.startswith(b"HTTP/1.1 200"):
        raise server.Failed(f"an exchange was answered {replied[:40]}")
    return {"request": len(asked), "reply": len(replied)}


def measure_sizes(context):
    place = Place("sizes", 1)
    with place, context.licet(
            store=place.store_lines(), people=PEOPLE) as served:
        served.stop()
        context.tool("fill", "grants", served.config, context.count(FILLED), 0,
                     server.SECRET, context.work / "none.txt")
        served.start()
        wire = exchange_bytes(context, served)
        file = context.work / "codes.txt"
        requests = context.count(REQUESTS) // len(PEOPLE) * len(PEOPLE)
        authorize(context, served, requests, file)
        context.load("exchange", served, connections=CONNECTIONS,
                     requests=requests, input=file, dpop_keys=1000)
        return {"tables": list(sizes_of(place.engines[0])), "wire": wire}


def measure(context):
    rows, versions = [], []
    for place in places():
        rows += measure_place(context, place, versions)
    found = {"postgres": versions, "rows": rows}
    if RUNNING not in os.environ:
        found["sizes"] = measure_sizes(context)
    return found


def line(row):
    return [row["name"], row["place"], round(row["per_second"]),
            round(row["p50_us"]), round(row["p99_us"])] + [
                number(row[name] or None) for name in COLUMNS[3:]]


def tables(found):
    versions = ", ".join(sorted(set(found["postgres"])))
    yield (f"{TITLE} {versions}",
           ["path", "store", "requests/s", "p50 us", "p99 us",
            "Licet's CPU us", "engine's CPU us", "standby's CPU us",
            "log bytes", "page images", "wire bytes"],
           [line(row) for row in found["rows"]])
    if "sizes" in found:
        yield ("Bytes of a row",
               ["table", "rows", "with its indexes", "heap alone"],
               [[row["table"], f"{row['rows']:,}", number(row["bytes"]),
                 number(row["heap_bytes"])]
                for row in found["sizes"]["tables"]])
        yield ("Bytes of an exchange between client and Licet",
               ["", "bytes"], list(found["sizes"]["wire"].items()))
