"""``edge run`` as a person or a script meets it: real processes, a real (if ignorant) model."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.integration import tiny_model

if TYPE_CHECKING:
    from collections.abc import Iterator

EDGE = [sys.executable, "-m", "edge"]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_model.make(tmp_path_factory.mktemp("plain") / "tiny"))


@pytest.fixture(scope="module")
def chat_model(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tiny_model.make(tmp_path_factory.mktemp("chat") / "chatty", chat=True))


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_HOME", str(tmp_path / "edge-home"))
    monkeypatch.setenv("PYTHONUNBUFFERED", "")


def edge(*arguments: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run the command; without ``stdin`` there is nothing to read there."""
    return subprocess.run([*EDGE, *arguments], input=stdin or b"", capture_output=True, check=False, timeout=120)


def refused(done: subprocess.CompletedProcess[bytes], *words: str) -> None:
    """The run ended as bad input does: exit code 2, nothing on standard output, one line that says what to do."""
    *before, last = done.stderr.decode().splitlines()
    assert done.returncode == 2, last
    assert done.stdout == b""
    assert all(line.startswith("edge: /") for line in before), before  # a notice may come first
    assert last.startswith("edge: error: ")
    for word in words:
        assert word in last


def test_an_answer_is_all_there_is_on_standard_output(model: str) -> None:
    done = edge("run", model, "hello", "--max-tokens", "12")
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(b"\n")
    assert len(done.stdout) > 1
    assert done.stderr == b""


def test_the_figures_come_when_asked_for(model: str) -> None:
    done = edge("run", model, "hello", "--max-tokens", "12", "--stats")
    line = done.stderr.decode()
    assert re.fullmatch(
        r"5 prompt tokens [\d,.]+ tok/s · 12 tokens [\d,.]+ tok/s · [\d.]+ m?s · \d+ MB( · limit reached)?\n", line
    )
    assert "\x1b" not in line


def test_json_holds_the_answer_and_its_figures(model: str) -> None:
    plain = edge("run", model, "hello", "--max-tokens", "12")
    done = edge("run", model, "hello", "--max-tokens", "12", "--json")
    answer = json.loads(done.stdout)
    assert done.stderr == b""
    assert answer["finish_reason"] == "length"
    assert answer["usage"] == {"prompt_tokens": 5, "completion_tokens": 12}
    assert answer["timings"].keys() >= {"load_s", "prefill_s", "decode_s", "decode_tok_s", "peak_memory_mb"}
    assert answer["text"].rstrip("\n") == plain.stdout.decode().rstrip("\n")


