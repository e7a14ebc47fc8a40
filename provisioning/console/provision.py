"""One board from the other end of its serial console: log in, compare, do, and see that ssh reaches it."""

from __future__ import annotations

import base64
import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

import paramiko

from devices.ports import PortError, open_port
from edge.errors import BoardUnfit, BoardUnreachable, DeployError, EdgeError, HostKeyChanged
from provisioning.connection import Target, open_board
from provisioning.destination import Destination
from provisioning.host_keys import HostKeys, fingerprint
from provisioning.ssh_config import Settings, default_keys

from .found import Address, Found, Wanted
from .getty import Account, log_in, log_out
from .link import Link, link
from .network import arrived, chosen_link
from .plan import plan, ssh_port
from .steps import Step
from .wire import Wire

__all__ = ["Console", "Reached", "provision", "public_key"]

#: For a network to give an address: a Wi-Fi that is asked to let somebody in may think about it.
_ADDRESS_S = 90.0
_LOOK_S = 2.0
_STARTED_S = 60.0


@dataclass(frozen=True)
class Console:
    """A serial port with a board at its other end. ``patience_s``: for its first word; it may be booting.

    ``record``: where to keep what was said, without passwords.
    """

    port: str
    baud: int
    account: Account
    patience_s: float = 90.0
    record: Path | None = None

    def __str__(self) -> str:
        return self.port


@dataclass(frozen=True)
class Reached:
    """What came of it. ``steps``: what was done, or is to be done where only a plan was wanted, in sentences.

    ``target``: how ssh gets there; None for a plan with steps. ``fingerprint``: of the board's ssh key, as the board
    itself told it over the cable. ``seconds``: all of it.
    """

    user: str
    hostname: str
    steps: tuple[str, ...]
    target: Target | None
    fingerprint: str
    seconds: float = 0.0
    addresses: tuple[str, ...] = field(default=())


def public_key(identity: Path | None) -> str:
    """The line for authorized_keys: of a key file, else of the first that ssh would try. Raises DeployError."""
    private = identity or next(default_keys(), None)
    if private is None:
        raise DeployError("there is no ssh key for the board to trust; type: ssh-keygen -t ed25519")
    public = private if private.suffix == ".pub" else private.with_name(f"{private.name}.pub")
    try:
        if public.exists():
            words = public.read_text(encoding="utf-8").split()
            base64.b64decode(words[1], validate=True)
            return " ".join(words)
        key = paramiko.PKey.from_path(private)
    except (OSError, ValueError, IndexError, TypeError, paramiko.SSHException, paramiko.pkey.UnknownKeyType) as error:
        made = f"ssh-keygen -y -f {private} > {public}"
        raise DeployError(f"{public}: no public key there that can be read; type: {made}") from error
    return f"{key.get_name()} {key.get_base64()}"


def provision(
    console: Console, wanted: Wanted, way: Target, *, tell: Callable[[str], None], plan_only: bool = False
) -> Reached:
    """Make a board reachable by ssh, with its host key known. What is as it shall be is left alone.

    ``way``: how ssh shall go about it; its host, user and port are replaced by what the board says. ``tell`` gets what
    happens, sentence by sentence. Raises BoardUnreachable, LoginRefused, SudoRefused, BoardUnfit, DeployError.
    """
    begun = time.monotonic()
    with _open(console) as wire:
        used = log_in(wire, console.account, patience_s=console.patience_s)
        try:
            if used is not None:
                tell(f"logged in as {used[0]}")
            password = (lambda: used[1]) if used else console.account.password
            with link(wire, password) as board:
                found, steps, there = _carry_out(board, wire, used, (console, wanted), tell, plan_only=plan_only)
        finally:
            if used is not None:
                log_out(wire)
    done = tuple(step.sentence for step in steps)
    known = Reached(found.user, found.hostname, done, None, "")
    if not (plan_only and steps):
        addresses = tuple(dict.fromkeys(address.host for address in (*there, *found.reachable(None))))
        way = replace(way, user=found.user, port=ssh_port(found))
        known = _by_ssh(found.host_keys, addresses, way, known, password)
        tell(f"ssh reaches it: {known.target and known.target.host}, key {known.fingerprint}")
    return replace(known, seconds=round(time.monotonic() - begun, 3))


