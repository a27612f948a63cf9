package import Storage

extension Safetensors {
  /// Writes a file of `tensors`, data straight from where they lie; it appears whole or not at all.
  ///
  ///     try Safetensors.write(to: path, tensors: list) { (tensor, file) throws(FileError) in
  ///       try file.write(values(of: tensor.name))
  ///     }
  ///
  /// - Parameters:
  ///   - tensors: in any order; names differ, and none is `__metadata__`. The file has them by type and then
  ///     by name, as the reference writer sorts them.
  ///   - metadata: written in this order; keys differ.
  ///   - checksum: writes the last metadata entry `checksum`, of the whole file; see `SafetensorsFile.verifyChecksum`.
  ///   - data: called once for each tensor, in the file's order, to write all of its values, in one piece or
  ///     several.
  /// - Throws: `CheckpointError.io`, and then what was at `path` is still there;
  ///   `CheckpointError.invalidMetadata` if the header is longer than readers accept.
  package static func write(
    to path: String, tensors: [(name: String, dtype: DType, shape: [Int])],
    metadata: [(key: String, value: String)] = [], checksum: Bool = false,
    data: (Tensor, inout DurableFile) throws(FileError) -> Void
  ) throws(CheckpointError) {
    let order = layOut(tensors)
    var metadata = metadata
    // The place of the digits, which count as zeros.
    if checksum { metadata.append((key: checksumKey, value: checksumText(CRC32C()))) }
    let (header, metadataEnd) = try header(order, metadata, path)
    do {
      try DurableFile.replace(path) { (file) throws(FileError) in
        try file.write(header.span)
        for tensor in order {
          try data(tensor, &file)
          let written = file.byteCount - header.count
          require(
            written == tensor.dataRange.upperBound,
            "expected data of \(tensor.name) up to byte \(tensor.dataRange.upperBound), got \(written)")
        }
        if checksum {
          let digits = Array(checksumText(file.checksum).utf8.suffix(checksumDigitCount))
          // Before the quote and the bracket that end the metadata.
          try file.overwrite(at: metadataEnd - 2 - checksumDigitCount, with: digits.span)
        }
      }
    } catch {
      throw CheckpointError(error)
    }
  }

  private static func layOut(
    _ tensors: [(name: String, dtype: DType, shape: [Int])]
  ) -> [Tensor] {
    let rank = Dictionary(uniqueKeysWithValues: DType.allCases.enumerated().map { ($1, $0) })
    let sorted = tensors.sorted {
      $0.dtype == $1.dtype
        ? $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) : rank[$0.dtype]! > rank[$1.dtype]!
    }
    var names = Set([ExactString(metadataKey)])
    var end = 0
    return sorted.map { tensor in
      require(names.insert(ExactString(tensor.name)).inserted, "the name \(tensor.name) is taken")
      require(
        tensor.shape.count <= maximumRank && tensor.shape.allSatisfy { $0 >= 0 },
        "no reader takes shape \(tensor.shape)")
      guard let size = Safetensors.byteCount(tensor.dtype, tensor.shape) else {
        stop("\(tensor.name) of shape \(tensor.shape) has no size in bytes")
      }
      defer { end += size }
      return Tensor(
        name: tensor.name, dtype: tensor.dtype, shape: tensor.shape, dataRange: end..<end + size)
    }
  }

  /// The length and the JSON, padded with spaces so that the data begin at a multiple of 8 bytes; and where in it the
  /// metadata end.
  private static func header(
    _ tensors: [Tensor], _ metadata: [(key: String, value: String)], _ path: String
  ) throws(CheckpointError) -> (bytes: [UInt8], metadataEnd: Int) {
    let keys = Set(metadata.map { ExactString($0.key) })
    require(keys.count == metadata.count, "a metadata key comes twice")
    var members: [(key: String, value: JSON)] = []
    var metadataEnd = 8
    if !metadata.isEmpty {
      members.append((metadataKey, .object(metadata.map { ($0.key, .string($0.value)) })))
      // But for the bracket that ends the object around it.
      metadataEnd += text(members).count - 1
    }
    for tensor in tensors {
      members.append(
        (
          tensor.name,
          .object([
            ("dtype", .string(tensor.dtype.rawValue)),
            ("shape", .array(tensor.shape.map { .integer($0) })),
            (
              "data_offsets",
              .array([.integer(tensor.dataRange.lowerBound), .integer(tensor.dataRange.upperBound)])
            ),
          ])
        ))
    }
    var text = text(members)
    text += [UInt8](repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
    guard text.count <= maximumHeaderLength else {
      throw .invalidMetadata(
        file: path, key: metadataKey,
        reason: "the header would be \(text.count) bytes; readers take \(maximumHeaderLength)")
    }
    let length = UInt64(text.count)
    return ((0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + text, metadataEnd)
  }

  private static func text(_ members: [(key: String, value: JSON)]) -> [UInt8] {
    do { return try JSON.object(members).serialized() } catch { stop("no number: \(error)") }
  }
}
