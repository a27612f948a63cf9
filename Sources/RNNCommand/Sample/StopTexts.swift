/// Ends a text before one of some texts that is not to come in it, and holds back what may become the beginning of one.
struct StopTexts {
  private let stops: [[UInt8]]
  private var held: [UInt8] = []

  init(_ stops: [String]) { self.stops = stops.map { Array($0.utf8) } }

  /// - Returns: what can be written, and whether the text ends with it.
  mutating func pass(_ bytes: [UInt8]) -> (text: [UInt8], isEnd: Bool) {
    held += bytes
    let places = stops.compactMap { stop in held.indices.first { held[$0...].starts(with: stop) } }
    if let end = places.min() { return (Array(held[..<end]), true) }
    // The longest end of what there is that a stop begins with.
    let start = held.indices.first { index in stops.contains { $0.starts(with: held[index...]) } } ?? held.count
    defer { held.removeFirst(start) }
    return (Array(held[..<start]), false)
  }

  /// What was held back when the text ended by itself.
  mutating func rest() -> [UInt8] {
    defer { held = [] }
    return held
  }
}
