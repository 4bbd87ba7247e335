#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Proves of each check, and of the counting of tests, that it can fail.

A test's docstring is its name. `./dev test tools` runs and counts them.
"""
import io
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import newest_postgres
import run_tests
from checks import (banned, documented, headers, layout, rooms, sizes,
                    statements)
from checks.source import Tree

ROOT = pathlib.Path(__file__).resolve().parent.parent
HEAD = "/* SPDX-License-Identifier: Apache-2.0 */\n/* A file. */\n"
ROOMS = """
room 0 base
room 1 json
room 2 config json
room 3 store json
room 4 store/sqlite store/driver.h
room 5 server *
library sqlite3.h store/sqlite
"""


def tree_of(folder, files):
    for name, text in files.items():
        path = pathlib.Path(folder) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Tree(folder)


class CheckCase(unittest.TestCase):
    """A small tree, written for one test."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def mistakes(self, run, files):
        return run(tree_of(self.folder, files))

    def assert_told(self, run, files, words):
        found = self.mistakes(run, files)
        self.assertEqual(len(found), 1, found)
        self.assertIn(words, found[0])

    def assert_silent(self, run, files):
        self.assertEqual(self.mistakes(run, files), [])


class RoomsTest(CheckCase):
    def rooms(self, files):
        headers_there = {f"src/{name}": HEAD for name in (
            "base/text.h", "json/json.h", "config/schema.h", "store/store.h",
            "store/driver.h", "store/internal.h", "json/deep/inner.h",
            "server/wiring.h")}
        return {"src/ROOMS": ROOMS, **headers_there, **files}

    def test_downward(self):
        """an include that the table allows is no mistake"""
        self.assert_silent(rooms.check, self.rooms({
            "src/store/sqlite/a.c": '#include "store/driver.h"\n'
                                    '#include "config/schema.h"\n'
                                    '#include <sqlite3.h>\n',
            "src/server/a.c": '#include "store/store.h"\n'}))

    def test_upward(self):
        """an include of a higher room is a mistake"""
        self.assert_told(rooms.check, self.rooms({
            "src/json/a.c": '#include "store/store.h"\n'}),
            "src/json/a.c:1: json may not include store/store.h")

    def test_unlisted(self):
        """an include of a lower room that is not in the table is a mistake"""
        self.assert_told(rooms.check, self.rooms({
            "src/store/sqlite/a.c": '#include "json/json.h"\n'}),
            "store/sqlite may not include json/json.h")

    def test_other_header(self):
        """where the table names one header the room's others are mistakes"""
        self.assert_told(rooms.check, self.rooms({
            "src/store/sqlite/a.c": '\n#include "store/store.h"\n'}), ":2:")

    def test_schema_below(self):
        """config/schema.h is for level 3 and up"""
        self.assert_told(rooms.check, self.rooms({
            "src/json/a.c": '#include "config/schema.h"\n'}), "may not")

    def test_internal(self):
        """an internal header belongs to its room alone"""
        self.assert_told(rooms.check, self.rooms({
            "src/server/a.c": '#include "store/internal.h"\n'}), "alone")

    def test_subfolder(self):
        """a header in a room's subfolder belongs to its room alone"""
        self.assert_told(rooms.check, self.rooms({
            "src/server/a.c": '#include "json/deep/inner.h"\n'}), "alone")

    def test_two_internal(self):
        """a room has one internal header at most"""
        self.assert_told(rooms.check, self.rooms({
            "src/store/other_internal.h": HEAD}), "more than one")

    def test_relative(self):
        """an include is written room/file.h"""
        self.assert_told(rooms.check, self.rooms({
            "src/json/a.c": '#include "json.h"\n'}), "is not a file")

    def test_commented(self):
        """an include in a comment is not one"""
        self.assert_silent(rooms.check, self.rooms({
            "src/json/a.c": '/*\n#include "store/store.h"\n*/\n'}))

    def test_library(self):
        """a library's header is included by its owner alone"""
        self.assert_told(rooms.check, self.rooms({
            "src/store/a.c": "#include <sqlite3.h>\n"}), "belongs to")

    def test_cycle(self):
        """a table that points upwards is a mistake"""
        self.assert_told(rooms.check, {
            "src/ROOMS": "room 0 base\nroom 1 a b\nroom 2 b a\n"},
            "a may not look up to b")

    def test_homeless(self):
        """a file outside all rooms is a mistake"""
        self.assert_told(rooms.check, self.rooms({
            "src/util/a.c": HEAD}), "in no room")

    def test_garbled(self):
        """a line of src/ROOMS that is not understood is a mistake"""
        self.assert_told(rooms.check, {"src/ROOMS": "room base\n"},
                         "not understood")

    def test_real_table(self):
        """the table itself has no mistake"""
        text = (ROOT / "src/ROOMS").read_text()
        self.assertEqual(rooms.Rooms(text).mistakes, [])


