"""Looking at boards without changing anything: many at once, and what was seen in a few lines."""

from __future__ import annotations

import functools
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from edge.errors import BoardUnreachable, EdgeError

from .progress import duration
from .rollout_table import plain
from .targets import Chosen

if TYPE_CHECKING:
    from devices.facts import Disk, Facts
    from provisioning.connection import Board
    from provisioning.manifest import Installed

__all__ = ["Look", "ending", "lines", "look_at", "look_here", "seen"]

_PARALLEL = 16
_PATIENCE_S = 90
_GB = 1e9
_REFUSED, _UNREACHABLE = 2, 3


@dataclass(frozen=True)
class Look:
    """What a board said: ``raw`` as it came, ``facts`` and ``installed`` as understood, ``now`` by our clock.

    ``reads``: bytes/s that so many processes read from its memory together; empty where that was not measured.
    """

    raw: Mapping[str, Any]
    facts: Facts
    installed: Installed
    now: float
    reads: Mapping[int, float] = field(default_factory=dict)

    def self_check(self, model: str) -> float | None:
        """Tokens/s of ``model`` there, as the current release's self-check measured them; None if it has another."""
        for release in self.raw["edge"].get("releases") or ():
            known = self.installed.release(release.get("id"))
            if known and known.id == self.installed.current and known.model in {model, model.rpartition("/")[2]}:
                rate = (release.get("check") or {}).get("tok_s")
                return float(rate) if isinstance(rate, int | float) and rate > 0 else None
        return None


def look_at(boards: Sequence[Chosen], *, bandwidth: bool = False) -> tuple[dict[str, Look], dict[str, EdgeError]]:
    """Probe boards, several at a time: those that answered, and why the others did not, by name.

    ``bandwidth``: also measure how fast they read their memory, which takes each a second or two.
    """
    look = functools.partial(_look, bandwidth=bandwidth)
    with ThreadPoolExecutor(min(len(boards), _PARALLEL)) as pool:
        answers = dict(zip((board.name for board in boards), pool.map(look, boards), strict=True))
    found = {name: answer for name, answer in answers.items() if isinstance(answer, Look)}
    errors = {name: answer for name, answer in answers.items() if isinstance(answer, EdgeError)}
    return found, errors


def look_here(prefix: str = "") -> Look:
    """This machine, by the very script that a board would run; ``prefix`` as for that. Raises EdgeError."""
    from devices import probe

    if sys.platform != "linux":
        raise EdgeError("only Linux can be examined; name a board: pi@HOST")
    try:
        done = subprocess.run(
            probe.COMMAND.split(), input=probe.script(prefix), capture_output=True, timeout=_PATIENCE_S, check=False
        )
        return seen(probe.parse(done.stdout), "this machine")
    except subprocess.TimeoutExpired:
        raise EdgeError(
            f"looking at this machine took more than {_PATIENCE_S} s; is a disk or mount hanging?"
        ) from None
    except ValueError as error:
        raise EdgeError(f"this machine: {error}") from error


def seen(raw: Mapping[str, Any], where: str) -> Look:
    """What a probe's answer shows. Raises BoardUnfit."""
    from provisioning.probed import understood

    return Look(raw, *understood(raw, where), time.time())


def _look(board: Chosen, *, bandwidth: bool) -> Look | EdgeError:
    from provisioning.connection import open_board

    try:
        with open_board(board.target) as opened:
            look = seen(opened.probe(), board.name)
            return replace(look, reads=_reads(opened, look.facts)) if bandwidth else look
    except EdgeError as error:
        return error


def _reads(board: Board, facts: Facts) -> Mapping[int, float]:
    """How fast a board reads its memory; empty where its Python cannot tell."""
    from devices import bandwidth

    if facts.python is None or facts.python.version is None:
        return {}
    command = [facts.python.path, "-I", "-S", "-"]
    _, said, _ = board.run(command, input=bandwidth.SCRIPT.encode(), timeout_s=bandwidth.SECONDS)
    try:
        return bandwidth.measured(said)
    except ValueError:
        return {}


def ending(errors: Mapping[str, EdgeError], *, found: bool) -> int:
    """Say which boards were not seen, and why; the exit code that this is worth. Raises the reason if none was."""
    if errors and not found and len(errors) == 1:
        raise next(iter(errors.values()))
    for name, error in errors.items():
        print(plain(f"edge: error: {name}: {error}"), file=sys.stderr)
    if not errors:
        return 0
    return _UNREACHABLE if all(isinstance(error, BoardUnreachable) for error in errors.values()) else _REFUSED


