"""Print the files that a wheel of this checkout holds, beside the compiled extension: one path a line.

Found rather than listed: a hand-kept list forgets the newest file, and only the user of the wheel notices.
"""

from __future__ import annotations

from pathlib import Path

PACKAGES = ("cython_kernels", "devices", "edge", "provisioning")
#: Data that a package reads at run time, by the folder it lies in, or by what its name ends in.
DATA = ("edge/models/",)
SUFFIXES = {".py", ".pyi", ".sh", ".toml"}


def package_files(root: Path) -> list[str]:
    """Return the installed files below `root` (the checkout), as sorted POSIX paths relative to it."""
    found = []
    for package in PACKAGES:
        for path in (root / package).rglob("*"):
            name = path.relative_to(root).as_posix()
            hidden = any(part.startswith(".") or part == "__pycache__" for part in Path(name).parts)
            wanted = path.suffix in SUFFIXES or path.name == "py.typed" or name.startswith(DATA)
            if wanted and not hidden and path.is_file():
                found.append(name)
    return sorted(found)


if __name__ == "__main__":
    print("\n".join(package_files(Path(__file__).resolve().parent.parent)))
