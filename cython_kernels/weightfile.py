"""The packed weight file: a valid safetensors file whose tensors are used where they lie.

The safetensors format allows no gaps between tensors, so alignment comes from shapes (every packed tensor is a
multiple of 64 bytes) and from spaces that pad the JSON header. Everything that can be wrong with a file is found
when it is opened: afterwards the kernels trust it.
"""

from __future__ import annotations

import contextlib
import errno
import json
import mmap
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import numpy.typing as npt

from .spec import ModelSpec

__all__ = ["FORMAT_VERSION", "WeightFile", "WeightFileError", "WeightWriter"]

FORMAT = "bitnet-edge"
FORMAT_VERSION = "1"
ALIGN = 64
_MAX_HEADER = 64 << 20
_DTYPES = {"U8": np.uint8, "I8": np.int8, "F16": np.float16, "F32": np.float32}

Array = npt.NDArray[Any]


class WeightFileError(Exception):
    """A packed weight file cannot be used; one line says which, why, and what to do."""


def _size(dtype: str, shape: tuple[int, ...]) -> int:
    n = np.dtype(_DTYPES[dtype]).itemsize
    for s in shape:
        n *= s
    return n


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    out = dict(pairs)
    if len(out) != len(pairs):
        raise ValueError("a name appears twice")
    return out


def _metadata(meta: Any) -> dict[str, str]:
    if not isinstance(meta, dict) or meta.get("format") != FORMAT:
        raise ValueError("it was not written by edge convert (a plain checkpoint?)")
    if meta.get("format_version") != FORMAT_VERSION:
        raise ValueError(
            f"format version {str(meta.get('format_version'))[:20]!r}, this program reads {FORMAT_VERSION!r}"
        )
    if not all(isinstance(v, str) for v in meta.values()):
        raise ValueError("its metadata holds something other than text")
    return meta


def _span(name: str, entry: Any, dtype: str, shape: tuple[int, ...]) -> tuple[int, int]:
    """Where the header says that a tensor lies; it must be what the model's description asks for."""
    if not isinstance(entry, dict) or entry.get("dtype") != dtype or entry.get("shape") != list(shape):
        raise ValueError(f"tensor {name} should be {dtype} {list(shape)}")
    span = entry.get("data_offsets")
    if not isinstance(span, list) or len(span) != 2 or any(type(v) is not int for v in span):
        raise ValueError(f"tensor {name} has no offsets")
    if span[1] - span[0] != _size(dtype, shape):
        raise ValueError(f"tensor {name} has {span[1] - span[0]} bytes instead of {_size(dtype, shape)}")
    return span[0], span[1]


