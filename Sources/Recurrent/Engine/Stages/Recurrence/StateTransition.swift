internal import Kernels

/// What lies between what the cell gives and the state: a projection of the output, and zoneout.
struct StateTransition: Sendable {
  /// nil without one.
  let projection: Projection?
  /// nil without it.
  let zoneout: ZoneoutMemory?
  /// [R, S·H] what the cell gives, where that is not the state itself; empty otherwise.
  let candidates: Region

  struct Projection: Sendable {
    /// [P, H]
    let map: Linear
    /// [R, P] dL/d(projected output), for the projection's own gradient.
    let outputGradient: Region
    /// [N, H] dL/d(output before the projection).
    let cellGradient: Region
  }

  struct ZoneoutMemory: Sendable {
    let rates: Zoneout
    /// [N, S·H] the part of dL/d(state) that it hands on to the step before.
    let kept: Region
  }

  /// Whether there is anything.
  var isActive: Bool { projection != nil || zoneout != nil }

  init<S: Scalar>(
    _ name: String, _ cell: CellShape, hidden: Int, outputSize: Int, _ offsets: ParameterTable.Recurrence,
    _ rates: Zoneout, _ sizes: BatchSizes, _ products: ProductChoice, _ arenas: inout ArenaLayout, _ scalar: S.Type
  ) {
    let (batch, stateColumns) = (sizes.isTraining ? sizes.batchSize : 0, cell.stateCount * hidden)
    if let offset = offsets.projection {
      projection = Projection(
        map: Linear(
          name + "weight_hr", Region(offset: offset, rows: outputSize, columns: hidden), by: products.steps,
          ofSteps: true, backward: sizes.isTraining, &arenas, scalar),
        outputGradient: arenas.matrix(
          name + "dprojected", .workspace, sizes.isTraining ? sizes.keptRows : 0, outputSize),
        cellGradient: arenas.matrix(name + "dcell output", .scratch, batch, hidden))
    } else {
      projection = nil
    }
    zoneout =
      rates.isActive
      ? ZoneoutMemory(rates: rates, kept: arenas.matrix(name + "dkept", .scratch, batch, stateColumns)) : nil
    candidates =
      projection != nil || zoneout != nil
      ? arenas.matrix(name + "candidates", .workspace, sizes.gateRows, stateColumns) : .empty
  }
}

extension Recurrence {
  // MARK: Forward

  /// The state from what the cell gave: projected, and mixed with the old one by zoneout.
  func settle<S: Scalar>(_ step: Int, _ slots: Range<Int>, keptFrom keptRow: Int, _ call: Call, in memory: Memory<S>) {
    let rows = call.rows
    let first = rows.firstRow(ofStep: step)
    let candidates = transition.candidates.rows(slots.moved(by: first - keptRow))
    let next = states.rows(slots.moved(by: batchSize + first))
    let others = hidden..<cell.stateCount * hidden
    if let projection = transition.projection {
      projection.map.multiply(
        candidates.columns(0..<hidden), from: .zero, into: next.columns(outputColumns), in: memory)
      memory.copy(candidates.columns(others), to: next.columns(others))
    } else {
      memory.copy(candidates, to: next)
    }
    guard let zoneout = transition.zoneout else { return }
    let before = rows.previousRow(inStep: step)
    for slot in slots {
      let previous = states.row(step == 0 ? rows.sequence(inSlot: slot) : before + slot)
      let state = states.row(batchSize + first + slot)
      forEachPart(zoneout, step, slot, call) { columns, rate, seed, number in
        memory.zoneout(previous.columns(columns), into: state.columns(columns), rate: rate, seed: seed, first: number)
      }
    }
  }

  // MARK: Backward

  /// The derivative of `settle`: from dL/d(state) to dL/d(what the cell gave), in the same rows. What zoneout hands on to
  /// the step before is put aside.
  func unsettle<S: Scalar>(_ step: Int, _ slots: Range<Int>, _ call: Call, in memory: Memory<S>) {
    if let zoneout = transition.zoneout {
      memory.fill(zoneout.kept.rows(slots), with: 0)
      for slot in slots {
        forEachPart(zoneout, step, slot, call) { columns, rate, seed, number in
          memory.zoneoutGradient(
            stateGradient.row(slot).columns(columns), kept: zoneout.kept.row(slot).columns(columns), rate: rate,
            seed: seed, first: number)
        }
      }
    }
    guard let projection = transition.projection else { return }
    let output = stateGradient.rows(slots).columns(outputColumns)
    let cellGradient = projection.cellGradient.rows(slots)
    memory.copy(output, to: projection.outputGradient.rows(slots.moved(by: call.rows.firstRow(ofStep: step))))
    projection.map.multiplyBack(output, from: .zero, into: cellGradient, in: memory)
    memory.copy(cellGradient, to: stateGradient.rows(slots).columns(0..<hidden))
  }

  /// Calls `body` for each part of the state that zoneout acts on: its columns, the probability, and where the random
  /// numbers of the row begin (without a seed it is the expectation).
  @inline(__always)
  private func forEachPart(
    _ zoneout: StateTransition.ZoneoutMemory, _ step: Int, _ slot: Int, _ call: Call,
    _ body: (_ columns: Range<Int>, _ rate: Double, _ seed: UInt64?, _ first: Int) -> Void
  ) {
    let number = call.rows.maskNumber(ofStep: step, call.rows.sequence(inSlot: slot))
    for part in 0..<cell.stateCount {
      let rate = zoneout.rates.rate(ofPart: part)
      guard rate > 0 else { continue }
      let width = part == 0 ? outputSize : hidden
      let start = part * hidden
      body(
        start..<start + width, rate, call.dropoutSeed.map { $0 &+ MaskStream.zoneout(index, part: part) },
        number * width)
    }
  }
}
