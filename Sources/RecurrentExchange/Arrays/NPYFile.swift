internal import Storage

/// NumPy's format of one array (NEP 1): a magic text, a version, a header that is a Python dictionary, and the numbers.
///
/// Read strictly: the header has its three keys and nothing else, the numbers end where the file ends. Pickled objects,
/// structures, texts and big-endian numbers are refused by name.
package enum NPYFile {
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)
  /// Of ours; no network has arrays of more dimensions.
  static let maximumRank = 8

  /// Reads the file at `path`.
  package static func array(path: String) throws(ExchangeError) -> NumberArray {
    let bytes: [UInt8]
    do { bytes = try readFile(path) } catch { throw ExchangeError(error) }
    return try array(bytes: bytes, file: path)
  }

  /// Takes the bytes of a whole file; `file` names it in messages.
  package static func array(bytes: [UInt8], file: String) throws(ExchangeError) -> NumberArray {
    try array(bytes: bytes, range: bytes.indices, file: file, name: "")
  }

  /// An array that is a part of a file.
  static func array(
    bytes: [UInt8], range: Range<Int>, file: String, name: String
  ) throws(ExchangeError) -> NumberArray {
    func fault(_ reason: String, at offset: Int) -> ExchangeError {
      .invalidArrayFile(file, offset: offset, reason: (name.isEmpty ? "" : "array \"\(printable(name))\": ") + reason)
    }
    let start = range.lowerBound
    guard range.count >= 10, bytes[start..<start + 6].elementsEqual(magic) else {
      throw fault("it does not begin as NumPy's arrays do", at: start)
    }
    let version = bytes[start + 6]
    guard (1...3).contains(version), bytes[start + 7] == 0 else {
      throw fault("its version \(version).\(bytes[start + 7]) is not 1.0, 2.0 or 3.0", at: start + 6)
    }
    let lengthSize = version == 1 ? 2 : 4
    guard range.count >= 8 + lengthSize else { throw fault("it ends in the length of its header", at: start + 8) }
    let length = (0..<lengthSize).reduce(0) { $0 | Int(bytes[start + 8 + $1]) << (8 * $1) }
    let headerStart = start + 8 + lengthSize
    guard length <= range.upperBound - headerStart else {
      throw fault("its header of \(length) bytes does not fit into it", at: start + 8)
    }
    let header: NPYHeader
    do { header = try NPYHeader(bytes, range: headerStart..<headerStart + length) } catch {
      throw fault(error.reason, at: error.offset)
    }
    let type = try numberType(header.descriptor, file: file, name: name)
    let dataStart = headerStart + length
    guard let count = byteCount(type, header.shape) else {
      throw fault("an array of shape \(header.shape) has no size in bytes", at: headerStart)
    }
    let room = range.upperBound - dataStart
    guard count == room else {
      throw fault("\(type) of shape \(header.shape) takes \(count) bytes; there are \(room)", at: dataStart)
    }
    return NumberArray(
      file: file, name: name, type: type, shape: header.shape, isFortranOrdered: header.isFortranOrdered,
      bytes: bytes, range: dataStart..<range.upperBound)
  }

  /// nil where the number overflows.
  private static func byteCount(_ type: NumberType, _ shape: [Int]) -> Int? {
    var count = type.byteCount
    // A dimension of 0 must not hide others whose product overflows.
    for size in shape where size > 0 {
      let (product, overflow) = count.multipliedReportingOverflow(by: size)
      if overflow { return nil }
      count = product
    }
    return shape.contains(0) ? 0 : count
  }

  private static func numberType(
    _ descriptor: String, file: String, name: String
  ) throws(ExchangeError) -> NumberType {
    func refusal(_ reason: String) -> ExchangeError {
      .unsupportedArray(file: file, array: name, reason: reason)
    }
    let order = descriptor.prefix(1)
    let kind = String(descriptor.dropFirst())
    if let type = types.first(where: { $0.code == kind })?.type {
      switch order {
      case "<": return type
      case "|" where type.byteCount == 1: return type
      case ">": throw refusal("is big-endian; in Python, save it as \"<\(kind)\" (array.astype)")
      default: break
      }
    }
    switch kind.prefix(1) {
    case "O": throw refusal("holds pickled Python objects, which are never read; save arrays of numbers")
    case "V":
      throw refusal(
        "is of type \"\(printable(descriptor))\", perhaps bfloat16; save it as float32, or in a safetensors file")
    default: throw refusal("is of type \"\(printable(descriptor))\", which is not read here")
    }
  }

  static let types: [(code: String, type: NumberType)] = [
    ("b1", .bool), ("i1", .int8), ("u1", .uint8), ("i2", .int16), ("u2", .uint16), ("i4", .int32), ("u4", .uint32),
    ("i8", .int64), ("u8", .uint64), ("f2", .float16), ("f4", .float32), ("f8", .float64),
  ]
}

