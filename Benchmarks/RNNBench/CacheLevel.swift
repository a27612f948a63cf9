import Foundation

/// A data cache of the first processor, as Linux describes it; elsewhere none is known.
struct CacheLevel {
  /// "L1"
  let name: String
  let bytes: Int
  /// Whether several cores use it together.
  let isShared: Bool

  /// From the smallest to the largest.
  static let all: [CacheLevel] = {
    let root = "/sys/devices/system/cpu/cpu0/cache/index"
    return (0..<8).compactMap { index in
      func text(_ name: String) -> String? {
        (try? String(contentsOfFile: "\(root)\(index)/\(name)", encoding: .utf8))?
          .trimmingCharacters(in: .whitespacesAndNewlines)
      }
      guard let level = text("level").flatMap({ Int($0) }), text("type") != "Instruction",
        let bytes = text("size").flatMap(bytes(_:))
      else { return nil }
      // Two hardware threads of one core share its first levels too.
      return CacheLevel(name: "L\(level)", bytes: bytes, isShared: level > 2)
    }.sorted { $0.bytes < $1.bytes }
  }()

  /// 32K, 1024K, 32M
  private static func bytes(_ text: String) -> Int? {
    let units: [Character: Int] = ["K": 1 << 10, "M": 1 << 20, "G": 1 << 30]
    guard let unit = text.last, let factor = units[unit] else { return Int(text) }
    return Int(text.dropLast()).map { $0 * factor }
  }

  /// The smallest that `bytes` fit into, or "memory".
  static func name(holding bytes: Int) -> String { all.first { $0.bytes >= bytes }?.name ?? "memory" }
}
