"""Finding models: by name, by path, and never outside the folder that names belong to."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.checkpoints import library
from edge.checkpoints.library import cache_folder, list_models, model_folder, models_folder, resolve
from edge.errors import ModelNotFound


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_HOME", str(tmp_path / "edge"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")


def put(folder: Path, file: str = "model.safetensors", nbytes: int = 3) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / file).write_bytes(b"x" * nbytes)
    return folder


def test_where_everything_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert cache_folder() == tmp_path / "edge"
    assert models_folder() == tmp_path / "edge" / "models"
    monkeypatch.delenv("EDGE_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", "/x")
    assert cache_folder() == Path("/x/bitnet-edge")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/h")
    assert cache_folder() == Path("/h/.cache/bitnet-edge")


def test_installed_models_are_found_by_name() -> None:
    put(models_folder() / "small")
    put(models_folder() / "microsoft" / "bitnet-b1.58-2B-4T", nbytes=7)
    assert resolve("small") == models_folder() / "small"
    assert resolve("microsoft/bitnet-b1.58-2B-4T") == models_folder() / "microsoft" / "bitnet-b1.58-2B-4T"
    found = [model for model in list_models() if model.name != "home"]
    assert [(model.name, model.nbytes) for model in found] == [("microsoft/bitnet-b1.58-2B-4T", 7), ("small", 3)]
    assert all(resolve(model.name) == model.path for model in found)


def test_unfinished_models_are_not_listed() -> None:
    put(models_folder() / "a.part")
    put(models_folder() / "b", "model.safetensors.part")
    put(models_folder() / "owner" / "c.part")
    put(models_folder() / "owner" / "deep" / "d")
    put(models_folder() / ".hidden")
    assert [model.name for model in list_models() if model.name != "home"] == []


def test_paths(tmp_path: Path) -> None:
    folder = put(tmp_path / "some where")
    assert resolve(folder) == folder
    assert resolve(str(folder)) == folder
    assert resolve(folder / "model.safetensors") == folder
    unpacked = put(tmp_path / "hf", "config.json")
    assert resolve(unpacked) == unpacked
    put(tmp_path / "here" / "local")
    assert resolve("local") == Path("local")
    assert resolve("./local").resolve() == tmp_path / "here" / "local"


def test_a_model_in_this_folder_comes_before_an_installed_one(tmp_path: Path) -> None:
    put(models_folder() / "twice")
    (tmp_path / "here" / "twice").mkdir()
    assert resolve("twice") == models_folder() / "twice"  # an empty folder is no model
    put(tmp_path / "here" / "twice")
    assert resolve("twice") == Path("twice")


def test_home_is_always_the_built_in_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "_built_in", lambda: tmp_path / "package" / "home")
    put(tmp_path / "here" / "home")
    put(models_folder() / "home")
    with pytest.raises(ModelNotFound, match="built-in model 'home' is missing"):
        resolve("home")
    put(tmp_path / "package" / "home")
    assert resolve("home") == tmp_path / "package" / "home"
    assert resolve("./home").resolve() == tmp_path / "here" / "home"
    assert [model.name for model in list_models()] == ["home"]


@pytest.mark.parametrize(
    "name",
    ["..", "../x", "a/../b", "a/b/c", "/etc", "", ".hidden", "a/.b", "a//b", "a\\b", "a\0b", "ü", "a" * 300, "a\n"],
)
def test_names_cannot_lead_elsewhere(name: str) -> None:
    with pytest.raises(ModelNotFound, match="no model name"):
        model_folder(name)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("nothing", "'edge list' shows"),
        ("owner/nothing", "'edge pull owner/nothing' fetches it"),
        ("./nothing", "no such folder"),
        ("/nowhere/at/all", "no such folder"),
        (Path("nothing"), "no such folder"),
        ("../here", "no model in this folder"),
        ("", "is empty"),
        ("x" * 5000, "too long"),
    ],
)
def test_what_is_not_there(given: str | Path, message: str) -> None:
    with pytest.raises(ModelNotFound, match=message) as caught:
        resolve(given)
    assert "\n" not in str(caught.value)


def test_a_file_is_no_model(tmp_path: Path) -> None:
    put(tmp_path / "here", "model.gguf")
    with pytest.raises(ModelNotFound, match="a file, not a model folder"):
        resolve("model.gguf")
