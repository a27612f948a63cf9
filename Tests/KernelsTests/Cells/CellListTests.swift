import CKernels
import Kernels
import Testing

@Suite("The list of cells")
struct CellListTests {
  @Test("Every cell of the list is in this file's, with the same blocks")
  func blocks() throws {
    // The cells stand last in the table.
    let first = try #require(MemoryLayout<rk_kernels>.offset(of: \.elman_tanh))
    #expect((MemoryLayout<rk_kernels>.size - first) / MemoryLayout<rk_cell>.stride == ListedCell.all.count)
    func check<Element: KernelScalar>(_: Element.Type) throws {
      for listed in ListedCell.all {
        let kernels = try #require(CellKernels<Element>(named: listed.name), "\(listed.name)")
        #expect(kernels.blocks == (listed.gates, listed.states, listed.saved, listed.vectors), "\(listed.name)")
        let cell = rk_cell.named(listed.name, Element.self)
        #expect(unsafe (cell.forward_second_stage != nil) == listed.hasTwoStages, "\(listed.name)")
        #expect(unsafe (cell.backward_first_stage != nil) == listed.hasTwoStages, "\(listed.name)")
      }
    }
    try check(Float.self)
    try check(Double.self)
  }

  @Test("An unknown name has no kernels", arguments: ["", "lst", "lstm ", "LSTM", "lstm_norm_", "tanh"])
  func unknown(name: String) {
    #expect(unsafe rk_cell_named(rk_kernels_f32(), name) == nil)
    #expect(unsafe rk_cell_named(rk_kernels_f64(), name) == nil)
    #expect(CellKernels<Float>(named: name) == nil)
    #expect(CellKernels<Double>(named: name) == nil)
  }

  /// Rows of exactly the sizes that the list says, one after the other, no byte beside them being readable.
  @Test("No cell reads or writes beside its blocks")
  func fenced() async {
    await #expect(processExitsWith: .success) { CellListTests.runFenced() }
  }

  static func runFenced() {
    for listed in ListedCell.all {
      for hidden in Array(1...17) + [31, 32, 33, 64, 65] {
        for atEnd in [false, true] {
          FencedStep(CellRows<Float>(listed.name, rows: 2, hidden: hidden, within: 3, seed: hidden), atEnd).check()
          FencedStep(CellRows<Double>(listed.name, rows: 2, hidden: hidden, within: 3, seed: hidden), atEnd).check()
        }
      }
    }
  }

  @Test("No block is idle", arguments: ListedCell.all)
  func idle(listed: ListedCell) {
    Self.checkUse(CellRows<Float>(listed.name, rows: 2, hidden: 9, within: 3, seed: 5))
    Self.checkUse(CellRows<Double>(listed.name, rows: 2, hidden: 9, within: 3, seed: 5))
  }

  private static func checkUse<Element: KernelScalar>(_ rows: CellRows<Element>) {
    /// The results of both directions where one block of an operand has other values.
    func results(without block: Int, of operand: KeyPath<CellRows<Element>, GuardedRow<Element>>) -> CellRows<Element> {
      let changed = rows.part(), row = changed[keyPath: operand]
      for index in 0..<row.count where index % row.columns / rows.hidden == block {
        row[index] = row[index] / 2 + Element(index % 5) / 8
      }
      changed.forward()
      changed.backward()
      return changed
    }
    func kept(_ rows: CellRows<Element>) -> [Element] { rows.next.values + rows.saved.values }
    let usual = results(without: -1, of: \.gates)
    for block in 0..<rows.cell.gates {
      #expect(!kept(results(without: block, of: \.gates)).isIdentical(to: kept(usual)))
    }
    for block in 0..<rows.cell.vectors {
      #expect(!kept(results(without: block, of: \.vectors)).isIdentical(to: kept(usual)))
    }
    for block in 0..<rows.cell.states {
      #expect(!results(without: block, of: \.gradient).gates.values.isIdentical(to: usual.gates.values))
    }
    // What is only written: no NaN may be left.
    let written = rows.part()
    for row in [written.next, written.saved] { for index in 0..<row.count { row[index] = .nan } }
    written.forward()
    #expect(kept(written).allSatisfy { $0.isFinite })
    // What is added to: every block moves in each row.
    let sums = usual.vectorGradient
    let moved = (0..<sums.count).filter { sums[$0] != rows.vectorGradient[$0] }.map { $0 / rows.hidden }
    #expect(Set(moved).count == rows.count * rows.cell.vectors)
  }
}

/// A step whose operands lie each between pages that nobody may touch.
private struct FencedStep<Element: KernelScalar> {
  let rows: CellRows<Element>
  let operands: [FencedRow<Element>]

  init(_ rows: CellRows<Element>, _ atEnd: Bool) {
    self.rows = rows
    operands = rows.operands.map { FencedRow($0.values, atEnd: atEnd) }
  }

  /// Both directions, which must give what they give elsewhere.
  func check() {
    func pointer(_ index: Int) -> UnsafeMutableRawPointer { unsafe UnsafeMutableRawPointer(operands[index].start) }
    let (cell, columns) = (rows.cell, rows.operands.map(\.columns))
    var step = unsafe rk_step(
      rows: rows.count, hidden: rows.hidden, gates: pointer(0), gates_stride: columns[0],
      previous: pointer(1), previous_stride: columns[1], next: pointer(2), next_stride: columns[2],
      saved: pointer(3), saved_stride: columns[3], gradient: pointer(4), gradient_stride: columns[4],
      operand_gradient: pointer(5), operand_gradient_stride: columns[5], vectors: pointer(6),
      vector_gradient: pointer(7), vector_gradient_stride: columns[7])
    unsafe cell.forward(&step)
    if let secondStage = unsafe cell.forward_second_stage { unsafe secondStage(&step) }
    unsafe cell.backward(&step)
    if let firstStage = unsafe cell.backward_first_stage { unsafe firstStage(&step) }
    let expected = rows.part()
    expected.forward()
    expected.backward()
    #expect(zip(operands, expected.operands).allSatisfy { $0.values.isIdentical(to: $1.values) })
  }
}
