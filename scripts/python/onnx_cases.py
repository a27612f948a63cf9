"""ONNX models with inputs and expected outputs: `NAME.onnx` and `NAME.pb`, a graph whose initializers are `input.…` and
`output.…`.

    onnx_cases.py fixtures DIRECTORY              the committed cases of Tests/RecurrentONNXTests
    onnx_cases.py random DIRECTORY COUNT SEED     random models, run by ONNX Runtime

Called by scripts/onnx-fixtures and scripts/compare-onnxruntime.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper

GATES = {"RNN": 1, "GRU": 3, "LSTM": 4}
FUNCTIONS = {"RNN": ["Tanh"], "GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"]}
INPUTS = ["X", "W", "R", "B", "sequence_lens", "initial_h", "initial_c", "P"]


def write_case(directory, name, model, inputs, outputs):
    (directory / f"{name}.onnx").write_bytes(model.SerializeToString(deterministic=True))
    data = onnx.GraphProto()
    for kind, values in {"input": inputs, "output": outputs}.items():
        for key, value in values.items():
            data.initializer.append(onnx.numpy_helper.from_array(np.asarray(value), f"{kind}.{key}"))
    (directory / f"{name}.pb").write_bytes(data.SerializeToString(deterministic=True))


# ONNX's own tests


def node_tests(directory):
    """The 18 tests of RNN, LSTM and GRU, from ONNX's own generators."""
    from onnx.backend.test.case import node as node_cases
    from onnx.backend.test.case.node import gru, lstm, rnn  # noqa: F401  (importing them makes their cases)

    count = 0
    for case in node_cases.collect_testcases(None):
        if case.model.graph.node[0].op_type not in GATES or len(case.model.graph.node) != 1:
            continue
        inputs, outputs = case.data_sets[0]
        names = [value.name for value in case.model.graph.input], [value.name for value in case.model.graph.output]
        write_case(directory, case.name, case.model, dict(zip(names[0], inputs)), dict(zip(names[1], outputs)))
        count += 1
    assert count == 18, count


# Cases from ONNX Runtime


def alpha_beta(names, generator):
    """Random parameters for those of the functions that have such."""
    alphas, betas = [], []
    for name in names:
        if name in ("Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh", "HardSigmoid", "Elu"):
            alphas.append(float(np.float32(generator.uniform(0.1, 0.6))))
        if name in ("Affine", "ScaledTanh", "HardSigmoid"):
            betas.append(float(np.float32(generator.uniform(0.2, 0.8))))
    return alphas, betas


def layer(
    operator, generator, steps=5, batch=3, inputs=3, hidden=4, direction="forward", attributes=None, optional=(),
    lengths=None, weights_are_inputs=False, outputs=3, scale=0.6,
):  # fmt: skip
    """A model of one node, and its inputs."""
    directions = 2 if direction == "bidirectional" else 1
    gates = GATES[operator]
    shapes = {
        "X": (steps, batch, inputs),
        "W": (directions, gates * hidden, inputs),
        "R": (directions, gates * hidden, hidden),
        "B": (directions, 2 * gates * hidden),
        "initial_h": (directions, batch, hidden),
        "initial_c": (directions, batch, hidden),
        "P": (directions, 3 * hidden),
    }
    present = ["X", "W", "R", *optional]
    values = {
        name: (generator.standard_normal(shapes[name]) * (1 if name == "X" else scale)).astype(np.float32)
        for name in INPUTS
        if name in present
    }
    if lengths is not None:
        values["sequence_lens"] = np.array(lengths, np.int32)
    names = [name if name in values else "" for name in INPUTS]
    while not names[-1]:
        names.pop()
    results = ["Y", "Y_h", "Y_c"][: outputs if operator == "LSTM" else min(2, outputs)]
    node = helper.make_node(
        operator, names, results, hidden_size=hidden, direction=direction, **(attributes or {})
    )
    is_fed = lambda name: weights_are_inputs or name not in ("W", "R", "B", "P")  # noqa: E731
    graph = helper.make_graph(
        [node],
        operator,
        [
            helper.make_tensor_value_info(
                name, TensorProto.INT32 if name == "sequence_lens" else TensorProto.FLOAT, value.shape
            )
            for name, value in values.items()
            if is_fed(name)
        ],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, None) for name in results],
        [onnx.numpy_helper.from_array(value, name) for name, value in values.items() if not is_fed(name)],
    )
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="recurrent-cases"
    )
    return model, {name: value for name, value in values.items() if is_fed(name)}


def run(model, inputs):
    import onnxruntime

    onnxruntime.set_default_logger_severity(3)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, inputs)))


