import Kernels
import Testing

/// The kernels of a cell as the engine calls them: on regions of a memory, and on the spans of a row.
@Suite("Kernels of cells in a memory and on spans")
struct CellKernelsTests {
  private static let sizes = [1, 5, 16, 33]

  @Test("A step in a memory is the kernel's call", arguments: ListedCell.all)
  func memory(listed: ListedCell) throws {
    for hidden in Self.sizes {
      try CellSteps<Float>(listed, hidden).checkMemory()
      try CellSteps<Double>(listed, hidden).checkMemory()
    }
  }

  @Test("A row of a step is the step of that row", arguments: ListedCell.all)
  func row(listed: ListedCell) throws {
    for hidden in Self.sizes {
      try CellSteps<Float>(listed, hidden).checkRows()
      try CellSteps<Double>(listed, hidden).checkRows()
    }
  }

  @Test("A row on spans is that row of a step", arguments: ListedCell.all)
  func spans(listed: ListedCell) throws {
    for hidden in Self.sizes {
      try CellSteps<Float>(listed, hidden).checkSpans()
      try CellSteps<Double>(listed, hidden).checkSpans()
    }
  }
}

/// Steps of a cell and what the C call makes of them.
private struct CellSteps<Element: KernelScalar> {
  let listed: ListedCell
  let kernels: CellKernels<Element>
  let before: CellRows<Element>, afterForward: CellRows<Element>, afterBackward: CellRows<Element>

  init(_ listed: ListedCell, _ hidden: Int) throws {
    self.listed = listed
    kernels = try #require(CellKernels<Element>(named: listed.name))
    before = CellRows(listed.name, rows: 3, hidden: hidden, within: 3, seed: hidden)
    afterForward = before.part()
    afterForward.forward()
    afterBackward = afterForward.part()
    afterBackward.backward()
  }

  private func forward(_ step: CellStep, in memory: Memory<Element>) {
    kernels.forward(step, in: memory)
    if listed.hasTwoStages { kernels.forwardSecondStage(step, in: memory) }
  }

  private func backward(_ step: CellStep, in memory: Memory<Element>) {
    kernels.backward(step, in: memory)
    if listed.hasTwoStages { kernels.backwardFirstStage(step, in: memory) }
  }

  func checkMemory() throws {
    let operands = CellMemory(before)
    forward(operands.step, in: operands.arena.memory)
    operands.expect(afterForward)
    backward(operands.step, in: operands.arena.memory)
    operands.expect(afterBackward)
  }

  func checkRows() throws {
    let operands = CellMemory(before)
    for row in 0..<before.count { forward(operands.step.row(row), in: operands.arena.memory) }
    operands.expect(afterForward)
    for row in (0..<before.count).reversed() { backward(operands.step.row(row), in: operands.arena.memory) }
    operands.expect(afterBackward)
  }

  func checkSpans() throws {
    for row in 0..<before.count {
      let one = before.part(rows: row..<row + 1)
      var (gates, next, saved) = (one.gates.values, one.next.values, one.saved.values)
      var (gradient, vectorGradient) = (one.gradient.values, one.vectorGradient.values)
      let (previous, operand, vectors) = (one.previous.values, one.operand.values, one.vectors.values)
      var gateSpan = gates.mutableSpan, nextSpan = next.mutableSpan, savedSpan = saved.mutableSpan
      kernels.forward(
        gates: &gateSpan, previous: previous.span, next: &nextSpan, saved: &savedSpan, vectors: vectors.span)
      if listed.hasTwoStages {
        kernels.forwardSecondStage(gates: &gateSpan, previous: previous.span, next: &nextSpan)
      }
      let forward = afterForward.part(rows: row..<row + 1)
      #expect(gates.isIdentical(to: forward.gates.values))
      #expect(next.isIdentical(to: forward.next.values))
      #expect(saved.isIdentical(to: forward.saved.values))

      var gatesAgain = gates.mutableSpan, gradientSpan = gradient.mutableSpan
      var vectorSpan = vectorGradient.mutableSpan
      kernels.backward(
        gates: &gatesAgain, previous: previous.span, next: next.span, saved: saved.span, gradient: &gradientSpan,
        vectors: vectors.span, vectorGradient: &vectorSpan)
      if listed.hasTwoStages {
        kernels.backwardFirstStage(
          gates: &gatesAgain, previous: previous.span, operandGradient: operand.span, gradient: &gradientSpan)
      }
      let backward = afterBackward.part(rows: row..<row + 1)
      #expect(gates.isIdentical(to: backward.gates.values))
      #expect(gradient.isIdentical(to: backward.gradient.values))
      #expect(vectorGradient.isIdentical(to: backward.vectorGradient.values))
    }
  }
}

/// The operands of a step in one memory, with gaps between them and between their rows.
struct CellMemory<Element: KernelScalar>: ~Copyable {
  let arena: Arena<Element>
  let step: CellStep
  private let regions: [Region]
  private static var gapValue: Element { 77 }

  init(_ rows: CellRows<Element>) {
    var (regions, offset): ([Region], Int) = ([], 9)
    for operand in rows.operands {
      guard operand.count > 0 else {
        regions.append(.empty)
        continue
      }
      regions.append(Region(offset: offset, rows: operand.rows, columns: operand.columns, stride: operand.stride))
      offset += operand.rows * operand.stride + 11
    }
    arena = Arena(count: offset, filledWith: Self.gapValue)
    for (region, operand) in zip(regions, rows.operands) { arena.memory.write(operand.values.span, to: region) }
    var step = CellStep(
      hidden: rows.hidden, gates: regions[0], previous: regions[1], next: regions[2], saved: regions[3])
    (step.gradient, step.operandGradient, step.vectors, step.vectorGradient) = (
      regions[4], regions[5], regions[6], regions[7]
    )
    self.step = step
    self.regions = regions
  }

  /// That the operands hold these numbers and the gaps what they held before.
  func expect(_ rows: CellRows<Element>, sourceLocation: SourceLocation = #_sourceLocation) {
    var expected = [Element](repeating: Self.gapValue, count: arena.memory.count)
    for (region, operand) in zip(regions, rows.operands) {
      for index in 0..<operand.count {
        expected[region.offset + index / region.columns * region.stride + index % region.columns] = operand[index]
      }
    }
    let actual = arena.memory.array(Region(offset: 0, rows: 1, columns: expected.count))
    #expect(actual.isIdentical(to: expected), sourceLocation: sourceLocation)
  }
}
