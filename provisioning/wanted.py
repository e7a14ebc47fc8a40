"""What the operator wants a board to be, and the release that comes of it on a board with given facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from devices import sizing
from devices.facts import Facts

from . import unit
from .grants import port_grants, sensor_grants
from .manifest import Blob, Manifest, Model, fingerprint

__all__ = ["Wanted"]

# What a mapped file costs beside its own bytes: page tables, the file system's own.
_SPARE = 32 << 20


@dataclass(frozen=True)
class Wanted:
    """One board's wanted state.

    ``device``: its name in topics. ``agent``: further arguments of ``edge agent``, without broker, name, model,
    secrets and ports. ``secrets``: option of ``edge agent`` (``--ca``) to the file's name on the board and its bytes.
    ``serial``: ports of the board (PORT[@BAUD]) by which it answers too. ``check``: prompt and tokens that the
    operator's own engine gave. ``deadline_s``: for the restarted agent to be healthy. ``keep``: releases that stay on
    the board beside the current one. ``force``: also where memory is short.
    """

    device: str
    broker: str
    model: Model
    wheels: tuple[Blob, ...]
    pip: Blob
    check: Mapping[str, Any]
    appetite: sizing.Appetite
    agent: tuple[str, ...] = ()
    secrets: Mapping[str, tuple[str, bytes]] = field(default_factory=dict, repr=False)
    serial: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    deadline_s: float | None = None
    keep: int = 2
    force: bool = False

    @property
    def secret_bytes(self) -> dict[str, bytes]:
        """The secrets by their names on the board."""
        return dict(self.secrets.values())

    @property
    def patience_s(self) -> float:
        """Seconds for the restarted agent to be healthy, if nobody says: a card reads 10 MB/s of weights at worst."""
        return self.deadline_s or 90.0 + self.appetite.weights / 10e6

    def share(self, facts: Facts) -> sizing.Share | None:
        """What the board's memory allows; None where it is too small."""
        return sizing.share(facts.memory.total, self.appetite)

    def manifest(self, facts: Facts) -> Manifest:
        """The release for a board with these facts, which has a Python and systemd (see devices.findings)."""
        share = self.share(facts) or sizing.least(self.appetite)
        model = f"{unit.RELEASE}/model" if self.model.files else self.model.name
        arguments = ["--broker", self.broker, "--name", self.device, "--model", model]
        for option, (name, _) in sorted(self.secrets.items()):
            arguments += [option, unit.credential(name)]
        for port in self.serial:
            arguments += ["--serial", port]
        if self.force:
            arguments.append("--force")
        agent = (*arguments, *_limits(share), *self.agent)
        prints = {name: fingerprint(secret, f"{self.device}/{name}") for name, secret in self.secrets.values()}
        memory = self.appetite.weights + share.private + _SPARE
        text = unit.render(
            facts.systemd or 0,
            agent=agent,
            secrets=prints,
            memory_max=memory,
            environment=self.environment,
            grants=(*sensor_grants(facts), *port_grants(self.serial)),
        )
        return Manifest(
            python=facts.python.path if facts.python else "",
            wheels=self.wheels,
            pip=self.pip,
            model=self.model,
            agent=agent,
            secrets=prints,
            unit=text,
            check=dict(self.check),
            memory_max=memory,
        )


def _limits(share: sizing.Share) -> list[str]:
    """The agent bounds itself, too: where the memory cgroup is off, as on Raspberry Pi OS, MemoryMax does nothing."""
    limits = {"--context": share.context, "--together": share.together, "--memory": share.private}
    return [text for option, value in limits.items() for text in (option, str(value))]
