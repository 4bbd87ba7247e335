# SPDX-License-Identifier: Apache-2.0
"""What the machine can do at best: its CPU's signatures, its disk's flush."""
import os
import pathlib
import platform
import statistics
import subprocess
import tempfile
import time

from kit import server

# Flags that change what a signature costs.
TELLING_FLAGS = ["avx2", "bmi2", "adx", "avx512f", "avx512ifma", "vaes",
                 "sha_ni"]
FLUSHES = 200


def cpu():
    """Model, and which of the telling flags it has."""
    model, flags = platform.machine(), set()
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            model = value.strip()
        if name.strip() in ("flags", "Features"):
            flags = set(value.split())
    return {"model": model, "cores": os.cpu_count(),
            "flags": [flag for flag in TELLING_FLAGS if flag in flags]}


def facts():
    openssl = subprocess.run(["openssl", "version"], check=True,
                             capture_output=True, text=True).stdout.strip()
    return {"cpu": cpu(), "kernel": platform.release(), "openssl": openssl,
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}


def signatures(seconds):
    """Microseconds of CPU for one bare signature and verification each."""
    process = server.start(
        ["openssl", "speed", "-mr", "-seconds", str(seconds),
         "rsa2048", "ecdsap256", "ed25519"], server.cpus_of_server(),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    out, _ = process.communicate()
    names = {"+F2": "RS256", "+F4": "ES256", "+F6": "EdDSA"}
    found = {}
    for line in out.splitlines():
        fields = line.split(":")
        if fields[0] in names:
            found[names[fields[0]]] = {
                "sign_us": 1e6 / float(fields[-2]),
                "verify_us": 1e6 / float(fields[-1])}
    return found


def flush_us(folder):
    """Median time of an fdatasync(2) after 4 KiB have been appended."""
    times = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(FLUSHES):
            file.write(b"x" * 4096)
            file.flush()
            since = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - since) * 1e6)
    return statistics.median(times)
