"""Several one-thread processes that train one network together.

A step has hundreds of small parallel sections. On cores that are shared with other programs a
thread pool waits at the end of each of them for whichever thread was put off; processes meet
once a step. Every worker computes the gradient of its own rows, the sums are shared, and all
take the same step, so that their networks stay equal.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import distributed, multiprocessing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from torch import Tensor


def launch(count: int, out: Path, work: Callable[[int], None]) -> None:
    """Run `work(rank)` in `count` processes; this one is rank 0. Returns when all have ended."""
    meeting = (out / "workers.part").resolve()
    meeting.unlink(missing_ok=True)
    context = multiprocessing.get_context("spawn")
    others = [
        context.Process(target=_worker, args=(rank, count, meeting, work), daemon=True) for rank in range(1, count)
    ]
    for other in others:
        other.start()
    _worker(0, count, meeting, work)
    for other in others:
        other.join()


def _worker(rank: int, count: int, meeting: Path, work: Callable[[int], None]) -> None:
    torch.set_num_threads(1)
    if count > 1:
        distributed.init_process_group("gloo", init_method=f"file://{meeting}", rank=rank, world_size=count)
    try:
        work(rank)
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except RuntimeError as error:
        # what a worker sees when another one was stopped, on purpose mostly: not worth a traceback
        if rank and "by peer" in str(error):
            raise SystemExit(f"worker {rank}: another worker has ended, so this one ends too") from None
        raise
    if count > 1:
        distributed.destroy_process_group()


def share(parameters: Iterable[Tensor], numbers: list[float], count: int) -> list[float]:
    """Average the gradients over all workers in place, and return the sums of their `numbers`."""
    if count == 1:
        return numbers
    gradients = [p.grad for p in parameters]
    flat = torch.cat([*(g.flatten() for g in gradients), torch.tensor(numbers)])
    distributed.all_reduce(flat)
    start = 0
    for gradient in gradients:
        gradient.copy_(flat[start : start + gradient.numel()].view_as(gradient)).div_(count)
        start += gradient.numel()
    return [float(v) for v in flat[start:]]