@contextlib.contextmanager
def _open(console: Console) -> Iterator[Wire]:
    with contextlib.ExitStack() as stack:
        try:
            port = stack.enter_context(contextlib.closing(open_port(console.port, console.baud)))
        except PortError as error:
            raise DeployError(str(error)) from error
        record = stack.enter_context(_record(console.record)) if console.record else None
        wire = Wire(port, console.port)
        try:
            yield wire
        finally:
            if record is not None:
                record.write(wire.transcript())


def _record(path: Path) -> TextIO:
    try:
        return open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600))
    except OSError as error:
        raise DeployError(f"--record {path}: {error.strerror}") from error


def _facts(board: Link, wire: Wire) -> Found:
    said = board.ask("facts")
    if "user" not in said:
        raise BoardUnfit(f"{wire.name}: the board cannot say what it is: {wire.struck(str(said.get('said')))}")
    return Found.from_json(said)


def _carry_out(
    board: Link,
    wire: Wire,
    used: tuple[str, str] | None,
    order: tuple[Console, Wanted],
    tell: Callable[[str], None],
    *,
    plan_only: bool,
) -> tuple[Found, list[Step], list[Address]]:
    """Plan, do all of it, and wait for an address.

    Returns what is there in the end, what was to be done, and the addresses that are as wished.
    """
    console, wanted = order
    # A board that has just shown its prompt may still be starting what it is to be judged by.
    board.ask(
        "run", {"argv": ["systemctl", "is-system-running", "--wait"], "timeout_s": _STARTED_S}, within_s=_STARTED_S
    )
    found = _facts(board, wire)
    if used is None and console.account.user not in {None, found.user}:
        raise DeployError(
            f"{wire.name}: {found.user} is logged in there, not {console.account.user}; log out there (exit), or leave "
            f"{console.account.user}@ out"
        )
    try:
        steps = plan(found, wanted, time.time())
        # Once: which has something at its other end shows only when it is up.
        link = chosen_link(found, wanted)
    except BoardUnfit as error:
        raise BoardUnfit(f"{wire.name}: {error}") from error
    if plan_only:
        return found, steps, arrived(found, wanted, link)
    for step in steps:
        tell(step.sentence)
        wire.note(step.sentence)
        operation, arguments = step.request()
        done = board.ask(operation, arguments, within_s=step.timeout_s)
        if done["status"] != 0:
            said = " ".join(wire.struck(done["said"]).split()[-40:]) or f"status {done['status']}"
            raise DeployError(f"{wire.name}: could not {step.sentence}: {said}; mend that and repeat the command")
    if steps:
        found = _facts(board, wire)
    end = time.monotonic() + _ADDRESS_S
    while not (there := arrived(found, wanted, link)):
        if time.monotonic() > end:
            what = f"does not have {wanted.address}" if wanted.static else "got no address"
            where = f" on {link.name}" if link else ""
            raise DeployError(
                f"{wire.name}: the board {what}{where} within {_ADDRESS_S:.0f} s; is its network's cable in, is there "
                "DHCP, is the Wi-Fi's password right? --address gives it one"
            )
        time.sleep(_LOOK_S)
        found = _facts(board, wire)
    return found, steps, there


def _by_ssh(
    host_keys: tuple[str, ...],
    addresses: tuple[str, ...],
    way: Target,
    known: Reached,
    password: Callable[[], str | None],
) -> Reached:
    """Log in by ssh, at the first of the board's addresses at which that works, and note its key down.

    In this order: what is known of an address may be of somebody else, who has it in the operator's own network.
    """
    if not host_keys or not addresses:
        lacks = "no ssh key of its own" if addresses else "no address"
        raise BoardUnreachable(f"the board has {lacks}, so ssh does not reach it; repeat the command")
    key = next((line for line in host_keys if line.startswith("ssh-ed25519 ")), host_keys[0])
    kind, text = key.split()
    blob = base64.b64decode(text)
    errors: list[EdgeError] = []
    for address in addresses:
        target = replace(way, host=address, host_key="strict", sudo_password=way.sudo_password or password)
        to = Destination(target.host, target.user, target.port)
        hop = Settings(target.ssh_config).way(to, keys=target.keys, known_hosts=target.known_hosts)[-1]
        try:
            open_board(replace(target, board_key=(kind, blob))).close()
            HostKeys(hop, "strict", target.notice).learn(kind, blob)
        except (BoardUnreachable, HostKeyChanged) as error:
            errors.append(error)
            continue
        return replace(known, target=target, fingerprint=fingerprint(blob), addresses=addresses)
    raise BoardUnreachable(f"the board is set up, and ssh does not reach it from here: {errors[0]}") from errors[0]
