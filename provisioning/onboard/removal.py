"""Taking away: releases and files nobody needs, a first install that failed, and everything."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from pathlib import Path

from . import files, releases, systemd
from .journal import Journal
from .layout import AGENT, SWITCH, Layout
from .trial import Trial

__all__ = ["clear_first", "disable_switch", "discard", "prune", "uninstall"]


def discard(layout: Layout, name: str) -> None:
    """Remove a release. First its name goes, in one step: half a release is never among the releases."""
    if layout.release(name).is_dir():
        files.remove_tree(layout.going(name))
        files.rename(layout.release(name), layout.going(name))
    files.remove_tree(layout.going(name))


def prune(layout: Layout, keep: Iterable[str], journal: Journal) -> int:
    """Remove all releases but those to ``keep`` and those in use, then files without a release; return bytes freed."""
    trial = Trial.read(layout)
    stay = {*keep, layout.current_release(), *((trial.new, trial.old) if trial else ())}
    for name in releases.installed(layout):
        if name not in stay:
            journal.step("prune", "release", f"removing release {name}", id=name)
            discard(layout, name)
    journal.step("prune", "files", "removing files that no release uses")
    releases.sweep(layout)
    freed = 0
    for blob in sorted(layout.blobs.iterdir()) if layout.blobs.is_dir() else []:
        found = blob.stat()
        # An upload that was begun belongs to a release that was not made; whoever wants it begins again.
        if found.st_nlink == 1 or blob.suffix == ".part":
            blob.unlink()
            freed += found.st_size
    return freed


def _unlink_units(layout: Layout, service: str) -> bool:
    """Make systemd forget a service at boot and in life; say whether there was anything."""
    paths = [layout.wants / f"{service}.service", layout.units / f"{service}.service"]
    paths += [files.temporary(path) for path in paths]
    there = [path for path in paths if path.is_symlink() or path.exists()]
    for path in there:
        files.remove(path)
    return bool(there)


def clear_first(layout: Layout, name: str, *, state: bool) -> None:
    """Undo a first install; ``state``: also the agent's folder, which was not there before."""
    systemd.stop(AGENT)
    _unlink_units(layout, AGENT)
    files.remove(layout.current)
    systemd.reload()
    systemd.forget(AGENT)
    discard(layout, name)
    if state:
        _remove_state(layout)


def disable_switch(layout: Layout) -> None:
    """Remove the service that switches; it may be the one that calls this."""
    _unlink_units(layout, SWITCH)
    files.remove(layout.program)
    systemd.reload()


def _remove_state(layout: Layout) -> bool:
    there = [path for path in layout.state if path.is_symlink() or path.exists()]
    for path in reversed(there):  # the link before what it leads to
        files.remove_tree(path)
    return bool(there)


def uninstall(layout: Layout, journal: Journal, *, purge: bool) -> bool:
    """Leave the board as it was; without ``purge`` the agent's accepted prompts stay. Whether anything was there.

    What starts at boot goes first, so that a cut leaves an agent that runs as before, or files that nobody starts.
    """
    journal.step("uninstall", "stop", "stopping the agent")
    systemd.stop(SWITCH)
    systemd.stop(AGENT)
    journal.step("uninstall", "units", "removing its services")
    there = [_unlink_units(layout, service) for service in (AGENT, SWITCH)]
    with contextlib.suppress(OSError):  # others' services are in it; empty, it was ours
        layout.wants.rmdir()
    systemd.reload()
    for service in (AGENT, SWITCH):
        systemd.forget(service)
    journal.step("uninstall", "files", "removing releases and files")
    there += [layout.current.is_symlink(), layout.releases.is_dir(), layout.program.exists()]
    for path in (layout.trial, layout.current):
        files.remove(path)
    for name in releases.installed(layout):
        discard(layout, name)
    if purge:
        journal.step("uninstall", "state", "removing accepted prompts")
        there.append(_remove_state(layout))
    _remove_root(layout.root)
    return any(there)


def _remove_root(root: Path) -> None:
    for path in root.iterdir():
        files.remove_tree(path)
    with contextlib.suppress(OSError):  # a disk of its own may be mounted there
        root.rmdir()
        files.sync_folder(root.parent)
