"""Runs exported models in ONNX Runtime and compares what they give with what the package computed.

    compare_onnx_export.py DIRECTORY [FIXTURES]

DIRECTORY holds pairs of files, N.onnx and N.safetensors (inputs as in.NAME, outputs as out.NAME). Models of doubles run in
ONNX's reference evaluator: ONNX Runtime's recurrent operators have no doubles. Prints a table by cell and fails where a
difference is larger than 1e-5 of the greatest number of its tensor. With FIXTURES, the pairs there get ONNX Runtime's
outputs as ort.NAME.
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


def run(path, inputs, is_double):
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    inferred = onnx.shape_inference.infer_shapes(model, check_type=True, strict_mode=True, data_prop=True)
    assert len(inferred.graph.output) == len(model.graph.output)
    names = [output.name for output in model.graph.output]
    if is_double:
        values = ReferenceEvaluator(model).run(names, inputs)
    else:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.log_severity_level = 3
        session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        values = session.run(names, inputs)
    return dict(zip(names, values))


def difference(actual, expected):
    """The greatest difference, relative to the greatest number of the tensor."""
    if actual.shape != expected.shape or actual.dtype != expected.dtype:
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
            actual = run(path, inputs, is_double)
            if actual.keys() != expected.keys():
                raise ValueError(f"outputs {sorted(actual)}, expected {sorted(expected)}")
            worst = max(difference(actual[name], expected[name]) for name in expected)
        except Exception as error:
            faults.append(f"{metadata['description']}: {error}")
            continue
        if not worst <= LIMIT:
            faults.append(f"{metadata['description']}: {worst:.1e}")
        row = rows[metadata["cell"]]
        row[3 if is_double else 0] += 1
        row[1] += 0 if is_double else sum(value.size for value in expected.values())
        row[4 if is_double else 2] = max(row[4 if is_double else 2], worst)
    print(f"onnx {onnx.__version__}, ONNX Runtime {onnxruntime.__version__}")
    print("| cell | models in ONNX Runtime | numbers | largest difference | models of Double, reference | largest |")
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
            for name, value in run(path, inputs, False).items():
                tensors["ort." + name] = np.asarray(value)
            metadata["onnxruntime"] = onnxruntime.__version__
            write(pair, tensors, metadata)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