/// The dictionary in the header: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, spaces and a line end.
private struct NPYHeader {
  var descriptor = ""
  var isFortranOrdered = false
  var shape: [Int] = []

  struct Fault: Error {
    let offset: Int
    let reason: String
  }

  private let bytes: [UInt8]
  private let end: Int
  private var offset: Int

  init(_ bytes: [UInt8], range: Range<Int>) throws(Fault) {
    self.bytes = bytes
    offset = range.lowerBound
    end = range.upperBound
    try parse()
  }

  private mutating func parse() throws(Fault) {
    var keys: Set<String> = []
    try expect("{")
    while !take("}") {
      let start = offset
      let key = try string()
      guard keys.insert(key).inserted else { throw fault("its header has the key '\(key)' twice", at: start) }
      try expect(":")
      switch key {
      case "descr":
        skipSpaces()
        guard offset < end, bytes[offset] != UInt8(ascii: "[") else {
          throw fault("its numbers are structures, which are not read here")
        }
        descriptor = try string()
      case "fortran_order": isFortranOrdered = try flag()
      case "shape": shape = try sizes()
      default: throw fault("its header has an unknown key '\(printable(key))'", at: start)
      }
      if !take(",") {
        try expect("}")
        break
      }
    }
    guard keys.count == 3 else { throw fault("its header lacks one of 'descr', 'fortran_order' and 'shape'") }
    while offset < end {
      let isLast = offset == end - 1
      guard bytes[offset] == 0x20 || (isLast && bytes[offset] == 0x0A) else {
        throw fault("its header goes on after its end")
      }
      offset += 1
    }
  }

  private func fault(_ reason: String, at offset: Int? = nil) -> Fault {
    Fault(offset: offset ?? self.offset, reason: reason)
  }

  private mutating func skipSpaces() { while offset < end, bytes[offset] == 0x20 { offset += 1 } }

  private mutating func take(_ text: StaticString) -> Bool {
    skipSpaces()
    let wanted = Array(String(describing: text).utf8)
    guard end - offset >= wanted.count, bytes[offset..<offset + wanted.count].elementsEqual(wanted) else {
      return false
    }
    offset += wanted.count
    return true
  }

  private mutating func expect(_ text: StaticString) throws(Fault) {
    guard take(text) else { throw fault("its header has no '\(text)' where one is expected") }
  }

  private mutating func string() throws(Fault) -> String {
    skipSpaces()
    guard offset < end, bytes[offset] == UInt8(ascii: "'") || bytes[offset] == UInt8(ascii: "\"") else {
      throw fault("its header has no text in quotes where one is expected")
    }
    let quote = bytes[offset]
    let start = offset + 1
    var last = start
    while last < end, bytes[last] != quote {
      guard (0x20..<0x7F).contains(bytes[last]), bytes[last] != UInt8(ascii: "\\") else {
        throw fault("its header has an unexpected byte in a text", at: last)
      }
      last += 1
    }
    guard last < end else { throw fault("a text in its header does not end") }
    offset = last + 1
    return String(decoding: bytes[start..<last], as: UTF8.self)
  }

  private mutating func flag() throws(Fault) -> Bool {
    if take("True") { return true }
    try expect("False")
    return false
  }

  private mutating func sizes() throws(Fault) -> [Int] {
    try expect("(")
    var sizes: [Int] = []
    while !take(")") {
      guard sizes.count < NPYFile.maximumRank else {
        throw fault("its header has more than \(NPYFile.maximumRank) dimensions")
      }
      sizes.append(try size())
      if !take(",") {
        // (3) is a number in parentheses, no tuple.
        guard sizes.count > 1 else { throw fault("the shape in its header is no tuple") }
        try expect(")")
        break
      }
    }
    return sizes
  }

  private mutating func size() throws(Fault) -> Int {
    skipSpaces()
    let start = offset
    var size = 0
    while offset < end, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) {
      let (product, overflow) = size.multipliedReportingOverflow(by: 10)
      let (sum, sumOverflow) = product.addingReportingOverflow(Int(bytes[offset] - UInt8(ascii: "0")))
      guard !overflow, !sumOverflow else { throw fault("a dimension in its header is too large", at: start) }
      size = sum
      offset += 1
    }
    guard offset > start else { throw fault("its header has no dimension where one is expected") }
    return size
  }
}
