/// A string equal only to a string of the same UTF-8 bytes.
///
/// `String` compares by canonical equivalence: "é" as one scalar and as two are one key of a dictionary of
/// strings, and two tensors of those names would become one.
package struct ExactString: Hashable, Sendable {
  package let string: String

  package init(_ string: String) { self.string = string }

  package static func == (left: ExactString, right: ExactString) -> Bool {
    left.string.utf8.elementsEqual(right.string.utf8)
  }

  package func hash(into hasher: inout Hasher) {
    // By bytes as well: the hash of a String is one for all spellings, and a file made of spellings would
    // take quadratic time.
    for byte in string.utf8 { hasher.combine(byte) }
    hasher.combine(UInt8(0xFF))
  }
}
