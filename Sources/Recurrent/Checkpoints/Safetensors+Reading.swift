import Kernels

/// A safetensors file in memory, its header fully checked.
///
/// Every rule of the reference reader holds, and some it lacks: no name twice (also not by way of escapes),
/// no fields but the three, at most 8 dimensions. Whitespace before the header and data off their natural
/// alignment are accepted, as real files have them.
package struct SafetensorsFile: Sendable {
  /// The path, for messages.
  package let file: String
  /// In the order of their data.
  package let tensors: [Safetensors.Tensor]
  /// In the order of the file.
  package let metadata: [(key: String, value: String)]
  private let bytes: [UInt8]
  private let dataStart: Int
  private let indices: [ExactString: Int]

  /// Reads the file at `path`.
  /// - Throws: `CheckpointError`: `missingFile`, `io`, and what `init(bytes:file:)` throws.
  package init(path: String) throws(CheckpointError) {
    let bytes: [UInt8]
    do { bytes = try readFile(path) } catch { throw CheckpointError(error) }
    try self.init(bytes: bytes, file: path)
  }

  /// Takes the bytes of a whole file; `file` names it in messages.
  /// - Throws: `CheckpointError`: `truncated`, `foreignFile`, `invalidHeader`.
  package init(bytes: [UInt8], file: String) throws(CheckpointError) {
    let dataStart = try Self.headerEnd(bytes, file)
    var header: Header
    do {
      header = try Header(parsing: JSONReader(bytes, range: 8..<dataStart))
    } catch {
      throw .invalidHeader(file: file, offset: error.offset, reason: error.reason)
    }
    // Empty tensors share the offset of the next one: the end decides.
    header.tensors.sort {
      ($0.dataRange.lowerBound, $0.dataRange.upperBound) < ($1.dataRange.lowerBound, $1.dataRange.upperBound)
    }
    var end = 0
    for tensor in header.tensors {
      guard tensor.dataRange.lowerBound == end else {
        let overlaps = tensor.dataRange.lowerBound < end
        let fault = overlaps ? "overlaps the one before it" : "leaves a hole before it"
        throw .invalidHeader(
          file: file, offset: nil,
          reason: "tensor \"\(printable(tensor.name))\" at data bytes \(tensor.dataRange) \(fault)")
      }
      end = tensor.dataRange.upperBound
    }
    let dataLength = bytes.count - dataStart
    guard end <= dataLength else {
      let (expected, overflow) = dataStart.addingReportingOverflow(end)
      throw .truncated(file: file, expected: overflow ? .max : expected, actual: bytes.count)
    }
    guard end == dataLength else {
      throw .invalidHeader(
        file: file, offset: dataStart + end, reason: "\(dataLength - end) bytes belong to no tensor")
    }
    self.file = file
    self.bytes = bytes
    self.dataStart = dataStart
    tensors = header.tensors
    metadata = header.metadata
    var indices: [ExactString: Int] = [:]
    for (index, tensor) in tensors.enumerated() { indices[ExactString(tensor.name)] = index }
    self.indices = indices
  }

  /// The tensor of that name; names are compared by their bytes.
  /// - Throws: `CheckpointError.missingTensor`.
  package func tensor(_ name: String) throws(CheckpointError) -> Safetensors.Tensor {
    guard let index = indices[ExactString(name)] else { throw .missingTensor(file: file, name: name) }
    return tensors[index]
  }

  /// Bytes of all tensors.
  package var dataByteCount: Int { tensors.last?.dataRange.upperBound ?? 0 }

  package func contains(_ name: String) -> Bool { indices[ExactString(name)] != nil }

  /// The metadata text under `key`; nil if there is none.
  package func metadata(_ key: String) -> String? {
    metadata.first { ExactString($0.key) == ExactString(key) }?.value
  }

  /// The tensor's numbers, row-major; F64 is rounded to the nearest `Float`.
  /// - Parameter shape: if given, the shape that the tensor must have.
  /// - Throws: `CheckpointError`: `missingTensor`, `shapeMismatch`, `unsupportedType`.
  package func floats(_ name: String, shape: [Int]? = nil) throws(CheckpointError) -> [Float] {
    let tensor = try checked(name, shape)
    switch tensor.dtype {
    case .F32: return Kernels.floats(littleEndian: data(of: tensor))
    case .F64: return Kernels.doubles(littleEndian: data(of: tensor)).map { Float($0) }
    default: throw .unsupportedType(file: file, tensor: name, type: tensor.dtype.rawValue)
    }
  }

  /// The tensor's numbers, row-major; F32 is widened exactly.
  /// - Parameter shape: if given, the shape that the tensor must have.
  /// - Throws: `CheckpointError`: `missingTensor`, `shapeMismatch`, `unsupportedType`.
  package func doubles(_ name: String, shape: [Int]? = nil) throws(CheckpointError) -> [Double] {
    let tensor = try checked(name, shape)
    switch tensor.dtype {
    case .F32: return Kernels.floats(littleEndian: data(of: tensor)).map { Double($0) }
    case .F64: return Kernels.doubles(littleEndian: data(of: tensor))
    default: throw .unsupportedType(file: file, tensor: name, type: tensor.dtype.rawValue)
    }
  }

  /// The tensor's numbers, row-major, if they are I32.
  /// - Parameter shape: if given, the shape that the tensor must have.
  /// - Throws: `CheckpointError`: `missingTensor`, `shapeMismatch`, `unsupportedType`.
  package func integers(_ name: String, shape: [Int]? = nil) throws(CheckpointError) -> [Int32] {
    let tensor = try checked(name, shape)
    guard tensor.dtype == .I32 else {
      throw .unsupportedType(file: file, tensor: name, type: tensor.dtype.rawValue)
    }
    return Kernels.integers(littleEndian: data(of: tensor))
  }

  /// The bytes of a tensor of this file, of whatever type.
  @_lifetime(borrow self)
  package func data(of tensor: Safetensors.Tensor) -> Span<UInt8> {
    let range = tensor.dataRange
    return bytes.span.extracting(dataStart + range.lowerBound..<dataStart + range.upperBound)
  }

  private func checked(_ name: String, _ shape: [Int]?) throws(CheckpointError) -> Safetensors.Tensor {
    let tensor = try tensor(name)
    if let shape, shape != tensor.shape {
      throw .shapeMismatch(file: file, tensor: name, expected: shape, actual: tensor.shape)
    }
    return tensor
  }

  /// Where the header ends and the data begin.
  private static func headerEnd(_ bytes: [UInt8], _ file: String) throws(CheckpointError) -> Int {
    guard bytes.count >= 8 else { throw .truncated(file: file, expected: 8, actual: bytes.count) }
    let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= Safetensors.maximumHeaderLength else {
      throw .foreignFile(file, reason: foreignKind(bytes) ?? "its first 8 bytes are no length of a header")
    }
    guard length > 0 else { throw .foreignFile(file, reason: "its header is empty") }
    let end = 8 + Int(length)
    guard end <= bytes.count else { throw .truncated(file: file, expected: end, actual: bytes.count) }
    return end
  }

  /// What the user may have taken for a safetensors file.
  private static func foreignKind(_ bytes: [UInt8]) -> String? {
    if bytes.starts(with: "PK\u{3}\u{4}".utf8) || bytes.starts(with: [0x80, 0x02]) {
      return "it looks like one of torch.save; in Python, write it with safetensors.torch.save_file instead"
    }
    if bytes.starts(with: [0x89, 0x48, 0x44, 0x46]) { return "it looks like HDF5" }
    return nil
  }
}

