# SPDX-License-Identifier: Apache-2.0
"""Functions that are not called, or only in the room that owns them."""
import re

CALL = re.compile(r"(?<![\w.>])(\w+)\s*\(")
UNBOUNDED = "writes or reads without a bound"
# Function → (rooms that may call it, why nobody else does).
BANNED = {
    **dict.fromkeys(["strcpy", "strcat", "sprintf", "vsprintf", "gets",
                     "stpcpy"], ((), UNBOUNDED)),
    "strtok": ((), "keeps hidden state"),
    **dict.fromkeys(["atoi", "atol", "atoll"],
                    ((), "cannot tell a mistake from zero")),
    **dict.fromkeys(["rand", "srand", "random", "srandom", "drand48"],
                    ((), "is guessable: crypto/random.h")),
    **dict.fromkeys(["regcomp", "regexec"],
                    ((), "lets input decide how long it takes")),
    "memcmp": (("base", "crypto"),
               "is not constant-time: text_equal, or crypto/equal.h"),
    **dict.fromkeys(["time", "gettimeofday", "clock_gettime"],
                    (("base", "loop"), "only loop/clock.h reads the clock")),
}


def check(tree):
    mistakes = []
    for source in tree.sources:
        room = source.name.split("/")[1]
        for match in CALL.finditer(source.bare):
            owners, why = BANNED.get(match[1], (None, None))
            if owners is not None and room not in owners:
                mistakes.append(
                    f"{source.at(match.start())}: {match[1]} {why}")
    return mistakes
