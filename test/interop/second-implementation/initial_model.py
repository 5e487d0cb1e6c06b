"""docs/protocol/specification.md: a model's layers, and the initial lanes that a specification's seed gives."""

import math

from keccak import keccak256


def layers_of(model):
    """(number of weights in the kernel, number of biases, fan in, fan out) of each layer."""
    kind, output = model["kind"], model["output"]
    last = 1 if output["kind"] == "binary" else output["count"]
    if kind in ("linear-regression", "logistic-regression"):
        return [_dense(model["inputs"], last)]
    layers = []
    if kind == "mlp":
        inputs = model["inputs"]
    else:
        height, width, channels = model["height"], model["width"], model["channels"]
        for convolution in model["convolutions"]:
            k, filters = convolution["kernel"], convolution["filters"]
            layers.append((k * k * channels * filters, filters, k * k * channels, k * k * filters))
            height, width, channels = height // 2, width // 2, filters
        inputs = height * width * channels
    for units in [*model["hidden"], last]:
        layers.append(_dense(inputs, units))
        inputs = units
    return layers


def _dense(inputs, units):
    return inputs * units, units, inputs, units


def parameter_count(model):
    return sum(kernel + bias for kernel, bias, *_ in layers_of(model))


def _words(seed):
    block = 0
    while True:
        data = keccak256(b"fedledger/initial/1" + seed.to_bytes(4, "big") + block.to_bytes(4, "big"))
        for at in range(0, 32, 4):
            yield int.from_bytes(data[at : at + 4], "big")
        block += 1


def initial_lanes(model, seed, fraction_bits):
    """The lanes of the initial model."""
    words = _words(seed)
    lanes = []
    for kernel, bias, fan_in, fan_out in layers_of(model):
        step = math.sqrt(6 / (fan_in + fan_out)) * 2.0 ** (fraction_bits - 32)
        lanes += [math.floor((2.0 * next(words) - 2.0**32) * step + 0.5) for _ in range(kernel)]
        lanes += [0] * bias
    return lanes
