/// The place of the next character of a text, as editors count: lines and columns from 1.
///
/// A line ends with LF, CR, or CR and LF together.
package struct LineCounter: Sendable {
  package private(set) var line = 1
  package private(set) var column = 1
  private var followsReturn = false

  package init() {}

  /// Goes past a character.
  package mutating func pass(_ scalar: UInt32) {
    if scalar == 0x0D || (scalar == 0x0A && !followsReturn) {
      line += 1
      column = 1
    } else if scalar != 0x0A {
      column += 1
    }
    followsReturn = scalar == 0x0D
  }
}
