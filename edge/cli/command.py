"""The command line's outer shell: which verbs there are, and what each kind of ending looks like.

Exit codes: 0 it worked · 1 a defect of this program · 2 bad input or usage, one line says what to do ·
3 no answer in time, from a broker or a board · 4 a deploy was tried and taken back · 130 interrupted with Ctrl-C ·
141 whoever read our output has gone.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from edge.errors import (
    AskTimeout,
    BoardUnreachable,
    BrokerUnreachable,
    DeployFailed,
    DeviceBusy,
    DeviceUnreachable,
    EdgeError,
)

from . import (
    agent,
    ask,
    bench,
    boards,
    broker,
    check,
    console,
    convert,
    demo,
    deploy,
    devices,
    doctor,
    fit,
    listing,
    logs,
    probe,
    pull,
    releases,
    restart,
    rollback,
    run,
    show,
    uninstall,
    wheel,
)
from .parser import Parser, UsageError
from .terminal import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["build_parser", "main"]

OK, DEFECT, BAD_INPUT, NO_ANSWER, TAKEN_BACK, INTERRUPTED, NO_READER = 0, 1, 2, 3, 4, 130, 141

_TEXT = """\
Run natively ternary language models on this machine, or on boards, without the internet.

Start with:  edge run "turn on the kitchen lights"
Then:        edge deploy pi@10.0.0.7 --broker mqtt://10.0.0.2
"""


def build_parser() -> Parser:
    """The parser of the whole command."""
    parser = Parser(prog="edge", usage="edge VERB ...", description=_TEXT, arguments="verbs")
    parser.add_argument("--version", action="store_true", help="show the version")
    verbs = parser.add_subparsers(metavar="VERB", dest="verb", prog="edge")
    here = (run, pull, convert, listing, show, bench, check, boards, fit)
    network = (agent, broker, ask, devices, demo)
    afar = (probe, doctor, console, deploy, releases, rollback, logs, restart, uninstall, wheel)
    for verb in (*here, *network, *afar):
        verb.register(verbs)
    parser.epilog = "'edge VERB --help' explains one verb with examples. Exit codes: 0 done, 2 bad input, 1 our fault."
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(build_parser(), argv)
    except (KeyboardInterrupt, Exception) as error:
        if isinstance(error, OSError):
            _give_up_output()
        if "--debug" in argv:
            raise
        code, line = _ending(error)
        with contextlib.suppress(OSError):
            if line is not None:
                print(" ".join(printable(line).split()), file=sys.stderr)  # a board may have said it
        return code


def _give_up_output() -> None:
    """If standard output cannot take what is still in its buffer, drop that: Python would fail over it at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _ending(error: BaseException) -> tuple[int, str | None]:
    """Exit code and last line for what ended a command: no traceback reaches a person unasked."""
    code, line = BAD_INPUT, str(error)
    match error:
        case BrokenPipeError():
            return NO_READER, None
        case KeyboardInterrupt():
            return INTERRUPTED, ""  # the empty line keeps the shell's prompt from standing behind half an answer
        case UsageError():
            line = f"{error} (see '{error.verb} --help')"
        case BrokerUnreachable() | DeviceUnreachable() | DeviceBusy() | AskTimeout() | BoardUnreachable():
            code = NO_ANSWER
        case DeployFailed():
            code = TAKEN_BACK
        case EdgeError():
            pass
        case OSError():
            what = f"{error.filename}: " if error.filename else ""
            line = f"{what}{error.strerror or error}; check the path, its rights and the space on its disk"
        case MemoryError():
            line = "not enough memory; use a smaller model or --context, or close other programs"
        case _:
            what = f"{type(error).__name__}: {error}"
            code, line = DEFECT, f"a defect of edge, not of your input: {what}; please report it with --debug's output"
    return code, f"edge: error: {line}"


def _run(parser: Parser, argv: list[str]) -> int:
    try:
        args, unknown = parser.parse_known_args(argv)
    except SystemExit as done:  # argparse ends --help this way
        return int(done.code or 0)
    if unknown:
        raise UsageError(f"unknown option or one word too many: {unknown[0]}", f"edge {args.verb or ''}".strip())
    if args.version:
        return _version()
    if args.verb is None:
        parser.print_help()
        return OK
    code = int(args.handler(args))
    sys.stdout.flush()
    return code


def _version() -> int:
    from importlib.metadata import PackageNotFoundError, version

    try:
        print(f"edge {version('bitnet-edge')}")
    except PackageNotFoundError:
        print("edge, run from its source folder without being installed")
    return OK
