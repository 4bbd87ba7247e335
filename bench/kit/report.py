# SPDX-License-Identifier: Apache-2.0
"""Tables in Markdown."""


def number(value):
    """As short as its size allows; empty when there is none."""
    if value is None:
        return ""
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def markdown(title, header, rows):
    """A heading and a table; short rows are filled up."""
    lines = [f"### {title}", "",
             "| " + " | ".join(header) + " |",
             "|---" + "|--:" * (len(header) - 1) + "|"]
    for row in rows:
        cells = [str(cell) for cell in row]
        cells += [""] * (len(header) - len(cells))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"
