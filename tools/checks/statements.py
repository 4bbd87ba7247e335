# SPDX-License-Identifier: Apache-2.0
"""The store's SQL texts against what PostgreSQL, Citus, YugabyteDB, CockroachDB
and SQLite all have, and against what keeps a hot statement cheap on each."""
import re

from checks.source import Source

QUERIES = "src/store/query.c"
LIST = "src/store/query.h"
MIGRATIONS = "src/store/migrations.c"
POLL = "src/server/poll.c"
BATCH_MAX = 1000

# Words that one engine or another lacks, reads in its own way, or that cost a
# distributed one more than the row they touch.
FOREIGN = [
    "SERIAL", "AUTOINCREMENT", "IDENTITY", "SEQUENCE", "NEXTVAL", "ADVISORY",
    "LISTEN", "NOTIFY", "REFERENCES", "FOREIGN", "CASCADE", "TRIGGER", "WITH",
    "FOR UPDATE", "REPLACE INTO", "INSERT OR", "UPDATE OR", "ROWID", "PRAGMA",
    "LIKE", "ILIKE", "GLOB", "BOOLEAN", "TIMESTAMP", "DATETIME", "BLOB",
    "JSONB", "NOW()", "CURRENT_TIMESTAMP", "RANDOM()", "DROP", "RENAME",
]
TYPES = {"BIGINT", "SMALLINT", "TEXT", "BYTEA"}
# Tables that every exchange, sign-in or request touches.
HOT = {"grants", "requests", "sessions", "spent", "consents"}
# Statements on many hot rows, each with its reason.
WIDE = {
    "QUERY_REVOKE_GRANTS",  # a sign-out: by the index (user, client)
    "QUERY_COUNT_ROW_SECONDS",  # `licet size`: by the id, of an hour
}
# Setting one of these ends something: it may be late, never early.
ENDS = {"revoked_at", "has_spent_tokens"}
MAY_RUN_AGAIN = re.compile(
    r"CREATE (UNIQUE )?INDEX IF NOT EXISTS |CREATE TABLE IF NOT EXISTS |"
    r"ALTER TABLE \w+ ADD COLUMN |INSERT INTO .* ON CONFLICT DO NOTHING$")

LITERAL = re.compile(r'"((?:\\.|[^"\\])*)"')
DEFINE = re.compile(r"^#define (\w+)[ \t\\\n]+((?:\"(?:\\.|[^\"\\\n])*\"[ \t\\\n]*)+)",
                    re.M)
ENTRY = re.compile(r"\[(QUERY_\w+)\]\s*=\s*([^,;{}]*?(?:\"(?:\\.|[^\"\\])*\""
                   r"[^,\"\[{}]*)+)(?=,\s*(?:\[|\}))", re.S)
TEXT = re.compile(r"(\w+)\[\]\s*=\s*((?:\s*\"(?:\\.|[^\"\\])*\")+)\s*;", re.S)


def joined(expression, macros):
    words = re.findall(r'"(?:\\.|[^"\\])*"|\w+', expression)
    return "".join(macros.get(word, "") if word[0] != '"' else word[1:-1]
                   for word in words)


def queries_of(source):
    macros = {m[1]: joined(m[2], {}) for m in DEFINE.finditer(source.code)}
    return {m[1]: (source.at(m.start()), joined(m[2], macros))
            for m in ENTRY.finditer(source.code)}


def migrations_of(source):
    """Every statement of every text, with where its text begins."""
    return [(source.at(match.start()), statement.strip())
            for match in TEXT.finditer(source.code)
            for statement in joined(match[2], {}).split(";")
            if statement.strip()]


def foreign_in(text):
    for word in FOREIGN:
        if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.I):
            yield f"{word} is not in every engine"
    if "?" in text or "::" in text:
        yield "write $1 and CAST(… AS …)"


def columns_of(statement):
    """The body's items of a CREATE TABLE: split where no bracket is open."""
    body = statement[statement.index("(") + 1:statement.rindex(")")]
    return [item.strip() for item in re.split(r",(?![^(]*\))", body)]


def keys_of(migrations):
    """Of each table the columns of its primary key."""
    keys = {}
    for _, statement in migrations:
        match = re.match(r"CREATE TABLE IF NOT EXISTS (\w+)", statement)
        if not match:
            continue
        for item in columns_of(statement):
            whole = re.match(r"PRIMARY KEY \((.*)\)", item)
            if whole:
                keys[match[1]] = [c.strip() for c in whole[1].split(",")]
            elif "PRIMARY KEY" in item:
                keys[match[1]] = [item.split()[0]]
    return keys


# --- Queries ---------------------------------------------------------------

def table_of(text):
    match = re.match(r"(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)|"
                     r"SELECT\b.*?\bFROM (\w+)", text, re.S)
    return match and (match[1] or match[2])


def is_purge(text):
    return bool(re.match(
        r"DELETE FROM (\w+) WHERE .*<= \$now AND \w+ IN \(SELECT \w+ FROM \1 "
        r"WHERE .*<= \$now .*LIMIT \$1\)$", text))


