import CKernels
import Kernels

/// Scalars that a kernel works on, off the alignment of vectors unless asked for, with a margin on either side. They may
/// be rows of a matrix that lie further apart than they are long; their indices count them without what lies between.
@safe final class GuardedRow<Element: KernelScalar> {
  let rows: Int, columns: Int
  /// Scalars from one row to the next.
  let stride: Int
  private let storage: UnsafeMutableRawPointer
  private let start: UnsafeMutablePointer<Element>

  private static var margin: Int { 64 }
  private static var guardValue: Element { 1234.5 }

  init(_ values: [Element], rows: Int = 1, gap: Int = 0, aligned: Bool = false) {
    self.rows = rows
    columns = rows == 0 ? 0 : values.count / rows
    stride = columns + gap
    let total = rows * stride + 2 * Self.margin
    unsafe storage = UnsafeMutableRawPointer.allocate(
      byteCount: (total + 1) * MemoryLayout<Element>.stride, alignment: 64)
    let all = unsafe storage.bindMemory(to: Element.self, capacity: total + 1)
    unsafe all.initialize(repeating: Self.guardValue, count: total + 1)
    unsafe start = all + Self.margin + (aligned ? 0 : 1)
    for index in values.indices { self[index] = values[index] }
  }

  convenience init(count: Int, aligned: Bool = false) {
    self.init([Element](repeating: .nan, count: count), aligned: aligned)
  }

  deinit { unsafe storage.deallocate() }

  var count: Int { rows * columns }

  var output: UnsafeMutablePointer<Element> { unsafe start }
  var input: UnsafePointer<Element> { unsafe UnsafePointer(start) }

  var values: [Element] { (0..<count).map { self[$0] } }

  subscript(index: Int) -> Element {
    get { unsafe start[place(index)] }
    set { unsafe start[place(index)] = newValue }
  }

  private func place(_ index: Int) -> Int {
    precondition(index >= 0 && index < count)
    return index / columns * stride + index % columns
  }

  /// Whether what lies before, after and between the rows is untouched.
  var isIntact: Bool {
    (-Self.margin + 1..<rows * stride + Self.margin - 1).allSatisfy { index in
      let isInside = index >= 0 && index < rows * stride && index % stride < columns
      return unsafe isInside || start[index] == Self.guardValue
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
  /// The kernels in use, whose functions take arrays of this precision.
  static var kernels: rk_kernels {
    unsafe Self.self == Float.self ? rk_kernels_f32().pointee : rk_kernels_f64().pointee
  }

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
