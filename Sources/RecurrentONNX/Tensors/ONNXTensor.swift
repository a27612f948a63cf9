internal import Storage

/// A tensor that goes into or comes out of an ONNX graph: row-major values and their shape.
///
/// ONNX's 16-bit floating-point types are held as `Float`; types that no recurrent model needs are not read.
public struct ONNXTensor: Sendable, Hashable {
  /// The type of a tensor's elements.
  public enum ElementType: String, Sendable, Hashable, CaseIterable {
    /// 32 bits; ONNX's 16-bit floating-point types, too.
    case float
    /// 64 bits.
    case double
    /// Whole numbers of 32 bits.
    case int32
    /// Whole numbers of 64 bits.
    case int64
    /// Truth values.
    case bool

    /// Bytes of an element in memory.
    package var size: Int {
      switch self {
      case .float, .int32: 4
      case .double, .int64: 8
      case .bool: 1
      }
    }
  }

  /// A tensor's elements, row-major.
  public enum Values: Sendable, Hashable {
    /// Of type `float`.
    case float([Float])
    /// Of type `double`.
    case double([Double])
    /// Of type `int32`.
    case int32([Int32])
    /// Of type `int64`.
    case int64([Int64])
    /// Of type `bool`.
    case bool([Bool])
  }

  /// Empty for a single number.
  public let shape: [Int]
  /// The elements, row-major.
  public let values: Values

  /// A tensor of a shape.
  /// - Precondition: sizes are not negative; as many values as the shape says.
  public init(shape: [Int], values: Values) {
    require(shape.allSatisfy { $0 >= 0 }, "sizes must be 0 or more, got \(shape)")
    self.shape = shape
    self.values = values
    let expected = shape.contains(0) ? 0 : shape.reduce(1, *)
    require(expected == count, "shape \(shape) has \(expected) values, got \(count)")
  }

  /// A tensor of `float`.
  /// - Precondition: as many values as the shape says.
  public init(shape: [Int], _ values: [Float]) { self.init(shape: shape, values: .float(values)) }
  /// A tensor of `double`.
  /// - Precondition: as many values as the shape says.
  public init(shape: [Int], _ values: [Double]) { self.init(shape: shape, values: .double(values)) }
  /// A tensor of `int32`.
  /// - Precondition: as many values as the shape says.
  public init(shape: [Int], _ values: [Int32]) { self.init(shape: shape, values: .int32(values)) }
  /// A tensor of `int64`.
  /// - Precondition: as many values as the shape says.
  public init(shape: [Int], _ values: [Int64]) { self.init(shape: shape, values: .int64(values)) }
  /// A tensor of `bool`.
  /// - Precondition: as many values as the shape says.
  public init(shape: [Int], _ values: [Bool]) { self.init(shape: shape, values: .bool(values)) }

  /// All 0 (or false).
  public init(zeros type: ElementType, shape: [Int]) {
    let count = shape.contains(0) ? 0 : shape.reduce(1, *)
    self.init(shape: shape, values: Values(repeating: 0, type, count: count))
  }

  /// Elements; 1 for a single number.
  public var count: Int {
    switch values {
    case .float(let values): values.count
    case .double(let values): values.count
    case .int32(let values): values.count
    case .int64(let values): values.count
    case .bool(let values): values.count
    }
  }

  /// Of the elements.
  public var type: ElementType {
    switch values {
    case .float: .float
    case .double: .double
    case .int32: .int32
    case .int64: .int64
    case .bool: .bool
    }
  }

  /// The values as `Double`, whatever their type; 0 and 1 for truth values.
  public var doubles: [Double] {
    switch values {
    case .float(let values): values.map { Double($0) }
    case .double(let values): values
    case .int32(let values): values.map { Double($0) }
    case .int64(let values): values.map { Double($0) }
    case .bool(let values): values.map { $0 ? 1 : 0 }
    }
  }

  /// The values as `Float`, whatever their type.
  public var floats: [Float] {
    if case .float(let values) = values { values } else { doubles.map { Float($0) } }
  }

  /// The values of an integer tensor; nil for other types.
  public var integers: [Int]? {
    switch values {
    case .int32(let values): values.map { Int($0) }
    case .int64(let values): values.map { Int($0) }
    default: nil
    }
  }

  package var byteCount: Int { count * type.size }
}

extension ONNXTensor.Values {
  /// One value over and over. A truth value is true where the number is not 0.
  package init(repeating value: Double, _ type: ONNXTensor.ElementType, count: Int) {
    self =
      switch type {
      case .float: .float([Float](repeating: Float(value), count: count))
      case .double: .double([Double](repeating: value, count: count))
      case .int32: .int32([Int32](repeating: Int32(saturating: value), count: count))
      case .int64: .int64([Int64](repeating: Int64(saturating: value), count: count))
      case .bool: .bool([Bool](repeating: value != 0, count: count))
      }
  }
}

extension FixedWidthInteger {
  /// The integer part; NaN becomes 0 and what does not fit the nearest that does (ONNX leaves both open).
  package init(saturating value: Double) {
    self = Self(exactly: value.rounded(.towardZero)) ?? (value.isNaN ? 0 : value < 0 ? .min : .max)
  }
}
