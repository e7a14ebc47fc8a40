"""Debian packages of another architecture laid out as `dpkg --unpack` would leave them, without dpkg and without root.

What the packages' own scripts do ("configure") needs the other processor: image.py has the board itself do that.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

#: Nobody reads these on a test board; a third of all files.
LEFT_OUT: Final = tuple(f"usr/share/{name}/" for name in ("doc", "info", "lintian", "locale", "man"))
#: Since the merge of / and /usr these are links, which packages of Debian 12 still write through.
MERGED: Final = ("bin", "lib", "sbin")


@dataclass(frozen=True)
class Entry:
    """Who owns a file of the board and what may be done with it."""

    uid: int
    gid: int
    mode: int


@dataclass
class Tree:
    """A board's files below `root`, owned by whoever runs this, and in `entries` who owns them on the board."""

    root: Path
    entries: dict[str, Entry] = field(default_factory=dict)

    def folder(self, name: str, mode: int = 0o755) -> None:
        (self.root / name).mkdir(parents=True, exist_ok=True)
        self.entries[name] = Entry(0, 0, mode)

    def file(self, name: str, content: str | bytes, mode: int = 0o644) -> None:
        path = self.root / name
        for parent in reversed(PurePosixPath(name).parents):
            if str(parent) != "." and str(parent) not in self.entries:
                self.folder(str(parent))
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.entries[name] = Entry(0, 0, mode)


def merged(name: str) -> str:
    """Return a package's file name, without leading ./, as it is where / and /usr are one."""
    first, _, rest = name.removeprefix("./").strip("/").partition("/")
    return f"usr/{first}/{rest}".rstrip("/") if first in MERGED else f"{first}/{rest}".rstrip("/")


def lay_out(debs: list[Path], root: Path) -> Tree:
    """Unpack the packages below `root` and tell the board's dpkg that they wait for being configured."""
    tree = Tree(root)
    tree.folder("usr")
    for name in MERGED:
        tree.folder(f"usr/{name}")
        (root / name).symlink_to(f"usr/{name}")
    tree.folder("var/lib/dpkg/info")
    status = "".join(_package(deb, tree) for deb in debs)
    tree.file("var/lib/dpkg/status", status)
    tree.file("var/lib/dpkg/available", "")
    tree.file("var/lib/dpkg/info/format", "1\n")
    return tree


def _package(deb: Path, tree: Tree) -> str:
    """Unpack one package; return its paragraph for dpkg's list."""
    control: dict[str, bytes] = {}
    with _archive(deb, "--ctrl-tarfile") as archive:
        for member in archive:
            if member.isfile() and (reader := archive.extractfile(member)):
                control[member.name.removeprefix("./")] = reader.read()
    names = []
    with _archive(deb, "--fsys-tarfile") as archive:
        for member in archive:
            names.append("/" + (member.name.removeprefix("./").rstrip("/") or "."))
            _member(archive, member, tree)
    paragraph = control.pop("control").decode().strip()
    about = dict(line.split(": ", 1) for line in paragraph.splitlines() if not line.startswith(" ") and ": " in line)
    name = about["Package"]
    if about.get("Multi-Arch") == "same":
        name += f":{about['Architecture']}"
    control["list"] = "".join(f"{path}\n" for path in names).encode()
    for kind, content in control.items():
        script = kind in ("preinst", "postinst", "prerm", "postrm", "config")
        tree.file(f"var/lib/dpkg/info/{name}.{kind}", content, 0o755 if script else 0o644)
    status = "Status: install ok unpacked"
    if "conffiles" in control:  # already in place, so dpkg needs only the sums to tell its own from changed ones
        status += "\nConffiles:"
        for path in control["conffiles"].decode().split():
            content = (tree.root / merged(path)).read_bytes()
            status += f"\n {path} {hashlib.md5(content, usedforsecurity=False).hexdigest()}"
    return paragraph.replace("\n", f"\n{status}\n", 1) + "\n\n"


@contextmanager
def _archive(deb: Path, part: str) -> Iterator[tarfile.TarFile]:
    with (
        subprocess.Popen(["dpkg-deb", part, str(deb)], stdout=subprocess.PIPE) as reader,
        tarfile.open(fileobj=reader.stdout, mode="r|") as archive,
    ):
        yield archive


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo, tree: Tree) -> None:
    name = merged(member.name)
    if not name or name.startswith(LEFT_OUT) or (name in tree.entries and member.isdir()):
        return
    path = tree.root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if member.isdir():
        path.mkdir(exist_ok=True)
    elif member.issym():
        path.symlink_to(member.linkname)
        return
    elif member.islnk():
        os.link(tree.root / merged(member.linkname), path)
        return
    elif reader := archive.extractfile(member):
        path.write_bytes(reader.read())
        os.utime(path, (member.mtime, member.mtime))
    tree.entries[name] = Entry(member.uid, member.gid, member.mode)
