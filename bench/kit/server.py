# SPDX-License-Identifier: Apache-2.0
"""Starts and ends what is measured, on a CPU of its own."""
import contextlib
import json
import os
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time

LONGEST_SECONDS = 120
SECRET = "bench-client-secret-0123456789abcdef0123456789"
REDIRECT_URI = "http://localhost:3000/callback"
SCOPE = "openid offline_access"
# Opening ten thousand connections may take longer than the usual minute.
LIMITS = """\
limits:
  connections: 12000
  idle_time: 10m
"""


class Failed(Exception):
    """A step of the benchmark could not be taken; the text says why."""


def all_cpus():
    return sorted(os.sched_getaffinity(0))


def cpus_of_server(cores=1):
    """The first CPUs are the server's; the last one is the generator's."""
    return set(all_cpus()[:cores])


def cpus_of_load():
    return {all_cpus()[-1]}


def start(command, cpus, **options):
    """A process that stays on these CPUs, with as many files as it may have."""
    def prepare():
        os.sched_setaffinity(0, cpus)
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return subprocess.Popen(command, preexec_fn=prepare, **options)


def stop(process):
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(process, port):
    since = time.monotonic()
    while time.monotonic() - since < LONGEST_SECONDS:
        if process.poll() is not None:
            raise Failed(f"{process.args[0]} ended: {process.returncode}")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 5).close()
            return
        time.sleep(0.01)
    process.kill()
    raise Failed(f"{process.args[0]} does not listen")


def client(client_id="bench", **more):
    """Registered metadata; a member of None is left out."""
    metadata = {
        "client_id": client_id, "client_secret": SECRET,
        "client_name": client_id, "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"], "scope": SCOPE, "skip_consent": True,
        "access_token_format": "opaque", **more}
    return {name: value for name, value in metadata.items()
            if value is not None}


PEOPLE = ("alice",)


def document(url, clients=None, people=PEOPLE, algorithm="ES256"):
    """An import with one tenant, these people and these clients."""
    return {
        "tenants": [{
            "name": "bench", "url": url, "profile": "rfc",
            "settings": {"signing_alg": algorithm, "code_for": 600,
                         "access_token_for": 3600}}],
        "users": [{
            "tenant": "bench", "username": name,
            "password": "alice-password",
            "claims": {"name": "Alice Example",
                       "email": "alice@example.com"}}
            for name in people],
        "clients": [{"tenant": "bench", **one}
                    for one in clients or [client()]],
    }


# The embedded store, in the server's own folder.
EMBEDDED = ("store:", "  sqlite:", "    folder: data")


class Licet:
    """`licet serve` with one tenant, in a folder of its own on the disk."""

    def __init__(self, program, base, clients=None, loops=1, tls=None,
                 store=EMBEDDED, people=PEOPLE):
        self.program = str(program)
        self.folder = tempfile.TemporaryDirectory(prefix="bench-", dir=base)
        self.home = pathlib.Path(self.folder.name)
        self.port = free_port()
        self.scheme = "https" if tls else "http"
        self.url = f"{self.scheme}://127.0.0.1:{self.port}"
        self.config = self.home / "licet.yaml"
        self.loops = loops
        self.process = None
        self.config.write_text(self._config_text(tls, store))
        self.run("key", "master", "--config", self.config)
        if "  shards:" in store:
            self.run("cluster", "fill", "--config", self.config)
        file = self.home / "import.json"
        issuer = f"{self.scheme}://localhost:{self.port}/t/bench"
        file.write_text(json.dumps(document(issuer, clients, people)))
        self.run("import", file, "--config", self.config)

    def _config_text(self, tls, store):
        lines = ["listeners:", "  - address: 127.0.0.1",
                 f"    port: {self.port}"]
        if tls:
            lines += ["    tls:", f"      certificate: {tls[0]}",
                      f"      key: {tls[1]}"]
        return "\n".join(lines + [
            *store, "control:", "  folder: .",
            "master_key:", "  file: master.key", f"loops: {self.loops}",
            "log:", "  file: events.jsonl", "  level: warning", LIMITS])

    def run(self, *words):
        done = subprocess.run([self.program, *map(str, words)], check=False,
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"licet {words[0]}: {done.stdout}{done.stderr}")

    def start(self):
        self.process = start(
            [self.program, "serve", "--config", str(self.config)],
            cpus_of_server(self.loops), stdout=subprocess.DEVNULL)
        wait_for_port(self.process, self.port)

    def stop(self):
        if self.process:
            stop(self.process)
        self.process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        self.folder.cleanup()


class Floor:
    """The socket floor: our loop and HTTP with a fixed reply."""

    def __init__(self, program, size, tls=None):
        self.command = [str(program), str(size), *map(str, tls or [])]
        self.scheme = "https" if tls else "http"

    def __enter__(self):
        self.process = start(self.command, cpus_of_server(),
                             stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise Failed("the socket floor does not start")
        self.url = f"{self.scheme}://127.0.0.1:{int(line)}"
        return self

    def __exit__(self, *_):
        stop(self.process)


def make_certificate(folder):
    """Files of a self-signed P-256 certificate for localhost."""
    certificate, key = folder / "cert.pem", folder / "key.pem"
    old = os.umask(0o077)
    try:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-keyout", key, "-out", certificate],
            check=True, capture_output=True)
    finally:
        os.umask(old)
    return certificate, key


def die(why):
    sys.exit(f"bench: {why}")
