/// Which files an output may replace, by what stands in them.
package struct ReplaceableFiles: Sendable {
  private let examine: @Sendable (String) -> String?
  /// Whether lines are added to what is there: then its directory need not be writable.
  let areAppendedTo: Bool

  /// - Parameter obstacle: what the file at a path is, in words, if it is not to be replaced; nil: it may be.
  package init(appendedTo areAppendedTo: Bool = false, obstacle: @escaping @Sendable (_ path: String) -> String?) {
    (self.areAppendedTo, examine) = (areAppendedTo, obstacle)
  }

  /// All of them.
  package static let any = ReplaceableFiles { _ in nil }

  func obstacle(at path: String) -> String? { examine(path) }
}
