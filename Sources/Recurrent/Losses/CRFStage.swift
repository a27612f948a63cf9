internal import Foundation
internal import Kernels

/// The loss of a linear-chain CRF on the outputs, −log p(labels), and its gradient by outputs and parameters: what `CRF` says, in planned memory. All sums
/// are in double precision, whatever the model's is: their size grows with T.
///
/// Sums over pairs of labels are products with e^(A − max A): K exponentials a step and not K². Where such a sum could have lost a
/// term that matters, far below the largest, the step is computed by logarithms of each term.
struct CRFStage: Sendable, BitwiseCopyable {
  /// Of the parameters in the scalars.
  let places: ParameterTable.CRFOffsets
  /// T, N.
  let steps: Int
  let batchSize: Int
  /// In the indices: steps of each sequence, [N].
  private let firstCount: Int
  /// In the sums: what constraints take off A, b and d, [K·K + 2·K].
  private let penalties: Int
  /// In the sums: A, b and d with it, [K·K + 2·K].
  private let chain: Int
  /// In the sums: e^(A − max A) and its transpose, [K, K] each, and max A.
  private let powers: Int
  /// In the sums: the scratch of each sequence.
  private let firstScratch: Int

  private var count: Int { places.labelCount }
  private var pairs: Int { count * count }
  /// Numbers of A, b and d together.
  private var parameterCount: Int { pairs + 2 * count }
  /// Gradient of the parameters [K·K + 2·K]; α [T, K]; five rows of labels.
  private var sequenceScratch: Int { parameterCount + (steps + 5) * count }

  /// - Throws: `PlanError` where the sums are too many to count.
  init(_ places: ParameterTable.CRFOffsets, steps: Int, batchSize: Int, _ arenas: inout ArenaLayout) throws(PlanError) {
    (self.places, self.steps, self.batchSize) = (places, steps, batchSize)
    let labels = Double(places.labelCount)
    if Double(batchSize) * labels * (labels + Double(steps) + 7) >= 0x1p55 {
      throw .tooLarge(what: "a CRF of \(places.labelCount) labels over \(steps) steps")
    }
    let count = places.labelCount
    let parameters = count * count + 2 * count
    firstCount = arenas.integers("steps of chains", .workspace, [batchSize])
    penalties = arenas.sums("forbidden transitions", .packed, [parameters])
    chain = arenas.sums("transitions", .packed, [parameters])
    powers = arenas.sums("powers of transitions", .packed, [2 * count * count + 1])
    firstScratch = arenas.sums("chains", .scratch, [batchSize, parameters + (steps + 5) * count])
  }

  // MARK: Parameters

  /// What is forbidden. To be called once.
  func writePenalties(_ constraints: CRFConstraints, in sums: Memory<Double>) {
    for pair in constraints.transitions { sums[penalties + pair.from * count + pair.to] += CRFConstraints.penalty }
    for label in constraints.starts { sums[penalties + pairs + label] += CRFConstraints.penalty }
    for label in constraints.ends { sums[penalties + pairs + count + label] += CRFConstraints.penalty }
  }

  /// Reads the parameters, once per update.
  func pack<S: Scalar>(_ scalars: Memory<S>, _ sums: Memory<Double>) {
    for index in 0..<pairs { sums[chain + index] = Double(scalars[places.transitions + index]) }
    for label in 0..<count {
      sums[chain + pairs + label] = Double(scalars[places.starts + label])
      sums[chain + pairs + count + label] = Double(scalars[places.ends + label])
    }
    for index in 0..<parameterCount { sums[chain + index] += sums[penalties + index] }
    var most = -Double.infinity
    for index in 0..<pairs { most = max(most, sums[chain + index]) }
    sums[powers + 2 * pairs] = most
    for from in 0..<count {
      for to in 0..<count {
        let power = exp(sums[chain + from * count + to] - most)
        sums[powers + from * count + to] = power
        sums[powers + pairs + to * count + from] = power
      }
    }
  }

  // MARK: Batch

  func setStepCount(_ steps: Int, of sequence: Int, in indices: Memory<Int32>) {
    indices[firstCount + sequence] = Int32(steps)
  }

