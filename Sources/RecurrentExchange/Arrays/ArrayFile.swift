package import Recurrent
package import Storage

/// Named arrays of numbers in a file of any kind that is read here: safetensors, .npz, or .npy, whose one array has no name.
package struct ArrayFile: Sendable {
  package enum Kind: String, Sendable { case safetensors, npz, npy }

  /// What stands in a file about an array.
  package struct Entry: Sendable, Hashable {
    package let name: String
    package let shape: [Int]
    /// As the format calls it.
    package let type: String
  }

  private enum Content: Sendable {
    case safetensors(SafetensorsFile)
    case arrays([NumberArray])
  }

  /// The path, for messages.
  package let file: String
  package let kind: Kind
  package let entries: [Entry]
  private let content: Content
  /// Of each name in `entries`.
  private let indices: [ExactString: Int]

  /// Reads the file at `path`; what it is, its first bytes say.
  package init(path: String) throws(ExchangeError) {
    let source: ByteSource
    do { source = try ByteSource(path: path) } catch { throw ExchangeError(error) }
    try self.init(source, file: path)
  }

  /// Reads what has been opened; `path` names it in messages.
  package init(_ source: ByteSource, file path: String) throws(ExchangeError) {
    var start = [UInt8](repeating: 0, count: NPYFile.magic.count)
    do throws(FileError) {
      var span = start.mutableSpan
      _ = try source.read(at: 0, into: &span)
    } catch { throw ExchangeError(error) }
    try Self.refuseForeign(source, start, path)
    if !start.starts(with: NPYFile.magic), !NPZFile.isArchive(start) {
      // Where it lies: it may be larger than the memory.
      let file: SafetensorsFile
      do { file = try SafetensorsFile(source, file: path) } catch { throw .file(error) }
      self.init(file)
      return
    }
    let bytes: [UInt8]
    switch source {
    case .memory(let all): bytes = all
    case .file: do { bytes = try readFile(path) } catch { throw ExchangeError(error) }
    }
    try self.init(bytes: bytes, file: path)
  }

  /// Refuses ZIP archives of other programs, PyTorch's and Keras's among them, by what is in them.
  private static func refuseForeign(_ source: ByteSource, _ start: [UInt8], _ path: String) throws(ExchangeError) {
    guard NPZFile.isArchive(start) else { return }
    let format: ForeignFormat?
    do { format = try ForeignFormat(source) } catch { throw ExchangeError(error) }
    guard let format, format != .npz, format != .cutZip else { return }
    throw .file(.foreignFile(path, reason: "it is \(format.advice(path))"))
  }

  /// Takes the bytes of a whole file; `file` names it in messages.
  package init(bytes: [UInt8], file path: String) throws(ExchangeError) {
    try Self.refuseForeign(.memory(bytes), Array(bytes.prefix(NPYFile.magic.count)), path)
    if bytes.starts(with: NPYFile.magic) {
      self.init(path, .npy, [try NPYFile.array(bytes: bytes, file: path)])
    } else if NPZFile.isArchive(bytes) {
      self.init(path, .npz, try NPZFile(bytes: bytes, file: path).arrays)
    } else {
      let file: SafetensorsFile
      do { file = try SafetensorsFile(bytes: bytes, file: path) } catch { throw .file(error) }
      self.init(file)
    }
  }

  package init(_ file: SafetensorsFile) {
    self.file = file.file
    kind = .safetensors
    content = .safetensors(file)
    entries = file.tensors.map { Entry(name: $0.name, shape: $0.shape, type: $0.dtype.rawValue) }
    indices = Self.indices(entries)
  }

  /// What was read, if it is of this kind.
  package var safetensors: SafetensorsFile? {
    guard case .safetensors(let file) = content else { return nil }
    return file
  }

  private init(_ path: String, _ kind: Kind, _ arrays: [NumberArray]) {
    file = path
    self.kind = kind
    content = .arrays(arrays)
    entries = arrays.map { Entry(name: $0.name, shape: $0.shape, type: $0.type.rawValue) }
    indices = Self.indices(entries)
  }

  private static func indices(_ entries: [Entry]) -> [ExactString: Int] {
    Dictionary(uniqueKeysWithValues: entries.enumerated().map { (ExactString($1.name), $0) })
  }

  /// Texts that go with the arrays, in safetensors files only.
  package var metadata: [(key: String, value: String)] {
    if case .safetensors(let file) = content { file.metadata } else { [] }
  }

  package func metadata(_ key: String) -> String? {
    metadata.first { ExactString($0.key) == ExactString(key) }?.value
  }

  package func entry(_ name: String) -> Entry? { indices[ExactString(name)].map { entries[$0] } }

  /// nil for types that are not read.
  package func type(of entry: Entry) -> NumberType? {
    NumberType(rawValue: entry.type) ?? Safetensors.DType(rawValue: entry.type).flatMap { NumberType($0) }
  }

  /// The numbers of an array, row-major, rounded where `S` is narrower.
  /// - Throws: `ExchangeError.missingTensor`; `unsupportedArray` where they are of another type than floating point.
  package func values<S: Scalar>(_ name: String, as scalar: S.Type = S.self) throws(ExchangeError) -> [S] {
    let (index, entry, type) = try typed(name)
    guard type.isFloatingPoint else {
      throw .unsupportedArray(
        file: file, array: name, reason: "is of type \(entry.type), expected floating-point numbers")
    }
    switch content {
    case .safetensors(let file):
      do { return try file.values(name) } catch { throw .file(error) }
    case .arrays(let arrays): return arrays[index].values()
    }
  }

  /// The whole numbers of an array, row-major.
  /// - Throws: `ExchangeError.missingTensor`; `unsupportedArray` where they are not whole, or one is beyond an `Int32`.
  package func integers(_ name: String) throws(ExchangeError) -> [Int32] {
    let (index, _, type) = try typed(name)
    switch content {
    case .safetensors(let file):
      let bytes: [UInt8]
      do { bytes = try file.bytes(of: file.tensor(name)) } catch { throw .file(error) }
      return try wholeNumbers(type, bytes.span, file: self.file, name: name)
    case .arrays(let arrays): return try arrays[index].integers()
    }
  }

  private func typed(_ name: String) throws(ExchangeError) -> (Int, Entry, NumberType) {
    guard let index = indices[ExactString(name)] else {
      throw .missingTensor(file: file, name: name, reason: "it has \(ExchangeError.list(entries.map(\.name)))")
    }
    let entry = entries[index]
    guard let type = type(of: entry) else {
      throw .unsupportedArray(file: file, array: name, reason: "is of type \(entry.type), which is not read here")
    }
    return (index, entry, type)
  }
}
