"""Make this checkout ready: `python3 -m tools.bootstrap run|test|oracle`, as the Makefile does before everything else.

    run     .venv with what the engine needs, the C extension compiled, the command `edge`
    test    the same, and what the tests, the checks and the cross-build need
    oracle  .venv-oracle, a second environment that holds PyTorch and transformers (gigabytes) beside the engine

Only a bare Python, a C compiler and a network the first time are needed: where Debian's python3-venv or python3-dev
is missing, their packages are unpacked into the environment. What is already done is not done again, and a run with
nothing to do needs no network. Standard library only.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

from tools import debs

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ROOT / "requirements"
#: Locked sets by level. They are complete and hashed, so pip resolves nothing (--no-deps).
LOCKED = {
    "run": ("run", "build"),
    "embedded": ("embedded",),
    "test": ("dev", "hub", "broker", "deploy"),
    "oracle": ("run", "build", "dev"),
}
#: Sets that pip resolves: what PyTorch needs differs with the build of it that the machine's index offers.
RESOLVED = {"oracle": ("oracle",)}


class SetupError(Exception):
    """Set-up cannot go on; the message ends in what to type."""


def say(text: str) -> None:
    print(f"setup: {text}", flush=True)


def digest(*parts: str | Path) -> str:
    """Return a hash over the texts and the contents of the files named."""
    total = hashlib.sha256()
    for part in parts:
        data = part.read_bytes() if isinstance(part, Path) else part.encode()
        total.update(len(data).to_bytes(8, "little") + data)
    return total.hexdigest()


class Environment:
    """A virtual environment in this checkout, and the stamps that say what was done in it."""

    def __init__(self, name: str) -> None:
        self.path = ROOT / name
        self.python = self.path / "bin" / "python"
        self.headers = self.path / "python-dev"

    def done(self, step: str, key: str) -> bool:
        stamp = self.path / f".{step}"
        return stamp.exists() and stamp.read_text(encoding="utf-8") == key

    def stamp(self, step: str, key: str) -> None:
        (self.path / f".{step}").write_text(key, encoding="utf-8")

    def variables(self) -> dict[str, str]:
        """Return the environment in which the build runs: our tools first, and Python's headers wherever they are."""
        env = dict(os.environ)
        env["PATH"] = f"{self.path / 'bin'}{os.pathsep}{env.get('PATH', '')}"
        found = [*self.headers.glob("usr/include/python3*"), *self.headers.glob("usr/include")]
        if found:
            env["C_INCLUDE_PATH"] = os.pathsep.join([*map(str, found), env.get("C_INCLUDE_PATH", "")]).rstrip(":")
        return env

    def run(self, *command: str) -> None:
        subprocess.run(command, cwd=ROOT, env=self.variables(), check=True)


