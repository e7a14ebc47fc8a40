"""Turning a Hugging Face folder into a model folder of ours, and keeping such copies in the user's cache.

A model folder holds the packed ``model.safetensors`` and the checkpoint's tokenizer files as they are. It is written
under a temporary name and renamed when complete: a power cut leaves either nothing or a ``.part`` folder, which the
next run clears away.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cython_kernels.spec import HEADS
from cython_kernels.weightfile import FORMAT, FORMAT_VERSION, WeightFile, WeightFileError, WeightWriter
from edge.checkpoints.assemble import Assembly
from edge.checkpoints.config import Plan, read_plan
from edge.checkpoints.container import INDEX, SINGLE, Reader, open_containers, read_json
from edge.checkpoints.library import cache_folder
from edge.errors import CheckpointError, ModelNotFound

__all__ = ["Notice", "Progress", "convert", "ensure_packed", "is_packed"]

Progress = Callable[[str, int, int], None]
"""Called with what is being done, the bytes done so far and the bytes in all."""

Notice = Callable[[str], None]
"""Called with one line that the user should see."""

TEXT_FILES = (
    "config.json",
    "generation_config.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "chat_template.jinja",
    "chat_template.json",
)
_MAX_HEADER = 64 << 20
_UNKNOWN = "0" * 64


def is_packed(folder: Path) -> bool:
    """Whether the folder's ``model.safetensors`` is one of ours; a damaged file counts as not ours."""
    try:
        with (folder / SINGLE).open("rb") as f:
            length = int.from_bytes(f.read(8), "little")
            header = json.loads(f.read(length)) if length <= _MAX_HEADER else None
    except (OSError, ValueError, RecursionError):
        return False
    meta = header.get("__metadata__") if isinstance(header, dict) else None
    return isinstance(meta, dict) and meta.get("format") == FORMAT


def convert(
    src: str | os.PathLike[str],
    dst: str | os.PathLike[str],
    *,
    head: str = "int8",
    source_name: str | None = None,
    progress: Progress | None = None,
    notice: Notice | None = None,
) -> Path:
    """Pack the checkpoint folder ``src`` into the new model folder ``dst``, which is returned.

    ``head``: stored form of embedding and head, ``"int8"`` (one scale per row), ``"f16"``, ``"q6"`` or ``"q4"`` (six or
    four bits and scales). ``source_name``: what the packed file records as its source, by default the folder's name.
    Every byte of ``src`` is read once, front to back.

    Raises :class:`CheckpointError` when the checkpoint cannot be run or ``dst`` exists, :class:`ModelNotFound` when
    ``src`` holds no weights; nothing is left behind then.
    """
    source, target = Path(src), Path(dst)
    if head not in HEADS:
        raise CheckpointError(f"head {head!r} is not a stored form; choose from {', '.join(HEADS)}")
    if not source.is_dir():
        raise ModelNotFound(f"{source}: no such folder; give the folder that holds config.json and the weights")
    if is_packed(source):
        raise CheckpointError(f"{source}: packed already; use it as it is")
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise CheckpointError(f"{target}: exists already; delete it or choose another name")
    try:
        with _part_folder(target, wait=False) as part:
            if part is None:
                raise CheckpointError(f"{target}: is being written by another program; wait for it to finish")
            _fill(source, part, head, source_name, progress, notice)
            part.rename(target)
            _sync(target.parent)
    except WeightFileError as error:
        raise CheckpointError(str(error)) from error
    except OSError as error:
        raise CheckpointError(
            f"{target}: cannot be written ({error.strerror or error}); choose another place"
        ) from error
    return target


def ensure_packed(
    folder: str | os.PathLike[str],
    *,
    head: str = "int8",
    progress: Progress | None = None,
    notice: Notice | None = None,
) -> Path:
    """A model folder for ``folder``: itself when it is packed, else a copy packed once into the user's cache.

    The copy is found again while the names, sizes and times of the weights and the contents of ``config.json`` stay as
    they are; packing a changed checkpoint replaces it. ``notice`` says when packing starts. Raises as :func:`convert`.
    """
    source = Path(folder)
    if is_packed(source):
        return source
    if not source.is_dir():
        raise ModelNotFound(f"{source}: no such folder; give the folder that holds config.json and the weights")
    where = os.path.realpath(source)
    family = f"{Path(where).name or 'model'}-{head}-{hashlib.sha256(os.fsencode(where)).hexdigest()[:8]}-"
    target = cache_folder() / "packed" / (family + _fingerprint(source))
    if _is_intact(target):
        return target
    try:
        _pack_into_cache(source, target, head, progress, notice)
        for old in target.parent.iterdir():
            if old.name.startswith(family) and old != target and not old.name.endswith(".part"):
                shutil.rmtree(old, ignore_errors=True)
    except WeightFileError as error:
        raise CheckpointError(str(error)) from error
    except OSError as error:
        raise CheckpointError(
            f"{target}: cannot be written ({error.strerror or error}); set EDGE_HOME to a folder with space"
        ) from error
    return target


