"""ONNX Runtime: a graph of one RNN, LSTM or GRU operator a layer, weights as initializers. It does not train."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from .case import Case, layer_name
from .peer import SMALL_FLOPS, Peer, Run

# PyTorch's gates in the operators' order: i,f,g,o becomes i,o,f,g; r,z,n becomes z,r,n.
GATE_ORDER = {"rnn": (0,), "lstm": (0, 3, 1, 2), "gru": (1, 0, 2)}
OPSET, IR = 17, 9  # of the format; the operators have not changed since 14


def reorder(cell: str, values: np.ndarray) -> np.ndarray:
    """Rows of gates, [G·H, …], in ONNX's order."""
    gates = np.split(values, len(GATE_ORDER[cell]))
    return np.concatenate([gates[gate] for gate in GATE_ORDER[cell]])


def make_model(case: Case, data: dict[str, np.ndarray]) -> bytes:
    """input [T, N, I] → output [T, 1, N, H]; of a stream input [1, 1, I], h, c → output (the next h) and next_c."""
    stream = case.mode == "stream"
    nodes, initializers = [], []
    value = "input"
    for layer in range(case.layers):
        names = []
        for kind, rows in (("W", ("weight_ih",)), ("R", ("weight_hh",)), ("B", ("bias_ih", "bias_hh"))):
            values = np.concatenate([reorder(case.cell, data[layer_name(row, layer)]) for row in rows])
            names.append(f"{kind}{layer}")
            initializers.append(numpy_helper.from_array(np.ascontiguousarray(values[None]), names[-1]))
        inputs = [value, *names, "", *(["h", "c"] if case.cell == "lstm" else ["h"])] if stream else [value, *names]
        output = "output" if layer == case.layers - 1 else f"Y{layer}"
        outputs = ["", output, *(["next_c"] if case.cell == "lstm" else [])] if stream else [output]
        settings = {"linear_before_reset": 1} if case.cell == "gru" else {}
        nodes.append(helper.make_node(case.cell.upper(), inputs, outputs, hidden_size=case.hidden, **settings))
        if output != "output":
            nodes.append(helper.make_node("Squeeze", [output, "direction"], [f"x{layer + 1}"]))
            value = f"x{layer + 1}"
    if case.layers > 1:
        initializers.append(numpy_helper.from_array(np.array([1], np.int64), "direction"))

    def declare(name, *shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    state = (1, case.sequences, case.hidden)
    if stream:
        inputs = [declare("input", 1, 1, case.inputs), declare("h", *state)]
        outputs = [declare("output", *state)]
        if case.cell == "lstm":
            inputs.append(declare("c", *state))
            outputs.append(declare("next_c", *state))
    else:
        inputs = [declare("input", case.steps, case.sequences, case.inputs)]
        outputs = [declare("output", case.steps, *state)]
    return serialize(nodes, inputs, outputs, initializers)


def quantized(model: bytes) -> bytes:
    """The LSTM as DynamicQuantizeLSTM: weights of 8 bits with a scale a column, input and state quantized at each step."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "quantized.onnx")
        quantize_dynamic(
            onnx.load_from_string(model), path, op_types_to_quantize=["LSTM"], per_channel=True,
            weight_type=QuantType.QInt8,
        )
        made = path.read_bytes()
    if not any(node.op_type == "DynamicQuantizeLSTM" for node in onnx.load_from_string(made).graph.node):
        raise ValueError("ONNX Runtime did not quantize the LSTM")
    return made


def serialize(nodes, inputs, outputs, initializers=()) -> bytes:
    graph = helper.make_graph(nodes, "peer", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def make_session(model: bytes, threads: int) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_ALL
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    options.add_session_config_entry("session.set_denormal_as_zero", "1")
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def on_cpu(values: np.ndarray) -> onnxruntime.OrtValue:
    return onnxruntime.OrtValue.ortvalue_from_numpy(values)


class ONNXRuntimePeer(Peer):
    name = "onnxruntime"

    def __init__(self, threads: int):
        self.threads = threads

    def describe(self) -> dict:
        return {"ONNX Runtime": onnxruntime.__version__, "onnx": onnx.__version__, "threads": self.threads}

    def runs(self, case, data):
        """Plain and with IO binding, and what is small also on one thread."""
        if case.mode == "train":
            raise ValueError("ONNX Runtime's package does not train")
        if case.one_hot:  # made dense outside the time that is taken
            data = data | {"input": np.eye(case.inputs, dtype=np.float32)[data["tokens"]]}
        model = make_model(case, data)
        if case.precision == "int8":
            model = quantized(model)
        makers = {"run": self.plain_stream, "binding": self.bound_stream}
        if case.mode == "infer":
            makers = {"run": self.plain_run, "binding": self.bound_run}
        counts = sorted({self.threads, 1 if case.flops < SMALL_FLOPS else self.threads}, reverse=True)
        runs = {}
        for threads in counts:
            session = make_session(model, threads)
            for name, maker in makers.items():
                label = f"{name}, {threads} thread{'s' if threads > 1 else ''}"
                runs[label] = lambda maker=maker, session=session: maker(case, data, session)
        return runs

    @staticmethod
    def plain_run(case, data, session) -> Run:
        feed = {"input": data["input"]}

        def step():
            return session.run(["output"], feed)[0]

        return Run(step, lambda: {"output": step()[:, 0]})

    @staticmethod
    def bound_run(case, data, session) -> Run:
        output = on_cpu(np.zeros((case.steps, 1, case.sequences, case.hidden), np.float32))
        binding = session.io_binding()
        binding.bind_ortvalue_input("input", on_cpu(data["input"]))
        binding.bind_ortvalue_output("output", output)

        def step():
            session.run_with_iobinding(binding)

        def results():
            step()
            return {"output": output.numpy()[:, 0].copy()}

        return Run(step, results)

    @staticmethod
    def plain_stream(case, data, session) -> Run:
        pieces = list(data["input"][:, None])  # each [1, 1, I]
        zero = np.zeros((1, 1, case.hidden), np.float32)
        names = ["h", "c"] if case.cell == "lstm" else ["h"]
        turn, state = itertools.cycle(pieces), [zero] * len(names)

        def step():
            nonlocal state
            state = session.run(None, {"input": next(turn), **dict(zip(names, state))})
            return state[0]

        def results():
            nonlocal turn, state
            turn, state = itertools.cycle(pieces), [zero] * len(names)
            return {"output": np.concatenate([step() for _ in pieces])}

        return Run(step, results)

    @staticmethod
    def bound_stream(case, data, session) -> Run:
        """Two bindings in turn: what one writes as next state the other reads."""
        pieces = list(data["input"][:, None])  # each [1, 1, I]
        names = [("h", "output"), ("c", "next_c")] if case.cell == "lstm" else [("h", "output")]
        zero = np.zeros((1, 1, case.hidden), np.float32)
        x = on_cpu(pieces[0].copy())
        states = [[on_cpu(zero.copy()) for _ in names] for _ in range(2)]
        bindings = []
        for before, after in ((states[0], states[1]), (states[1], states[0])):
            binding = session.io_binding()
            binding.bind_ortvalue_input("input", x)
            for (old, new), old_value, new_value in zip(names, before, after):
                binding.bind_ortvalue_input(old, old_value)
                binding.bind_ortvalue_output(new, new_value)
            bindings.append(binding)
        turn, side = itertools.cycle(pieces), 0

        def step():
            nonlocal side
            x.update_inplace(next(turn))
            session.run_with_iobinding(bindings[side])
            side = 1 - side
            return states[side][0]

        def results():
            nonlocal turn, side
            turn, side = itertools.cycle(pieces), 0
            for value in states[0]:
                value.update_inplace(zero)
            return {"output": np.concatenate([step().numpy().copy() for _ in pieces])}

        return Run(step, results)

    def call(self, case):
        """A graph that copies [1, H], with IO binding and a new input, as in the fastest stream."""
        declare = [helper.make_tensor_value_info(name, TensorProto.FLOAT, (1, case.hidden)) for name in ("x", "y")]
        session = make_session(serialize([helper.make_node("Identity", ["x"], ["y"])], declare[:1], declare[1:]), 1)
        zero = np.zeros((1, case.hidden), np.float32)
        x, y = on_cpu(zero.copy()), on_cpu(zero.copy())
        binding = session.io_binding()
        binding.bind_ortvalue_input("x", x)
        binding.bind_ortvalue_output("y", y)

        def copy():
            x.update_inplace(zero)
            session.run_with_iobinding(binding)

        return copy
