"""Asking the person at the terminal for what must not be written anywhere: one question at a time, each only once.

Nothing here has a repr or a message with a secret in it.
"""

from __future__ import annotations

import contextlib
import getpass
import sys
import threading
from collections.abc import Callable

__all__ = ["TERMINAL", "Prompts"]


class Prompts:
    """Answers are kept in memory for the whole run: a fleet's boards have a key and a sudo password in common."""

    def __init__(self) -> None:
        #: Entered around a question: what draws on the terminal must wait meanwhile.
        self.pause: Callable[[], contextlib.AbstractContextManager[None]] = contextlib.nullcontext
        self._lock = threading.Lock()
        self._answers: dict[str, str | None] = {}

    def ask(self, question: str, *, again: bool = False) -> str | None:
        """The answer, or None where nobody is there to be asked. ``again``: the one we have was wrong."""
        with self._lock:
            if again:
                self._answers.pop(question, None)
            if question not in self._answers:
                self._answers[question] = self._ask(question)
            return self._answers[question]

    def _ask(self, question: str) -> str | None:
        if not (sys.stdin and sys.stdin.isatty()):
            return None
        try:
            with self.pause():
                return getpass.getpass(f"{question}: ") or None
        except EOFError:
            return None


#: The terminal there is.
TERMINAL = Prompts()
