"""Good tasks pass every check, and each bad task fails the one check that it is made for and no other."""

from dataclasses import dataclass, field, replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from taskonomy_core.blocks.decoders import DenseDecoder, VectorDecoder
from taskonomy_core.contract import (
    CheckBench,
    Draws,
    Example,
    NetworkSize,
    OutputSpec,
    Task,
    Views,
    check_task,
    parametrize_with_checks,
    task_checks,
)

SIZE = NetworkSize(
    image=8,
    code_channels=8,
    code_side=4,
    encoder_width=8,
    decoder_convs=(8,),
    decoder_ups=((8, 8),),
    head_width=32,
    dropout=0.1,
)


def synthetic(task, batch):
    """Smooth random pictures, a depth and its validity."""
    draws = Draws.of(7, range(batch))
    coarse = draws.uniform(task.views * 3, 4, 4, stream="rgb")
    rgb = F.interpolate(coarse, size=SIZE.image, mode="bilinear").unflatten(1, (task.views, 3))
    depth = 1.0 + rgb.sum(2, keepdim=True)
    valid = draws.uniform(task.views, 1, SIZE.image, SIZE.image, stream="valid") < 0.9
    return Views({"rgb": rgb, "depth": depth, "mask_valid": valid, "unasked": depth})


BENCH = CheckBench(synthetic, SIZE)


# A good task: depth, with a mask.


def depth_example(views, draws):
    return Example(views.images(), views.only("depth").log(), views.only("mask_valid"))


def masked_l1(prediction, target, mask):
    scored = mask.expand_as(prediction)
    error = torch.where(scored, prediction - target, 0.0).abs().flatten(1).sum(1)
    count = scored.flatten(1).sum(1)
    return torch.where(count > 0, error / count.clamp(min=1), torch.nan)


@dataclass
class MeanDistance:
    name: str = "L1"
    unit: str = "m"
    higher_is_better: bool = False
    total: float = field(default=0.0, repr=False)
    count: int = field(default=0, repr=False)

    def update(self, prediction, target, mask):
        scored = mask.expand_as(prediction)
        self.total += (prediction - target).abs()[scored].sum().item()
        self.count += int(scored.sum())

    def compute(self):
        return self.total / self.count


def grey(shown, inputs):
    return shown.sigmoid().expand(-1, 3, -1, -1)


DEPTH = Task(
    name="toy_depth",
    version=1,
    title="Toy depth",
    group="3d",
    needs=("depth", "mask_valid"),
    output=OutputSpec.dense(1),
    example=depth_example,
    decoder=DenseDecoder(),
    loss=masked_l1,
    metrics=(MeanDistance,),
    picture=grey,
)


# A good task of another form: which of 3 classes, three views, altered inputs, a mask of images.


def which_channel(views, draws):
    images = views.images()
    means = views["rgb"].mean((1, 3, 4))  # [B, 3]
    noisy = (images + 0.1 * draws.normal(1, 3, 1, 1)).clamp(-1, 1)
    return Example(noisy, means.argmax(1), means.amax(1) > 0.52)


def class_loss(prediction, target, mask):
    return torch.where(mask, F.cross_entropy(prediction, target, reduction="none"), torch.nan)


CLASSES = Task(
    name="toy_classes",
    version=1,
    title="Toy classes",
    group="semantic",
    arrangement="triplets",
    output=OutputSpec.vector(3),
    example=which_channel,
    decoder=VectorDecoder(),
    loss=class_loss,
    picture=lambda shown, inputs: inputs[:, 0] * 0.5 + 0.5,
    alters_inputs=True,
)
UNTRAINED = replace(DEPTH, name="toy_random", trainable=False, target=False)


@pytest.mark.parametrize("task", [DEPTH, CLASSES, UNTRAINED], ids=lambda task: task.name)
def test_a_good_task_passes_every_check(task):
    results = check_task(task, BENCH)
    assert [result.name for result in results] == [check.name for check in task_checks()]
    assert [(result.name, result.message) for result in results if not result.passed] == []
    skipped = {result.name: result.message for result in results if result.skipped}
    assert skipped == (
        {
            "loss_is_best_at_the_ideal": "Skipped: nothing is fitted with the loss of a task that is not trained.",
            "learning_lowers_the_loss": "Skipped: the task is not trained.",
        }
        if task is UNTRAINED
        else {}
    )


