internal import Storage

/// The different ones of some texts, the most frequent first; of equally frequent ones the lesser by its scalars, so that the same
/// texts always give the same order.
/// - Parameters:
///   - limit: the most that are kept; nil: all.
///   - minimumCount: how often one must come to be kept.
func mostFrequent(_ texts: some Sequence<String>, limit: Int? = nil, minimumCount: Int = 1) -> [String] {
  var counts: [ExactString: Int] = [:]
  for text in texts { counts[ExactString(text), default: 0] += 1 }
  let order = counts.filter { $0.value >= minimumCount }.sorted { left, right in
    left.value != right.value
      ? left.value > right.value
      : left.key.string.unicodeScalars.lexicographicallyPrecedes(right.key.string.unicodeScalars)
  }
  return order.prefix(limit ?? order.count).map(\.key.string)
}
