#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The paper plan of docs/scaling.md: what the measured figures of
bench/results/cluster.json come to for a thousand million people and a million
exchanges a second.

    python3 bench/plan.py            # writes the tables into docs/scaling.md
    python3 bench/plan.py --check    # says whether they are what stands there
"""
import json
import math
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent
FIGURES = ROOT / "results/cluster.json"
PAGE = ROOT.parent / "docs/scaling.md"
FIRST = "<!-- bench/plan.py writes from here -->\n"
LAST = "<!-- to here -->\n"

# What is supposed.
PEOPLE = 10**9
DEVICES = 3  # live grants of each
RATE = 10**6  # exchanges a second, most of them refreshes
SIGN_IN_EVERY = 30 * 86400  # seconds, for each device
CORES = 16  # of a machine
SHARE = 0.5  # of its cores that the plan lets work
REGIONS = 3
COPIES = 3  # of a shard: a primary, a synchronous standby, one more
CHECKPOINT = 3600  # seconds
PASSWORD_US = 20000  # docs/performance.md
# Supposed prices, round numbers and nobody's offer.
CORE_HOUR, GB_MONTH, GB_MOVED = 0.04, 0.10, 0.01
HOURS = 730
PAGE_BYTES = 8192
ALONE = "one PostgreSQL"
PLACE = "one PostgreSQL and its synchronous standby"

# A statement of its own cannot cost an engine less.
PROOF_LEAST_US = 5


class Figures:
    """What was measured."""

    def __init__(self, found):
        part = found["parts"]["cluster"]
        self.alone = {row["name"]: row["engine_us"] for row in part["rows"]
                      if row["place"] == ALONE}
        self.at = found["machine"]["at"]
        self.row = {row["name"]: row for row in part["rows"]
                    if row["place"] == PLACE}
        self.bytes = {row["table"]: row["bytes"]
                      for row in part["sizes"]["tables"]}
        self.wire = sum(part["sizes"]["wire"].values())

    def of(self, name, path="refresh"):
        return self.row[path][name]


def short(value, unit=""):
    """Two digits that matter."""
    for size, letter in ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"),
                         (1e3, "k")):
        if unit and value >= size:
            return f"{two(value / size)} {letter}{unit}"
    return f"{two(value)} {unit}".strip()


def two(value):
    if value == 0:
        return "0"
    digits = 1 - math.floor(math.log10(abs(value)))
    value = round(value, digits)
    return f"{value:,.{max(digits, 0)}f}".replace(",", " ")


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |",
             "|---" + "|--:" + "|---" * (len(header) - 2) + "|"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |"
                              for row in rows]) + "\n"


class Plan:
    """What follows from figures and suppositions."""

    def __init__(self, figures):
        self.figures = figures
        self.grants = PEOPLE * DEVICES
        self.token_for = self.grants / RATE
        self.sign_ins = self.grants / SIGN_IN_EVERY
        self.busy_licet = (RATE * figures.of("cpu_us") + self.sign_ins * (
            figures.of("cpu_us", "authorize") +
            figures.of("cpu_us", "exchange") + PASSWORD_US)) / 1e6
        self.busy_engine = self.busy("engine_us")
        self.busy_standby = self.busy("standby_us")
        self.shards = up(self.busy_engine / (CORES * SHARE), REGIONS)
        self.licets = up(1.5 * self.busy_licet / (CORES * SHARE), REGIONS * 3)
        self.log = RATE * figures.of("wal_bytes")
        self.grant_bytes = self.grants * figures.bytes["grants"]
        self.people_bytes = PEOPLE * figures.bytes["users"]
        self.session_bytes = self.grants * figures.bytes["sessions"]
        self.images = (self.grant_bytes / CHECKPOINT)
        self.shard_bytes = ((self.grant_bytes + self.session_bytes) /
                            self.shards + self.people_bytes)
        proof = figures.alone["exchange, DPoP"] - figures.alone["exchange"]
        if proof < PROOF_LEAST_US:
            sys.exit("plan.py: what a proof adds lies within the noise of "
                     f"this run ({proof:.1f} µs): measure again, in quiet")
        self.proofs = CORES * SHARE * 1e6 / proof

    def busy(self, name):
        return (RATE * self.figures.of(name) + self.sign_ins * (
            self.figures.of(name, "authorize") +
            self.figures.of(name, "exchange"))) / 1e6


def up(value, step):
    return math.ceil(value / step) * step


def measured(figures):
    rows = []
    for path in ("authorize", "exchange", "refresh"):
        for name, what in (("cpu_us", "Licet's CPU"),
                           ("engine_us", "the primary's CPU"),
                           ("standby_us", "the standby's CPU")):
            rows.append([f"{path}: {what}",
                         f"{two(figures.of(name, path))} µs"])
        rows.append([f"{path}: log", f"{two(figures.of('wal_bytes', path))} "
                     "bytes"])
    rows.append(["refresh: between Licet and engine",
                 f"{two(figures.of('wire_bytes'))} bytes"])
    rows.append(["exchange: between client and Licet, without TLS",
                 f"{two(figures.wire)} bytes"])
    for name in ("grants", "sessions", "users", "spent"):
        rows.append([f"a row of `{name}`, with its indexes",
                     f"{two(figures.bytes[name])} bytes"])
    return table(["measured", "each"], rows)


def nodes(plan):
    return table(["nodes", "", "from"], [
        ["access tokens live", f"{two(plan.token_for / 60)} min",
         f"{short(plan.grants)} grants, each refreshed when its token ends, "
         f"make {short(RATE)} a second"],
        ["sign-ins", f"{two(plan.sign_ins)}/s",
         "each device once in 30 days; authorize, exchange and a password"],
        ["Licet's cores at work", two(plan.busy_licet),
         "CPU per refresh × rate, and the sign-ins"],
        ["Licet's machines", str(plan.licets),
         f"{CORES} cores, half at work, and a third more than that may be "
         "away"],
        ["primaries' cores at work", two(plan.busy_engine),
         "engine's CPU × rate, taken as linear from two cores"],
        ["shards", str(plan.shards), f"{CORES} cores each, half at work; "
         f"{REGIONS} regions"],
        ["PostgreSQL's machines", str(plan.shards * COPIES),
         "a primary and two standbys each, in three zones; the standbys work "
         f"{two(plan.busy_standby)} cores each round"],
        ["connections of each primary", f"{plan.licets * CORES}",
         "every loop of every Licet, with `store.postgres.connections: 1`"],
        ["a shard's refreshes", f"{two(RATE / plan.shards)}/s", "rate ÷ "
         "shards"],
    ])


def amounts(plan):
    moved = (plan.log * (COPIES - 1) + RATE * plan.figures.of("wire_bytes"))
    return table(["bytes", "", "from"], [
        ["grants", short(plan.grant_bytes, "B"), "rows × bytes of a row"],
        ["sessions", short(plan.session_bytes, "B"), "one for each grant"],
        ["people", short(plan.people_bytes, "B") + " in every shard",
         "every shard has a copy of all people"],
        ["a shard's store", short(plan.shard_bytes, "B"),
         "its part of grants and sessions, and all people"],
        ["all stores, all copies",
         short(plan.shard_bytes * plan.shards * COPIES, "B"), ""],
        ["a shard's memory for what is at work",
         short((plan.grant_bytes + plan.session_bytes) / plan.shards, "B"),
         "any grant may be next: without room for them each refresh reads "
         "the disk"],
        ["log, all shards", short(plan.log, "B") + "/s",
         "log bytes × rate"],
        ["page images on top", short(plan.images, "B") + "/s",
         f"every page of grants once in each checkpoint of "
         f"{CHECKPOINT // 60} min; `wal_compression` makes it less"],
        ["log kept for a day", short((plan.log + plan.images) * 86400, "B"),
         "for restores to a moment"],
        ["clients and Licets", short(RATE * plan.figures.wire * 8, "bit") +
         "/s", "bytes of an exchange × rate; TLS comes on top"],
        ["between machines", short(moved * 8, "bit") + "/s",
         "log to two standbys, and Licets with primaries"],
    ])


def cost(plan):
    cores = (plan.licets + plan.shards * COPIES) * CORES
    stored = plan.shard_bytes * plan.shards * COPIES / 1e9
    moved = plan.log * (COPIES - 1) / 1e9 * HOURS * 3600
    rows = [["cores", f"{cores} × {HOURS} h", CORE_HOUR,
             cores * HOURS * CORE_HOUR],
            ["storage", f"{two(stored)} GB", GB_MONTH, stored * GB_MONTH],
            ["log between zones", f"{two(moved)} GB", GB_MOVED,
             moved * GB_MOVED]]
    total = sum(row[3] for row in rows)
    return table(["a month", "cost", "amount", "price supposed"], [
        [name, two(value), amount, f"{price:.2f}"]
        for name, amount, price, value in rows] + [
            ["together", two(total), f"{two(total / PEOPLE * 1e6)} for each "
             "million people", ""]])


def text(figures):
    plan = Plan(figures)
    return "\n".join([
        FIRST, measured(figures), nodes(plan), amounts(plan), cost(plan),
        f"Used `jti`s (DPoP, `private_key_jwt`) are all in the home: a home "
        f"with {CORES} cores, half at work, takes some {two(plan.proofs)} a "
        "second, by what a proof adds to an exchange on one PostgreSQL. With "
        "proofs on every refresh this plan does not hold.\n", LAST])


def page_with(page, figures):
    """The page with the tables that these figures make."""
    before, _, rest = page.partition(FIRST)
    _, _, after = rest.partition(LAST)
    return before + text(Figures(figures)) + after


def main():
    page = PAGE.read_text()
    made = page_with(page, json.loads(FIGURES.read_text()))
    if "--check" in sys.argv:
        return 0 if made == page else 1
    PAGE.write_text(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
