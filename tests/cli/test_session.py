from __future__ import annotations

from pathlib import Path

import pytest

from taskonomy_cli.session import Session
from taskonomy_core.errors import RosterError
from taskonomy_core.registry.editing import create_roster
from taskonomy_core.registry.roster import RosterTask


def test_finds_the_nearest_registry_upwards(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    create_roster(here / "registry.toml", preset="small", seed=1, tasks=[])
    deep = here / "a" / "b"
    deep.mkdir(parents=True)
    monkeypatch.chdir(deep)
    session = Session()
    assert session.path == here / "registry.toml"
    assert session.store == here / ".taskonomy"
    assert session.new_path == deep / "registry.toml"
    assert session.roster.preset == "small"


def test_none_anywhere(here: Path) -> None:
    session = Session()
    if session.found is not None:
        pytest.skip(f"there is a registry.toml above the tests' folder: {session.found}")
    with pytest.raises(RosterError) as caught:
        _ = session.path
    assert str(caught.value) == f"There is no registry.toml in {here} or any folder above it.\nType: tk init"


def test_the_option_comes_first(here: Path) -> None:
    create_roster(here / "registry.toml", preset="small", seed=1, tasks=[])
    given = here / "other" / "mine.toml"
    given.parent.mkdir()
    create_roster(given, preset="nano", seed=2, tasks=[])
    session = Session(Path("other/mine.toml"))
    assert session.roster.seed == 2
    assert session.store == here / "other" / ".taskonomy"
    assert session.new_path == Path("other/mine.toml")


def test_the_recipe_is_the_presets_with_the_rosters_own(here: Path) -> None:
    path = here / "registry.toml"
    create_roster(path, preset="nano", seed=1, tasks=[])
    path.write_text('order = 3\nencoder = "resnet50"\n' + path.read_text() + "\n[recipe]\ntrain_images = 20\n")
    recipe = Session().recipe
    assert (recipe.order, recipe.encoder, recipe.train_images, recipe.preset) == (3, "resnet50", 20, "nano")


def test_a_wrong_recipe_names_its_key(here: Path) -> None:
    path = here / "registry.toml"
    create_roster(path, preset="nano", seed=1, tasks=[])
    path.write_text(path.read_text() + "\n[recipe]\ntrain_image = 20\n")
    with pytest.raises(RosterError, match=r"unknown key recipe\.train_image\. Did you mean train_images\?"):
        _ = Session().recipe


def test_resolving_tells_of_changed_versions(here: Path, brightness: str, capsys: pytest.CaptureFixture[str]) -> None:
    create_roster(here / "registry.toml", preset="nano", seed=1, tasks=[RosterTask("brightness", brightness, 7)])
    session = Session()
    assert session.resolved.tasks["brightness"].version == 1
    assert session.resolved.stale == {"brightness": (7, 1)}
    assert capsys.readouterr().err == (
        "brightness is now version 1, but was registered as version 7. Type: tk register brightness\n"
    )
