"""What a board shall be, from options and the inventory: read, resolved and computed before any board is touched."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.errors import DeployError, EdgeError

if TYPE_CHECKING:
    from devices.facts import Facts
    from devices.sizing import Appetite
    from provisioning.execute import Tell
    from provisioning.manifest import Blob, Model
    from provisioning.wanted import Wanted

__all__ = ["Orders"]

# Options of `edge agent` that go on as they are.
_MOST_THREADS = 256  # the engine's own limit, known before a board is touched
_PASSED = ("queue", "max-tokens", "max-bytes", "rate", "health", "meter", "threads", "kv")
_SECRETS = {"ca": "ca.pem", "cert": "cert.pem", "key": "key.pem", "password-file": "broker-password"}
_WEIGHTS = "model.safetensors"
# Of these names a model's files are, and the board takes no others.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+-]*\.(safetensors|json|jinja|model|txt)")


class Orders:
    """Makes each host's :class:`~provisioning.wanted.Wanted`; models and wheels are looked up once for all hosts."""

    def __init__(self, *, plan_only: bool, wheel: Path | None = None) -> None:
        self._plan_only = plan_only
        self._wheel = wheel
        self._models: dict[tuple[str, str], tuple[Model, Appetite, dict[str, Any]]] = {}
        self._digests: dict[str, str] = {}

    def order(self, host: str, settings: Mapping[str, Any]) -> Callable[[Facts, Tell], Wanted]:
        """Check one host's ``settings`` (by the names of options) now; the rest waits for the board's facts.

        Raises :class:`~edge.errors.EdgeError` on what cannot be: no broker, no such model, unreadable files.
        """
        from edge.messaging.topics import check_name
        from provisioning.wanted import Wanted

        device = check_name(str(settings.get("name") or host))
        for pool in settings.get("pool") or ():
            check_name(str(pool), "pool name")
        _check_numbers(settings)
        broker, files = self._broker(device, settings)
        secrets = {f"--{option}": (_SECRETS[option], _read(path)) for option, path in files.items()}
        found = self._model(str(settings.get("model") or "home"), str(settings.get("kv") or "f16"))
        self._digests[host] = _digest(secrets, *found, self._own())
        model, appetite, check = found
        appetite = _with_wishes(appetite, settings)
        agent = tuple(_agent_options(settings))

        def prepare(facts: Facts, tell: Tell) -> Wanted:
            wheels, pip = self._wheels(facts, tell)
            return Wanted(
                device=device,
                broker=broker,
                model=model,
                wheels=wheels,
                pip=pip,
                check=check,
                appetite=appetite,
                agent=agent,
                serial=tuple(settings.get("serial") or ()),
                secrets=secrets,
                deadline_s=settings.get("deadline"),
                keep=int(settings.get("keep") or 2),
                force=bool(settings.get("force")),
            )

        return prepare

    def digest(self, host: str) -> str:
        """A hash of the files of a host's order, our program among them: a run goes on only if they are the same."""
        return self._digests[host]

    def _own(self) -> list[str]:
        """What tells our program from another state of it: a given wheel's hash, or its version and sources."""
        from provisioning.wheels import program_identity

        return program_identity(self._wheel)

    def _broker(self, device: str, settings: Mapping[str, Any]) -> tuple[str, dict[str, Path]]:
        """The broker's URL, and the files with which to be let in."""
        from edge.messaging.broker import broker_from_url

        url = settings.get("broker")
        if not url:
            raise DeployError("which broker shall the board connect to? give --broker mqtt://HOST, or a fleet's folder")
        if Path(url).is_dir():
            return self._member(device, Path(url))
        files = {
            option: Path(str(settings[option]).replace("{name}", device)) for option in _SECRETS if settings.get(option)
        }
        # As the agent will read it: a mistake shows here and not on the board.
        broker_from_url(url, **{option.replace("-", "_"): path for option, path in files.items()})
        return str(url), files

    def _member(self, device: str, folder: Path) -> tuple[str, dict[str, Path]]:
        """The broker of a folder that ``edge broker init`` made: let the device in if it is not, take its files."""
        from edge.brokers.folder import add, load
        from edge.brokers.rules import Member

        fleet = load(folder)
        known = {member.name: member for member in fleet.members}
        if device not in known:
            if self._plan_only:
                raise DeployError(
                    f"{device} is no member of {folder} yet; a deploy adds it, and so does: "
                    f"edge broker add {folder} --device {device}"
                )
            add(folder, fleet, [Member(device, "device")])
        member = known.get(device) or Member(device, "device")
        place = folder / "members" / device
        have = {"password-file": "password"} if member.password else {"cert": "cert.pem", "key": "key.pem"}
        return fleet.url(member), {option: place / name for option, name in {"ca": "ca.pem", **have}.items()}

    def _model(self, name: str, kv: str) -> tuple[Model, Appetite, dict[str, Any]]:
        if (name, kv) not in self._models:
            self._models[name, kv] = _look_up(name, kv)
        return self._models[name, kv]

    def _wheels(self, facts: Facts, tell: Tell) -> tuple[tuple[Blob, ...], Blob]:
        from provisioning.wheels import board_wheels, pip_wheel

        if facts.python is None or facts.python.version is None:
            raise DeployError("the board has no Python that runs")
        tell("prepare", f"packages for {facts.machine}, Python {'.'.join(map(str, facts.python.version))}", 0, 0)
        found = board_wheels(
            facts.machine,
            facts.python.version,
            facts.glibc,
            own=self._wheel,
            progress=lambda what, done, total: tell("prepare", f"{what} ({min(done + 1, total)} of {total})", 0, 0),
        )
        return tuple(found), pip_wheel()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DeployError(f"{path}: {error.strerror}; check the path and its rights") from error