class HeadersTest(CheckCase):
    def test_name(self):
        """an exported name that begins otherwise is a mistake"""
        self.assert_told(headers.check_names, {
            "src/json/writer.h": HEAD + "void flush_all(struct text *at);\n"},
            "src/json/writer.h:3: flush_all should begin with json_ or writer_")

    def test_internal_name(self):
        """an internal header speaks for the files beside it, no others"""
        self.assert_told(headers.check_names, {
            "src/loop/timer.c": HEAD,
            "src/loop/internal.h": HEAD + "int timer_a(int);\n"
                                   "int heap_b(int);\n"},
            "heap_b should begin with loop_")

    def test_pointer_name(self):
        """a name after a pointer type is seen"""
        self.assert_told(headers.check_names, {
            "src/json/writer.h": HEAD + "const struct x *find(void (*f)(int "
                                        "a), int b) MUST_USE;\n"}, "find")

    def test_good_names(self):
        """names of file, folder and room are allowed, statics are free"""
        self.assert_silent(headers.check_names, {
            "src/oauth/grant/code.h": HEAD + """
struct a { void (*run)(int); };
typedef int (*callback)(int);
#define X(a) call_me(a)
void code_a(int); int grant_b(void); struct x *oauth_c(void) MUST_USE;
static inline bool other(void) { return call(1); }
extern const struct x other_thing;
"""})

    def test_outcome(self):
        """an outcome without MUST_USE is a mistake"""
        self.assert_told(headers.check_must_use, {
            "src/json/json.h": HEAD + "outcome json_a(int);\n"
                               "outcome json_b(int) MUST_USE;\n"
                               "MUST_USE outcome json_c(int);\n"}, "json_a")

    def test_store_outcome(self):
        """the store's own outcome without MUST_USE is a mistake"""
        self.assert_told(headers.check_must_use, {
            "src/store/store.h": HEAD +
            "enum store_outcome store_a(struct text\n\tb);\n"
            "const struct outcome *store_b(void);\n"}, "store_a")

    def test_spdx(self):
        """a file without the SPDX line is a mistake"""
        self.assert_told(headers.check_first_lines, {
            "src/json/json.c": "/* Hello. */\n/* Again. */\n"}, "SPDX")

    def test_sentence(self):
        """a file that does not say what it is for is a mistake"""
        self.assert_told(headers.check_first_lines, {
            "tests/unit/a.c": HEAD.splitlines()[0] + "\nint a;\n"}, ":2:")

    def test_once(self):
        """a header without #pragma once is a mistake"""
        self.assert_told(headers.check_first_lines,
                         {"src/json/json.h": HEAD}, "#pragma once")


