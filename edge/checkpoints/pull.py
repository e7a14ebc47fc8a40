"""From a repository's name on the hub to a packed model in the user's folder, in one call that can be repeated."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cython_kernels.weightfile import WeightFile, WeightFileError
from edge.checkpoints import hub
from edge.checkpoints.library import cache_folder, model_folder
from edge.checkpoints.replace import convert_over

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["Pulled", "pull"]


@dataclass(frozen=True)
class Pulled:
    """A fetched model: its ``name`` for :func:`edge.load`, folder, size of its weights in bytes, and commit.

    ``source`` is the folder of the downloaded files if they were kept. ``fresh`` tells whether anything was fetched.
    """

    name: str
    path: Path
    nbytes: int
    commit: str
    source: Path | None
    fresh: bool


def pull(
    repository: str,
    *,
    revision: str | None = None,
    head: str = "int8",
    keep_source: bool = False,
    force: bool = False,
    progress: hub.Progress | None = None,
    notice: Callable[[str], None] | None = None,
) -> Pulled:
    """Fetch ``repository`` ("owner/name") at ``revision`` and pack it; nothing is done when that commit is here.

    A newer commit replaces an older one once it is completely packed. What an interrupted call has downloaded is
    used by the next. Raises :class:`~edge.errors.DownloadError` and :class:`~edge.errors.CheckpointError`.
    """
    snapshot = hub.inspect(repository, revision)
    target = model_folder(repository)
    stamp = f"{repository}@{snapshot.commit}"
    weights = target / "model.safetensors"
    if not force and _holds(weights, stamp, head):
        return Pulled(repository, target, weights.stat().st_size, snapshot.commit, None, fresh=False)
    source = cache_folder() / "downloads" / repository.replace("/", "--")
    # What is packed is never larger than what was downloaded.
    hub.fetch(snapshot, source, progress, reserve=snapshot.size)
    target.parent.mkdir(parents=True, exist_ok=True)
    convert_over(source, target, force=True, head=head, source_name=stamp, progress=_packing(progress), notice=notice)
    if not keep_source:
        shutil.rmtree(source)
    kept = source if keep_source else None
    return Pulled(repository, target, weights.stat().st_size, snapshot.commit, kept, fresh=True)


def _holds(weights: Path, stamp: str, head: str) -> bool:
    try:
        with WeightFile(weights) as file:
            return file.metadata.get("source") == stamp and file.spec.head == head
    except WeightFileError:
        return False


def _packing(progress: hub.Progress | None) -> hub.Progress | None:
    return progress and (lambda _tensor, done, total: progress("packing", done, total))
