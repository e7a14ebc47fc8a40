"""An agent as a process: put together from options, stopped by signals."""

from __future__ import annotations

import logging
import os
import signal
import uuid
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from devices.energy import Sensor, find_sensor
from devices.telemetry import Telemetry
from edge.inference import Model, load
from edge.inference.threads import AUTO
from edge.messaging.broker import Broker
from edge.messaging.events import Transport, Will
from edge.messaging.messages import encode
from edge.messaging.mqtt import Link
from edge.messaging.serial import SerialDevice
from edge.messaging.topics import DeviceTopics

from .agent import Agent
from .health import status_message
from .memory import bound
from .notify import Notifier, passed_files
from .settings import Settings, subscriptions
from .store import Store

__all__ = ["serve", "state_folder"]

_LOG = logging.getLogger("edge.agent")

# The broker keeps what was asked meanwhile: long enough for a restart or an update, short enough that nobody is
# answered about something long past. Devices of a pool keep nothing: what is parked with one, no other answers.
_SESSION_S = 300
# Bytes of QoS 0 requests that may wait: enough for a burst, nothing that a small board would feel.
_FLOOD = 8 << 20


def state_folder(name: str) -> Path:
    """Where an agent keeps what it owes: systemd's state folder, or the user's."""
    if folder := os.environ.get("STATE_DIRECTORY"):
        return Path(folder.split(":")[0])
    state = os.environ.get("XDG_STATE_HOME") or "~/.local/state"
    return Path(state).expanduser() / "bitnet-edge" / name


class _OneLine(logging.Formatter):
    """Log lines that stay lines: whatever a request brings along cannot draw on a terminal or fake an entry."""

    def format(self, record: logging.LogRecord) -> str:
        text = record.getMessage()
        if record.exc_info and record.exc_info[1]:
            text += f": {record.exc_info[1]}"
        clean = "".join(c if c.isprintable() else "\ufffd" for c in text)
        return f"{self.formatTime(record)} {record.levelname.lower()} {clean}"


def log_to_stderr() -> None:
    """One line an event, on standard error: systemd's journal adds the rest."""
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine())
    root = logging.getLogger("edge")
    root.addHandler(handler)
    root.setLevel(logging.INFO)


def _read_ahead(model: Model, name: str) -> None:
    """Bring the model into memory before we are ready; a service manager sees that it goes on."""
    notifier = Notifier()
    for done, total in model.read_ahead():
        notifier.loading(f"{name}: loading, {100 * done // total} %")


def serve(
    settings: Settings,
    broker: Broker | None,
    model: str,
    *,
    ports: Sequence[tuple[str, int]] = (),
    state: Path | None = None,
    threads: int | str = AUTO,
    context: int | None = None,
    kv: str = "f16",
    memory: int | None = None,
    meter: Sensor | None = None,
    force: bool = False,
) -> None:
    """Run an agent until SIGTERM or SIGINT; a second signal ends it at once.

    ``broker`` and ``ports`` (name, baud): where prompts come from; one of them at least. ``state``: folder for what it
    owes (default: :func:`state_folder`). ``memory``: most bytes that it may hold beside the model's file (default: no
    bound of its own). ``meter``: what measures the board's power (default: its own sensor). The rest as for
    :func:`edge.load`. Raises :class:`~edge.errors.EdgeError` when the model or the store cannot be opened; a broker
    that is away, or a port that is not there yet, is waited for.
    """
    boot = uuid.uuid4().hex
    topics = DeviceTopics(settings.name)
    with load(model, threads=threads, context=context, sequences=settings.together, kv=kv, force=force) as loaded:
        tokenizer = loaded.tokenizer  # now, not with the first request
        if memory is not None:
            bound(loaded, memory)
        _read_ahead(loaded, settings.name)
        store = Store((state or state_folder(settings.name)) / "requests.db")
        chat, largest = tokenizer.has_chat_template, settings.limits.payload_bytes
        links: list[Transport] = [
            SerialDevice(port, baud, device=settings.name, largest=largest, chat=chat) for port, baud in ports
        ]
        if broker is not None:
            link = Link(
                broker,
                f"edge-{settings.name}",
                subscribe=subscriptions(settings),
                will=Will(topics.status, encode(status_message("lost", boot))),
                session_s=0 if settings.pools else _SESSION_S,
                flood=_FLOOD,
            )
            links.append(link)
        passed = passed_files()  # of sensors that only root may open
        telemetry = Telemetry(find=lambda: meter or find_sensor(passed=passed), look_s=settings.health_s)
        agent = Agent(settings, loaded, store, links, boot, telemetry)

        def stop(number: int, _frame: FrameType | None) -> None:
            signal.signal(number, signal.SIG_DFL)
            agent.stop()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        info = loaded.info()
        _LOG.info(
            "%s: %s on %s, %d threads, %d for a single token (%s), vocabulary %d, %s",
            settings.name,
            loaded.folder.name,
            info["isa"],
            info["threads"],
            info["decode_threads"],
            info["threads_why"],
            tokenizer.vocab_size,
            ", ".join(map(repr, links)),
        )
        try:
            with telemetry:
                agent.run()
        finally:
            store.close()
        _LOG.info("%s: stopped", settings.name)
