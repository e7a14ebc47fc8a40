"""Reading safetensors files piece by piece, without ever mapping them or holding one in memory.

The ``safetensors`` library opens and validates the container (header, sizes, offsets, gaps); the bytes are then read
with plain file reads rather than through its mapping: converting 5 GB leaves no 5 GB of mapped pages behind, and
bf16, which numpy does not know, needs no PyTorch.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt
from safetensors import SafetensorError, safe_open

from edge.errors import CheckpointError, ModelNotFound

__all__ = ["Container", "Reader", "Stored", "open_containers", "read_json"]

INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"

DTYPES: Mapping[str, type[np.generic]] = {
    "U8": np.uint8,
    "BF16": np.uint16,
    "F16": np.float16,
    "F32": np.float32,
}
"""The types a ternary checkpoint uses, and the numpy type that their bytes are read as."""

_MAX_JSON = 64 << 20


@dataclass(frozen=True)
class Stored:
    """One tensor of a container: its ``dtype`` as safetensors spells it, its shape, its size in bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    nbytes: int

    def __str__(self) -> str:
        return f"{self.name} ({self.dtype} {list(self.shape)})"


class Container:
    """One safetensors file, validated: ``tensors`` in the order of their bytes, the first at ``data_start``.

    Raises :class:`CheckpointError` for a damaged or truncated file, or a type that no ternary checkpoint uses.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tensors: list[Stored] = []
        try:
            self.nbytes = path.stat().st_size
            with path.open("rb") as f:
                self.data_start: int = 8 + struct.unpack("<Q", f.read(8))[0]
            with safe_open(path, framework="numpy") as library:
                for name in library.offset_keys():
                    view = library.get_slice(name)
                    self.tensors.append(self._stored(name, view.get_dtype(), tuple(view.get_shape())))
        except OSError as error:
            raise CheckpointError(f"{path}: cannot be read ({error.strerror or error}); check the download") from error
        except (SafetensorError, struct.error, ValueError) as error:
            reason = " ".join(str(error).split())[:160]
            raise CheckpointError(f"{path}: damaged or truncated ({reason}); download the checkpoint again") from error
        end = self.data_start + sum(t.nbytes for t in self.tensors)
        if end != self.nbytes:
            raise CheckpointError(f"{path}: has {self.nbytes} bytes, its header describes {end}; download it again")

    def _stored(self, name: str, dtype: str, shape: tuple[int, ...]) -> Stored:
        if dtype not in DTYPES:
            raise CheckpointError(
                f"{self.path}: tensor {name[:80]} has type {dtype}; a ternary checkpoint holds {', '.join(DTYPES)}"
            )
        nbytes = np.dtype(DTYPES[dtype]).itemsize
        for n in shape:
            nbytes *= n
        return Stored(name, dtype, shape, nbytes)


class Reader:
    """Reads a :class:`Container` once, front to back, and hashes it on the way: a slow SD card is read one time.

    Hashing runs in a thread of its own, one piece behind the reading. Usable as a context manager.
    """

    def __init__(self, container: Container) -> None:
        self._path = container.path
        self._hash = hashlib.sha256()
        self._pool = ThreadPoolExecutor(1)
        self._pending: Future[None] | None = None
        self._file = container.path.open("rb", buffering=0)
        self.read(container.data_start)

    def read(self, n: int) -> npt.NDArray[np.uint8]:
        """The next ``n`` bytes. Raises :class:`CheckpointError` when the file has become shorter meanwhile."""
        data = np.empty(n, np.uint8)
        view = data.data
        done = 0
        while done < n:
            got = self._file.readinto(view[done:])
            if not got:
                raise CheckpointError(f"{self._path}: became shorter while it was read; start again")
            done += got
        # One piece in flight: more would only pile up memory behind a slow hash.
        if self._pending is not None:
            self._pending.result()
        self._pending = self._pool.submit(self._hash.update, view)
        return data

    def sha256(self) -> str:
        """SHA-256, in hexadecimal, of everything read so far: what ``sha256sum`` prints once all is read."""
        if self._pending is not None:
            self._pending.result()
        return self._hash.hexdigest()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self._pool.shutdown()
        self._file.close()


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a checkpoint's folder; raises :class:`CheckpointError` naming the file."""
    try:
        if path.stat().st_size > _MAX_JSON:
            raise CheckpointError(f"{path}: larger than {_MAX_JSON >> 20} MB; this is not a checkpoint's {path.name}")
        values = json.loads(path.read_bytes())
    except OSError as error:
        raise CheckpointError(f"{path}: cannot be read ({error.strerror}); check the download") from error
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path}: not valid JSON ({str(error)[:120]}); download it again") from error
    if not isinstance(values, dict):
        raise CheckpointError(f"{path}: should hold a JSON object; download it again")
    return values


def open_containers(folder: Path) -> list[Container]:
    """The weight files of a checkpoint: ``model.safetensors``, or the shards that its index lists.

    Raises :class:`ModelNotFound` when there are no weights, :class:`CheckpointError` when index and shards disagree
    or the index names a file outside the folder.
    """
    if (folder / SINGLE).exists():
        return [Container(folder / SINGLE)]
    if not (folder / INDEX).exists():
        found = sorted(p.name for p in folder.glob("*.bin")) + sorted(p.name for p in folder.glob("*.gguf"))
        hint = f"it has {found[0]}, which is not read" if found else "check the path, or get it with 'edge pull'"
        raise ModelNotFound(f"{folder}: no {SINGLE} and no {INDEX}; {hint}")
    where = read_json(folder / INDEX).get("weight_map")
    if not isinstance(where, dict) or not where or not all(isinstance(v, str) for v in where.values()):
        raise CheckpointError(f"{folder / INDEX}: has no weight_map; download it again")
    containers = []
    for file in sorted(set(where.values())):
        if not file.endswith(".safetensors") or file != Path(file).name or "\\" in file or "\0" in file:
            raise CheckpointError(f"{folder / INDEX}: names {file[:80]!r}, not a .safetensors file of this folder")
        if not (folder / file).exists():
            raise CheckpointError(f"{folder / file}: missing, though {INDEX} lists it; download the checkpoint again")
        containers.append(Container(folder / file))
    found_in = [(t.name, c.path.name) for c in containers for t in c.tensors]
    for name, file in found_in:
        if where.get(name) != file:
            raise CheckpointError(
                f"{folder / file}: holds tensor {name[:80]}, which {INDEX} places in {where.get(name, 'no file')!r}"
            )
    if absent := sorted(where.keys() - {name for name, _ in found_in}):
        raise CheckpointError(f"{folder / where[absent[0]]}: tensor {absent[0][:80]} is missing; download it again")
    return containers