def _digest(
    secrets: Mapping[str, tuple[str, bytes]], model: Model, _: Appetite, check: dict[str, Any], own: list[str]
) -> str:
    made = hashlib.sha256()
    for option, (_name, secret) in sorted(secrets.items()):
        made.update(option.encode() + hashlib.sha256(secret).digest())
    made.update(json.dumps([[file.sha256 for file in model.files], check, own], sort_keys=True).encode())
    return made.hexdigest()


def _check_numbers(settings: Mapping[str, Any]) -> None:
    for option in ("queue", "together", "max-tokens", "max-bytes", "rate", "health", "threads", "context"):
        value = settings.get(option)
        if value is not None and value != "auto" and not value >= 1:
            raise DeployError(f"--{option} must be at least 1, not {value}")
        if option == "threads" and value not in (None, "auto") and value > _MOST_THREADS:
            raise DeployError(f"--threads must be auto or a number up to {_MOST_THREADS}, not {value}")


def _look_up(name: str, kv: str) -> tuple[Model, Appetite, dict[str, Any]]:
    from cython_kernels.weightfile import WeightFile
    from devices.sizing import Appetite
    from edge.checkpoints.library import resolve
    from edge.inference.model import DEFAULT_CONTEXT
    from edge.inference.selfcheck import expected
    from edge.inference.sizes import kv_bytes
    from provisioning.manifest import Blob, Model

    folder = resolve(name)
    if not (folder / _WEIGHTS).exists():
        raise EdgeError(f"{folder} is not packed yet; a board runs packed models. Type: edge convert {folder} NAME")
    with WeightFile(folder / _WEIGHTS) as weights:
        appetite = Appetite(weights.nbytes, kv_bytes(weights.spec, 1, kv), min(weights.spec.context, DEFAULT_CONTEXT))
    # The built-in model travels inside our wheel.
    files = () if name == "home" else tuple(Blob.of(path) for path in _files(folder))
    return Model(name if not files else folder.name, files), appetite, expected(folder, kv=kv)


def _files(folder: Path) -> list[Path]:
    """What belongs to a model: not what file managers and editors leave in any folder."""
    return [path for path in sorted(folder.iterdir()) if path.is_file() and _PLAIN.fullmatch(path.name)]


def _with_wishes(appetite: Appetite, settings: Mapping[str, Any]) -> Appetite:
    from dataclasses import replace

    return replace(appetite, context=settings.get("context"), together=settings.get("together"))


def _agent_options(settings: Mapping[str, Any]) -> list[str]:
    options = []
    for pool in settings.get("pool") or ():
        options += ["--pool", str(pool)]
    for prefix in settings.get("reply-prefix") or ():
        options += ["--reply-prefix", str(prefix)]
    for name in _PASSED:
        if settings.get(name) is not None:
            options += [
                f"--{name}",
                f"{settings[name]:g}" if isinstance(settings[name], float) else str(settings[name]),
            ]
    if settings.get("home-assistant") is not None:
        options.append("--home-assistant" if settings["home-assistant"] else "--no-home-assistant")
    if settings.get("log-prompts"):
        options.append("--log-prompts")
    return options
