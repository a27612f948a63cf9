internal import Foundation
internal import Kernels

/// Connectionist temporal classification (Graves, Fernández, Gomez & Schmidhuber 2006): what a network spells that names a
/// label or the blank at every step. The loss is `Loss.ctc`; here are the decoders.
public enum CTC {}

/// Where the loss has the labels of each sequence and its recursions, and the loss of one sequence.
///
/// U labels are 2U + 1 states, the blank before, between and behind them. Everything is a logarithm in double precision,
/// whatever the model's: with T steps their sizes grow like T, and single precision would lose what the gradient needs.
struct CTCStage: Sendable, BitwiseCopyable {
  let blank: Int32
  let zeroInfinity: Bool
  /// T, N, V.
  let steps: Int
  let batchSize: Int
  let classCount: Int
  /// U at most.
  let maximumLabels: Int
  /// In the indices: steps [N], numbers of labels [N], labels [N, U].
  private let firstIndex: Int
  /// In the sums: the scratch of each sequence.
  private let firstScratch: Int

  private var states: Int { 2 * maximumLabels + 1 }
  /// A row of states with two beyond its end, which are impossible.
  private var width: Int { states + 2 }

  /// Emissions [T, S], states before each step and after the last [T + 1, S + 2]; permitted skips, two rows of states
  /// [S + 2] each; how often a state or class is [S], [V].
  private var sequenceScratch: Int { (steps + (steps + 1) + 4) * width + classCount }

  /// - Throws: `PlanError` where the alignments are too many to count.
  init(
    blank: Int32, zeroInfinity: Bool, steps: Int, batchSize: Int, classCount: Int, maximumLabels: Int,
    _ arenas: inout ArenaLayout
  ) throws(PlanError) {
    let states = 2 * Double(maximumLabels) + 3
    let scratch = Double(batchSize) * ((2 * Double(steps) + 5) * states + Double(classCount))
    if scratch >= 0x1p55 { throw .tooLarge(what: "alignments of \(maximumLabels) labels with \(steps) steps") }
    (self.blank, self.zeroInfinity, self.steps, self.batchSize) = (blank, zeroInfinity, steps, batchSize)
    (self.classCount, self.maximumLabels) = (classCount, maximumLabels)
    firstIndex = arenas.integers("labels", .workspace, [batchSize, 2 + maximumLabels])
    let width = 2 * maximumLabels + 3
    firstScratch = arenas.sums(
      "alignments", .scratch, [batchSize, (2 * steps + 5) * width + classCount])
  }
}

// MARK: Labels

extension CTCStage {
  /// The labels of a sequence, and how many steps it has.
  func setLabels(_ own: [Int32], of sequence: Int, stepCount: Int, in indices: Memory<Int32>) {
    require(stepCount >= 0 && stepCount <= steps, "steps must be in 0...\(steps), got \(stepCount)")
    require(
      own.count <= maximumLabels || own.count > stepCount,
      "planned for \(maximumLabels) labels a sequence, got \(own.count) of sequence \(sequence)")
    for (place, label) in own.enumerated() {
      require(
        label >= 0 && label < classCount && label != blank,
        "label \(label) at sequence \(sequence), place \(place): expected 0 to \(classCount - 1), but the blank \(blank)"
      )
    }
    indices[firstIndex + sequence] = Int32(stepCount)
    indices[firstIndex + batchSize + sequence] = Int32(own.count)
    // More than these do not fit their steps, and are not looked at.
    indices.write(own.span.extracting(first: maximumLabels), at: firstLabel(sequence))
  }

  private func firstLabel(_ sequence: Int) -> Int { firstIndex + 2 * batchSize + sequence * maximumLabels }

  /// The steps that U labels take at least: one each, and one for the blank between two that are the same.
  private func stepsNeeded(_ count: Int, from first: Int, in indices: Memory<Int32>) -> Int {
    guard count <= maximumLabels else { return count }
    var needed = count
    for place in first..<first + max(count - 1, 0) where indices[place] == indices[place + 1] { needed += 1 }
    return needed
  }
}

// MARK: Loss and gradient

extension CTCStage {
  /// −log p(labels) over the number of labels, of one sequence, times its weight; its gradient, over the weight of all
  /// sequences, takes the place of the outputs. (Graves 2006, equations 5 to 16, for logits.)
  /// - Parameter row: the row of `outputs` that a step of the sequence has.
  func loss<S: Scalar>(
    of sequence: Int, weight: Double, outOf total: Double, _ outputs: Region, in memory: LossMemory<S>,
    row: (_ step: Int) -> Int
  ) -> Double {
    let stepCount = Int(memory.indices[firstIndex + sequence])
    let labelCount = Int(memory.indices[firstIndex + batchSize + sequence])
    let share = 1 / Double(max(labelCount, 1))
    let needed = stepsNeeded(labelCount, from: firstLabel(sequence), in: memory.indices)
    var loss = Double.infinity
    if weight == 0 {
      for step in 0..<stepCount { memory.scalars.fill(outputs.row(row(step)), with: 0) }
      return 0
    }
    if needed <= stepCount {
      let alignment = Alignment(self, sequence, labelCount, outputs, memory)
      let scale = share * weight / total
      loss = alignment.forward(steps: stepCount, scale: scale, row: row)
      if loss != .infinity { alignment.backward(steps: stepCount, loss: loss, scale: scale, row: row) }
    }
    if loss == .infinity {
      for step in 0..<stepCount { memory.scalars.fill(outputs.row(row(step)), with: zeroInfinity ? 0 : .nan) }
      return zeroInfinity ? 0 : .infinity
    }
    return loss * share * weight
  }