def runtime_cases(directory):
    """What ONNX's own tests leave out."""
    generator = np.random.default_rng(2026)
    everything = {
        "RNN": ("B", "initial_h"),
        "GRU": ("B", "initial_h"),
        "LSTM": ("B", "initial_h", "initial_c", "P"),
    }
    others = {
        "RNN": ["Affine"],
        "GRU": ["HardSigmoid", "ScaledTanh"],
        "LSTM": ["HardSigmoid", "Softsign", "LeakyRelu"],
    }
    cases = {}
    for operator in GATES:
        small = operator.lower()
        for direction in ("reverse", "bidirectional"):
            cases[f"{small}_ragged_{direction}"] = (
                operator,
                dict(direction=direction, optional=everything[operator], lengths=[5, 2, 4]),
            )
        cases[f"{small}_ragged_empty"] = (
            operator,
            dict(optional=everything[operator], lengths=[3, 0, 5]),
        )
        cases[f"{small}_single_steps"] = (
            operator,
            dict(optional=everything[operator], steps=1, lengths=[1, 0, 1]),
        )
        cases[f"{small}_initial_state"] = (operator, dict(optional=everything[operator][:3]))
        cases[f"{small}_clip"] = (
            operator,
            dict(optional=everything[operator], attributes=dict(clip=0.4)),
        )
        names = others[operator]
        alphas, betas = alpha_beta(names, generator)
        cases[f"{small}_activations"] = (
            operator,
            dict(
                optional=everything[operator],
                attributes=dict(activations=names, activation_alpha=alphas, activation_beta=betas),
            ),
        )
        both = names + FUNCTIONS[operator]
        cases[f"{small}_activations_by_direction"] = (
            operator,
            dict(
                direction="bidirectional",
                optional=everything[operator],
                attributes=dict(activations=both, activation_alpha=alphas, activation_beta=betas),
            ),
        )
        for function in ("Relu", "ThresholdedRelu", "Elu", "Softplus", "LeakyRelu"):
            names = FUNCTIONS[operator][:-1] + [function]
            alphas, betas = alpha_beta(names, generator)
            attributes = dict(activations=names)
            if alphas:
                attributes["activation_alpha"] = alphas
            cases[f"{small}_{function.lower()}"] = (
                operator,
                dict(optional=("B",), attributes=attributes, weights_are_inputs=True),
            )
    for reset in (0, 1):
        for direction in ("forward", "bidirectional"):
            cases[f"gru_reset_{'after' if reset else 'before'}_{direction}"] = (
                "GRU",
                dict(direction=direction, optional=("B", "initial_h"), attributes=dict(linear_before_reset=reset)),
            )
        cases[f"gru_reset_{'after' if reset else 'before'}_clip_activations"] = (
            "GRU",
            dict(
                optional=("B", "initial_h"),
                attributes=dict(
                    linear_before_reset=reset, clip=0.7, activations=["HardSigmoid", "Softsign"],
                    activation_alpha=[0.3], activation_beta=[0.4],
                ),
            ),
        )  # fmt: skip
    cases["lstm_input_forget"] = ("LSTM", dict(optional=("B",), attributes=dict(input_forget=1)))
    cases["lstm_input_forget_peepholes"] = (
        "LSTM",
        dict(optional=("B", "P"), direction="bidirectional", attributes=dict(input_forget=1, clip=1.5)),
    )
    cases["lstm_peepholes_ragged"] = ("LSTM", dict(optional=("P",), lengths=[1, 5, 3]))
    for name, (operator, options) in cases.items():
        model, inputs = layer(operator, generator, **options)
        write_case(directory, name, model, inputs, run(model, inputs))


# Models from PyTorch's exporters


