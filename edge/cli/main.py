"""The command line's outer shell: which verbs there are, and what each kind of ending looks like.

Exit codes: 0 it worked · 1 a defect of this program · 2 bad input or usage, one line says what to do ·
130 interrupted with Ctrl-C · 141 whoever read our output has gone.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from edge.errors import EdgeError

from . import bench, convert, listing, pull, run, show
from .parser import Parser, UsageError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

__all__ = ["build_parser", "main"]

OK, DEFECT, BAD_INPUT, INTERRUPTED, NO_READER = 0, 1, 2, 130, 141

_TEXT = """\
Run natively ternary language models on this machine, without a network.

Start with:  edge run "turn on the kitchen lights"
"""


def build_parser() -> Parser:
    """The parser of the whole command."""
    parser = Parser(prog="edge", usage="edge VERB ...", description=_TEXT)
    parser.add_argument("--version", action="store_true", help="show the version and what this machine offers")
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", title="verbs", prog="edge")
    for verb in (run, pull, convert, listing, show, bench):
        verb.register(verbs)
    parser.epilog = "'edge VERB --help' explains one verb with examples. Exit codes: 0 done, 2 bad input, 1 our fault."
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    argv = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in argv
    try:
        return _run(build_parser(), argv)
    except UsageError as error:
        return _fail(f"{error} (see '{error.verb} --help')", BAD_INPUT)
    except KeyboardInterrupt:
        if debug:
            raise
        # The shell's prompt should not end up behind half an answer.
        with contextlib.suppress(OSError):
            sys.stderr.write("\n" if sys.stderr.isatty() else "")
        return INTERRUPTED
    except BrokenPipeError:
        # Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO_READER
    except EdgeError as error:
        if debug:
            raise
        return _fail(str(error), BAD_INPUT)
    except OSError as error:
        if debug:
            raise
        what = f"{error.filename}: " if error.filename else ""
        return _fail(f"{what}{error.strerror or error}; check the path, its rights and the space on its disk", BAD_INPUT)
    except MemoryError:
        if debug:
            raise
        return _fail("not enough memory; close other programs, or use a smaller model or --context", BAD_INPUT)
    except Exception as error:  # noqa: BLE001 - the last line of defence: no traceback reaches a person unasked
        if debug:
            raise
        return _fail(
            f"this is a defect of edge, not of your input: {type(error).__name__}: {error}; "
            "please report it with what the same command prints with --debug",
            DEFECT,
        )


def _run(parser: Parser, argv: list[str]) -> int:
    try:
        args = parser.parse_args(argv)
    except SystemExit as done:  # argparse ends --help this way
        return int(done.code or 0)
    if args.version:
        return _version()
    if args.verb is None:
        parser.print_help()
        return OK
    handler: argparse.Namespace = args
    code = int(handler.handler(args))
    sys.stdout.flush()
    return code


def _version() -> int:
    from importlib.metadata import PackageNotFoundError, version

    try:
        print(f"edge {version('bitnet-edge')}")
    except PackageNotFoundError:
        print("edge, run from its source folder without being installed")
    return OK


def _fail(message: str, code: int) -> int:
    line = " ".join(message.split())
    with contextlib.suppress(OSError):
        print(f"edge: error: {line}", file=sys.stderr)
    return code