  /// The recursions over one sequence.
  private struct Alignment<S: Scalar> {
    let plan: CTCStage
    let outputs: Region
    let memory: LossMemory<S>
    let firstLabel: Int
    let labelCount: Int
    /// 2U + 1 of this sequence.
    let states: Int
    // Places in the sums.
    let emissions: Int
    let alphas: Int
    let allowed: Int
    let occupancy: Int
    let classes: Int
    let betas: (Int, Int)

    init(_ plan: CTCStage, _ sequence: Int, _ labelCount: Int, _ outputs: Region, _ memory: LossMemory<S>) {
      (self.plan, self.outputs, self.memory, self.labelCount) = (plan, outputs, memory, labelCount)
      firstLabel = plan.firstLabel(sequence)
      states = 2 * labelCount + 1
      emissions = plan.firstScratch + sequence * plan.sequenceScratch
      alphas = emissions + plan.steps * plan.width
      allowed = alphas + (plan.steps + 1) * plan.width
      betas = (allowed + plan.width, allowed + 2 * plan.width)
      occupancy = allowed + 3 * plan.width
      classes = occupancy + plan.width
    }

    /// What state `index` names.
    private func label(_ index: Int) -> Int {
      Int(index % 2 == 0 ? plan.blank : memory.indices[firstLabel + index / 2])
    }

    private func emission(_ step: Int) -> Int { emissions + step * plan.width }

    private func fill(_ place: Int, _ count: Int, with value: Double) {
      memory.sums.fill(Region(offset: place, rows: 1, columns: count), with: value)
    }

    /// −log p(labels). Leaves the probabilities of each step's states given the steps up to it, and in the outputs the
    /// softmax times `scale`.
    func forward(steps: Int, scale: Double, row: (Int) -> Int) -> Double {
      let sums = memory.sums
      fill(allowed, states + 2, with: -.infinity)
      for state in stride(from: 3, to: states, by: 2) where label(state) != label(state - 2) {
        sums[allowed + state] = 0
      }
      // Before the first step: in the first blank, so that one stays in it or moves on to the first label.
      fill(alphas, states + 2, with: -.infinity)
      sums[alphas + 2] = 0
      for step in 0..<steps {
        let place = outputs.row(row(step))
        let emission = emission(step)
        for state in 0..<states { sums[emission + state] = Double(memory.scalars[place.offset + label(state)]) }
        let normalizer = memory.scalars.softmax(place, scale: scale)
        for state in 0..<states { sums[emission + state] -= normalizer }

        // Two impossible states stand before the first.
        let before = alphas + step * plan.width
        let after = before + plan.width
        fill(after, 2, with: -.infinity)
        sums.ctcStep(
          states: states, stay: before + 2, move: before + 1, skip: before, allowed: allowed, emission: emission,
          into: after + 2)
      }
      let last = alphas + steps * plan.width + states
      let (label, blank) = (sums[last], sums[last + 1])
      let most = max(label, blank)
      return most == -.infinity ? .infinity : -(most + log(exp(label - most) + exp(blank - most)))
    }

    /// Subtracts from the softmax how likely each class is at each step given the labels.
    func backward(steps: Int, loss: Double, scale: Double, row: (Int) -> Int) {
      let sums = memory.sums
      var (later, now) = betas
      // After the last step: in the last blank, where one was, or came from the last label.
      fill(later, states + 2, with: -.infinity)
      fill(now, states + 2, with: -.infinity)
      sums[later + states - 1] = 0
      fill(classes, plan.classCount, with: 0)
      for step in (0..<steps).reversed() {
        let emission = emission(step)
        sums.ctcStep(
          states: states, stay: later, move: later + 1, skip: later + 2, allowed: allowed + 2, emission: emission,
          into: now)
        sums.ctcOccupancy(
          states: states, before: alphas + (step + 1) * plan.width + 2, after: now, emission: emission, total: -loss,
          into: occupancy)
        for state in 0..<states { sums[classes + label(state)] += sums[occupancy + state] }
        // In double precision: the softmax and the share of a class that is certain cancel.
        let place = outputs.row(row(step)).offset
        for state in 0..<states where state == 0 || state % 2 == 1 {
          let (label, probability) = (label(state), exp(sums[emission + state]))
          memory.scalars[place + label] = S(scale * (probability - sums[classes + label]))
        }
        for state in 0..<states { sums[classes + label(state)] = 0 }
        (later, now) = (now, later)
      }
    }
  }
}
