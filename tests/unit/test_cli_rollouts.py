"""What a person sees of a rollout, how it ends, and how it goes on."""

from __future__ import annotations

import argparse
import io
import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from edge.cli import rollouts
from edge.cli.parser import Parser, UsageError
from edge.cli.rollout_table import Row, count_line, note, table
from edge.cli.rollout_view import Lines, Steps, Table, view_of
from edge.cli.targets import Chosen, add_targets
from edge.errors import EdgeError
from provisioning.connection import Target
from provisioning.events import Event, Outcome
from provisioning.job import Job
from provisioning.rollout import Report, roll_out
from provisioning.runs import list_runs
from provisioning.waves import Amount, Policy, parse_waves

ROWS = [
    Row("kitchen", "changed", note="release 3f2a9c11d0aa, 12.3 tokens/s", seconds=31, canary=True),
    Row("garage", "running", "upload", "model.safetensors", 45, 100, 8.2),
    Row("a-board-with-a-very-long-name-indeed", "rolled_back", note="the agent\x1b[2J\ncrashed", seconds=70),
    Row("hall"),
]
POLICY = Policy(parse_waves("1,100%"), soak_s=0.0, max_failures=Amount.parse("1"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_table_is_aligned() -> None:
    assert table(ROWS, None, None, colour=False) == [
        "kitchen                          * done               31 s  release 3f2a9c11d0aa, 12.3 tokens/s",
        "garage                             upload              8 s  ━━━━╌╌╌╌╌╌  45 %  model.safetensors",
        "a-board-with-a-very-long-name-i…   rolled back  1 min 10 s  the agent[2J crashed",
        "hall                               waiting",
    ]


@pytest.mark.parametrize("width", [20, 40, 60, 79, 200])
@pytest.mark.parametrize("colour", [True, False])
def test_a_table_is_as_wide_as_the_terminal(width: int, colour: bool) -> None:  # noqa: FBT001 - a parameter
    for line in table(ROWS, width, None, colour=colour):
        assert len(re.sub(r"\x1b\[\d+m", "", line)) <= max(width, 8 + 2 + 1 + 11 + 2)  # what a note leaves at least


def test_a_low_terminal_shows_what_matters() -> None:
    rows = [Row(f"b{i}", "changed") for i in range(20)] + [Row("bad", "failed"), Row("busy", "running", "probe")]
    rows += [Row(f"w{i}") for i in range(20)]
    lines = table(rows, 80, 5, colour=False)
    assert [line.split()[0] for line in lines] == ["b0", "b1", "bad", "busy", "and"]
    assert lines[-1] == "and 18 done, 20 waiting"


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (Outcome("a", "changed", "3f", measured={"tok_s": 9.53}), "release 3f, 9.5 tokens/s"),
        (Outcome("a", "changed", "3f", sent=4_100_000), "release 3f, 4.1 MB sent"),
        (Outcome("a", "unchanged", release="3f"), "release 3f is there already"),
        (Outcome("a", "unchanged"), "nothing to do"),
        (Outcome("a", "failed", why="it is\n\x07broken"), "it is broken"),
    ],
)  # fmt: skip
def test_a_note_is_one_line(outcome: Outcome, text: str) -> None:
    assert note(outcome) == text


def test_hosts_are_counted() -> None:
    assert count_line(ROWS) == "2 of 4: 1 done, 1 rolled back"
    assert count_line([Row("a")]) == "0 of 1"


def do(host: str, job: Job) -> Outcome:
    job(Event(host, "probe", "looking"))
    for done in (0, 50, 100):
        job(Event(host, "upload", "model", done, 100))
    job(Event(host, "activate", "switching"))
    bad = {
        "c": Outcome("c", "rolled_back", why="it crashed", log=("Traceback", "ValueError")),
        "d": Outcome("d", "unreachable", why="no route"),
    }
    return bad.get(host) or Outcome(host, "changed", release="3f")


