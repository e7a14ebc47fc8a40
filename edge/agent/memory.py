"""An agent's own bound on its memory, for boards on which nobody else sets one.

Raspberry Pi OS boots with the memory cgroup off, where systemd's MemoryMax= does nothing. What the kernel always
counts is a process's writable mappings (RLIMIT_DATA): the KV cache and the engine's buffers are in it from the
beginning, the mapped weights are not.
"""

from __future__ import annotations

import logging
import resource
from pathlib import Path

from edge.errors import ModelTooLarge
from edge.inference import Model
from edge.inference.machine import memory_use

__all__ = ["bound", "private_need"]

_LOG = logging.getLogger("edge.agent")

# Mappings that count in full and are hardly used: the stacks of eight threads to come, and malloc's arenas for them.
_UNUSED = 80 << 20
# What a full queue, answers on their way and the tokenizer's buffers may take beyond what is there after loading.
_WORK = 24 << 20


def private_need(model: Model) -> int:
    """Bytes that only this process will hold, at most, when every sequence of the model is full."""
    info = model.info()
    return int(memory_use()["private"] + info["kv_bytes"] + info["scratch_bytes"] + _WORK)


def bound(model: Model, most: int) -> None:
    """See to it that this process, its ``model`` loaded, never holds much more than ``most`` bytes of its own.

    Raises :class:`~edge.errors.ModelTooLarge` when it would have to. Later an allocation beyond fails: the request
    that wanted it is refused, and the agent goes on.
    """
    need = private_need(model)
    if need > most:
        info = model.info()
        raise ModelTooLarge(
            f"{model.folder.name} needs {need / 1e6:.0f} MB beside its weights, {info['kv_bytes'] / 1e6:.0f} of them "
            f"for {info['sequences']} answers at once of {info['context']} tokens, and may take {most / 1e6:.0f}: "
            "lower --together or --context, or raise --memory"
        )
    limit = _mapped() + most - need + _WORK + _UNUSED
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    except (ValueError, OSError) as error:  # a sandbox may forbid it, whose own LimitDATA= is in force then
        if _unlimited():
            _LOG.warning("memory: no limit can be set here (%s); LimitDATA= in the service's unit does it", error)


def _mapped() -> int:
    """Bytes of writable mappings, as RLIMIT_DATA counts them."""
    fields = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines())
    return int(fields["VmData"].split()[0]) * 1024


def _unlimited() -> bool:
    """Whether RLIMIT_DATA is open; from a file, because the system call may be the forbidden one."""
    lines = Path("/proc/self/limits").read_text(encoding="utf-8").splitlines()
    return any(line.startswith("Max data size") and line.split()[3] == "unlimited" for line in lines)