# Bad tasks. Each breaks one rule.


def bad_version():
    task = replace(DEPTH)
    object.__setattr__(task, "version", 0)
    return task


def changed(**parts):
    """The good example with some parts changed: part=lambda example, views, draws: value."""

    def example(views, draws):
        good = depth_example(views, draws)
        return replace(good, **{part: change(good, views, draws) for part, change in parts.items()})

    return replace(DEPTH, example=example)


def in_place(views, draws):
    example = depth_example(Views({name: tensor.clone() for name, tensor in views.modalities.items()}), draws)
    views["rgb"].mul_(0.5)
    return example


class FixedViews:
    """Built for one view of 16 channels, whatever it is asked for."""

    def __call__(self, features, output, size):
        return DenseDecoder()(replace(features, channels_per_view=16, views=1), output, size)


class BatchStatistics:
    def __call__(self, features, output, size):
        first = nn.BatchNorm2d(features.channels, track_running_stats=False)
        return nn.Sequential(first, DenseDecoder()(features, output, size))


class AlwaysDrops(nn.Module):
    def forward(self, prediction):
        return F.dropout(prediction, 0.5, training=True)


class Restless:
    def __call__(self, features, output, size):
        return nn.Sequential(DenseDecoder()(features, output, size), AlwaysDrops())


class Frozen:
    """Starts at zero and gets no gradient."""

    def __call__(self, features, output, size):
        class Module(nn.Module):
            def forward(self, code):
                return torch.zeros(len(code), *output.shape(size.image), device=code.device)

        return Module()


class Stuck:
    """Lets gradients through, but they lead nowhere."""

    def __call__(self, features, output, size):
        class Module(nn.Module):
            def forward(self, code):
                return 5.0 + 0.0 * code.mean((1, 2, 3), keepdim=True).expand(-1, *output.shape(size.image))

        return Module()


class Endless:
    def __call__(self, features, output, size):
        module = DenseDecoder()(features, output, size)
        nn.init.constant_(module[-1].bias, float("inf"))
        return module


def loss(change):
    """The good loss, changed: change(losses, prediction, target, mask)."""
    return replace(DEPTH, loss=lambda p, t, m: change(masked_l1(p, t, m), p, t, m))


def unmasked(prediction, target, mask):
    error = (prediction - target).abs().flatten(1).mean(1)
    return torch.where(mask.flatten(1).any(1), error, torch.nan)


def nan_gradient(prediction, target, mask):
    scored = mask.expand_as(prediction)
    # The gradient of an empty image is 0 / 0, and multiplying by the mask does not take that away.
    return ((prediction - target).abs() * scored).flatten(1).sum(1) / scored.flatten(1).sum(1)


def in_place_loss(prediction, target, mask):
    target.add_(1.0)
    return masked_l1(prediction, target, mask)


def metric(**parts):
    return replace(DEPTH, metrics=(type("Odd", (MeanDistance,), parts),))


class MeanOfBatches(MeanDistance):
    def update(self, prediction, target, mask):
        batch = MeanDistance()
        MeanDistance.update(batch, prediction, target, mask)
        self.total += batch.compute()
        self.count += 1


class Unmasked(MeanDistance):
    def update(self, prediction, target, mask):
        super().update(prediction, target, torch.ones_like(mask))


class CountsEmptyImages(MeanDistance):
    """Leaves out pixels but counts every image."""

    def update(self, prediction, target, mask):
        self.total += torch.nan_to_num(masked_l1(prediction, target, mask)).sum().item()
        self.count += len(prediction)


SHARED = MeanDistance()

