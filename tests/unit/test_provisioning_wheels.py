"""What a board installs: chosen for its Python and C library, downloaded once, checked on every use."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import threading
import time
import zipfile
from importlib.metadata import version
from pathlib import Path

import pytest

from provisioning import cache, wheel, wheels
from provisioning.cache import Cache
from provisioning.wheel import WheelError
from provisioning.wheels import board_wheels, fetch, locked, own_wheel, pip_wheel

PI = ("aarch64", (3, 11, 2), (2, 36))
NOWHERE = "http://127.0.0.1:1/simple"
OURS = f"bitnet_edge-{version('bitnet-edge')}-cp310-abi3-manylinux_2_17_aarch64.whl"


def make_wheel(folder: Path, name: str, text: str = "") -> Path:
    """A wheel that holds nothing, as far as an index or a board's pip can tell."""
    folder.mkdir(exist_ok=True)
    project, release = name.split("-")[:2]
    info = f"{project}-{release}.dist-info"
    with zipfile.ZipFile(folder / name, "w") as archive:
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {project}\nVersion: {release}\n{text}")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\n")
        archive.writestr(f"{info}/RECORD", "")
    return folder / name


def pinned(path: Path) -> str:
    project, release = path.name.split("-")[:2]
    return f"{project}=={release} --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


