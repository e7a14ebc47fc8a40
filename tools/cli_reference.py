"""Write docs/cli.md: every verb's help text as the program prints it. ``--check`` compares and writes nothing."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from edge.cli.command import build_parser
from edge.cli.parser import Parser

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"

_HEAD = """\
# The `edge` command

*Written by `python -m tools.cli_reference` from the program's own help texts; a test compares them.*

`python -m edge` is the same command where `edge` is not on the PATH.

## Exit codes

| code | meaning |
|---|---|
| 0 | it worked |
| 1 | a defect of edge itself: please report it, with what the same command prints with `--debug` |
| 2 | bad input or usage: one line on standard error, `edge: error: …`, says what is wrong and what to do |
| 3 | no answer in time: the broker or the device is unreachable or busy, or the time is over; trying again may help |
| 4 | a deploy was tried and taken back, or went wrong on some boards of a fleet; the reason is printed |
| 130 | interrupted with Ctrl-C |
| 141 | whoever read the output has gone (`edge … \\| head -1`) |

Answers and results go to standard output, everything else (progress, notices, statistics) to standard error. With
`--json` standard output holds exactly one JSON value and there is no progress.

## Settings from the environment

| variable | meaning |
|---|---|
| `EDGE_HOME` | folder of models and downloads; else `$XDG_CACHE_HOME/bitnet-edge`, else `~/.cache/bitnet-edge` |
| `EDGE_BROKER` | the broker of `edge agent`, `edge ask` and `edge devices`: `mqtt[s]://[user@]host[:port]` |
| `EDGE_ISA` | kernels to use instead of the best: `scalar`, `neon`, `dotprod`, `i8mm`, `avx2`, `avx512vnni` |
| `HF_ENDPOINT`, `HF_TOKEN`, `HTTPS_PROXY` | the hub to fetch from, the token to show it, the way to it |
"""


def page() -> str:
    """The whole page."""
    parser = build_parser()
    (verbs,) = (a for a in parser._actions if isinstance(a, argparse._SubParsersAction))  # noqa: SLF001 - argparse tells no other way
    parts = [_HEAD, _section("edge", parser)]
    parts += [_section(f"edge {name}", verb) for name, verb in verbs.choices.items()]
    return "\n".join(parts)


def _section(title: str, parser: Parser) -> str:
    return f"## {title}\n\n```\n{parser.format_help().rstrip()}\n```\n"


def main(arguments: list[str]) -> int:
    if arguments == ["--check"]:
        return 0 if PAGE.read_text() == page() else 1
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
