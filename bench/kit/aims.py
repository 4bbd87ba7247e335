# SPDX-License-Identifier: Apache-2.0
"""What was aimed at, and whether it was reached in this run."""
from kit import plot

# The profile that shows why, by a word of the aim that is missed.
PROFILES = [("DPoP", "dpop"), ("refresh", "refresh"),
            ("introspection", "introspect"), ("exchange", "exchange")]
HEADER = ["path, one core, durable store", "aim", "measured", ""]
OWN_MOST_US = 12
IDLE_MOST_MIB = 120


def find(rows, name, connections=None):
    """A row that was measured, at 64 connections unless said otherwise."""
    for row in rows:
        if row["name"] == name and not row.get("missing") and (
                connections is None or row["connections"] == connections):
            return row
    return None


def at_most(what, value, most, unit=""):
    return {"what": what, "aim": f"≤ {most}{unit}",
            "measured": f"{value:.2f}{unit}" if value < 10
            else f"{value:.1f}{unit}", "is_met": value <= most}


def at_least(what, value, least):
    return {"what": what, "aim": f"≥ {least}", "measured": f"{value:.2f}",
            "is_met": value >= least}


def of_paths(found):
    rows, bare = found["rows"], found["bare"]
    for name in ("exchange ES256", "exchange RS256", "exchange EdDSA",
                 "exchange ES256, DPoP", "refresh ES256", "refresh RS256"):
        row = find(rows, name, 64)
        if row and "own_us" in row:
            yield at_most(f"own cost, {name}", row["own_us"], OWN_MOST_US,
                          " µs")
    rs256 = find(rows, "exchange RS256", 64)
    if rs256:
        yield at_least("exchange RS256-2048, of the bare signature rate",
                       bare["RS256"]["sign_us"] / rs256["cpu_us"], 0.92)
    es256 = find(rows, "exchange ES256", 64)
    sign, verify = bare["ES256"]["sign_us"], bare["ES256"]["verify_us"]
    if es256:
        yield at_most("exchange ES256, of a bare signature",
                      es256["cpu_us"] / sign, 1.9)
    dpop = find(rows, "exchange ES256, DPoP", 64)
    if dpop:
        yield at_most("exchange ES256 + DPoP, of bare sign + verify",
                      dpop["cpu_us"] / (sign + verify), 1.5)
    read = find(rows, "introspection, HTTP/2")
    if read:
        yield at_most("introspection, HTTP/2, 32 streams", read["cpu_us"], 8,
                      " µs")
    cores = find(rows, "exchange ES256, all cores")
    if cores and es256:
        yield at_most(f"{found['cores']} loops on as many cores against one",
                      cores["cpu_us"] / es256["cpu_us"], 1.05)


def of_growth(found, least, most, what, limit):
    """CPU of the row with `most` against that with `least`."""
    by_count = {row["count"]: row for row in reversed(found["rows"])
                if "cpu_us" in row}
    if least in by_count and most in by_count:
        yield at_most(what, by_count[most]["cpu_us"] /
                      by_count[least]["cpu_us"], limit)


def of_start(found):
    yield at_most("start to first answer", found["answer_ms"], 30, " ms")
    yield at_most("resident at start", found["resident_mib"], 12, " MiB")
    yield at_most("private at start", found["private_mib"], 4, " MiB")


def of_connections(found):
    for idle in found["idle"]:
        if (idle["kind"] == "plain" and idle["count"] == 10000 and
                "missing" not in idle):
            yield at_most("resident at 10 000 idle plain connections",
                          idle["resident_kib"] / 1024, IDLE_MOST_MIB, " MiB")


def judge(parts):
    """All aims that the parts measured say something about."""
    judges = {
        "paths": of_paths,
        "grants": lambda found: of_growth(
            found, 10**3, 10**7, "10⁷ live grants against 10³, exchange", 1.3),
        "tenants": lambda found: of_growth(
            found, 1, 10**4, "10 000 tenants against 1, exchange ES256", 1.1),
        "start": of_start,
        "connections": of_connections,
    }
    return [aim for name, judge_part in judges.items()
            if name in parts and "missing" not in parts[name]
            for aim in judge_part(parts[name])]


def profiles_wanted(judged):
    """Kinds of requests whose cost misses an aim."""
    wanted = set()
    for aim in judged:
        if not aim["is_met"]:
            wanted |= set([kind for word, kind in PROFILES
                           if word in aim["what"]][:1])
    return sorted(wanted)


def lines(judged):
    return [[aim["what"], aim["aim"], aim["measured"],
             "met" if aim["is_met"] else "**missed**"] for aim in judged]


def plots(parts):
    """Name → SVG."""
    drawn = {}
    if "rows" in parts.get("paths", {}):
        drawn["paths"] = plot.paths(parts["paths"])
    for name, what in (("grants", "live grants"), ("tenants", "tenants"),
                       ("connections", "connections")):
        if "rows" in parts.get(name, {}):
            drawn[name] = plot.growth(parts[name], what)
    if "rows" in parts.get("peers", {}):
        drawn["peers"] = plot.peers(parts["peers"])
    if "rows" in parts.get("cluster", {}):
        drawn["cluster"] = plot.cluster(parts["cluster"])
    return drawn
