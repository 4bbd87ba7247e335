# SPDX-License-Identifier: Apache-2.0
"""What each path costs, beside the CPU's signatures and the floors."""
import contextlib
import json
import os
import tempfile

from kit import context as kit
from kit import machine, server
from kit.report import number

TITLE = "Paths"
# An exchange's form and its reply with ES256, in bytes of body.
EXCHANGE = (222, 891)
# An introspection's.
READ = (164, 278)
SIGN_IN = (900, 500)
# Of one name ten may be under way, further ones are told to wait.
SIGN_IN_CONNECTIONS = 4
CONNECTIONS = (1, 16, 64, 256)
USUAL = 64
STREAMS = 32
DPOP_KEYS = 1000


ASSERTIONS = ("ES256", "RS256", "EdDSA")


def clients(keys):
    """One for each way to be measured."""
    return [
        server.client("bench"),
        server.client("rs256", id_token_signed_response_alg="RS256"),
        server.client("eddsa", id_token_signed_response_alg="EdDSA"),
        server.client("two", access_token_format="jwt"),
        *(server.client(f"assertion-{name}", client_secret=None,
                        jwks={"keys": [keys[name]]},
                        token_endpoint_auth_method="private_key_jwt")
          for name in ASSERTIONS),
        # Whom many failures slow down, and nobody else.
        server.client("guessed"),
    ]


class Row:
    """One line of the table, and how its runs are made."""

    def __init__(self, name, scenario, signs=(), verifies=(), store=False,
                 size=EXCHANGE, requests=5000, server_kind="plain",
                 password=False, **options):
        self.name = name
        self.scenario = scenario
        self.signs = signs  # algorithms
        self.verifies = verifies
        self.store = store  # whether a row is written
        self.password = password  # whether one is checked
        self.size = size
        self.requests = requests
        self.server_kind = server_kind  # plain, tls or cores
        self.options = {"connections": USUAL, **options}
        self.runs = []
        self.missing = None

    @property
    def floor_key(self):
        """Rows with the same key share a socket floor."""
        return (self.server_kind == "tls", self.size,
                self.options["connections"], self.options.get("http", 1),
                self.options.get("streams", 1))


def by_assertion(name, key_file):
    label = "" if name == "ES256" else f" {name}"
    return Row(f"exchange ES256, private_key_jwt{label}", "exchange",
               ("ES256",), (name,), store=True, client=f"assertion-{name}",
               secret=None, key=key_file, key_algorithm=name)


def exchanges(key_files):
    """One signature each, but for what says otherwise."""
    es256 = {"signs": ("ES256",), "store": True}
    proof = {"dpop_keys": DPOP_KEYS}
    return [
        Row("exchange ES256", "exchange", **es256),
        Row("exchange RS256", "exchange", ("RS256",), store=True,
            client="rs256"),
        Row("exchange EdDSA", "exchange", ("EdDSA",), store=True,
            client="eddsa"),
        Row("exchange ES256, DPoP", "exchange", verifies=("ES256",),
            **proof, **es256),
        Row("exchange ES256, DPoP of one key", "exchange",
            verifies=("ES256",), dpop_keys=1, **es256),
        Row("exchange RS256, DPoP", "exchange", ("RS256",), ("ES256",),
            store=True, client="rs256", **proof),
        Row("exchange EdDSA, DPoP", "exchange", ("EdDSA",), ("ES256",),
            store=True, client="eddsa", **proof),
        *(by_assertion(name, key_files[name]) for name in ASSERTIONS),
        Row("exchange ES256, two signatures", "exchange", ("ES256", "ES256"),
            store=True, client="two"),
        Row("refresh ES256", "refresh", **es256),
        Row("refresh RS256", "refresh", ("RS256",), store=True,
            client="rs256"),
    ]


def others():
    es256 = {"signs": ("ES256",), "store": True}
    http2 = {"http": 2, "streams": STREAMS, "connections": 2}
    read = {"size": READ, "requests": 20000}
    return [
        Row("client secret wrong", "wrong-secret", client="guessed", **read),
        Row("introspection", "introspect", **read),
        Row("userinfo", "userinfo", **read),
        Row("JWKS", "fetch", size=(1, 1200), requests=20000),
        Row("metadata", "fetch", size=(1, 2600), requests=20000,
            path="/t/bench/.well-known/openid-configuration"),
        Row("sign-in", "sign-in", store=True, size=SIGN_IN, requests=250,
            password=True, connections=SIGN_IN_CONNECTIONS),
        *(Row("exchange ES256", "exchange", connections=count, **es256)
          for count in CONNECTIONS if count != USUAL),
        *(Row("introspection", "introspect", connections=count, **read)
          for count in CONNECTIONS if count != USUAL),
        Row("introspection, HTTP/2", "introspect", **read, **http2),
        Row("exchange ES256, HTTP/2", "exchange", **es256, **http2),
        Row("exchange ES256, TLS", "exchange", server_kind="tls", **es256),
        Row("introspection, TLS", "introspect", server_kind="tls", **read),
        Row("exchange ES256, TLS, HTTP/2", "exchange", server_kind="tls",
            **es256, **http2),
        Row("exchange ES256, all cores", "exchange", server_kind="cores",
            **es256),
        Row("introspection, all cores", "introspect", server_kind="cores",
            **read),
    ]


def run_row(context, served, row):
    count = context.count(row.requests)
    try:
        row.runs.append(context.load(
            row.scenario, served, requests=count, warm_up=count // 8,
            **row.options))
    except server.Failed as why:
        row.missing = str(why)


