# SPDX-License-Identifier: Apache-2.0
"""The same flow against what a user would pick instead, each on one core.

node-oidc-provider keeps everything in maps in memory: it is measured without a
store, Licet with a durable one.
"""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

from kit import context as kit
from kit import load, server
from kit.report import number
from peers import glewlwyd

TITLE = "Peers"
USUAL = 64
REQUESTS = {"exchange": 2000, "refresh": 2000, "introspect": 4000,
            "userinfo": 4000, "fetch": 4000}
NAMES = {"introspect": "introspection", "fetch": "JWKS"}
FOLDER = kit.ROOT / "peers"


class NodeOidcProvider:
    """npm's oidc-provider, as peers/package-lock.json pins it."""

    name = "node-oidc-provider"
    slowness = 1
    scenarios = ["exchange", "exchange RS256", "refresh", "introspect",
                 "userinfo", "fetch"]
    paths = {"introspect": "/token/introspection", "userinfo": "/me",
             "fetch": "/jwks"}

    def version(self):
        package = FOLDER / "node_modules/oidc-provider/package.json"
        return json.loads(package.read_text())["version"]

    def __enter__(self):
        if not (FOLDER / "node_modules/oidc-provider").is_dir():
            raise server.Failed("it is not installed (npm ci in bench/peers)")
        if shutil.which("node") is None:
            raise server.Failed("there is no node")
        port = server.free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.process = server.start(
            ["node", str(FOLDER / "oidc_provider.mjs"), str(port),
             server.SECRET, server.REDIRECT_URI], server.cpus_of_server(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "NODE_ENV": "production"})
        server.wait_for_port(self.process, port)
        return self

    def __exit__(self, *_):
        server.stop(self.process)

    def load(self, context, scenario, **options):
        return load.run(
            context.tools / "load", scenario, self.url, self.process.pid,
            authorize="/auth", token="/token", secret=server.SECRET,
            path=self.paths.get(scenario, "/"), redirect_status=303,
            **options)


class Glewlwyd:
    """Debian's package, on SQLite."""

    name = "glewlwyd"
    slowness = 40  # asked so many times less
    # Its plugin signs with one key.
    scenarios = ["exchange", "refresh", "introspect", "userinfo", "fetch"]
    paths = {"introspect": "/introspect", "userinfo": "/userinfo",
             "fetch": "/jwks"}
    api = "/api/oidc"

    def __init__(self, context):
        self.context = context

    def version(self):
        return subprocess.run(
            ["dpkg-query", "-W", "-f=${Version}", "glewlwyd"], check=True,
            capture_output=True, text=True).stdout

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory(dir=self.context.work)
        port = server.free_port()
        config = glewlwyd.prepare(pathlib.Path(self.folder.name), port)
        self.url = f"http://127.0.0.1:{port}"
        self.process = server.start(["glewlwyd", "-c", str(config)],
                                    server.cpus_of_server())
        try:
            server.wait_for_port(self.process, port)
            self.cookie = glewlwyd.set_up(port)
        except server.Failed:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        server.stop(self.process)
        self.folder.cleanup()

    def load(self, context, scenario, **options):
        return load.run(
            context.tools / "load", scenario, self.url, self.process.pid,
            authorize=self.api + "/auth?g_continue=1",
            token=self.api + "/token", secret=server.SECRET,
            path=self.api + self.paths.get(scenario, "/"), scope="openid",
            cookie=self.cookie, redirect_status=302, **options)


class Licet:
    name = "Licet"
    slowness = 1
    scenarios = NodeOidcProvider.scenarios

    def __init__(self, context):
        self.context = context
        self.licet = context.licet(clients=[
            server.client("bench"),
            server.client("rs256", id_token_signed_response_alg="RS256")])

    def version(self):
        return subprocess.run([self.context.program, "version"], check=True,
                              capture_output=True, text=True).stdout.split()[-1]

    def __enter__(self):
        self.licet.__enter__()
        return self

    def __exit__(self, *words):
        self.licet.__exit__(*words)

    def load(self, context, scenario, **options):
        return context.load(scenario, self.licet, **options)


def measure_peer(context, peer):
    rows = []
    for wanted in peer.scenarios:
        scenario, _, algorithm = wanted.partition(" ")
        requests = context.count(REQUESTS[scenario]) // peer.slowness
        runs = [peer.load(context, scenario, connections=USUAL,
                          client=algorithm.lower() or "bench",
                          requests=requests, warm_up=requests // 4)
                for _ in range(context.repeats if peer.slowness == 1 else 1)]
        name = NAMES.get(scenario, f"{scenario} {algorithm or 'ES256'}")
        rows.append({"server": peer.name, "version": peer.version(),
                     "name": name, **kit.median_row(runs)})
    return rows


def measure(context):
    rows, missing = [], {}
    for peer in (Licet(context), NodeOidcProvider(), Glewlwyd(context)):
        try:
            with peer:
                rows += measure_peer(context, peer)
        except server.Failed as why:
            missing[peer.name] = str(why)
            context.say(f"{peer.name} was not measured: {why}")
    return {"rows": rows, "absent": missing}


def tables(found):
    ours = {row["name"]: row["cpu_us"] for row in found["rows"]
            if row["server"] == "Licet"}
    lines = [[row["name"], f"{row['server']} {row['version']}",
              row["per_second"], row["p50_us"], row["p99_us"],
              number(row["cpu_us"]),
              number(row["cpu_us"] / ours[row["name"]])
              if row["name"] in ours else "", number(row["peak_kib"] / 1024)]
             for row in sorted(found["rows"], key=lambda row: row["name"])]
    lines += [["", f"{name}: not measured: {why.splitlines()[-1][:120]}"]
              for name, why in found["absent"].items()]
    return [(TITLE, ["path", "server", "requests/s", "p50 us", "p99 us",
                     "CPU us", "of Licet's CPU", "peak MiB"], lines)]