@pytest.fixture(autouse=True)
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of one's own, and an index: the folder's wheels and nothing else."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_CACHE_DIR", str(tmp_path / "pip"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    monkeypatch.setenv("EDGE_HOME", str(tmp_path / "home"))
    (tmp_path / "index").mkdir()
    return tmp_path / "index"


@pytest.fixture
def lines(index: Path) -> list[str]:
    """Two locked packages, one of them with wheels for several kinds of boards."""
    pure = make_wheel(index, "pure-1.0-py3-none-any.whl")
    fitting = make_wheel(index, "fast-2.0-cp311-cp311-manylinux_2_28_aarch64.whl")
    for other in ("cp311-cp311-manylinux_2_39_aarch64", "cp311-cp311-manylinux_2_28_x86_64", "cp313-cp313-any"):
        make_wheel(index, f"fast-2.0-{other}.whl", other)
    return [pinned(fitting), pinned(pure)]


def unplug(monkeypatch: pytest.MonkeyPatch, index: Path) -> None:
    shutil.rmtree(index)
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", NOWHERE)


def test_a_board_gets_the_wheels_of_its_kind_and_a_second_call_needs_no_network(
    lines: list[str], index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[str, int, int]] = []
    first = fetch(lines, *PI, progress=lambda *step: seen.append(step))
    assert [blob.name for blob in first] == [
        "fast-2.0-cp311-cp311-manylinux_2_28_aarch64.whl",
        "pure-1.0-py3-none-any.whl",
    ]
    assert all(blob.path and hashlib.sha256(blob.path.read_bytes()).hexdigest() == blob.sha256 for blob in first)
    assert seen[0][1:] == (0, 2)
    assert seen[-1][1:] == (2, 2)
    unplug(monkeypatch, index)
    assert fetch(lines, *PI) == first


def test_without_a_network_the_first_time_it_says_so(
    lines: list[str], index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unplug(monkeypatch, index)
    with pytest.raises(WheelError, match=r"index cannot be reached.*connect this computer"):
        fetch(lines, *PI)


@pytest.mark.slow
def test_a_damaged_file_in_the_cache_is_fetched_anew(
    lines: list[str], index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fetch(lines, *PI)
    assert first[0].path is not None
    first[0].path.write_bytes(b"half")
    again = fetch(lines, *PI)
    assert again == first
    assert again[0].path is not None
    assert again[0].path.stat().st_size == first[0].size
    again[0].path.write_bytes(b"half")
    unplug(monkeypatch, index)
    with pytest.raises(WheelError, match="cannot be reached"):
        fetch(lines, *PI)


@pytest.mark.slow
def test_no_wheel_for_that_python_is_named(lines: list[str]) -> None:
    with pytest.raises(WheelError, match=r"no wheel of fast==2\.0 for Python 3\.12 and glibc 2\.36 on aarch64"):
        fetch(lines, "aarch64", (3, 12), (2, 36))
    with pytest.raises(WheelError, match=r"no wheel of fast==2\.0 for Python 3\.11 and glibc 2\.27 on aarch64"):
        fetch(lines, "aarch64", (3, 11), (2, 27))


@pytest.mark.slow
def test_other_bytes_than_the_locked_ones_are_refused(lines: list[str], index: Path) -> None:
    make_wheel(index, "pure-1.0-py3-none-any.whl", "changed")
    with pytest.raises(WheelError, match=r"not the one that was locked|no wheel of pure"):
        fetch(lines, *PI)


def test_an_operator_without_pip_is_told_what_to_type(lines: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    with pytest.raises(WheelError, match=r"pip install 'bitnet-edge\[deploy\]'"):
        fetch(lines, *PI)


@pytest.mark.parametrize(
    ("board", "said"),
    [
        (("armv7l", (3, 11), (2, 36)), "a board needs a 64-bit system"),
        (("aarch64", (3, 9, 2), (2, 31)), r"Python 3\.9\.2 is too old, 3\.10 or newer"),
        (("aarch64", (3, 12), None), "not glibc"),
    ],
)
def test_a_board_that_no_wheel_can_serve(board: tuple[str, tuple[int, ...], tuple[int, int] | None], said: str) -> None:
    with pytest.raises(WheelError, match=said):
        board_wheels(*board)


def test_markers_are_the_boards(tmp_path: Path) -> None:
    lock = tmp_path / "lock.txt"
    lock.write_text(
        "# comment\n"
        "a==1 ; python_full_version < '3.11' \\\n    --hash=sha256:aa \\\n    --hash=sha256:ab\n"
        "a==2 ; python_full_version >= '3.11' \\\n    --hash=sha256:ac\n"
        "b==1 ; sys_platform == 'win32' \\\n    --hash=sha256:ba\n"
        "c==1 ; platform_machine == 'x86_64' \\\n    --hash=sha256:ca\n"
    )
    assert locked(lock, "aarch64", (3, 10)) == ["a==1 --hash=sha256:aa --hash=sha256:ab"]
    assert locked(lock, "x86_64", (3, 11, 0)) == ["a==2 --hash=sha256:ac", "c==1 --hash=sha256:ca"]
    assert locked(lock, "x86_64", (3, 11), ["c"]) == ["c==1 --hash=sha256:ca"]


def test_pip_itself_is_locked(index: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = make_wheel(index, "pip-99.0-py3-none-any.whl")
    lock = tmp_path / "pip.txt"
    lock.write_text(pinned(made))
    monkeypatch.setattr(wheels, "lock_file", lambda _name: lock)
    assert pip_wheel().sha256 == hashlib.sha256(made.read_bytes()).hexdigest()


def test_the_locks_are_found_in_the_wheel_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert wheels.lock_file("run").parent.parent == Path(wheels.__file__).parent.parent
    installed = tmp_path / "provisioning"
    (installed / "requirements").mkdir(parents=True)
    (installed / "requirements" / "run.txt").touch()
    monkeypatch.setattr(wheels, "__file__", str(installed / "wheels.py"))
    assert wheels.lock_file("run").parent == installed / "requirements"


# --- our own wheel ---


def test_a_given_wheel_must_fit_the_board(tmp_path: Path) -> None:
    ours = make_wheel(tmp_path, OURS)
    assert own_wheel(*PI, own=ours).path == ours
    with pytest.raises(WheelError, match=r"does not run on a board with x86_64.*edge wheel --target x86_64"):
        own_wheel("x86_64", (3, 11), (2, 36), own=ours)
    with pytest.raises(WheelError, match="does not run on"):
        own_wheel("aarch64", (3, 9), (2, 36), own=ours)
    with pytest.raises(WheelError, match="not of bitnet-edge"):
        own_wheel(*PI, own=make_wheel(tmp_path, "other-1.0-py3-none-any.whl"))
    with pytest.raises(WheelError, match="no wheel's name"):
        own_wheel(*PI, own=make_wheel(tmp_path, "ours-1.zip"))
    with pytest.raises(WheelError, match="cannot be read"):
        own_wheel(*PI, own=tmp_path / "absent.whl")


def test_it_is_built_again_only_when_a_source_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    built = []

    def build(_target: str, out: Path, _source: Path | None = None) -> Path:
        built.append(out)
        return make_wheel(out, OURS, str(len(built)))

    root = tmp_path / "checkout"
    (root / "edge").mkdir(parents=True)
    (root / "meson.build").touch()
    (root / "edge" / "one.py").write_text("1")
    monkeypatch.setattr(wheels, "_ROOT", root)
    monkeypatch.setattr(wheel, "build", build)
    first = own_wheel(*PI)
    (root / "edge" / "__pycache__").mkdir()
    (root / "edge" / "__pycache__" / "one.pyc").touch()
    assert own_wheel(*PI) == first
    (root / "edge" / "one.py").write_text("2")
    assert own_wheel(*PI) != first
    (root / "edge" / "one.py").write_text("1")
    assert own_wheel(*PI) == first
    assert len(built) == 2


def test_sources_that_change_meanwhile_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def build(_target: str, out: Path, _source: Path | None = None) -> Path:
        (root / "pyproject.toml").write_text(str(time.monotonic_ns()))
        return make_wheel(out, OURS)

    root = tmp_path / "checkout"
    root.mkdir()
    (root / "meson.build").touch()
    monkeypatch.setattr(wheels, "_ROOT", root)
    monkeypatch.setattr(wheel, "build", build)
    with pytest.raises(WheelError, match="change while they are built"):
        own_wheel(*PI)


@pytest.mark.slow
def test_without_a_checkout_this_version_comes_from_the_index(
    tmp_path: Path, index: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wheels, "_ROOT", tmp_path)
    with pytest.raises(WheelError, match=r"no wheel of bitnet-edge==.* --wheel FILE"):
        own_wheel(*PI)
    make_wheel(index, OURS)
    found = own_wheel(*PI)
    assert found.name == OURS
    unplug(monkeypatch, index)
    assert own_wheel(*PI) == found


# --- the cache ---


def test_many_at_once_make_a_set_once(tmp_path: Path) -> None:
    made: list[Path] = []

    def make(folder: Path) -> list[Path]:
        made.append(folder)
        (folder / "a").write_text("contents")
        return [folder / "a"]

    found: list[object] = []
    threads = [threading.Thread(target=lambda: found.append(Cache(tmp_path / "c").get("k", make))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    assert len(found) == 8
    assert all(one == found[0] for one in found)
    assert not list((tmp_path / "c").glob(".new-*"))


def test_a_set_that_could_not_be_made_leaves_nothing(tmp_path: Path) -> None:
    def fail(folder: Path) -> list[Path]:
        (folder / "half").touch()
        raise WheelError("no")

    with pytest.raises(WheelError):
        Cache(tmp_path / "c").get("k", fail)
    assert [path.name for path in (tmp_path / "c").iterdir()] == [".lock"]


@pytest.mark.parametrize("damage", ["", "{", "[1]", "[{}]", "7", "[" * 100_000])
def test_a_damaged_list_is_made_again(tmp_path: Path, damage: str) -> None:
    """As a power cut leaves it; nobody asks for the other set any more."""

    def make(folder: Path) -> list[Path]:
        (folder / "a").write_text("contents")
        return [folder / "a"]

    kept = Cache(tmp_path / "c")
    whole = kept.get("k", make)
    for name in ("k", "other"):
        (tmp_path / "c/sets" / f"{name}.json").write_text(damage)
    assert kept.get("k", make) == whole
    assert [path.stem for path in (tmp_path / "c/sets").iterdir()] == ["k"]


def test_a_cache_that_takes_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("EDGE_HOME", str(tmp_path / "file"))
    with pytest.raises(WheelError, match=r"file/wheels: Not a directory; see that .* has room .* EDGE_HOME"):
        own_wheel(*PI)
    monkeypatch.setenv("EDGE_HOME", str(tmp_path / "full"))

    def full(*_: object) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(wheel, "build", full)
    with pytest.raises(WheelError, match=r"full/wheels: No space left on device; see"):
        own_wheel(*PI)


def test_old_sets_go_and_shared_files_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache, "_KEPT", 1)
    kept = Cache(tmp_path / "c")

    def of(*texts: str) -> object:
        def make(folder: Path) -> list[Path]:
            for text in texts:
                (folder / text).write_text(text)
            return [folder / text for text in texts]

        return make

    def age(path: Path) -> None:
        long_ago = time.time() - 3 * 86400
        os.utime(path, (long_ago, long_ago))

    kept.get("old", of("a", "shared"))  # type: ignore[arg-type]
    for path in (tmp_path / "c").rglob("*"):
        age(path)
    kept.get("new", of("b", "shared"))  # type: ignore[arg-type]
    assert [path.stem for path in (tmp_path / "c" / "sets").iterdir()] == ["new"]
    assert sorted(path.name for path in (tmp_path / "c" / "files").rglob("*") if path.is_file()) == ["b", "shared"]