class StatementsTest(CheckCase):
    GRANTS = ("CREATE TABLE IF NOT EXISTS grants (id BIGINT PRIMARY KEY,"
              " tenant_id BIGINT NOT NULL, purge_at BIGINT NOT NULL);")
    SPENT = ("CREATE TABLE IF NOT EXISTS consents (user_id BIGINT NOT NULL,"
             " client_id TEXT NOT NULL, PRIMARY KEY (user_id, client_id));")

    def texts(self, query=None, migration="", more=None):
        query = query or "SELECT tenant_id FROM grants WHERE id = $1"
        return {"src/store/query.h": "enum q {\n\tQUERY_ONE,\n};\n",
                "src/store/query.c": HEAD +
                "const char *const texts[] = {\n\t[QUERY_ONE] =\n"
                f'\t\t"{query}",\n}};\n',
                "src/store/migrations.c": HEAD +
                "static const char first[] =\n"
                f'\t"{self.GRANTS}"\n\t"{self.SPENT}{migration}";\n',
                **(more or {})}

    def assert_query_told(self, query, words):
        self.assert_told(statements.check, self.texts(query), words)

    def assert_migration_told(self, migration, words):
        self.assert_told(statements.check, self.texts(migration=migration),
                         words)

    def test_portable(self):
        """statements of the portable subset are no mistake"""
        for query in (
                "SELECT id FROM grants WHERE id = $1",
                "INSERT INTO grants (id) VALUES ($1) ON CONFLICT DO NOTHING",
                "UPDATE grants SET n = 1 WHERE id = $1 AND expires_at > $now",
                "UPDATE grants SET revoked_at = $now WHERE id = $1",
                "DELETE FROM grants WHERE purge_at <= $now AND id IN (SELECT"
                " id FROM grants WHERE purge_at <= $now LIMIT $1)",
                "DELETE FROM consents WHERE user_id = $1 AND client_id = $2",
                "INSERT INTO consents (user_id, client_id) VALUES ($1, $2) ON"
                " CONFLICT (user_id, client_id) DO UPDATE SET user_id = $1",
                "SELECT name FROM tenants ORDER BY id"):
            self.assert_silent(statements.check, self.texts(query))

    def test_foreign(self):
        """a word that one of the engines lacks is a mistake"""
        for query in (
                "SELECT id FROM grants WHERE id = $1 FOR UPDATE",
                "WITH x AS (SELECT 1) SELECT id FROM x",
                "SELECT PG_ADVISORY_LOCK(1), ADVISORY FROM x",
                "NOTIFY x", "SELECT id FROM x WHERE name LIKE $1",
                "SELECT id FROM x WHERE id < NOW()"):
            self.assert_query_told(query, "is not in every engine")
        self.assert_query_told("SELECT id::text FROM x", "CAST")

    def test_semicolon(self):
        """two statements in one text are a mistake"""
        self.assert_query_told("SELECT 1; SELECT 2", "no semicolon")

    def test_many_rows(self):
        """a hot statement that is not by the primary key is a mistake"""
        for query in ("SELECT id FROM grants WHERE tenant_id = $1",
                      "SELECT id FROM grants",
                      "UPDATE grants SET revoked_at = $now WHERE purge_at = 0",
                      "SELECT * FROM consents WHERE user_id = $1"):
            self.assert_query_told(query, "touches one row")

    def test_insert(self):
        """a hot insert that may fail on a row that is there is a mistake"""
        self.assert_query_told("INSERT INTO grants (id) VALUES ($1)",
                               "an insert says")

    def test_purge(self):
        """a purge without a limit, or with one look at the clock, is a mistake"""
        for query in (
                "DELETE FROM grants WHERE purge_at <= $now",
                "DELETE FROM grants WHERE purge_at <= $now AND id IN (SELECT"
                " id FROM grants WHERE purge_at <= $now)",
                "DELETE FROM grants WHERE id IN (SELECT id FROM grants WHERE"
                " purge_at <= $now LIMIT $1)"):
            self.assert_query_told(query, "a purge asks")

    def test_batches(self):
        """purging more than a thousand rows at once is a mistake"""
        self.assert_told(statements.check, self.texts(more={
            "src/server/poll.c": HEAD + "#define PURGE_COUNT 5000\n"}),
            "at most 1000 rows")

    def test_expiry(self):
        """an update that does not look at the expiry is a mistake"""
        self.assert_query_told("UPDATE grants SET n = n + 1 WHERE id = $1",
                               "expiry stands in the WHERE")

    def test_unread(self):
        """a text that the check cannot read is a mistake"""
        files = self.texts()
        files["src/store/query.h"] = "enum q {\n\tQUERY_ONE,\n\tQUERY_B,\n};"
        self.assert_told(statements.check, files, "QUERY_B: no text")

    def test_again(self):
        """a migration's statement that cannot run again is a mistake"""
        for migration in ("CREATE TABLE x (id BIGINT);",
                          "CREATE INDEX x ON grants (purge_at ASC);",
                          "UPDATE grants SET purge_at = 0;",
                          "INSERT INTO x (id) VALUES (1);"):
            self.assert_migration_told(migration, "may run again")

    def test_order(self):
        """an index on an instant that does not say its order is a mistake"""
        self.assert_migration_told(
            "CREATE INDEX IF NOT EXISTS x ON grants (purge_at);", "says ASC")
        self.assert_silent(statements.check, self.texts(
            migration="CREATE INDEX IF NOT EXISTS x ON grants (purge_at ASC);"
                      "CREATE INDEX IF NOT EXISTS y ON grants (user_id);"))

    def test_one_key(self):
        """a second unique key on a table that may be spread is a mistake"""
        for migration in (
                "CREATE UNIQUE INDEX IF NOT EXISTS x ON grants (tenant_id);",
                "CREATE TABLE IF NOT EXISTS sessions (id BIGINT PRIMARY KEY,"
                " sid BYTEA UNIQUE);"):
            self.assert_migration_told(migration, "the primary key alone")

    def test_types(self):
        """a column of an engine's own type is a mistake"""
        self.assert_migration_told(
            "CREATE TABLE IF NOT EXISTS x (id VARCHAR(9) PRIMARY KEY);",
            "a column is one of")

    def test_new_column(self):
        """a new column that the version before cannot leave out is a mistake"""
        self.assert_migration_told(
            "ALTER TABLE grants ADD COLUMN x BIGINT NOT NULL;",
            "the version before")
        self.assert_silent(statements.check, self.texts(
            migration="ALTER TABLE grants ADD COLUMN x BIGINT NOT NULL"
                      " DEFAULT 0;"))