def test_the_same_seed_draws_the_same_answer_with_any_number_of_threads(model: str) -> None:
    drawn = [
        edge(
            "run", model, "hello", "--temperature", "1", "--seed", seed, "--threads", threads, "--max-tokens", "40"
        ).stdout
        for seed, threads in (("7", "1"), ("7", "2"), ("8", "1"))
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_stop_ends_the_answer(model: str) -> None:
    text = json.loads(edge("run", model, "hello", "--max-tokens", "40", "--json").stdout)["text"]
    stop = text[5]
    answer = json.loads(edge("run", model, "hello", "--max-tokens", "40", "--stop", stop, "--json").stdout)
    assert answer["text"] == text[: text.index(stop)]
    assert answer["finish_reason"] == "stop"


@pytest.mark.parametrize("arguments", [[], ["-"]])
def test_a_pipe_is_a_prompt(model: str, arguments: list[str]) -> None:
    piped = edge("run", model, *arguments, "--max-tokens", "9", stdin=b"hello\n")
    assert piped.returncode == 0, piped.stderr
    assert piped.stdout == edge("run", model, "hello", "--max-tokens", "9").stdout


def test_a_chat_template_is_used_unless_raw(chat_model: str) -> None:
    usage = [
        json.loads(edge("run", chat_model, "hello", "--max-tokens", "2", "--json", *more).stdout)["usage"][
            "prompt_tokens"
        ]
        for more in ([], ["--raw"], ["--system", "be brief"])
    ]
    plain = len("user: hello\nassistant: ")
    assert usage == [plain, len("hello"), plain + len("system: be brief\n")]


def test_a_system_text_without_a_template_is_refused(model: str) -> None:
    refused(edge("run", model, "hello", "--system", "be brief"), "chat template", "--system")


@pytest.mark.parametrize("stdin", [b"", b"\n", b"  \n\t"])
def test_an_empty_pipe_is_refused(model: str, stdin: bytes) -> None:
    refused(edge("run", model, stdin=stdin), "the prompt is empty")


def test_an_empty_prompt_is_refused(model: str) -> None:
    refused(edge("run", model, ""), "the prompt is empty")


def test_a_pipe_that_is_no_text_is_refused(model: str) -> None:
    refused(edge("run", model, stdin=b"abc\xff\xfe"), "not UTF-8", "byte 3")


def test_a_prompt_too_long_is_refused_with_the_numbers(model: str) -> None:
    refused(edge("run", model, "x" * 600), "600 tokens", "512")
    refused(edge("run", model, stdin=b"x" * (5 << 20)), "bytes were piped in")


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--temperature", "-1", ["temperature is -1"]),
        ("--temperature", "nan", ["temperature is nan"]),
        ("--top-k", "-1", ["top_k is -1"]),
        ("--top-p", "0", ["top_p is 0"]),
        ("--top-p", "1.5", ["top_p is 1.5"]),
        ("--min-p", "2", ["min_p is 2"]),
        ("--repetition-penalty", "0", ["repetition_penalty is 0"]),
        ("--seed", "-5", ["seed is -5"]),
        ("--max-tokens", "0", ["max_tokens is 0"]),
        ("--stop", "", ["stop"]),
        ("--threads", "0", ["threads"]),
        ("--threads", "100000", ["threads"]),
        ("--context", "0", ["context is 0"]),
        ("--context", "100000", ["context is 100000", "512"]),
    ],
)
def test_values_out_of_range_are_refused(model: str, option: str, value: str, words: list[str]) -> None:
    refused(edge("run", model, "hello", option, value), *words)


def test_what_one_argument_means(model: str) -> None:
    refused(edge("run", "nonesuch"), "nonesuch", "edge run home nonesuch")
    refused(edge("run", "./nonesuch/model"), "nonesuch")
    refused(edge("run", "turn", "on", "the", "lights"), 'edge run "turn on the lights"')
    assert edge("run", model, stdin=b"hello").returncode == 0


def test_a_damaged_model_is_one_line(tmp_path: Path) -> None:
    folder = tiny_model.make(tmp_path / "broken")
    weights = folder / "model.safetensors"
    content = weights.read_bytes()
    for damaged in (b"", b"not weights at all", content[:-64], content[:1000], content + b"\0" * 64):
        weights.write_bytes(damaged)
        refused(edge("run", str(folder), "hello"), str(folder))
    weights.unlink()
    refused(edge("run", str(folder), "hello"), "model.safetensors")


def test_a_damaged_tokenizer_is_one_line(tmp_path: Path) -> None:
    folder = tiny_model.make(tmp_path / "broken")
    (folder / "tokenizer.json").write_text("{")
    refused(edge("run", str(folder), "hello"), "tokenizer.json")
    (folder / "tokenizer.json").unlink()
    refused(edge("run", str(folder), "hello"), "tokenizer")


