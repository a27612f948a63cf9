extension CellVector {
  /// Gains and biases of layer norms, all gains first: where they start the norms do nothing but normalise.
  /// - Parameter places: what is normalised, as it stands in the parameters' names.
  static func layerNorms(of places: [String]) -> [CellVector] {
    let suffixes = places.map { $0.isEmpty ? "" : "_\($0)" }
    return suffixes.map { CellVector(name: "ln_gain\($0)", start: .constant(1)) }
      + suffixes.map { CellVector(name: "ln_bias\($0)", start: .constant(0)) }
  }
}
