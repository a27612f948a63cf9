import ArgumentParser
import Recurrent

/// `rnn-bench bits`
struct BitsBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "bits",
    abstract: "Train a small model of every kind and print a checksum of what it learnt.",
    discussion: """
      For changes that must not change a result: two lists of one machine are equal, line by line, where every bit of \
      every parameter is (diff them). Each line is a training of every option's own kind (cell, head, directions, \
      input; dropout is on) in one precision, and the checksum (FNV-1a, 64 bits) of its losses, parameters and of the \
      outputs of the model that was learnt. Who multiplies is for --products to say; \
      with automatic it depends on the OpenBLAS that is loaded, too.
      """)

  @Option(name: .customLong("cell"), help: "A cell; may be given several times. (default: all)")
  var cells: [CellOption] = []

  @Option(parsing: .unconditional, help: ArgumentHelp("Training steps.", valueName: "n"), transform: whole(1...100_000))
  var steps = 100

  @Option(parsing: .unconditional, help: ArgumentHelp("Workers.", valueName: "n"), transform: whole(1...1024))
  var threads = 2

  @OptionGroup var multiplying: ProductsOption

  func run() throws {
    let cells = cells.isEmpty ? BuiltInCells.all : cells.map(\.cell)
    for cell in cells {
      for kind in TrainedKind.all(of: cell) {
        try say("\(kind.name) float \(try checksum(kind, Float.self))")
        try say("\(kind.name) double \(try checksum(kind, Double.self))")
      }
    }
  }

  private func checksum<S: Scalar>(_ kind: TrainedKind, _ scalar: S.Type) throws -> String {
    try kind.checksum(scalar, steps: steps, products: multiplying.products, threads: threads)
  }
}
