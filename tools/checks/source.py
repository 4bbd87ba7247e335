# SPDX-License-Identifier: Apache-2.0
"""A source tree as the checks see it: files, code without comments, functions."""
import bisect
import functools
import pathlib
import re

SKIPPED = {"node_modules", "build", "__pycache__"}
COMMENT_OR_STRING = re.compile(
    r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


def blank(text):
    return re.sub(r"[^\n]", " ", text)


class Source:
    """One C file. Offsets in `code` and `bare` are those of `text`."""

    def __init__(self, path, root):
        self.path = path
        self.name = path.relative_to(root).as_posix()
        self.text = path.read_text(encoding="utf-8", errors="replace")

    @functools.cached_property
    def code(self):
        """Without comments, with string literals."""
        return COMMENT_OR_STRING.sub(
            lambda m: blank(m[0]) if m[0][0] == "/" else m[0], self.text)

    @functools.cached_property
    def bare(self):
        """Without comments; strings and characters are emptied."""
        return COMMENT_OR_STRING.sub(
            lambda m: blank(m[0]) if m[0][0] == "/"
            else m[0][0] + blank(m[0][1:-1]) + m[0][0], self.text)

    @functools.cached_property
    def plain(self):
        """`bare` without preprocessor lines (macros may not balance)."""
        return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*",
                      lambda m: blank(m[0]), self.bare, flags=re.M)

    @functools.cached_property
    def line_starts(self):
        return [0] + [m.end() for m in re.finditer("\n", self.text)]

    def line(self, offset):
        return bisect.bisect_right(self.line_starts, offset)

    def at(self, offset):
        return f"{self.name}:{self.line(offset)}"

    @functools.cached_property
    def top(self):
        """`plain` with everything inside braces blanked out."""
        out, depth = [], 0
        for char in self.plain:
            if char == "}":
                depth -= 1
            out.append(char if depth <= 0 or char == "\n" else " ")
            if char == "{":
                depth += 1
        return "".join(out)

    @functools.cached_property
    def functions(self):
        """Of each definition: name, offset, line count, deepest nesting."""
        found = []
        for match in re.finditer(r"\b(\w+)\s*\([^;{}]*\)\s*\{", self.top):
            end = self._closing(match.end() - 1)
            body = self.plain[match.end() - 1:end]
            found.append((match[1], match.start(),
                          self.line(end) - self.line(match.start()) + 1,
                          deepest(body) - 1))
        return found

    def _closing(self, opening):
        depth = 0
        for offset in range(opening, len(self.plain)):
            if self.plain[offset] == "{":
                depth += 1
            elif self.plain[offset] == "}":
                depth -= 1
                if depth == 0:
                    return offset
        return len(self.plain) - 1


def deepest(body):
    depth = most = 0
    for char in body:
        depth += {"{": 1, "}": -1}.get(char, 0)
        most = max(most, depth)
    return most


class Tree:
    """The whole repository, or a small one that a test made."""

    def __init__(self, root):
        self.root = pathlib.Path(root)

    def files(self, folder, *suffixes):
        for path in sorted((self.root / folder).rglob("*")):
            inside = path.relative_to(self.root).parts
            if path.suffix in suffixes and not SKIPPED & set(inside):
                yield path

    @functools.cached_property
    def sources(self):
        """The C files under src."""
        return [Source(path, self.root)
                for path in self.files("src", ".c", ".h")]

    @functools.cached_property
    def headers(self):
        return [s for s in self.sources if s.name.endswith(".h")]

    @functools.cached_property
    def test_sources(self):
        return [Source(path, self.root)
                for folder in ("tests", "bench")
                for path in self.files(folder, ".c", ".h")]

    def document(self, name):
        path = self.root / name
        return path.read_text(encoding="utf-8") if path.is_file() else None
