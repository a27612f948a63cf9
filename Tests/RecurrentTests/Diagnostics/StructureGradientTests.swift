import Recurrent
import Testing

/// Gradients of everything that lies around a cell, by differences.
@Suite("Gradient checks of structures")
struct StructureGradientTests {
  /// A change of the plain configuration.
  struct Structure: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var cells: [any RecurrentCell] = OracleCell.kinds.map(\.cell)
    let change: @Sendable (inout ModelConfiguration) -> Void

    func configuration(_ cell: some RecurrentCell, _ input: InputKind, head: ModelConfiguration.Head = .everyStep)
      -> ModelConfiguration
    {
      var configuration = ModelConfiguration(
        cell: cell, input: input.input(size: 3), hiddenSize: 3, layerCount: 2, outputSize: head == .none ? 3 : 2,
        head: head)
      change(&configuration)
      return configuration
    }
  }

  private static let blockCells: [any RecurrentCell] =
    ([.rgLRU, .sLSTM, .minLSTM, .minGRU] + OracleCell.kinds).map(\.cell)

  static let structures: [Structure] =
    Directions.Merge.allCases.map { merge in
      Structure(testDescription: "both directions, \(merge)") { $0.directions = .both(merge: merge) }
    } + [
      Structure(testDescription: "residual") { $0.isResidual = true },
      Structure(testDescription: "residual, both directions") {
        $0.isResidual = true
        $0.directions = .both(merge: .sum)
        $0.dropout = 0.3
      },
      Structure(testDescription: "widths of their own") { $0.hiddenSizes = [4, 2] },
      Structure(testDescription: "projection", cells: [LSTMCell.lstm]) {
        $0.hiddenSize = 4
        $0.projectionSize = 3
      },
      Structure(testDescription: "projection, both directions, zoneout", cells: [LSTMCell.lstm]) {
        $0.hiddenSize = 4
        $0.projectionSize = 2
        $0.directions = .both(merge: .concatenate)
        $0.zoneout = Zoneout(hidden: 0.4, cell: 0.4)
      },
      Structure(testDescription: "low rank") { $0.lowerRanks() },
      Structure(
        testDescription: "low rank, projection, both directions, zoneout, recurrent dropout", cells: [LSTMCell.lstm]
      ) {
        $0.hiddenSize = 4
        $0.projectionSize = 3
        $0.directions = .both(merge: .concatenate)
        $0.zoneout = Zoneout(hidden: 0.4, cell: 0.4)
        $0.recurrentDropout = 0.4
        $0.lowerRanks()
      },
      Structure(testDescription: "residual blocks", cells: blockCells) {
        $0.blocks = ResidualBlocks(feedForwardSize: 5)
      },
      Structure(testDescription: "residual blocks of the usual width, of their own widths, dropout", cells: blockCells)
      {
        $0.blocks = ResidualBlocks()
        $0.hiddenSizes = [3, 2]
        $0.dropout = 0.3
        $0.headDropout = $0.head == .none ? 0 : 0.3
      },
      Structure(testDescription: "residual blocks, both directions, variational dropout", cells: blockCells) {
        $0.blocks = ResidualBlocks(feedForwardSize: 4)
        $0.directions = $0.head == .lastStep ? .forward : .both(merge: .average)
        $0.dropout = 0.3
        $0.isDropoutVariational = true
        $0.trainsInitialState = true
      },
      Structure(testDescription: "residual blocks, low rank, both directions side by side", cells: blockCells) {
        $0.blocks = ResidualBlocks(feedForwardSize: 4)
        $0.directions = $0.head == .lastStep ? .forward : .both(merge: .concatenate)
        $0.lowerRanks()
      },
      Structure(testDescription: "residual blocks, projection, zoneout", cells: [LSTMCell.lstm]) {
        $0.blocks = ResidualBlocks(feedForwardSize: 4)
        $0.hiddenSize = 4
        $0.projectionSize = 3
        $0.zoneout = Zoneout(hidden: 0.4, cell: 0.4)
        $0.recurrentDropout = 0.4
        $0.dropout = 0.3
      },
      Structure(testDescription: "trained initial state") { $0.trainsInitialState = true },
      Structure(testDescription: "trained initial state, both directions") {
        $0.trainsInitialState = true
        $0.directions = .both(merge: .concatenate)
      },
      Structure(testDescription: "recurrent dropout") {
        $0.recurrentDropout = $0.cell.structure.recurrentProduct == .none ? 0 : 0.4
      },
      Structure(testDescription: "weight dropout") {
        $0.weightDropout = $0.cell.structure.recurrentProduct == .none ? 0 : 0.4
      },
      Structure(testDescription: "weight dropout, both directions") {
        $0.weightDropout = $0.cell.structure.recurrentProduct == .none ? 0 : 0.3
        $0.directions = .both(merge: .concatenate)
      },
      Structure(testDescription: "embedding dropout") {
        if case .embedding = $0.input { $0.embeddingDropout = 0.4 }
      },
      Structure(testDescription: "zoneout") { $0.zoneout = Zoneout(hidden: 0.3, cell: 0.5) },
      Structure(testDescription: "variational dropout") {
        $0.dropout = 0.4
        $0.isDropoutVariational = true
        $0.headDropout = $0.head == .none ? 0 : 0.4
      },
      Structure(testDescription: "all regularisers, both directions") {
        $0.dropout = 0.4
        $0.headDropout = $0.head == .none ? 0 : 0.4
        $0.recurrentDropout = $0.cell.structure.recurrentProduct == .none ? 0 : 0.4
        $0.zoneout = Zoneout(hidden: 0.3, cell: 0.3)
        $0.directions = .both(merge: .product)
      },
    ]

  /// Each cell with a head and an input of its own, and others the next time: what a structure does has nothing to do with
  /// either, and the whole product would take hours.
  private func each(
    _ structure: Structure, turn: Int, _ check: (ModelConfiguration, String) throws -> Void
  ) rethrows {
    let heads = ModelConfiguration.Head.allCases
    for index in heads.indices {
      let cell = structure.cells[index % structure.cells.count]
      let head = heads[(index + turn) % heads.count]
      let input = InputKind.allCases[(index + turn) % 3]
      try check(structure.configuration(cell, input, head: head), "\(cell.name), \(head), \(input)")
    }
  }

  @Test("One length", arguments: structures)
  func oneLength(structure: Structure) throws {
    try each(structure, turn: 0) { configuration, name in
      let report = try checkGradients(of: configuration, steps: 3, batchSize: 2)
      #expect(report.passes, "\(name):\n\(report)")
    }
  }

  @Test("Different lengths", arguments: structures)
  func differentLengths(structure: Structure) throws {
    try each(structure, turn: 1) { configuration, name in
      let report = try checkGradients(of: configuration, steps: 4, batchSize: 4, lengths: [2, 4, 1])
      #expect(report.passes, "\(name):\n\(report)")
    }
  }

  @Test("A head that reads all layers", arguments: [Directions.forward, .both(merge: .concatenate)])
  func allLayers(directions: Directions) throws {
    for cell in OracleCell.kinds {
      var configuration = ModelConfiguration(
        cell: cell.cell, input: .vectors(size: 2), hiddenSize: 2, layerCount: 3, directions: directions, outputSize: 2,
        dropout: 0.3, headDropout: 0.3)
      configuration.headReadsAllLayers = true
      configuration.hiddenSizes = [2, 3, 2]
      let report = try checkGradients(of: configuration, steps: 3, lengths: [2, 3])
      #expect(report.passes, "\(cell.cell.name):\n\(report)")
    }
  }
}