class WeightFile:
    """A packed weight file, checked and mapped read-only.

    ``spec``: the model's numbers. ``metadata``: the header's strings. ``nbytes``: bytes of tensor data.
    :meth:`array` gives read-only views into the mapping. Raises :class:`WeightFileError` when the file is missing,
    truncated, of another format or version, or inconsistent in any way. Usable as a context manager; the mapping
    lives as long as any view of it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.path = Path(path)
        try:
            with self.path.open("rb") as f:
                size = os.fstat(f.fileno()).st_size
                header = self._header(f.read(8), f, size)
                self._start = f.tell()
                self._check(header, size)
                self._map: mmap.mmap | None = mmap.mmap(f.fileno(), size, mmap.MAP_SHARED, mmap.PROT_READ)
        except OSError as error:
            raise WeightFileError(f"{self.path}: cannot be read ({error.strerror}); check the path") from error
        except (ValueError, RecursionError) as error:
            raise WeightFileError(
                f"{self.path}: not a usable packed model: {error}; convert the model again with 'edge convert'"
            ) from error
        # Large pages, where kernel and file system have them: the weights are then read in pieces of 2 MB and mapped
        # like that, for all processes alike. Elsewhere (Raspberry Pi OS) the kernel refuses, and nothing is lost.
        # MADV_WILLNEED would not help: it reads no further than one window of the disk's own read-ahead.
        with contextlib.suppress(OSError, AttributeError):
            self._map.madvise(mmap.MADV_HUGEPAGE)
        self._bytes: npt.NDArray[np.uint8] = np.frombuffer(self._map, np.uint8)
        try:
            self._check_values()
        except ValueError as error:
            self.close()
            raise WeightFileError(f"{self.path}: damaged: {error}; convert the model again") from error

    @staticmethod
    def _header(prefix: bytes, f: Any, size: int) -> dict[str, Any]:
        if len(prefix) < 8:
            raise ValueError("the file is too short")
        (length,) = struct.unpack("<Q", prefix)
        if length > min(size - 8, _MAX_HEADER):
            raise ValueError("the header is longer than the file (truncated, or not safetensors)")
        header = json.loads(f.read(length), object_pairs_hook=_no_duplicates)
        if not isinstance(header, dict):
            raise ValueError("the header is not a table of tensors")  # noqa: TRY004 - one kind for all of them
        return header

    def _check(self, header: dict[str, Any], size: int) -> None:
        self.metadata = _metadata(header.pop("__metadata__", None))
        spec = json.loads(self.metadata.get("spec", "null"))
        if not isinstance(spec, dict):
            raise ValueError("its metadata has no model description")  # noqa: TRY004
        self.spec = ModelSpec.from_json(spec)
        wanted = self.spec.tensors()
        if missing := sorted(wanted.keys() - header.keys()):
            raise ValueError(f"tensor {missing[0]} is missing")
        if extra := sorted(header.keys() - wanted.keys()):
            raise ValueError(f"tensor {extra[0][:80]!r} is unknown")
        spans = []
        self._tensors: dict[str, tuple[int, str, tuple[int, ...]]] = {}
        for name, (dtype, shape) in wanted.items():
            begin, end = _span(name, header[name], dtype, shape)
            spans.append((begin, end, name))
            self._tensors[name] = (self._start + begin, dtype, shape)
        at = 0
        for begin, end, name in sorted(spans):
            if begin != at:
                raise ValueError(f"tensor {name} overlaps another or leaves a gap")
            at = end
        if self._start % ALIGN or any(begin % ALIGN for begin, _, _ in spans):
            raise ValueError(f"its tensors are not aligned to {ALIGN} bytes")
        if self._start + at != size:
            raise ValueError(f"it has {size} bytes instead of {self._start + at} (truncated?)")
        self.nbytes = at

    def _check_values(self) -> None:
        for name, (_, dtype, _) in self._tensors.items():
            if dtype == "F32" and not np.isfinite(self.array(name)).all():
                raise ValueError(f"tensor {name} holds values that are not finite")

    def array(self, name: str) -> Array:
        """A read-only view of one tensor in the mapping, with its packed dtype and shape."""
        offset, dtype, shape = self._tensors[name]
        if self._map is None:
            raise WeightFileError(f"{self.path}: already closed")
        return self._bytes[offset : offset + _size(dtype, shape)].view(_DTYPES[dtype]).reshape(shape)

    @property
    def data(self) -> npt.NDArray[np.uint8]:
        """All tensor bytes as one read-only view."""
        return self._bytes[self._start :]

    def close(self) -> None:
        """Let go of the mapping; views that are still in use keep it alive."""
        if self._map is not None:
            self._map = None
            self._bytes = np.empty(0, np.uint8)

    def __enter__(self) -> WeightFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _reserve(fd: int, size: int) -> None:
    """Reserve ``size`` bytes for a file, so that a full disk is an error now instead of after ten minutes.

    Free space is asked for first: a reservation that fails has taken every other program's space for a moment.
    """
    room = os.fstatvfs(fd)
    if room.f_bavail * room.f_frsize < size:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    os.posix_fallocate(fd, 0, size)


class WeightWriter:
    """Writes a packed weight file, tensor by tensor and in any order, and renames it into place at the end.

    Use as a context manager: a clean exit with every tensor complete makes ``path`` appear, synced to disk; an
    exception leaves nothing behind. Raises :class:`WeightFileError` for a full disk or a tensor that does not belong.
    """

    def __init__(self, path: str | os.PathLike[str], spec: ModelSpec, metadata: Mapping[str, str]) -> None:
        self.path = Path(path)
        self._part = self.path.with_name(self.path.name + ".part")
        self._written: dict[str, int] = {}
        self._fd = -1
        self._shapes = spec.tensors()
        reserved = {"format": FORMAT, "format_version": FORMAT_VERSION, "spec": json.dumps(spec.to_json())}
        header: dict[str, Any] = {"__metadata__": {**metadata, **reserved}}
        self._offsets: dict[str, int] = {}
        end = 0
        for name, (dtype, shape) in self._shapes.items():
            self._offsets[name] = end
            end += _size(dtype, shape)
            header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [self._offsets[name], end]}
        text = json.dumps(header, separators=(",", ":")).encode()
        text += b" " * (-(len(text) + 8) % ALIGN)
        self._start = 8 + len(text)
        try:
            self._fd = os.open(self._part, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
            _reserve(self._fd, self._start + end)
            self._write(struct.pack("<Q", len(text)) + text, 0)
        except OSError as error:
            self._abandon()
            raise self._failed(error) from error

    def _failed(self, error: OSError) -> WeightFileError:
        return WeightFileError(
            f"{self.path}: cannot be written ({error.strerror}); free some space or choose another place"
        )

    def _write(self, data: bytes | memoryview, offset: int) -> None:
        view = memoryview(data)
        while view:
            n = os.pwrite(self._fd, view, offset)
            view, offset = view[n:], offset + n

    def put(self, name: str, array: Array, at: int = 0) -> None:
        """Write ``array`` at index ``at`` of the tensor's first axis; the pieces of a tensor must not overlap."""
        dtype, shape = self._shapes[name]
        if array.dtype != _DTYPES[dtype] or array.shape[1:] != shape[1:] or not 0 <= at <= shape[0] - len(array):
            raise WeightFileError(
                f"{self.path}: tensor {name} is {dtype} {list(shape)}, not {array.dtype} {list(array.shape)} at {at}"
            )
        if self._fd < 0:
            raise WeightFileError(f"{self.path}: already closed")
        data = np.ascontiguousarray(array)
        row = _size(dtype, shape) // shape[0]
        try:
            self._write(data.reshape(-1).view(np.uint8).data, self._start + self._offsets[name] + at * row)
        except OSError as error:
            raise self._failed(error) from error
        self._written[name] = self._written.get(name, 0) + len(array)

    def finish(self) -> None:
        """Check that nothing is missing, sync, and rename into place."""
        for name, (_, shape) in self._shapes.items():
            if self._written.get(name, 0) != shape[0]:
                raise WeightFileError(
                    f"{self.path}: tensor {name} got {self._written.get(name, 0)} of {shape[0]} blocks"
                )
        try:
            os.fsync(self._fd)
            self._close()
            self._part.rename(self.path)
            folder = os.open(self.path.parent, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            raise self._failed(error) from error

    def _close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _abandon(self) -> None:
        self._close()
        self._part.unlink(missing_ok=True)

    def __enter__(self) -> WeightWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        try:
            if kind is None:
                self.finish()
        finally:
            self._abandon()
