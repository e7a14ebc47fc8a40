"""An answer on the terminal, and a conversation of many."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from edge.checkpoints.library import cache_folder
from edge.errors import EdgeError, PromptError, PromptTooLong
from edge.inference import Completion

from .progress import Progress
from .terminal import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from edge.inference import Model, Piece

__all__ = ["Talk"]

_HELP = """\
/reset  forget the conversation so far     /help  this list
/exit   leave (as does Ctrl-D)             Ctrl-C stops an answer"""


@dataclass
class Talk:
    """Questions to one model: each alone, or in a conversation if the model has a chat template."""

    model: Model
    system: str | None
    raw: bool
    stats: bool
    sampling: Mapping[str, Any]
    history: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.system and not self.chats:
            raise PromptError(
                "--system needs a model with a chat template, used without --raw; put the text into the prompt instead"
            )

    @property
    def chats(self) -> bool:
        """Whether the model is asked through its chat template."""
        return self.model.tokenizer.has_chat_template and not self.raw

    def as_json(self, prompt: str) -> dict[str, Any]:
        """The whole answer as plain JSON values."""
        answer = next(p for p in self._stream(prompt) if isinstance(p, Completion))
        return asdict(answer)

    def answer(self, prompt: str, said: list[str] | None = None) -> None:
        """Print the answer as it comes, and the line of figures after it; ``said`` collects its text."""
        said = [] if said is None else said
        out, live, figures = sys.stdout, sys.stdout.isatty(), ""
        with Progress(counts="steps", silent=not sys.stderr.isatty()) as progress:
            for piece in self._stream(prompt):
                if isinstance(piece, Completion):
                    figures = _figures(piece)
                elif piece.prefilled is not None:
                    progress(f"reading the prompt, {piece.prefilled} tokens so far", 0, 0)
                else:
                    progress.clear()
                    said.append(piece.text)
                    out.write(printable(piece.text) if live else piece.text)
                    out.flush()
        if not "".join(said).endswith("\n"):
            out.write("\n")
            out.flush()
        if self.stats or sys.stderr.isatty():
            print(_dim(figures), file=sys.stderr)

    def _stream(self, prompt: str) -> Iterator[Piece | Completion]:
        if not self.chats:
            return self.model.stream(prompt, **self.sampling)
        return self.model.stream_chat([*self._said(), {"role": "user", "content": prompt}], **self.sampling)

    def _said(self) -> list[dict[str, str]]:
        system = [{"role": "system", "content": self.system}] if self.system else []
        return system + self.history

    def converse(self) -> None:
        """Read and answer lines until the end of input."""
        self._prepare_line_editing()
        name = self.model.folder.name
        how = "a conversation" if self.chats else "each line alone"
        print(_dim(f"{name}, {how}; /help lists the commands"), file=sys.stderr)
        while True:
            try:
                line = input("> ").strip()
            except EOFError:
                print()
                return
            except KeyboardInterrupt:
                print(_dim("\n/exit or Ctrl-D leaves"), file=sys.stderr)
                continue
            if line in ("/exit", "/quit", "/bye"):
                return
            if line == "/reset":
                self.history.clear()
                print(_dim("forgotten"), file=sys.stderr)
            elif line.startswith("/"):
                print(_dim(_HELP), file=sys.stderr)
            elif line:
                self._turn(line)

    def _turn(self, line: str) -> None:
        said: list[str] = []
        try:
            self.answer(line, said)
        except KeyboardInterrupt:
            print(_dim("\nstopped"), file=sys.stderr)
        except PromptTooLong as error:
            print(f"edge: error: {error}; /reset starts the conversation over", file=sys.stderr)
            return
        except EdgeError as error:
            print(f"edge: error: {error}", file=sys.stderr)
            return
        if self.chats:
            self.history += [{"role": "user", "content": line}, {"role": "assistant", "content": "".join(said)}]

    @staticmethod
    def _prepare_line_editing() -> None:
        """Arrow keys and a history that survives the session, where Python was built with readline."""
        with contextlib.suppress(ImportError, OSError):
            import atexit
            import readline

            path = cache_folder() / "history"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            readline.read_history_file(path)
            readline.set_history_length(1000)
            atexit.register(readline.write_history_file, path)


def _figures(answer: Completion) -> str:
    t, u = answer.timings, answer.usage
    seconds = (t["prefill_s"] or 0) + (t["decode_s"] or 0)
    parts = [
        f"{u['prompt_tokens']} prompt tokens {_rate(t['prefill_tok_s'])}",
        f"{u['completion_tokens']} tokens {_rate(t['decode_tok_s'])}".rstrip(),
        f"{seconds:.2f} s" if seconds >= 1 else f"{1000 * seconds:.0f} ms",
        f"{t['peak_memory_mb']:.0f} MB",
    ]
    return " · ".join([*parts, "limit reached"] if answer.finish_reason == "length" else parts)


def _rate(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f} tok/s" if value >= 100 else f"{value:.1f} tok/s"


def _dim(text: str) -> str:
    return f"\x1b[2m{text}\x1b[0m" if sys.stderr.isatty() else text
