import Recurrent
import Testing

@Suite("Plan")
struct PlanTests {
  private static let configuration = ModelConfiguration(
    cell: .lstm, input: .embedding(vocabularySize: 30, size: 7), hiddenSize: 12, layerCount: 2, outputSize: 30,
    dropout: 0.5)

  private func plan(
    _ configuration: ModelConfiguration = configuration, steps: Int = 20, batchSize: Int = 5,
    purpose: Plan.Purpose = .training(loss: .crossEntropy, momentCount: 2)
  ) throws -> Plan {
    try Plan(configuration, steps: steps, batchSize: batchSize, purpose: purpose, scalar: Float.self)
  }

  @Test("The total is the sum of the buffers, each as large as its shape")
  func total() throws {
    for cell in BuiltInCells.all + [CoupledCell(), ResettingCell()] {
      for input in InputKind.allCases {
        var configuration = Self.configuration
        configuration.cell = cell
        configuration.input = input.input(size: 9)
        let plan = try plan(configuration)
        #expect(plan.totalBytes == plan.buffers.reduce(0) { $0 + $1.bytes })
        #expect(Set(plan.buffers.map(\.name)).count == plan.buffers.count)
        for buffer in plan.buffers {
          let bytes = 4 * buffer.shape.reduce(1, *)
          // Rows are padded to cache lines, packed panels to registers.
          #expect(buffer.bytes >= bytes && buffer.bytes % 64 == 0, "\(buffer)")
        }
        let parameters = try ParameterTable(configuration).entries
        for (lifetime, prefix) in [(Plan.Lifetime.parameters, ""), (.gradients, "d")] {
          let buffers = plan.buffers.filter { $0.lifetime == lifetime }
          #expect(buffers.map(\.name) == parameters.map { prefix + $0.name })
          #expect(buffers.map(\.shape) == parameters.map(\.shape))
        }
      }
    }
  }

  @Test("Printing names every buffer, its shape and its bytes")
  func printing() throws {
    let plan = try plan()
    let lines = "\(plan)".split(separator: "\n")
    #expect(lines[0] == "plan: 20 steps × 5 sequences, \(ByteCount(plan.totalBytes)) in all")
    for buffer in plan.buffers {
      let named = lines.filter { $0.hasPrefix("  \(buffer.name) ") }
      #expect(named.count == 1, "\(buffer.name)")
      #expect(named.first?.hasSuffix("\(buffer.shape)  \(ByteCount(buffer.bytes))") == true)
    }
    #expect(lines[1] == "products: \(plan.productsDescription)")
    #expect(lines.count == 2 + plan.buffers.count + Plan.Lifetime.allCases.count)
  }

  @Test("Bytes as people read them")
  func bytes() {
    let cases = [
      (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (1 << 20, "1.0 MiB"),
      (5 << 30, "5.0 GiB"), (.max, "8.0 EiB"),
    ]
    for (bytes, text) in cases { #expect(ByteCount(bytes).description == text) }
  }

  @Test("What a purpose does not need is not planned")
  func purposes() throws {
    func lifetimes(_ purpose: Plan.Purpose) throws -> Set<Plan.Lifetime> {
      Set(try plan(purpose: purpose).buffers.map(\.lifetime))
    }
    #expect(try lifetimes(.inference(loss: nil)) == [.parameters, .packed, .workspace])
    #expect(
      try lifetimes(.training(loss: nil, momentCount: 0)) == [.parameters, .gradients, .packed, .workspace, .scratch])
    for count in 0...2 {
      let moments = try plan(purpose: .training(loss: .crossEntropy, momentCount: count)).buffers
        .filter { $0.lifetime == .moments }
      #expect(moments.count == count)
    }
  }

  @Test("Memory grows linearly with steps and with sequences")
  func growth() throws {
    // So many that every buffer is of whole cache lines, and that OpenBLAS multiplies in all of them; of the first rows of steps
    // there is one more than steps.
    let longer = try [47, 63, 79].map { try plan(steps: $0, batchSize: 16).totalBytes }
    #expect(longer[2] - longer[1] == longer[1] - longer[0])
    let wider = try [48, 64, 80].map { try plan(steps: 16, batchSize: $0).totalBytes }
    #expect(wider[2] - wider[1] == wider[1] - wider[0])
  }

  // MARK: Refusals

  /// Changes one size of the configuration or the batch to something absurd.
  struct Absurdity: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var steps = 1
    var batchSize = 1
    var change: @Sendable (inout ModelConfiguration) -> Void = { _ in }
  }

  @Test(
    "Sizes beyond any memory are refused before anything is allocated",
    arguments: [
      Absurdity(testDescription: "hidden 10⁹") { $0.hiddenSize = 1_000_000_000 },
      Absurdity(testDescription: "hidden most") { $0.hiddenSize = .max },
      Absurdity(testDescription: "hidden 2·10⁵") { $0.hiddenSize = 200_000 },
      Absurdity(testDescription: "outputs 10¹²") { $0.outputSize = 1_000_000_000_000 },
      Absurdity(testDescription: "outputs most") { $0.outputSize = .max },
      Absurdity(testDescription: "vocabulary 10¹²") { $0.input = .oneHot(vocabularySize: 1_000_000_000_000) },
      Absurdity(testDescription: "embedding most") { $0.input = .embedding(vocabularySize: .max, size: .max) },
      Absurdity(testDescription: "vectors most") { $0.input = .vectors(size: .max) },
      Absurdity(testDescription: "steps 10¹²", steps: 1_000_000_000_000),
      Absurdity(testDescription: "steps most", steps: .max),
      Absurdity(testDescription: "sequences 10¹²", batchSize: 1_000_000_000_000),
      Absurdity(testDescription: "sequences most", batchSize: .max),
      Absurdity(testDescription: "both", steps: 1 << 40, batchSize: 1 << 40),
    ])
  func absurd(sizes: Absurdity) throws {
    var configuration = Self.configuration
    sizes.change(&configuration)
    let error = #expect(throws: PlanError.self) {
      _ = try plan(configuration, steps: sizes.steps, batchSize: sizes.batchSize)
    }
    switch error {
    case .exceedsMemory(_, let needed, let available):
      #expect(needed > available && available > 0)
      #expect(error!.description.contains("\(ByteCount(needed))"))
    default: #expect(error?.description.contains("more memory than any machine has") == true)
    }
    if sizes.steps == 1, sizes.batchSize == 1 {
      #expect(throws: PlanError.self) { _ = try Model<Float>(configuration, seed: 1) }
    } else {
      let model = try Model<Float>(configuration, seed: 1)
      #expect(throws: PlanError.self) {
        _ = try Trainer(model, batchSize: sizes.batchSize, sequenceLength: sizes.steps)
      }
      #expect(throws: PlanError.self) {
        _ = try RecurrentPass(model, steps: sizes.steps, batchSize: sizes.batchSize)
      }
    }
  }
}
