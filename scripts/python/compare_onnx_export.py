"""Runs exported models in ONNX Runtime and compares what they give with what the package computed.

    compare_onnx_export.py DIRECTORY [FIXTURES]

DIRECTORY holds pairs of files, N.onnx and N.safetensors (inputs as in.NAME, outputs as out.NAME). ONNX Runtime's recurrent
operators have no doubles: models of doubles run in ONNX's reference evaluator, or, where it lacks something (ragged batches,
other activations), in ONNX Runtime with every double made a float. Prints a table by cell and fails where a difference is larger than
1e-5 of the greatest number of its tensor. With FIXTURES, the pairs there get ONNX Runtime's outputs as ort.NAME.
"""

import json
import struct
import sys
from collections import defaultdict
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx.reference import ReferenceEvaluator

LIMIT = 1e-5
TYPES = {"F32": np.float32, "F64": np.float64, "I32": np.int32, "I64": np.int64}


def read(path):
    """Tensors and metadata of a safetensors file."""
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length])
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        values = np.frombuffer(data[8 + length + start : 8 + length + end], TYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"])
    return tensors, metadata


def write(path, tensors, metadata):
    names = {np.dtype(type): name for name, type in TYPES.items()}
    # As the format wants it: widest types first, so that all data are aligned.
    order = sorted(tensors, key=lambda name: (-tensors[name].itemsize, name))
    header, offset = {"__metadata__": metadata}, 0
    for name in order:
        array = tensors[name]
        header[name] = {
            "dtype": names[array.dtype], "shape": list(array.shape), "data_offsets": [offset, offset + array.nbytes],
        }
        offset += array.nbytes
    text = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(
        struct.pack("<Q", len(text)) + text + b"".join(np.ascontiguousarray(tensors[n]).tobytes() for n in order)
    )


def as_floats(model):
    """The model with every double made a float."""
    double, single = onnx.TensorProto.DOUBLE, onnx.TensorProto.FLOAT
    for tensor in model.graph.initializer:
        if tensor.data_type == double:
            values = onnx.numpy_helper.to_array(tensor).astype(np.float32)
            tensor.CopyFrom(onnx.numpy_helper.from_array(values, tensor.name))
    for value in [*model.graph.input, *model.graph.output, *model.graph.value_info]:
        if value.type.tensor_type.elem_type == double:
            value.type.tensor_type.elem_type = single
    for node in model.graph.node:
        for attribute in node.attribute:
            if node.op_type == "Cast" and attribute.name == "to" and attribute.i == double:
                attribute.i = single
    return model


def run(path, inputs, is_double):
    """The outputs by name, and whether they were computed in doubles."""
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    names = [output.name for output in model.graph.output]
    lacking = "lengths" in inputs or any(
        text in (b"Relu", b"Affine") for node in model.graph.node for attribute in node.attribute for text in attribute.strings
    )
    if is_double and not lacking:
        return dict(zip(names, ReferenceEvaluator(model).run(names, inputs))), True
    if is_double:
        model = as_floats(model)
        inputs = {n: v.astype(np.float32) if v.dtype == np.float64 else v for n, v in inputs.items()}
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return dict(zip(names, session.run(names, inputs))), False


def difference(actual, expected):
    """The greatest difference, relative to the greatest number of the tensor."""
    if actual.shape != expected.shape:
        return np.inf
    if expected.size == 0:
        return 0.0
    error = np.abs(actual.astype(np.float64) - expected).max()
    scale = np.abs(expected).max()
    return float(error / scale) if scale > 0 else (0.0 if error == 0 else np.inf)


def main():
    directory = Path(sys.argv[1])
    rows = defaultdict(lambda: [0, 0, 0.0, 0, 0.0])
    faults = []
    for path in sorted(directory.glob("*.onnx"), key=lambda path: int(path.stem)):
        tensors, metadata = read(path.with_suffix(".safetensors"))
        inputs = {name[3:]: value for name, value in tensors.items() if name.startswith("in.")}
        expected = {name[4:]: value for name, value in tensors.items() if name.startswith("out.")}
        is_double = any(value.dtype == np.float64 for value in expected.values())
        try:
            actual, is_reference = run(path, inputs, is_double)
            if actual.keys() != expected.keys():
                raise ValueError(f"outputs {sorted(actual)}, expected {sorted(expected)}")
            worst = max(difference(actual[name], expected[name]) for name in expected)
        except Exception as error:
            faults.append(f"{metadata['description']}: {error}")
            continue
        if not worst <= LIMIT:
            faults.append(f"{metadata['description']}: {worst:.1e}")
        row = rows[metadata["cell"]]
        row[3 if is_reference else 0] += 1
        row[1] += 0 if is_reference else sum(value.size for value in expected.values())
        row[4 if is_reference else 2] = max(row[4 if is_reference else 2], worst)
    print(f"onnx {onnx.__version__}, ONNX Runtime {onnxruntime.__version__}")
    print("| cell | models in ONNX Runtime | numbers | largest difference | doubles in the reference evaluator | largest |")
    print("|---|--:|--:|--:|--:|--:|")
    for cell, (models, numbers, worst, doubles, worst_double) in rows.items():
        print(f"| {cell} | {models} | {numbers:,} | {worst:.1e} | {doubles} | {worst_double:.1e} |")
    worst = max(row[2] for row in rows.values())
    print(f"{sum(row[0] + row[3] for row in rows.values())} models, largest difference in ONNX Runtime {worst:.1e}")
    for fault in faults:
        print("WRONG " + fault)
    if len(sys.argv) > 2:
        for path in sorted(Path(sys.argv[2]).glob("*.onnx")):
            pair = path.with_suffix(".safetensors")
            tensors, metadata = read(pair)
            tensors = {name: value for name, value in tensors.items() if not name.startswith("ort.")}
            inputs = {name[3:]: value for name, value in tensors.items() if name.startswith("in.")}
            for name, value in run(path, inputs, False)[0].items():
                tensors["ort." + name] = np.asarray(value)
            metadata["onnxruntime"] = onnxruntime.__version__
            write(pair, tensors, metadata)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
