"""`tk predict` of real tasks, trained on a handful of rooms; its wording is behaviour. See also test_finished.py."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from taskonomy_cli.app import tk
from taskonomy_core.learning.show import show_network
from taskonomy_core.ledger.networks import StoredNetworks
from taskonomy_core.ledger.opening import open_registered
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.store import Store


@pytest.fixture(scope="module")
def trained(tmp_path_factory, rooms_cache, tiny_project):
    """A project of real tasks, trained for an instant."""
    registry = tiny_project(tmp_path_factory.mktemp("trained"))
    words = ["--registry", str(registry), "transfer", "--order", "1", "--executor", "inline"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TASKONOMY_CACHE", str(rooms_cache))
        done = CliRunner().invoke(tk, [*words, "--device", "cpu"], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return registry


@pytest.fixture
def predict(run, trained):
    """`predict("--task", "normals", ...)` on the trained project, in the empty folder `here`."""
    return lambda *words: run("--registry", str(trained), "predict", "--device", "cpu", *words)


def photograph(path, size=(48, 32), seed=0):
    path.parent.mkdir(exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return str(path)


def files(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_network_is_applied_and_its_picture_written(predict, here):
    photo = photograph(here / "in" / "photo.jpg")
    done = predict("--task", "normals", photo)
    assert (done.exit_code, done.stdout) == (0, f"{photo} -> photo.normals.png\n")
    assert done.stderr == f"{photo} is 48 x 32: its middle 32 x 32 is used.\n"
    assert files(here) == ["in/photo.jpg", "photo.normals.png"]
    with Image.open(here / "photo.normals.png") as picture:
        # 32 pixels eight times as large: what was seen, a white gap, what is said.
        assert (picture.size, picture.mode) == ((256 + 8 + 256, 256), "RGB")
        pixels = np.asarray(picture)
    with Image.open(photo) as image:
        middle = np.asarray(image)[:, 8:40]
    np.testing.assert_array_equal(pixels[::8, :256:8], middle)
    assert (pixels[:, 256:264] == 255).all()
    said = pixels[:, 264:].astype(float) / 255 * 2 - 1
    np.testing.assert_allclose(np.linalg.norm(said, axis=2), 1, atol=0.02)  # normals, as colours


def test_again_it_says_what_it_replaced(predict, here):
    photo = photograph(here / "photo.png", (32, 32))
    assert predict("--task", "normals", "--raw", photo).stderr == ""
    before = (here / "photo.normals.png").read_bytes()
    again = predict("--task", "normals", "--raw", photo)
    assert again.stderr == "Replaced 2 files of an earlier run.\n"
    assert again.stdout == f"{photo} -> photo.normals.png and photo.normals.npy\n"
    assert (here / "photo.normals.png").read_bytes() == before


@pytest.mark.parametrize("task", ["normals", "egomotion"])
def test_a_test_picture_gets_exactly_the_prediction_of_the_test_split(predict, trained, here, task):
    project = Project.read(trained)
    with Store.open(project.folder) as store:
        trainer = open_registered(project, "cpu", StoredNetworks(store, project.planner(store).keys))
        shown = show_network(trainer, task, [0, 1])
        deck = trainer.deck(task, "test")
        batch = deck.take(torch.arange(2))
        learner = trainer.finished_network(task)
        learner.module.eval()
        with torch.no_grad():
            expected = learner.predict(batch, task, trainer.computing).numpy()
    rgb = (batch.example.inputs.flatten(0, 1).permute(0, 2, 3, 1) / 2 + 0.5).mul(255).round().byte().numpy()
    paths = [str(here / f"{number}.png") for number in range(len(rgb))]
    for path, pixels in zip(paths, rgb, strict=True):
        Image.fromarray(pixels).save(path)
    answer = json.loads(predict("--task", task, "--raw", "--json", "--out", "said", *paths).stdout)
    views = deck.groups.shape[1]
    assert [len(each["images"]) for each in answer["written"]] == [views, views]
    assert (answer["task"], answer["from"]) == (task, [])
    for number, each in enumerate(answer["written"]):
        stem = "+".join(map(str, range(number * views, (number + 1) * views)))
        assert each["picture"] == f"said/{stem}.{task}.png"
        assert each["shape"] == list(expected[number].shape)
        raw = np.load(each["raw"], allow_pickle=False)
        assert raw.dtype == np.float32
        np.testing.assert_array_equal(raw, expected[number])
        with Image.open(each["picture"]) as picture:
            drawn = np.asarray(picture)
        said = shown.prediction[number]
        factor = max(1, round(256 / len(said)))
        np.testing.assert_array_equal(drawn[: factor * len(said) : factor, -factor * said.shape[1] :: factor], said)


def test_a_transfer_is_another_prediction(predict, here):
    photo = photograph(here / "photo.png", (32, 32))
    said = {}
    for sources in (None, "denoising", "random", "egomotion"):  # `random` is the paper's name of random_projection
        words = ["--from", sources] if sources else []
        answer = json.loads(predict("--task", "rgb2sfnorm", *words, "--raw", "--json", photo).stdout)
        assert answer["task"] == "normals"
        assert answer["from"] == {None: [], "random": ["random_projection"]}.get(sources, [sources])
        said[sources] = np.load(answer["written"][0]["raw"]).tobytes()
    assert len(set(said.values())) == 4


def test_noise_is_put_on_pictures_for_denoising(predict, here):
    photo = photograph(here / "photo.png", (32, 32))
    assert predict("--task", "denoising", photo).exit_code == 0
    with Image.open(here / "photo.denoising.png") as picture, Image.open(photo) as image:
        noise = np.asarray(picture)[::8, :256:8] / 255 - np.asarray(image) / 255
    assert 0.05 < noise.std() < 0.1  # 0.1, less what is clipped


def test_nothing_is_written_where_one_picture_is_bad(predict, here):
    good = photograph(here / "photo.png")
    refused = predict("--task", "normals", "--out", "said", good, "gone.png", good)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == ("There is no file gone.png.\nGive the path of a picture, such as a JPEG or PNG file.\n")
    assert files(here) == ["photo.png"]
    assert not (here / "said").exists()


def test_a_number_of_pictures_that_does_not_fit_is_refused(predict, here):
    photo = photograph(here / "photo.png")
    refused = predict("--task", "egomotion", photo, photo)
    assert refused.exit_code == 2
    assert "egomotion takes 3 pictures at a time; 2 cannot be shared out so.\n" in refused.stderr
    assert files(here) == ["photo.png"]


def test_an_untrained_encoder_is_refused(predict, here):
    refused = predict("--task", "random_projection", photograph(here / "photo.png", (32, 32)))
    assert refused.exit_code == 2
    assert refused.stderr.startswith("random_projection predicts nothing: it is an encoder that stays as it was")


def test_pictures_of_one_name_get_numbers(predict, here):
    photos = [photograph(here / folder / "view.png", (32, 32), seed) for seed, folder in enumerate("abc")]
    done = predict("--task", "normals", "--out", "new/said", *photos)
    assert done.exit_code == 0
    assert files(here / "new" / "said") == ["view-2.normals.png", "view-3.normals.png", "view.normals.png"]
    assert done.stdout.splitlines()[2] == f"{photos[2]} -> new/said/view-3.normals.png"


def test_a_name_that_looks_numbered_is_not_taken_twice(predict, here):
    photos = [photograph(here / name, (32, 32)) for name in ("a/x.png", "x-2.png", "x.jpg", "X.bmp")]
    assert predict("--task", "normals", "--out", "said", *photos).exit_code == 0
    assert files(here / "said") == ["X-4.normals.png", "x-2.normals.png", "x-3.normals.png", "x.normals.png"]


def test_an_input_is_never_overwritten(predict, here):
    first = photograph(here / "photo.png", (32, 32))
    trap = photograph(here / "photo.normals.png", (32, 32), seed=1)
    before = (here / "photo.normals.png").read_bytes()
    refused = predict("--task", "normals", first, trap)
    assert refused.exit_code == 2
    assert refused.stderr == (f"photo.normals.png would overwrite {trap}, which is an input.\nType: --out FOLDER\n")
    assert (here / "photo.normals.png").read_bytes() == before
    assert files(here) == ["photo.normals.png", "photo.png"]
    link = here / "other.normals.png"
    link.symlink_to(first)
    other = photograph(here / "in" / "other.png", (32, 32))
    assert "other.normals.png would overwrite" in predict("--task", "normals", first, other).stderr


def test_a_place_that_cannot_be_written_to_is_a_sentence(predict, here):
    photo = photograph(here / "photo.png", (32, 32))
    (here / "photo.normals.png").mkdir()
    refused = predict("--task", "normals", photo)
    assert refused.exit_code == 2
    assert refused.stderr == ("photo.normals.png cannot be written: Is a directory.\nGive another folder with --out.\n")
    (here / "file").touch()
    blocked = predict("--task", "normals", "--out", "file/deep", photo).stderr
    assert blocked.startswith("file/deep cannot be written: Not a directory.")


def test_an_unknown_device_is_a_sentence(run, trained, here):
    photo = photograph(here / "photo.png")
    refused = run("--registry", str(trained), "predict", "--task", "normals", "--device", "tpu", photo)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert "There is no device 'tpu'; taskonomy knows cpu and cuda." in refused.stderr
