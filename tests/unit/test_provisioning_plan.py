"""Every plan is a golden file: see tests/plan_cases.py."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from devices.facts import Facts
from provisioning.actions import Activate, Settle
from provisioning.manifest import Installed, Release
from provisioning.plan import plan, plan_rollback
from tests.plan_cases import BOARD, NOW, cases, planned, wanted


@pytest.mark.parametrize("path", cases(), ids=lambda path: path.stem)
def test_a_plan_is_the_recorded_one(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    assert planned(case) == case["plan"], f"{case['about']} Is the change meant? python -m tests.plan_cases records it"


def test_a_plan_that_has_errors_does_nothing() -> None:
    for path in cases():
        made = json.loads(path.read_text(encoding="utf-8"))["plan"]
        if any(finding["level"] == "error" for finding in made["findings"]):
            assert not made["actions"], path.stem


def test_after_a_plan_the_next_one_is_empty() -> None:
    """What the actions promise is what the next probe must find, and then there is nothing left."""
    order = wanted({"model": "large"})
    release = order.manifest(Facts.from_json(BOARD)).id
    there = {
        "id": release,
        "manifest": {},
        "checked": True,
    }
    edge = BOARD["edge"] | {
        "current": release,
        "releases": [there],
        "service": {"ActiveState": "active", "SubState": "running", "StatusText": "kitchen: answering"},
    }
    made = plan(Facts.from_json(BOARD | {"edge": edge}), order, NOW)
    assert made.actions == ()


def installed(current: str | None, *releases: tuple[str, bool, float | None]) -> Installed:
    service = {"ActiveState": "active", "SubState": "running"}
    return Installed(current, tuple(Release(name, {}, checked, t) for name, checked, t in releases), service=service)


def test_a_rollback_goes_to_the_last_other_release_that_was_ever_healthy() -> None:
    """Not to the youngest: that one passed its check and was taken back."""
    board = installed("cc", ("dd", True, None), ("cc", True, 3.0), ("aa", True, 1.0), ("bb", True, 2.0))
    assert plan_rollback(board, None, 60) == Activate("bb", "cc", 60)
    assert plan_rollback(board, "a", 60) == Activate("aa", "cc", 60)
    assert plan_rollback(board, "cc", 60) is None


@pytest.mark.parametrize(("to", "says"), [("d", "never passed"), ("x", "no release begins"), ("", "more than one")])
def test_a_rollback_to_what_cannot_be_says_so(to: str, says: str) -> None:
    board = installed("cc", ("dd", False, None), ("cc", True, 2.0), ("bb", True, 1.0))
    with pytest.raises(LookupError, match=says):
        plan_rollback(board, to, 60)


def test_a_rollback_needs_somewhere_to_go() -> None:
    with pytest.raises(LookupError, match="no other release"):
        plan_rollback(installed("cc", ("cc", True, 1.0), ("dd", True, None)), None, 60)


def test_settling_is_never_mixed_with_anything_else() -> None:
    for path in cases():
        actions = json.loads(path.read_text(encoding="utf-8"))["plan"]["actions"]
        if any(action["action"] == "settle" for action in actions):
            assert len(actions) == 1
    assert Settle("x", 1.0).phase == "activate"
