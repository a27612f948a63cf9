internal import Storage

/// Draws the recurrent matrix of a reservoir.
struct RecurrentMatrix {
  /// Units that share what they read, of block-sparse matrices.
  static let blockSize = 16

  /// [N, N]
  private(set) var values: [Double]
  let order: Int

  /// Entries are normal where there are any.
  init(_ connections: ReservoirConfiguration.Connections, order: Int, using generator: inout SeededGenerator) {
    self.order = order
    if case .given(let matrix) = connections {
      values = matrix
      return
    }
    values = [Double](repeating: 0, count: order * order)
    switch connections {
    case .sparse(let density): fill(1, density, &generator)
    case .blockSparse(let density): fill(Self.blockSize, density, &generator)
    case .dense, .given:
      for index in values.indices { values[index] = generator.normal() }
    }
  }

  /// Rows in blocks, each with columns of its own.
  private mutating func fill(_ block: Int, _ density: Double, _ generator: inout SeededGenerator) {
    let count = min(order, max(1, Int((density * Double(order)).rounded())))
    var columns = Array(0..<order)
    for first in stride(from: 0, to: order, by: block) {
      // The first of a shuffle (Durstenfeld 1964).
      for place in 0..<count { columns.swapAt(place, Int.random(in: place..<order, using: &generator)) }
      for row in first..<min(first + block, order) {
        for place in 0..<count { values[row * order + columns[place]] = generator.normal() }
      }
    }
  }

  /// Scales the matrix to a spectral radius.
  /// - Precondition: it has one above 0, unless it is to be 0.
  mutating func scale(toRadius radius: Double) throws(PlanError) {
    let found = try SpectralRadius(of: values, order: order).value
    require(
      found > 0 || radius == 0,
      "a matrix whose spectral radius is 0 cannot be scaled to \(radius): set spectralRadius to nil")
    let factor = radius == 0 ? 0 : radius / found
    for index in values.indices { values[index] *= factor }
  }
}