def test_a_log_gets_a_line_for_what_happens() -> None:
    out = io.StringIO()
    hosts = ["a", "b", "c", "d"]
    with view_of(hosts, POLICY, stream=out) as view:
        assert isinstance(view, Lines)
        roll_out(hosts, do, POLICY, observers=[view])
    lines = out.getvalue().splitlines()
    assert lines[:6] == [
        "wave 1 of 2: a",
        "a: probe: looking",
        "a: upload: model",
        "a: activate: switching",
        "a: done after 0 s: release 3f",
        "1 of 4: 1 done",
    ]
    assert "wave 2 of 2: b, c, d" in lines
    assert "c: rolled back after 0 s: it crashed" in lines
    assert lines[-1] in {"4 of 4: 2 done, 1 rolled back, 1 unreachable", "4 of 4: 2 done, 1 unreachable, 1 rolled back"}
    assert not re.search(r"[\x1b\r]", out.getvalue())


def screen(output: str) -> list[str]:
    """What a terminal shows that understands what we send: lines up, lines cleared, everything below cleared."""
    lines, y = [""], 0
    for part in re.findall(r"\x1b\[\??\d*[A-Za-z]|\n|\r|[^\x1b\n\r]+", output):
        if part == "\n":
            y += 1
            lines += [""] * (y + 1 - len(lines))
        elif found := re.fullmatch(r"\x1b\[(\d+)A", part):
            y -= int(found[1])
            assert y >= 0
        elif part == "\x1b[J":
            lines[y:] = [""]
        elif not part.startswith(("\x1b", "\r")):
            lines[y] = part
    return [line for line in lines if line]


def test_a_terminal_gets_a_table_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "10")
    monkeypatch.setattr("edge.cli.rollout_view._REDRAW_S", 0.0)
    out = Terminal()
    hosts = ["a", "b", "c", "d", *(f"e{i}" for i in range(20))]
    shown: list[list[str]] = []

    class Watched(Table):
        def tick(self) -> None:
            super().tick()
            plain = re.sub(r"\x1b\[\d+m", "", out.getvalue())
            shown.append(screen(plain))

    view = Watched(hosts, POLICY, [Outcome("a", "changed")], out)
    with view:
        roll_out(hosts, do, POLICY, observers=[view], done={"a": Outcome("a", "changed")})
    assert all(len(lines) <= 9 for lines in shown)
    assert any(re.search(r"^b +(upload|activate|probe|begins|done)", line) for lines in shown for line in lines)
    assert any(re.fullmatch(r"wave 2 of 2  .* of 24: .*\(1 may fail\)  \d s", lines[-1]) for lines in shown if lines)
    assert screen(out.getvalue()) == []
    assert out.getvalue().endswith("\x1b[?25h\x1b[?7h")


def test_the_terminal_is_put_right_after_an_error() -> None:
    out = Terminal()
    view = Table(["a", "b"], POLICY, [], out)
    view.tick()
    view.__exit__(ZeroDivisionError, ZeroDivisionError(), None)
    assert out.getvalue().endswith("\x1b[?25h\x1b[?7h")


def test_a_table_says_what_it_waits_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.cli.rollout_view._REDRAW_S", 0.0)
    out = Terminal()
    with Table(["a", "b"], POLICY, [], out) as view:
        view.soaking(8.2)
        view.tick()
        assert "waiting 8 s more to see whether they stay well" in screen(out.getvalue())
        view.stopping("2 failed\x1b[2J")
        view.tick()
        assert "beginning no more: 2 failed[2J" in screen(out.getvalue())


def test_what_ssh_has_to_say_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.cli.rollout_view._REDRAW_S", 0.0)
    notice = Event("a", "notice", "new board, its key is\x1b[2J SHA256:abc")
    told = "edge: new board, its key is[2J SHA256:abc"
    out = Terminal()
    with Table(["a", "b"], POLICY, [], out) as view:
        view.tick()
        view.event(notice)
        view.tick()
        assert screen(re.sub(r"\x1b\[\d+m", "", out.getvalue()))[0] == told
        view.tick()
        view.event(notice)
    assert screen(out.getvalue()) == [told, told]
    for hosts in (["a"], ["a", "b"]):
        log = io.StringIO()
        with view_of(hosts, POLICY, stream=log) as lines:
            lines.event(notice)
        assert log.getvalue() == f"{told}\n"


