import Recurrent
import Testing

@Suite("Gradient checks")
struct GradientCheckTests {
  /// What lies around the cell.
  struct Surroundings: Sendable, CustomTestStringConvertible {
    var input: InputKind
    var head: ModelConfiguration.Head
    var loss: Loss
    var testDescription: String { "\(input), head \(head), \(loss)" }

    static let all: [Surroundings] = InputKind.allCases.flatMap { input in
      // What other heads do has nothing to do with the cell: `StructureGradientTests`.
      [ModelConfiguration.Head.everyStep, .lastStep, .none].flatMap { head in
        [Loss.crossEntropy, .meanSquaredError].map { Surroundings(input: input, head: head, loss: $0) }
      }
    }

    /// One for each kind of input, head and loss.
    static let few = [
      Surroundings(input: .vectors, head: .everyStep, loss: .crossEntropy),
      Surroundings(input: .oneHot, head: .lastStep, loss: .meanSquaredError),
      Surroundings(input: .embedding, head: .none, loss: .meanSquaredError),
    ]

    /// All of them for each way that the unroll treats a cell; few for the variants.
    static let ofCells: [(OracleCell, Surroundings)] = OracleCell.allCases.flatMap { cell in
      (cell.isVariant ? few : all).map { (cell, $0) }
    }
  }

  /// 5 cells × 18 surroundings × 3 lengths × 2 batches × 2 depths, each without dropout and with it, between layers and
  /// before the head: 2160 checks; 7 more cells × 3 surroundings: 504.
  @Test("Every cell in every surroundings", arguments: Surroundings.ofCells)
  func product(cell: OracleCell, around: Surroundings) throws {
    let hidden = cell.hasNorms ? 3 : 2
    for steps in [1, 2, 5] {
      for batchSize in [1, 3] {
        for (layers, dropout) in [(1, 0.0), (1, 0.5), (2, 0), (2, 0.5)] {
          let report = try checkGradients(
            of: cell.cell, input: around.input.input(size: 2), hiddenSize: hidden, layerCount: layers,
            outputSize: around.head == .none ? hidden : 2, head: around.head, loss: around.loss, steps: steps,
            batchSize: batchSize, dropout: dropout, headDropout: around.head == .none ? 0 : dropout)
          #expect(report.passes, "T \(steps), N \(batchSize), L \(layers), dropout \(dropout):\n\(report)")
          Ledger.enter(report, cell)
        }
      }
    }
  }

  /// The losses that the product above leaves out.
  static let losses: [Loss] = [
    .gaussian, .pinball(quantiles: [0.1, 0.5]), .negativeBinomial, .negativeBinomial(scales: [2, 0.5]),
    .crossEntropy(classWeights: [0.5, 2, 1, 0.25]), .crossEntropy(labelSmoothing: 0.2), .crossEntropy(ignoring: -100),
    .crossEntropy(classWeights: [0.5, 2, 0, 0.25], labelSmoothing: 0.1, ignoring: 2), .binaryCrossEntropy,
    .binaryCrossEntropy(positiveWeight: 3), .binaryCrossEntropy(positiveWeights: [0.5, 2, 1, 0.25]),
    .meanAbsoluteError, .huber(delta: 0.25), .huber(), .ctc(), .ctc(blank: 2, maximumLabels: 3),
  ]

  @Test("Every loss", arguments: losses, [ModelConfiguration.Head.everyStep, .lastStep, .none])
  func loss(loss: Loss, head: ModelConfiguration.Head) throws {
    if loss.targets == .labels, head.isPooled { return }
    for seed: UInt64 in 1...5 {
      let report = try checkGradients(of: .lstm, hiddenSize: 4, head: head, loss: loss, batchSize: 3, seed: seed)
      #expect(report.passes, "\(loss), seed \(seed):\n\(report)")
    }
  }

  @Test("Student's t, of three outputs a value", arguments: [ModelConfiguration.Head.everyStep, .lastStep])
  func studentT(head: ModelConfiguration.Head) throws {
    for seed: UInt64 in 1...5 {
      let report = try checkGradients(
        of: .lstm, hiddenSize: 4, outputSize: 6, head: head, loss: .studentT, batchSize: 3, seed: seed)
      #expect(report.passes, "seed \(seed):\n\(report)")
    }
  }

  @Test("The default problem", arguments: OracleCell.allCases)
  func defaults(cell: OracleCell) throws {
    let report = try checkGradients(of: cell.cell)
    #expect(report.passes, "\(report)")
  }

  @Test("The same with several workers", arguments: OracleCell.allCases, [2, 3])
  func workers(cell: OracleCell, threads: Int) throws {
    let report = try checkGradients(
      of: cell.cell, hiddenSize: 3, layerCount: 2, steps: 3, batchSize: 5, dropout: 0.5, threads: threads)
    #expect(report.passes, "\(report)")
  }