  func stepCount(of sequence: Int, in indices: Memory<Int32>) -> Int { Int(indices[firstCount + sequence]) }

  /// −log p(labels) of one sequence, times its weight; its gradient over the weight of all steps takes the place of the outputs, that
  /// by the parameters waits for `addGradient`.
  /// - Parameters:
  ///   - classes: where in the indices the label of row 0 stands.
  ///   - row: the row of `outputs` that a step of the sequence has.
  func loss<S: Scalar>(
    of sequence: Int, weight: Double, outOf total: Double, _ outputs: Region, classes: Int, in memory: LossMemory<S>,
    row: (_ step: Int) -> Int
  ) -> Double {
    let steps = stepCount(of: sequence, in: memory.indices)
    let chain = Chain(self, sequence, steps, outputs, classes: classes, memory)
    chain.clearGradient()
    guard steps > 0, weight > 0, total > 0 else {
      for step in 0..<steps { memory.scalars.fill(outputs.row(row(step)), with: 0) }
      return 0
    }
    let logPartition = chain.forward(row)
    let loss = logPartition - chain.score(row)
    chain.backward(logPartition, scale: weight / total, row)
    return loss * weight
  }

  /// The gradient by the parameters, summed over the sequences in their order, to `gradient` scalars from the parameters'.
  func writeGradient<S: Scalar>(sequences: Int, shift: Int, _ scalars: Memory<S>, _ sums: Memory<Double>) {
    for index in 0..<parameterCount {
      var sum = 0.0
      for sequence in 0..<sequences { sum += sums[firstScratch + sequence * sequenceScratch + index] }
      let place =
        index < pairs
        ? places.transitions + index
        : index < pairs + count ? places.starts + index - pairs : places.ends + index - pairs - count
      scalars[shift + place] = S(sum)
    }
  }

  /// The recursions over one sequence.
  private struct Chain<S: Scalar> {
    let stage: CRFStage
    let count: Int
    let steps: Int
    let outputs: Region
    let memory: LossMemory<S>
    let classes: Int
    // Places in the sums.
    let transitions: Int
    let powers: Int
    let gradient: Int
    let alphas: Int
    let rows: Int

    init(
      _ stage: CRFStage, _ sequence: Int, _ steps: Int, _ outputs: Region, classes: Int, _ memory: LossMemory<S>
    ) {
      (self.stage, self.steps, self.outputs, self.classes, self.memory) = (stage, steps, outputs, classes, memory)
      count = stage.count
      (transitions, powers) = (stage.chain, stage.powers)
      gradient = stage.firstScratch + sequence * stage.sequenceScratch
      alphas = gradient + stage.parameterCount
      rows = alphas + stage.steps * count
    }

    private var starts: Int { transitions + count * count }
    private var ends: Int { starts + count }
    private var sums: Memory<Double> { memory.sums }
    private var mostOfTransitions: Double { sums[powers + 2 * count * count] }

    /// Terms of a sum below this share of it might be lost to underflow; above, its relative error is K roundings.
    private static var least: Double { 1e-200 }
    /// e to more than this is not computed.
    private static var mostPower: Double { 400 }

    func clearGradient() {
      sums.fill(Region(offset: gradient, rows: 1, columns: stage.parameterCount), with: 0)
    }

    private func emission(_ row: Int, _ label: Int) -> Double {
      Double(memory.scalars[outputs.offset + row * outputs.stride + label])
    }

    private func label(_ row: Int) -> Int { Int(memory.indices[classes + row]) }

    private func most(_ place: Int) -> Double {
      var most = sums[place]
      for label in 1..<max(count, 1) { most = max(most, sums[place + label]) }
      return most
    }

    /// result = e^(values − most).
    private func powers(of values: Int, most: Double, into result: Int) {
      for label in 0..<count { sums[result + label] = exp(sums[values + label] - most) }
    }

    /// log Σ e^(values[i] + matrix[i·stride]), term by term.
    private func logSum(_ values: Int, _ matrix: Int, stride: Int) -> Double {
      var most = -Double.infinity
      for label in 0..<count { most = max(most, sums[values + label] + sums[matrix + label * stride]) }
      guard most > -.infinity else { return most }
      var sum = 0.0
      for label in 0..<count { sum += exp(sums[values + label] + sums[matrix + label * stride] - most) }
      return most + log(sum)
    }

