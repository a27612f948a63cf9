import CKernels
import Kernels

/// Scalars that a kernel works on, off the alignment of vectors unless asked for, with a margin on either side.
@safe final class GuardedRow<Element: KernelScalar> {
  let count: Int
  private let storage: UnsafeMutableRawPointer
  private let start: UnsafeMutablePointer<Element>

  private static var margin: Int { 64 }
  private static var guardValue: Element { 1234.5 }

  init(_ values: [Element], aligned: Bool = false) {
    count = values.count
    let total = count + 2 * Self.margin
    unsafe storage = UnsafeMutableRawPointer.allocate(
      byteCount: (total + 1) * MemoryLayout<Element>.stride, alignment: 64)
    let all = unsafe storage.bindMemory(to: Element.self, capacity: total + 1)
    unsafe all.initialize(repeating: Self.guardValue, count: total + 1)
    unsafe start = all + Self.margin + (aligned ? 0 : 1)
    unsafe values.withUnsafeBufferPointer { source in
      if let base = source.baseAddress { unsafe start.update(from: base, count: count) }
    }
  }

  convenience init(count: Int, aligned: Bool = false) {
    self.init([Element](repeating: .nan, count: count), aligned: aligned)
  }

  deinit { unsafe storage.deallocate() }

  var output: UnsafeMutablePointer<Element> { unsafe start }
  var input: UnsafePointer<Element> { unsafe UnsafePointer(start) }

  var values: [Element] { unsafe Array(UnsafeBufferPointer(start: start, count: count)) }

  subscript(index: Int) -> Element {
    get { unsafe start[index] }
    set { unsafe start[index] = newValue }
  }

  /// Whether what lies just before and after is untouched.
  var isIntact: Bool {
    (1..<Self.margin).allSatisfy {
      unsafe start[-$0] == Self.guardValue && start[count + $0 - 1] == Self.guardValue
    }
  }
}

/// The generator of the tests; the same numbers everywhere.
struct SplitMix64: RandomNumberGenerator {
  var state: UInt64

  init(_ seed: Int) { state = UInt64(truncatingIfNeeded: seed) }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  mutating func numbers<Element: KernelScalar>(_ count: Int, within bound: Double) -> [Element] {
    (0..<count).map { _ in Element(Double.random(in: -bound...bound, using: &self)) }
  }
}

extension KernelScalar {
  /// The largest relative error of one rounding.
  static var unitRoundoff: Double { Double(Self.ulpOfOne) / 2 }

  /// Distinguishes -0 from 0 and compares NaN as equal to NaN.
  func isIdentical(to other: Self) -> Bool {
    (isNaN && other.isNaN) || (self == other && sign == other.sign)
  }
}

extension Array where Element: KernelScalar {
  func isIdentical(to other: [Element]) -> Bool {
    count == other.count && zip(self, other).allSatisfy { $0.isIdentical(to: $1) }
  }
}

/// The largest difference between results and references, in roundings of a number of the size of the reference or
/// of 1, whichever is greater.
struct RoundingError<Element: KernelScalar> {
  private(set) var largest = 0.0

  mutating func add(_ actual: Element, _ expected: Double, scale: Double = 1) {
    let difference = abs(Double(actual) - expected) / (max(scale, abs(expected)) * Element.unitRoundoff)
    largest = difference.isNaN ? .infinity : max(largest, difference)
  }
}

enum InstructionSet {
  static var name: String { unsafe String(cString: rk_instruction_set()) }

  /// Whether `FMA` in the kernels is one rounding.
  static var isFused: Bool { name != "baseline" }
}
