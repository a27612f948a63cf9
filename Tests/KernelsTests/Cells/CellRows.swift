import CKernels
import Kernels

/// The operands of one step of a cell, a row for each sequence, each with a stride of its own that is wider than its
/// rows. In a row number j of block p is at p · hidden + j.
struct CellRows<Element: KernelScalar> {
  let cell: rk_cell
  let hidden: Int
  let gates, previous, next, saved, gradient, operand, vectors, vectorGradient: GuardedRow<Element>

  var count: Int { gates.rows }

  /// Random rows; `operand` is what only cells of two stages read.
  /// - Parameter bound: of the pre-activations.
  init(_ name: String, rows: Int, hidden: Int, within bound: Double, seed: Int) {
    cell = .named(name, Element.self)
    self.hidden = hidden
    var random = SplitMix64(seed)
    func guarded(_ blocks: Int, within bound: Double, gap: Int) -> GuardedRow<Element> {
      GuardedRow(random.numbers(rows * blocks * hidden, within: bound), rows: rows, gap: gap)
    }
    gates = guarded(cell.gates, within: bound, gap: 3)
    previous = guarded(cell.states, within: 2, gap: 5)
    next = guarded(cell.states, within: 0, gap: 7)
    saved = guarded(cell.saved, within: 0, gap: 2)
    gradient = guarded(cell.states, within: 2, gap: 4)
    operand = guarded(1, within: 2, gap: 1)
    vectors = GuardedRow(random.numbers(cell.vectors * hidden, within: 2))
    // What the steps before have left: this step's part is added to it.
    vectorGradient = guarded(cell.vectors, within: 2, gap: 6)
    // The logarithm of all weights so far stands there moved by 32; that of none would leave the state without effect.
    if name == "slstm" {
      for index in 0..<previous.count where index % previous.columns / max(1, hidden) == 2 { previous[index] += 32 }
    }
  }

  private init(_ whole: CellRows, rows: Range<Int>, units: Range<Int>) {
    cell = whole.cell
    hidden = units.count
    func part(_ operand: GuardedRow<Element>, _ rows: Range<Int>, gap: Int) -> GuardedRow<Element> {
      let blocks = operand.columns / max(1, whole.hidden)
      let values = rows.flatMap { row in
        (0..<blocks).flatMap { block in units.map { operand[row * operand.columns + block * whole.hidden + $0] } }
      }
      return GuardedRow(values, rows: rows.count, gap: gap)
    }
    gates = part(whole.gates, rows, gap: 1)
    previous = part(whole.previous, rows, gap: 2)
    next = part(whole.next, rows, gap: 3)
    saved = part(whole.saved, rows, gap: 4)
    gradient = part(whole.gradient, rows, gap: 5)
    operand = part(whole.operand, rows, gap: 6)
    vectors = part(whole.vectors, 0..<1, gap: 0)
    vectorGradient = part(whole.vectorGradient, rows, gap: 7)
  }

  /// The numbers of some rows and units, in places of their own.
  func part(rows: Range<Int>? = nil, units: Range<Int>? = nil) -> CellRows {
    CellRows(self, rows: rows ?? 0..<count, units: units ?? 0..<hidden)
  }

  var operands: [GuardedRow<Element>] {
    [gates, previous, next, saved, gradient, operand, vectors, vectorGradient]
  }

  var isIntact: Bool { operands.allSatisfy(\.isIntact) }

  func isIdentical(to other: CellRows) -> Bool {
    zip(operands, other.operands).allSatisfy { $0.values.isIdentical(to: $1.values) }
  }

  /// The operands as the kernels take them. One that the cell does not have is null: it must not be read.
  private var step: rk_step {
    func present(_ operand: GuardedRow<Element>) -> UnsafeMutableRawPointer? {
      unsafe operand.columns == 0 ? nil : UnsafeMutableRawPointer(operand.output)
    }
    var step = unsafe rk_step()
    unsafe (step.rows, step.hidden) = (count, hidden)
    unsafe (step.gates, step.gates_stride) = (present(gates), gates.stride)
    unsafe (step.previous, step.previous_stride) = (UnsafeRawPointer(present(previous)), previous.stride)
    unsafe (step.next, step.next_stride) = (present(next), next.stride)
    unsafe (step.saved, step.saved_stride) = (present(saved), saved.stride)
    unsafe step.vectors = UnsafeRawPointer(present(vectors))
    return unsafe step
  }

  /// All stages, without the product between them.
  func forward() {
    var step = unsafe step
    unsafe cell.forward(&step)
    if let secondStage = unsafe cell.forward_second_stage { unsafe secondStage(&step) }
  }

  func backward() {
    var step = unsafe step
    unsafe (step.gradient, step.gradient_stride) = (UnsafeMutableRawPointer(gradient.output), gradient.stride)
    if vectors.count > 0 {
      unsafe step.vector_gradient = UnsafeMutableRawPointer(vectorGradient.output)
      unsafe step.vector_gradient_stride = vectorGradient.stride
    }
    unsafe cell.backward(&step)
    if let firstStage = unsafe cell.backward_first_stage {
      unsafe (step.operand_gradient, step.operand_gradient_stride) = (UnsafeRawPointer(operand.input), operand.stride)
      unsafe firstStage(&step)
    }
  }

  /// What belongs to one unit of one row.
  func unit(_ row: Int, _ j: Int) -> CellUnit {
    func blocks(_ operand: GuardedRow<Element>, _ row: Int) -> [Double] {
      stride(from: j, to: operand.columns, by: hidden).map { Double(operand[row * operand.columns + $0]) }
    }
    return CellUnit(
      gates: blocks(gates, row), previous: blocks(previous, row), next: blocks(next, row), saved: blocks(saved, row),
      gradient: blocks(gradient, row), operand: blocks(operand, row), vectors: blocks(vectors, 0),
      vectorGradient: blocks(vectorGradient, row))
  }
}

/// One unit of a cell in plain numbers; the reference works on it.
struct CellUnit {
  var gates, previous, next, saved, gradient, operand, vectors, vectorGradient: [Double]

  var all: [[Double]] { [gates, previous, next, saved, gradient, operand, vectors, vectorGradient] }
}

extension rk_cell {
  static func named<Element: KernelScalar>(_ name: String, _: Element.Type) -> rk_cell {
    let table = unsafe Element.self == Float.self ? rk_kernels_f32() : rk_kernels_f64()
    guard let cell = unsafe rk_cell_named(table, name) else { fatalError("no cell is named \(name)") }
    return unsafe cell.pointee
  }
}
