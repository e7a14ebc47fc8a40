"""The self-check: a release runs its own model once and must say exactly what the operator's engine said.

It does so in the sandbox and within the limits that it will have as a service.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from . import files, removal, systemd
from .failure import Failure
from .journal import Journal
from .layout import Layout
from .manifest import Release
from .process import Finished, run

__all__ = ["check"]

# What systemd-run says when the service has ended; its own exit status does not tell a timeout from a crash.
_RESULT = re.compile(r"^Finished with result: (\S+)", re.MULTILINE)
_STATUS = re.compile(r"^Main processes terminated with: .*status=(?:\d+/)?(\w+)", re.MULTILINE)
_RUN_SAYS = ("Running as unit:", "Finished with result:", "Main processes terminated with:", "Service runtime:")
_RUN_SAYS_ALSO = ("CPU time consumed:", "Memory peak:", "IP traffic", "IO bytes")


def check(
    layout: Layout, release: Release, timeout_s: float, journal: Journal, watch: Callable[[], None]
) -> dict[str, Any]:
    """Run a release's self-check; return its figures (tokens a second, bytes resident, seconds to load).

    Raises Failure (self_check) with the reason: crashed, wrong tokens, too large, too slow; the release is removed
    then, unless it is the current one.
    """
    unit = f"edge-check-{release.id}"
    journal.step("check", "run", "checking the release: loading its model, comparing what it says", id=release.id)
    try:
        systemd.stop(unit)  # one that a cut connection left running
        figures = _judge(_run(layout, release, unit, timeout_s, watch), release, timeout_s)
    except Failure:
        if layout.current_release() != release.id:
            journal.step("check", "discard", "removing the release that failed its check", id=release.id)
            removal.discard(layout, release.id)
        raise
    except BaseException:
        systemd.stop(unit)
        raise
    journal.step("check", "passed", "the release passed its check", id=release.id)
    files.write_json(layout.release(release.id) / "check.json", figures)
    return figures


def _run(layout: Layout, release: Release, unit: str, timeout_s: float, watch: Callable[[], None]) -> Finished:
    folder = layout.release(release.id)
    model = str(folder / "model") if release.model_files else release.model
    command = [str(folder / "venv" / "bin" / "python"), "-I", "-m", "edge", "check", model]
    if "--force" in release.agent:  # the agent, too, would load it where memory looks too small
        command.append("--force")
    if "--kv" in release.agent:  # and with these numbers in its cache
        command += ["--kv", release.agent[release.agent.index("--kv") + 1]]
    unit_text = (folder / "edge-agent.service").read_text(encoding="utf-8")
    systemd_run = ["systemd-run", "--wait", "--pipe", "--collect", "--no-ask-password", f"--unit={unit}"]
    limits = ["--property", f"RuntimeMaxSec={timeout_s:g}", *systemd.sandbox(unit_text)]
    expect = ["--expect", str(folder / "expect.json"), "--json"]
    # systemd ends it after timeout_s; ours is for a systemd that does not.
    return run([*systemd_run, *limits, "--", *command, *expect], timeout_s + 60.0, watch)


def _judge(done: Finished, release: Release, timeout_s: float) -> dict[str, Any]:
    result, status = _RESULT.search(done.err), _STATUS.search(done.err)
    log = [line for line in done.err.splitlines() if line.strip() and not line.startswith(_RUN_SAYS + _RUN_SAYS_ALSO)]
    why = _killed(result[1] if result else "", status[1] if status else "", timeout_s)
    if done.code is None:
        why = f"too slow: no end after {timeout_s:.0f} s"
    said = _last_object(done.out)
    if why is None and done.code == 0:
        if said is None:
            raise Failure("self_check", "the self-check ended without a result", log[-20:])
        if said.get("ok", True):
            return said
    if why is None and result is None and done.code != 0:
        raise Failure("service", "systemd-run could not start the self-check", log[-20:])
    if why is None and said is not None:
        why = str(said.get("why") or f"wrong tokens: {said.get('tokens')}, expected {release.check.get('tokens')}")
    if why is None:
        large = any("MemoryError" in line or "Cannot allocate memory" in line for line in log)
        ended = f"with status {status[1]}" if status else f"with status {done.code}"
        why = "too large: it ran out of memory" if large else f"it crashed: ended {ended}"
    raise Failure("self_check", f"the release failed its self-check on the board: {why}", log[-20:])


def _killed(result: str, status: str, timeout_s: float) -> str | None:
    if result == "timeout":
        return f"too slow: no end after {timeout_s:.0f} s"
    if result == "oom-kill":
        return "too large: it needs more memory than it may use"
    if result in {"signal", "core-dump"}:
        if status in {"KILL", "9"}:  # without the memory cgroup this is all that one sees
            return "too large, most likely: the kernel killed it, as it does when memory ends"
        return f"it crashed: ended by signal {status or 'unknown'}"
    return None


def _last_object(text: str) -> dict[str, Any] | None:
    for line in reversed(text.splitlines()):
        try:
            value = json.loads(line)
        except ValueError:
            continue
        if isinstance(value, dict):
            return value
    return None
