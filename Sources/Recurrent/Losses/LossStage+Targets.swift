internal import Kernels

/// Targets into the memory of a loss, checked on the way.
extension LossStage {
  /// A class for each row.
  /// - Parameter place: where the class at an index stands.
  func setClasses<S>(
    _ classes: Span<Int32>, rows: Int, in memory: LossMemory<S>, _ place: (_ index: Int) -> StepPlace
  ) {
    require(classes.count == rows, "expected \(rows) classes, got \(classes.count)")
    classRange.check(classes, place)
    memory.indices.write(classes, at: self.classes)
  }

  /// A value for each output.
  func setValues<S: Scalar>(_ targets: Span<S>, rows: Int, in memory: LossMemory<S>) {
    let place = place(for: targets)
    let count = rows * place.columns
    require(targets.count == count, "expected \(count) target values, got \(targets.count)")
    memory.scalars.write(targets, at: place.offset)
  }

  /// What a class may be.
  var classRange: IndexRange {
    var ignored: Int32?
    if case .crossEntropy(_, _, let other) = rule { ignored = other }
    return IndexRange(name: "class", count: outputs.columns, ignored: ignored)
  }

  /// Values of a row's target.
  var targetSize: Int { values.columns }

  /// Where the targets `values` belong; traps where they cannot be such.
  func place<S: Scalar>(for targets: Span<S>) -> Region {
    require(values.rows > 0, "the loss has no values")
    if case .binaryCrossEntropy = rule {
      for index in targets.indices {
        require(
          targets[index] >= 0 && targets[index] <= 1,
          "targets of the binary cross-entropy must be in 0...1, got \(targets[index])")
      }
    }
    if case .negativeBinomial = rule {
      for index in targets.indices {
        let count = targets[index]
        require(
          count >= 0 && count.isFinite && count.rounded() == count,
          "targets of the negative binomial loss are counts, whole numbers of 0 or more, got \(count)")
      }
    }
    return values
  }
}
