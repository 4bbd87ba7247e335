# SPDX-License-Identifier: Apache-2.0
"""A report, not a gate: longest functions, deepest nesting, largest files."""
SHOWN = 8


def table(title, rows):
    yield f"{title}:"
    for size, what in sorted(rows, key=lambda row: (-row[0], row[1]))[:SHOWN]:
        yield f"  {size:5}  {what}"


def report(tree):
    functions = [(source.at(offset), name, lines, depth)
                 for source in tree.sources
                 for name, offset, lines, depth in source.functions]
    files = [(source.text.count("\n"), source.name)
             for source in tree.sources]
    lengths = sorted(lines for _, _, lines, _ in functions)
    yield (f"{len(files)} files, {sum(size for size, _ in files)} lines, "
           f"{len(functions)} functions")
    if lengths:
        yield (f"function length: median {lengths[len(lengths) // 2]}, "
               f"90 % within {lengths[len(lengths) * 9 // 10]}, "
               f"over 40: {sum(n > 40 for n in lengths)}, "
               f"over 60: {sum(n > 60 for n in lengths)}")
    yield from table("longest functions (lines)",
                     [(lines, f"{name}  {place}")
                      for place, name, lines, _ in functions])
    yield from table("deepest nesting (blocks in a function)",
                     [(depth, f"{name}  {place}")
                      for place, name, _, depth in functions])
    yield from table("largest files (lines)", files)
