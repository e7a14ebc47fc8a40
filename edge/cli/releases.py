"""``edge releases``: what boards have and had."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .looking import ending, look_at
from .parser import Verbs, add_verb
from .rollout_table import plain
from .targets import add_targets, choose

if TYPE_CHECKING:
    import argparse

    from provisioning.manifest import Installed

_TEXT = """
List the releases on boards, the youngest first: the current one is marked, and one that never
passed its self-check cannot be gone back to.
"""


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "releases",
        _releases,
        usage="HOST ... [options]",
        summary="list the releases on boards",
        text=_TEXT,
        examples=[("edge releases pi@10.0.0.7", ""), ("edge releases @all --json", "a fleet, for programs")],
    )
    add_targets(parser)
    parser.add_argument("--json", action="store_true", help="print all that is known as JSON")


def _releases(args: argparse.Namespace) -> int:
    looks, errors = look_at(choose(args, "edge releases"))
    found = {name: _summary(look.installed) for name, look in looks.items()}
    if args.json:
        print(json.dumps(found, indent=2))
    else:
        for name, state in found.items():
            _print(name, state)
    return ending(errors, found=bool(found))


def _summary(installed: Installed) -> dict[str, Any]:
    return {
        "current": installed.current,
        "running": installed.running,
        "status": (installed.service or {}).get("StatusText", ""),
        "unfinished": installed.trial is not None,
        "last": installed.result,
        "releases": [
            {"id": r.id, "version": r.version, "model": r.model, "checked": r.checked} for r in installed.releases
        ],
    }


def _print(name: str, state: dict[str, Any]) -> None:
    if not state["releases"]:
        print(f"{name}: no release; 'edge deploy' makes one")
        return
    up = "running" if state["running"] else "not running"
    print(f"{name}: {up}{', ' + plain(state['status']) if state['status'] else ''}")
    for release in state["releases"]:
        mark = "*" if release["id"] == state["current"] else " "
        note = "" if release["checked"] else "  never passed its self-check"
        print(f" {mark} {release['id']}  edge {plain(release['version'])}  {plain(release['model'])}{note}")
    last = state["last"] or {}
    if last.get("outcome") not in {None, "committed"}:
        print(f"   the last switch, to {last.get('id')}, was {last['outcome'].replace('_', ' ')}: {plain(last['why'])}")
    if state["unfinished"]:
        print("   a switch is under way or was interrupted; the next deploy brings it to its end")
