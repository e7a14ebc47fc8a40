"""``edge pull`` from the first request to a model that ``edge show`` can read, as processes."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from cython_kernels import WeightFile
from tests.integration import tiny_model
from tests.integration.hub_server import COMMIT, HubServer
from tests.oracle.cases import BY_NAME
from tests.oracle.checkpoints import write_checkpoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytest.importorskip("huggingface_hub", reason="the extra 'hub' is not installed")

NAME = "someone/sharded-ternary"


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A checkpoint in three shards with bf16 masters, and a tokenizer."""
    folder = tmp_path_factory.mktemp("checkpoint")
    write_checkpoint(BY_NAME["2b4t-bf16"], folder)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tiny_model.make(tmp_path_factory.mktemp("tiny")) / name, folder)
    return {p.name: p.read_bytes() for p in folder.iterdir()}


@pytest.fixture
def server(checkpoint: dict[str, bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[HubServer]:
    with HubServer({NAME: checkpoint}) as running:
        monkeypatch.setenv("HF_ENDPOINT", running.endpoint)
        monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))
        monkeypatch.setenv("EDGE_HOME", str(tmp_path / "edge-home"))
        monkeypatch.delenv("HF_TOKEN", raising=False)
        yield running


PULL = [sys.executable, "-m", "edge", "pull"]


def pull(
    *arguments: str, before: Callable[[], None] | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PULL, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, **environment},
        preexec_fn=before,
    )


def test_fetches_packs_and_tidies_up(server: HubServer, tmp_path: Path) -> None:
    done = pull(NAME)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{NAME}: ")
    assert done.stdout.endswith(f'ready: edge run {NAME} "..."\n')
    assert {line.split()[0] for line in done.stderr.splitlines()} >= {"downloading", "packing"}
    model = tmp_path / "edge-home" / "models" / NAME
    assert {p.name for p in model.iterdir()} >= {"model.safetensors", "tokenizer.json", "config.json"}
    with WeightFile(model / "model.safetensors") as weights:
        assert weights.metadata["source"] == f"{NAME}@{COMMIT}"
    assert not list((tmp_path / "edge-home" / "downloads").iterdir())
    assert not [s for s in server.seen if s.path.endswith((".py", ".bin"))]


@pytest.mark.usefixtures("server")
def test_json_is_one_value_and_nothing_else(tmp_path: Path) -> None:
    done = pull(NAME, "--json", "--keep-source", "--head", "f16")
    result = json.loads(done.stdout)
    assert done.stderr == ""
    assert result["name"] == NAME
    assert result["commit"] == COMMIT
    assert result["bytes"] == (tmp_path / "edge-home" / "models" / NAME / "model.safetensors").stat().st_size
    with WeightFile(f"{result['path']}/model.safetensors") as weights:
        assert weights.spec.head == "f16"
    assert (tmp_path / "edge-home" / "downloads" / NAME.replace("/", "--") / "config.json").exists()
    assert result["source"] == str(tmp_path / "edge-home" / "downloads" / NAME.replace("/", "--"))


def test_the_same_commit_is_not_fetched_twice_unless_forced(server: HubServer) -> None:
    assert pull(NAME).returncode == 0
    server.seen.clear()
    again = pull(NAME)
    assert "already here and up to date" in again.stdout
    assert [s.path for s in server.seen if "/resolve/" in s.path] == []
    forced = pull(NAME, "--force")
    assert forced.returncode == 0, forced.stderr
    assert len([s for s in server.seen if s.path.endswith(".safetensors") and s.method == "GET"]) >= 3


def test_a_broken_download_is_continued_by_the_same_command(server: HubServer, checkpoint: dict[str, bytes]) -> None:
    name = largest(checkpoint)
    half = len(checkpoint[name]) // 2
    server.faults.cut_after = {name: [half] + [0] * 99}
    broken = pull(NAME)
    assert broken.returncode == 2
    assert broken.stderr.splitlines()[-1].startswith("edge: error: ")
    assert "run the same command again" in broken.stderr
    server.faults.cut_after.clear()
    server.seen.clear()
    assert pull(NAME).returncode == 0
    (request,) = server.requests(name)
    assert request.range
    assert int(request.range.removeprefix("bytes=").removesuffix("-")) > 0


def largest(checkpoint: dict[str, bytes]) -> str:
    return max((n for n in checkpoint if n.endswith(".safetensors")), key=lambda n: len(checkpoint[n]))


def test_ctrl_c_keeps_what_has_arrived(server: HubServer, checkpoint: dict[str, bytes], tmp_path: Path) -> None:
    name = largest(checkpoint)
    half = len(checkpoint[name]) // 2
    server.faults.silent_after = {name: half}
    downloads = tmp_path / "edge-home" / "downloads" / NAME.replace("/", "--")
    with subprocess.Popen([*PULL, NAME], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        end = time.monotonic() + 60
        while not sum(p.stat().st_size for p in downloads.glob(f"{name}.*.part")):
            assert time.monotonic() < end
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    assert sum(p.stat().st_size for p in downloads.glob(f"{name}.*.part")) > 0
    server.faults.silent_after.clear()
    assert pull(NAME).returncode == 0


@pytest.mark.usefixtures("server")
def test_a_disk_that_fills_up_is_told(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    done = pull(NAME, before=limit)
    assert done.returncode == 2
    assert "File too large" in done.stderr.splitlines()[-1]
    assert "EDGE_HOME" in done.stderr.splitlines()[-1]
    assert not (tmp_path / "edge-home" / "models").exists()
    assert pull(NAME).returncode == 0


def test_wrong_bytes_leave_no_model(server: HubServer, checkpoint: dict[str, bytes], tmp_path: Path) -> None:
    server.faults.altered = {next(n for n in checkpoint if n.endswith(".safetensors"))}
    done = pull(NAME)
    assert done.returncode == 2
    assert "is not what the hub announced" in done.stderr
    assert not (tmp_path / "edge-home" / "models" / NAME).exists()


def test_a_checkpoint_we_cannot_run_is_refused_by_name(server: HubServer, checkpoint: dict[str, bytes]) -> None:
    config = {**json.loads(checkpoint["config.json"]), "architectures": ["GPT9ForCausalLM"], "model_type": "gpt9"}
    server.repositories[NAME] = {**checkpoint, "config.json": json.dumps(config).encode()}
    done = pull(NAME)
    assert done.returncode == 2
    assert "GPT9ForCausalLM" in done.stderr.splitlines()[-1]


def test_without_the_client_the_message_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "huggingface_hub.py").write_text("raise ImportError('not here')")
    done = pull(NAME, PYTHONPATH=f"{tmp_path}{os.pathsep}{os.environ.get('PYTHONPATH', '')}")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "pip install huggingface_hub" in done.stderr
