"""Where models live: the built-in one, the user's folder of models, and any folder on disk."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from edge.errors import ModelNotFound

__all__ = ["BUILT_IN", "Installed", "cache_folder", "list_models", "model_folder", "models_folder", "resolve"]

BUILT_IN = "home"
"""The name of the model that comes with the package."""

_WEIGHTS = "model.safetensors"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*(/[A-Za-z0-9_][A-Za-z0-9._-]*)?")
_LONGEST = 200


@dataclass(frozen=True)
class Installed:
    """One model that can be used by name: where it lies, and the size of its weights in bytes."""

    name: str
    path: Path
    nbytes: int


def cache_folder() -> Path:
    """Where all of a user's files lie: ``$EDGE_HOME``, else ``$XDG_CACHE_HOME/bitnet-edge``, else in ``~/.cache``."""
    if home := os.environ.get("EDGE_HOME"):
        return Path(home).expanduser()
    if cache := os.environ.get("XDG_CACHE_HOME"):
        return Path(cache) / "bitnet-edge"
    return Path("~/.cache/bitnet-edge").expanduser()


def models_folder() -> Path:
    """Where models are kept by name."""
    return cache_folder() / "models"


def model_folder(name: str) -> Path:
    """The folder that belongs to a model's name, like ``microsoft/bitnet-b1.58-2B-4T``, whether it exists or not.

    Raises :class:`ModelNotFound` for anything that is not such a name, so that none leads out of the folder.
    """
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise ModelNotFound(
            f"{name[:80]!r} is no model name: NAME or OWNER/NAME of letters, digits, '.', '-', '_'; for a folder write "
            "its path"
        )
    return models_folder() / name


def resolve(model: str | os.PathLike[str]) -> Path:
    """The folder of a model given as a path, as ``home``, or as the name of one in the user's folder.

    A string that is both a folder with a model here and an installed name means the folder, as with every tool that
    loads checkpoints; ``home`` always means the built-in one (``./home`` the folder). The folder may hold a packed
    model or an unpacked checkpoint. Raises :class:`ModelNotFound`.
    """
    text = os.fspath(model)
    if not text:
        raise ModelNotFound(f"the model's name is empty; give a name or a folder, such as {BUILT_IN!r}")
    try:
        return _find(text, looks_like_path=isinstance(model, os.PathLike) or text.startswith((".", "/", "~")))
    except OSError as error:  # no right to look there, or a name longer than names can be
        raise ModelNotFound(f"{text[:200]}: {error.strerror}; check the path and its rights") from error


def _find(text: str, *, looks_like_path: bool) -> Path:
    if text == BUILT_IN:
        folder = _built_in()
        if not (folder / _WEIGHTS).exists():
            raise ModelNotFound(f"the built-in model {BUILT_IN!r} is missing at {folder}; install the package again")
        return folder
    path = Path(text).expanduser()
    if path.name == _WEIGHTS and path.is_file():
        return path.parent
    if path.is_file():
        raise ModelNotFound(f"{path}: a file, not a model folder; give the folder that holds {_WEIGHTS}")
    if path.is_dir() and ((path / _WEIGHTS).exists() or (path / "config.json").exists()):
        return path
    if not looks_like_path and _NAME.fullmatch(text):
        installed = model_folder(text)
        if (installed / _WEIGHTS).exists():
            return installed
        if not path.is_dir():
            hint = f"'edge pull {text}' fetches it" if "/" in text else "'edge list' shows what there is"
            raise ModelNotFound(f"no model {text!r} here and none installed under {models_folder()}; {hint}")
    if path.is_dir():
        raise ModelNotFound(f"{path}: no model in this folder; it should hold config.json and {_WEIGHTS}")
    raise ModelNotFound(f"{path}: no such folder; check the path")


def list_models() -> list[Installed]:
    """The models that can be used by name, the built-in one first, then by name."""
    found = []
    builtin = _built_in()
    if (builtin / _WEIGHTS).exists():
        found.append(_installed(BUILT_IN, builtin))
    root = models_folder()
    for weights in sorted([*root.glob(f"*/{_WEIGHTS}"), *root.glob(f"*/*/{_WEIGHTS}")]):
        name = weights.parent.relative_to(root).as_posix()
        # Unfinished work ends in .part; what no name can reach is not listed either.
        if _NAME.fullmatch(name) and not name.endswith(".part") and name != BUILT_IN:
            found.append(_installed(name, weights.parent))
    return found


def _installed(name: str, path: Path) -> Installed:
    return Installed(name, path, (path / _WEIGHTS).stat().st_size)


def _built_in() -> Path:
    return Path(__file__).resolve().parents[1] / "models" / BUILT_IN
