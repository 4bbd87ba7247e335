# SPDX-License-Identifier: Apache-2.0
"""What headers promise: names that tell their place, outcomes that are used."""
import re

# Words of the language that base and decision add to C (STYLE: outcomes).
WORDS = {"must_failed", "refuse"}
# A header of several codecs: each bears its RFC 4648 name.
ALSO = {"src/base/encoding.h": {"base64", "base64url", "hex"}}
# A prototype or an inline definition at the top level of a header.
FUNCTION = re.compile(
    r"(?:^|(?<=[;}]))\s*((?:[\w*]+[\s*]+)+?\*?)(\w+)\s*"
    r"(\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))([^;{}]*)[;{]")
NOT_TYPES = {"return", "else", "typedef"}


def declarations(source):
    """Of each function in a header: name, words before and after, offset."""
    for match in FUNCTION.finditer(source.top):
        before = match[1].split()
        if before and not NOT_TYPES & set(before):
            yield match[2], match[1], match[4], match.start(2)


def prefixes(tree, name):
    """src/oauth/grant/code.h may export code_, codes_, grant_ and oauth_.

    A room's internal header speaks for all files beside it.
    """
    parts = name.removeprefix("src/").removesuffix(".h").split("/")
    words = set(parts) | ALSO.get(name, set())
    if name.endswith("internal.h"):
        folder = (tree.root / name).parent
        words |= {path.stem for path in folder.glob("*.[ch]")}
    return words | {parts[-1] + "s"}


def wanted(name):
    parts = name.removeprefix("src/").removesuffix(".h").split("/")
    return [part + "_" for part in parts if part != "internal"]


def check_names(tree):
    """Exported names begin with their file's, folder's or room's name."""
    mistakes = []
    for source in tree.headers:
        allowed = prefixes(tree, source.name)
        for name, before, _, offset in declarations(source):
            if name in WORDS or "static" in before.split():
                continue
            if not any(name == p or name.startswith(p + "_") for p in allowed):
                mistakes.append(
                    f"{source.at(offset)}: {name} should begin with "
                    + " or ".join(wanted(source.name)))
    return mistakes


def is_outcome(before):
    words = before.replace("*", " * ").split()
    if "*" in words:
        return False
    return "outcome" in words or any(w.endswith("_outcome") for w in words)


def check_must_use(tree):
    """Whoever returns an outcome says MUST_USE."""
    return [f"{source.at(offset)}: {name} returns an outcome: say MUST_USE"
            for source in tree.headers
            for name, before, after, offset in declarations(source)
            if is_outcome(before) and "MUST_USE" not in before + after]


def check_first_lines(tree):
    """SPDX first, then one sentence; #pragma once in headers."""
    mistakes = []
    for source in tree.sources + tree.test_sources:
        lines = source.text.splitlines() + ["", ""]
        if lines[0] != "/* SPDX-License-Identifier: Apache-2.0 */":
            mistakes.append(f"{source.name}:1: the SPDX line is missing")
        if not lines[1].startswith("/* "):
            mistakes.append(f"{source.name}:2: say what the file is for")
        if source.name.endswith(".h") and "\n#pragma once\n" not in source.text:
            mistakes.append(f"{source.name}: #pragma once is missing")
    return mistakes
