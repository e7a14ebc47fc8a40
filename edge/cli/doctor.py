"""``edge doctor``: what speaks against running a model on a board, and what to do about it."""

from __future__ import annotations

import dataclasses
import json
import socket
from typing import TYPE_CHECKING

from .looking import Look, ending, lines, look_at, look_here
from .parser import Verbs, add_verb
from .rollout_table import plain
from .targets import add_targets, choose

if TYPE_CHECKING:
    import argparse

    from devices.findings import Finding
    from provisioning.manifest import Installed

_TEXT = """
Say what keeps boards from running a model well, or at all, each with its remedy; without a
HOST: this machine. Changes nothing. Errors forbid 'edge deploy' and make the exit code 2,
warnings do not.
"""

_FOUND_ERRORS = 2


def register(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "doctor",
        _doctor,
        usage="[HOST ...] [options]",
        summary="find what is wrong with boards, or with this machine",
        text=_TEXT,
        examples=[
            ("edge doctor", "this machine"),
            ("edge doctor pi@10.0.0.7", ""),
            ("edge doctor @all --json", "a fleet, for programs"),
        ],
    )
    add_targets(parser)
    parser.add_argument("--json", action="store_true", help="print what was found as JSON, by the boards' names")


def _doctor(args: argparse.Namespace) -> int:
    if args.hosts or args.limit:
        found, errors = look_at(choose(args, "edge doctor"))
    else:
        found, errors = {socket.gethostname(): look_here()}, {}
    code = ending(errors, found=bool(found))
    said = {name: _findings(look) for name, look in found.items()}
    if args.json:
        listed = {name: [dataclasses.asdict(finding) for finding in findings] for name, findings in said.items()}
        print(json.dumps(listed, indent=2, ensure_ascii=False))
    elif found:
        print("\n\n".join("\n".join([*lines(name, found[name]), "", *_told(said[name])]) for name in found))
    wrong = any(finding.level == "error" for findings in said.values() for finding in findings)
    return _FOUND_ERRORS if wrong else code


def _findings(look: Look) -> list[Finding]:
    from devices.findings import findings

    found = [*findings(look.facts, look.now), *_agent(look.installed)]
    return sorted(found, key=lambda finding: finding.level)


def _agent(installed: Installed) -> list[Finding]:
    """What is wrong with what edge has there."""
    from devices.findings import Finding

    if installed.trial is not None:
        return [
            Finding(
                "warning",
                "unfinished",
                "a switch to another release is under way, or was interrupted",
                "wait a minute; else 'edge deploy' brings it to its end",
            )
        ]
    if installed.current is None:
        return []
    if not installed.running:
        state = (installed.service or {}).get("ActiveState") or "not installed"
        return [
            Finding(
                "error",
                "agent-down",
                f"release {installed.current} is deployed, and its service is {state}",
                "'edge logs HOST' shows why; then 'edge restart HOST', or 'edge rollback HOST'",
            )
        ]
    if not installed.connected:
        status = (installed.service or {}).get("StatusText") or "it says nothing"
        return [
            Finding(
                "warning",
                "not-answering",
                f"the agent runs and does not answer yet: {status}",
                "see that the broker runs and that the board reaches it; 'edge logs HOST' shows its tries",
            )
        ]
    return []


def _told(findings: list[Finding]) -> list[str]:
    """Findings for a person: what is wrong, and below it what to do."""
    if not findings:
        return ["  nothing is wrong"]
    told = []
    for finding in findings:
        told.append(f"  {finding.level:10} {plain(finding.message)} [{finding.code}]")
        told.append(f"  {'':10} -> {plain(finding.remedy)}")
    return told
