package import Recurrent
import Storage

extension NPYFile {
  /// Writes one array, row-major; the file appears whole or not at all.
  /// - Precondition: as many values as the shape says.
  package static func write<S: Scalar>(to path: String, shape: [Int], values: [S]) throws(ExchangeError) {
    let header = header(S.self, shape: shape)
    require(values.count == shape.reduce(1, *), "\(values.count) values for an array of shape \(shape)")
    do {
      try DurableFile.replace(path) { (file) throws(FileError) in
        try file.write(header.span)
        try file.write(values.span)
      }
    } catch { throw ExchangeError(error) }
  }

  /// Version 1.0, padded so that the numbers begin at a multiple of 64 bytes, as NumPy does.
  static func header<S: Scalar>(_ type: S.Type, shape: [Int]) -> [UInt8] {
    let sizes = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    let code = MemoryLayout<S>.size == 4 ? "<f4" : "<f8"
    var text = Array("{'descr': '\(code)', 'fortran_order': False, 'shape': (\(sizes)), }".utf8)
    text += [UInt8](repeating: 0x20, count: 63 - (10 + text.count) % 64) + [0x0A]
    return magic + [1, 0, UInt8(text.count & 0xFF), UInt8(text.count >> 8)] + text
  }
}