    /// log Z; leaves α.
    func forward(_ row: (Int) -> Int) -> Double {
      let (vector, result) = (rows, rows + count)
      let first = row(0)
      for label in 0..<count { sums[alphas + label] = sums[starts + label] + emission(first, label) }
      for step in 1..<max(steps, 1) {
        let (before, after, row) = (alphas + (step - 1) * count, alphas + step * count, row(step))
        let most = most(before)
        powers(of: before, most: most, into: vector)
        sums.chainSums(count, vector: vector, matrix: powers, into: result)
        for label in 0..<count {
          let sum = sums[result + label]
          let logarithm =
            sum > Self.least
            ? most + mostOfTransitions + log(sum) : logSum(before, transitions + label, stride: count)
          sums[after + label] = logarithm + emission(row, label)
        }
      }
      return logSum(alphas + (steps - 1) * count, ends, stride: 1)
    }

    /// Of the labels that the sequence should have.
    func score(_ row: (Int) -> Int) -> Double {
      var (sum, before) = (0.0, 0)
      for step in 0..<steps {
        let row = row(step)
        let label = label(row)
        sum += emission(row, label) + sums[step == 0 ? starts + label : transitions + before * count + label]
        before = label
      }
      return sum + sums[ends + before]
    }

    /// Marginals less what is the case, times `scale`: of single labels in the place of the outputs, of pairs, starts and ends in the
    /// sequence's gradient.
    func backward(_ total: Double, scale: Double, _ rowOf: (Int) -> Int) {
      // β of this step; e + β; e to that; e to α; sums.
      let (betas, later, right, left, result) =
        (rows, rows + count, rows + 2 * count, rows + 3 * count, rows + 4 * count)
      for label in 0..<count { sums[betas + label] = sums[ends + label] }
      for step in (0..<steps).reversed() {
        let row = rowOf(step)
        let own = label(row)
        for label in 0..<count {
          sums[later + label] = sums[betas + label] + emission(row, label)
          let marginal = exp(sums[alphas + step * count + label] + sums[betas + label] - total)
          let difference = scale * (marginal - (label == own ? 1 : 0))
          memory.scalars[outputs.offset + row * outputs.stride + label] = S(difference)
          if step == 0 { sums[gradient + count * count + label] += difference }
          if step == steps - 1 { sums[gradient + count * count + count + label] += difference }
        }
        guard step > 0 else { return }
        let before = alphas + (step - 1) * count
        let most = most(later)
        powers(of: later, most: most, into: right)
        addPairs(before, later, most, left: left, right: right, total, scale)
        sums.chainSums(count, vector: right, matrix: powers + count * count, into: result)
        for label in 0..<count {
          let sum = sums[result + label]
          sums[betas + label] =
            sum > Self.least
            ? most + mostOfTransitions + log(sum) : logSum(later, transitions + label * count, stride: 1)
        }
        sums[gradient + label(rowOf(step - 1)) * count + own] -= scale
      }
    }

    /// Marginals of the pairs of two steps, times `scale`.
    /// - Parameters:
    ///   - before: α of the first step.
    ///   - later: e + β of the second; `right` is e to that less its greatest, `most`.
    ///   - left: room for e to α less its greatest.
    private func addPairs(
      _ before: Int, _ later: Int, _ most: Double, left: Int, right: Int, _ total: Double, _ scale: Double
    ) {
      let mostBefore = self.most(before)
      let power = mostBefore + mostOfTransitions + most - total
      if power < Self.mostPower {
        powers(of: before, most: mostBefore, into: left)
        sums.chainPairs(
          count, left: left, matrix: powers, right: right, factor: scale * exp(power), addingTo: gradient)
        return
      }
      for from in 0..<count {
        let (own, line) = (sums[before + from] - total, from * count)
        for to in 0..<count {
          sums[gradient + line + to] += scale * exp(own + sums[transitions + line + to] + sums[later + to])
        }
      }
    }
  }
}
