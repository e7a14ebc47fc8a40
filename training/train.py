"""Train `home`:  python -m training.train --out DIR --hours 1.5

Seeded, resumable (run the same command again). The learning rate falls to zero at
the end of the budget, which is tokens (`--tokens`, repeatable to the byte on one machine) or wall
clock (`--hours`, counted from the first start, pauses included: it ends well whenever it ends).
With `--device cuda --workers 1 --loaders 8` one GPU does it all.
"""

from __future__ import annotations

import argparse
import json
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from . import vocabulary
from .data import Batch, Batches, Coder, probe_batch
from .files import alone, command, positive, read_checkpoint
from .model import Decoder, Shape
from .workers import launch, share

STEP = 4096
"""Tokens of a step, padding included."""


def row_length(tokens: list[str]) -> int:
    """As short as samples allow: one in ten thousand is longer, and left out. Bytes take four times the room."""
    return 128 if tokens else 512


AVERAGED = 0.004
"""Share of the newest step in the averaged network: the mean of about the last 250."""


def packed_mask(segments: Tensor) -> Tensor:
    """[rows, length] -> [rows, 1, length, length]: causal, within one sample only."""
    same = segments[:, :, None] == segments[:, None, :]
    causal = torch.ones(segments.shape[1], segments.shape[1], dtype=torch.bool, device=segments.device).tril()
    return (same & causal)[:, None]


def batch_loss(
    model: Decoder,
    tokens: Tensor,
    positions: Tensor,
    segments: Tensor,
    weights: Tensor,
    dtype: torch.dtype,
    teacher: Decoder | None = None,
) -> tuple[Tensor, Tensor]:
    """(training loss, loss of the answers alone), in nats per token.

    With a teacher half of the loss is the cross entropy against its odds instead of the right token.
    """
    mask = packed_mask(segments)
    logits = model(tokens, positions, mask, dtype)[:, :-1].flatten(0, 1)
    losses = functional.cross_entropy(logits, tokens[:, 1:].flatten(), reduction="none")
    weights = weights[:, 1:].flatten()
    answers = (weights == 1).float()
    trained = losses
    if teacher is not None:
        with torch.no_grad():
            odds = teacher(tokens, positions, mask, dtype)[:, :-1].flatten(0, 1).softmax(-1)
        trained = 0.5 * losses + 0.5 * functional.cross_entropy(logits, odds, reduction="none")
    return (trained * weights).sum() / weights.sum(), (losses * answers).sum() / answers.sum()


def tensors(batch: Batch, prompt_weight: float, device: str = "cpu") -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """tokens, positions, segments and loss weights. A sample's first token has nothing before it."""
    weights = np.where(batch.answer, 1.0, prompt_weight) * (batch.segments > 0) * (batch.positions > 0)
    arrays = (batch.tokens, batch.positions, batch.segments, weights.astype(np.float32))
    return tuple(torch.from_numpy(a).to(device, non_blocking=True) for a in arrays)  # type: ignore[return-value]


@torch.no_grad()
def teacher_forced_exact(model: Decoder, batch: Batch) -> float:
    """Share of answers the model would give exactly when decoding greedily.

    A greedy answer is right if and only if every token of the right answer is the likeliest one
    after the right tokens before it, so one forward pass is enough.
    """
    device = model.embed_tokens.weight.device.type
    wrong = np.empty((len(batch.tokens), batch.tokens.shape[1] - 1), np.bool_)
    rows = STEP // batch.tokens.shape[1]
    for row in range(0, len(wrong), rows):
        part = batch.rows(row, row + rows)
        tokens, positions, segments, _ = tensors(part, 1.0, device)
        best = model(tokens, positions, packed_mask(segments)).argmax(-1)[:, :-1]
        wrong[row : row + rows] = ((best != tokens[:, 1:]).cpu().numpy()) & part.answer[:, 1:]
    right = total = 0
    for row in range(len(wrong)):
        ids = batch.segments[row, 1:]
        for segment in range(1, ids.max() + 1):
            total += 1
            right += not wrong[row][ids == segment].any()
    return right / total


