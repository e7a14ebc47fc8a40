"""Logging in: the agent's keys, key files, a password where the board takes one; and what to type if nothing helps.

Paramiko's own ways try every file with every kind of key and forget what they tried.
"""

from __future__ import annotations

import base64
import contextlib
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import paramiko

from edge.errors import LoginRefused

from .prompts import Prompts
from .ssh_config import Hop

__all__ = ["Login"]

_PASSWORD_TRIES = 3


@dataclass(repr=False)
class Login:
    """One login to one hop, in the shape of Paramiko's authentication strategies.

    ``agent``: ask the ssh agent for keys. ``tried`` holds, afterwards, what was tried, in words.
    """

    hop: Hop
    prompts: Prompts
    agent: bool = True
    tried: list[str] = field(default_factory=list)

    def authenticate(self, transport: paramiko.Transport) -> list[str]:
        """Log in. Raises LoginRefused, and what Paramiko raises where the connection breaks."""
        try:
            transport.auth_none(self.hop.user)  # also tells what the board takes
        except paramiko.BadAuthenticationType as refused:
            methods = list(refused.allowed_types)
        else:
            return []
        with contextlib.closing(paramiko.Agent()) if self.agent else contextlib.nullcontext() as agent:
            if "publickey" in methods and self._with_keys(transport, methods, _keys_of(agent)):
                return []
        way = next((way for way in ("password", "keyboard-interactive") if way in methods), None)
        if way and self._with_password(transport, way):
            return []
        raise LoginRefused(self._refusal(methods))

    def _with_keys(
        self, transport: paramiko.Transport, methods: list[str], held: dict[bytes, paramiko.AgentKey]
    ) -> bool:
        """Whether a key let us in. ``methods`` becomes what is still wanted where a key is only half the way."""
        for name, key in self._keys(held):
            self.tried.append(name)
            try:
                left = transport.auth_publickey(self.hop.user, key)
            except paramiko.AuthenticationException:
                if not transport.is_active():
                    raise  # most servers hang up after six keys
                continue
            except (paramiko.SSHException, ValueError) as error:
                if not transport.is_active():
                    raise
                self.tried[-1] += f" ({error})"
                continue
            if not left:
                return True
            methods[:] = left
            return False
        return False

    def _keys(self, held: dict[bytes, paramiko.AgentKey]) -> Iterator[tuple[str, paramiko.PKey]]:
        """Keys to try with their names: those of the files first (through the agent where it holds them)."""
        left = dict(held)
        for path in self.hop.keys:
            public = _public(path)
            if public in left:
                yield f"{path} (from the agent)", left.pop(public)
            elif path.suffix != ".pub" and (key := self._load(path)) is not None:
                yield str(path), key
        if not self.hop.only_keys:
            for key in left.values():
                yield f"the agent's {key.get_name()} {key.comment}".rstrip(), key

    def _load(self, path: Path) -> paramiko.PKey | None:
        """A private key, decrypted with a passphrase if somebody can be asked for it. Notes down why not."""
        question = f"passphrase of {path}"
        try:
            return paramiko.PKey.from_path(path)
        except OSError as error:
            self.tried.append(f"{path} ({error.strerror})")
            return None
        except (TypeError, paramiko.PasswordRequiredException):
            pass  # it has a passphrase
        except (ValueError, paramiko.SSHException, paramiko.pkey.UnknownKeyType):
            self.tried.append(f"{path} (no private key that we can read)")
            return None
        for again in (False, True, True):
            passphrase = self.prompts.ask(question, again=again)
            if passphrase is None:
                self.tried.append(f"{path} (locked: type ssh-add {shlex.quote(str(path))})")
                return None
            with contextlib.suppress(ValueError, paramiko.SSHException):
                return paramiko.PKey.from_path(path, passphrase.encode())
        self.tried.append(f"{path} (wrong passphrase)")
        return None

    def _with_password(self, transport: paramiko.Transport, way: str) -> bool:
        user = self.hop.user
        for attempt in range(_PASSWORD_TRIES):
            password = self.prompts.ask(f"password of {user} on {self.hop}", again=attempt > 0)
            if password is None:
                return False
            with contextlib.suppress(paramiko.AuthenticationException):
                if way == "password":
                    left = transport.auth_password(user, password, fallback=False)
                else:  # the same, asked in another way by servers that may ask for more than one thing
                    left = transport.auth_interactive(user, lambda _title, _text, asked, p=password: [p] * len(asked))
                if not left:
                    return True
            if not transport.is_active():
                break
        self.tried.append("a password")
        return False

    def _refusal(self, methods: list[str]) -> str:
        hop = self.hop
        who = f"{hop} refuses to let {hop.user} in"
        tried = f"tried {', '.join(self.tried)}" if self.tried else "there is no key to try"
        if "publickey" not in methods:
            return f"{who} ({tried}): it takes only {' or '.join(methods) or 'nothing'}; log in there and allow keys"
        copy = ["ssh-copy-id"]
        if hop.own:
            copy += ["-i", str(hop.keys[0])]
        if hop.port != 22 and hop.name == hop.host:
            copy += ["-p", str(hop.port)]
        copy.append(f"{hop.user}@{hop.name}")
        make = "" if self.tried else "ssh-keygen -t ed25519 && "
        return f"{who} ({tried}); type: {make}{shlex.join(copy)}"


def _keys_of(agent: paramiko.Agent | None) -> dict[bytes, paramiko.AgentKey]:
    return {key.asbytes(): key for key in agent.get_keys()} if agent else {}


def _public(path: Path) -> bytes | None:
    """The public half of a key file, without its passphrase; some name the public file itself, for the agent."""
    file = path if path.suffix == ".pub" else path.with_name(f"{path.name}.pub")
    try:
        return base64.b64decode(file.read_text(encoding="utf-8").split()[1])
    except (OSError, ValueError, IndexError):
        return None
