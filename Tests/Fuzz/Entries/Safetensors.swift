import Recurrent

extension FuzzEntries {
  /// The header, each tensor as every kind of number, and the checksum.
  @Sendable package static func safetensors(_ bytes: [UInt8]) {
    guard let file = try? SafetensorsFile(bytes: bytes, file: "input") else { return }
    var count = 0
    for tensor in file.tensors {
      precondition(file.contains(tensor.name), "a tensor that cannot be found by its name")
      precondition(
        tensor.elementCount * tensor.dtype.bitCount == tensor.dataRange.count * 8, "a tensor of another size")
      guard let data = try? file.bytes(of: tensor) else { preconditionFailure("bytes that cannot be read") }
      count += data.count
      if let floats = try? file.floats(tensor.name) {
        precondition(floats.count == tensor.elementCount, "\(floats.count) numbers, not \(tensor.elementCount)")
        guard let doubles = try? file.doubles(tensor.name, shape: tensor.shape) else {
          preconditionFailure("numbers of one precision only")
        }
        precondition(zip(floats, doubles).allSatisfy { $0 == Float($1) || $0.isNaN && $1.isNaN }, "other numbers")
      }
      _ = try? file.integers(tensor.name, shape: [1])
    }
    precondition(count < bytes.count, "more data than bytes")
    if file.hasChecksum { _ = try? file.verifyChecksum() }
  }
}
