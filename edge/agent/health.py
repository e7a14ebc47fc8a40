"""What an agent says of itself: status, info, health."""

from __future__ import annotations

import json
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

from devices.meter import Used
from devices.telemetry import Telemetry
from edge.inference import Model
from edge.messaging.messages import Limits

from .worker import Worker

__all__ = ["Health", "energy_of", "status_message"]

PROTOCOL = 1


def status_message(state: str, boot: str) -> dict[str, Any]:
    """A device's ``status``: a state of Homie's (init, ready, sleeping, disconnected, lost), and which boot it is of.

    The Last Will carries the same boot id, so that a will published late is seen to be of an earlier life.
    """
    return {"state": state, "boot": boot, "protocol": PROTOCOL}


def energy_of(used: Used | None) -> dict[str, float]:
    """What an answer's timings say of its energy: nothing where none was measured.

    ``joules``: of the board while the answer was written, shared with those that were written at the same time;
    ``watts``: of the board, on average.
    """
    return {} if used is None else {"joules": round(used.share, 3), "watts": round(used.watts, 2)}


class Health:
    """Builds the three reports. ``changed`` is set by whoever knows that the next one is worth sending early.

    ``new_figures``: the last health report had some of the board that ``info`` does not name yet.
    """

    def __init__(
        self,
        name: str,
        boot: str,
        model: Model,
        worker: Worker,
        limits: Limits,
        pools: tuple[str, ...],
        telemetry: Telemetry,
    ) -> None:
        self.changed = False
        self.new_figures = False
        self.model = model.folder.name
        self._name = name
        self._boot = boot
        self._loaded = model
        self._worker = worker
        self._limits = limits
        self._pools = pools
        self._telemetry = telemetry
        self._figures: set[str] = set()
        self._started = time.monotonic()

    def status(self, state: str) -> dict[str, Any]:
        """``status``."""
        return status_message(state, self._boot)

    def is_late_will(self, payload: bytes) -> bool:
        """Whether a retained status says that we are gone although we are not."""
        try:
            said = json.loads(payload)
        except (ValueError, RecursionError):
            return True
        return bool(said != self.status("ready"))

    def info(self) -> dict[str, Any]:
        """``info``: what does not change while the agent runs, but for figures that are seen for the first time."""
        info = self._loaded.info()
        self.new_figures = False
        return {
            "device": self._name,
            "model": self.model,
            "pools": list(self._pools),
            "software": version("bitnet-edge"),
            "protocol": PROTOCOL,
            "isa": info["isa"],
            "threads": info["threads"],
            "context": info["context"],
            "weights_mb": round(info["weights_bytes"] / 1e6, 1),
            "chat": self._loaded.tokenizer.has_chat_template,
            "board": sorted(self._figures),
            "limits": {"payload_bytes": self._limits.payload_bytes, "max_tokens": self._limits.max_tokens},
        }

    def report(self, owed: int) -> dict[str, Any]:
        """``health``: load, speed, memory, and how the board is."""
        self.changed = False
        board = self._board()
        self.new_figures |= not board.keys() <= self._figures
        self._figures |= board.keys()
        worker = self._worker
        return {
            "device": self._name,
            "boot": self._boot,
            "owed": owed,
            "queued": worker.queued,
            "active": worker.active,
            "expected_wait_ms": int(1000 * worker.expected_wait()),
            "tokens_per_s": round(worker.tokens_per_s, 1),
            "answered": worker.answered,
            "uptime_s": int(time.monotonic() - self._started),
            "at": int(time.time()),  # the report is retained: whoever reads it later sees how old it is
            **_memory(),
            "board": board,
        }

    def _board(self) -> dict[str, Any]:
        """What the board says of itself, and which of its sensors do not answer."""
        hanging = sorted(self._telemetry.hanging())
        said = self._telemetry.health().to_json() | self._telemetry.energy()
        return said | ({"hanging": hanging} if hanging else {})


def _memory() -> dict[str, float]:
    """Resident memory of this process in 10^6 bytes, the mapped weights apart."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())

    def megabytes(name: str) -> float:
        return round(int(fields[name].split()[0]) * 1024 / 1e6, 1)

    return {"private_mb": megabytes("RssAnon"), "mapped_mb": megabytes("RssFile")}
