import Recurrent

/// What rounding may do to the steps of a run in single precision: whatever is rounded is off by as many unit roundoffs
/// as the operations before it can cost, up or down by chance. All errors are relative: what is exactly 0 stays so.
struct Disturbance {
  private let signs: [Double]
  private var generator: SeededGenerator
  private var shift = 0

  /// The unit roundoff of single precision.
  static var unit: Double { 0x1p-24 }

  /// - Parameter isMirrored: whether every error has the opposite sign.
  init(seed: UInt64, isMirrored: Bool) {
    var generator = SeededGenerator(seed: seed)
    let unit = isMirrored ? -Self.unit : Self.unit
    signs = (0..<4096).map { _ in generator.uniform() < 0.5 ? -unit : unit }
    self.generator = generator
  }

  /// Draws other signs for the next step.
  mutating func draw() { shift = Int(generator.uniform() * 4096) }

  /// 1 and the error of element `index`, up to `roundoffs`; quantities of one step differ in `kind`.
  func factor(_ index: Int, kind: Int, roundoffs: Double) -> Double {
    1 + roundoffs * signs[(8 * index + kind + shift) % 4096]
  }
}
