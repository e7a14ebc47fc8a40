"""Releases: made beside their place, and there only when they are complete."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path

from . import files, packages
from .blobs import Blobs
from .failure import Failure
from .journal import Journal
from .layout import Layout
from .manifest import Release, read
from .process import run

__all__ = ["installed", "load", "make", "sweep"]

#: What the unit's text says for the folder of its release, whose name is made from that very text.
_PLACEHOLDER = "@RELEASE@"


def installed(layout: Layout) -> list[str]:
    """The ids of the releases that are complete."""
    try:
        entries = sorted(layout.releases.iterdir())
    except FileNotFoundError:
        return []
    return [entry.name for entry in entries if not entry.name.startswith(".")]


def load(layout: Layout, name: str) -> Release:
    """Read a release's manifest. Raises Failure (install) where the board has no such release."""
    try:
        text = (layout.release(name) / "manifest.json").read_bytes()
        return read(json.loads(text))
    except (OSError, ValueError) as error:
        raise Failure("install", f"the board has no release {name}: deploy it again") from error


def sweep(layout: Layout) -> None:
    """Remove what an interrupted deploy or removal left between the releases."""
    if layout.releases.is_dir():
        for entry in layout.releases.glob(".*"):
            files.remove_tree(entry)


def make(
    layout: Layout,
    release: Release,
    blobs: Blobs,
    secrets: Mapping[str, bytes],
    journal: Journal,
    watch: Callable[[], None],
) -> None:
    """Make a release from its blobs, unless it is there. Raises Failure and leaves nothing of it."""
    if layout.release(release.id).is_dir():
        return
    missing = [name for name in release.secrets if name not in secrets]
    if missing:
        raise Failure("install", f"never sent, and the release needs it: {', '.join(missing)}")
    try:
        _fill(layout, release, blobs, secrets, journal, watch)
    except BaseException:
        with contextlib.suppress(OSError):  # where even this fails, the next deploy sweeps it up
            files.remove_tree(layout.making(release.id))
        raise


def _fill(
    layout: Layout,
    release: Release,
    blobs: Blobs,
    secrets: Mapping[str, bytes],
    journal: Journal,
    watch: Callable[[], None],
) -> None:
    folder, final = layout.making(release.id), layout.release(release.id)

    def step(name: str, text: str) -> None:
        watch()
        journal.step("install", name, text, id=release.id)

    step("sweep", "removing what an interrupted deploy left")
    sweep(layout)
    files.make_folder(layout.releases)
    folder.mkdir(mode=0o755)
    step("files", "checking the files and putting them in place")
    for wheel in (release.pip, *release.wheels):
        blobs.link(wheel, folder / "wheels" / wheel.path, watch)
    for piece in release.model_files:
        blobs.link(piece, folder / "model" / piece.path, watch)
    step("settings", "writing settings")
    _write_settings(release, folder, str(final), secrets)
    step("venv", "making a virtual environment")
    venv = folder / "venv"
    packages.make_venv(release.python, venv, watch)
    step("packages", f"installing {len(release.wheels)} packages")
    wheels = [folder / "wheels" / wheel.path for wheel in release.wheels]
    packages.install(venv, folder / "wheels" / release.pip.path, wheels, watch)
    step("compile", "compiling Python files")
    packages.compile_all(venv, final / "venv", watch)
    step("sync", "bringing it to the disk")
    # One call for thousands of small files: an fsync for each takes a minute on an SD card.
    done = run(["sync", "-f", str(folder)], 600.0, watch)
    if done.code != 0:
        raise Failure("internal", "the board's disk does not take what was written: see 'dmesg' there", done.log)
    step("rename", "release complete")
    files.rename(folder, final)


def _write_settings(release: Release, folder: Path, final: str, secrets: Mapping[str, bytes]) -> None:
    (folder / "secrets").mkdir(mode=0o700)
    for name in release.secrets:
        files.write(folder / "secrets" / name, secrets[name], 0o600)
    files.write(folder / "edge-agent.service", release.unit.replace(_PLACEHOLDER, final).encode())
    files.write(folder / "expect.json", json.dumps(release.check).encode())
    files.write(folder / "manifest.json", release.text)
