# SPDX-License-Identifier: Apache-2.0
"""Debian's glewlwyd on SQLite: its configuration, its plugin, client and user.

It is set up through its own administration API, as its web application does it.
"""
import http.cookies
import json
import pathlib
import subprocess
import urllib.error
import urllib.request

from kit import server

SCHEMA = pathlib.Path(
    "/usr/share/dbconfig-common/data/glewlwyd/install/sqlite3")
CONFIG = """\
port={port}
bind_address="127.0.0.1"
external_url="http://localhost:{port}"
login_url="login.html"
api_prefix="api"
log_mode="file"
log_level="ERROR"
log_file="{folder}/glewlwyd.log"
cookie_secure=0
admin_scope="g_admin"
profile_scope="g_profile"
user_module_path="/usr/lib/glewlwyd/user"
client_module_path="/usr/lib/glewlwyd/client"
user_auth_scheme_module_path="/usr/lib/glewlwyd/scheme"
plugin_module_path="/usr/lib/glewlwyd/plugin"
hash_algorithm="SHA512"
database = {{
  type = "sqlite3"
  path = "{folder}/glewlwyd.db"
}};
"""
# The SQLite schema's first administrator.
ADMIN = {"username": "admin", "password": "password"}


def prepare(folder, port):
    """The configuration file, beside a new database."""
    if not SCHEMA.is_file():
        raise server.Failed("it is not installed (apt-get install glewlwyd)")
    subprocess.run(["sqlite3", folder / "glewlwyd.db"], check=True,
                   input=SCHEMA.read_text(), text=True)
    config = folder / "glewlwyd.conf"
    config.write_text(CONFIG.format(port=port, folder=folder))
    return config


class Api:
    """Its API, with the session that it gave."""

    def __init__(self, port):
        self.base = f"http://127.0.0.1:{port}/api"
        self.cookie = None

    def send(self, method, path, body):
        request = urllib.request.Request(
            self.base + path, json.dumps(body).encode(), method=method,
            headers={"Content-Type": "application/json",
                     **({"Cookie": self.cookie} if self.cookie else {})})
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                self._keep(reply.headers.get_all("Set-Cookie") or [])
        except urllib.error.HTTPError as why:
            raise server.Failed(
                f"glewlwyd: {method} {path}: {why.code} "
                f"{why.read()[:300].decode(errors='replace')}") from None

    def _keep(self, lines):
        for line in lines:
            for name, morsel in http.cookies.SimpleCookie(line).items():
                if name.startswith("GLEWLWYD2_SESSION"):
                    self.cookie = f"{name}={morsel.value}"


def private_key():
    """A P-256 key in PEM, and its public half."""
    private = subprocess.run(
        ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
         "ec_paramgen_curve:P-256"], check=True, capture_output=True).stdout
    public = subprocess.run(["openssl", "pkey", "-pubout"], check=True,
                            input=private, capture_output=True).stdout
    return private.decode(), public.decode()


def plugin(port):
    """An instance of its OpenID Connect plugin."""
    private, public = private_key()
    return {
        "module": "oidc", "name": "oidc", "display_name": "oidc",
        "parameters": {
            "iss": f"http://localhost:{port}", "jwt-type": "ecdsa",
            "jwt-key-size": "256", "key": private, "cert": public,
            "access-token-duration": 3600, "refresh-token-duration": 86400,
            "code-duration": 600, "refresh-token-rolling": True,
            "refresh-token-one-use": "always", "allow-non-oidc": False,
            "auth-type-code-enabled": True, "auth-type-token-enabled": False,
            "auth-type-id-token-enabled": False,
            "auth-type-none-enabled": False,
            "auth-type-password-enabled": False,
            "auth-type-client-enabled": False,
            "auth-type-device-enabled": False,
            "auth-type-refresh-enabled": True, "scope": [],
            "additional-parameters": [], "claims": [], "jwks-show": True,
            "jwks-x5c": [], "request-parameter-allow": False,
            "secret-type": "public", "subject-type": "public",
            "allowed-scope": ["openid"], "pkce-allowed": True,
            "pkce-method-plain-allowed": False,
            "introspection-revocation-allowed": True,
            "introspection-revocation-auth-scope": [],
            "introspection-revocation-allow-target-client": True,
            "address-claim": {"type": "no"}, "name-claim": "no",
            "email-claim": "no", "scope-claim": "no",
            "oauth-dpop-allowed": True, "oauth-dpop-iat-duration": 60,
        }}


def set_up(port):
    """Signs in, makes what is needed; the cookie of who is signed in."""
    api = Api(port)
    api.send("POST", "/auth/", ADMIN)
    api.send("POST", "/mod/plugin/", plugin(port))
    api.send("POST", "/client/", {
        "client_id": "bench", "name": "bench", "confidential": True,
        "enabled": True, "client_secret": server.SECRET,
        "redirect_uri": [server.REDIRECT_URI],
        "authorization_type": ["code", "refresh_token"],
        "token_endpoint_auth_method": ["client_secret_basic"],
        "scope": ["openid"]})
    api.send("PUT", "/user/admin", {
        "name": "admin", "enabled": True,
        "scope": ["g_admin", "g_profile", "openid"]})
    api.send("PUT", "/auth/grant/bench", {"scope": "openid"})
    return api.cookie