def is_page(text, key):
    """The next rows in the key's order, so many at most (src/store/purge.c)."""
    return len(key) == 1 and bool(re.fullmatch(
        rf"SELECT [\w, ]+ FROM \w+ WHERE {key[0]} > \$1"
        rf" ORDER BY {key[0]} LIMIT \$2", text))


def is_purge_of_page(text, key):
    return len(key) == 1 and bool(re.fullmatch(
        rf"DELETE FROM \w+ WHERE {key[0]} > \$1 AND {key[0]} <= \$2"
        r" AND \w+ <= \$now", text))


def touches_one_row(text, key):
    where = text.partition(" WHERE ")[2]
    return bool(where) and all(
        re.search(rf"\b{column} = \$\d", where) for column in key)


def is_insert_once(text, key):
    return text.endswith(" ON CONFLICT DO NOTHING") or \
        f" ON CONFLICT ({', '.join(key)}) DO UPDATE SET " in text


def check_hot(name, text, key):
    if text.startswith("INSERT"):
        if not is_insert_once(text, key):
            yield "an insert says what it does when the row is there"
    elif text.startswith("DELETE") and not touches_one_row(text, key):
        if not is_purge(text) and not is_purge_of_page(text, key):
            yield ("a purge asks for <= $now twice and takes LIMIT $1 rows "
                   "at once, or all from one key to another")
    elif not touches_one_row(text, key) and not is_page(text, key) and \
            name not in WIDE:
        yield f"a hot statement touches one row, by {' and '.join(key)}"


def check_expiry(text):
    match = re.match(r"UPDATE (grants|requests) SET (.*?) WHERE (.*)", text)
    if not match:
        return
    columns = set(re.findall(r"(\w+) = ", match[2]))
    if not columns & ENDS and "> $now" not in match[3]:
        yield "expiry stands in the WHERE too (… > $now)"


def check_query(name, text, keys):
    yield from foreign_in(text)
    if ";" in text:
        yield "one statement has no semicolon"
    table = table_of(text)
    if table in HOT and table in keys:
        yield from check_hot(name, text, keys[table])
    yield from check_expiry(text)


# --- Migrations ------------------------------------------------------------

def check_types(statement):
    for item in columns_of(statement):
        words = item.split()
        if words[0] not in ("PRIMARY", "UNIQUE") and \
                (len(words) < 2 or words[1] not in TYPES):
            yield f"{item}: a column is one of {' '.join(sorted(TYPES))}"


def check_keys(statement):
    """A table that is spread by its key can hold no other key unique."""
    match = re.match(r"CREATE TABLE IF NOT EXISTS (\w+)|"
                     r"CREATE UNIQUE INDEX IF NOT EXISTS \w+ ON (\w+)",
                     statement)
    if match and (match[1] or match[2]) in HOT and "UNIQUE" in statement:
        yield f"{match[1] or match[2]}: unique is the primary key alone"


def check_order(statement):
    """YugabyteDB hashes an index's first column unless it is told an order."""
    match = re.match(r"CREATE (?:UNIQUE )?INDEX .*?\((\w+_at)\b(?! ASC)",
                     statement)
    if match:
        yield f"{match[1]}: an index that ranges are asked of says ASC"


def check_migration(statement):
    yield from foreign_in(statement)
    yield from check_keys(statement)
    yield from check_order(statement)
    if not MAY_RUN_AGAIN.match(statement):
        yield f"{statement[:40]}…: does not say that it may run again"
    if statement.startswith("CREATE TABLE"):
        yield from check_types(statement)
    if " ADD COLUMN " in statement and "NOT NULL" in statement and \
            "DEFAULT" not in statement:
        yield "the version before inserts rows without a new column"


# --- All -------------------------------------------------------------------

def check_batches(tree):
    text = tree.document(POLL)
    match = text and re.search(r"#define PURGE_COUNT (\d+)", text)
    if match and int(match[1]) > BATCH_MAX:
        yield f"{POLL}: purging goes by at most {BATCH_MAX} rows"


def source_of(tree, name):
    path = tree.root / name
    return Source(path, tree.root) if path.is_file() else None


def check_all_are_seen(tree, texts):
    """A text that is written in a way this check cannot read is not checked."""
    for name in re.findall(r"^\s*(QUERY_\w+),", tree.document(LIST) or "",
                           re.M):
        if name not in texts:
            yield f"{QUERIES}: {name}: no text that this check can read"


def check(tree):
    queries, migrations = source_of(tree, QUERIES), source_of(tree, MIGRATIONS)
    if queries is None or migrations is None:
        return ["the store's texts are not where this check looks for them"]
    texts, history = queries_of(queries), migrations_of(migrations)
    keys = keys_of(history)
    mistakes = [f"{place}: {name}: {mistake}"
                for name, (place, text) in texts.items()
                for mistake in check_query(name, text, keys)]
    mistakes += [f"{place}: {mistake}" for place, statement in history
                 for mistake in check_migration(statement)]
    return (mistakes + list(check_all_are_seen(tree, texts)) +
            list(check_batches(tree)))
