"""What is said of boards that were not seen."""

from __future__ import annotations

import pytest

from edge.cli.looking import ending
from edge.errors import BoardUnfit, BoardUnreachable, EdgeError


def test_a_board_cannot_command_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    errors: dict[str, EdgeError] = {"kitchen": BoardUnfit("no answer (\x1b]0;owned\x07\x1b[2J\r\nhello)")}
    assert ending(errors, found=True) == 2
    assert capsys.readouterr().err == "edge: error: kitchen: no answer (]0;owned[2J hello)\n"


def test_what_boards_that_were_not_seen_are_worth() -> None:
    gone: dict[str, EdgeError] = {"kitchen": BoardUnreachable("gone")}
    assert ending({}, found=True) == 0
    assert ending(gone, found=True) == 3
    assert ending(gone | {"hall": BoardUnfit("odd")}, found=False) == 2
    with pytest.raises(BoardUnreachable):
        ending(gone, found=False)
