"""``edge doctor``: what speaks against running a model on a board, and what to do about it."""

from __future__ import annotations

import dataclasses
import json
import socket
from pathlib import Path
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
Say what keeps boards from running a model well, or at all, each with its remedy. Without a
HOST it is this machine, and then also its agent's way to the broker, and how long the
certificates last: on a board that edge deployed to, type

  sudo /opt/edge/current/venv/bin/python -m edge doctor

Changes nothing. Errors forbid 'edge deploy' and make the exit code 2, warnings do not.
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
            ("edge doctor", "this machine, its agent and its broker"),
            ("edge doctor pi@10.0.0.7", ""),
            ("edge doctor @all --json", "a fleet, for programs"),
        ],
    )
    add_targets(parser)
    parser.add_argument("--json", action="store_true", help="print what was found as JSON, by the boards' names")


def _doctor(args: argparse.Namespace) -> int:
    if args.hosts or args.limit:
        found, errors = look_at(choose(args, "edge doctor"))
        said = {name: _findings(look) for name, look in found.items()}
    else:
        prefix = "" if args.prefix is None else str(args.prefix)
        look, errors = look_here(prefix), {}
        found = {socket.gethostname(): look}
        said = {name: sorted([*_findings(look, here=True), *_way(look, prefix)], key=_level) for name in found}
    code = ending(errors, found=bool(found))
    if args.json:
        listed = {name: [dataclasses.asdict(finding) for finding in findings] for name, findings in said.items()}
        print(json.dumps(listed, indent=2, ensure_ascii=False))
    elif found:
        print("\n\n".join("\n".join([*lines(name, found[name]), "", *_told(said[name])]) for name in found))
    wrong = any(finding.level == "error" for findings in said.values() for finding in findings)
    return _FOUND_ERRORS if wrong else code


def _findings(look: Look, *, here: bool = False) -> list[Finding]:
    from devices.findings import findings

    return sorted([*findings(look.facts, look.now), *_agent(look.installed, here=here)], key=_level)


def _level(finding: Finding) -> str:
    return finding.level


def _way(look: Look, prefix: str) -> list[Finding]:
    """What stands between this machine's agent and its broker."""
    from edge.agent.reach import findings

    release = look.installed.release(look.installed.current)
    arguments = release.manifest.get("agent") if release else None
    if release is None or not isinstance(arguments, list):
        return []
    secrets = Path(f"{prefix}/opt/edge/releases", release.id, "secrets")
    return findings([str(argument) for argument in arguments], secrets, look.now)


def _agent(installed: Installed, *, here: bool) -> list[Finding]:
    """What is wrong with what edge has there; ``here``: it is this machine."""
    from devices.findings import Finding

    logs = "'sudo journalctl -u edge-agent -n 50'" if here else "'edge logs HOST'"
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
        again = "'sudo systemctl restart edge-agent'" if here else "'edge restart HOST'"
        return [
            Finding(
                "error",
                "agent-down",
                f"release {installed.current} is deployed, and its service is {state}",
                f"{logs} shows why; then {again}, or 'edge rollback HOST'",
            )
        ]
    if not installed.connected:
        status = (installed.service or {}).get("StatusText") or "it says nothing"
        return [
            Finding(
                "warning",
                "not-answering",
                f"the agent runs and does not answer yet: {status}",
                f"see that the broker runs and that the board reaches it; {logs} shows its tries",
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