class Run:
    """One worker of a training run, and the state that must survive a restart."""

    def __init__(self, args: argparse.Namespace, rank: int) -> None:
        self.args, self.rank = args, rank
        self.out: Path = args.out
        torch.manual_seed(args.seed)
        self.vocabulary = vocabulary.of_run(self.out, args.seed, bytes_only=args.bytes)
        self.coder = Coder(self.vocabulary)
        sizes = {
            name: getattr(args, name) for name in ("layers", "hidden", "heads", "kv_heads", "inter", "full", "copying")
        }
        self.model = Decoder(Shape(**sizes, vocab=-(-self.coder.size // 16) * 16)).to(args.device)
        self.teacher = _trained(args.teacher, self.vocabulary, args.device) if args.teacher else None
        self.checkpoint = self.out / "checkpoint.pt"
        if args.start and not self.checkpoint.exists():
            self.model.load_state_dict(_trained(args.start, self.vocabulary, args.device).state_dict())
        self.average = [p.detach().clone() for p in self.model.parameters()]
        matrices = [p for p in self.model.parameters() if p.ndim == 2]
        rest = [p for p in self.model.parameters() if p.ndim != 2]
        self.optimizer = torch.optim.AdamW(
            [{"params": matrices}, {"params": rest, "weight_decay": 0.0}], lr=args.rate, betas=(0.9, 0.98), fused=True
        )
        self.step = self.tokens = 0
        self.before = 0  # tokens before the last step, by which that one was weighted
        self.started = time.time()
        if self.checkpoint.exists():
            self._resume()

    def _resume(self) -> None:
        saved = read_checkpoint(self.checkpoint, self.args.device)
        began = {"shape": Shape(**saved["shape"]), "tokens": saved["vocabulary"], "seed": saved["seed"]}
        asked = {"shape": self.model.shape, "tokens": self.vocabulary, "seed": self.args.seed}
        for what, value in asked.items():
            if began[what] != value:
                raise ValueError(
                    f"{self.checkpoint} was begun with another {what}: go on with that, or give another --out"
                )
        self.model.load_state_dict(saved["model"])
        self.optimizer.load_state_dict(saved["optimizer"])
        names = [name for name, _ in self.model.named_parameters()]
        self.average = [saved["average"][name] for name in names]
        self.step, self.tokens, self.started = saved["step"], saved["tokens"], saved["started"]
        self.before = saved["before"]
        if self.rank == 0:
            print(f"resumed at step {self.step}, {self.tokens / 1e6:.2f} M tokens", flush=True)

    def save(self) -> None:
        """Write the checkpoint whole or not at all."""
        part = self.checkpoint.with_suffix(".part")
        torch.save(
            {
                "shape": self.model.shape.to_json(),
                "vocabulary": self.vocabulary,
                "model": self.model.state_dict(),
                "average": {n: a for (n, _), a in zip(self.model.named_parameters(), self.average, strict=True)},
                "optimizer": self.optimizer.state_dict(),
                "step": self.step,
                "tokens": self.tokens,
                "before": self.before,
                "started": self.started,
                "seed": self.args.seed,
            },
            part,
        )
        part.replace(self.checkpoint)

    def progress(self, tokens: int) -> float:
        """How much of the budget is spent, 0 … 1: a float32 as workers share it, so that a resumed run has the same."""
        if self.args.tokens is not None:
            spent = tokens / (self.args.tokens * 1e6)
        else:
            spent = (time.time() - self.started) / (self.args.hours * 3600)
        return float(np.float32(min(1.0, spent)))

    def rates(self, progress: float) -> tuple[float, float]:
        """(learning rate, weight decay): warm-up, level, then straight down to zero; decay in the first half only."""
        warm = min(1.0, (self.step + 1) / 200)
        fall = min(1.0, (1 - progress) / self.args.fall)
        return self.args.rate * warm * fall, (self.args.decay if progress < 0.5 else 0.0)

    def prompt_weight(self, progress: float) -> float:
        """Weight of the sentences' own tokens: falls fifty-fold over the run.

        Learning to write sentences teaches the network its letters at first. Later the answers are
        nearly right, sentences remain unpredictable, and their gradient would drown the rest.
        """
        return float(self.args.prompt_weight * 0.02**progress)

    def log(self, **record: float) -> None:
        line = json.dumps({k: round(v, 6) if isinstance(v, float) else v for k, v in record.items()})
        print(line, flush=True)
        with (self.out / "log.jsonl").open("a") as file:
            file.write(line + "\n")

    def train(self) -> None:
        args, rank = self.args, self.rank
        dtype = torch.bfloat16 if args.bf16 else torch.float32
        step_loss = torch.compile(batch_loss) if args.compile else batch_loss
        length = row_length(self.vocabulary)
        probe = probe_batch(self.coder, 7, 4 * STEP // length, length)
        batches = Batches(self.vocabulary, args.seed, STEP // length // args.workers, length, args.loaders)
        stream = batches.stream(self.step * args.workers + rank, args.workers)
        last_log, last_save, sums, count = time.time(), time.time(), [0.0, 0.0], 0
        progress = self.progress(self.before)
        while progress < 1.0:
            batch = next(stream)
            inputs = tensors(batch, self.prompt_weight(progress), args.device)
            loss, answers = step_loss(self.model, *inputs, dtype, self.teacher)
            loss.backward()
            # rank 0 alone says how far the run is, so that all of them end at the same step
            spent = self.progress(self.tokens) * (rank == 0)
            numbers = [loss.item(), answers.item(), float((batch.segments > 0).sum()), spent]
            loss_sum, answer_sum, tokens, progress = share(self.model.parameters(), numbers, args.workers)
            self._update(progress)
            self.before, self.tokens = self.tokens, self.tokens + int(tokens)
            sums = [sums[0] + loss_sum / args.workers, sums[1] + answer_sum / args.workers]
            count += 1
            now = time.time()
            if rank == 0 and now - last_log >= args.log_seconds:
                self.log(
                    step=self.step, tokens=self.tokens, minutes=(now - self.started) / 60, progress=progress,
                    loss=sums[0] / count, answer_loss=sums[1] / count,
                    held_out_exact=teacher_forced_exact(self.model, probe), average_exact=self.average_exact(probe),
                    tokens_s=int(count * STEP / (now - last_log)),
                )  # fmt: skip
                last_log, sums, count = now, [0.0, 0.0], 0
            if rank == 0 and now - last_save >= args.save_seconds:
                self.save()
                last_save = now
        batches.close()
        if rank == 0:
            self.save()
            exact, average = teacher_forced_exact(self.model, probe), self.average_exact(probe)
            self.log(step=self.step, tokens=self.tokens, done=True, held_out_exact=exact, average_exact=average)

    def _update(self, progress: float) -> None:
        rate, decay = self.rates(progress)
        for index, group in enumerate(self.optimizer.param_groups):
            group["lr"] = rate
            group["weight_decay"] = decay if index == 0 else 0.0
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        # before the rate has fallen, the mean of the last few hundred steps is a much better network than the last one
        with torch.no_grad():
            torch._foreach_lerp_(self.average, list(self.model.parameters()), max(AVERAGED, 1 / self.step))

    def average_exact(self, probe: Batch) -> float:
        """As `teacher_forced_exact`, of the averaged network."""
        own = [p.detach().clone() for p in self.model.parameters()]
        try:
            self._load(self.average)
            return teacher_forced_exact(self.model, probe)
        finally:
            self._load(own)

    @torch.no_grad()
    def _load(self, values: list[Tensor]) -> None:
        for parameter, value in zip(self.model.parameters(), values, strict=True):
            parameter.copy_(value)


def _trained(checkpoint: Path, tokens: list[str], device: str) -> Decoder:
    """The averaged network of a checkpoint, to learn from or to begin with; it must read the same tokens."""
    saved = read_checkpoint(checkpoint, device)
    if saved["vocabulary"] != tokens:
        raise ValueError(
            f"{checkpoint} has other tokens: copy its run's vocabulary.json to --out before the first start"
        )
    trained = Decoder(Shape(**saved["shape"])).to(device)
    trained.load_state_dict(saved["average"])
    for parameter in trained.parameters():
        parameter.requires_grad = False
    return trained


def run(args: argparse.Namespace, rank: int) -> None:
    """One worker, from the last checkpoint (or the beginning) to the end of the budget."""
    try:
        Run(args, rank).train()
    except (OSError, ValueError):
        # what is wrong is wrong for all of them: one says it
        if rank:
            raise SystemExit(1) from None
        raise


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m training.train", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="folder for checkpoint.pt and log.jsonl, outside the repository"
    )
    budget = parser.add_mutually_exclusive_group(required=True)
    budget.add_argument("--hours", type=positive, help="wall clock, from the first start")
    budget.add_argument("--tokens", type=positive, help="millions of tokens")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, choices=(1, 2, 4, 8), help="processes, one thread each")
    parser.add_argument("--rate", type=float, default=3e-3, help="peak learning rate")
    parser.add_argument("--decay", type=float, default=0.1, help="weight decay of the first half")
    parser.add_argument(
        "--prompt-weight", type=float, default=0.05, help="weight of the sentence's own tokens in the loss, at first"
    )
    parser.add_argument(
        "--fall", type=positive, default=0.5, help="share of the budget in which the rate falls to zero"
    )
    parser.add_argument("--teacher", type=Path, help="a checkpoint.pt whose odds are half of what is learnt")
    parser.add_argument("--start", type=Path, help="a checkpoint.pt whose averaged network a new run begins with")
    parser.add_argument("--bytes", action="store_true", help="no tokens but bytes, to compare with")
    parser.add_argument("--device", default="cpu", help="cpu, or cuda for the only GPU (with --workers 1)")
    parser.add_argument("--loaders", type=int, default=0, help="processes that make sentences (0: the worker itself)")
    parser.add_argument("--full", action="store_true", help="full-precision weights and activations, to compare with")
    parser.add_argument("--copying", action="store_true", help="attention begins as if it could copy already")
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--heads", type=int, default=8)
    parser.add_argument("--kv-heads", type=int, default=4)
    parser.add_argument("--inter", type=int, default=512)
    parser.add_argument("--no-bf16", dest="bf16", action="store_false", help="products in float32 (slower)")
    parser.add_argument("--no-compile", dest="compile", action="store_false", help="where no C++ compiler is at hand")
    parser.add_argument("--log-seconds", type=float, default=300)
    parser.add_argument("--save-seconds", type=float, default=300)
    args = parser.parse_args()
    if args.workers != 1 and (args.device != "cpu" or args.loaders):
        parser.error("--device and --loaders are for a run of one worker: give --workers 1")
    args.out.mkdir(parents=True, exist_ok=True)
    with alone(args.out):
        vocabulary.of_run(args.out, args.seed, bytes_only=args.bytes)  # before there are several that would make it
        launch(args.workers, args.out, partial(run, args))


if __name__ == "__main__":
    command(main)
