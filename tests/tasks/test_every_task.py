"""What holds for each of the built-in tasks, on synthetic views."""

from __future__ import annotations

import importlib
import math
from importlib.metadata import entry_points

import pytest
import torch

from taskonomy_core.contract import Draws, Views
from taskonomy_core.contract.checks import CheckBench, check_task


@pytest.fixture
def example(task, make_views, draws):
    return task.example(make_views(views=task.views), draws)


@pytest.fixture
def prediction(task, example, size):
    torch.manual_seed(0)
    return 0.3 * torch.randn(len(example), *task.output.shape(size.image))


def test_its_module_is_named_after_it_and_brings_it_alone(task):
    module = importlib.import_module(f"taskonomy_tasks.{task.name}")
    assert module.taskonomy_tasks() == [task]
    (point,) = [point for point in entry_points(group="taskonomy") if point.name == task.name]
    assert point.value == module.__name__


def test_it_keeps_the_contract(task, make_views, size):
    bench = CheckBench(lambda task, batch: make_views(count=batch, views=task.views), size)
    results = check_task(task, bench)
    assert [f"{result.name}: {result.message}" for result in results if not result.passed] == []
    idle = {result.name for result in results if result.skipped}
    fitted = {"loss_is_best_at_the_ideal", "learning_lowers_the_loss"}
    assert idle <= ({*fitted} if not task.trainable else set())


def test_its_inputs_are_pictures_on_the_signed_scale(task, example, make_views):
    assert example.inputs.dtype == torch.float32
    assert example.inputs.shape[:1] == (3,)
    assert example.inputs.shape[2] == 3
    assert example.inputs.aminmax().min >= -1.0
    assert example.inputs.aminmax().max <= 1.0
    plain = make_views(views=task.views).images()
    assert torch.equal(example.inputs, plain) == (not task.alters_inputs)
    seen = task.sees(example.inputs.flatten(0, 1))
    assert seen.shape[1] == task.channels


def test_it_reads_only_what_it_says(task, make_views, draws):
    views = make_views(views=task.views)
    task.example(Views({name: views[name] for name in task.modalities}), draws)


def test_an_example_is_the_same_alone_as_in_a_batch(task, example, make_views, draws):
    views = make_views(views=task.views)
    second = Views({name: tensor[1:2] for name, tensor in views.modalities.items()})
    alone = task.example(second, Draws.of(0, [12]))
    torch.testing.assert_close(alone.inputs, example.inputs[1:2])
    torch.testing.assert_close(alone.target, example.target[1:2])
    assert torch.equal(alone.scored, example.scored[1:2])


def test_its_decoder_gives_what_it_promises(task, example, size):
    views = example.inputs.shape[1]
    features = size.features(views)
    module = task.decoder(features, task.output, size)
    out = module(torch.randn(3, features.channels, features.height, features.width))
    assert out.shape == (3, *task.output.shape(size.image))


def test_its_loss_is_one_number_per_image_and_nan_without_a_label(task, example, prediction):
    prediction.requires_grad_()
    values = task.loss(prediction, example.target, example.scored)
    assert values.shape == (3,)
    assert values.dtype == torch.float32
    assert (~values.isnan()).tolist() == example.labelled.tolist()
    assert (values[example.labelled] > 0).all()
    values[example.labelled].mean().backward()
    assert prediction.grad.isfinite().all()
    assert (prediction.grad[~example.labelled] == 0).all()
    assert (prediction.grad[example.labelled].flatten(1).abs().sum(1) > 0).all()


def test_its_loss_is_nan_where_all_is_masked(task, example, prediction):
    nothing = torch.zeros_like(example.scored)
    prediction.requires_grad_()
    values = task.loss(prediction, example.target, nothing)
    assert values.isnan().all()
    values.nan_to_num(0.0).sum().backward()
    assert (prediction.grad == 0).all()


def test_its_loss_is_the_same_alone_and_under_autocast(task, example, prediction):
    values = task.loss(prediction, example.target, example.scored)
    alone = task.loss(prediction[1:2], example.target[1:2], example.scored[1:2])
    torch.testing.assert_close(alone, values[1:2])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        torch.testing.assert_close(task.loss(prediction, example.target, example.scored), values, equal_nan=True)


def test_a_few_steps_on_the_prediction_itself_lower_the_loss(task, example, prediction):
    prediction = (0.2 * prediction).requires_grad_()  # about where a fresh decoder starts
    steps = torch.optim.Adam([prediction], lr=0.05)
    before = task.loss(prediction, example.target, example.scored)[0].item()
    for _ in range(30):
        steps.zero_grad()
        task.loss(prediction, example.target, example.scored)[0].backward()
        steps.step()
    assert task.loss(prediction, example.target, example.scored)[0].item() < 0.9 * before


def test_training_after_a_first_look_in_inference_mode(task, make_views, draws, prediction):
    """What modules cache must not be inference tensors: an evaluation may come first."""
    with torch.inference_mode():
        example = task.example(make_views(views=task.views), draws)
        task.loss(prediction, example.target, example.scored)
    example = task.example(make_views(views=task.views), draws)
    task.loss(prediction.requires_grad_(), example.target, example.scored)[0].backward()


def test_its_metrics_accumulate(task, example, prediction):
    assert task.metrics
    names = [make().name for make in task.metrics]
    assert len(set(names)) == len(names)
    for make in task.metrics:
        whole, parts, empty = make(), make(), make()
        whole.update(prediction, example.target, example.scored)
        for i in range(3):
            parts.update(prediction[i : i + 1], example.target[i : i + 1], example.scored[i : i + 1])
        assert math.isfinite(whole.compute()), whole.name
        assert parts.compute() == pytest.approx(whole.compute(), rel=1e-4, abs=1e-4), whole.name
        assert math.isnan(empty.compute())


def test_its_pictures_are_pictures_and_of_one_size(task, example, prediction):
    of_prediction = task.picture(prediction, example.inputs)
    of_target = task.picture(example.target, example.inputs)
    assert of_prediction.shape == of_target.shape
    assert of_prediction.shape[:2] == (3, 3)
    for drawn in (of_prediction, of_target):
        assert drawn.aminmax().min >= 0.0
        assert drawn.aminmax().max <= 1.0
    assert not torch.equal(of_prediction[0], of_target[0])
