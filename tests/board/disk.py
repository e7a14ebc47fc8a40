"""What a board boots from: an ext4 disk of a tree of files, and the small initramfs that finds it."""

from __future__ import annotations

import gzip
import lzma
import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Final

from tests.board.debian import Entry, Tree
from tests.board.programs import program

#: What reaches the disk, besides what these need; a kernel that has one built in has no file of it.
MODULES: Final = ("virtio_mmio", "virtio_blk", "crc32c_generic", "ext4")
INIT: Final = """\
#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /root
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sys /sys
/bin/busybox mount -t devtmpfs dev /dev
for module in LOADED; do /bin/busybox insmod /$module; done
init=/sbin/init
for word in $(/bin/busybox cat /proc/cmdline); do
    case $word in board.init=*) init=${word#board.init=} ;; esac
done
tries=0
until [ -b /dev/vda ] || [ $tries -gt 200 ]; do tries=$((tries + 1)); /bin/busybox usleep 50000; done
/bin/busybox mount -t ext4 -o rw,noatime /dev/vda /root || exec /bin/busybox poweroff -f
for folder in proc sys dev; do /bin/busybox mount --move /$folder /root/$folder; done
exec /bin/busybox switch_root /root $init
"""


def make_disk(tree: Tree, disk: Path, size: str = "4G") -> None:
    """Write the tree as an ext4 file system into the (sparse) file `disk`, owned as the tree says.

    mke2fs copies what this user may create, and debugfs then sets the owners: so it takes no root, and with root the
    result is the same.
    """
    options = ["-q", "-F", "-t", "ext4", "-L", "board", "-m", "0", "-E", "lazy_itable_init=0,nodiscard,root_owner=0:0"]
    mke2fs = program("mke2fs")
    settings = Path(mke2fs).parent.parent / "etc/mke2fs.conf"  # where it was unpacked; else it finds its own
    environment = os.environ | ({"MKE2FS_CONFIG": str(settings)} if settings.exists() else {})
    subprocess.run(
        [mke2fs, *options, "-d", str(tree.root), str(disk), size],
        env=environment,
        stdout=subprocess.DEVNULL,
        check=True,
    )
    wishes = "".join(_wishes(tree))
    done = subprocess.run(
        [program("debugfs"), "-w", "-f", "-", str(disk)], input=wishes, capture_output=True, text=True, check=False
    )
    wrong = [line for line in done.stderr.splitlines()[1:] if line.strip()]  # the first line is its version
    if done.returncode != 0 or wrong:
        raise RuntimeError(f"debugfs could not set the owners: {wrong[:5]}")


def _wishes(tree: Tree) -> list[str]:
    """Return debugfs's commands for every file that is not owned or allowed here as it shall be there."""
    commands = []
    for folder, names, files in os.walk(tree.root):
        for name in (*names, *files):
            path = Path(folder, name)
            here = path.lstat()
            inner = path.relative_to(tree.root).as_posix()
            there = tree.entries.get(inner, Entry(0, 0, stat.S_IMODE(here.st_mode)))
            if here.st_uid != there.uid:
                commands.append(f'set_inode_field "/{inner}" uid {there.uid}\n')
            if here.st_gid != there.gid:
                commands.append(f'set_inode_field "/{inner}" gid {there.gid}\n')
            if stat.S_IMODE(here.st_mode) != there.mode:
                commands.append(f'set_inode_field "/{inner}" mode 0{stat.S_IFMT(here.st_mode) | there.mode:o}\n')
    return commands


def make_initramfs(modules: Path, busybox: Path, target: Path) -> None:
    """Write an initramfs that mounts /dev/vda and goes on with board.init= of the command line, or with systemd."""
    found = {path.name.split(".")[0].replace("-", "_"): path for path in modules.rglob("*.ko*")}
    files: dict[str, bytes] = {}
    for name in MODULES:
        _add_module(name, found, files)
    init = INIT.replace("LOADED", " ".join(files))
    records = [
        ("bin", 0o040755, b""),
        ("bin/busybox", 0o100755, busybox.read_bytes()),
        ("init", 0o100755, init.encode()),
        *((name, 0o100644, content) for name, content in files.items()),
        ("TRAILER!!!", 0, b""),
    ]
    archive = b"".join(_newc(number, *record) for number, record in enumerate(records, 1))
    target.write_bytes(gzip.compress(archive, 6, mtime=0))


def _add_module(name: str, found: dict[str, Path], files: dict[str, bytes]) -> None:
    """Add a module to `files`, after those that it says it needs."""
    if name in files or name not in found:
        return
    content = found[name].read_bytes()
    if found[name].suffix == ".xz":
        content = lzma.decompress(content)
    needed = re.search(rb"\0depends=([^\0]*)\0", content)
    for other in needed.group(1).decode().split(",") if needed else ():
        _add_module(other.replace("-", "_"), found, files)
    files[name] = content


def _newc(number: int, name: str, mode: int, content: bytes) -> bytes:
    """Return one file of a cpio archive in the kernel's form: a header of hexadecimal numbers, all padded to 4."""
    fields = (number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0)
    header = b"070701" + b"".join(b"%08x" % value for value in fields) + name.encode() + b"\0"
    return b"".join(part + b"\0" * (-len(part) % 4) for part in (header, content))