def test_one_board_is_shown_by_its_steps() -> None:
    out = io.StringIO()
    view = view_of(["a"], POLICY, stream=out)
    assert isinstance(view, Steps)
    roll_out(["a"], do, POLICY, observers=[view])
    assert out.getvalue().splitlines() == [
        "probe      looking",
        "model  0 of 100 bytes  0 %",
        "activate   switching",
    ]


def parsed(words: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="edge deploy")
    add_targets(parser)
    rollouts.add_rollout(parser)
    rollouts.add_resume(parser)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--model")
    return parser.parse_args(list(words))


def boards(*names: str) -> list[Chosen]:
    return [Chosen(name, Target(name), {"ca": Path("/ca")}) for name in names]


def test_what_ssh_says_goes_to_the_view(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    def work(board: Chosen, _: Job) -> Outcome:
        board.target.notice("a new key")
        return Outcome(board.name, "unchanged")

    run("a", "b", work=work)
    assert "edge: a new key" in capfd.readouterr().err
    run("a", "b", "--json", work=work)
    assert "edge: a new key" in capfd.readouterr().err


Run = Callable[..., tuple[Report, int]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("EDGE_HOME", str(tmp_path))

    def run(*words: str, work: Callable[[Chosen, Job], Outcome] | None = None, **more: Any) -> tuple[Report, int]:
        args = parsed(words)
        before = rollouts.resumed(args, "edge deploy")
        work = work or (lambda board, job: do(board.name, job))
        report = rollouts.roll(args, "edge deploy", boards(*args.hosts), work, run=before, **{"wanted": {}, **more})
        return report, rollouts.conclude(args, "edge deploy", report)

    return run


def test_a_fleet_ends_with_a_table_and_the_way_on(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    report, code = run("a", "b", "c", "d", "--max-failures", "1", "--soak", "0")
    out, err = capfd.readouterr()
    assert (code, report.counts) == (4, {"changed": 2, "rolled_back": 1, "unreachable": 1})
    assert [line.split()[0] for line in out.splitlines()] == ["a", "b", "c", "d"]
    assert "\nc: it crashed\n  Traceback\n  ValueError\n" in err
    assert re.search(r"edge: 4 of 4: 2 done, 1 rolled back, 1 unreachable in \d s", err)
    assert f"edge: to go on with the others: edge deploy --resume {report.run} --retry-failed" in err


def test_json_is_one_object_and_nothing_else(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    report, code = run("a", "b", "d", "--json", "--soak", "0")
    out, err = capfd.readouterr()
    data = json.loads(out)
    assert (code, err) == (3, "")
    assert (data["run"], data["result"], data["counts"]) == (
        report.run,
        "unreachable",
        {"changed": 2, "unreachable": 1},
    )
    assert list(data["hosts"]) == ["a", "b", "d"]
    assert data["hosts"]["d"].items() >= {"host": "d", "state": "unreachable", "why": "no route"}.items()


def test_a_run_goes_on_with_its_own_options(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    first, _ = run("a", "b", "c", "d", "--soak", "0", "--model", "m", "--parallel", "1", "--waves", "1,100%")
    assert (first.pending, first.stopped) == (("d",), "1 failed (c), none may")
    out, err = capfd.readouterr()
    assert [line.split()[0] for line in out.splitlines()] == ["a", "b", "c"]
    assert "edge: had no turn: d\nedge: stopped: 1 failed (c), none may\n" in err
    seen: list[str] = []

    def well(board: Chosen, _: Job) -> Outcome:
        seen.append(board.name)
        return Outcome(board.name, "unchanged")

    again, code = run("--resume", "last", "--soak", "1", work=well)
    assert (seen, code, again.run) == ([], 4, first.run)
    again, code = run("--resume", first.run, "--retry-failed", work=well)
    assert (seen, code) == (["c", "d"], 0)
    (record,) = list_runs()
    assert (record["options"]["soak"], record["options"]["waves"], record["options"]["model"]) == (1.0, "1,100%", "m")
    assert again.counts == {"changed": 2, "unchanged": 2}
    capfd.readouterr()
    with pytest.raises(EdgeError, match=r"something else \(hosts\.a\.model"):
        run("--resume", first.run, "--model", "other")
    with pytest.raises(EdgeError, match=r"something else \(files\)"):
        run("--resume", first.run, wanted={"files": 1})


def test_runs_are_listed(run: Run, capfd: pytest.CaptureFixture[str]) -> None:
    first, _ = run("a", "b", "--soak", "0")
    second, _ = run("a", "b", "c", "d", "--soak", "0", "--max-failures", "1")
    capfd.readouterr()
    with pytest.raises(SystemExit) as done:
        parsed(["--runs"])
    assert done.value.code in {None, 0}
    assert capfd.readouterr().out.splitlines() == [
        f"{first.run}  edge deploy    done         2 of 2: 2 done",
        f"{second.run}  edge deploy    failed       4 of 4: 2 done, 1 rolled back, 1 unreachable",
    ]


@pytest.mark.parametrize(
    ("words", "message"),
    [(["a", "--resume", "last"], "leave HOST and --limit out"), (["a", "--retry-failed"], "goes with --resume")],
)
def test_going_on_makes_sense_or_is_refused(run: Run, words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run(*words)


def test_a_run_of_another_verb_is_not_gone_on_with(run: Run) -> None:
    run("a", "b", "--soak", "0")
    with pytest.raises(EdgeError, match="go on with it by edge deploy --resume"):
        rollouts.resumed(parsed(["--resume", "last"]), "edge rollback")


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("changed", 0),
        ("unchanged", 0),
        ("refused", 2),
        ("unreachable", 3),
        ("failed", 4),
        ("rolled_back", 4),
        ("cut", 4),
    ],
)
def test_one_board_s_exit_code(run: Run, capfd: pytest.CaptureFixture[str], state: Any, code: int) -> None:
    def work(board: Chosen, _: Job) -> Outcome:
        return Outcome(board.name, state, why="" if code == 0 else "because", log=("last words",) * (code == 4))

    report, got = run("a", work=work)
    out, err = capfd.readouterr()
    assert (got, report.run) == (code, "")
    if code:
        assert f"edge: error: a: {state.replace('_', ' ') if state != 'cut' else 'cut off'}: because" in err
        assert ("  last words" in err) == (code == 4)
    else:
        assert out.startswith("a: ")


@pytest.mark.parametrize(
    "words", [["--waves", "2,1"], ["--max-failures", "x"], ["--parallel", "0"], ["--soak", "-1"], ["--waves", "1,2"]]
)
def test_policies_are_checked_before_anything_begins(run: Run, words: list[str]) -> None:
    def never(_board: Chosen, _job: Job) -> Outcome:
        raise AssertionError

    with pytest.raises(EdgeError):
        run("a", "b", "c", *words, work=never)


def test_a_question_has_the_terminal_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.cli.rollout_view._REDRAW_S", 0.0)
    out = Terminal()
    with Table(["a", "b"], POLICY, [], out) as view:
        view.tick()
        assert screen(out.getvalue())
        with view.paused():
            view.event(Event("a", "probe", "looking"))
            view.tick()
            assert screen(out.getvalue()) == []
        view.tick()
        assert screen(out.getvalue())


def test_questions_go_through_the_view(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from provisioning.prompts import Prompts

    terminal = Prompts()
    monkeypatch.setattr("provisioning.prompts.TERMINAL", terminal)
    before = terminal.pause

    def work(board: Chosen, _: Job) -> Outcome:
        assert terminal.pause is not before
        with terminal.pause():
            return Outcome(board.name, "unchanged")

    assert run("a", "b", work=work)[1] == 0
    assert terminal.pause is before
