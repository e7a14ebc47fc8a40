"""The command line's shell: help, errors, endings. What each verb does is tested with real models elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from edge.cli import main, parser
from edge.cli.command import build_parser
from edge.errors import PackedFileError
from tools import cli_reference

if TYPE_CHECKING:
    import argparse

VERBS = (
    *("run", "pull", "convert", "list", "show", "bench", "check", "boards", "fit"),
    *("agent", "broker", "ask", "devices", "demo"),
    *("probe", "doctor", "console", "deploy", "releases", "rollback", "logs", "restart", "uninstall", "wheel"),
)


def python(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["list"], ["list", "--json"], ["--version"], ["nonsense"]]
)
def test_starts_without_the_heavy_libraries(arguments: list[str], tmp_path: object) -> None:
    done = python(
        "import sys, os\n"
        f"os.environ['EDGE_HOME'] = {str(tmp_path)!r}\n"
        "from edge.cli import main\n"
        f"main({arguments!r})\n"
        "heavy = {'numpy', 'jinja2', 'tokenizers', 'sentencepiece', 'huggingface_hub', 'cython_kernels'}\n"
        "sys.exit(', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself_with_an_example(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([verb, "--help"]) == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: edge {verb}")
    assert f"  edge {verb}" in text.split("example")[-1]
    assert max(map(len, text.splitlines())) <= 100


def test_the_reference_is_what_the_program_prints() -> None:
    assert cli_reference.PAGE.read_text() == cli_reference.page(), "run: python -m tools.cli_reference"


def test_no_verb_prints_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    text = capsys.readouterr().out
    listed = [line.split()[0] for line in text.split("verbs:\n")[1].split("\n\n")[0].splitlines()]
    assert tuple(listed[: len(VERBS)]) == VERBS


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["nonsense"], "edge: error: there is no verb 'nonsense'; choose from run, pull, "),
        (["list", "--frob"], "edge: error: unknown option or one word too many: --frob (see 'edge list --help')"),
        (["list", "a"], "edge: error: unknown option or one word too many: a (see 'edge list --help')"),
        (["convert", "a"], "edge: error: the following arguments are required: DST (see 'edge convert --help')"),
        (
            ["convert", "a", "b", "--head", "q5"],
            "edge: error: argument --head: no 'q5' here; choose from int8, f16, q6",
        ),
        (["bench", "--threads", "two"], "edge: error: argument --threads: 'two' is neither auto nor a whole number"),
        (["run", "--temperature", "hot"], "edge: error: argument --temperature: 'hot' is not a number"),
        (["bench", "home", "--shape", "x"], "edge: error: give a model or a --shape, not both"),
        (["bench", "--shape", "gpt5"], "edge: error: there is no shape 'gpt5'; known: bitnet-2b4t, "),
    ],
)
def test_usage_errors_are_one_line(arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith(line)


def ending(monkeypatch: pytest.MonkeyPatch, error: BaseException, *options: str) -> int:
    """Run ``edge list`` with something that ends it."""

    def register(verbs: parser.Verbs) -> None:
        def fail(_: argparse.Namespace) -> int:
            raise error

        parser.add_verb(verbs, "fail", fail, usage="", summary="", text="", examples=[("edge fail", "")])

    monkeypatch.setattr("edge.cli.command.listing.register", register)
    return main(["fail", *options])


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (PackedFileError("a: damaged;\nconvert it again"), 2, "edge: error: a: damaged; convert it again\n"),
        (PackedFileError("the board said \x1b[2J\x9b\tno"), 2, "edge: error: the board said [2J no\n"),
        (PermissionError(13, "Permission denied", "/x"), 2, "edge: error: /x: Permission denied; check the path"),
        (MemoryError(), 2, "edge: error: not enough memory;"),
        (KeyboardInterrupt(), 130, "\n"),
        (ZeroDivisionError("oh"), 1, "edge: error: a defect of edge, not of your input: ZeroDivisionError: oh;"),
    ],
)
def test_endings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int, line: str
) -> None:
    assert ending(monkeypatch, error) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(line)
    assert err.count("\n") == 1


@pytest.mark.parametrize("error", [PackedFileError("damaged"), ZeroDivisionError(), KeyboardInterrupt()])
def test_debug_lets_the_error_through(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    with pytest.raises(type(error)):
        ending(monkeypatch, error, "--debug")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (["ask", "kitchen", "--stream", "hi"], {"device": "kitchen", "prompt": "hi", "stream": True}),
        (["ask", "--stream", "kitchen", "--", "--hi"], {"device": "kitchen", "prompt": "--hi", "stream": True}),
        (["run", "home", "--stats", "hi"], {"words": ["home", "hi"], "stats": True}),
        (["run", "--stats"], {"words": [], "stats": True}),
        (["broker", "init", "--device", "a", "here"], {"action": "init", "folder": Path("here"), "device": ["a"]}),
    ],
)
def test_words_and_options_in_any_order(line: list[str], words: dict[str, object]) -> None:
    args, unknown = build_parser().parse_known_args(line)
    assert not unknown
    assert {name: getattr(args, name) for name in words} == words