/// The header while it is read. Errors in it are those of the text: an offset and a reason.
private struct Header {
  var tensors: [Safetensors.Tensor]
  let metadata: [(key: String, value: String)]

  init(parsing reader: consuming JSONReader) throws(JSONError) {
    var tensors: [Safetensors.Tensor] = []
    var metadata: [(key: String, value: String)] = []
    try reader.object { (reader, name, start) throws(JSONError) in
      if ExactString(name) == ExactString(Safetensors.metadataKey) {
        try reader.object { (reader, key, _) throws(JSONError) in
          metadata.append((key, try reader.string()))
        }
      } else {
        tensors.append(try Self.tensor(name, start, &reader))
      }
    }
    try reader.end()
    self.tensors = tensors
    self.metadata = metadata
  }

  private static func tensor(
    _ name: String, _ start: Int, _ reader: inout JSONReader
  ) throws(JSONError) -> Safetensors.Tensor {
    var dtype: Safetensors.DType?
    var shape: [Int]?
    var offsets: [Int]?
    func fault(_ reason: String, at offset: Int = start) -> JSONError {
      JSONError(offset: offset, reason: "tensor \"\(printable(name))\" \(reason)")
    }
    func sizes(_ reader: inout JSONReader, limit: Int) throws(JSONError) -> [Int] {
      var sizes: [Int] = []
      try reader.array { (reader) throws(JSONError) in
        let start = reader.offset
        guard sizes.count < limit else { throw fault("lists more than \(limit) numbers", at: start) }
        let size = try reader.integer()
        guard size >= 0 else { throw fault("has a negative size or offset", at: start) }
        sizes.append(size)
      }
      return sizes
    }
    try reader.object { (reader, field, start) throws(JSONError) in
      switch field {
      case "dtype":
        let text = try reader.string()
        dtype = Safetensors.DType(rawValue: text)
        if dtype == nil { throw fault("has an unknown dtype \"\(printable(text))\"", at: start) }
      case "shape": shape = try sizes(&reader, limit: Safetensors.maximumRank)
      case "data_offsets": offsets = try sizes(&reader, limit: 2)
      default: throw fault("has an unknown field \"\(printable(field))\"", at: start)
      }
    }
    guard let dtype else { throw fault("has no dtype") }
    guard let shape else { throw fault("has no shape") }
    guard let offsets, offsets.count == 2 else { throw fault("has no two data_offsets") }
    guard offsets[0] <= offsets[1] else { throw fault("ends before it begins") }
    guard let size = Safetensors.byteCount(dtype, shape) else {
      throw fault("of shape \(shape) has a size that overflows or is no whole number of bytes")
    }
    guard size == offsets[1] - offsets[0] else {
      throw fault("of shape \(shape) takes \(size) bytes, its data_offsets say \(offsets[1] - offsets[0])")
    }
    return Safetensors.Tensor(name: name, dtype: dtype, shape: shape, dataRange: offsets[0]..<offsets[1])
  }
}