def torch_cases(directory):
    """What torch.onnx.export writes, by both of its exporters, and what PyTorch computes."""
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self, cell, layers, both, batch_first, embeds, reads, squashes, function=None):
            super().__init__()
            self.embedding = nn.Embedding(11, 5) if embeds else None
            options = {"nonlinearity": function} if function else {}
            self.rnn = getattr(nn, cell)(
                5, 6, layers, bidirectional=both, batch_first=batch_first, dropout=0.1 if layers > 1 else 0, **options
            )
            self.linear = nn.Linear(12 if both else 6, 3)
            self.axis, self.reads, self.squashes = int(batch_first), reads, squashes

        def forward(self, x):
            y, state = self.rnn(x if self.embedding is None else self.embedding(x))
            if self.reads == "last":
                y = y.select(self.axis, -1)
            elif self.reads == "final":
                h = state[0] if isinstance(state, tuple) else state
                y = torch.cat([h[-2], h[-1]], -1) if self.rnn.bidirectional else h[-1]
            y = self.linear(y)
            return torch.log_softmax(y, -1) if self.squashes else y

    networks = {
        "lstm_two_layers_both": ("LSTM", 2, True, True, False, "all", False),
        "lstm_embedding": ("LSTM", 2, False, True, True, "all", True),
        "lstm_final_both": ("LSTM", 1, True, True, False, "final", False),
        "gru_last": ("GRU", 1, False, False, True, "last", True),
        "gru_two_layers_both": ("GRU", 2, True, False, False, "all", False),
        "gru_final": ("GRU", 2, False, True, False, "final", False),
        "rnn_relu": ("RNN", 2, False, True, False, "all", False, "relu"),
        "rnn_both": ("RNN", 1, True, False, True, "all", False),
    }
    steps, batch = 5, 3
    for name, arguments in networks.items():
        torch.manual_seed(len(name))
        network = Network(*arguments).eval()
        shape = (batch, steps) if arguments[3] else (steps, batch)
        x = torch.randint(0, 11, shape) if arguments[4] else torch.randn(*shape, 5)
        y = network(x).detach().numpy()
        axes = {"x": {int(not arguments[3]): "batch", int(arguments[3]): "steps"}}
        # The newer exporter takes nn.RNN apart into single steps.
        for exporter in ["script"] + (["dynamo"] if arguments[0] != "RNN" else []):
            path = directory / f"{exporter}_{name}.onnx"
            options = (
                dict(dynamo=False, opset_version=17, dynamic_axes=axes)
                if exporter == "script"
                else dict(dynamo=True, opset_version=18, dynamic_shapes=(axes["x"],), external_data=False)
            )
            torch.onnx.export(network, (x,), str(path), input_names=["x"], output_names=["y"], **options)
            model = onnx.load(path)
            for node in model.graph.node:
                node.ClearField("doc_string")
                node.ClearField("metadata_props")
            del model.graph.value_info[:]
            for values in (model.graph.input, model.graph.output, model.graph.initializer):
                for value in values:
                    value.ClearField("metadata_props")
            write_case(directory, path.stem, model, {"x": x.numpy()}, {"y": y})


def random_cases(directory, count, seed):
    """All attributes that ONNX Runtime supports: everything but layout 1."""
    generator = np.random.default_rng(seed)
    pick = lambda values: values[generator.integers(len(values))]  # noqa: E731
    flip = lambda chance=0.5: generator.random() < chance  # noqa: E731
    gate = ["Sigmoid", "HardSigmoid", "Sigmoid", "Tanh", "Softsign"]
    other = ["Tanh", "Relu", "Affine", "LeakyRelu", "ThresholdedRelu", "ScaledTanh", "HardSigmoid", "Elu", "Softsign",
             "Softplus", "Sigmoid"]  # fmt: skip
    for index in range(count):
        operator = pick(list(GATES))
        direction = pick(["forward", "reverse", "bidirectional"])
        steps, batch = int(generator.integers(1, 13)), int(generator.integers(1, 8))
        hidden = int(generator.integers(1, 40))
        attributes = {}
        if flip():
            names = []
            for _ in range(2 if direction == "bidirectional" else 1):
                names += [pick(other)] if operator == "RNN" else [pick(gate), pick(other)]
                names += [pick(other)] if operator == "LSTM" else []
            alphas, betas = alpha_beta(names, generator)
            attributes["activations"] = names
            if alphas:
                attributes["activation_alpha"] = alphas
            if betas:
                attributes["activation_beta"] = betas
        if flip(0.3):
            attributes["clip"] = float(np.float32(generator.uniform(0.1, 3)))
        if operator == "GRU" and flip():
            attributes["linear_before_reset"] = 1
        if operator == "LSTM" and flip(0.3):
            attributes["input_forget"] = 1
        optional = [name for name in ("B", "initial_h") if flip(0.7)]
        optional += [name for name in ("initial_c", "P") if operator == "LSTM" and flip()]
        lengths = [int(generator.integers(0, steps + 1)) for _ in range(batch)] if flip() else None
        # Small weights: functions without bound and with jumps then stay in a range where a relative error means
        # something.
        model, inputs = layer(
            operator, generator, steps, batch, int(generator.integers(1, 20)), hidden, direction, attributes, optional,
            lengths, flip(0.3), int(generator.integers(1, 4)), scale=0.7 / np.sqrt(hidden),
        )  # fmt: skip
        write_case(directory, f"random_{index:05}", model, inputs, run(model, inputs))


def main():
    warnings.simplefilter("ignore")
    directory = Path(sys.argv[2])
    directory.mkdir(parents=True, exist_ok=True)
    if sys.argv[1] == "fixtures":
        for group, write in {"Node": node_tests, "Runtime": runtime_cases, "PyTorch": torch_cases}.items():
            (directory / group).mkdir(exist_ok=True)
            write(directory / group)
    else:
        random_cases(directory, int(sys.argv[3]), int(sys.argv[4]))


main()
