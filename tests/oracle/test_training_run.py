"""A very small training run: it learns, resumes, repeats, and several workers agree with it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from training.data import Coder, training_batch
from training.files import alone
from training.model import Decoder, Shape
from training.train import batch_loss, packed_mask, tensors

TINY = ("--bytes", "--layers", "1", "--hidden", "64", "--heads", "2", "--kv-heads", "1", "--inter", "96")


ROOT = Path(__file__).parents[2]
LIMIT = 600
"""Seconds after which a run hangs."""


def command(out: Path, tokens: float, *options: str) -> list[str]:
    own = ["--out", str(out), "--tokens", str(tokens), "--no-compile", *TINY]
    return [sys.executable, "-m", "training.train", *own, *options]


def refused(out: Path, *options: str) -> str:
    """What a run says that is not even begun, on one line."""
    tried = command(out, 0.012, *options)
    done = subprocess.run(tried, cwd=ROOT, timeout=LIMIT, check=False, capture_output=True, text=True)
    assert done.returncode in (1, 2)
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


def train(out: Path, tokens: float, *options: str) -> dict[str, object]:
    """Run the command until `tokens` million tokens are seen; return its checkpoint."""
    subprocess.run(command(out, tokens, *options), check=True, cwd=ROOT, timeout=LIMIT)
    saved: dict[str, object] = torch.load(out / "checkpoint.pt", weights_only=True)
    return saved


def weights(saved):
    return torch.cat([w.flatten() for w in saved["model"].values()])


def test_the_same_command_gives_the_same_weights(tmp_path):
    first, second = (train(tmp_path / name, 0.012, "--workers", "1") for name in "ab")
    assert torch.equal(weights(first), weights(second))
    other = train(tmp_path / "c", 0.012, "--workers", "1", "--seed", "2")
    assert not torch.equal(weights(first), weights(other))


def test_a_run_goes_on_where_it_stopped(tmp_path):
    first = train(tmp_path, 0.012, "--workers", "1")
    second = train(tmp_path, 0.024, "--workers", "1")
    assert second["step"] > first["step"] > 1
    assert second["started"] == first["started"]
    done = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [record["step"] for record in done if record.get("done")] == [first["step"], second["step"]]


def wait_for_checkpoint(process: subprocess.Popen[str], out: Path) -> None:
    end = time.monotonic() + LIMIT
    while not (out / "checkpoint.pt").exists():
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_run_ends_with_the_same_weights(tmp_path, workers):
    whole = train(tmp_path / "whole", 0.2, "--workers", workers)
    options = ("--workers", workers, "--save-seconds", "0")
    out = tmp_path / "killed"
    process = subprocess.Popen(command(out, 0.2, *options), cwd=ROOT, start_new_session=True, text=True)
    wait_for_checkpoint(process, out)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(LIMIT)
    assert torch.load(out / "checkpoint.pt", weights_only=True)["step"] < whole["step"]
    again = train(out, 0.2, *options)
    assert again["step"] == whole["step"]
    assert torch.equal(weights(again), weights(whole))


def test_two_workers_finish_together(tmp_path):
    saved = train(tmp_path, 0.012, "--workers", "2")
    assert saved["step"] > 1
    assert torch.isfinite(weights(saved)).all()


def test_batches_made_ahead_are_the_same(tmp_path):
    first, second = (train(tmp_path / n, 0.012, "--workers", "1", "--loaders", n) for n in "02")
    assert torch.equal(weights(first), weights(second))


def test_loaders_end_with_a_trainer_that_is_killed(tmp_path):
    """They hold its standard output, so that whoever reads that would wait as well."""
    options = ("--workers", "1", "--loaders", "2", "--save-seconds", "0")
    process = subprocess.Popen(
        command(tmp_path, 0.4, *options), cwd=ROOT, start_new_session=True, stdout=subprocess.PIPE, text=True
    )
    wait_for_checkpoint(process, tmp_path)
    process.kill()
    try:
        process.communicate(timeout=60)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


def test_what_cannot_be_is_said_before_it_is_begun(tmp_path):
    out = tmp_path / "run"
    assert "--workers 1" in refused(out, "--workers", "2", "--loaders", "1")
    assert "heads" in refused(out, "--workers", "2", "--heads", "7")
    assert "no checkpoint" in refused(out, "--workers", "1", "--start", str(Path(__file__)))
    train(out, 0.012, "--workers", "1")
    before = (out / "checkpoint.pt").read_bytes()
    assert "another seed" in refused(out, "--workers", "1", "--seed", "2")
    assert "another shape" in refused(out, "--workers", "1", "--layers", "2")
    (out / "vocabulary.json").write_text('["turn", "on"]')
    assert "has tokens" in refused(out, "--workers", "1")
    assert (out / "checkpoint.pt").read_bytes() == before


def test_two_runs_do_not_share_a_folder(tmp_path):
    with alone(tmp_path):
        assert "another run writes" in refused(tmp_path, "--workers", "1")


def test_the_mask_is_made_where_the_batch_is():
    assert packed_mask(torch.ones(2, 8, dtype=torch.int64, device="meta")).device.type == "meta"


def test_a_student_learns_from_a_full_precision_teacher(tmp_path):
    train(tmp_path / "teacher", 0.012, "--workers", "1", "--full")
    saved = train(
        tmp_path / "student", 0.012, "--workers", "1", "--teacher", str(tmp_path / "teacher" / "checkpoint.pt")
    )
    assert not saved["shape"]["full"]
    assert torch.isfinite(weights(saved)).all()


def test_attention_may_begin_by_copying():
    """At first a token attends to its like, and what is attended to comes out nearly as it was."""
    torch.manual_seed(1)
    attention = (
        Decoder(Shape(layers=1, hidden=96, heads=4, kv_heads=2, inter=96, vocab=272, copying=True)).layers[0].self_attn
    )
    x = torch.randn(20, 96)
    q, k = x @ attention.q_proj.weight[:24].T, x @ attention.k_proj.weight[:24].T
    assert (q @ k.T).argmax(-1).tolist() == list(range(20))
    v = (x @ attention.v_proj.weight.T).view(20, 2, 24).repeat_interleave(2, dim=1).reshape(20, 96)
    similarity = torch.nn.functional.cosine_similarity(v @ attention.o_proj.weight.T, x)
    assert similarity.min() > 0.3


def test_it_learns():
    """Fifty steps on one batch: the loss of random guessing (5.6 nats) is left far behind."""
    torch.manual_seed(1)
    model = Decoder(Shape(layers=1, hidden=64, heads=2, kv_heads=1, inter=96, vocab=272))
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    batch = tensors(training_batch(Coder([]), seed=1, step=0, rows=2, length=256), 1.0)
    losses = []
    for _ in range(50):
        loss, _ = batch_loss(model, *batch, torch.float32)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    assert losses[0] > 5
    assert losses[-1] < 2.5
