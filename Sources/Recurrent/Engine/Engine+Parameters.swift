internal import Kernels

/// Parameters taken over, parameters that updates leave alone, and gradients of several batches.
extension Engine {
  /// The model's CRF, as its parameters are now.
  var crf: CRF? {
    guard let constraints = plan.configuration.crf, let places = plan.table.crf else { return nil }
    func values(_ first: Int, _ count: Int) -> [Double] { (first..<first + count).map { Double(memory[$0]) } }
    let count = places.labelCount
    return CRF(
      transitions: values(places.transitions, count * count), starts: values(places.starts, count),
      ends: values(places.ends, count), constraints: constraints)
  }

  /// Takes over the parameters of an engine of the same model.
  func copyParameters(from other: Engine<S>) {
    require(plan.table == other.plan.table, "parameters of another model")
    memory.write(other.memory.span(0, plan.table.blockCount), at: 0)
    parametersChanged()
  }

  /// Takes over parameters, laid out as a model's block.
  func setParameters(_ block: [S]) {
    require(block.count == plan.table.blockCount, "parameters of another model")
    memory.write(block.span, at: 0)
    parametersChanged()
  }

  /// A number that engines have in common where their parameters are the same: FNV-1a, of words.
  var parameterDigest: UInt64 {
    let parameters = memory.span(0, plan.table.blockCount)
    var digest: UInt64 = 0xCBF2_9CE4_8422_2325
    for index in parameters.indices { digest = (digest ^ Double(parameters[index]).bitPattern) &* 0x100_0000_01B3 }
    return digest
  }

  /// Leaves these parameters as they are from now on; all others are updated.
  func freeze(_ names: Set<String>) {
    for name in names {
      require(
        plan.table[name] != nil, "no parameter \(name) to freeze; there are \(plan.table.entries.map(\.name))")
    }
    (updatedLines, frozenLines) = ([], [])
    for entry in plan.table.entries {
      let lines = entry.offset / 16..<(entry.offset + entry.count + 15) / 16
      if names.contains(entry.name) {
        frozenLines.append(lines)
      } else if let last = updatedLines.last, last.upperBound == lines.lowerBound {
        updatedLines[updatedLines.count - 1] = last.lowerBound..<lines.upperBound
      } else {
        updatedLines.append(lines)
      }
    }
    hasFrozenParameters = !frozenLines.isEmpty
  }

  /// Updates what of these lines is not frozen.
  @inline(never)
  func updateAroundFrozen(_ share: Range<Int>, by rule: UpdateRule, norm: Double) {
    for updated in updatedLines {
      let lines = share.clamped(to: updated)
      rule.update(
        lines.lowerBound * 16, count: lines.count * 16, shift: plan.update.shift, norm: norm, in: memory)
    }
  }

  /// Frozen parameters have no gradient.
  @inline(never)
  func clearFrozenGradients() {
    for lines in frozenLines {
      memory.fill(
        Region(offset: plan.update.shift + lines.lowerBound * 16, rows: 1, columns: lines.count * 16), with: 0)
    }
  }

  /// Adds the gradient to that of the batches before.
  func accumulateGradient(isFirst: Bool) {
    guard let accumulator = plan.update.accumulator else { stop("the plan accumulates no gradients") }
    if isFirst {
      memory.copy(gradients, to: accumulator)
    } else {
      memory.add(gradients, to: accumulator)
    }
  }

  /// Makes the gradient the mean of its own batch's and of those accumulated.
  func meanGradient(ofBatches count: Int) {
    guard let accumulator = plan.update.accumulator else { stop("the plan accumulates no gradients") }
    memory.add(accumulator, to: gradients)
    memory.scale(gradients, by: 1 / Double(count), into: gradients)
  }

  private var gradients: Region {
    Region(offset: plan.update.shift, rows: 1, columns: plan.table.blockCount)
  }
}
