"""Argument parsing the way this program speaks: errors on one line, help that reads the same on every Python."""

from __future__ import annotations

import argparse
import math
import sys
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from devices.energy import Sensor

    Verbs = argparse._SubParsersAction["Parser"]  # noqa: SLF001 - argparse has no public name for it
else:
    Verbs = argparse._SubParsersAction  # noqa: SLF001

__all__ = [
    "HEADS",
    "KVS",
    "KV_HELP",
    "METER_HELP",
    "THREADS_HELP",
    "Parser",
    "UsageError",
    "Verbs",
    "add_verb",
    "meter",
    "number",
    "threads",
    "whole",
]

HEADS = ("int8", "f16", "q6", "q4")
"""The values of ``--head``: cython_kernels.spec.HEADS, which would load numpy for every verb."""

KVS = ("f16", "int8")
KV_HELP = "the context in memory as f16 (default) or int8: half the memory, answers differ a little"
METER_HELP = "read the board's power there instead of its own sensor: a file, or '| COMMAND' (docs/energy.md)"
THREADS_HELP = "threads to use, or auto: what this machine is fastest with (default)"


class UsageError(Exception):
    """The command line makes no sense; ``verb`` is where its help lies."""

    def __init__(self, message: str, verb: str) -> None:
        super().__init__(message)
        self.verb = verb


class _Help(argparse.RawDescriptionHelpFormatter):
    """Options in one column, texts in the other; the same for every Python version, because docs/cli.md shows it."""

    def __init__(self, prog: str, **_: Any) -> None:
        super().__init__(prog, max_help_position=28, width=88)

    def _format_action_invocation(self, action: argparse.Action) -> str:
        if not action.option_strings:
            return str(action.metavar or action.dest)
        value = f" {action.metavar or action.dest.upper()}" if action.nargs != 0 else ""
        return ", ".join(action.option_strings) + value

    def _format_action(self, action: argparse.Action) -> str:
        if not isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            return super()._format_action(action)
        # The verbs themselves, without a line above them that only says VERB.
        return "".join(f"  {a.dest:10}  {a.help}\n" for a in self._iter_indented_subactions(action))


class Parser(argparse.ArgumentParser):
    """A parser that raises :class:`UsageError` and offers ``--debug`` everywhere."""

    def __init__(self, *, arguments: str = "arguments", **options: Any) -> None:
        super().__init__(formatter_class=_Help, allow_abbrev=False, add_help=False, **options)
        if sys.version_info >= (3, 14):
            self.color = False
        self._mixing = False
        self._positionals.title = arguments
        self._optionals.title = "options"
        self.add_argument("-h", "--help", action="help", help="show this text")
        self.add_argument(
            "--debug",
            action="store_true",
            default=argparse.SUPPRESS,
            help="show where in the program an error comes from",
        )

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Take words and options in any order: ``edge ask kitchen --stream "hello"`` too."""
        if self._subparsers is not None or self._mixing:
            return super().parse_known_args(args, namespace)
        self._mixing = True  # before Python 3.12 the next line comes back here
        try:
            return self.parse_known_intermixed_args(args, namespace)
        finally:
            self._mixing = False

    def _check_value(self, action: argparse.Action, value: object) -> None:
        if action.choices is None or value in action.choices:
            return
        known = ", ".join(map(str, action.choices))
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            raise argparse.ArgumentError(None, f"there is no verb {value!r}; choose from {known}")
        raise argparse.ArgumentError(action, f"no {value!r} here; choose from {known}")

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, self.prog)


def whole(text: str) -> int:
    """An option's whole number; its range is the business of whoever uses it."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None


def threads(text: str) -> int | str:
    """An option's number of threads, or ``auto``."""
    try:
        return text if text == "auto" else int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is neither auto nor a whole number") from None


def number(text: str) -> float:
    """An option's number."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None


def positive(text: str) -> float:
    """An option's number that must be more than 0, and an end to it."""
    value = number(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"it must be more than 0 and finite, not {text}")
    return value


def meter(text: str) -> Sensor:
    """An option's meter of power."""
    from devices.external import MeterError, open_meter

    try:
        return open_meter(text)
    except MeterError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_verb(
    verbs: Verbs,
    name: str,
    run: Callable[[argparse.Namespace], int],
    *,
    usage: str,
    summary: str,
    text: str,
    examples: Sequence[tuple[str, str]],
) -> Parser:
    """Add a verb: ``summary`` for the list of verbs, ``text`` and ``examples`` (command, what it does) for its help."""
    width = max(len(command) for command, _ in examples)
    lines = "\n".join(f"  {command:{width}}   {what}".rstrip() for command, what in examples)
    parser = verbs.add_parser(
        name,
        usage=f"edge {name} {usage}",
        help=summary,
        description=text.strip(),
        epilog=f"{'example' if len(examples) == 1 else 'examples'}:\n{lines}",
    )
    parser.set_defaults(handler=run)
    return parser
