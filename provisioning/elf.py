"""What a compiled extension asks of the machine that loads it, read from its ELF file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from abi3info import DATAS, FUNCTIONS
from elftools.elf.dynamic import DynamicSection
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerNeedSection
from elftools.elf.sections import SymbolTableSection

if TYPE_CHECKING:
    from pathlib import Path

MACHINES = {"EM_AARCH64": "aarch64", "EM_X86_64": "x86_64"}
#: The C library's own parts: all that a bare board surely has.
ALWAYS_THERE = re.compile(r"(libc|libm|libpthread|libdl|librt|ld-linux[-\w]*)\.so\.\d+")


class ElfError(Exception):
    """The file does not do what was claimed of it; the message goes on after the file's name."""


@dataclass(frozen=True)
class Extension:
    """The facts: processor, libraries and glibc needed, symbols taken from Python, symbols offered."""

    machine: str
    libraries: tuple[str, ...]
    glibc: tuple[int, int]
    python_symbols: frozenset[str]
    exported: frozenset[str]

    def require(self, machine: str, python: tuple[int, int], initialiser: str) -> None:
        """Raise ElfError unless this loads into any CPython from `python` on, on a bare `machine`."""
        if self.machine != machine:
            raise ElfError(f"is for {self.machine}, not {machine}")
        foreign = [name for name in self.libraries if not ALWAYS_THERE.fullmatch(name)]
        if foreign:
            raise ElfError(f"needs {', '.join(foreign)}, which a bare board lacks")
        outside = sorted(name for name in self.python_symbols if not _stable(name, python))
        if outside:
            raise ElfError(f"uses {', '.join(outside)}, not in the stable ABI of Python {python[0]}.{python[1]}")
        if self.exported != {initialiser}:
            raise ElfError(
                f"must offer {initialiser} alone, and offers {', '.join(sorted(self.exported)) or 'nothing'}"
            )


def _stable(name: str, python: tuple[int, int]) -> bool:
    for table in (FUNCTIONS, DATAS):
        for symbol, entry in table.items():
            if symbol.name == name:
                return (entry.added.major, entry.added.minor) <= python
    return False


def inspect(path: Path) -> Extension:
    """Read the facts of the shared object at `path`. Raises ElfError where it is none."""
    with path.open("rb") as file:
        try:
            elf = ELFFile(file)
        except Exception as error:
            raise ElfError(f"is no ELF file ({error})") from error
        dynamic, table = elf.get_section_by_name(".dynamic"), elf.get_section_by_name(".dynsym")
        if not isinstance(dynamic, DynamicSection) or not isinstance(table, SymbolTableSection):
            raise ElfError("is no shared object")
        symbols = list(table.iter_symbols())
        needs = elf.get_section_by_name(".gnu.version_r")
        versions = []
        if isinstance(needs, GNUVerNeedSection):
            versions = [aux.name for _, auxes in needs.iter_versions() for aux in auxes]
        glibc = [tuple(map(int, v.removeprefix("GLIBC_").split(".")[:2])) for v in versions if v.startswith("GLIBC_2")]
        undefined = {s.name for s in symbols if s["st_shndx"] == "SHN_UNDEF"}
        return Extension(
            machine=MACHINES.get(elf["e_machine"], str(elf["e_machine"])),
            libraries=tuple(vars(tag)["needed"] for tag in dynamic.iter_tags("DT_NEEDED")),
            glibc=max(((major, minor) for major, minor in glibc), default=(2, 0)),
            python_symbols=frozenset(name for name in undefined if re.match(r"_?Py", name)),
            exported=frozenset(
                s.name
                for s in symbols
                if s["st_shndx"] != "SHN_UNDEF" and s["st_info"]["bind"] != "STB_LOCAL" and s.name
            ),
        )