class BannedTest(CheckCase):
    def test_each(self):
        """each banned function is told of"""
        for name in banned.BANNED:
            with self.subTest(name):
                found = banned.check(tree_of(self.folder, {
                    "src/oauth/a.c": f"int f(void)\n{{\n\t{name} (a);\n}}\n"}))
                self.assertEqual(len(found), 1, found)
                self.assertIn("src/oauth/a.c:3", found[0])

    def test_owner(self):
        """the owning room may call what others may not"""
        self.assert_silent(banned.check, {
            "src/loop/clock.c": "int f(void) { return clock_gettime(a); }\n",
            "src/crypto/equal.c": "int f(void) { return memcmp(a); }\n"})

    def test_no_call(self):
        """words in comments, strings, members and longer names are no calls"""
        self.assert_silent(banned.check, {
            "src/oauth/a.c": '/* time() */\nchar *a = "strcpy(";\n'
                             "int f(void) { return a->time(1) + my_time(2)"
                             " + x.rand(3); }\n"})


class DocumentedTest(CheckCase):
    EVENT = '\tevent_begin(&event, EVENT_INFO,\n\t\t"token.issued");\n'
    ROWS = ("const struct config_row server_rows[] = {\n"
            '\t{.name = "server.listen", .kind = 1},\n};\n')
    OPTIONS = ("static const struct option options[] = {\n"
               '\t{"listen", required_argument, NULL, \'l\'},\n'
               "\t{NULL, 0, NULL, 0},\n};\n")
    COMMANDS = ("static const struct command commands[] = {\n"
                '\t{.name = "demo", .run = demo_run},\n};\n')

    def both_ways(self, run, source, document, right, wrong):
        name, text = source
        self.assert_silent(run, {name: text, document: right})
        self.assert_told(run, {name: text, document: right + wrong}, "there is")
        self.assert_told(run, {name: text, document: "# Nothing\n"}, "is not")
        (pathlib.Path(self.folder) / document).unlink()
        self.assert_told(run, {name: text}, "missing")

    def test_events(self):
        """an undocumented event and a described ghost are mistakes"""
        self.both_ways(documented.check_events,
                       ("src/token/a.c", self.EVENT), "docs/events.md",
                       "| `token.issued` | x |\n", "| `token.gone` | x |\n")

    def test_faults(self):
        """an event_fault is an event"""
        self.assert_told(documented.check_events, {
            "src/loop/a.c": '\tevent_fault("loop.broken", "%d", 1);\n',
            "docs/events.md": ""}, "loop.broken")

    def test_event_door(self):
        """an event that a file begins by a function of its own is seen"""
        self.assert_told(documented.check_events, {
            "src/server/a.c": "static void tell(const char *name)\n{\n"
                              "\tevent_begin(&event, EVENT_INFO, name);\n}\n"
                              '\ttell("server.ready");\n',
            "docs/events.md": ""}, "server.ready")

    def test_twice(self):
        """an event that is described twice is a mistake"""
        self.assert_told(documented.check_events, {
            "src/token/a.c": self.EVENT,
            "docs/events.md": "| `token.issued` |\n| `token.issued` |\n"},
            "twice")

    def test_reasons(self):
        """an undocumented reason and a described ghost are mistakes"""
        self.both_ways(documented.check_reasons,
                       ("src/decision/reason.h",
                        '#define L(REASON) REASON(CODE_REUSED, "code", "x")\n'),
                       "docs/reasons.md", "| `code_reused` |\n",
                       "| `code_gone` |\n")

    def test_metrics(self):
        """an undocumented metric and a described ghost are mistakes"""
        self.both_ways(documented.check_metrics,
                       ("src/metrics/a.c", 'char *a = "licet_requests";\n'),
                       "docs/metrics.md", "| `licet_requests` |\n",
                       "| `licet_ghosts` |\n")

    def test_settings(self):
        """an undocumented setting and a described ghost are mistakes"""
        self.both_ways(documented.check_settings,
                       ("src/server/a.c", self.ROWS), "docs/configuration.md",
                       "### `server.listen`\n", "### `server.ghost`\n")

    def test_example(self):
        """the example file shows each setting, and no ghost"""
        self.both_ways(documented.check_example,
                       ("src/server/a.c", self.ROWS), "docs/licet.example.yaml",
                       "# Where: here\n# server:\n#   listen: here # why\n",
                       "#   ghost: boo\n")

    def test_example_list(self):
        """keys of a list's entries are read with their list"""
        self.assertEqual(documented.example_keys(
            "a:\n  - b: 1\n    c:\n      d: 2\n  - e: 3\nf:\n  # g: 4\n"),
            ["a", "a[].b", "a[].c", "a[].c.d", "a[].e", "f", "f.g"])

    def test_flags(self):
        """an undocumented option and a described ghost are mistakes"""
        self.both_ways(documented.check_flags,
                       ("src/cli/a.c", self.OPTIONS), "docs/cli.md",
                       "- `--listen ADDR:PORT` where\n", "- `--ghost` boo\n")

    def test_commands(self):
        """an undocumented command and a described ghost are mistakes"""
        self.both_ways(documented.check_commands,
                       ("src/cli/a.c", self.COMMANDS), "docs/cli.md",
                       "## `licet demo`\n", "## `licet ghost`\n")


