"""The switch between two releases, as a service of its own: it survives the operator, the connection and the plug.

systemd starts it as edge-activate.service, again after a crash and again at boot, for as long as trial.json is there,
and once more where it finds nothing installed, to take itself away.
Every step may be done twice, so that a run that begins after any cut does what is left. The way forward is tried three
times; the way back, once it is decided (``back`` in trial.json), until it has worked.
"""

from __future__ import annotations

import contextlib
import time

from . import files, gate, removal, systemd
from .failure import Failure, from_os_error
from .journal import Journal, append
from .layout import AGENT, Layout
from .trial import Trial, write_result

__all__ = ["MOST_ATTEMPTS", "activate", "link_units", "mark_committed"]

#: A switch that was interrupted so often is given up: it may itself be what takes the board down.
MOST_ATTEMPTS = 3


def link_units(layout: Layout) -> None:
    """Give systemd the unit of the current release, and let it start that at boot.

    A copy and no link: systemd reads units before it mounts a disk that /opt may be on, and what leads nowhere then is
    not there for it until somebody reloads. The text names its release: from the switch of ``current`` to this the old
    release runs, and trial.json is there for as long. What is as it should be is not written again: a rollback to a
    full disk has nothing to write where the new text never came.
    Raises OSError where the disk does not take it, Failure where the release has lost its unit.
    """
    unit, link = layout.agent_unit, layout.wants / layout.agent_unit.name
    try:
        text = (layout.current / unit.name).read_bytes()
    except FileNotFoundError as error:
        raise Failure("install", f"{layout.current}/{unit.name} is gone: deploy again") from error
    files.make_folder(layout.wants)
    if unit.is_symlink() or not unit.is_file() or unit.read_bytes() != text:
        files.write(unit, text)
    if not link.is_symlink() or str(link.readlink()) != f"../{unit.name}":
        files.point(link, f"../{unit.name}")
    for folder in (layout.units, layout.wants):  # whoever wrote them may have been killed before that
        files.sync_folder(folder)


def mark_committed(layout: Layout, name: str) -> None:
    """Note in a release that it has proved healthy, and when last: only such a one is worth going back to.

    Beside check.json the one file that a finished release gets: it is true of this very folder, so it must go with it
    and be there as long. The last result knows one release only, the logs forget. The release's id does not cover it.
    """
    files.write_json(layout.committed(name), {"t": round(time.time(), 3)})


def activate(layout: Layout, journal: Journal) -> None:
    """Bring the trial under way to its end, forward or back. Raises OSError where the disk takes nothing at all."""
    trial = Trial.read(layout)
    if trial is None:
        files.remove(layout.trial)  # if it is there, nobody can read it
        if layout.current_release() is None:
            removal.disable_switch(layout)
        return
    if (files.read_json(layout.result) or {}).get("token") == trial.token:
        _end(layout, journal)
        return
    _Switch(layout, trial, journal).run()


def _end(layout: Layout, journal: Journal) -> None:
    journal.step("activate", "end")
    files.remove(layout.trial)


class _Switch:
    def __init__(self, layout: Layout, trial: Trial, journal: Journal) -> None:
        self._layout = layout
        self._trial = trial
        self._journal = journal
        self._begun = time.monotonic()

    def _step(self, name: str, text: str = "") -> None:
        self._journal.step("activate", name, text, id=self._trial.new)

    def run(self) -> None:
        trial = self._trial
        if trial.back is None:
            if trial.attempts >= MOST_ATTEMPTS:
                self._back(f"the switch was interrupted {trial.attempts} times", {}, [])
                return
            trial.attempts += 1
            self._step("attempt")
            with contextlib.suppress(OSError):  # a full disk: then this run is not counted
                trial.write(self._layout)
            try:
                verdict = self._forward()
            except (Failure, OSError) as error:
                failure = error if isinstance(error, Failure) else from_os_error(error)
                verdict = gate.Verdict(str(failure), systemd.show(AGENT))
            if verdict.healthy:
                self._finish("committed", "", verdict.state, [])
                return
            self._back(verdict.why, verdict.state, systemd.journal(AGENT, trial.since))
        else:
            self._back(trial.back, {}, systemd.journal(AGENT, trial.since))

    def _forward(self) -> gate.Verdict:
        trial = self._trial
        self._step("switch", f"switching to {trial.new}")
        files.point(self._layout.current, f"releases/{trial.new}")
        self._link()
        self._start()
        self._step("gate", "waiting for a healthy agent")
        return gate.wait_healthy(trial.deadline_s, trial.settle_s, trial.broker)

    def _link(self) -> None:
        self._step("link")
        link_units(self._layout)

    def _start(self) -> None:
        self._step("reload")
        systemd.reload()
        self._step("restart", "restarting the agent")
        systemd.start(AGENT)

    def _back(self, why: str, state: dict[str, str], log: list[str]) -> None:
        trial = self._trial
        if trial.back is None:
            trial.back = why
            self._step("rollback", f"rolling back: {why}")
            with contextlib.suppress(OSError):
                trial.write(self._layout)
        if trial.old == trial.new:  # it was a restart of what is there: nothing to go back to, nothing to take away
            self._finish("unhealthy", why, state, log)
        elif trial.old is None:
            self._step("clear", "removing what the first install made")
            removal.clear_first(self._layout, trial.new, state=not trial.had_state)
            self._finish("removed", why, state, log)
        else:
            self._step("switch_back", f"switching back to {trial.old}")
            files.point(self._layout.current, f"releases/{trial.old}")
            after = self._restart_old()
            self._finish("rolled_back", why + after, state, log)

    def _restart_old(self) -> str:
        """Start the old release; return what is to add to the reason. The operator must hear of both."""
        again = f"; and {self._trial.old}, which is current again,"
        try:
            self._link()
        except Failure as error:
            return f"{again} was not started: {error}"
        # An OSError from there ends this run: the unit still names the new release, so this is to be tried again.
        try:
            self._start()
            self._step("wait", "waiting for the old release")
            verdict = gate.wait_healthy(self._trial.deadline_s, self._trial.settle_s, "unknown")
        except (Failure, OSError) as error:
            return f"{again} was not started: {error}"
        return "" if verdict.healthy else f"{again} is not well: {verdict.why}"

    def _finish(self, outcome: str, why: str, state: dict[str, str], log: list[str]) -> None:
        trial = self._trial
        took = round(time.monotonic() - self._begun, 3)
        self._step("result", {"committed": "the agent is healthy"}.get(outcome, f"{outcome.replace('_', ' ')}: {why}"))
        if outcome == "committed":
            with contextlib.suppress(OSError):
                mark_committed(self._layout, trial.new)
        account = {"outcome": outcome, "why": why, "log": log, "state": state, "took_s": took}
        with contextlib.suppress(OSError):  # a full disk: the switch is done all the same
            write_result(self._layout, trial, account)
            line = {
                "t": round(time.time(), 3),
                "who": trial.who,
                "what": trial.what,
                "from": trial.old,
                "to": trial.new,
            }
            append(self._layout.audit, line | {"outcome": outcome, "why": why, "took_s": took})
        _end(self._layout, self._journal)
        if outcome == "removed":
            removal.disable_switch(self._layout)
