"""docs/protocol/test-set.md: the public test set's bytes, and what a model reaches on it. Python's floats are binary64."""

import math
import struct

LOG2E = 1.4426950408889634
LN2_HIGH, LN2_LOW = 0.6931471803691238, 1.9082149292705877e-10
SQRT2 = 1.4142135623730951
MOST = 2**63 - 1


def exponential(x):
    if x > 709:
        return math.inf
    if x < -745:
        return 0.0
    k = math.floor(x * LOG2E + 0.5)
    r = x - k * LN2_HIGH - k * LN2_LOW
    s = 1.0
    for n in range(14, 0, -1):
        s = 1 + (r / n) * s
    half = k // 2
    return s * 2.0**half * 2.0 ** (k - half)


def logarithm(x):
    if not x < math.inf:
        return x
    m, e = x, 0
    while m > SQRT2:
        m, e = m / 2, e + 1
    q = (m - 1) / (m + 1)
    square = q * q
    s = 1 / 25
    for n in range(11, -1, -1):
        s = 1 / (2 * n + 1) + square * s
    return e * LN2_HIGH + (e * LN2_LOW + 2 * q * s)


def tangent(x):
    if x > 20 or x < -20:
        return math.copysign(1.0, x)
    e = exponential(2 * x)
    return (e - 1) / (e + 1)


def read_test_set(data, model):
    """(inputs, labels), a list of rows each."""
    mark, n, w, l = struct.unpack_from("<4sIII", data)
    output = model["output"]
    inputs = model["height"] * model["width"] * model["channels"] if model["kind"] == "cnn" else model["inputs"]
    if (mark, w, l) != (b"FTS1", inputs, output["count"] if output["kind"] == "numbers" else 1):
        raise ValueError("no test set of this model")
    if n < 1 or len(data) != 16 + 4 * n * (w + l):
        raise ValueError("not as long as its examples need")
    numbers = struct.unpack_from(f"<{n * (w + l)}f", data, 16)
    rows = lambda values, width: [values[at : at + width] for at in range(0, len(values), width)]
    return rows(numbers[: n * w], w), rows(numbers[n * w :], l)


def forward(model, parameters):
    """From the inputs of one example to its outputs."""
    rest = iter(parameters)
    take = lambda count: [next(rest) for _ in range(count)]
    layers = []
    kind, output = model["kind"], model["output"]
    last = 1 if output["kind"] == "binary" else output["count"]
    if kind == "cnn":
        height, width, channels = model["height"], model["width"], model["channels"]
        for convolution in model["convolutions"]:
            side, filters = convolution["kernel"], convolution["filters"]
            kernel, bias = take(side * side * channels * filters), take(filters)
            layers.append(_convolution(height, width, channels, side, filters, kernel, bias))
            layers.append(_pool(height, width, filters))
            height, width, channels = height // 2, width // 2, filters
        size, hidden, activation = height * width * channels, model["hidden"], "relu"
    else:
        size, hidden, activation = model["inputs"], model.get("hidden", []), model.get("activation")
    for units in [*hidden, last]:
        layers.append([size, units, take(size * units), take(units)])
        size = units
    dense = [at for at, layer in enumerate(layers) if isinstance(layer, list)]

    def run(x):
        x = list(x)
        for at, layer in enumerate(layers):
            if isinstance(layer, list):
                x = _dense(x, *layer, "linear" if at == dense[-1] else activation)
            else:
                x = layer(x)
        return x

    return run


def _activated(x, activation):
    return x if activation == "linear" else max(x, 0.0) if activation == "relu" else tangent(x)


def _dense(x, size, units, kernel, bias, activation):
    sums = [0.0] * units
    for i in range(size):
        if x[i] != 0:
            for j in range(units):
                sums[j] += x[i] * kernel[i * units + j]
    return [_activated(s + b, activation) for s, b in zip(sums, bias, strict=True)]


def _convolution(height, width, channels, side, filters, kernel, bias):
    before = (side - 1) // 2

    def run(x):
        out = []
        for y in range(height):
            for column in range(width):
                sums = [0.0] * filters
                for ky in range(side):
                    for kx in range(side):
                        row, at = y + ky - before, column + kx - before
                        if not (0 <= row < height and 0 <= at < width):
                            continue
                        for c in range(channels):
                            value = x[(row * width + at) * channels + c]
                            if value != 0:
                                weights = ((ky * side + kx) * channels + c) * filters
                                for f in range(filters):
                                    sums[f] += value * kernel[weights + f]
                out += [max(s + b, 0.0) for s, b in zip(sums, bias, strict=True)]
        return out

    return run


def _pool(height, width, channels):
    def run(x):
        at = lambda y, column, c: x[(y * width + column) * channels + c]
        return [
            max(at(2 * y + dy, 2 * column + dx, c) for dy in (0, 1) for dx in (0, 1))
            for y in range(height // 2)
            for column in range(width // 2)
            for c in range(channels)
        ]

    return run


def _loss(kind, z, y):
    if kind == "binary":
        return max(z[0], 0.0) - z[0] * y[0] + logarithm(1 + exponential(-abs(z[0])))
    if kind == "classes":
        most = max(z)
        total = 0.0
        for value in z:
            total += exponential(value - most)
        return most - z[int(y[0])] + logarithm(total)
    total = 0.0
    for value, label in zip(z, y, strict=True):
        total += (value - label) * (value - label)
    return total / len(z)


def _q24(value):
    scaled = value * 2.0**24
    return MOST if math.isnan(scaled) or scaled >= 2.0**63 else max(-MOST, math.floor(scaled))


def _r_squared(outputs, labels):
    total, width = 0.0, len(labels[0])
    for column in range(width):
        label_sum = 0.0
        for label in labels:
            label_sum += label[column]
        mean = label_sum / len(labels)
        residual = spread = 0.0
        for output, label in zip(outputs, labels, strict=True):
            residual += (label[column] - output[column]) * (label[column] - output[column])
            spread += (label[column] - mean) * (label[column] - mean)
        total += 1 - residual / spread if spread > 0 else 1 if residual == 0 else 0
    return total / width


def public_metric(model, fraction_bits, lanes, data):
    """{examples, correct or r2Q24, lossQ24}, as the protocol tells them."""
    inputs, labels = read_test_set(data, model)
    kind = model["output"]["kind"]
    run = forward(model, [lane / 2.0**fraction_bits for lane in lanes])
    outputs = [run(example) for example in inputs]
    losses = 0.0
    for z, y in zip(outputs, labels, strict=True):
        losses += _loss(kind, z, y)
    told = {"examples": len(inputs), "lossQ24": _q24(losses / len(inputs))}
    if kind == "numbers":
        return {**told, "r2Q24": _q24(_r_squared(outputs, labels))}
    right = lambda z, y: (z[0] >= 0) == (y[0] == 1) if kind == "binary" else z.index(max(z)) == y[0]
    return {**told, "correct": sum(right(z, y) for z, y in zip(outputs, labels, strict=True))}