@unittest.skipUnless(shutil.which(layout.FORMATTER), "no clang-format")
class LayoutTest(CheckCase):
    def test_layout(self):
        """a file that is laid out otherwise is a mistake"""
        style = (ROOT / ".clang-format").read_text()
        self.assert_silent(layout.check, {
            ".clang-format": style, "src/a/a.c": "int a;\n"})
        self.assert_told(layout.check, {
            ".clang-format": style, "src/a/a.c": "int a;\n",
            "tests/b.c": "int b;\nint  c;\n"}, "tests/b.c:2")

    def test_broken_style(self):
        """a style file that clang-format refuses is a mistake"""
        found = self.mistakes(layout.check, {
            ".clang-format": "NoSuchThing: 1\n", "src/a/a.c": "int a;\n"})
        self.assertTrue(found)


class ReportTest(CheckCase):
    def test_sizes(self):
        """the report sees a function's length and depth"""
        tree = tree_of(self.folder, {"src/a/a.c": HEAD + (
            "static int f(int (*g)(int), int a)\n{\n\tif (a) {\n"
            '\t\tputs("}}}");\n\t}\n\treturn 1;\n}\n')})
        text = "\n".join(sizes.report(tree))
        self.assertIn("    7  f  src/a/a.c:3", text)
        self.assertIn("    1  f  src/a/a.c:3", text)