BAD = {
    "version": (bad_version(), "definition_is_sound", "version is 0"),
    "need": (replace(DEPTH, needs=("depth", "mask_valid", "normal")), "definition_is_sound", "offers no normal"),
    "sees": (
        replace(DEPTH, sees=lambda images: images[:, :1]),
        "sees_gives_its_channels",
        "with channels=3 it must give [4, 3, 8, 8]",
    ),
    "sees_batch": (
        replace(DEPTH, sees=lambda images: images - images.mean()),
        "sees_gives_its_channels",
        "use nothing but the picture itself",
    ),
    "sees_integers": (replace(DEPTH, sees=lambda images: images.long()), "sees_gives_its_channels", "something else"),
    "unnamed_need": (
        replace(DEPTH, example=lambda views, draws: views["unasked"]),
        "example_is_batched",
        "`example` reads 'unasked', which `needs` does not name",
    ),
    "no_example": (replace(DEPTH, example=lambda views, draws: 3), "example_is_batched", "returns a int"),
    "raises": (replace(DEPTH, example=lambda views, draws: 1 / 0), "example_is_batched", "raised ZeroDivisionError"),
    "not_tensors": (changed(target=lambda *_: [1, 2]), "example_is_batched", "must be tensors"),
    "one_view": (changed(inputs=lambda e, *_: e.inputs[:, 0]), "example_is_batched", "has shape [4, 3, 8, 8]"),
    "doubles": (changed(inputs=lambda e, *_: e.inputs.double()), "example_is_batched", "must be float32"),
    "range": (changed(inputs=lambda e, *_: e.inputs * 3), "example_is_batched", "bring the pictures to [-1, 1]"),
    "target_axis": (changed(target=lambda e, *_: e.target[:1]), "example_is_batched", "its first axis must be 4"),
    "random": (
        changed(target=lambda e, *_: e.target + 0.1 * torch.rand(1)),
        "example_repeats",
        "another target the second time",
    ),
    "in_place": (replace(DEPTH, example=in_place), "example_repeats", "changes rgb of its views in place"),
    "batch_mean": (
        changed(target=lambda e, *_: e.target - e.target.mean()),
        "example_alone_is_as_in_a_batch",
        "The target of an image is another one alone",
    ),
    "claims": (replace(DEPTH, alters_inputs=True), "example_tells_whether_it_alters_inputs", "are the plain views"),
    "hides": (changed(inputs=lambda e, *_: e.inputs * 0.9), "example_tells_whether_it_alters_inputs", "set alters_"),
    "float_mask": (changed(mask=lambda e, *_: e.mask.float()), "mask_is_legal", "float32: it must be bool"),
    "mask_shape": (changed(mask=lambda e, *_: e.mask[:, 0]), "mask_is_legal", "[4] or [4, 1, 8, 8]"),
    "mask_empty": (changed(mask=lambda e, *_: e.mask & False), "mask_is_legal", "None of 4 images"),
    "fixed_views": (replace(DEPTH, decoder=FixedViews()), "decoder_takes_any_sources_and_views", "raised RuntimeError"),
    "output": (
        replace(DEPTH, decoder=lambda f, o, s: DenseDecoder()(f, replace(o, channels=2), s)),
        "decoder_takes_any_sources_and_views",
        "With 1 source and 1 view the decoder gives [1, 2, 8, 8]",
    ),
    "infinite": (replace(DEPTH, decoder=Endless()), "decoder_takes_any_sources_and_views", "not finite"),
    "no_module": (
        replace(DEPTH, decoder=lambda f, o, s: 3),
        "decoder_takes_any_sources_and_views",
        "`decoder` returns a int",
    ),
    "batch_statistics": (replace(DEPTH, decoder=BatchStatistics()), "decoder_scores_alone_as_in_a_batch", "running"),
    "restless": (replace(DEPTH, decoder=Restless()), "decoder_scores_alone_as_in_a_batch", "the second time"),
    "scalar": (loss(lambda losses, *_: losses.mean()), "loss_is_one_number_per_image", "gives [] for a batch of 4"),
    "integer": (loss(lambda losses, *_: losses.long()), "loss_is_one_number_per_image", "must be floating-point"),
    "nan": (loss(lambda losses, *_: losses * torch.nan), "loss_is_one_number_per_image", "is not finite for an image"),
    "detached": (loss(lambda losses, *_: losses.detach()), "loss_is_one_number_per_image", "no gradient towards"),
    "root": (
        loss(lambda losses, p, *_: losses + (0 * p).sqrt().flatten(1).sum(1)),
        "loss_is_one_number_per_image",
        "gradient of `loss` is not finite",
    ),
    "loss_in_place": (replace(DEPTH, loss=in_place_loss), "loss_is_one_number_per_image", "arguments in place"),
    "batch_scale": (
        loss(lambda losses, p, t, m: losses / t.std()),
        "loss_alone_is_as_in_a_batch",
        "average within each image",
    ),
    "negative": (loss(lambda losses, *_: -losses), "loss_is_best_at_the_ideal", "falls without end"),
    "blind": (
        loss(lambda losses, p, t, m: masked_l1(p, torch.ones_like(t), m)),
        "loss_is_best_at_the_ideal",
        "compare the prediction with the image's own target",
    ),
    "constant": (
        loss(lambda losses, *_: 1.0 + 0.0 * losses),
        "loss_is_best_at_the_ideal",
        "does not lower the loss",
    ),
    "another_scale": (
        loss(lambda losses, p, t, m: masked_l1(p, 2 * t, m)),
        "loss_is_best_at_the_ideal",
        "Predicting the target itself scores",
    ),
    "unmasked": (replace(DEPTH, loss=unmasked), "loss_ignores_what_is_masked", "Changing the prediction where"),
    "unmasked_target": (
        loss(lambda losses, p, t, m: losses + 0.1 * t.flatten(1).mean(1)),
        "loss_ignores_what_is_masked",
        "Changing the target where",
    ),
    "zero": (
        loss(lambda losses, *_: torch.nan_to_num(losses)),
        "loss_of_a_masked_image_is_nan",
        "gets the loss 0: it must get NaN",
    ),
    "contagious": (
        loss(lambda losses, p, t, m: losses * len(m) / m.flatten(1).any(1).sum()),
        "loss_of_a_masked_image_is_nan",
        "changes the losses of the others",
    ),
    "nan_gradient": (replace(DEPTH, loss=nan_gradient), "loss_of_a_masked_image_is_nan", "gradients that are not"),
    "unit": (metric(unit=None, __init__=lambda self: None), "metric_says_what_it_is", "L1 has no `unit`"),
    "name": (metric(name="", __init__=lambda self: None), "metric_says_what_it_is", "has no name"),
    "direction": (
        metric(higher_is_better=None, __init__=lambda self: None),
        "metric_says_what_it_is",
        "does not say whether higher is better",
    ),
    "shared": (replace(DEPTH, metrics=(lambda: SHARED,)), "metric_says_what_it_is", "is the same object each time"),
    "twins": (
        replace(DEPTH, metrics=(MeanDistance, MeanDistance)),
        "metric_says_what_it_is",
        "Several metrics are named L1",
    ),
    "nan_metric": (metric(compute=lambda self: float("nan")), "metric_is_finite", "gives nan for a plain prediction"),
    "tensor_metric": (
        metric(compute=lambda self: torch.tensor(self.total / self.count)),
        "metric_is_finite",
        "compute() must give a finite float",
    ),
    "mean_of_means": (replace(DEPTH, metrics=(MeanOfBatches,)), "metric_accumulates", "keep sums and counts"),
    "unmasked_metric": (
        replace(DEPTH, metrics=(Unmasked,)),
        "metric_ignores_what_is_masked",
        "Changing the prediction where the mask is False changes the metric L1",
    ),
    "empty_images": (
        replace(DEPTH, metrics=(CountsEmptyImages,)),
        "metric_ignores_what_is_masked",
        "An image with nothing to score changes the metric L1",
    ),
    "one_channel": (replace(DEPTH, picture=lambda s, i: s.sigmoid()), "picture_is_rgb", "it must be [4, 3, H, W]"),
    "bright": (replace(DEPTH, picture=lambda s, i: 2 + grey(s, i)), "picture_is_rgb", "bring them to [0, 1]"),
    "bytes": (replace(DEPTH, picture=lambda s, i: grey(s, i).byte()), "picture_is_rgb", "it must be floating-point"),
    "frozen": (replace(DEPTH, decoder=Frozen()), "learning_lowers_the_loss", "has no gradient"),
    "stuck": (replace(DEPTH, decoder=Stuck()), "learning_lowers_the_loss", "do not lower the loss"),
    "explodes": (
        replace(DEPTH, decoder=lambda f, o, s: nn.Sequential(DenseDecoder()(f, o, s), Explodes())),
        "learning_lowers_the_loss",
        "Training makes the loss inf at step 1",
    ),
}