def test_paths_that_are_no_models(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("hello")
    (tmp_path / "empty").mkdir()
    refused(edge("run", str(tmp_path / "file"), "hello"), "file")
    refused(edge("run", str(tmp_path / "empty"), "hello"), "empty")


def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")  # unlike missing rights, this stops root as well
    refused(edge("run", str(tmp_path / "loop"), "hello"), "loop")
    folder = tiny_model.make(tmp_path / "model")
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors").symlink_to("model.safetensors")
    refused(edge("run", str(folder), "hello"), str(folder))


def test_ctrl_c_ends_quietly(model: str) -> None:
    with subprocess.Popen(
        [*EDGE, "run", model, "hello", "--max-tokens", "500", "--temperature", "5"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.read(1)
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=30)
        err = process.stderr.read()
    # A fast machine may have finished before the signal came.
    assert code in (130, 0)
    assert err.strip() == b""


def test_a_reader_that_leaves_is_no_error(model: str) -> None:
    with subprocess.Popen(
        [*EDGE, "run", model, "hello", "--max-tokens", "400"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        code = process.wait(timeout=60)
        err = process.stderr.read()
    assert code == 141
    assert err == b""


def test_a_full_disk_behind_standard_output_is_told(model: str) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*EDGE, "run", model, "hello"], stdout=full, stderr=subprocess.PIPE, check=False, timeout=60
        )
    assert done.returncode == 2
    assert done.stderr.startswith(b"edge: error: No space left on device")
    assert done.stderr.count(b"\n") == 1


class Terminal:
    """A process on a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "dumb"
            os.execv(EDGE[0], [*EDGE, *arguments])  # noqa: S606 - the child of a fork
        self.text = ""

    def type(self, text: str) -> None:
        os.write(self.fd, text.encode())

    def wait_for(self, text: str, seconds: float = 60) -> str:
        """What has appeared since the last call, up to and including ``text``."""
        end = time.monotonic() + seconds
        while text not in self.text:
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            assert ready, f"no {text!r} in {self.text!r}"
            try:
                block = os.read(self.fd, 4096)
            except OSError:  # Linux says EIO when the other side has closed
                block = b""
            assert block, f"ended without {text!r}: {self.text!r}"
            self.text += block.decode(errors="replace")
        seen, _, self.text = self.text.partition(text)
        return seen + text

    def end(self) -> int:
        """Exit code, once everything printed has been read."""
        while True:
            try:
                block = os.read(self.fd, 4096)
            except OSError:
                break
            if not block:
                break
            self.text += block.decode(errors="replace")
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


@pytest.fixture
def terminal() -> Iterator[list[Terminal]]:
    opened: list[Terminal] = []
    yield opened
    for one in opened:
        os.close(one.fd)


def test_a_conversation(chat_model: str, terminal: list[Terminal]) -> None:
    session = Terminal("run", chat_model, "--max-tokens", "8")
    terminal.append(session)
    assert "a conversation" in session.wait_for("> ")
    session.type("hello\n")
    first = session.wait_for("tok/s")
    assert "23 prompt tokens" in first
    session.wait_for("> ")
    session.type("again\n")
    second = session.wait_for("tok/s")
    assert int(second.split(" prompt tokens")[0].split()[-1].replace("\x1b[2m", "")) > 23 + len("again")
    session.wait_for("> ")
    session.type("/reset\n")
    session.wait_for("forgotten")
    session.wait_for("> ")
    session.type("hello\n")
    assert "23 prompt tokens" in session.wait_for("tok/s")
    session.wait_for("> ")
    session.type("x" * 600 + "\n")
    session.wait_for("/reset starts the conversation over")
    session.wait_for("> ")
    session.type("/exit\n")
    assert session.end() == 0


def test_ctrl_c_stops_the_answer_and_not_the_session(model: str, terminal: list[Terminal]) -> None:
    session = Terminal("run", model, "--temperature", "5", "--seed", "1")
    terminal.append(session)
    assert "each line alone" in session.wait_for("> ")
    session.type("hello\n")
    session.wait_for("hello\r\n")
    session.type("\x03")
    session.wait_for("> ")
    time.sleep(0.3)  # between the prompt and the waiting for a key, readline keeps a Ctrl-C until the next key
    session.type("\x03")
    session.wait_for("Ctrl-D leaves")
    session.wait_for("> ")
    session.type("\x04")
    assert session.end() == 0


def test_control_characters_of_an_answer_do_not_reach_the_terminal(model: str, terminal: list[Terminal]) -> None:
    session = Terminal("run", model, "hello", "--max-tokens", "400", "--temperature", "9", "--seed", "3")
    terminal.append(session)
    assert session.end() == 0
    shown = session.text.rpartition("\x1b[2m")[0]
    assert "\x1b" not in shown.replace("\r\x1b[K", "")
