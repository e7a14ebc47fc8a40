"""What a person sees while something takes long."""

from __future__ import annotations

import io

import pytest

from edge.cli.progress import Progress, duration, megabytes


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr("edge.cli.progress.time.monotonic", lambda: now[0])
    return now


def feed(progress: Progress, clock: list[float], what: str, total: int, step: int, seconds: float) -> None:
    for done in range(0, total + 1, step):
        progress(what, done, total)
        clock[0] += seconds


def test_a_terminal_gets_one_line_that_updates_itself(clock: list[float]) -> None:
    out = Terminal()
    with Progress(stream=out) as progress:
        feed(progress, clock, "downloading model.safetensors", 1_000_000_000, 10_000_000, 1.0)
    text = out.getvalue()
    assert "\n" not in text
    last = text.split("\r")[-2]
    assert "downloading model.safetensors" in last
    assert "1.00 of 1.00 GB" in last
    assert "10.0 MB/s" in last
    assert text.endswith("\r\x1b[K")


def test_the_time_left_follows_the_rate(clock: list[float]) -> None:
    out = Terminal()
    progress = Progress(stream=out)
    for second in range(21):
        progress("downloading", second * 10_000_000, 1_000_000_000)
        clock[0] += 1
    assert "10.0 MB/s  1 min 20 s left" in out.getvalue().split("\r")[-1]


def test_what_was_there_before_does_not_count_as_speed(clock: list[float]) -> None:
    out = Terminal()
    progress = Progress(stream=out)
    for second in range(3):
        progress("downloading", 900_000_000 + second * 1_000_000, 1_000_000_000)
        clock[0] += 1
    assert "1.0 MB/s" in out.getvalue().split("\r")[-1]


def test_redraws_are_limited(clock: list[float]) -> None:
    out = Terminal()
    progress = Progress(stream=out)
    feed(progress, clock, "downloading", 100_000, 1, 0.00001)
    assert out.getvalue().count("\r") < 20


def test_a_log_gets_a_line_now_and_then(clock: list[float]) -> None:
    out = io.StringIO()
    with Progress(stream=out) as progress:
        feed(progress, clock, "downloading a", 100_000_000, 1_000_000, 1.0)
        feed(progress, clock, "checking a", 100_000_000, 50_000_000, 1.0)
    lines = out.getvalue().splitlines()
    assert "\r" not in out.getvalue()
    assert "\x1b" not in out.getvalue()
    assert 10 <= len(lines) <= 13
    assert lines[0].startswith("downloading a")
    assert any(line.startswith("checking a") for line in lines)


def test_silent_means_silent(clock: list[float]) -> None:
    out = Terminal()
    with Progress(stream=out, silent=True) as progress:
        feed(progress, clock, "downloading", 100, 1, 1.0)
    assert out.getvalue() == ""


def test_a_narrow_terminal_is_not_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    out = Terminal()
    Progress(stream=out)("downloading something with a long name", 1, 2)
    assert max(len(part.replace("\x1b[K", "")) for part in out.getvalue().split("\r")) < 20


def test_nothing_to_count_is_no_division_by_zero() -> None:
    out = io.StringIO()
    Progress(stream=out)("waiting", 0, 0)
    Progress(stream=out, counts="steps")("waiting", 0, 0)
    assert out.getvalue().count("waiting") == 2


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (12_345, "12 kB"),
        (12_345_678, "12.3 MB"),
        (854_354_944, "854 MB"),
        (2e9, "2.00 GB"),
    ],
)
def test_sizes(size: float, text: str) -> None:
    assert megabytes(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"), (7810, "2 h 10 min")]
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text