def run_floors(context, rows, found):
    """A floor for each kind of row, measured as often as the rows are."""
    for key in sorted({row.floor_key for row in rows if not row.missing}):
        is_tls, (sent, replied), connections, http, streams = key
        with context.floor(replied, context.tls if is_tls else None) as floor:
            try:
                run = context.load_floor(
                    floor, sent, requests=context.count(20000), warm_up=500,
                    connections=connections, http=http, streams=streams)
            except server.Failed as why:
                context.say(f"no floor for {key}: {why}")
                continue
            found.setdefault(key, []).append(run)


def store_share(context):
    with tempfile.TemporaryDirectory(dir=context.work) as folder:
        told = json.loads(context.tool("store_share", folder))
    password = json.loads(context.tool("password"))
    return {"write_us": told["write_cpu_ns"] / 1000,
            "read_us": told["read_cpu_ns"] / 1000,
            "password_us": password["cpu_ns"] / 1000,
            "password_passes": password["passes"],
            "password_kib": password["memory_kib"]}


def median(values):
    values = sorted(values)
    return values[len(values) // 2]


def median_of_each(measures):
    """Of several {…: {…: number}}, or {…: number}, the medians."""
    if isinstance(measures[0], dict):
        return {name: median_of_each([one[name] for one in measures])
                for name in measures[0]}
    return median(measures)


def finished(row, bare, floors, share):
    """The line of the table; `own_us` is what remains for us."""
    if not row.runs:
        return {"name": row.name, "missing": row.missing,
                **{key: row.options.get(key) for key in ("connections",)}}
    line = {"name": row.name, "kind": row.server_kind,
            "http": row.options.get("http", 1),
            **kit.median_row(row.runs)}
    line["signature_us"] = (
        sum(bare[name]["sign_us"] for name in row.signs) +
        sum(bare[name]["verify_us"] for name in row.verifies))
    line["password_us"] = share["password_us"] if row.password else 0
    line["store_us"] = share["write_us"] if row.store else 0
    if row.floor_key in floors:
        line["floor_us"] = floors[row.floor_key]["cpu_us"]
        line["own_us"] = (line["cpu_us"] - line["signature_us"] -
                          line["password_us"] - line["store_us"] -
                          line["floor_us"])
    return line


def bare_signatures(context):
    """As OpenSSL has them; of Ed25519 the faster, which may be libsodium's."""
    bare = machine.signatures(1 if context.quick else 2)
    sodium = json.loads(context.tool("ed25519"))
    bare["EdDSA"] = {name: min(cost, sodium[name])
                     for name, cost in bare["EdDSA"].items()}
    return bare


def run_all(context, rows, served):
    """Rounds over all rows, so that a slow minute of the machine hits all."""
    measured = {"bare": [], "shares": [], "floors": {}}
    for turn in range(context.repeats):
        context.say(f"paths, round {turn + 1} of {context.repeats}")
        measured["bare"].append(bare_signatures(context))
        measured["shares"].append(store_share(context))
        for row in rows:
            if not row.missing:
                run_row(context, served[row.server_kind], row)
        run_floors(context, rows, measured["floors"])
    return measured


@contextlib.contextmanager
def servers(context, keys):
    """Those that rows are measured on, by kind, running."""
    every = {"clients": clients(keys)}
    with (context.licet(**every) as plain,
          context.licet(tls=context.tls, **every) as tls,
          context.licet(loops=len(server.all_cpus()), **every) as cores):
        yield {"plain": plain, "tls": tls, "cores": cores}


def measure(context):
    files = {name: context.work / f"client-{name}.der" for name in ASSERTIONS}
    keys = {}
    for name, file in files.items():
        file.unlink(missing_ok=True)
        keys[name] = json.loads(context.tool("load", "new-key", name, file))
    rows = exchanges(files) + others()
    with servers(context, keys) as served:
        measured = run_all(context, rows, served)
    bare = median_of_each(measured["bare"])
    share = median_of_each(measured["shares"])
    floors = {key: kit.median_row(runs)
              for key, runs in measured["floors"].items()}
    return {"bare": bare, "store": share,
            "flush_us": machine.flush_us(context.work),
            "cores": os.cpu_count(),
            "rows": [finished(row, bare, floors, share) for row in rows]}


def tables(found):
    limits = [[f"{name} signature", number(bare["sign_us"])]
              for name, bare in found["bare"].items()]
    limits += [[f"{name} verification", number(bare["verify_us"])]
               for name, bare in found["bare"].items()]
    limits += [["a row written, of a batch of 64",
                number(found["store"]["write_us"])],
               ["a row read", number(found["store"]["read_us"])],
               [f"a password: Argon2id, {found['store']['password_passes']} "
                f"passes over {found['store']['password_kib'] // 1024} MiB",
                number(found["store"]["password_us"])],
               ["fdatasync(2) of 4 KiB (time, not CPU)",
                number(found["flush_us"])]]
    return [("The machine's limits", ["", "CPU us"], limits),
            ("Paths", ["path", "connections", "streams", "requests/s",
                       "p50 us", "p99 us", "CPU us", "signatures us",
                       "password us", "store us", "socket us", "own us", "peak MiB"],
             [path_line(row) for row in found["rows"]])]


def path_line(row):
    if row.get("missing"):
        return [row["name"], row["connections"], "", "not measured: "
                + row["missing"].splitlines()[-1][:100]]
    return [row["name"], row["connections"], row["streams"],
            row["per_second"], row["p50_us"], row["p99_us"],
            number(row["cpu_us"]), number(row["signature_us"]),
            number(row.get("password_us")), number(row["store_us"]), number(row.get("floor_us")),
            number(row.get("own_us")), number(row["peak_kib"] / 1024)]