class Explodes(nn.Module):
    def forward(self, prediction):
        return prediction / 0.0 if self.training else prediction


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_task_fails_its_check_and_no_other(fault):
    task, name, message = BAD[fault]
    results = check_task(task, BENCH)
    assert [(result.name, result.message) for result in results if not result.passed] == [
        (name, next(result.message for result in results if result.name == name))
    ]
    assert message in next(result.message for result in results if result.name == name)


def test_every_check_is_proved_by_a_bad_task():
    assert {name for _, name, _ in BAD.values()} == {check.name for check in task_checks()}


def test_checks_that_a_failure_makes_meaningless_say_so():
    results = {result.name: result for result in check_task(BAD["float_mask"][0], BENCH)}
    after = results["loss_is_best_at_the_ideal"]
    assert (after.passed, after.skipped, after.message) == (True, True, "Not run, because mask_is_legal failed.")
    results = {result.name: result for result in check_task(BAD["version"][0], BENCH)}
    assert [name for name, result in results.items() if not result.skipped] == ["definition_is_sound"]


def test_what_a_task_raises_is_told_with_its_place():
    results = {result.name: result for result in check_task(BAD["raises"][0], BENCH)}
    message = results["example_is_batched"].message
    assert message.startswith("It raised ZeroDivisionError: division by zero (line ")
    assert "of test_checks.py, in <lambda>)." in message


