import CKernels
import Foundation
import Kernels
import Testing

@Suite("Instruction sets", .serialized)
struct InstructionSetTests {
  @Test("The name is one of the documented ones")
  func name() {
    #expect(["avx512", "avx2+fma", "neon", "baseline"].contains(InstructionSet.name))
  }

  // A process keeps its choice, so other kernels that this machine can run are tried in processes of their own, which
  // choose before they compute anything. (The environment would reach the processes of other tests, too.) They meet
  // the same bounds against the same references, and so agree with each other within twice as much.
  #if arch(x86_64)
    @Test("The baseline kernels meet the same bounds")
    func baseline() async {
      await #expect(processExitsWith: .success) { InstructionSetTests.checkEverything(by: "baseline") }
    }

    @Test("The AVX2 kernels meet the same bounds", .enabled(if: InstructionSet.name == "avx512"))
    func avx2() async {
      await #expect(processExitsWith: .success) { InstructionSetTests.checkEverything(by: "avx2+fma") }
    }

    private static func checkEverything(by name: String) {
      unsafe rk_choose_instruction_set(name)
      #expect(InstructionSet.name == name)
      ActivationScan.tanhOfFloat()
      ActivationScan.sigmoidOfFloat()
      ActivationScan.tanhOfDouble()
      ActivationScan.sigmoidOfDouble()
      ActivationTests().position()
      PackedProductTests().random()
      PackedProductTests().rowsAlone()
      SparseProductTests.run()
      BlockKernelTests.norms()
      BlockKernelTests.products()
      for test in [
        CellTests.elmanTanh, CellTests.elmanReLU, CellTests.lstm, CellTests.gru, CellTests.gruBefore,
        CellTests.lstmPeephole, CellTests.lstmCoupled, CellTests.minGRU, CellTests.indRNN,
        CellTests.minLSTM, CellTests.rgLRU, CellTests.sLSTM, CellTests.leaky,
      ] {
        test(CellTests())()
      }
      for test in [NormCellTests.rnn, NormCellTests.lstm, NormCellTests.gru, NormCellTests.oneUnit] {
        test(NormCellTests())()
      }
      CellListTests.runFenced()
      for listed in ListedCell.all {
        #expect(throws: Never.self) {
          try CellKernelsTests().memory(listed: listed)
          try CellKernelsTests().row(listed: listed)
          try CellKernelsTests().spans(listed: listed)
        }
      }
      HalfProductTests().rounded(rows: 7, columns: 300, inner: 40)
      HalfProductTests().special()
      TransposedProductTests().parts()
      MemoryProductTests().packed()
      MemoryProductTests().transposed()
      DropoutKernelTests().stability()
      LossKernelTests().random()
      OptimizerKernelTests().adam()
      RowKernelTests().transpose()
      MeasureTests().readSum()
      MeasureTests().multiplyAdd()
    }
  #endif

  @Test("Denormals are flushed until the control word is restored")
  func denormals() {
    let tiny = Float.leastNonzeroMagnitude
    let control = rk_flush_denormals()
    let flushed = Self.twice(tiny)
    rk_restore_denormals(control)
    #expect(flushed == 0)
    #expect(Self.twice(tiny) == 2 * tiny)
    rk_spin_hint()
  }

  /// By a kernel: the compiler may move an addition of its own over the change of the control word.
  private static func twice(_ x: Float) -> Float {
    let row = GuardedRow([x]), sum = GuardedRow([x])
    unsafe Float.kernels.add(1, row.input, sum.output)
    return sum[0]
  }
}