def lines(name: str, look: Look) -> list[str]:
    """A board in a few lines, for a person."""
    facts = look.facts
    cells = [
        ("board", _board(facts)),
        ("processor", _processor(facts)),
        ("memory", _memory(facts)),
        *([("reads", _rates(look.reads))] if look.reads else []),
        ("power", _power(facts)),
        ("system", _system(facts)),
        ("python", _python(facts)),
        ("storage", "unknown" if facts.disk is None else _storage(facts.disk)),
        ("user", _user(facts)),
        ("clock", _clock(facts, look.now)),
        ("edge", _edge(look.installed)),
    ]
    return [plain(name), *(f"  {title:10} {plain(text)}" for title, text in cells)]


def _board(facts: Facts) -> str:
    from devices.boards import recognise

    known = recognise(facts)
    parts = [facts.model or (known.name if known else "of a kind we do not know")]
    if facts.temperature_c is not None:
        parts.append(f"{facts.temperature_c:.0f} °C")
    if facts.uptime_s is not None:
        parts.append(f"up {duration(facts.uptime_s)}")
    return ", ".join(parts)


def _processor(facts: Facts) -> str:
    from devices.boards import recognise

    known = recognise(facts)
    name = known.cpu if known and known.isa else facts.cpu.name or ", ".join(facts.cpu.parts) or "of unknown design"
    parts = [facts.machine, f"{facts.cpu.cores} cores ({name})", *_clocks(facts), f"kernels: {facts.isa}"]
    return ", ".join(parts)


def _clocks(facts: Facts) -> list[str]:
    """The clock of the fastest cores, as it is and as it could be."""
    fastest = max(facts.clocks, key=lambda clock: clock.most, default=None)
    if fastest is None:
        return []
    now = "" if fastest.now is None else f"{fastest.now:.0f} of "
    return [f"{now}{fastest.most:.0f} MHz"]


def _rates(reads: Mapping[int, float]) -> str:
    rates = ", ".join(f"{rate / 1e9:.1f} by {count}" for count, rate in sorted(reads.items()))
    return f"GB/s of its memory: {rates} (processes at the same time)"


def _power(facts: Facts) -> str:
    from devices.energy import power_source

    measured = power_source(facts)
    mode = [f"mode {facts.power_mode}"] if facts.power_mode else []
    return ", ".join([*mode, f"measured by {measured}" if measured else "no sensor"])


def _memory(facts: Facts) -> str:
    memory = facts.memory
    swap = sum(swap.size for swap in facts.swap)
    limits = {True: "limits work", False: "limits do nothing", None: "limits unknown"}[memory.cgroup]
    swapped = f"{_gb(swap)} of swap" if swap else "no swap"
    return f"{_gb(memory.available)} of {_gb(memory.total)} available, {swapped}, {limits}"


def _system(facts: Facts) -> str:
    parts = [facts.os.pretty or facts.os.id or "unknown", "? bits" if facts.bits is None else f"{facts.bits}-bit"]
    parts.append("no glibc" if facts.glibc is None else f"glibc {facts.glibc[0]}.{facts.glibc[1]}")
    parts.append("no systemd" if facts.systemd is None else f"systemd {facts.systemd}")
    return ", ".join([*parts, f"kernel {facts.kernel}" if facts.kernel else "kernel unknown"])


def _python(facts: Facts) -> str:
    if facts.python is None:
        return "none"
    version = facts.python.version
    return f"{facts.python.path} ({'does not run' if version is None else '.'.join(map(str, version))})"


def _storage(disk: Disk) -> str:
    kind = f"{disk.type or 'unknown'}{', an SD card' if disk.card else ''}{', read-only' if disk.readonly else ''}"
    files = "" if disk.inodes_free is None else f", room for {disk.inodes_free:,} files"
    return f"{disk.path} on {disk.device or '?'} ({kind}): {_gb(disk.free)} of {_gb(disk.size)} free{files}"


def _user(facts: Facts) -> str:
    if facts.uid == 0:
        return f"{facts.user or 'root'}, who may do everything"
    sudo = {"free": "sudo asks nothing", "password": "sudo asks for the password", "hangs": "sudo hangs"}
    return f"{facts.user or '?'}, {sudo.get(facts.sudo, 'no sudo')}"


def _clock(facts: Facts, now: float) -> str:
    if facts.clock is None:
        return "unknown"
    shown = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(min(max(facts.clock, 0), 253402300799)))
    apart = abs(facts.clock - now)
    return (
        f"{shown}, as ours" if apart < 3 else f"{shown}, {duration(apart)} {'behind' if facts.clock < now else 'ahead'}"
    )


def _edge(installed: Installed) -> str:
    if installed.current is None:
        return "not deployed"
    release = installed.release(installed.current)
    status = (installed.service or {}).get("StatusText", "")
    what = f"release {installed.current}{f' with {release.model}' if release else ', which is gone'}"
    return f"{what}, {'running' if installed.running else 'not running'}{f': {status}' if status else ''}"


def _gb(size: float) -> str:
    return f"{size / 1e6:.0f} MB" if size < _GB else f"{size / _GB:.1f} GB"
