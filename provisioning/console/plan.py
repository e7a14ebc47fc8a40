"""What is to be done on a board so that ssh reaches it: pure, from what was found and what is wanted."""

from __future__ import annotations

import re

from edge.errors import BoardUnfit

from .found import Found, Wanted
from .network import network
from .steps import Call, Run, Step, Write

__all__ = ["plan", "ssh_port"]

#: A clock that is this far off is set; certificates and logs do not mind less.
_CLOCK_S = 30.0
_LOCAL = "127.0.1.1"


def plan(found: Found, wanted: Wanted, now: float) -> list[Step]:
    """All steps, in their order; none where the board is as it shall be. Raises BoardUnfit before anything is done.

    ``now``: seconds since 1970.
    """
    if not found.systemd:
        raise BoardUnfit("the board is not run by systemd; edge needs that")
    ssh = _ssh(found)
    return [*_clock(found, now), *_hostname(found, wanted), *_key(found, wanted), *ssh, *network(found, wanted)]


def ssh_port(found: Found) -> int | None:
    """Where sshd listens, if that is not where everybody looks."""
    port = int(found.ssh.get("port", "22"))
    return None if port == 22 else port


def _clock(found: Found, now: float) -> list[Step]:
    if abs(found.clock - now) < _CLOCK_S:
        return []
    return [Call("set the clock", "clock", (("seconds", now),))]


def _hostname(found: Found, wanted: Wanted) -> list[Step]:
    name = wanted.hostname
    if name is None:
        return []
    steps: list[Step] = []
    if found.hostname != name:
        steps.append(Run(f"name the board {name}", ("hostnamectl", "set-hostname", name)))
    if (hosts := _hosts(found.hosts, found.hostname, name)) != found.hosts:
        steps.append(Write(f"have it know itself as {name}", "/etc/hosts", hosts))
    return steps


def _hosts(text: str, old: str, new: str) -> str:
    """/etc/hosts with the new name where the old one stood: sudo waits for the network to tell it an unknown one."""
    lines, known = [], False
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        names = [new if name == old else name for name in words[1:]]
        mine = words[:1] == [_LOCAL]
        known = known or (mine and new in names)
        changed = mine and names != words[1:]
        lines.append(f"{_LOCAL}\t{' '.join(dict.fromkeys(names))}" if changed else line)
    if not known:
        lines.append(f"{_LOCAL}\t{new}")
    return "\n".join(lines) + "\n"


def _key(found: Found, wanted: Wanted) -> list[Step]:
    key = wanted.key.split()[1]
    present = found.authorized_keys
    if any(key in line.split() for line in present.splitlines() if not line.lstrip().startswith("#")):
        return []
    text = f"{present.rstrip()}\n{wanted.key}\n".lstrip("\n")
    path = f"{found.home}/.ssh/authorized_keys"
    return [Write(f"let our key log in as {found.user}", path, text, 0o600, found.user)]


def _ssh(found: Found) -> list[Step]:
    if found.sshd is None:
        what = "dropbear, and no OpenSSH" if found.runs("dropbear") else "no ssh server"
        raise BoardUnfit(f"the board has {what}; install it there: apt install openssh-server")
    if found.ssh.get("pubkeyauthentication", "yes") == "no":
        raise BoardUnfit("the board's sshd takes no keys; remove 'PubkeyAuthentication no' in /etc/ssh/sshd_config")
    if found.user == "root" and found.ssh.get("permitrootlogin") == "no":
        raise BoardUnfit("the board's sshd lets root not in (PermitRootLogin no); log in as another user, with sudo")
    files = found.ssh.get("authorizedkeysfile", ".ssh/authorized_keys").split()
    own = {".ssh/authorized_keys", "%h/.ssh/authorized_keys", f"{found.home}/.ssh/authorized_keys"}
    if not own.intersection(re.sub("%u", found.user, file) for file in files):
        raise BoardUnfit(f"the board's sshd reads keys from {files[0]} (AuthorizedKeysFile); put the key there by hand")
    steps: list[Step] = []
    if not any(key.startswith("ssh-ed25519 ") for key in found.host_keys):
        steps.append(Run("make the board's own ssh keys", ("ssh-keygen", "-A"), 300.0))
    if not any(found.runs(unit) for unit in ("ssh", "ssh.socket", "sshd")):
        unit = "ssh" if found.units.get("ssh") else "sshd"
        steps.append(Run("start sshd, now and at boot", ("systemctl", "enable", "--now", f"{unit}.service")))
    return steps
