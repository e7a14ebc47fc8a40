"""edge pull's download against a local server that speaks the hub's API: resumes, verifies, explains."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from edge.errors import DownloadError
from tests.integration.hub_server import COMMIT, HubServer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("huggingface_hub", reason="the extra 'hub' is not installed")

from edge.checkpoints import hub

NAME = "someone/tiny-ternary"
WEIGHTS = os.urandom(3 << 20)
FILES = {
    "config.json": b'{"model_type": "bitnet"}',
    "tokenizer.json": b'{"version": "1.0"}' * 9000,
    "chat_template.jinja": b"{{ messages }}",
    "model.safetensors": WEIGHTS,
    "README.md": b"not needed",
    "configuration_bitnet.py": b"raise SystemExit('never to be fetched')",
    "pytorch_model.bin": b"never to be fetched",
    "original/params.json": b"{}",
}
NEEDED = {"config.json", "tokenizer.json", "chat_template.jinja", "model.safetensors"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubServer]:
    with HubServer({NAME: FILES}) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))
        monkeypatch.delenv("HF_TOKEN", raising=False)
        # The client waits whole seconds between its own attempts; here nothing is gained by waiting.
        monkeypatch.setattr("time.sleep", lambda _: None)
        yield running


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.iterdir() if p.name != ".lock"}


def pull(folder: Path, **options: Any) -> None:
    hub.fetch(hub.inspect(NAME), folder, **options)


@pytest.mark.usefixtures("server")
def test_brings_exactly_the_files_a_model_needs(tmp_path: Path) -> None:
    snapshot = hub.inspect(NAME)
    assert snapshot.commit == COMMIT
    calls: list[tuple[str, int, int]] = []
    hub.fetch(snapshot, tmp_path / "got", lambda *call: calls.append(call))
    assert files(tmp_path / "got") == {n: d for n, d in FILES.items() if n in NEEDED}
    done = [n for _, n, _ in calls]
    assert done[-1] == snapshot.size == sum(len(FILES[n]) for n in NEEDED)
    assert {total for _, _, total in calls} == {snapshot.size}
    assert {what.split()[0] for what, _, _ in calls} == {"downloading", "checking"}


def test_the_commit_is_pinned_between_listing_and_download(server: HubServer, tmp_path: Path) -> None:
    pull(tmp_path)
    assert all(f"/resolve/{COMMIT}/" in s.path for s in server.seen if "/resolve/" in s.path)


def test_a_second_run_downloads_nothing(server: HubServer, tmp_path: Path) -> None:
    pull(tmp_path)
    server.seen.clear()
    pull(tmp_path)
    assert [s.path for s in server.seen] == [f"/api/models/{NAME}"]


def test_a_cut_connection_is_continued_where_it_broke(server: HubServer, tmp_path: Path) -> None:
    server.faults.cut_after = {"model.safetensors": [1_000_000, 1_000_000]}
    pull(tmp_path)
    assert (tmp_path / "model.safetensors").read_bytes() == WEIGHTS
    first, *rest = (s.range for s in server.requests("model.safetensors"))
    assert first is None
    offsets = [int((r or "").removeprefix("bytes=").removesuffix("-")) for r in rest]
    assert len(offsets) == 2
    assert 0 < offsets[0] < offsets[1]


def test_a_run_that_gave_up_is_continued_by_the_next(server: HubServer, tmp_path: Path) -> None:
    server.faults.cut_after = {"model.safetensors": [1_000_000] + [0] * 100}
    with pytest.raises(DownloadError, match=r"are kept: run the same command again"):
        pull(tmp_path)
    (part,) = tmp_path.glob("model.safetensors.*.part")
    have = part.stat().st_size
    assert 0 < have <= 1_000_000
    server.faults.cut_after.clear()
    server.seen.clear()
    assert hub.downloaded(hub.inspect(NAME), tmp_path) >= have
    pull(tmp_path)
    assert [s.range for s in server.requests("model.safetensors")] == [f"bytes={have}-"]
    assert (tmp_path / "model.safetensors").read_bytes() == WEIGHTS


def test_a_silent_server_counts_as_a_broken_connection(
    server: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "_SILENCE", 0.3)
    server.faults.silent_after = {"model.safetensors": 1_000_000}
    pull(tmp_path)
    assert (tmp_path / "model.safetensors").read_bytes() == WEIGHTS
    assert len(server.requests("model.safetensors")) >= 3


def test_a_server_that_ignores_ranges_is_read_from_the_start(server: HubServer, tmp_path: Path) -> None:
    server.faults.cut_after = {"model.safetensors": [700_000]}
    server.faults.ignore_range = True
    pull(tmp_path)
    assert (tmp_path / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.parametrize("name", ["model.safetensors", "config.json"])
def test_wrong_bytes_are_refused_and_thrown_away(server: HubServer, tmp_path: Path, name: str) -> None:
    server.faults.altered = {name}
    with pytest.raises(DownloadError, match=f"{name} is not what the hub announced"):
        pull(tmp_path)
    assert not list(tmp_path.glob(f"{name}*"))
    server.faults.altered = set()
    pull(tmp_path)
    assert (tmp_path / name).read_bytes() == FILES[name]


@pytest.mark.usefixtures("server")
def test_a_file_damaged_on_disk_since_is_fetched_again(tmp_path: Path) -> None:
    pull(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(bytes(len(WEIGHTS)))
    pull(tmp_path)
    assert (tmp_path / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.usefixtures("server")
def test_a_part_longer_than_the_file_starts_again(tmp_path: Path) -> None:
    snapshot = hub.inspect(NAME)
    digest = next(f.digest for f in snapshot.files if f.name == "model.safetensors")
    (tmp_path / f"model.safetensors.{digest[:16]}.part").write_bytes(bytes(len(WEIGHTS) + 1))
    pull(tmp_path)
    assert (tmp_path / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.usefixtures("server")
def test_the_part_of_an_outdated_file_is_removed(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors.0123456789abcdef.part").write_bytes(b"old")
    pull(tmp_path)
    assert not list(tmp_path.glob("*.part"))


def test_server_errors_are_waited_out(server: HubServer, tmp_path: Path) -> None:
    server.faults.status = {"model.safetensors": [503, 502]}
    pull(tmp_path)
    assert (tmp_path / "model.safetensors").read_bytes() == WEIGHTS


def test_only_the_shards_of_the_index_are_fetched(server: HubServer, tmp_path: Path) -> None:
    shards = {f"model-0000{i}-of-00002.safetensors": os.urandom(100_000) for i in (1, 2)}
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}
    server.repositories[NAME] = {
        "config.json": FILES["config.json"],
        "model.safetensors.index.json": json.dumps(index).encode(),
        "consolidated.safetensors": bytes(100_000),
        **shards,
    }
    pull(tmp_path)
    assert set(files(tmp_path)) == {"config.json", "model.safetensors.index.json", *shards}


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (b"[]", "is damaged"),
        (b"{", "is damaged"),
        (b'{"weight_map": {"a": {}}}', "is damaged"),
        (b'{"weight_map": {"a": "../../etc/passwd"}}', "does not hold"),
        (b'{"weight_map": {"a": "model-1.safetensors"}}', "does not hold"),
    ],
)
def test_a_bad_index_is_refused(server: HubServer, tmp_path: Path, index: bytes, message: str) -> None:
    server.repositories[NAME] = {"config.json": b"{}", "model.safetensors.index.json": index}
    with pytest.raises(DownloadError, match=message):
        pull(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"config.json": b"{}", "pytorch_model.bin": b"x"}, "only as pickle"),
        ({"config.json": b"{}", "model.gguf": b"x"}, "GGUF"),
        ({"config.json": b"{}"}, r"no model\.safetensors"),
        ({"model.safetensors": b"x"}, r"no config\.json"),
    ],
)
def test_repositories_that_cannot_be_used_are_told_apart(
    server: HubServer, content: dict[str, bytes], message: str
) -> None:
    server.repositories[NAME] = content
    with pytest.raises(DownloadError, match=message):
        hub.inspect(NAME)


def test_a_gated_repository_says_what_to_do(server: HubServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    server.gated = {NAME}
    with pytest.raises(DownloadError, match=r"gated and a visitor without a token.*HF_TOKEN"):
        hub.inspect(NAME)
    monkeypatch.setenv("HF_TOKEN", "hf_wrong")
    with pytest.raises(DownloadError, match="gated and this token has no access"):
        hub.inspect(NAME)
    monkeypatch.setenv("HF_TOKEN", "hf_right")
    pull(tmp_path)
    assert (tmp_path / "model.safetensors").read_bytes() == WEIGHTS


def test_the_token_goes_to_the_hub_and_never_to_the_storage_host(
    server: HubServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_right")
    pull(tmp_path)
    assert {s.token for s in server.seen if not s.storage} == {"hf_right"}
    assert {s.token for s in server.seen if s.storage} == {None}


@pytest.mark.parametrize(
    ("status", "message"),
    [(403, r"refuses .* \(HTTP 403\)"), (401, r"refuses .*\(HTTP 401\)"), (429, "asks for a pause"), (500, "HTTP 500")],
)
def test_refusals_are_explained(server: HubServer, status: int, message: str) -> None:
    server.faults.status = {"api": [status] * 20}
    with pytest.raises(DownloadError, match=message):
        hub.inspect(NAME)


@pytest.mark.usefixtures("server")
def test_unknown_repository_and_revision() -> None:
    with pytest.raises(DownloadError, match="no repository someone/else"):
        hub.inspect("someone/else")
    with pytest.raises(DownloadError, match="no branch, tag or commit 'v9'"):
        hub.inspect(NAME, "v9")


@pytest.mark.parametrize("name", ["bitnet", "a/b/c", "../../etc", "https://huggingface.co/a/b", "", "a/ b"])
def test_a_name_that_is_no_repository(name: str) -> None:
    with pytest.raises(DownloadError, match="OWNER/NAME"):
        hub.inspect(name)


def test_a_captive_portal_is_recognised(server: HubServer) -> None:
    server.faults.body = b"<html>please log in</html>"
    with pytest.raises(DownloadError, match="does not answer like the Hugging Face hub"):
        hub.inspect(NAME)


def test_a_server_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{port}")
    with pytest.raises(DownloadError, match=r"cannot be reached .*check the network"):
        hub.inspect(NAME)


def test_too_little_space_is_said_before_the_download(server: HubServer, tmp_path: Path) -> None:
    with pytest.raises(DownloadError, match=r"needs \d+ MB"):
        pull(tmp_path, reserve=1 << 60)
    assert not server.requests("model.safetensors")


@pytest.mark.usefixtures("server")
def test_two_downloads_of_one_repository_do_not_mix(tmp_path: Path) -> None:
    release, started = threading.Event(), threading.Event()

    def wait(*_: object) -> None:
        started.set()
        release.wait(10)

    first = threading.Thread(target=pull, args=(tmp_path,), kwargs={"progress": wait})
    first.start()
    assert started.wait(10)
    with pytest.raises(DownloadError, match="another edge pull"):
        pull(tmp_path)
    release.set()
    first.join()
    assert (tmp_path / "model.safetensors").read_bytes() == WEIGHTS


@pytest.mark.usefixtures("server")
def test_a_killed_process_is_continued(tmp_path: Path) -> None:
    """What a power cut leaves: no handler runs, the next start goes on from the bytes that are there."""
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom edge.checkpoints import hub\n"
        "def slow(what, done, total):\n"
        "    print(done, flush=True)\n    time.sleep(60 if done > 200_000 else 0)\n"
        f"hub.fetch(hub.inspect({NAME!r}), Path(sys.argv[1]), slow)\n"
    )
    folder = tmp_path / "got"
    with subprocess.Popen([sys.executable, "-c", code, folder], stdout=subprocess.PIPE) as process:
        assert process.stdout
        for line in process.stdout:
            if int(line) > 200_000:
                break
        process.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while True:  # the dead process's lock goes with it, but not in the same instant
        try:
            pull(folder)
            break
        except DownloadError:
            assert time.monotonic() < deadline
    assert files(folder) == {n: d for n, d in FILES.items() if n in NEEDED}