  @Test("Parameters, input and initial state are all looked at")
  func tensors() throws {
    let report = try checkGradients(of: .lstm, hiddenSize: 2, outputSize: 3, steps: 2)
    #expect(
      report.tensors.map(\.name) == [
        "rnn.weight_ih_l0", "rnn.weight_hh_l0", "rnn.bias_ih_l0", "rnn.bias_hh_l0", "linear.weight", "linear.bias",
        "input", "initial state h", "initial state c",
      ])
    #expect(report.tensors.map(\.count) == [24, 16, 8, 8, 6, 3, 12, 4, 4])
    #expect(
      report.tensors.map(\.shape) == [
        [8, 3], [8, 2], [8], [8], [3, 2], [3], [2, 2, 3], [1, 2, 2], [1, 2, 2],
      ])
    for tensor in report.tensors {
      #expect(report.description.contains(tensor.name))
      let flat = zip(tensor.shape, tensor.worstPosition).reduce(0) { $0 * $1.0 + $1.1 }
      #expect(flat == tensor.worstIndex)
    }
  }

  @Test("Without a head the outputs are the hidden units", arguments: OracleCell.allCases)
  func withoutHead(cell: OracleCell) throws {
    let report = try checkGradients(of: cell.cell, head: .none)
    #expect(report.passes, "\(report)")
    #expect(!report.tensors.contains { $0.name.hasPrefix("linear") })
  }

  // MARK: Kinks

  /// With kinks 10⁻⁴ apart a fifth of all elements lies within 10⁻⁵ of one, and next to none within 4·10⁻⁸.
  @Test("A kink at a distance is not taken for a mistake")
  func distantKinks() throws {
    let report = try checkGradients(of: JaggedCell(spacing: 1e-4), hiddenSize: 3, steps: 1)
    #expect(report.passes, "\(report)")
  }

  @Test("A kink within the smallest step is told")
  func nearKinks() throws {
    let report = try checkGradients(of: JaggedCell(spacing: 1e-8), hiddenSize: 3, steps: 1)
    #expect(!report.passes, "\(report)")
  }

  // MARK: Cells that are not built in

  @Test(
    "A user's own cell passes",
    arguments: [LeakyCell(), CoupledCell(), ResettingCell()] as [any RecurrentCell], InputKind.allCases)
  func custom(cell: any RecurrentCell, input: InputKind) throws {
    for dropout in [0, 0.5] {
      let report = try checkGradients(
        of: cell, input: input.input(size: 3), hiddenSize: 4, layerCount: 2, steps: 4, dropout: dropout)
      #expect(report.passes, "\(cell.name):\n\(report)")
    }
  }

  @Test("A mistake in a cell's derivative is found", arguments: MistakenCell.Mistake.allCases)
  func mistaken(mistake: MistakenCell.Mistake) throws {
    let report = try checkGradients(of: MistakenCell(mistake: mistake), hiddenSize: 3, steps: 4)
    #expect(!report.passes)
    #expect(!report.worst.passes)
    #expect(report.worst.relativeError > 1e-3, "\(report)")
    #expect(report.description.contains("FAIL"))
  }

  /// The head lies behind the cell: a mistake in the cell does not reach its gradients.
  @Test("Only what the mistake reaches is reported")
  func location() throws {
    let report = try checkGradients(of: MistakenCell(mistake: .gateSign), hiddenSize: 3, steps: 4)
    let failing = Set(report.tensors.filter { !$0.passes }.map(\.name))
    #expect(failing.contains("rnn.weight_ih_l0"))
    #expect(failing.isDisjoint(with: ["linear.weight", "linear.bias"]))
  }

  @Test(
    "A custom cell learns in single precision",
    arguments: [LeakyCell(), CoupledCell(), ResettingCell()] as [any RecurrentCell])
  func learns(cell: any RecurrentCell) throws {
    let configuration = ModelConfiguration(
      cell: cell, input: .oneHot(vocabularySize: 4), hiddenSize: 16, outputSize: 4)
    var trainer = try Trainer<Float>(
      Model(configuration, seed: 3), batchSize: 1, sequenceLength: 8, optimizer: .adam(learningRate: 0.02))
    // What follows a 1 depends on what came before it.
    let tokens: [Int32] = [0, 1, 2, 0, 1, 3, 2, 1]
    let classes: [Int32] = [1, 2, 0, 1, 3, 2, 1, 0]
    let first = trainer.step(.tokens(tokens), .classes(classes)).loss
    var last = first
    for _ in 0..<150 { last = trainer.step(.tokens(tokens), .classes(classes)).loss }
    #expect(first > 1.2 && last < 0.1, "\(cell.name): from \(first) to \(last)")
  }
}
