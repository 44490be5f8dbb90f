"""How much is trained, how large and how long: presets, each a frozen recipe that registry.toml may override.

Imports no torch, so that planning and reporting can compute job keys cheaply.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from typing import Any

from taskonomy_core.contract.specs import NetworkSize
from taskonomy_core.errors import RosterError
from taskonomy_core.registry.naming import nearest

PRECISIONS = ("auto", "float32", "bfloat16")
FEATURE_PRECISIONS = ("float32", "float16")
SCHEDULES = ("cosine", "step")


@dataclass(frozen=True)
class Schedule:
    """How one kind of network is optimised. Adam everywhere (supplement, section 2.4 of the facts).

    Attributes:
        epochs: passes over the split.
        batch: examples per step.
        lr: learning rate at the start (step) or at its height (cosine, after a warm-up of a twentieth).
        schedule: "step" multiplies lr by 0.1 after `drop_after` steps, as the paper does; "cosine" falls to zero.
        drop_after: see above.
        weight_decay: L2 penalty on all weights.
        clip: largest norm of the gradient of one network; 0 leaves it as it is.
    """

    epochs: int
    batch: int
    lr: float
    schedule: str
    weight_decay: float
    drop_after: int = 0
    clip: float = 0.0


@dataclass(frozen=True)
class Recipe:
    """One preset, after the overrides of registry.toml.

    Attributes:
        train_images, transfer_images, test_images: how many images each split gives.
        encoder: which encoder plugin builds the task networks.
        size: how large encoder and decoders are.
        network, transfer, scratch: how task networks, readouts and the from-scratch baseline are optimised.
        constant_steps: steps that fit the best constant.
        beam: how many of a target's best first-order sources enter higher orders (5 in the paper).
        order: the highest order trained where the command does not say.
        precision: what networks compute in: "float32", "bfloat16", or "auto": bfloat16 where it is native.
        feature_precision: how cached representations are stored.
    """

    preset: str
    train_images: int
    transfer_images: int
    test_images: int
    encoder: str
    size: NetworkSize
    network: Schedule
    transfer: Schedule
    scratch: Schedule
    constant_steps: int
    beam: int
    order: int
    precision: str
    feature_precision: str = "float32"

    @property
    def counts(self) -> dict[str, int]:
        """Images per split."""
        return {"train": self.train_images, "transfer": self.transfer_images, "test": self.test_images}

    def digest(self, kind: str) -> str:
        """A short hash of all that changes the result of a job of this kind.

        Kinds: "network", "transfer", "scratch", "constant". A transfer does not repeat what its sources' network keys
        already contain.
        """
        common = {"size": asdict(self.size), "test": self.test_images, "precision": self.precision}
        parts: dict[str, dict[str, Any]] = {
            "network": {"train": self.train_images, "encoder": self.encoder, "schedule": asdict(self.network)},
            "transfer": {
                "transfer": self.transfer_images,
                "schedule": asdict(self.transfer),
                "features": self.feature_precision,
            },
            "scratch": {
                "transfer": self.transfer_images,
                "encoder": self.encoder,
                "schedule": asdict(self.scratch),
            },
            "constant": {"transfer": self.transfer_images, "steps": self.constant_steps},
        }
        text = json.dumps([kind, common, parts[kind]], sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def settings(self, kind: str) -> dict[str, Any]:
        """What `digest` hashes, for people: by its place in the `[recipe]` table, as "transfer.epochs".

        Without the encoder, which keys name by themselves; with the preset, from which the others come.
        """
        found: dict[str, Any] = {"preset": self.preset}
        for name in (*_MATTERS[kind], "test_images", "size", "precision"):
            value = getattr(self, name)
            if is_dataclass(value):
                found |= {f"{name}.{part.name}": getattr(value, part.name) for part in fields(value)}
            else:
                found[name] = value
        return found


# What matters for each kind of job besides what matters for all; see Recipe.digest.
_MATTERS = {
    "network": ("network", "train_images"),
    "transfer": ("transfer", "transfer_images", "feature_precision"),
    "scratch": ("scratch", "transfer_images"),
    "constant": ("constant_steps", "transfer_images"),
}


def _size(
    image: int, side: int, width: int, convs: tuple[int, ...], ups: tuple[int, ...], head: int, drop: float
) -> NetworkSize:
    return NetworkSize(
        image=image,
        code_channels=8,
        code_side=side,
        encoder_width=width,
        decoder_convs=convs,
        decoder_ups=tuple((up, up) for up in ups),
        head_width=head,
        dropout=drop,
    )


PRESETS: dict[str, Recipe] = {
    "nano": Recipe(
        preset="nano",
        train_images=3600,
        transfer_images=400,
        test_images=300,
        encoder="resnet_compact",
        size=_size(64, 8, 16, (64,), (32,), 128, 0.1),
        network=Schedule(epochs=2, batch=16, lr=3e-3, schedule="cosine", weight_decay=2e-6, clip=1.0),
        transfer=Schedule(epochs=3, batch=16, lr=3e-3, schedule="cosine", weight_decay=1e-5, clip=1.0),
        scratch=Schedule(epochs=6, batch=16, lr=3e-3, schedule="cosine", weight_decay=2e-6, clip=1.0),
        constant_steps=200,
        beam=5,
        order=2,
        precision="auto",
        feature_precision="float16",
    ),
    "small": Recipe(
        preset="small",
        train_images=12000,
        transfer_images=4000,
        test_images=2000,
        encoder="resnet_compact",
        size=_size(64, 8, 32, (128, 64), (64, 32, 16), 256, 0.2),
        network=Schedule(epochs=20, batch=32, lr=2e-3, schedule="cosine", weight_decay=2e-6, clip=1.0),
        transfer=Schedule(epochs=15, batch=32, lr=2e-3, schedule="cosine", weight_decay=1e-5, clip=1.0),
        scratch=Schedule(epochs=15, batch=32, lr=2e-3, schedule="cosine", weight_decay=2e-6, clip=1.0),
        constant_steps=300,
        beam=5,
        order=2,
        precision="auto",
        feature_precision="float16",
    ),
    "paper": Recipe(
        preset="paper",
        train_images=120_000,
        transfer_images=16_000,
        test_images=17_000,
        encoder="resnet50",
        size=NetworkSize(
            image=256,
            code_channels=8,
            code_side=16,
            encoder_width=64,
            decoder_convs=(1024, 1024, 512, 256, 256, 128),
            decoder_ups=((64, 64), (32, 32), (16, 32), (16, 16)),
            head_width=2048,
            dropout=0.5,
        ),
        network=Schedule(epochs=30, batch=32, lr=1e-4, schedule="step", drop_after=80_000, weight_decay=2e-6),
        transfer=Schedule(epochs=30, batch=32, lr=1e-4, schedule="step", drop_after=5_000, weight_decay=1e-5),
        scratch=Schedule(epochs=30, batch=32, lr=1e-4, schedule="step", drop_after=5_000, weight_decay=2e-6),
        constant_steps=1000,
        beam=5,
        order=5,
        precision="auto",
        feature_precision="float16",
    ),
}


def recipe_for(preset: str, overrides: Mapping[str, Any] | None = None) -> Recipe:
    """The recipe of a preset with the `[recipe]` table of registry.toml laid over it.

    Errors: RosterError for an unknown preset or key (with the nearest name), or a value of another type than the
    preset's own.
    """
    if preset not in PRESETS:
        raise RosterError(
            f"There is no preset {preset!r}; the presets are {', '.join(PRESETS)}.{nearest(preset, PRESETS)}",
            'Set preset = "nano" in registry.toml.',
        )
    recipe: Recipe = _override(PRESETS[preset], overrides or {}, "recipe")
    _check(recipe)
    return recipe


def _override(card: Any, overrides: Mapping[str, Any], path: str) -> Any:
    """A copy of a frozen dataclass with the given values in place of its own, types checked."""
    known = {entry.name for entry in fields(card)} - {"preset"}
    changed: dict[str, Any] = {}
    for key, value in overrides.items():
        where = f"{path}.{key}"
        if key not in known:
            raise RosterError(
                f"registry.toml has an unknown key {where}.{nearest(key, known)}",
                f"Correct it; [{path}] knows {', '.join(sorted(known))}.",
            )
        own = getattr(card, key)
        if is_dataclass(own) and isinstance(value, Mapping):
            changed[key] = _override(own, value, where)
            continue
        changed[key] = _typed(own, value, where)
    return replace(card, **changed)


def _typed(own: Any, value: Any, where: str) -> Any:
    if isinstance(own, tuple) and isinstance(value, (list, tuple)) and value:
        return tuple(_typed(own[0], part, where) for part in value)
    if isinstance(own, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(own):
        raise RosterError(
            f"registry.toml gives {where} = {value!r}, but it must be like {own!r}.",
            "Correct the value in registry.toml.",
        )
    return value


def _check(recipe: Recipe) -> None:
    """Refuse values that no training could use."""
    faults = [
        f"recipe.{name} is {getattr(recipe, name)}, below {least}"
        for name, least in (
            ("train_images", 4),
            ("transfer_images", 4),
            ("test_images", 4),
            ("constant_steps", 1),
            ("beam", 2),
            ("order", 1),
        )
        if getattr(recipe, name) < least
    ]
    for name in ("network", "transfer", "scratch"):
        schedule: Schedule = getattr(recipe, name)
        if schedule.epochs < 1 or schedule.batch < 2 or not schedule.lr > 0:
            faults.append(f"recipe.{name} needs epochs >= 1, batch >= 2 and lr > 0")
        if schedule.schedule not in SCHEDULES:
            faults.append(f"recipe.{name}.schedule is {schedule.schedule!r}, not one of {', '.join(SCHEDULES)}")
    faults += [
        f"recipe.{name} is {getattr(recipe, name)!r}, not one of {', '.join(allowed)}"
        for name, allowed in (("precision", PRECISIONS), ("feature_precision", FEATURE_PRECISIONS))
        if getattr(recipe, name) not in allowed
    ]
    side, image = recipe.size.code_side, recipe.size.image
    if side < 1 or image < 16 or image % side or (image // side) & (image // side - 1):
        faults.append(
            f"recipe.size.image ({image}) is not recipe.size.code_side ({side}) times a power of two, from 16 up"
        )
    if faults:
        raise RosterError(f"registry.toml: {'; '.join(faults)}.", "Correct the [recipe] table of registry.toml.")
