# SPDX-License-Identifier: Apache-2.0
"""src/ROOMS against the includes that are written in the sources."""
import re

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">\n]+)[">]', re.M)
SCHEMA = "config/schema.h"
SCHEMA_FROM_LEVEL = 3


class Rooms:
    """The table of src/ROOMS."""

    def __init__(self, text):
        self.level, self.may, self.library, self.mistakes = {}, {}, {}, []
        for number, line in enumerate(text.splitlines(), 1):
            words = line.split("#")[0].split()
            if not words:
                continue
            if words[0] == "room" and len(words) >= 3 and words[1].isdigit():
                self.level[words[2]] = int(words[1])
                self.may[words[2]] = words[3:]
            elif words[0] == "library" and len(words) >= 3:
                self.library[words[1]] = words[2:]
            else:
                self.mistakes.append(f"src/ROOMS:{number}: not understood")
        self.mistakes += self._upward()

    def _upward(self):
        """A table that only points downwards has no cycle."""
        for room, allowed in self.may.items():
            for word in allowed:
                other = word if word in self.level else self.of(word)
                if word == "*":
                    continue
                if other is None:
                    yield f"src/ROOMS: {room}: no room for {word}"
                elif self.level[other] >= self.level[room]:
                    yield f"src/ROOMS: {room} may not look up to {word}"

    def of(self, path):
        """The room of a path below src: the longest name that fits."""
        fitting = [room for room in self.level if path.startswith(room + "/")]
        return max(fitting, key=len, default=None)

    def allows(self, room, path):
        other = self.of(path)
        if other in (room, "base"):
            return True
        if self.level[other] >= self.level[room]:
            return False
        if path == SCHEMA and self.level[room] >= SCHEMA_FROM_LEVEL:
            return True
        return any(word in ("*", other, path) for word in self.may[room])


def is_private(rooms, path):
    """internal.h, *_internal.h and what lies in a room's subfolders."""
    inside = path.removeprefix(rooms.of(path) + "/")
    return "/" in inside or inside == "internal.h" or inside.endswith(
        "_internal.h")


def check_include(tree, rooms, source, room, match):
    quote, path = match[1], match[2]
    place = source.at(match.start())
    if quote == "<":
        for prefix, owners in rooms.library.items():
            if path.startswith(prefix) and room not in owners:
                yield f"{place}: {path} belongs to {' and '.join(owners)}"
        return
    if not (tree.root / "src" / path).is_file():
        yield f'{place}: "{path}" is not a file; write "room/file.h"'
        return
    if rooms.of(path) is None:
        yield f"{place}: {path} is in no room of src/ROOMS"
    elif not rooms.allows(room, path):
        yield f"{place}: {room} may not include {path}"
    elif rooms.of(path) != room and is_private(rooms, path):
        yield f"{place}: {path} belongs to {rooms.of(path)} alone"


def check(tree):
    text = tree.document("src/ROOMS")
    if text is None:
        return ["src/ROOMS is missing"]
    rooms = Rooms(text)
    mistakes = list(rooms.mistakes)
    internal = {}
    for source in tree.sources:
        path = source.name.removeprefix("src/")
        room = rooms.of(path)
        if room is None:
            mistakes.append(f"{source.name}: in no room of src/ROOMS")
            continue
        if path.endswith("internal.h"):
            internal.setdefault(room, []).append(source.name)
        for match in INCLUDE.finditer(source.code):
            mistakes += check_include(tree, rooms, source, room, match)
    for room, names in internal.items():
        if len(names) > 1:
            mistakes.append(f"{room}: more than one internal header: "
                            + " ".join(names))
    return mistakes
