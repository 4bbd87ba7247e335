# SPDX-License-Identifier: Apache-2.0
"""Bars and lines in SVG, with nothing but text."""
import html
import math

WIDTH = 860
LABEL = 260
BAR = 22
COLOURS = ["#4c78a8", "#72b7b2", "#b279a2", "#e45756", "#9d9da3"]
HEAD = ('<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" '
        'viewBox="0 0 {w} {h}" font-family="sans-serif" font-size="12">\n'
        '<rect width="100%" height="100%" fill="#fff"/>\n')


def text(x, y, words, anchor="start", colour="#222", size=12):
    return (f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" '
            f'fill="{colour}" font-size="{size}">{html.escape(words)}'
            '</text>\n')


def box(x, y, width, height, colour):
    return (f'<rect x="{x:.1f}" y="{y:.1f}" width="{max(width, 0):.1f}" '
            f'height="{height:.1f}" fill="{colour}"/>\n')


def legend(names, y):
    out, x = "", LABEL
    for name, colour in zip(names, COLOURS):
        out += box(x, y - 9, 10, 10, colour) + text(x + 14, y, name)
        x += 24 + 7 * len(name)
    return out


def bars(title, names, rows, unit):
    """`rows`: label and one number for each name, stacked."""
    most = max(sum(values) for _, values in rows) or 1
    scale = (WIDTH - LABEL - 90) / most
    height = 70 + BAR * len(rows)
    out = HEAD.format(w=WIDTH, h=height) + text(10, 20, title, size=15)
    if len(names) > 1:
        out += legend(names, 42)
    for index, (label, values) in enumerate(rows):
        y, x = 56 + BAR * index, LABEL
        out += text(LABEL - 8, y + 13, label, "end")
        for value, colour in zip(values, COLOURS):
            out += box(x, y, value * scale, BAR - 6, colour)
            x += max(value, 0) * scale
        out += text(x + 6, y + 13, f"{sum(values):.0f} {unit}")
    return out + "</svg>\n"


def paths(found):
    rows = [(row["name"] + ("" if row["connections"] in (2, 64) else
                            f", at {row['connections']}"),
             [row["signature_us"], row["floor_us"], row["store_us"],
              max(row["own_us"], 0)])
            for row in found["rows"]
            if "own_us" in row and not row["password_us"]]
    return bars("CPU per request", ["signatures", "socket floor",
                                    "store's share", "own"], rows, "µs")


def peers(found):
    rows = [(f"{row['server']}: {row['name']}", [row["cpu_us"]])
            for row in found["rows"] if "cpu_us" in row]
    return bars("CPU per request, each server on one core", [""], rows, "µs")


def cluster(found):
    rows = [(f"{row['name']}: {row['place']}",
             [row["cpu_us"], row["engine_us"], row["standby_us"]])
            for row in found["rows"]]
    return bars("CPU per request", ["Licet", "engine", "standby"], rows, "µs")


def growth(found, what):
    """A line for each kind of row, over the logarithm of `count`."""
    lines = {}
    for row in found["rows"]:
        if "cpu_us" in row:
            lines.setdefault(row["name"], []).append(
                (row["count"], row["cpu_us"]))
    counts = [count for line in lines.values() for count, _ in line]
    most = 1.15 * max(cost for line in lines.values() for _, cost in line)
    left, right, top, bottom = 60, WIDTH - 30, 60, 330
    span = math.log10(max(counts) / min(counts)) or 1

    def place(count, cost):
        x = left + (right - left) * math.log10(count / min(counts)) / span
        return x, bottom - (bottom - top) * cost / most

    out = HEAD.format(w=WIDTH, h=370)
    out += text(10, 20, f"CPU per request, by {what}", size=15)
    for step in range(5):
        _, y = place(min(counts), most * step / 4)
        out += (f'<line x1="{left}" x2="{right}" y1="{y:.0f}" y2="{y:.0f}" '
                'stroke="#ddd"/>\n')
        out += text(left - 6, y + 4, f"{most * step / 4:.0f} µs", "end")
    for count in sorted(set(counts)):
        out += text(place(count, 0)[0], bottom + 18, f"{count:,}", "middle")
    for index, (name, line) in enumerate(lines.items()):
        colour = COLOURS[index % len(COLOURS)]
        points = [place(*point) for point in sorted(line)]
        out += (f'<polyline fill="none" stroke="{colour}" stroke-width="2" '
                'points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
                + '"/>\n')
        for x, y in points:
            out += f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" '
            out += f'fill="{colour}"/>\n'
    return out + legend(list(lines), 42) + "</svg>\n"
