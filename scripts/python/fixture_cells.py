"""Cells that torch.nn does not have, as loops over time with torch's own functions; the gradients are autograd's.

Parameters are named and laid out as in nn.LSTM; a cell's own vectors are vectors_l0, vectors_l1, … [vectors, H].
"""

import torch
from torch import nn
from torch.nn import functional as F

EPSILON = 1e-5


def normalize(vectors, index, x):
    """Norm number `index`; the gains come first in the vectors, then the biases."""
    gain, bias = vectors[index], vectors[len(vectors) // 2 + index]
    return F.layer_norm(x, x.shape[-1:], gain, bias, EPSILON)


class LoopedCell(nn.Module):
    """A stack of recurrent layers of one cell."""

    gates = 1
    vectors = 0
    states = 1
    has_product = True

    def __init__(self, input_size, hidden_size, layers):
        super().__init__()
        self.hidden_size, self.layers = hidden_size, layers
        bound = hidden_size**-0.5

        def add(name, *shape):
            self.register_parameter(name, nn.Parameter(torch.empty(*shape).uniform_(-bound, bound)))

        rows = self.gates * hidden_size
        for layer in range(layers):
            add(f"weight_ih_l{layer}", rows, hidden_size if layer else input_size)
            if self.has_product:
                add(f"weight_hh_l{layer}", rows, hidden_size)
            add(f"bias_ih_l{layer}", rows)
            if self.has_product:
                add(f"bias_hh_l{layer}", rows)
            if self.vectors:
                add(f"vectors_l{layer}", self.vectors, hidden_size)
                self.start(getattr(self, f"vectors_l{layer}").data)

    def start(self, vectors):
        """Moves the vectors, uniform in ±1/√H at first, to where they act."""

    def step(self, x, q, state, vectors):
        """The state after a step, from the input's and the recurrent part of the gates and the state before it."""
        raise NotImplementedError

    def forward(self, x, initial=None):
        if initial is None:
            initial = (x.new_zeros(self.layers, x.shape[1], self.hidden_size),) * self.states
        elif self.states == 1:
            initial = (initial,)
        final = []
        for layer in range(self.layers):
            state = tuple(part[layer] for part in initial)
            outputs = []
            for x_t in x:
                a = F.linear(x_t, getattr(self, f"weight_ih_l{layer}"), getattr(self, f"bias_ih_l{layer}"))
                q = None
                if self.has_product:
                    q = F.linear(state[0], getattr(self, f"weight_hh_l{layer}"), getattr(self, f"bias_hh_l{layer}"))
                state = self.step(a, q, state, getattr(self, f"vectors_l{layer}", None))
                outputs.append(state[0])
            x = torch.stack(outputs)
            final.append(state)
        final = tuple(torch.stack(part) for part in zip(*final))
        return x, final if self.states > 1 else final[0]


class PeepholeLSTM(LoopedCell):
    gates, vectors, states = 4, 3, 2

    def step(self, x, q, state, vectors):
        a_i, a_f, a_g, a_o = (x + q).chunk(4, -1)
        i = torch.sigmoid(a_i + vectors[0] * state[1])
        f = torch.sigmoid(a_f + vectors[1] * state[1])
        c = f * state[1] + i * torch.tanh(a_g)
        o = torch.sigmoid(a_o + vectors[2] * c)
        return o * torch.tanh(c), c


class CoupledLSTM(LoopedCell):
    gates, states = 3, 2

    def step(self, x, q, state, vectors):
        a_i, a_g, a_o = (x + q).chunk(3, -1)
        i = torch.sigmoid(a_i)
        c = (1 - i) * state[1] + i * torch.tanh(a_g)
        return torch.sigmoid(a_o) * torch.tanh(c), c


class NormedCell(LoopedCell):
    def start(self, vectors):
        # Not 1, where they start in training: over the steps the norms would magnify the bounds on rounding errors so
        # that a test within them would show nothing.
        vectors[: self.vectors // 2] += 0.25


class NormedRNN(NormedCell):
    vectors = 2

    def step(self, x, q, state, vectors):
        return (torch.tanh(normalize(vectors, 0, x + q)),)


class NormedLSTM(NormedCell):
    gates, vectors, states = 4, 10, 2

    def step(self, x, q, state, vectors):
        i, f, g, o = (normalize(vectors, gate, a) for gate, a in enumerate((x + q).chunk(4, -1)))
        c = torch.sigmoid(f) * state[1] + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(normalize(vectors, 4, c)), c


class NormedGRU(NormedCell):
    gates, vectors = 3, 8

    def step(self, x, q, state, vectors):
        (x_r, x_z, x_n), (q_r, q_z, q_n) = x.chunk(3, -1), q.chunk(3, -1)
        r = torch.sigmoid(normalize(vectors, 1, x_r + q_r))
        z = torch.sigmoid(normalize(vectors, 2, x_z + q_z))
        n = torch.tanh(normalize(vectors, 3, x_n) + r * normalize(vectors, 0, q_n))
        return ((1 - z) * n + z * state[0],)


class MinGRU(LoopedCell):
    gates, has_product = 2, False

    def step(self, x, q, state, vectors):
        a_z, candidate = x.chunk(2, -1)
        z = torch.sigmoid(a_z)
        return ((1 - z) * state[0] + z * candidate,)


class MinLSTM(LoopedCell):
    gates, has_product = 3, False

    def step(self, x, q, state, vectors):
        a_f, a_i, candidate = x.chunk(3, -1)
        f, i = torch.sigmoid(a_f), torch.sigmoid(a_i)
        return (f / (f + i) * state[0] + i / (f + i) * candidate,)


class RGLRU(LoopedCell):
    gates, vectors, has_product = 3, 1, False

    def start(self, vectors):
        # Where they act within seven steps, and not in a thousand.
        vectors.uniform_(-3, 0)

    def step(self, x, q, state, vectors):
        a_r, a_i, candidate = x.chunk(3, -1)
        log_a = -8 * F.softplus(vectors[0]) * torch.sigmoid(a_r)
        multiplier = torch.sqrt(-torch.expm1(2 * log_a))
        return (torch.exp(log_a) * state[0] + multiplier * torch.sigmoid(a_i) * candidate,)


class SLSTM(LoopedCell):
    """As the paper writes it, with its stabiliser; the state that is handed over is the engine's, h, c/n, 32 + log n."""

    gates, states = 4, 3

    def step(self, x, q, state, vectors):
        a_i, a_f, a_z, a_o = (x + q).chunk(4, -1)
        _, mean, weight = state
        # Any m with n·exp(m) the same gives the same.
        m = torch.zeros_like(weight)
        n = torch.exp(weight - 32)
        c = mean * n
        log_f = F.logsigmoid(a_f)
        stabilizer = torch.maximum(log_f + m, a_i)
        i, f = torch.exp(a_i - stabilizer), torch.exp(log_f + m - stabilizer)
        c, n = f * c + i * torch.tanh(a_z), f * n + i
        return torch.sigmoid(a_o) * c / n, c / n, 32 + stabilizer + torch.log(n)


class IndRNN(LoopedCell):
    vectors, has_product = 1, False

    def start(self, vectors):
        vectors.uniform_(0, 1)

    def step(self, x, q, state, vectors):
        return (torch.relu(x + vectors[0] * state[0]),)


LOOPED_CELLS = {
    "lstm_peephole": PeepholeLSTM,
    "lstm_coupled": CoupledLSTM,
    "rnn_norm": NormedRNN,
    "lstm_norm": NormedLSTM,
    "gru_norm": NormedGRU,
    "mingru": MinGRU,
    "indrnn": IndRNN,
    "minlstm": MinLSTM,
    "rglru": RGLRU,
    "slstm": SLSTM,
}


def check_loops():
    """Without peepholes the loop must equal nn.LSTM."""
    reference = nn.LSTM(5, 4, 2)
    loop = PeepholeLSTM(5, 4, 2)
    with torch.no_grad():
        loop.load_state_dict(reference.state_dict(), strict=False)
        for layer in range(2):
            getattr(loop, f"vectors_l{layer}").zero_()
    x, state = torch.randn(7, 3, 5), (torch.randn(2, 3, 4), torch.randn(2, 3, 4))
    (ours, (our_h, our_c)), (theirs, (their_h, their_c)) = loop(x, state), reference(x, state)
    for a, b in ((ours, theirs), (our_h, their_h), (our_c, their_c)):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-14)
