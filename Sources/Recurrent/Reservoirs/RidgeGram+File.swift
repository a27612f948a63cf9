internal import Storage

/// Sums on disk: a safetensors file with a checksum, to go on from.
extension RidgeGram {
  package static let format = "recurrent-ridge-sums"
  private static let version = "1"
  private static let notePrefix = "note."

  /// Writes the sums to `path`, whole or not at all.
  /// - Parameters:
  ///   - path: of the file.
  ///   - notes: what a program wants to know of them when it goes on, such as what the rows came from.
  /// - Throws: `CheckpointError.io`; what was at `path` before is then still there.
  public func save(to path: String, notes: [String: String] = [:]) throws(CheckpointError) {
    let (n, o) = (featureCount, targetCount)
    try Safetensors.write(
      to: path,
      tensors: [
        (name: "cross", dtype: .F64, shape: [n, o]), (name: "feature_means", dtype: .F64, shape: [n]),
        (name: "squares", dtype: .F64, shape: [n, n]), (name: "target_means", dtype: .F64, shape: [o]),
      ],
      metadata: [
        (key: "format", value: Self.format), (key: "format_version", value: Self.version),
        (key: "rows", value: String(count)),
      ] + notes.sorted { $0.key < $1.key }.map { (key: Self.notePrefix + $0.key, value: $0.value) }, checksum: true
    ) { (tensor, file) throws(FileError) in
      switch tensor.name {
      case "cross": try file.write(cross.span)
      case "feature_means": try file.write(featureMeans.span)
      case "squares": try file.write(squares.span)
      default: try file.write(targetMeans.span)
      }
    }
  }

  /// Reads sums that `save` wrote.
  /// - Returns: the sums, and the notes that were kept with them.
  /// - Throws: `CheckpointError`, naming what is missing, damaged or none of it.
  public static func load(
    contentsOf path: String
  ) throws(CheckpointError) -> (gram: RidgeGram, notes: [String: String]) {
    let file = try SafetensorsFile(path: path)
    guard file.metadata("format") == Self.format else {
      throw .foreignModel(path, reason: "it does not hold the sums of a fit by least squares")
    }
    guard file.metadata("format_version") == Self.version else {
      throw .unsupportedVersion(file: path, found: file.metadata("format_version") ?? "none", supported: Self.version)
    }
    try file.verifyChecksum()
    guard let rows = file.metadata("rows").flatMap({ Int($0) }), rows >= 0 else {
      throw .invalidMetadata(file: path, key: "rows", reason: "it is no number of rows")
    }
    let shape = try file.tensor("cross").shape
    guard shape.count == 2, shape[0] >= 1, shape[1] >= 1 else {
      throw .shapeMismatch(file: path, tensor: "cross", expected: [1, 1], actual: shape)
    }
    let (n, o) = (shape[0], shape[1])
    // Their shapes are checked before anything of that size is allocated: a file may lie.
    for (name, expected) in [("squares", [n, n]), ("feature_means", [n]), ("target_means", [o])] {
      let actual = try file.tensor(name).shape
      if actual != expected { throw .shapeMismatch(file: path, tensor: name, expected: expected, actual: actual) }
    }
    var gram: RidgeGram
    do { gram = try RidgeGram(featureCount: n, targetCount: o) } catch {
      throw .io(file: path, reason: error.description)
    }
    gram.count = rows
    gram.cross = try file.doubles("cross", shape: [n, o])
    gram.squares = try file.doubles("squares", shape: [n, n])
    gram.featureMeans = try file.doubles("feature_means", shape: [n])
    gram.targetMeans = try file.doubles("target_means", shape: [o])
    var notes: [String: String] = [:]
    for (key, value) in file.metadata where key.hasPrefix(notePrefix) {
      notes[String(key.dropFirst(notePrefix.count))] = value
    }
    return (gram, notes)
  }
}
