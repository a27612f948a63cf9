"""Tests of what needs no peer: python -m unittest discover Benchmarks/Peers/tests"""

import os
import sys
import tempfile
import unittest
from pathlib import Path
from xml.etree import ElementTree

import numpy as np

sys.path.insert(0, str(Path(__file__).parent.parent))

from peers.case import SHAPES, Case, grid, random_shapes  # noqa: E402
from peers.errors import WrongResult, check, expected_tensors  # noqa: E402
from peers.picture import picture  # noqa: E402
from peers.ratios import below_goal, best_peer, headline, ratio, ratio_in_loop  # noqa: E402
from peers.sides import LineProcess, SideFailed  # noqa: E402
from peers.table import table  # noqa: E402


def measured(case: Case, **milliseconds: float) -> dict:
    sides = {name: {"median": value, "call_milliseconds": 0.001} for name, value in milliseconds.items()}
    return {**case.json(), "shape": case.shape, "flops": case.flops, "sides": sides, "failures": {}}


class CaseTests(unittest.TestCase):
    def test_flops(self):
        T, N, I, H, V = 50, 32, 64, 128, 65
        dense = Case.layer("lstm", "train", "50,32,64,128", 1)
        self.assertEqual(dense.flops, 6 * T * N * 4 * H * (I + H))
        self.assertEqual(Case.layer("gru", "infer", "50,32,64,128", 1).flops, 2 * T * N * 3 * H * (I + H))
        hot = Case.layer("rnn", "train", f"50,32,{V}hot,128,2", 1)
        self.assertEqual(hot.flops, 6 * T * N * H * (H + H + H))
        self.assertEqual(Case.stream("rnn", 64, 1).flops, 2 * 64 * (64 + 64))

    def test_shapes_are_read_as_written(self):
        for shape in SHAPES:
            self.assertEqual(Case.layer("rnn", "train", shape, 1).shape, shape)
        for shape in ("1,2,3", "1,2,3,0", "a,2,3,4", "1,2hot,3,4", ""):
            with self.assertRaises(ValueError):
                Case.layer("rnn", "train", shape, 1)

    def test_grid(self):
        cases = grid(["rnn", "gru"], ["1,2,3,4"], [8], ["train", "stream"], [1, 2])
        self.assertEqual(len(cases), len(set(cases)))
        self.assertEqual([case.mode for case in cases], ["train", "train", "stream", "stream"] * 2)


    def test_precisions_are_of_inference(self):
        cases = grid(["lstm"], ["1,2,3,4"], [8], ["train", "infer", "stream"], [1], ["float", "int8"])
        self.assertEqual([(case.mode, case.precision) for case in cases][:3],
                         [("train", "float"), ("infer", "float"), ("infer", "int8")])
        self.assertEqual(len(cases), 5)
        self.assertEqual(Case.from_json(cases[2].json()), cases[2])

    def test_random_shapes_are_those_of_the_seed(self):
        shapes = random_shapes(200, 7)
        self.assertEqual(shapes, random_shapes(200, 7))
        self.assertNotEqual(shapes, random_shapes(200, 8))
        for shape in shapes:
            T, N, I, H = map(int, shape.split(","))
            self.assertTrue(10 <= T <= 150 and 1 <= N <= 96 and 16 <= I <= 640 and 16 <= H <= 640, shape)


class ProcessTests(unittest.TestCase):
    def start(self, command: str) -> LineProcess:
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        processors = sorted(os.sched_getaffinity(0))
        process = LineProcess("a side", ["sh", "-c", command], 1, processors, Path(directory.name, "log"))
        self.addCleanup(process.close, kill=True)
        return process

    def test_answers_line_by_line_on_one_processor(self):
        process = self.start("nproc; cat")
        self.assertEqual(process.answer(5), "1")
        self.assertEqual([process.ask(line, 5) for line in ("a", "b")], ["a", "b"])

    def test_a_side_that_ends_says_why(self):
        with self.assertRaisesRegex(SideFailed, "a side ended early .*: no memory"):
            self.start("echo no memory >&2; exit 3").answer(5)

    def test_a_side_that_hangs_is_killed(self):
        process = self.start("sleep 60")
        with self.assertRaisesRegex(SideFailed, "a side did not answer within 0 s"):
            process.ask("a", 0.1)
        self.assertIsNotNone(process.process.poll())