class CountTest(unittest.TestCase):
    def count(self, status, *lines):
        passed, failures = run_tests.count_tap("x", status, list(lines))
        return passed, [title for title, _ in failures]

    def test_pass(self):
        """passed tests are counted one by one"""
        self.assertEqual(self.count(0, "1..2", "ok 1 - a", "ok 2 - b"),
                         (2, []))

    def test_fail(self):
        """a failed test is counted once, with its name"""
        self.assertEqual(
            self.count(1, "1..2", "ok 1 - a", "not ok 2 - b", "# why"),
            (1, ["x: b"]))

    def test_crash(self):
        """a program that crashes is a failure, whatever passed before"""
        self.assertEqual(self.count(-11, "1..2", "ok 1 - a"),
                         (1, ["x: it died of SIGSEGV"]))

    def test_leak(self):
        """a sanitizer's report is a failure beside the failed tests"""
        passed, titles = self.count(
            1, "1..1", "not ok 1 - a", "ERROR: LeakSanitizer: detected")
        self.assertEqual((passed, len(titles)), (0, 2))

    def test_timeout(self):
        """a program that does not end is a failure"""
        self.assertEqual(self.count(None, "1..1", "ok 1 - a"),
                         (1, ["x: it did not end in time"]))

    def test_promise(self):
        """a program that runs fewer tests than it planned is a failure"""
        self.assertEqual(self.count(0, "1..2", "ok 1 - a"),
                         (1, ["x: promised 2 tests and ran 1"]))

    def test_silence(self):
        """a program without a test is a failure"""
        self.assertEqual(self.count(0, "hello"), (0, ["x: it ran no test"]))

    def test_single(self):
        """a program that counts by its exit status can fail"""
        self.assertEqual(run_tests.count_single("x", 0, [])[0], 1)
        self.assertEqual(len(run_tests.count_single("x", 77, [])[1]), 1)

    def test_nothing(self):
        """a run without any test fails"""
        out = io.StringIO()
        self.assertEqual(run_tests.Tally(out).end(), 1)
        self.assertTrue(out.getvalue().endswith("0 passed, 1 failed\n"))

    def test_missing(self):
        """a program that cannot be started is a failure"""
        tally = run_tests.Tally(io.StringIO())
        run_tests.run_program(
            run_tests.Program("x", ["/nonexistent/program"]), tally)
        self.assertEqual((tally.passed, len(tally.failures)), (0, 1))

    def test_last_line(self):
        """failures are told again before the last line"""
        out = io.StringIO()
        tally = run_tests.Tally(out)
        tally.program("x", 3, [("x: b", ["why"])], 1.0)
        self.assertEqual(tally.end(), 1)
        self.assertTrue(out.getvalue().endswith(
            "failures:\n  x: b\n    why\n3 passed, 1 failed\n"))


