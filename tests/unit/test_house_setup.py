"""Set-up does nothing twice, says what is missing, and its locks fit every Python."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from provisioning.wheels import locked
from tools import bootstrap, debs

ROOT = Path(bootstrap.__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
PYTHONS = [(3, minor) for minor in range(10, 15)]


def set_up(**env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tools.bootstrap", "run"]
    return subprocess.run(command, cwd=ROOT, env=dict(os.environ, **env), capture_output=True, text=True, check=False)


def test_a_second_run_needs_no_network_and_says_nothing() -> None:
    nowhere = "http://127.0.0.1:1/"
    done = set_up(PIP_INDEX_URL=nowhere, PIP_EXTRA_INDEX_URL="", http_proxy=nowhere, https_proxy=nowhere)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_missing_compiler_is_named_with_its_remedy(tmp_path: Path) -> None:
    done = set_up(PATH=str(tmp_path), CC="")
    assert done.returncode == 1
    assert done.stderr == "setup: a C compiler is needed.\nType: sudo apt-get install gcc libc6-dev\n"


def test_an_old_python_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(bootstrap.SetupError, match=r"Python 3\.10 or newer is needed(.|\n)*Type: make PYTHON="):
        bootstrap.main("run")


def test_packages_cannot_be_had_without_apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(debs.DebsError, match="no Debian, Ubuntu or Raspberry Pi OS"):
        debs.unpack(["hello"], tmp_path)


def wishes(name: str) -> dict[str, Requirement]:
    lines = (LOCKS / f"{name}.in").read_text(encoding="utf-8").splitlines()
    found = [Requirement(line) for line in lines if line and line[0] not in "#-"]
    return {wish.name.replace("_", "-"): wish for wish in found}


@pytest.mark.parametrize("version", PYTHONS)
def test_the_locks_hold_every_wish_for_every_python(version: tuple[int, int]) -> None:
    full = {"python_version": ".".join(map(str, version)), "python_full_version": ".".join(map(str, (*version, 0)))}
    for name in ("run", "build", "hub", "wheel", "deploy", "pip", "dev"):
        lines = locked(LOCKS / f"{'dev' if name == 'wheel' else name}.txt", "aarch64", version)
        pins = {pin.name: pin for pin in (Requirement(line.split(" --hash")[0]) for line in lines)}
        for wish in wishes(name).values():
            if wish.marker is None or wish.marker.evaluate(dict(full)):
                pin = pins[wish.name.replace("_", "-")]
                assert wish.specifier.contains(str(pin.specifier).removeprefix("=="))


def test_what_the_project_declares_is_locked() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    declared = text.split("\ndependencies = [")[1].split("]")[0]
    names = {Requirement(line.strip(' ",')).name for line in declared.splitlines() if line.strip()}
    assert names <= set(wishes("run"))
