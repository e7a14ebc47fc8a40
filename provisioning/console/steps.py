"""The few things that are done to a board over its console, each with a sentence for people."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Call", "Run", "Step", "Write"]


@dataclass(frozen=True)
class Run:
    """Run a program."""

    sentence: str
    argv: tuple[str, ...]
    timeout_s: float = 60.0

    def request(self) -> tuple[str, dict[str, Any]]:
        """Which of aboard.OPERATIONS, and its arguments."""
        return "run", {"argv": list(self.argv), "timeout_s": self.timeout_s}


@dataclass(frozen=True)
class Write:
    """Put a file in its place. ``user``: with whose rights, None for root's."""

    sentence: str
    path: str
    text: str = field(repr=False)
    mode: int = 0o644
    user: str | None = None
    timeout_s: float = 60.0

    def request(self) -> tuple[str, dict[str, Any]]:
        """Which of aboard.OPERATIONS, and its arguments."""
        return "write", {"path": self.path, "text": self.text, "mode": self.mode, "user": self.user}


@dataclass(frozen=True)
class Call:
    """Have another of aboard.OPERATIONS done."""

    sentence: str
    operation: str
    arguments: tuple[Any, ...] = ()
    timeout_s: float = 60.0

    def request(self) -> tuple[str, dict[str, Any]]:
        """Which of aboard.OPERATIONS, and its arguments."""
        return self.operation, dict(self.arguments)


Step = Run | Write | Call
