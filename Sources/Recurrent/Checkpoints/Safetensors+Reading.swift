package import Storage

/// A safetensors file, its header fully checked; a tensor's bytes are read when they are asked for.
///
/// Every rule of the reference reader holds, and some it lacks: no name and no metadata key twice (also not by way of
/// escapes), no fields but the three, at most 8 dimensions. Whitespace before the header and data off their natural
/// alignment are accepted, as real files have them.
///
/// Opening a file takes the time and the memory of its header, however large it is; the file stays open as long as this
/// value or a copy of it lives. Another program that replaces the file by renaming (as everything here does) changes
/// nothing for it. One that cuts it short makes reading throw `CheckpointError.truncated`: the bytes are read, not mapped
/// into memory, where that would be a signal (see `ByteSource`).
package struct SafetensorsFile: Sendable {
  /// The path, for messages.
  package let file: String
  /// In the order of their data.
  package let tensors: [Safetensors.Tensor]
  /// In the order of the file.
  package let metadata: [(key: String, value: String)]
  let source: ByteSource
  /// Where in the file the digits of the checksum stand; nil without one as it is written here.
  let checksumDigits: Range<Int>?
  private let dataStart: Int
  private let indices: [ExactString: Int]

  /// Opens the file at `path` and reads its header. A pipe is read whole.
  /// - Throws: `CheckpointError`: `missingFile`, `io`, and what `init(bytes:file:)` throws.
  package init(path: String) throws(CheckpointError) {
    let source: ByteSource
    do { source = try ByteSource(path: path) } catch { throw CheckpointError(error) }
    try self.init(source, file: path)
  }

  /// Takes the bytes of a whole file; `file` names it in messages.
  /// - Throws: `CheckpointError`: `truncated`, `foreignFile`, `invalidHeader`.
  package init(bytes: [UInt8], file: String) throws(CheckpointError) {
    try self.init(.memory(bytes), file: file)
  }

  package init(_ source: ByteSource, file: String) throws(CheckpointError) {
    do throws(CheckpointError) { try self.init(reading: source, file: file) } catch {
      // What the user may have taken for a safetensors file.
      guard let format = (try? ForeignFormat(source)) ?? nil else { throw error }
      throw .foreignFile(file, reason: "it is \(format.advice(file))")
    }
  }

  private init(reading source: ByteSource, file: String) throws(CheckpointError) {
    let bytes = try Self.headerBytes(source, file)
    let dataStart = bytes.count
    var header: SafetensorsHeader
    do {
      header = try SafetensorsHeader(parsing: JSONReader(bytes, range: 8..<dataStart))
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
    let dataLength = source.count - dataStart
    guard end <= dataLength else {
      let (expected, overflow) = dataStart.addingReportingOverflow(end)
      throw .truncated(file: file, expected: overflow ? .max : expected, actual: source.count)
    }
    guard end == dataLength else {
      throw .invalidHeader(
        file: file, offset: dataStart + end, reason: "\(dataLength - end) bytes belong to no tensor")
    }
    self.file = file
    self.source = source
    self.dataStart = dataStart
    tensors = header.tensors
    metadata = header.metadata
    checksumDigits = header.checksumEnd.flatMap { Safetensors.checksumDigits(in: bytes, endingAt: $0) }
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
}

// MARK: Numbers

extension SafetensorsFile {
  /// The tensor's numbers, row-major: F16, BF16, F32 and F64, exactly where `S` can hold them, else rounded to the nearest,
  /// ties to even. NaN and infinity are kept.
  /// - Parameter shape: if given, the shape that the tensor must have.
  /// - Throws: `CheckpointError`: `missingTensor`, `shapeMismatch`, `unsupportedType`; `truncated` and `io` where the file
  ///   was cut short or the disk failed after opening, `io` where the numbers do not fit into memory.
  package func values<S: Scalar>(
    _ name: String, shape: [Int]? = nil, as: S.Type = S.self
  ) throws(CheckpointError) -> [S] {
    let tensor = try checked(name, shape)
    _ = try format(of: tensor)
    try refuse(bytesOver: tensor.elementCount, MemoryLayout<S>.stride)
    var values = [S](repeating: 0, count: tensor.elementCount)
    var span = values.mutableSpan
    try read(name, shape: shape, into: &span)
    return values
  }

  /// Reads the tensor's numbers into `range` of `target` (nil: all of it), converted as by `values`. Numbers of the type
  /// of `target` go there straight from the file, others in pieces.
  /// - Parameter shape: the shape that the tensor must have, of as many numbers as the range; nil: any of so many.
  /// - Throws: as `values`; then a part of the range may have been written.
  package func read<S: Scalar>(
    _ name: String, shape: [Int]? = nil, into target: inout MutableSpan<S>, _ range: Range<Int>? = nil
  ) throws(CheckpointError) {
    let range = range ?? 0..<target.count
    let tensor = try checked(name, shape)
    let format = try format(of: tensor)
    guard tensor.elementCount == range.count else {
      require(shape == nil, "expected room for shape \(tensor.shape), got that for \(range.count) numbers")
      throw .shapeMismatch(file: file, tensor: name, expected: [range.count], actual: tensor.shape)
    }
    if tensor.dtype.rawValue == S._dataType { return try read(tensor.dataRange, into: &target, range) }
    var done = 0
    try pieces(tensor.dataRange, unit: format.size) { (bytes) throws(CheckpointError) in
      convert(littleEndian: bytes, format, to: &target, at: range.lowerBound + done)
      done += bytes.count / format.size
    }
  }

  /// The same; with the name of a tensor of scales, of whole numbers of 8 bits: those of row i times scale i.
  package func read<S: Scalar>(
    _ name: String, shape: [Int], scales scalesName: String?, into target: inout MutableSpan<S>, _ range: Range<Int>
  ) throws(CheckpointError) {
    guard let scalesName else { return try read(name, shape: shape, into: &target, range) }
    let scales = try floats(scalesName, shape: [shape[0]])
    let tensor = try checked(name, shape)
    var place = 0
    try pieces(tensor.dataRange, unit: 1) { (bytes) throws(CheckpointError) in
      for index in bytes.indices {
        target[range.lowerBound + place] = S(Float(Int8(bitPattern: bytes[index])) * scales[place / shape[1]])
        place += 1
      }
    }
  }

  /// The tensor's numbers, row-major, as `values`.
  package func floats(_ name: String, shape: [Int]? = nil) throws(CheckpointError) -> [Float] {
    try values(name, shape: shape)
  }

  /// The tensor's numbers, row-major, as `values`.
  package func doubles(_ name: String, shape: [Int]? = nil) throws(CheckpointError) -> [Double] {
    try values(name, shape: shape)
  }

  /// The tensor's numbers, row-major, if they are I32.
  /// - Parameter shape: if given, the shape that the tensor must have.
  /// - Throws: as `values`.
  package func integers(_ name: String, shape: [Int]? = nil) throws(CheckpointError) -> [Int32] {
    let tensor = try checked(name, shape)
    guard tensor.dtype == .I32 else { throw unsupported(tensor) }
    return try numbers(tensor.dataRange)
  }

  /// The bytes of a tensor of this file, of whatever type.
  /// - Throws: `CheckpointError`: `truncated`, `io`, as `values`.
  package func bytes(of tensor: Safetensors.Tensor) throws(CheckpointError) -> [UInt8] {
    try numbers(tensor.dataRange)
  }

  private func checked(_ name: String, _ shape: [Int]?) throws(CheckpointError) -> Safetensors.Tensor {
    let tensor = try tensor(name)
    if let shape, shape != tensor.shape {
      throw .shapeMismatch(file: file, tensor: name, expected: shape, actual: tensor.shape)
    }
    return tensor
  }

  private func format(of tensor: Safetensors.Tensor) throws(CheckpointError) -> StoredReal {
    switch tensor.dtype {
    case .F16: .float16
    case .BF16: .bfloat16
    case .F32: .float32
    case .F64: .float64
    default: throw unsupported(tensor)
    }
  }

  private func unsupported(_ tensor: Safetensors.Tensor) -> CheckpointError {
    .unsupportedType(file: file, tensor: tensor.name, type: tensor.dtype.rawValue)
  }
}

// MARK: Bytes

extension SafetensorsFile {
  private static let pieceSize = 1 << 20

  /// Calls `body` with all bytes of `range` of the data, in pieces of about 1 MiB and of whole units.
  private func pieces(
    _ range: Range<Int>, unit: Int, _ body: (Span<UInt8>) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    try Self.pieces(of: source, dataStart + range.lowerBound..<dataStart + range.upperBound, unit: unit, file, body)
  }

  /// The same for any bytes of the file.
  static func pieces(
    of source: ByteSource, _ range: Range<Int>, unit: Int = 1, _ file: String,
    _ body: (Span<UInt8>) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let size = min(range.count, pieceSize / unit * unit)
    var piece = [UInt8](repeating: 0, count: size)
    var offset = range.lowerBound
    while offset < range.upperBound {
      let count = min(size, range.upperBound - offset)
      var span = piece.mutableSpan
      try fill(&span, 0..<count, from: source, at: offset, file)
      try body(piece.span.extracting(0..<count))
      offset += count
    }
  }

  private func numbers<Value: BitwiseCopyable & FixedWidthInteger>(
    _ range: Range<Int>
  ) throws(CheckpointError) -> [Value] {
    try refuse(bytesOver: range.count, 1)
    var numbers = [Value](repeating: 0, count: range.count / MemoryLayout<Value>.stride)
    var span = numbers.mutableSpan
    try read(range, into: &span, 0..<span.count)
    return numbers
  }

  private func read<Value: BitwiseCopyable & Numeric>(
    _ range: Range<Int>, into target: inout MutableSpan<Value>, _ places: Range<Int>
  ) throws(CheckpointError) {
    try Self.fill(&target, places, from: source, at: dataStart + range.lowerBound, file)
  }

  private static func fill<Value: BitwiseCopyable & Numeric>(
    _ target: inout MutableSpan<Value>, _ places: Range<Int>, from source: ByteSource, at offset: Int, _ file: String
  ) throws(CheckpointError) {
    let count: Int
    do { count = try source.read(at: offset, into: &target, places) } catch { throw CheckpointError(error) }
    // The size was checked when the file was opened: since then it was cut short.
    guard count == places.count * MemoryLayout<Value>.stride else {
      throw .truncated(file: file, expected: source.count, actual: offset + count)
    }
  }

  /// A file may have no data for most of its size: a small one on the disk may claim any amount of memory.
  private func refuse(bytesOver count: Int, _ stride: Int) throws(CheckpointError) {
    let (size, overflow) = count.multipliedReportingOverflow(by: stride)
    guard overflow || size > 1 << 24 else { return }
    guard !overflow, size <= SystemMemory.available() else {
      throw .io(file: file, reason: "\(overflow ? Int.max : size) bytes do not fit in the memory available")
    }
  }

  /// All bytes up to the data.
  private static func headerBytes(_ source: ByteSource, _ file: String) throws(CheckpointError) -> [UInt8] {
    guard source.count >= 8 else { throw .truncated(file: file, expected: 8, actual: source.count) }
    var start = [UInt8](repeating: 0, count: 8)
    var span = start.mutableSpan
    try fill(&span, 0..<8, from: source, at: 0, file)
    let length = start.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= Safetensors.maximumHeaderLength else {
      throw .foreignFile(
        file, reason: "its first 8 bytes are no length of a header; weights are read as .safetensors, .npz or .onnx")
    }
    guard length > 0 else { throw .foreignFile(file, reason: "its header is empty") }
    let end = 8 + Int(length)
    guard end <= source.count else { throw .truncated(file: file, expected: end, actual: source.count) }
    var bytes = [UInt8](repeating: 0, count: end)
    span = bytes.mutableSpan
    try fill(&span, 0..<end, from: source, at: 0, file)
    return bytes
  }
}