def create(venv: Environment) -> None:
    """Make the environment with this Python, and pip in it."""
    key = digest(str(ROOT), sys.version, sys.base_prefix)
    if venv.done("created", key):
        return
    # Not sys.executable: somebody who has activated the environment runs us from inside it.
    python = str(getattr(sys, "_base_executable", sys.executable))
    say(f"{venv.path.name} with Python {sys.version.split()[0]} ({python})")
    shutil.rmtree(venv.path, ignore_errors=True)
    subprocess.run([python, "-m", "venv", "--without-pip", str(venv.path)], check=True)
    ensured = subprocess.run(
        [str(venv.python), "-m", "ensurepip"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    )
    if ensured.returncode != 0:  # Debian keeps ensurepip in python3-venv, but pip's wheel is a package of its own
        say("this Python came without pip: taking pip from Debian's python3-pip-whl")
        place = venv.path / "python-pip"
        try:
            debs.unpack(["python3-pip-whl"], place)
        except debs.DebsError as error:
            raise SetupError(f"no pip: {error}\nType: sudo apt-get install python3-venv") from error
        wheel = next(place.rglob("pip-*.whl"))
        venv.run(str(venv.python), f"{wheel}/pip", "install", "-q", "--no-index", "--no-deps", str(wheel))
    venv.stamp("created", key)


def have_headers(venv: Environment) -> None:
    """See that Python.h is there for this Python, or unpack it into the environment."""
    if Path(sysconfig.get_path("include"), "Python.h").exists() or venv.headers.exists():
        return
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    say(f"Python.h is not there: unpacking libpython{version}-dev into {venv.path.name}")
    try:
        debs.unpack([f"libpython{version}-dev"], venv.headers)
    except debs.DebsError as error:
        shutil.rmtree(venv.headers, ignore_errors=True)
        raise SetupError(f"no Python.h: {error}\nType: sudo apt-get install python3-dev") from error


def install(venv: Environment, level: str) -> None:
    """Install the locked packages of a level."""
    pip = [str(venv.python), "-m", "pip", "install", "--no-input", "--disable-pip-version-check"]
    pip += [] if sys.stdout.isatty() else ["-q"]
    locks = [LOCKS / f"{name}.txt" for name in LOCKED[level]]
    key = digest(*locks)
    if not venv.done(f"locked-{level}", key):
        say(f"installing {', '.join(f'requirements/{lock.name}' for lock in locks)}")
        venv.run(*pip, "--no-deps", "--require-hashes", *[arg for lock in locks for arg in ("-r", str(lock))])
        venv.stamp(f"locked-{level}", key)
    for name in RESOLVED.get(level, ()):
        wanted = LOCKS / f"{name}.in"
        key = digest(wanted)
        if not venv.done(f"resolved-{name}", key):
            say(f"installing requirements/{wanted.name} (large: PyTorch)")
            venv.run(*pip, "-r", str(wanted))
            venv.stamp(f"resolved-{name}", key)


def build(venv: Environment) -> None:
    """Install the project (editable) the first time, and compile what changed since at any other."""
    definition = [ROOT / name for name in ("pyproject.toml", "meson.build", "tools/build_backend.py")]
    key = digest(*definition, *[LOCKS / f"{name}.txt" for name in LOCKED["run"]], str(ROOT))
    tree = ROOT / "build" / "native"
    if not venv.done("project", key) or not (tree / "build.ninja").exists():
        have_headers(venv)
        say("compiling the kernels and installing the command `edge`")
        shutil.rmtree(tree, ignore_errors=True)
        pip = (str(venv.python), "-m", "pip", "install", "-q", "--disable-pip-version-check")
        venv.run(*pip, "--no-deps", "--no-build-isolation", "--no-index", "-e", str(ROOT))
        venv.stamp("project", key)
        return
    done = subprocess.run(
        [str(venv.path / "bin" / "ninja"), "-C", str(tree)],
        env=venv.variables(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SetupError(f"the C extension does not compile:\n{done.stdout}{done.stderr}")
    if "no work to do" not in done.stdout or not any((ROOT / "cython_kernels").glob("_kernels*.so")):
        venv.run(str(venv.python), "-c", "from tools.build_backend import place_extension; place_extension()")


def borrow(venv: Environment) -> None:
    """Let an environment see this checkout, whose extension the main one has compiled (stable ABI: any Python)."""
    site = next((venv.path / "lib").glob("python3*/site-packages"))
    (site / "bitnet_edge.pth").write_text(f"{ROOT}\n", encoding="utf-8")


def steps(level: str) -> list[str]:
    """Return the locked sets' levels that a level of set-up needs, in order."""
    mosquitto = shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    wanted = ["run"]
    if level == "run" and mosquitto is None:
        wanted.append("embedded")  # `edge demo` needs some broker
    return [*wanted, "test"] if level == "test" else wanted


def main(level: str) -> None:
    if sys.version_info < (3, 10):
        raise SetupError(f"Python 3.10 or newer is needed, {sys.executable} is {sys.version.split()[0]}.\n"
                         "Type: make PYTHON=python3.11 (or any newer one that is installed)")  # fmt: skip
    if not any(shutil.which(name) for name in ((os.environ.get("CC") or "cc").split()[0], "gcc", "clang")):
        raise SetupError("a C compiler is needed.\nType: sudo apt-get install gcc libc6-dev")
    with Path(__file__).open("rb") as lock:  # two makes at once take turns
        fcntl.flock(lock, fcntl.LOCK_EX)
        venv = Environment(".venv")
        create(venv)
        for step in steps(level):
            install(venv, step)
        build(venv)
        if level == "oracle":
            oracle = Environment(".venv-oracle")
            create(oracle)
            install(oracle, "oracle")
            borrow(oracle)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in LOCKED:
        sys.exit(__doc__)
    try:
        main(sys.argv[1])
    except SetupError as error:
        sys.exit(f"setup: {error}")
    except subprocess.CalledProcessError as error:
        sys.exit(f"setup: this failed, its own words are above: {' '.join(map(str, error.cmd))}")
