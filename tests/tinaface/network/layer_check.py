"""The one check that every layer of the network goes through."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from tinaface import weights
from tinaface.network.detector import assign_weights, named_weights
from tinaface.presets import PRESETS

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class LayerCase:
    """A layer with what is true of it.

    Attributes:
        make: builds the layer; takes `name` and `dtype`.
        input_shapes: one shape, or several where the layer takes a list of maps.
        output_shapes: of all its maps, in order.
        weights: names of its variables and their shapes; None for rooms of many layers.
        tolerance: largest error in float16, of the largest entry.
    """

    make: Callable[..., keras.layers.Layer]
    input_shapes: Sequence[tuple[int, ...]]
    output_shapes: Sequence[tuple[int, ...]]
    weights: dict[str, tuple[int, ...]] | None = None
    tolerance: float = 1e-2


def check_layer(case: LayerCase, folder: Path) -> None:
    """Shapes, weights, gradients, saving and loading, and three precisions."""
    layer = _built(case, "float32")
    x = _inputs(case)
    given = _flat(layer(x))
    assert [tuple(y.shape) for y in given] == list(case.output_shapes)
    if case.weights is not None:
        found = {name: tuple(v.shape) for name, v in named_weights(layer).items()}
        assert found == case.weights
    assert len(named_weights(layer)) == len(layer.variables), "two variables share a path"
    _check_gradients(layer, x)
    _check_tracing(case, layer)

    path = folder / "layer.safetensors"
    # Zeros, as many start from, would hide a swap.
    for i, variable in enumerate(layer.variables):
        variable.assign(variable + 0.02 + 0.001 * (i % 7))
    expected = _flat(layer(x))
    tensors = {name: np.asarray(v) for name, v in named_weights(layer).items()}
    weights.write(path, weights.WeightsHeader.of(PRESETS["compact"]), tensors)
    other = _built(case, "float32")
    assign_weights(other, weights.read(path)[1], "test")
    for ours, theirs in zip(_flat(other(x)), expected, strict=True):
        np.testing.assert_array_equal(ours, theirs)

    for policy, tolerance in (("float64", 1e-5), ("mixed_float16", case.tolerance)):
        cast = _built(case, policy)
        assign_weights(cast, tensors, "test")
        for ours, theirs in zip(_flat(cast(x)), expected, strict=True):
            error = np.abs(np.asarray(ours, np.float64) - theirs).max()
            relative = error / np.abs(theirs).max()
            assert relative <= tolerance, (policy, relative)
        assert all(v.dtype == cast.variable_dtype for v in cast.variables)


def _check_gradients(layer: keras.layers.Layer, x: Any) -> None:
    with tf.GradientTape() as tape:
        squares = tf.add_n([tf.reduce_sum(tf.square(y)) for y in _flat(layer(x, training=True))])
    gradients = tape.gradient(squares, layer.trainable_variables)
    unreached = [
        v.path for v, g in zip(layer.trainable_variables, gradients, strict=True) if g is None
    ]
    assert not unreached
    assert all(np.isfinite(g).all() for g in gradients)


def _check_tracing(case: LayerCase, layer: keras.layers.Layer) -> None:
    """One trace serves every height and width, and gives what eager execution gives."""
    specs = [tf.TensorSpec([None, None, None, shape[-1]]) for shape in case.input_shapes]
    traced = tf.function(
        lambda x: layer(x), input_signature=[specs[0] if len(specs) == 1 else specs]
    )
    for eager, graph in zip(_flat(layer(_inputs(case))), _flat(traced(_inputs(case))), strict=True):
        np.testing.assert_allclose(eager, graph, rtol=1e-4, atol=1e-4)


def _built(case: LayerCase, policy: str) -> keras.layers.Layer:
    keras.utils.set_random_seed(7)
    layer = case.make(name="layer", dtype=policy)
    if not layer.built:
        shapes = [(None, None, None, shape[-1]) for shape in case.input_shapes]
        layer.build(shapes[0] if len(shapes) == 1 else shapes)
    return layer


def _inputs(case: LayerCase) -> Any:
    random = np.random.default_rng(3)
    maps = [tf.constant(random.normal(size=s).astype(np.float32)) for s in case.input_shapes]
    return maps[0] if len(maps) == 1 else maps


def _flat(outputs: Any) -> list[tf.Tensor]:
    return tf.nest.flatten(outputs)
