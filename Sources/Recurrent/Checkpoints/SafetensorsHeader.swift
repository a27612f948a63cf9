import Storage

/// The header of a safetensors file while it is read. Errors in it are those of the text: an offset and a reason.
struct SafetensorsHeader {
  var tensors: [Safetensors.Tensor]
  let metadata: [(key: String, value: String)]
  /// Where in the file the text of the checksum ends, at its quote; nil without one.
  let checksumEnd: Int?

  init(parsing reader: consuming JSONReader) throws(JSONError) {
    var tensors: [Safetensors.Tensor] = []
    var metadata: [(key: String, value: String)] = []
    var checksumEnd: Int?
    try reader.object { (reader, name, start) throws(JSONError) in
      if ExactString(name) == ExactString(Safetensors.metadataKey) {
        try reader.object { (reader, key, _) throws(JSONError) in
          metadata.append((key, try reader.string()))
          if ExactString(key) == ExactString(Safetensors.checksumKey) { checksumEnd = reader.offset - 1 }
        }
      } else {
        tensors.append(try Self.tensor(name, start, &reader))
      }
    }
    try reader.end()
    self.tensors = tensors
    self.metadata = metadata
    self.checksumEnd = checksumEnd
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
