"""A task-specific network: encoder, then the task's own decoder (paper section 3.1; supplement 2)."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from taskonomy_core.contract import EncoderKind, FeatureSpec, NetworkSize, Task, seed_of
from taskonomy_core.learning.guard import plugin_code


class Encoding(nn.Module):
    """One task's encoder on pictures as every task has them: [N, 3, h, w] in [-1, 1] -> [N, code, y, x].

    The task's own `sees` (lightness alone, for colorization) stands between picture and encoder.
    """

    def __init__(self, task: Task, encoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self._sees, self._name = task.sees, task.name

    def forward(self, pictures: Tensor) -> Tensor:
        """Encode a batch of pictures."""
        with plugin_code(self._name, "sees"):
            seen = self._sees(pictures)
        encoded: Tensor = self.encoder(seen.contiguous(memory_format=torch.channels_last))
        return encoded


class Network(nn.Module):
    """Encoder and decoder of one task: inputs [B, V, 3, h, w] -> prediction [B, *output.shape]."""

    def __init__(self, encoding: Encoding, decoder: nn.Module) -> None:
        super().__init__()
        self.encoding, self.decoder = encoding, decoder

    def forward(self, inputs: Tensor) -> Tensor:
        """Encode every view with the same weights, join the views channel-wise, decode."""
        batch, views = inputs.shape[:2]
        codes = self.encoding(inputs.flatten(0, 1))
        prediction: Tensor = self.decoder(codes.reshape(batch, views * codes.shape[1], *codes.shape[2:]))
        return prediction


def build_encoding(task: Task, kind: EncoderKind, size: NetworkSize, seed: int) -> Encoding:
    """A fresh encoder for a task; the same seed gives the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed_of(seed, "encoder", task.name))
        return Encoding(task, kind.build(task.channels, size))


def build_network(task: Task, kind: EncoderKind, size: NetworkSize, seed: int, inputs: Tensor) -> Network:
    """A fresh network for a task. `inputs` [B, V, 3, h, w] are some of its pictures, for their shape alone."""
    encoding = build_encoding(task, kind, size, seed)
    with torch.no_grad():
        code = encoding.eval()(inputs[:1, 0].cpu())
    channels, height, width = code.shape[1:]
    spec = FeatureSpec(channels, height, width, views=inputs.shape[1])
    decoder = build_decoder(task, spec, size, seed_of(seed, "decoder", task.name))
    return Network(encoding.train(), decoder)


def build_decoder(task: Task, features: FeatureSpec, size: NetworkSize, seed: int) -> nn.Module:
    """A fresh decoder of a task on any representation."""
    with torch.random.fork_rng(devices=[]), plugin_code(task.name, "decoder"):
        torch.manual_seed(seed)
        return task.decoder(features, task.output, size)


def part(state: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The entries of a stored state under `prefix`, without it."""
    return {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}


def stored(module: nn.Module) -> dict[str, Tensor]:
    """A module's weights as they go into the store: on the CPU, contiguous, detached."""
    return {name: tensor.detach().cpu().contiguous() for name, tensor in module.state_dict().items()}
