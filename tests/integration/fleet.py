"""Several boards that are folders of this machine, with an inventory, and `edge deploy` of a dummy release to them."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path

from devices.facts import Facts
from devices.sizing import Appetite
from edge.cli import rollouts
from edge.cli.parser import Parser
from edge.cli.targets import Chosen, add_targets, choose
from provisioning.events import Outcome
from provisioning.execute import Tell
from provisioning.job import Job
from provisioning.manifest import Blob, Model
from provisioning.wanted import Wanted
from tests.integration.dummy_release import DummyRelease
from tests.integration.native_board import NativeBoard

__all__ = ["Fleet", "prepared"]


class Fleet:
    """The boards by their names, described by ``fleet.toml`` in ``folder``."""

    def __init__(self, folder: Path, boards: Mapping[str, NativeBoard]) -> None:
        self.boards = dict(boards)
        self._known = folder / "known_hosts"
        self._config = folder / "ssh_config"
        self._inventory = folder / "fleet.toml"
        self.write()

    def write(self) -> None:
        """Write the inventory and the host keys as they are now."""
        known = "".join(board.sshd.known_hosts.read_text(encoding="utf-8") for board in self.boards.values())
        self._known.write_text(known, encoding="utf-8")
        self._config.write_text(f"Host *\n  UserKnownHostsFile {self._known}\n  IdentitiesOnly yes\n", encoding="utf-8")
        lines = [f'[all]\nssh-config = "{self._config}"\nhost-key = "strict"\n[hosts]\n']
        for name, board in self.boards.items():
            target = board.target()
            lines.append(
                f'{name} = {{ host = "{target.user}@127.0.0.1:{target.port}", identity = "{target.keys[0]}", '
                f'prefix = "{board.prefix}" }}\n'
            )
        self._inventory.write_text("".join(lines), encoding="utf-8")

    def deploy(self, do: Callable[[Chosen, Job], Outcome], *words: str) -> int:
        """What `edge deploy` does with its options, hosts and report; ``do`` has a release in place of a built one."""
        parser = Parser(prog="edge deploy")
        add_targets(parser)
        rollouts.add_rollout(parser)
        rollouts.add_resume(parser)
        parser.add_argument("--json", action="store_true")
        args: argparse.Namespace = parser.parse_args([*words, "--inventory", str(self._inventory)])
        run = rollouts.resumed(args, "edge deploy")
        report = rollouts.roll(args, "edge deploy", choose(args, "edge deploy"), do, wanted={}, run=run)
        return rollouts.conclude(args, "edge deploy", report)


def prepared(device: str, release: DummyRelease) -> Callable[[Facts, Tell], Wanted]:
    """What makes the wanted state of a board called ``device`` from a dummy release."""
    wheel, pip, weights = (
        Blob(str(piece["name"]), str(piece["sha256"]), int(piece["size"]), release.folder / str(piece["name"]))
        for piece in release.pieces
    )

    def prepare(_: Facts, __: Tell) -> Wanted:
        return Wanted(
            device=device,
            broker="mqtt://127.0.0.1:9",
            model=Model("dummy", (weights,)),
            wheels=(wheel,),
            pip=pip,
            check=release.manifest["check"],
            appetite=Appetite(len(release.model), 1024, 256),
            deadline_s=60.0,
        )

    return prepare
