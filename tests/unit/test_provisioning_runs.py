"""Records of rollouts: complete at any moment, and good enough to go on from."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from provisioning import runs
from provisioning.events import Outcome
from provisioning.job import Job
from provisioning.rollout import Observer, roll_out
from provisioning.runs import Run, RunError, list_runs, runs_folder
from provisioning.waves import Amount, Policy, parse_waves

HOSTS = ["a", "b", "c", "d"]
WANTED = {"model": "1234", "hosts": {"a": {"file": Path("/x")}}}


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_HOME", str(tmp_path / "home"))


def on_disk(run: Run) -> dict[str, object]:
    data: dict[str, object] = json.loads((run.folder / "run.json").read_text(encoding="utf-8"))
    return data


def states(run: Run) -> dict[str, str]:
    return {host: record["state"] for host, record in run.data["hosts"].items()}


def begin(hosts: list[str] = HOSTS) -> Run:
    return Run.begin("edge deploy", hosts, WANTED, {"waves": "1,100%", "ca": Path("/ca.pem")})


def rolled(run: Run, say: dict[str, str], failures: str = "0") -> None:
    def do(host: str, _: Job) -> Outcome:
        return Outcome(host, say.get(host, "changed"), why="so", log=("x",), seconds={"all": 1.5})  # type: ignore[arg-type]

    policy = Policy(parse_waves("1,100%"), soak_s=0.0, max_failures=Amount.parse(failures), parallel=1)
    roll_out(run.hosts, do, policy, observers=[run], done=run.done())


def test_a_run_is_on_the_disk_from_its_beginning() -> None:
    with begin() as run:
        assert on_disk(run) == run.data
        assert set(states(run).values()) == {"pending"}
        assert on_disk(run)["options"] == {"waves": "1,100%", "ca": "/ca.pem"}
    assert run.folder.stat().st_mode & 0o077 == 0
    assert [found["run"] for found in list_runs()] == [run.name]


def test_the_record_says_who_is_at_work() -> None:
    seen: list[str] = []

    class Look(Observer):
        def began(self, host: str) -> None:
            seen.append(json.loads((run.folder / "run.json").read_text())["hosts"][host]["state"])

    with begin() as run:
        policy = Policy(parse_waves("100%"), soak_s=0.0)
        roll_out(HOSTS, lambda host, _: Outcome(host, "changed"), policy, observers=[run, Look()])
    assert seen == ["running"] * 4


def test_outcomes_come_back_as_they_were() -> None:
    with begin() as run:
        rolled(run, {"b": "unreachable"})
    with Run.find("last") as again:
        assert again.done()["a"] == Outcome("a", "changed", why="so", log=("x",), seconds={"all": 1.5})
        assert again.data["counts"] == {"changed": 3, "unreachable": 1}
        assert again.data["waves"] == [["a"], ["b", "c", "d"]]
        assert again.data["result"] == "unreachable"


def test_going_on_takes_up_what_is_not_done() -> None:
    with begin() as run:
        rolled(run, {"b": "unreachable", "c": "failed"})
        assert states(run) == {"a": "changed", "b": "unreachable", "c": "failed", "d": "pending"}
    with Run.find(run.name[:-1]) as run:
        run.resume(HOSTS, WANTED)
        assert states(run) == {"a": "changed", "b": "pending", "c": "failed", "d": "pending"}
        rolled(run, {})
        # The failed one still counts: none may.
        assert states(run) == {"a": "changed", "b": "pending", "c": "failed", "d": "pending"}
        assert run.data["stopped"] == "1 failed (c), none may"
    with Run.find("last") as run:
        run.resume(HOSTS, WANTED, retry_failed=True)
        assert states(run) == {"a": "changed", "b": "pending", "c": "pending", "d": "pending"}
        rolled(run, {})
        assert (set(states(run).values()), run.data["result"]) == ({"changed"}, "done")
        assert len(run.data["resumed"]) == 2


def test_who_was_at_work_when_the_operator_s_machine_died_has_another_turn() -> None:
    with begin() as run:
        run.began("a")
    with Run.find("last") as run:
        run.resume(HOSTS, WANTED)
        assert states(run)["a"] == "pending"


def test_another_wish_is_another_run() -> None:
    begin().close()
    other = {"model": "5678", "hosts": {"a": {"file": Path("/x"), "rate": 1}}}
    with Run.find("last") as run, pytest.raises(RunError, match=r"something else \(hosts\.a\.rate, model\)"):
        run.resume(HOSTS, other)
    with Run.find("last") as run, pytest.raises(RunError, match=r"for other hosts \(d, e\)"):
        run.resume(["a", "b", "c", "e"], WANTED)


def test_a_run_is_one_process_s_at_a_time() -> None:
    with begin(), pytest.raises(RunError, match="under way in another process"):
        Run.find("last")


def test_runs_that_are_not_there() -> None:
    with pytest.raises(RunError, match="no run is recorded"):
        Run.find("last")
    begin().close()
    with pytest.raises(RunError, match=r"there is no run '1999'; the last ones are \d{8}-"):
        Run.find("1999")
    begin().close()
    with pytest.raises(RunError, match="2 runs begin with '2'"):
        Run.find("2")


def test_a_damaged_record_is_told() -> None:
    run = begin()
    run.close()
    (run.folder / "run.json").write_text("{")
    with pytest.raises(RunError, match="cannot be read"):
        Run.find("last")
    (run.folder / "run.json").write_text('{"format": 2}')
    with pytest.raises(RunError, match="not a record that this version understands"):
        Run.find("last")
    assert list_runs() == []


def test_a_disk_that_is_full_stops_no_rollout(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with begin() as run:
        before = on_disk(run)
        monkeypatch.setattr(os, "fsync", full)
        rolled(run, {})
        assert on_disk(run) == before
        assert set(states(run).values()) == {"changed"}
        assert "cannot be written (No space left" in run.trouble


def test_a_run_that_cannot_be_recorded_does_not_begin(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(RunError, match="set EDGE_HOME"):
        begin()


def test_the_oldest_runs_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "_KEEP", 3)
    kept = [begin(["a"]) for _ in range(4)]
    for run in kept:
        run.close()
    names = [run.name for run in kept]
    # All four were open when the last began, and an open one is left alone.
    assert [found["run"] for found in list_runs()] == names
    with begin(["a"]) as run:
        assert [found["run"] for found in list_runs()] == [*names[2:], run.name]


def test_where_records_lie(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_HOME", "/h")
    assert runs_folder() == Path("/h/runs")
    monkeypatch.delenv("EDGE_HOME")
    monkeypatch.setenv("XDG_STATE_HOME", "/s")
    assert runs_folder() == Path("/s/bitnet-edge/runs")