def _pack_into_cache(source: Path, target: Path, head: str, progress: Progress | None, notice: Notice | None) -> None:
    if is_packed(target):
        shutil.rmtree(target)  # a card that loses bytes; what it held can be made again
    with _part_folder(target, wait=True) as part:
        # None: another process packed it while we waited for its lock.
        if part is not None:
            if notice:
                notice(f"{source}: packing it once into {target}")
            _fill(source, part, head, None, progress, notice)
            part.rename(target)
            _sync(target.parent)


def _is_intact(folder: Path) -> bool:
    if not is_packed(folder):
        return False
    try:
        WeightFile(folder / SINGLE).close()
    except WeightFileError:
        return False
    return True


def _fill(
    source: Path, part: Path, head: str, name: str | None, progress: Progress | None, notice: Notice | None
) -> None:
    """Write a whole model folder into the empty folder ``part``."""
    config = source / "config.json"
    if not config.exists():
        raise CheckpointError(f"{source}: no config.json; download the whole checkpoint")
    plan = read_plan(read_json(config), config, head)
    containers = open_containers(source)
    assembly = Assembly(plan, containers, source)
    if notice:
        _tell(source, plan, notice)
    total, done = sum(c.nbytes for c in containers), 0
    hashes: dict[str, str] = {}
    metadata = {"source": name or source.resolve().name, "source_sha256": _UNKNOWN}
    with WeightWriter(part / SINGLE, assembly.spec, metadata) as writer:
        for container in containers:
            with Reader(container) as reader:
                for tensor in container.tensors:
                    if progress:
                        progress(tensor.name, done, total)
                    assembly.put(reader, tensor, writer)
                    done += tensor.nbytes
                hashes[container.path.name] = reader.sha256()
        assembly.finish(writer)
    _stamp(part / SINGLE, hashes)
    for file in TEXT_FILES:
        if (source / file).is_file():
            shutil.copyfile(source / file, part / file)
            _sync(part / file)
    if progress:
        progress("done", total, total)


def _tell(source: Path, plan: Plan, notice: Notice) -> None:
    for line in plan.notices:
        notice(f"{source}: {line}")
    config = source / "tokenizer_config.json"
    by_bytes = config.is_file() and b"ByteTokenizer" in config.read_bytes()
    if not by_bytes and not any((source / file).is_file() for file in ("tokenizer.json", "tokenizer.model")):
        notice(f"{source}: has no tokenizer.json and no tokenizer.model, so the model will not take text")


def _stamp(path: Path, hashes: dict[str, str]) -> None:
    """Put the source's SHA-256 where the header holds zeros for it: it is known only after the last byte is read.

    One file: its own hash. Several: the hash of what ``sha256sum`` prints for them in name order.
    """
    if len(hashes) == 1:
        digest = next(iter(hashes.values()))
    else:
        lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(hashes.items()))
        digest = hashlib.sha256(lines.encode()).hexdigest()
    with path.open("r+b") as f:
        header = f.read(8 + int.from_bytes(f.read(8), "little"))
        f.seek(8 + header.index(_UNKNOWN.encode()))
        f.write(digest.encode())
        os.fsync(f.fileno())


@contextmanager
def _part_folder(target: Path, *, wait: bool) -> Iterator[Path | None]:
    """An empty folder beside ``target`` that no other process writes to; removed unless it has been renamed.

    A lock on the folder itself tells a dead process's remains from a living one's work. With ``wait``, another
    process that packs the same thing is waited for, and None is given when it succeeded; else it is an error.
    """
    part = target.with_name(target.name + ".part")
    target.parent.mkdir(parents=True, exist_ok=True)
    while True:
        if wait and is_packed(target):
            yield None
            return
        part.mkdir(exist_ok=True)
        lock = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
            except BlockingIOError:
                raise CheckpointError(f"{target}: is being written by another program; wait for it") from None
            if not _same_folder(lock, part):
                continue  # The process that held the lock has renamed or removed it.
            _clear(part)
            try:
                yield part
            finally:
                if _same_folder(lock, part):
                    _clear(part)
                    part.rmdir()
            return
        finally:
            os.close(lock)


def _same_folder(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False


def _clear(part: Path) -> None:
    """Remove what an interrupted run left; anything else in there is not ours to delete."""
    ours = {SINGLE, SINGLE + ".part", *TEXT_FILES}
    if strange := sorted({p.name for p in part.iterdir()} - ours):
        raise CheckpointError(f"{part}: holds {strange[0]!r}, which edge did not write; move the folder away")
    for file in part.iterdir():
        file.unlink()


def _fingerprint(source: Path) -> str:
    """What a packed copy depends on, cheaply: names, sizes and times of the files, contents of ``config.json``."""
    seen = hashlib.sha256(FORMAT_VERSION.encode())
    try:
        seen.update((source / "config.json").read_bytes())
        names = [p.name for p in source.glob("*.safetensors")] + [INDEX, *TEXT_FILES]
        for name in sorted(names):
            if (source / name).is_file():
                state = (source / name).stat()
                seen.update(f"\0{name}\0{state.st_size}\0{state.st_mtime_ns}".encode())
    except OSError as error:
        raise CheckpointError(f"{source}: cannot be read ({error.strerror}); check the download") from error
    return seen.hexdigest()[:16]


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
