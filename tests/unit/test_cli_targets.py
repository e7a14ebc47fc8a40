"""Which boards a command line means, and what holds for each of them."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import pytest

from edge.cli.parser import Parser, UsageError, whole
from edge.cli.targets import Chosen, add_targets, choose
from edge.errors import EdgeError

FLEET = """\
[all]
user = "pi"
threads = 2
identity = "id"
[hosts]
kitchen = "10.0.0.7"
garage = { host = "ada@10.0.0.8:2222", host-key = "strict", prefix = "/srv/garage/" }
hall = {}
[groups]
indoors = ["kitchen", "hall"]
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EDGE_INVENTORY", raising=False)
    (tmp_path / "fleet.toml").write_text(FLEET, encoding="utf-8")
    return tmp_path


def parsed(words: Sequence[str]) -> argparse.Namespace:
    parser = Parser(prog="edge deploy")
    add_targets(parser)
    parser.add_argument("--threads", type=whole)
    parser.add_argument("--force", action="store_true", default=None)
    return parser.parse_args(list(words))


def chosen(*words: str, one: bool = False) -> list[Chosen]:
    return choose(parsed(words), "edge deploy", one=one)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["@kitchen,@garage"], ["kitchen", "garage"]),
        (["@garage", "@indoors"], ["garage", "kitchen", "hall"]),
        (["@all"], ["kitchen", "garage", "hall"]),
        (["@indoors", "@all", "kitchen"], ["kitchen", "hall", "garage"]),
        (["@all", "--limit", "!@indoors"], ["garage"]),
        (["@all", "--limit", "hall,garage"], ["garage", "hall"]),
        (["pi@10.0.0.9", "@hall"], ["pi@10.0.0.9", "hall"]),
    ],
)
@pytest.mark.usefixtures("folder")
def test_words_choose_boards(words: list[str], names: list[str]) -> None:
    assert [board.name for board in chosen(*words)] == names


def test_the_way_to_a_board(folder: Path) -> None:
    kitchen, garage, other = chosen("@kitchen,@garage,ada@[fe80::1]:22", "--connect-timeout", "3")
    assert (kitchen.target.host, kitchen.target.user, kitchen.target.port) == ("10.0.0.7", "pi", None)
    assert (kitchen.target.keys, kitchen.target.host_key) == ((folder / "id",), "accept-new")
    assert (garage.target.host, garage.target.user, garage.target.port) == ("10.0.0.8", "ada", 2222)
    assert (garage.target.host_key, garage.target.prefix) == ("strict", "/srv/garage")
    assert (other.target.host, other.target.user, other.target.port, other.target.keys) == ("fe80::1", "ada", 22, ())
    assert {board.target.connect_timeout for board in (kitchen, garage, other)} == {3.0}


@pytest.mark.usefixtures("folder")
def test_the_command_line_wins() -> None:
    args = parsed(["@all", "--threads", "4", "--identity", "mine", "--host-key", "off"])
    boards = choose(args, "edge deploy")
    assert {board.settings(args)["threads"] for board in boards} == {4}
    assert {board.target.keys for board in boards} == {(Path("mine"),)}
    assert {board.target.host_key for board in boards} == {"off"}
    args = parsed(["@hall"])
    (hall,) = choose(args, "edge deploy")
    assert (hall.settings(args)["threads"], hall.settings(args)["name"]) == (2, "hall")
    assert "force" not in hall.settings(args)


@pytest.mark.usefixtures("folder")
def test_without_an_inventory_a_word_is_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("fleet.toml").unlink()
    (board,) = chosen("pi@kitchen:22", one=True)
    assert (board.name, board.target.host, board.variables) == ("pi@kitchen:22", "kitchen", {})
    monkeypatch.setenv("EDGE_INVENTORY", "nowhere.toml")
    with pytest.raises(EdgeError, match=r"nowhere\.toml"):
        chosen("pi@kitchen:22")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], r"which board\? write user@host, or @all for the 3 of fleet\.toml"),
        (["indoors"], "'indoors' is a group of fleet.toml: write @indoors"),
        (["@all", "--limit", "kitchen,!kitchen"], "leaves none of the 3 boards"),
        (["@kitchen", "pi@10.0.0.7"], "kitchen and pi@10.0.0.7 are the same board"),
        (["@hall", "--connect-timeout", "0"], "--connect-timeout must be more than 0"),
        (["@hall", "--host-key", "maybe"], "no 'maybe' here; choose from strict, accept-new, off"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_what_makes_no_sense_is_told(words: list[str], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        chosen(*words)


@pytest.mark.usefixtures("folder")
def test_one_board_where_one_is_wanted() -> None:
    assert len(chosen("@hall", one=True)) == 1
    with pytest.raises(UsageError, match="one board at a time, not for 2"):
        chosen("@indoors", one=True)


def test_names_need_an_inventory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EDGE_INVENTORY", raising=False)
    with pytest.raises(UsageError, match="@kitchen is of an inventory, and there is none"):
        chosen("@kitchen")
    with pytest.raises(UsageError, match="--limit takes names of an inventory"):
        chosen("pi@kitchen", "--limit", "x")
    with pytest.raises(UsageError, match=r"write user@host$"):
        chosen()


def test_sudo_s_password_comes_from_a_file_that_is_ours(folder: Path) -> None:
    file = folder / "sudo"
    file.write_text("open sesame\nmore\n")
    file.chmod(0o644)
    with pytest.raises(EdgeError, match="others may read this password; type: chmod 600"):
        chosen("@hall", "--sudo-password-file", str(file))
    file.chmod(0o600)
    (hall,) = chosen("@hall", "--sudo-password-file", str(file))
    assert hall.target.sudo_password is not None
    assert hall.target.sudo_password() == "open sesame"
    file.write_text("")
    with pytest.raises(EdgeError, match="first line is empty"):
        chosen("@hall", "--sudo-password-file", str(file))
    with pytest.raises(EdgeError, match="cannot be read"):
        chosen("@hall", "--sudo-password-file", str(folder / "none"))


@pytest.mark.usefixtures("folder")
def test_sudo_s_password_is_asked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EdgeError, match="nobody can be asked"):
        chosen("@all", "--ask-sudo")
    asked: list[str] = []

    def getpass(prompt: str) -> str:
        asked.append(prompt)
        return "secret"

    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("getpass.getpass", getpass)
    boards = chosen("@all", "--ask-sudo")
    assert [board.target.sudo_password and board.target.sudo_password() for board in boards] == ["secret"] * 3
    assert len(asked) == 1
