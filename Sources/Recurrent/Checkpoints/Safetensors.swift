/// The safetensors format, as far as reading and writing share it.
///
/// A file is the length N of the header (8 bytes, little-endian), the header (N bytes of JSON), and the data:
///
///     {"__metadata__": {"key": "text", …},
///      "weight_hh_l0": {"dtype": "F32", "shape": [1024, 256], "data_offsets": [0, 1048576]}, …}
///
/// Offsets count from the start of the data; tensors are row-major, little-endian, and lie without gap.
package enum Safetensors {
  /// The limit of the reference reader.
  package static let maximumHeaderLength = 100_000_000
  /// Ours; no network has tensors of more dimensions.
  package static let maximumRank = 8
  static let metadataKey = "__metadata__"

  /// The types of the format, in the order by which the reference writer sorts tensors (last first).
  package enum DType: String, Sendable, Hashable, CaseIterable {
    case BOOL, F4, F6_E2M3, F6_E3M2, U8, I8, F8_E5M2, F8_E4M3, F8_E8M0, F8_E4M3FNUZ, F8_E5M2FNUZ
    case I16, U16, F16, BF16, I32, U32, F32, C64, F64, I64, U64

    package var bitCount: Int {
      switch self {
      case .F4: 4
      case .F6_E2M3, .F6_E3M2: 6
      case .BOOL, .U8, .I8, .F8_E5M2, .F8_E4M3, .F8_E8M0, .F8_E4M3FNUZ, .F8_E5M2FNUZ: 8
      case .I16, .U16, .F16, .BF16: 16
      case .I32, .U32, .F32: 32
      case .C64, .F64, .I64, .U64: 64
      }
    }
  }

  /// One tensor's line in the header.
  package struct Tensor: Sendable, Hashable {
    package let name: String
    package let dtype: DType
    package let shape: [Int]
    /// Bytes, from the start of the data.
    package let dataRange: Range<Int>

    package var elementCount: Int { shape.reduce(1, *) }
  }

  /// Bytes of a tensor; nil if the number does not fit in an `Int` or is not whole.
  static func byteCount(_ dtype: DType, _ shape: [Int]) -> Int? {
    var bits = dtype.bitCount
    for size in shape {
      let (product, overflow) = bits.multipliedReportingOverflow(by: size)
      guard !overflow else { return nil }
      bits = product
    }
    return bits.isMultiple(of: 8) ? bits / 8 : nil
  }
}
