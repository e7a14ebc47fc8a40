"""A very small training run: it learns, resumes, repeats, and several workers agree with it."""

from __future__ import annotations

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
from training.model import Decoder, Shape
from training.train import batch_loss, tensors

TINY = ("--bytes", "--layers", "1", "--hidden", "64", "--heads", "2", "--kv-heads", "1", "--inter", "96")


def train(out: Path, tokens: float, *options: str) -> dict[str, object]:
    """Run the command until `tokens` million tokens are seen; return its checkpoint."""
    command = [sys.executable, "-m", "training.train", "--out", str(out), "--tokens", str(tokens), "--no-compile"]
    subprocess.run([*command, *TINY, *options], check=True, cwd=Path(__file__).parents[2])
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


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_run_ends_with_the_same_weights(tmp_path, workers):
    whole = train(tmp_path / "whole", 0.04, "--workers", workers)
    options = ("--workers", workers, "--save-seconds", "0")
    out = tmp_path / "killed"
    command = [sys.executable, "-m", "training.train", "--out", str(out), "--tokens", "0.04", "--no-compile"]
    root = Path(__file__).parents[2]
    process = subprocess.Popen([*command, *TINY, *options], cwd=root, start_new_session=True)
    while not (out / "checkpoint.pt").exists() and process.poll() is None:
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert torch.load(out / "checkpoint.pt", weights_only=True)["step"] < whole["step"]
    again = train(out, 0.04, *options)
    assert again["step"] == whole["step"]
    assert torch.equal(weights(again), weights(whole))


def test_two_workers_finish_together(tmp_path):
    saved = train(tmp_path, 0.012, "--workers", "2")
    assert saved["step"] > 1
    assert torch.isfinite(weights(saved)).all()


def test_batches_made_ahead_are_the_same(tmp_path):
    first, second = (train(tmp_path / n, 0.012, "--workers", "1", "--loaders", n) for n in "02")
    assert torch.equal(weights(first), weights(second))


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
