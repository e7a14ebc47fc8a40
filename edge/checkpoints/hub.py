"""Fetch a checkpoint from the Hugging Face hub: only the files a model needs, resumable, every byte verified.

The hub's own client library makes the requests (``huggingface_hub``, the extra ``hub``), so endpoints, tokens,
proxies and mirrors are set the way its users know: ``HF_ENDPOINT``, ``HF_TOKEN``, ``HTTPS_PROXY``. What it does not
do is continue a file after the process has died, and a gigabyte over a kitchen's WLAN does get interrupted: each file
therefore grows in ``NAME.<digest>.part`` beside its place and is renamed once its digest is right.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO

from edge.errors import DownloadError

if TYPE_CHECKING:
    from pathlib import Path

try:
    from huggingface_hub import HfApi, errors, get_token, hf_hub_url
    from huggingface_hub.utils import build_hf_headers, get_session, hf_raise_for_status
except ImportError:
    # An extra: a board that only answers prompts should not carry an HTTP client and its twenty packages.
    raise DownloadError(
        "downloading needs the hub's client, which is not installed: pip install huggingface_hub "
        "(or copy the checkpoint's folder here yourself and use edge convert)"
    ) from None

__all__ = ["Progress", "RemoteFile", "Snapshot", "downloaded", "fetch", "inspect"]

Progress = Callable[[str, int, int], None]
"""Called with what is being done, the bytes done so far and the bytes in all."""

INDEX = "model.safetensors.index.json"
WEIGHTS = "model.safetensors"
_SMALL = frozenset(
    {
        "config.json",
        "generation_config.json",
        "tokenizer.json",
        "tokenizer.model",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "added_tokens.json",
        "chat_template.jinja",
        "chat_template.json",
    }
)
_PICKLES = (".bin", ".pt", ".pth", ".pkl", ".ckpt")
_REPOSITORY = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")
_SHARD = re.compile(r"[A-Za-z0-9][\w.-]*\.safetensors")
_MAX_INDEX = 64 << 20
_BLOCK = 1 << 18
_WORTH_SAYING = 1 << 20
_SILENCE = 20.0
"""Seconds without a byte after which a connection counts as broken."""
_QUIET_ATTEMPTS = 5
"""Attempts in a row that bring no new byte before we give up, 1 s, 2 s, 3 s, 4 s apart."""


@dataclass(frozen=True)
class RemoteFile:
    """One file of a repository: ``size`` in bytes, and a digest (``sha256`` of LFS files, else git's blob SHA-1)."""

    name: str
    size: int
    sha256: str | None
    blob: str

    @property
    def digest(self) -> str:
        """The digest that the content must have."""
        return self.sha256 or self.blob


@dataclass(frozen=True)
class Snapshot:
    """The files of one commit of a repository that a model needs."""

    repository: str
    commit: str
    files: tuple[RemoteFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(f.size for f in self.files)


def inspect(repository: str, revision: str | None = None) -> Snapshot:
    """Ask the hub which files ``repository`` ("owner/name") holds at ``revision`` (branch, tag or commit).

    Nothing is downloaded; of sharded weights every shard is listed. Raises :class:`~edge.errors.DownloadError` when
    the hub cannot be reached or refuses, or the repository holds no safetensors weights.
    """
    if not _REPOSITORY.fullmatch(repository):
        raise DownloadError(
            f"{repository!r} does not name a hub repository; write OWNER/NAME, for example microsoft/bitnet-b1.58-2B-4T"
        )
    with _explained(repository, revision):
        info = HfApi(endpoint=_endpoint()).model_info(
            repository, revision=revision, files_metadata=True, timeout=_SILENCE
        )
    siblings = info.siblings or []
    found: dict[str, RemoteFile] = {}
    for entry in siblings:
        name = entry.rfilename
        if name in _SMALL or name == INDEX or _SHARD.fullmatch(name):
            if entry.size is None or not (entry.lfs or entry.blob_id):
                raise DownloadError(f"{repository}: {_endpoint()} states no size or digest of {name}; try again later")
            found[name] = RemoteFile(name, entry.size, entry.lfs.sha256 if entry.lfs else None, entry.blob_id or "")
    if "config.json" not in found:
        raise DownloadError(f"{repository} has no config.json, so it is not a model edge can run; check the name")
    if INDEX not in found and WEIGHTS not in found:
        raise DownloadError(_no_weights(repository, [entry.rfilename for entry in siblings]))
    files = sorted(found.values(), key=lambda f: (f.name != INDEX, f.size, f.name))
    if INDEX not in found:
        files = [f for f in files if f.name in _SMALL or f.name == WEIGHTS]
    return Snapshot(repository, str(info.sha), tuple(files))


def _no_weights(repository: str, names: list[str]) -> str:
    if pickles := [n for n in names if n.endswith(_PICKLES)]:
        return (
            f"{repository} holds its weights only as pickle ({pickles[0]}), which can run any program when it is "
            "opened; edge reads safetensors: look for another revision (--revision) or repository"
        )
    if gguf := [n for n in names if n.endswith(".gguf")]:
        return f"{repository} holds GGUF files ({gguf[0]}); edge reads safetensors: look for the original repository"
    return f"{repository} holds no model.safetensors; edge cannot use it: check the name or --revision"


def downloaded(snapshot: Snapshot, folder: Path) -> int:
    """Bytes of ``snapshot`` that already lie in ``folder``, complete or in part."""
    have = 0
    for file in snapshot.files:
        for path in (folder / file.name, _part(file, folder)):
            with contextlib.suppress(OSError):
                have += min(path.stat().st_size, file.size)
                break
    return have


def fetch(snapshot: Snapshot, folder: Path, progress: Progress | None = None, *, reserve: int = 0) -> None:
    """Bring the files of ``snapshot`` into ``folder``, continuing what an earlier run left there.

    ``reserve``: bytes of disk that must stay free besides the files (room for what is made of them). Every file is
    compared with the size and digest the hub states. Raises :class:`~edge.errors.DownloadError`; what has arrived by
    then stays for the next run, except bytes that proved wrong.
    """
    report = progress or (lambda *_: None)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _locked(folder, snapshot.repository):
            snapshot = _used(snapshot, folder)
            _check_space(snapshot, folder, reserve)
            done = 0
            for file in snapshot.files:
                small = file.size < _WORTH_SAYING
                _fetch_one(snapshot, file, folder, _quiet if small else _from(done, snapshot.size, report))
                done += file.size
    except OSError as error:
        raise DownloadError(
            f"{error.filename or folder}: cannot be written ({error.strerror or error}); free some space, or set "
            "EDGE_HOME to a folder on another disk"
        ) from error


def _from(base: int, total: int, report: Progress) -> Callable[[str, int], None]:
    """``report`` for one file: what it has done counts from ``base``."""
    return lambda what, done: report(what, base + done, total)


def _quiet(_what: str, _done: int) -> None:
    """For files that are over before a person has read their name."""


def _used(snapshot: Snapshot, folder: Path) -> Snapshot:
    """Only the shards that the index lists: a repository may hold the same weights several times over."""
    index = next((f for f in snapshot.files if f.name == INDEX), None)
    if index is None:
        return snapshot
    if index.size > _MAX_INDEX:
        raise DownloadError(f"{snapshot.repository}: {INDEX} has {index.size} bytes, which no model's index has")
    _fetch_one(snapshot, index, folder, _quiet)
    try:
        shards = set(json.loads((folder / INDEX).read_bytes())["weight_map"].values())
    except (ValueError, TypeError, KeyError, AttributeError):
        raise DownloadError(f"{snapshot.repository}: {INDEX} is damaged; tell the repository's owner") from None
    if missing := sorted(map(str, shards - {f.name for f in snapshot.files})):
        raise DownloadError(
            f"{snapshot.repository}: {INDEX} lists {missing[0]}, which the repository does not hold; its upload is "
            "incomplete: try another --revision"
        )
    keep = shards | _SMALL | {INDEX}
    return Snapshot(snapshot.repository, snapshot.commit, tuple(f for f in snapshot.files if f.name in keep))


def _fetch_one(snapshot: Snapshot, file: RemoteFile, folder: Path, report: Callable[[str, int], None]) -> None:
    path, part = folder / file.name, _part(file, folder)
    if path.is_file():
        if _matches(path, file, report):
            return
        path.unlink()
    for old in folder.glob(f"{file.name}.*.part"):
        if old != part:  # of a commit that the branch has moved on from
            old.unlink()
    _grow(snapshot, file, part, report)
    if not _matches(part, file, report):
        part.unlink()
        raise DownloadError(
            f"{snapshot.repository}: what arrived as {file.name} is not what the hub announced "
            f"({'sha256' if file.sha256 else 'blob'} {file.digest[:12]}…, {file.size} bytes) and was thrown away; "
            "run the same command again, and if it repeats look for a proxy or mirror that alters files"
        )
    part.rename(path)


def _grow(snapshot: Snapshot, file: RemoteFile, part: Path, report: Callable[[str, int], None]) -> None:
    """Append to ``part`` until it has the file's size, across any number of broken connections."""
    quiet = 0
    with part.open("ab") as out:
        if out.tell() > file.size:
            out.truncate(0)
        while (have := out.seek(0, os.SEEK_END)) < file.size:
            failure = _request(snapshot, file, out, lambda n: report(f"downloading {file.name}", n))
            out.flush()
            quiet = 0 if out.tell() > have else quiet + 1
            if quiet == _QUIET_ATTEMPTS:
                raise DownloadError(
                    f"{snapshot.repository}: no more data from {_endpoint()} ({failure or 'the answer ends early'}); "
                    f"{have} of {file.size} bytes of {file.name} are kept: run the same command again to continue"
                )
            time.sleep(quiet)
        os.fsync(out.fileno())


def _request(snapshot: Snapshot, file: RemoteFile, out: BinaryIO, report: Callable[[int], None]) -> Exception | None:
    """One GET of what is missing at the end of ``out``. Returns the reason if it broke off but can be continued."""
    url = hf_hub_url(snapshot.repository, file.name, revision=snapshot.commit, endpoint=_endpoint())
    # A compressed answer could not be continued at a byte offset.
    headers = build_hf_headers(headers={"Accept-Encoding": "identity"})
    if have := out.tell():
        headers["Range"] = f"bytes={have}-"
    with _explained(snapshot.repository, snapshot.commit):
        try:
            with get_session().stream("GET", url, headers=headers, timeout=_SILENCE) as answer:
                hf_raise_for_status(answer)
                if answer.status_code != 206:  # the whole file, whatever we asked for
                    out.truncate(0)
                for block in answer.iter_bytes(_BLOCK):
                    out.write(block)
                    report(out.tell())
        except errors.HfHubHTTPError as error:
            if error.response.status_code == 416:  # a part longer than what the server has: start again
                out.truncate(0)
            elif error.response.status_code < 500:
                raise
            return error
        except errors.HTTPError as error:
            return error
    return None


def _matches(path: Path, file: RemoteFile, report: Callable[[str, int], None]) -> bool:
    size = path.stat().st_size
    if size != file.size:
        return False
    # Git names a small file by the SHA-1 of a header and its content.
    digest = hashlib.sha256() if file.sha256 else hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
    with path.open("rb") as f:
        while block := f.read(1 << 20):
            digest.update(block)
            report(f"checking {file.name}", f.tell())
    return digest.hexdigest() == file.digest


def _part(file: RemoteFile, folder: Path) -> Path:
    return folder / f"{file.name}.{file.digest[:16]}.part"


def _check_space(snapshot: Snapshot, folder: Path, reserve: int) -> None:
    need = snapshot.size - downloaded(snapshot, folder) + reserve
    free = shutil.disk_usage(folder).free
    if need > free:
        raise DownloadError(
            f"{snapshot.repository} needs {need >> 20} MB on the disk that holds {folder} and {free >> 20} MB are "
            "free; free some space or set EDGE_HOME to another disk"
        )


@contextlib.contextmanager
def _locked(folder: Path, repository: str) -> Iterator[None]:
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise DownloadError(f"{repository} is being downloaded by another edge pull; wait for it to end") from None
        yield


def _endpoint() -> str:
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


@contextlib.contextmanager
def _explained(repository: str, revision: str | None) -> Iterator[None]:
    """Turn the client's errors into one line each."""
    where = _endpoint()
    try:
        yield
    except errors.GatedRepoError as error:
        raise DownloadError(
            f"{repository} is gated and {_who()} has no access; accept its terms at {where}/{repository} and set "
            "HF_TOKEN to a token of that account"
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise DownloadError(
            f"{where} has no repository {repository}, or {_who()} may not see it; check the spelling, and set "
            "HF_TOKEN if it is private"
        ) from error
    except errors.RevisionNotFoundError as error:
        raise DownloadError(f"{repository} has no branch, tag or commit {revision!r}; check --revision") from error
    except errors.EntryNotFoundError as error:
        raise DownloadError(
            f"{repository}: a file vanished while it was fetched; run the same command again"
        ) from error
    except errors.OfflineModeIsEnabled as error:
        raise DownloadError("HF_HUB_OFFLINE is set, so nothing can be downloaded; unset it") from error
    except errors.HfHubHTTPError as error:
        raise DownloadError(f"{repository}: {_status(error)}") from error
    except errors.HTTPError as error:
        raise DownloadError(
            f"{where} cannot be reached ({error or type(error).__name__}); check the network and HF_ENDPOINT, then run "
            "the same command again"
        ) from error
    except ValueError as error:  # an answer that is not the hub's JSON: a captive portal, a wrong HF_ENDPOINT
        raise DownloadError(
            f"{where} does not answer like the Hugging Face hub; check HF_ENDPOINT, and whether this network wants a "
            "login first"
        ) from error


def _status(error: errors.HfHubHTTPError) -> str:
    code = error.response.status_code
    if code in (401, 403):
        return f"{_endpoint()} refuses {_who()} (HTTP {code}); check HF_TOKEN and the repository's terms of access"
    if code == 429:
        return f"{_endpoint()} asks for a pause (HTTP 429); wait a few minutes and run the same command again"
    return f"{_endpoint()} answers HTTP {code}; run the same command again later"


def _who() -> str:
    return "this token" if get_token() else "a visitor without a token"
