# SPDX-License-Identifier: Apache-2.0
"""Events, metrics, settings and the command line: code and docs/ agree.

In a document a name stands in backticks at the start of a table's row, a list's
item or a heading: | `token.refresh.reused` | …
"""
import re

EVENT = re.compile(r'\bevent_(?:begin|fault)\s*\(([^;"]*)"([^"]+)"')
EVENT_BY_VARIABLE = re.compile(r"\bevent_begin\s*\([^\";]*\)\s*;")
EVENT_ELSEWHERE = re.compile(
    r'\w\s*\((?:[^";()]*,)?\s*"([a-z0-9_]+(?:\.[a-z0-9_]+)+)"')
REASON = re.compile(r"\bREASON\(([A-Z][A-Z0-9_]+),")
METRIC = re.compile(r'"(licet_[a-z0-9_]+)"')
NAME = re.compile(r'\.name\s*=\s*(?:TEXT\()?"([^"]+)"')
KEY = re.compile(r"^((?:# )?\s*(?:# )?(?:- )?)([a-z][a-z0-9_]*):(?: \S*(?: +#.*)?)?$")
OPTION = re.compile(r'\{\s*"([a-z][a-z0-9-]*)"\s*,')
ROW = re.compile(r"^(?:\|\s*|[-*]\s+|#+\s+)`([^`]+)`", re.M)


def arrays(source, of):
    """The text of each array of `struct <of>`, with its offset."""
    opening = re.compile(rf"\bstruct\s+{of}\s+\w+\s*\[[^\]]*\]\s*=\s*\{{")
    for match in opening.finditer(source.plain):
        depth, end = 1, match.end()
        while depth and end < len(source.plain):
            depth += {"{": 1, "}": -1}.get(source.plain[end], 0)
            end += 1
        yield source.code[match.end():end], match.end()


def in_arrays(tree, folder, of, pattern):
    """What `pattern` finds in the arrays of a record: name → place."""
    return {match[1]: source.at(offset + match.start())
            for source in tree.sources if source.name.startswith(folder)
            for text, offset in arrays(source, of)
            for match in pattern.finditer(text)}


def rows(text):
    return [match[1] for match in ROW.finditer(text)]


def compare(tree, what, document, found, is_ours):
    """`found` in the code against the rows of a document that `is_ours`."""
    text = tree.document(document)
    if text is None:
        return [f"{document} is missing; it describes every {what}"
                ] if found else []
    told = [name for name in rows(text) if is_ours(name)]
    mistakes = [f"{place}: {what} {name} is not in {document}"
                for name, place in found.items() if name not in told]
    mistakes += [f"{document}: there is no {what} {name}"
                 for name in dict.fromkeys(told) if name not in found]
    mistakes += [f"{document}: {what} {name} is described twice"
                 for name in dict.fromkeys(told) if told.count(name) > 1]
    return mistakes


def events(source):
    """Names that are given to event_begin, or to the file's own door to it."""
    yield from ((match[2], match.start())
                for match in EVENT.finditer(source.code))
    if EVENT_BY_VARIABLE.search(source.code):
        yield from ((match[1], match.start())
                    for match in EVENT_ELSEWHERE.finditer(source.code))


def check_events(tree):
    """Every event that the code begins is in docs/events.md, and no other."""
    found = {}
    for source in tree.sources:
        for name, offset in events(source):
            found[name] = source.at(offset)
    return compare(tree, "event", "docs/events.md", found,
                   lambda name: re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)+",
                                             name))


def check_metrics(tree):
    """Every metric is in docs/metrics.md, and no other."""
    found = {match[1]: source.at(match.start())
             for source in tree.sources
             if source.name.startswith("src/metrics/")
             for match in METRIC.finditer(source.code)}
    return compare(tree, "metric", "docs/metrics.md", found,
                   lambda name: name.startswith("licet_"))


def check_reasons(tree):
    """Every reason of decision/reason.h is in docs/reasons.md, and no other."""
    found = {match[1].lower(): source.at(match.start())
             for source in tree.sources
             if source.name == "src/decision/reason.h"
             for match in REASON.finditer(source.code)
             if match[1] != "NONE"}
    return compare(tree, "reason", "docs/reasons.md", found,
                   lambda name: re.fullmatch(r"[a-z0-9_]+", name))


def check_settings(tree):
    """Every row of a config schema is in docs/configuration.md."""
    found = in_arrays(tree, "src/", "config_row", NAME)
    return compare(tree, "setting", "docs/configuration.md", found,
                   lambda name: re.fullmatch(r"[a-z0-9_.]+(\[\][a-z0-9_.]*)?",
                                             name))


def example_keys(text):
    """Paths of the keys of a YAML file; commented-out keys count too."""
    paths, above = [], []
    for line in text.splitlines():
        match = KEY.match(line)
        if not match:
            continue
        indent = len(line[:match.start(2)].replace("# ", "", 1))
        while above and above[-1][0] >= indent:
            above.pop()
        parent = above[-1][1] if above else ""
        is_item = "-" in match[1] or parent.endswith("[]")
        if is_item and not parent.endswith("[]"):
            parent += "[]"
            above[-1] = (above[-1][0], parent)
        path = f"{parent}.{match[2]}" if parent else match[2]
        above.append((indent, path))
        paths.append(path)
    return paths


def check_example(tree):
    """docs/licet.example.yaml shows every setting, and no other."""
    found = in_arrays(tree, "src/", "config_row", NAME)
    text = tree.document("docs/licet.example.yaml")
    if text is None:
        return ["docs/licet.example.yaml is missing"] if found else []
    shown = set(example_keys(text))
    groups = {name[:end.start()] for name in found
              for end in re.finditer(r"\[\]|\.", name)}
    return [f"{place}: setting {name} is not in docs/licet.example.yaml"
            for name, place in found.items() if name not in shown] + [
            f"docs/licet.example.yaml: there is no setting {name}"
            for name in sorted(shown - set(found) - groups)]


def check_flags(tree):
    """Every option of getopt_long is in docs/cli.md."""
    found = {"--" + name: place for name, place in in_arrays(
        tree, "src/cli/", "option", OPTION).items()}
    # A row shows the argument too: `--listen ADDR:PORT`.
    text = tree.document("docs/cli.md")
    told = {name.split()[0].split("=")[0] for name in rows(text or "")
            if name.startswith("--")}
    if text is None:
        return ["docs/cli.md is missing"] if found else []
    return [f"{place}: option {name} is not in docs/cli.md"
            for name, place in found.items() if name not in told] + [
            f"docs/cli.md: there is no option {name}"
            for name in sorted(told - set(found))]


def check_commands(tree):
    """Every subcommand has a heading `licet NAME` in docs/cli.md."""
    found = in_arrays(tree, "src/cli/", "command", NAME)
    found = {"licet " + name: place for name, place in found.items()}
    text = tree.document("docs/cli.md")
    if text is None:
        return ["docs/cli.md is missing"] if found else []
    told = {match[1] for match in re.finditer(
        r"^#+\s+`?(licet [a-z]+(?: [a-z]+)?)", text, re.M)}
    return [f"{place}: {name} is not in docs/cli.md"
            for name, place in found.items()
            if not any(t == name or t.startswith(name + " ") for t in told)] + [
            f"docs/cli.md: there is no command {name}"
            for name in sorted(told)
            if name not in found
            and " ".join(name.split()[:2]) not in found]
