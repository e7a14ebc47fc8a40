"""In which order a fleet is taken, and when to stop: decisions without clocks, threads or boards.

A rollout goes in waves: a canary, a part of the fleet, then all. ``1,10%,100%`` says how many hosts have had their
turn at the end of each wave. It stops, which means that nothing new is begun,

* when a host of the first wave fails: that is what a canary is for, whatever the budget;
* when more hosts have failed than the budget allows, counted over the whole fleet and all waves;
* when more were unreachable than is allowed (any number, unless a limit is set);
* when the first wave finds nobody at home: an unreachable canary proves nothing, so the next host takes its place,
  but after a few of them it is our own network that wants looking at.

Unreachable is not failed: it uses up nothing of the failure budget.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from edge.errors import EdgeError

__all__ = ["BAD", "Amount", "Policy", "PolicyError", "Verdict", "Wave", "cut_waves", "judge", "parse_waves"]

#: The states that use up the failure budget. ``cut``: a connection lost in the middle may be the deploy's own doing.
BAD = frozenset({"failed", "rolled_back", "refused", "cut"})
# Beside the canaries that were asked for.
_MOST_UNREACHABLE_CANARIES = 4
_AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(%?)")


class PolicyError(EdgeError):
    """Waves, budgets or limits that make no sense."""


@dataclass(frozen=True)
class Amount:
    """So many hosts, or such a part of them: ``value`` is a count, or per cent of the fleet."""

    value: Fraction
    percent: bool = False

    @classmethod
    def parse(cls, text: str) -> Amount:
        """Read ``3`` or ``10%``. Raises :class:`PolicyError`."""
        found = _AMOUNT.fullmatch(text.strip())
        if not found or (not found[2] and "." in found[1]) or (found[2] and Fraction(found[1]) > 100):
            raise PolicyError(f"{text.strip()!r} is no number of hosts; write 3 or 10%")
        return cls(Fraction(found[1]), bool(found[2]))

    def at_least(self, hosts: int) -> int:
        """Hosts of a fleet of ``hosts``, rounded up: a wave of any per cent has a host."""
        return math.ceil(self._of(hosts))

    def at_most(self, hosts: int) -> int:
        """The same rounded down: a budget allows no more than was said."""
        return math.floor(self._of(hosts))

    def _of(self, hosts: int) -> Fraction:
        return self.value * hosts / 100 if self.percent else self.value

    def __str__(self) -> str:
        return f"{float(self.value):g}" + "%" * self.percent


def parse_waves(text: str) -> tuple[Amount, ...]:
    """Read ``1,10%,100%``. Raises :class:`PolicyError`, also when the waves would end before the fleet does."""
    amounts = tuple(Amount.parse(part) for part in text.split(","))
    for before, after in pairwise(amounts):
        if before.percent == after.percent and after.value <= before.value:
            raise PolicyError(f"waves {text}: each must take more hosts than the one before, like 1,10%,100%")
    if any(amount.value == 0 for amount in amounts):
        raise PolicyError(f"waves {text}: a wave of no hosts does nothing; write 1,10%,100%")
    return amounts


_NONE = Amount(Fraction(0))


@dataclass(frozen=True)
class Policy:
    """How to take a fleet: see the module's own text.

    ``soak_s``: seconds between two waves. ``parallel``: hosts at a time. ``deadline_s``: for one host; an activation
    that is under way then has its own deadline, on the board. Raises :class:`PolicyError`.
    """

    waves: tuple[Amount, ...] = parse_waves("1,10%,100%")
    soak_s: float = 10.0
    max_failures: Amount = _NONE
    max_unreachable: Amount | None = None
    parallel: int = 8
    deadline_s: float = 1800.0

    def __post_init__(self) -> None:
        if not 1 <= self.parallel <= 256:
            raise PolicyError(f"parallel must be from 1 to 256, not {self.parallel}")
        if not 0 <= self.soak_s < 1e6:
            raise PolicyError("the soak between two waves must be 0 s or more")
        if not 0 < self.deadline_s < 1e6:
            raise PolicyError("a host's deadline must be more than 0 s")


@dataclass(frozen=True)
class Wave:
    """Hosts that are taken together; ``number`` counts from 1 to ``of``."""

    number: int
    of: int
    hosts: tuple[str, ...]

    @property
    def canary(self) -> bool:
        """Whether all the others wait for what comes of these."""
        return self.number == 1 and self.of > 1


@dataclass(frozen=True)
class Verdict:
    """What may happen now: hosts of wave ``wave`` to begin, or the reason to begin no more."""

    waves: tuple[Wave, ...]
    wave: Wave | None = None
    begin: tuple[str, ...] = ()
    stop: str = ""


def cut_waves(hosts: Sequence[str], policy: Policy, unreachable: AbstractSet[str] = frozenset()) -> tuple[Wave, ...]:
    """The waves of a fleet. Hosts of the first one that were ``unreachable`` are made up for by the next hosts.

    Raises :class:`PolicyError` when the waves end before the fleet does.
    """
    if not hosts:
        return ()
    ends = [amount.at_least(len(hosts)) for amount in policy.waves]
    if ends[-1] < len(hosts):
        raise PolicyError(
            f"the waves end after {ends[-1]} of {len(hosts)} hosts; end them with 100%, and choose hosts with --limit"
        )
    reached, first = 0, 0
    while first < len(hosts) and reached < ends[0]:
        reached += hosts[first] not in unreachable
        first += 1
    cuts = [0, first]
    for end in ends[1:]:
        if cuts[-1] < (cut := min(end, len(hosts))):
            cuts.append(cut)
    parts = [tuple(hosts[begin:end]) for begin, end in pairwise(cuts)]
    return tuple(Wave(number, len(parts), part) for number, part in enumerate(parts, 1))


def judge(hosts: Sequence[str], policy: Policy, states: Mapping[str, str]) -> Verdict:
    """What may be begun, from what has come of every host so far.

    ``states``: of each host that had its turn, a :data:`provisioning.events.State`; ``running`` while it has it;
    ``pending`` or nothing before.
    """
    unreachable = {host for host in hosts if states.get(host) == "unreachable"}
    waves = cut_waves(hosts, policy, unreachable)
    left = [host for host in hosts if states.get(host, "pending") == "pending"]
    if not left:
        return Verdict(waves)
    if reason := _reason(hosts, policy, states, waves):
        return Verdict(waves, stop=reason)
    for wave in waves:
        if any(states.get(host, "pending") in {"pending", "running"} for host in wave.hosts):
            return Verdict(waves, wave, tuple(host for host in wave.hosts if host in left))
    raise AssertionError("every host is in a wave")


def _reason(hosts: Sequence[str], policy: Policy, states: Mapping[str, str], waves: Sequence[Wave]) -> str:
    failed = [host for host in hosts if states.get(host) in BAD]
    unreachable = [host for host in hosts if states.get(host) == "unreachable"]
    canaries = [host for host in waves[0].hosts if host in failed and waves[0].canary]
    if canaries:
        return f"{_names(canaries)} of the first wave failed"
    if len(failed) > (most := policy.max_failures.at_most(len(hosts))):
        return f"{len(failed)} failed ({_names(failed)}), {most or 'none'} may"
    if policy.max_unreachable and len(unreachable) > (most := policy.max_unreachable.at_most(len(hosts))):
        return f"{len(unreachable)} could not be reached ({_names(unreachable)}), {most or 'none'} may"
    first = [states.get(host) for host in waves[0].hosts]
    lost = first.count("unreachable")
    if waves[0].canary and lost > _MOST_UNREACHABLE_CANARIES and set(first) <= {"unreachable", "pending", None}:
        return f"none of the first {lost} could be reached; look at your own network first"
    return ""


def _names(hosts: Sequence[str]) -> str:
    return ", ".join(hosts[:3]) + (f" and {len(hosts) - 3} more" if len(hosts) > 3 else "")