def test_data_with_another_number_of_views_than_the_arrangement_is_told():
    bench = CheckBench(lambda task, batch: synthetic(replace(task, arrangement="triplets"), batch), SIZE)
    failed = [result for result in check_task(DEPTH, bench) if not result.passed]
    assert [result.name for result in failed] == ["definition_is_sound"]
    assert failed[0].message == "The arrangement 'single' has 1 views, but the data gave [4, 3, 3, 8, 8]."


def test_checks_leave_the_callers_randomness_alone_and_repeat():
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    first = check_task(DEPTH, BENCH)
    assert torch.equal(torch.rand(4), expected)
    assert check_task(DEPTH, BENCH) == first


def test_every_rule_has_a_name_and_a_sentence():
    checks = task_checks()
    names = [check.name for check in checks]
    assert len(set(names)) == len(names)
    assert all(check.title.endswith(".") for check in checks)
    for place, check in enumerate(checks):
        assert set(check.after) <= set(names[:place])


# The decorator, on good tasks; then what it does with a failure and a skip.


@parametrize_with_checks([DEPTH, CLASSES], BENCH)
def test_contract(task, check):
    check(task)


def cases(task):
    return {case.id: case.values for case in parametrize_with_checks([task], BENCH).args[1]}


def test_the_decorator_names_its_cases_after_task_and_rule():
    assert list(cases(DEPTH)) == [f"toy_depth-{check.name}" for check in task_checks()]


def test_the_decorator_fails_with_the_message():
    task, check = cases(BAD["zero"][0])["toy_depth-loss_of_a_masked_image_is_nan"]
    with pytest.raises(pytest.fail.Exception, match="toy_depth: An image with nothing to score gets the loss 0"):
        check(task)


def test_the_decorator_skips_what_does_not_apply():
    task, check = cases(UNTRAINED)["toy_random-learning_lowers_the_loss"]
    with pytest.raises(pytest.skip.Exception, match="the task is not trained"):
        check(task)
