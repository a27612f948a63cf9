"""JAX: the input product of all steps at once, `lax.scan` over the steps, value and gradients in one jit."""

from __future__ import annotations

import itertools
import os

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .case import KINDS, Case, layer_name
from .peer import SMALL_FLOPS, Peer, Run


def pointwise(cell: str, z, u, b, state):
    """One step from the input's part z [N, G·H], the state's part u [N, G·H] and b, what is added to u [G·H]."""
    h, c = state
    if cell == "rnn":
        h = jnp.tanh(z + u)
    elif cell == "lstm":
        i, f, g, o = jnp.split(z + u, 4, axis=-1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        h = jax.nn.sigmoid(o) * jnp.tanh(c)
    else:
        zr, zz, zn = jnp.split(z, 3, axis=-1)
        ur, uz, un = jnp.split(u + b, 3, axis=-1)
        update = jax.nn.sigmoid(zz + uz)
        h = (1 - update) * jnp.tanh(zn + jax.nn.sigmoid(zr + ur) * un) + update * h
    return h, c


def layer_output(cell: str, parameters, x, unroll: int, transposed: bool, gather: bool):
    """A layer's output [T, N, H] of x [T, N, I] or, with `gather`, of tokens [T, N] (faster than a product of one-hot).

    `parameters` are weight_ih, weight_hh, bias_ih, bias_hh; the weights are [I, G·H] and [H, G·H] if `transposed`,
    else PyTorch's [G·H, I] and [G·H, H].
    """
    w, r, b_input, b_hidden = parameters
    if gather:
        z = (w if transposed else w.T)[x]
    else:
        z = x @ (w if transposed else w.T)
    gru = cell == "gru"
    z = z + (b_input if gru else b_input + b_hidden)  # the GRU's reset gate acts on the state's bias too

    def step(state, z):
        u = state[0] @ (r if transposed else r.T)
        state = pointwise(cell, z, u, b_hidden, state)
        return state, state[0]

    zero = jnp.zeros((z.shape[1], r.shape[0] if transposed else r.shape[1]), z.dtype)
    return lax.scan(step, (zero, zero if cell == "lstm" else None), z, unroll=unroll)[1]


class JAXPeer(Peer):
    name = "jax"

    def __init__(self, threads: int):
        # Nothing runs beside the step, so handing it to another thread only costs.
        jax.config.update("jax_cpu_enable_async_dispatch", False)
        self.threads = threads

    def describe(self) -> dict:
        return {
            "JAX": jax.__version__,
            "jaxlib": jax.lib.__version__,
            "XLA_FLAGS": os.environ.get("XLA_FLAGS", ""),
            "processors": len(os.sched_getaffinity(0)),
        }

    def runs(self, case, data):
        """Both layouts of the weights; and where steps are short, four of them in each turn of the loop.

        Not more, since compiling one takes up to ten seconds.
        """
        if case.mode == "stream":
            return {"jit": lambda: self.stream_run(case, data)}
        choices = {"as PyTorch's": (1, False), "transposed": (1, True)}
        if case.flops < SMALL_FLOPS:
            choices["transposed, unrolled"] = (4, True)
        return {
            name: lambda unroll=unroll, transposed=transposed: self.sequence_run(case, data, unroll, transposed)
            for name, (unroll, transposed) in choices.items()
        }

    @staticmethod
    def parameters(case, data, transposed):
        def parameter(kind, layer):
            values = data[layer_name(kind, layer)]
            return jnp.asarray(np.ascontiguousarray(values.T) if transposed and values.ndim == 2 else values)

        return [tuple(parameter(kind, layer) for kind in KINDS) for layer in range(case.layers)]

    def sequence_run(self, case: Case, data, unroll: int, transposed: bool) -> Run:
        parameters = self.parameters(case, data, transposed)
        x = jnp.asarray(data["tokens" if case.one_hot else "input"])

        def output(parameters, x):
            for layer, these in enumerate(parameters):
                x = layer_output(case.cell, these, x, unroll, transposed, gather=case.one_hot and layer == 0)
            return x

        if case.mode == "infer":
            infer = jax.jit(output)
            return Run(
                lambda: infer(parameters, x).block_until_ready(),
                lambda: {"output": np.asarray(infer(parameters, x))},
            )

        @jax.jit
        def value_and_gradients(parameters, x, dy):
            if case.one_hot:
                y, pull = jax.vjp(lambda parameters: output(parameters, x), parameters)
            else:
                y, pull = jax.vjp(output, parameters, x)
            return y, pull(dy)

        dy = jnp.asarray(data["output_gradient"])

        def results():
            y, gradients = value_and_gradients(parameters, x, dy)
            results = {"output": np.asarray(y)}
            if not case.one_hot:
                results["d.input"] = np.asarray(gradients[1])
            for layer, these in enumerate(gradients[0]):
                for kind, values in zip(KINDS, these, strict=True):
                    values = np.asarray(values)
                    results[f"d.{layer_name(kind, layer)}"] = values.T if transposed and values.ndim == 2 else values
            return results

        return Run(lambda: jax.block_until_ready(value_and_gradients(parameters, x, dy)), results)

    def stream_run(self, case: Case, data) -> Run:
        parameters = self.parameters(case, data, transposed=True)[0]
        pieces = list(data["input"])  # each [1, I]; in NumPy, as a caller has it

        @jax.jit
        def next_state(parameters, x, state):
            w, r, b_input, b_hidden = parameters
            z = x @ w + (b_input if case.cell == "gru" else b_input + b_hidden)
            return pointwise(case.cell, z, state[0] @ r, b_hidden, state)

        zero = jnp.zeros((1, case.hidden), jnp.float32)
        first = (zero, zero if case.cell == "lstm" else None)
        turn, state = itertools.cycle(pieces), first

        def step():
            nonlocal state
            state = jax.block_until_ready(next_state(parameters, next(turn), state))
            return state[0]

        def results():
            nonlocal turn, state
            turn, state = itertools.cycle(pieces), first
            return {"output": np.stack([np.asarray(step()) for _ in pieces])}

        return Run(step, results)

    def call(self, case):
        add = jax.jit(lambda x, y: x + y)
        x = jnp.zeros((1, case.hidden), jnp.float32)
        add(x, x).block_until_ready()
        return lambda: add(x, x).block_until_ready()
