"""What can be said about a host in the inventory: each variable is called like the option it stands for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from edge.errors import EdgeError

from .destination import is_user

__all__ = ["NAME", "VARIABLES", "VariableError", "check_variable", "closest"]

#: Hosts, groups and devices: what may stand in a topic, too.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")
_PLACEHOLDER = re.compile(r"\{[^{}]*\}")


class VariableError(EdgeError):
    """There is no such variable, or its value is not of its kind."""


def _text(value: Any, _: Path) -> str:
    if not isinstance(value, str) or not value.strip() or any(ord(c) < 32 for c in value):
        raise VariableError(f"must be a text in quotes, not {_shown(value)}")
    _only_name(value)
    return value


def _name(value: Any, folder: Path) -> str:
    if not NAME.fullmatch(_text(value, folder)):
        raise VariableError(f"must be of letters, digits, '_', '.' and '-', not {_shown(value)}")
    return str(value)


def _user(value: Any, folder: Path) -> str:
    if not is_user(_text(value, folder)):
        raise VariableError(f"must be a user's name, not {_shown(value)}")
    return str(value)


def _file(value: Any, folder: Path) -> Path:
    """A path is relative to the inventory, so that it means the same from wherever somebody deploys."""
    path = Path(_text(value, folder)).expanduser()
    return path if path.is_absolute() else folder / path


def _broker(value: Any, folder: Path) -> str:
    """A URL, or the folder that `edge broker init` made."""
    return _text(value, folder) if "://" in str(value) else str(_file(value, folder))


def _model(value: Any, folder: Path) -> str:
    """A name, or a folder: what begins like a path is one."""
    return str(_file(value, folder)) if str(value).startswith((".", "/", "~")) else _text(value, folder)


def _texts(value: Any, folder: Path) -> tuple[str, ...]:
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list):
        raise VariableError(f'must be a list of texts like ["one", "two"], not {_shown(value)}')
    return tuple(_text(item, folder) for item in value)


def _ports(value: Any, folder: Path) -> tuple[str, ...]:
    names = _texts(value, folder)
    if not all(name.startswith("/dev/") for name in names):
        raise VariableError(f'must be ports of the board like ["/dev/serial0@115200"], not {_shown(value)}')
    return names


def _flag(value: Any, _: Path) -> bool:
    if not isinstance(value, bool):
        raise VariableError(f"must be true or false, not {_shown(value)}")
    return value


def _whole(least: int, most: int) -> Callable[[Any, Path], int]:
    def check(value: Any, _: Path) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            raise VariableError(f"must be a whole number from {least} to {most}, not {_shown(value)}")
        return value

    return check


def _threads(value: Any, folder: Path) -> int | str:
    if value == "auto":
        return "auto"
    try:
        return _whole(1, 256)(value, folder)
    except VariableError as error:
        raise VariableError(str(error).replace("must be", "must be auto or", 1)) from None


def _number(value: Any, _: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value < 1e9:
        raise VariableError(f"must be a number of at least 1, not {_shown(value)}")
    return float(value)


def _choice(*known: str) -> Callable[[Any, Path], str]:
    def check(value: Any, _: Path) -> str:
        if value not in known:
            raise VariableError(f"must be one of {', '.join(known)}, not {_shown(value)}")
        return str(value)

    return check


def _prefix(value: Any, folder: Path) -> str:
    if not _text(value, folder).startswith("/"):
        raise VariableError(f"must be an absolute folder on the board, not {_shown(value)}")
    return str(value).rstrip("/")


_MANY = 1_000_000

#: Every variable and what its value must be; first those about the way to the board.
VARIABLES: dict[str, Callable[[Any, Path], Any]] = {
    "host": _text,
    "user": _user,
    "port": _whole(1, 65535),
    "identity": _file,
    "host-key": _choice("strict", "accept-new", "off"),
    "ssh-config": _file,
    "sudo-password-file": _file,
    "prefix": _prefix,
    "limit-rate": _text,
    # From here on it is about the agent.
    "name": _name,
    "broker": _broker,
    "model": _model,
    "pool": _texts,
    "serial": _ports,
    "ca": _file,
    "cert": _file,
    "key": _file,
    "password-file": _file,
    "queue": _whole(1, _MANY),
    "together": _whole(1, _MANY),
    "max-tokens": _whole(1, _MANY),
    "max-bytes": _whole(1, 1 << 30),
    "rate": _number,
    "reply-prefix": _texts,
    "health": _number,
    "home-assistant": _flag,
    "meter": _text,
    "threads": _threads,
    "context": _whole(1, 1 << 20),
    "kv": _choice("f16", "int8"),
    "force": _flag,
    "log-prompts": _flag,
    "deadline": _number,
    "keep": _whole(1, 20),
}

# What people write who know other tools, or think of two things as one.
_OTHERS = {
    "pools": "pool",
    "address": "host",
    "hostname": "host",
    "ansible-host": "host",
    "ansible-user": "user",
    "ssh-key": "identity",
    "identity-file": "identity",
    "private-key": "identity",
    "username": "user",
    "password": "password-file",
    "sudo-password": "sudo-password-file",
    "device": "name",
}


def check_variable(name: str, value: Any, folder: Path) -> Any:
    """The value as the program uses it: files as absolute paths (``folder``: the inventory's), lists as tuples.

    Raises :class:`VariableError` when there is no such variable or the value does not fit it.
    """
    if name not in VARIABLES:
        hint = _OTHERS.get(name) or closest(name, VARIABLES)
        raise VariableError(
            f"there is no variable {name!r}; " + (f"did you mean {hint}?" if hint else "docs/fleet.md lists them")
        )
    try:
        return VARIABLES[name](value, folder)
    except VariableError as error:
        raise VariableError(f"{name} {error}") from None


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that somebody probably meant."""
    found = get_close_matches(word, list(known), 1)
    return found[0] if found else None


def _only_name(value: str) -> None:
    for place in _PLACEHOLDER.findall(value):
        if place != "{name}":
            raise VariableError(f"can hold {{name}}, the device's name, but not {place}")


def _shown(value: Any) -> str:
    shown = str(value).lower() if isinstance(value, bool) else repr(value)
    return shown if len(shown) <= 40 else shown[:39] + "…"
