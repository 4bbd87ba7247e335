# SPDX-License-Identifier: Apache-2.0
"""Starts and ends what is measured, on a CPU of its own."""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

LONGEST_SECONDS = 60
SECRET = "bench-client-secret-0123456789abcdef0123456789"
REDIRECT_URI = "http://localhost:3000/callback"
SCOPE = "openid offline_access"
SERVER_CPUS = {0}


def cpus_of_server(cores=1):
    """The first CPUs are the server's, the last one is the generator's."""
    there = sorted(os.sched_getaffinity(0))
    return set(there[:cores])


def cpus_of_load():
    return {sorted(os.sched_getaffinity(0))[-1]}


def start(command, cpus, **options):
    """A process that stays on these CPUs."""
    return subprocess.Popen(
        command, preexec_fn=lambda: os.sched_setaffinity(0, cpus), **options)


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
            sys.exit(f"{process.args[0]} ended: status {process.returncode}")
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 5).close()
            return
        time.sleep(0.01)
    process.kill()
    sys.exit(f"{process.args[0]} does not listen")


def client(client_id="bench", **more):
    return {
        "client_id": client_id, "client_secret": SECRET,
        "client_name": client_id, "redirect_uris": [REDIRECT_URI],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"], "scope": SCOPE, "skip_consent": True,
        "access_token_format": "opaque", **more}


def document(url, algorithm="ES256", clients=None, **settings):
    """An import with one tenant, one person and one client."""
    return {
        "tenants": [{
            "name": "bench", "url": url, "profile": "rfc",
            "settings": {"signing_alg": algorithm, "code_for": 600,
                         "access_token_for": 3600, **settings}}],
        "users": [{
            "tenant": "bench", "username": "alice",
            "password": "alice-password",
            "claims": {"name": "Alice Example",
                       "email": "alice@example.com"}}],
        "clients": [{"tenant": "bench", **one}
                    for one in clients or [client()]],
    }


class Licet:
    """`licet serve` in a folder of its own, on the disk."""

    def __init__(self, program, make_document=document, loops=1, tls=None,
                 port=None, base=None):
        self.program = program
        self.folder = tempfile.TemporaryDirectory(
            prefix="bench-", dir=base or pathlib.Path(program).parent)
        self.home = pathlib.Path(self.folder.name)
        self.port = port or free_port()
        self.scheme = "https" if tls else "http"
        self.config = self.home / "licet.yaml"
        self.loops = loops
        self.config.write_text(self._config_text(tls))
        self.run("key", "master", "--config", self.config)
        document_file = self.home / "import.json"
        document_file.write_text(json.dumps(make_document(self.issuer)))
        self.run("import", document_file, "--config", self.config)
        self.process = None

    def _config_text(self, tls):
        lines = ["listeners:", "  - address: 127.0.0.1",
                 f"    port: {self.port}"]
        if tls:
            lines += ["    tls:", f"      certificate: {tls[0]}",
                      f"      key: {tls[1]}"]
        return "\n".join(lines + [
            "store:", "  sqlite:", "    folder: data",
            "master_key:", "  file: master.key", f"loops: {self.loops}",
            "log:", "  file: events.jsonl", "  level: warning", ""])

    @property
    def url(self):
        """Where it listens."""
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def issuer(self):
        return f"{self.scheme}://localhost:{self.port}/t/bench"

    def run(self, *words):
        done = subprocess.run([self.program, *map(str, words)], check=False,
                              capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"licet {words[0]}: {done.stdout}{done.stderr}")

    def __enter__(self):
        self.process = start(
            [self.program, "serve", "--config", str(self.config)],
            cpus_of_server(self.loops), stdout=subprocess.DEVNULL)
        wait_for_port(self.process, self.port)
        return self

    def __exit__(self, *_):
        stop(self.process)
        self.folder.cleanup()


class Floor:
    """The socket floor: our loop and HTTP with a fixed reply."""

    def __init__(self, program, size, tls=None):
        self.command = [str(program), str(size), *(tls or [])]
        self.scheme = "https" if tls else "http"

    def __enter__(self):
        self.process = start(self.command, cpus_of_server(),
                             stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.url = f"{self.scheme}://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_):
        stop(self.process)
