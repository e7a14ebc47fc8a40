"""Plain tables for terminals and files."""

from __future__ import annotations

from collections.abc import Collection, Sequence

__all__ = ["columns"]


def columns(rows: Sequence[Sequence[str]], *, right: Collection[str] = ()) -> list[str]:
    """Lines of a table, two spaces between its columns. ``rows``: the titles first; ``right``: titles set right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [
            text.rjust(width) if title in right else text.ljust(width)
            for title, text, width in zip(rows[0], row, widths, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