class NewestPostgresTest(unittest.TestCase):
    def test_laid_out(self):
        """npm's PostgreSQL gets its links, and others may run it"""
        with tempfile.TemporaryDirectory() as modules:
            native = pathlib.Path(modules) / "linux-x64/native"
            for name in ("bin/postgres", "lib/libpq.so.5.18", "lib/libpq.a"):
                (native / name).parent.mkdir(parents=True, exist_ok=True)
                (native / name).write_text(name)
            (native / "pg-symlinks.json").write_text(json.dumps(
                [{"source": "native/lib/libpq.so.5.18",
                  "target": "native/lib/libpq.so.5"}]))
            with newest_postgres.programs(pathlib.Path(modules)) as programs:
                folder = programs.parent
                self.assertTrue((programs / "postgres").is_file())
                self.assertEqual((folder / "lib/libpq.so.5").read_text(),
                                 "lib/libpq.so.5.18")
                self.assertFalse((folder / "lib/libpq.a").exists())
                self.assertEqual(folder.stat().st_mode & 0o777, 0o755)
            self.assertFalse(folder.exists())

    def test_absent(self):
        """where it is not installed, what needs it fails"""
        with tempfile.TemporaryDirectory() as modules:
            with newest_postgres.programs(pathlib.Path(modules)) as programs:
                self.assertFalse(programs.exists())


class PlanTest(unittest.TestCase):
    def plan(self, *words):
        return subprocess.run([sys.executable, ROOT / "bench/plan.py", *words],
                              capture_output=True, text=True)

    def test_plan(self):
        """the plan in docs/scaling.md is what the kept figures come to"""
        run = self.plan("--check")
        self.assertEqual(run.returncode, 0, run.stderr or
                         "run python3 bench/plan.py")


class DevTest(unittest.TestCase):
    def dev(self, *words):
        return subprocess.run([ROOT / "dev", *words], capture_output=True,
                              text=True)

    def test_list(self):
        """./dev alone lists its commands"""
        run = self.dev()
        self.assertEqual(run.returncode, 0)
        for command in ("run", "test", "build", "check", "bench", "fuzz",
                        "fmt"):
            self.assertRegex(run.stdout, rf"(?m)^  {command}\b")

    def test_unknown(self):
        """./dev refuses a command that it does not know"""
        self.assertEqual(self.dev("dance").returncode, 2)

    def test_unknown_kind(self):
        """./dev test refuses a kind that it does not know, and counts it"""
        run = self.dev("test", "dance")
        self.assertEqual(run.returncode, 1)
        self.assertTrue(run.stdout.endswith("0 passed, 1 failed\n"))


class TapResult(unittest.TestResult):
    """Prints "ok N - docstring" as each test ends."""

    def show(self, verdict, test, detail=""):
        name = (test.shortDescription() or test.id()).strip()
        print(f"{verdict} {self.testsRun} - {name}", flush=True)
        print(re.sub("^(?=.)", "# ", detail, flags=re.M), end="")

    def addSuccess(self, test):
        super().addSuccess(test)
        self.show("ok", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.show("not ok", test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.show("not ok", test, self.errors[-1][1])

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.show("not ok", subtest, self.failures[-1][1]
                      if self.failures else "")

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.show("not ok", test, f"skipped: {reason}\n")


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__])
    result = TapResult()
    suite.run(result)
    return 0 if result.wasSuccessful() and not result.skipped else 1


if __name__ == "__main__":
    sys.exit(main())