class ErrorTests(unittest.TestCase):
    case = Case.layer("gru", "train", "4,2,3,5", 1)
    reference = {name: np.ones((2, 3)) for name in expected_tensors(case)}

    def test_rounding_passes(self):
        results = {name: (values * (1 + 1e-6)).astype(np.float32) for name, values in self.reference.items()}
        self.assertEqual(check(self.case, "side", results, self.reference).keys(), self.reference.keys())

    def test_faults_are_named(self):
        wrong = np.ones((2, 3), np.float32)
        wrong[1, 1] += 1e-3
        for fault in (wrong, np.full((2, 3), np.nan, np.float32), np.ones((3, 2), np.float32), None):
            results = {name: values for name, values in self.reference.items() if name != "d.weight_hh_l0"}
            if fault is not None:
                results["d.weight_hh_l0"] = fault
            with self.assertRaisesRegex(WrongResult, "side: .*d.weight_hh_l0"):
                check(self.case, "side", results, self.reference)


class ReportTests(unittest.TestCase):
    cases = [
        measured(Case.layer("lstm", "train", "4,2,3,5", 1), recurrent=1.0, pytorch=1.1, jax=3.0),
        measured(Case.layer("rnn", "train", "4,2,3,5", 2), recurrent=1.0, pytorch=8.0, jax=2.0),
        measured(Case.layer("rnn", "infer", "9,2,65hot,5,2", 2), recurrent=1.0),
        measured(Case.stream("gru", 64, 1), recurrent=1.0, onnxruntime=1.5),
    ]
    document = {
        "machine": {"cpu": "a processor", "processors": 2, "instruction sets": ["avx2"], "kernel": "Linux"},
        "date": "2000-01-01",
        "command": "scripts/bench-peers",
        "rounds": 5,
        "seconds": 0.15,
        "peaks": {"1": [100.0], "2": []},
        "cases": cases,
    }

    def test_ratios(self):
        self.assertEqual([best_peer(case) for case in self.cases], ["pytorch", "jax", None, "onnxruntime"])
        self.assertEqual([ratio(case) for case in self.cases], [1.1, 2.0, None, 1.5])
        self.assertEqual(below_goal(self.cases), [self.cases[3], self.cases[0]])

    def test_streams_count_without_calls(self):
        case = measured(Case.stream("gru", 64, 1), recurrent=1.0, pytorch=9.0)
        case["sides"]["pytorch"]["call_milliseconds"] = 2.0
        case["sides"]["recurrent"]["loop_milliseconds"], case["sides"]["pytorch"]["loop_milliseconds"] = 2.0, 3.0
        self.assertEqual((headline(case), ratio(case), ratio_in_loop(case)), (7.0, 9.0, 1.5))
        self.assertEqual(below_goal([case]), [])
        case["sides"]["pytorch"]["call_milliseconds"] = 7.5
        self.assertEqual(below_goal([case]), [case])

    def test_precisions_have_a_table(self):
        short = measured(Case.layer("lstm", "infer", "4,2,3,5", 1, "int8"), recurrent=0.5, pytorch=1.0)
        full = measured(Case.layer("lstm", "infer", "4,2,3,5", 1), recurrent=1.0, pytorch=1.2)
        short["sides"]["recurrent"]["h"] = {"max": 0.01, "rms": 0.002}
        text = table(self.document | {"cases": [full, short]})
        self.assertIn("## Weights of fewer bits", text)
        self.assertIn("1.0e-02, 2.0e-03", text)
        self.assertIn("of 1 cases", text)

    def test_report(self):
        text = table(self.document)
        self.assertIn("2 of 3 cases are below the goals", text)
        self.assertIn("| train LSTM 4,2,3,5, 1 thread", text)
        drawing = ElementTree.fromstring(picture(self.document))
        titles = [element.text for element in drawing.iter("{http://www.w3.org/2000/svg}title")]
        self.assertIn("LSTM 4,2,3,5, 1 thread: 1.10", titles)


if __name__ == "__main__":
    unittest.main()
