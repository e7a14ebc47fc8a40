"""Programs from Debian's packages, unpacked into the user's cache where they are not installed: no root is needed."""

from __future__ import annotations

from pathlib import Path

from tools.debs import cached, distribution, unpack

__all__ = ["unpacked"]

# With the libraries that came along and by their own loader, too: this machine's may be of another libc. The folder
# gets its name only when it is full, so a script finds all from where it lies itself.
_SCRIPT = """\
#!/bin/sh
root=$(dirname "$(dirname "$(readlink -f "$0")")")
for loader in "$root"/lib*/ld-linux*.so.* "$root"/lib/*/ld-linux*.so.* "$root"/usr/lib*/ld-linux*.so.* \
    "$root"/usr/lib/*/ld-linux*.so.*; do
    [ -e "$loader" ] && break
done
libraries=
for folder in "$root"/lib/*-linux-* "$root"/usr/lib/*-linux-*; do
    libraries="$libraries:$folder"
done
exec "$loader" --library-path "${libraries#:}" "$root/PROGRAM" "$@"
"""


def unpacked(name: str, packages: list[str]) -> Path:
    """The folder of some packages and all they depend on; their programs can be started as ``run/<program>``.

    Raises DebsError.
    """

    def make(folder: Path) -> None:
        unpack(packages, folder, closure=True)
        scripts = folder / "run"
        scripts.mkdir()
        # Debian 12 still has some packages whose programs lie beside /usr, not below it.
        places = ("sbin", "bin", "usr/sbin", "usr/bin", "usr/lib/openssh")
        for path in [path for place in places for path in folder.glob(f"{place}/*")]:
            script = scripts / path.name
            if not path.is_symlink() and path.read_bytes()[:4] == b"\x7fELF":
                script.write_text(_SCRIPT.replace("PROGRAM", str(path.relative_to(folder))), encoding="utf-8")
                script.chmod(0o755)

    return cached(name, [*packages, "started by its own loader", distribution()], make)
