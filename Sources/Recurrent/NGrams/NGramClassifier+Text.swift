internal import Foundation
internal import Storage

/// A linear classifier as text, to be kept with a model: JSON, numbers in base64.
///
///     {"orders": [1, 4], "classes": 10, "hashes": "UInt32 …", "weights": "bfloat16 …", "biases": [0.25, …]}
extension NGramClassifier {
  /// Under which a model has it.
  public static let annotation = "ngrams"

  /// What the annotation says.
  public var annotationText: String {
    var halves: [UInt16] = []
    for hash in hashes {
      halves.append(UInt16(truncatingIfNeeded: hash))
      halves.append(UInt16(hash >> 16))
    }
    let object = JSON.object([
      (key: "orders", value: .array([.integer(orders.lowerBound), .integer(orders.upperBound)])),
      (key: "classes", value: .integer(classCount)),
      (key: "hashes", value: .string(Self.base64(halves))),
      (key: "weights", value: .string(Self.base64(weights.map(Self.rounded)))),
      (key: "biases", value: .array(biases.map { .number(Double($0)) })),
    ])
    guard let bytes = try? object.serialized() else { stop("weights that are not finite") }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The classifier that `annotationText` describes.
  /// - Throws: `TextError.invalidVocabulary` where it describes none.
  public init(annotationText text: String) throws(TextError) {
    func fault(_ reason: String) -> TextError { .invalidVocabulary(reason: "n-grams: " + reason) }
    let json: JSON
    do { json = try JSON(parsing: text) } catch { throw fault(error.description) }
    let orders = json["orders"]?.array?.compactMap(\.integer) ?? []
    guard orders.count == 2, orders[0] >= 1, orders[0] <= orders[1], orders[1] <= Self.longest else {
      throw fault("orders are missing")
    }
    guard let classCount = json["classes"]?.integer, classCount >= 1, classCount <= 1 << 24 else {
      throw fault("classes are missing")
    }
    let biases = json["biases"]?.array?.compactMap(\.number).map { Float($0) } ?? []
    guard let halves = json["hashes"]?.string.flatMap(Self.words), halves.count.isMultiple(of: 2),
      let weights = json["weights"]?.string.flatMap(Self.words), biases.count == classCount,
      weights.count == halves.count / 2 * classCount
    else { throw fault("hashes, weights and biases do not suit each other") }
    var hashes: [UInt32] = []
    for index in 0..<halves.count / 2 {
      let (low, high) = (UInt32(halves[2 * index]), UInt32(halves[2 * index + 1]))
      hashes.append(high << 16 | low)
    }
    guard zip(hashes, hashes.dropFirst()).allSatisfy({ $0 < $1 }) else { throw fault("hashes are not ascending") }
    let values = weights.map { Float(bitPattern: UInt32($0) << 16) }
    guard values.allSatisfy(\.isFinite), biases.allSatisfy(\.isFinite) else { throw fault("a weight is not finite") }
    self.init(orders: orders[0]...orders[1], classCount: classCount, hashes: hashes, weights: values, biases: biases)
  }

  /// Of the longest n-grams.
  public static let longest = 16

  /// The nearest bfloat16, ties to even: the upper half of a Float.
  static func rounded(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
  }

  private static func base64(_ words: [UInt16]) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(2 * words.count)
    for word in words {
      bytes.append(UInt8(truncatingIfNeeded: word))
      bytes.append(UInt8(word >> 8))
    }
    return Data(bytes).base64EncodedString()
  }

  private static func words(_ text: String) -> [UInt16]? {
    guard let data = Data(base64Encoded: text), data.count.isMultiple(of: 2) else { return nil }
    let bytes = [UInt8](data)
    return stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8 }
  }
}
