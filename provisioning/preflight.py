"""What speaks against a deploy beyond the board itself: the room that this release needs on it."""

from __future__ import annotations

from collections.abc import Sequence

from devices import sizing
from devices.facts import Facts
from devices.findings import Finding

from .actions import Upload, size
from .manifest import Installed
from .wanted import Wanted

__all__ = ["check"]

# Measured on the locked packages: a wheel unpacks, byte-compiled, to 4.4 times its size, 2,100 files.
_UNPACKED = 5
_FILES = 3000
# What must stay free for the system and the agent's own store.
_SPARE_DISK = 64 << 20
# A context shortened by less than this nobody will notice.
_NOTEWORTHY = 0.75


def check(facts: Facts, installed: Installed, wanted: Wanted, uploads: Sequence[Upload]) -> list[Finding]:
    """Return errors and warnings; none where nothing must be sent and the model is the one that runs."""
    return [
        *_lock(installed),
        *_disk(facts, installed, wanted, uploads),
        *_memory(facts, wanted),
        *_broker(installed, wanted),
    ]


def _lock(installed: Installed) -> list[Finding]:
    holder = installed.lock
    if not holder or not holder.get("held"):
        return []
    return [
        Finding(
            "warning",  # it may end in a moment, as that of a connection that was just cut; the lock itself decides
            "locked",
            f"{holder.get('who', 'somebody')} is working on this board",
            "wait for them, or end their command",
        )
    ]


def _disk(facts: Facts, installed: Installed, wanted: Wanted, uploads: Sequence[Upload]) -> list[Finding]:
    if facts.disk is None or installed.release(wanted.manifest(facts).id):
        return []
    wheels = sum(wheel.size for wheel in wanted.wheels)
    need = sum(upload.blob.size - upload.offset for upload in uploads) + _UNPACKED * wheels + _SPARE_DISK
    found = []
    where = facts.disk.path
    if facts.disk.free < need:
        found.append(
            Finding(
                "error",
                "space",
                f"{size(facts.disk.free)} are free at {where}, the release needs {size(need)}",
                "free some: 'sudo apt-get clean', 'edge uninstall' (older releases go, too), or a larger card",
            )
        )
    if facts.disk.inodes_free is not None and facts.disk.inodes_free < _FILES:
        found.append(
            Finding(
                "error",
                "inodes",
                f"{facts.disk.inodes_free} files can still be made at {where}, the release needs {_FILES}",
                "remove small files there: 'df -i' and 'du --inodes -x / | sort -n | tail' show where they are",
            )
        )
    return found


def _memory(facts: Facts, wanted: Wanted) -> list[Finding]:
    share = wanted.share(facts)
    weights, total = wanted.appetite.weights, facts.memory.total
    if share is None:
        need = weights + sizing.least(wanted.appetite).private
        return [
            Finding(
                "warning" if wanted.force else "error",
                "memory",
                f"{wanted.model.name} needs at least {size(need)} ({size(weights)} of them weights), and the board has "
                f"{size(total)}, a fifth of which is the system's",
                "take a smaller model, or a smaller --context; --force tries it, reading weights from the disk again "
                "and again",
            )
        ]
    if wanted.appetite.context is None and share.context < _NOTEWORTHY * wanted.appetite.longest:
        return [
            Finding(
                "warning",
                "context",
                f"{size(total)} of memory leave room for {share.context} of the model's {wanted.appetite.longest} "
                f"tokens of context, {share.together} answers at once",
                "give --context and --together to divide it otherwise",
            )
        ]
    return []


def _broker(installed: Installed, wanted: Wanted) -> list[Finding]:
    """What no deploy of the same release can mend."""
    if not installed.running or installed.connected:
        return []
    said = (installed.service or {}).get("StatusText", "")
    return [
        Finding(
            "warning",
            "broker",
            f"the agent that runs there is not connected to its broker ({said or 'it says nothing'})",
            f"see whether {wanted.broker} is up and lets {wanted.device} in; 'edge logs HOST' has the agent's words",
        )
    ]
