"""Debian packages unpacked into a folder of ours: no root, nothing of the system changed.

apt does the work (it chooses, downloads and checks signatures) with state and cache folders of its own, so it may look
at another architecture's packages, too. Standard library only: this runs before there is a virtual environment.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path


class DebsError(Exception):
    """The packages could not be had; the message says why and what to type instead."""


def user_cache() -> Path:
    """Return the folder for what can be made again: $EDGE_HOME, else bitnet-edge in the user's cache."""
    home = os.environ.get("EDGE_HOME")
    if home:
        return Path(home)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bitnet-edge"


def distribution() -> str:
    """Return this machine's distribution and release: its apt sources decide which versions come."""
    try:
        return Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return ""


def cached(name: str, recipe: list[str], make: Callable[[Path], None]) -> Path:
    """Return the folder that `make(folder)` fills, from the cache if this very recipe was made before.

    `name` may hold slashes. The folder is filled under another name and renamed: an interrupted run leaves nothing
    that looks finished, and of two runs at once the second to finish throws its own away.
    """
    final = user_cache() / f"{name}-{hashlib.sha256(repr(recipe).encode()).hexdigest()[:16]}"
    if final.is_dir():
        return final
    final.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{final.name}-", dir=final.parent))
    try:
        make(scratch)
        try:
            scratch.rename(final)
        except OSError:
            if not final.is_dir():
                raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return final


def _run(command: list[str], cwd: Path) -> tuple[int, str]:
    # A hanging mirror must not hang us; the last lines are what a person needs to see.
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return done.returncode, "\n".join(done.stdout.strip().splitlines()[-6:])


def _private_apt(state: Path, arch: str) -> list[str]:
    """Return the options that give apt its own state, in which nothing is installed and `arch` is the machine's."""
    for folder in ("lists/partial", "cache/archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    options = {
        "APT::Architecture": arch,
        "APT::Architectures": arch,
        "APT::Sandbox::User": "root",
        "APT::Install-Recommends": "false",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
        "Acquire::http::Timeout": "30",
        "Debug::NoLocking": "true",
        "Dir::State": str(state),
        "Dir::State::lists": str(state / "lists"),
        "Dir::State::status": str(state / "status"),
        "Dir::Cache": str(state / "cache"),
    }
    extra = os.environ.get(f"EDGE_APT_SOURCE_{arch.upper()}")
    if extra:  # one-line format; for distributions that keep other architectures on other servers
        (state / "sources.list").write_text(extra + "\n", encoding="utf-8")
        options |= {"Dir::Etc::sourcelist": str(state / "sources.list"), "Dir::Etc::sourceparts": "-"}
    return [part for key, value in options.items() for part in ("-o", f"{key}={value}")]


def unpack(packages: list[str], target: Path, *, arch: str | None = None, closure: bool = False) -> None:
    """Unpack `packages`, with everything they depend on if `closure`, below `target`.

    `arch` is Debian's name of an architecture (default: this machine's). Raises DebsError.
    """
    work = target / ".debs"
    try:
        for deb in download(packages, work, arch=arch, closure=closure):
            subprocess.run(["dpkg-deb", "-x", str(deb), str(target)], check=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def download(packages: list[str], work: Path, *, arch: str | None = None, closure: bool = False) -> list[Path]:
    """Return the files of `packages`, with those of everything they depend on if `closure`, in or below `work`.

    Raises DebsError.
    """
    missing = [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]
    if missing:
        raise DebsError(f"{missing[0]} is not there: this machine is no Debian, Ubuntu or Raspberry Pi OS")
    native = subprocess.run(["dpkg", "--print-architecture"], capture_output=True, text=True, check=True).stdout.strip()
    work.mkdir(parents=True, exist_ok=True)
    _download(packages, work, arch or native, closure=closure, native=arch in (None, native))
    return sorted(work.rglob("*.deb"))


def _download(packages: list[str], work: Path, arch: str, *, closure: bool, native: bool) -> None:
    if native and not closure and _run(["apt-get", "-q", "download", *packages], work)[0] == 0:
        return  # the system's own package lists were there and fresh
    apt = ["apt-get", "-q", *_private_apt(work, arch)]
    _, update = _run([*apt, "update"], work)  # one broken third-party source fails it all: judge by the download
    verb = ["install", "-y", "--download-only"] if closure else ["download"]
    code, said = _run([*apt, *verb, *packages], work)
    if code != 0:
        raise DebsError(f"apt could not fetch {' '.join(packages)} ({arch}):\n{update}\n{said}")
