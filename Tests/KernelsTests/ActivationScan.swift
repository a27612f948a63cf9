import CKernels
import Foundation
import Kernels
import Testing

/// The activations over all of their domain against a reference of higher precision.
enum ActivationScan {
  static func tanh<Element: KernelScalar>(_ x: [Element]) -> [Element] {
    unsafe apply(x) { unsafe Element.kernels.tanh($0, $1, $2) }
  }

  static func sigmoid<Element: KernelScalar>(_ x: [Element]) -> [Element] {
    unsafe apply(x) { unsafe Element.kernels.sigmoid($0, $1, $2) }
  }

  private static func apply<Element: KernelScalar>(
    _ x: [Element], _ kernel: (Int, UnsafePointer<Element>, UnsafeMutablePointer<Element>) -> Void
  ) -> [Element] {
    let input = GuardedRow(x), output = GuardedRow<Element>(count: x.count)
    unsafe kernel(x.count, input.input, output.output)
    #expect(input.isIntact && output.isIntact)
    return output.values
  }

  // MARK: Float

  static func tanhOfFloat() {
    let x = floats
    let y = tanh(x)
    #expect(x.indices.map { distance(y[$0], Foundation.tanh(Double(x[$0]))) }.max()! <= 3)
    #expect(y.min()! >= -1 && y.max()! <= 1)
    #expect(tanh(x.map { -$0 }).isIdentical(to: y.map { -$0 }))
    #expect(isMonotonic(y))
  }

  static func sigmoidOfFloat() {
    let x = floats
    let y = sigmoid(x)
    #expect(x.indices.map { distance(y[$0], logistic(Double(x[$0]))) }.max()! <= 2)
    #expect(y.min()! >= 0 && y.max()! <= 1)
    #expect(isMonotonic(y))
  }

  /// Ascending: every 2^12-th bit pattern, and the neighbours of the binades and of the points of saturation.
  private static let floats: [Float] = {
    let infinity = Float.infinity.bitPattern
    var patterns = Array(stride(from: 0, through: infinity, by: 1 << 12))
    let centres: [Float] = [8.66, 9.01, 12, 16.6, 17.3, 20, 87, 88.72, 103.97, 105]
    let binades = (0..<UInt32(255)).map { $0 << 23 }
    for centre in centres.map(\.bitPattern) + binades {
      for offset in -64...64 {
        let pattern = Int(centre) + offset
        if pattern >= 0 && pattern <= Int(infinity) { patterns.append(UInt32(pattern)) }
      }
    }
    let positive = patterns.sorted().map { Float(bitPattern: $0) }
    return positive.reversed().map { -$0 } + positive
  }()

  /// |y - exact| in units in the last place of `exact`, which are those of its binade or of the denormals.
  private static func distance(_ y: Float, _ exact: Double) -> Double {
    let unit = max(exact.binade.magnitude * 0x1p-23, 0x1p-149)
    return abs(Double(y) - exact) / (exact == 0 ? 0x1p-149 : unit)
  }

  private static func logistic<Value: BinaryFloatingPoint>(
    _ x: Value, _ exp: (Value) -> Value
  ) -> Value {
    x >= 0 ? 1 / (1 + exp(-x)) : exp(x) / (1 + exp(x))
  }

  private static func logistic(_ x: Double) -> Double { logistic(x, Foundation.exp) }

  /// Never falls by more than one unit in the last place below what came before.
  private static func isMonotonic<Element: KernelScalar>(_ y: [Element]) -> Bool {
    var highest = -Element.infinity
    for value in y {
      if value < highest.nextDown { return false }
      highest = max(highest, value)
    }
    return true
  }

  // MARK: Double

  /// Ascending: random numbers of every magnitude that matters, and the neighbours of binades and saturation.
  private static let doubles: [Double] = {
    var random = SplitMix64(3)
    var positive: [Double] = [0, .leastNonzeroMagnitude, .leastNormalMagnitude]
    for exponent in -60..<10 {
      let low = Double(sign: .plus, exponent: exponent, significand: 1)
      for _ in 0..<2000 { positive.append(Double.random(in: low..<2 * low, using: &random)) }
      positive += (-32...32).map { Double(bitPattern: UInt64(Int(low.bitPattern) + $0)) }
    }
    for centre in [18.7, 19.06, 20, 36.74, 40, 708.4, 709.8, 744.44, 745.13, 746] {
      positive += (-32...32).map { Double(bitPattern: UInt64(Int(centre.bitPattern) + $0)) }
    }
    positive.sort()
    return positive.reversed().map { -$0 } + positive
  }()

  static func tanhOfDouble() {
    let x = doubles
    let y = tanh(x)
    #expect(y.min()! >= -1 && y.max()! <= 1)
    #expect(tanh(x.map { -$0 }).isIdentical(to: y.map { -$0 }))
    #expect(isMonotonic(y))
    #if arch(x86_64)
      #expect(zip(x, y).map { distance($1, Foundation.tanh(Float80($0))) }.max()! <= 3)
    #endif
  }

  static func sigmoidOfDouble() {
    let x = doubles
    let y = sigmoid(x)
    #expect(y.min()! >= 0 && y.max()! <= 1)
    #expect(isMonotonic(y))
    #if arch(x86_64)
      #expect(zip(x, y).map { distance($1, logistic(Float80($0), Foundation.exp)) }.max()! <= 2)
    #endif
  }

  #if arch(x86_64)
    private static func distance(_ y: Double, _ exact: Float80) -> Double {
      let unit = max(exact.binade.magnitude * 0x1p-52, 0x1p-1074)
      return Double(abs(Float80(y) - exact) / (exact == 0 ? 0x1p-1074 : unit))
    }
  #endif
}
