/// A precision that there are kernels for: `Float` and `Double`.
///
/// The requirement with an underscore is how the engine reaches the kernels; it is not API.
public protocol KernelScalar: BinaryFloatingPoint, SIMDScalar, Sendable, BitwiseCopyable, Codable {
  associatedtype _Kernels: _KernelSet where _Kernels.Value == Self
}

extension Float: KernelScalar {
  public typealias _Kernels = _FloatKernels
}

extension Double: KernelScalar {
  public typealias _Kernels = _DoubleKernels
}

/// The kernels of one precision, one C call each: OpenBLAS, LAPACKE and `CKernels`. Not API.
///
/// Shapes, aliasing and rounding are documented beside the C declarations (`kernel_set.h`).
public protocol _KernelSet {
  associatedtype Value: BitwiseCopyable
  typealias Input = UnsafePointer<Value>
  typealias Output = UnsafeMutablePointer<Value>

  // Matrix products and factorizations.
  static func gemm(
    transposeA: Bool, transposeB: Bool, _ m: Int, _ n: Int, _ k: Int,
    _ a: Input, _ lda: Int, _ b: Input, _ ldb: Int, _ beta: Value, _ c: Output, _ ldc: Int)
  static func packedCount(_ inner: Int, _ columns: Int) -> Int
  static func pack(
    _ inner: Int, _ columns: Int, _ b: Input, _ rowStride: Int, _ columnStride: Int, _ packed: Output)
  static func multiplyPacked(
    _ rows: Int, _ columns: Int, _ inner: Int, _ a: Input, _ aStride: Int, _ packed: Input,
    _ start: Input?, _ startStride: Int, _ c: Output, _ cStride: Int)
  static func multiplyTransposed(
    _ rows: Int, _ columns: Int, _ inner: Int, _ a: Input, _ aStride: Int, _ b: Input, _ bStride: Int,
    _ c: Output, _ cStride: Int)
  static func qrFactorize(_ m: Int, _ n: Int, _ a: Output, _ tau: Output) -> Int
  static func qrOrthogonal(_ m: Int, _ n: Int, _ a: Output, _ tau: Input) -> Int

  // Elementwise.
  static func tanh(_ count: Int, _ x: Input, _ y: Output)
  static func sigmoid(_ count: Int, _ x: Input, _ y: Output)
  static func add(_ count: Int, _ x: Input, _ y: Output)
  static func scale(_ count: Int, _ factor: Value, _ x: Input, _ y: Output)
  static func multiply(_ count: Int, _ x: Input, _ y: Input, _ z: Output)
  static func multiplyAdd(_ count: Int, _ x: Input, _ y: Input, _ z: Output)
  static func dropout(
    _ count: Int, _ x: Input, _ y: Output, seed: UInt64, first: UInt64, threshold: UInt32, scale: Value)
  static func zoneout(
    _ count: Int, _ previous: Input, _ state: Output, seed: UInt64, first: UInt64, threshold: UInt32)
  static func zoneoutGradient(
    _ count: Int, _ gradient: Output, _ kept: Output, seed: UInt64, first: UInt64, threshold: UInt32)
  static func zoneoutMean(_ count: Int, _ previous: Input, _ state: Output, rate: Value)
  static func zoneoutMeanGradient(_ count: Int, _ gradient: Output, _ kept: Output, rate: Value)

  // Cells, one row.
  static func elmanTanhForward(_ hidden: Int, _ gates: Output, _ next: Output)
  static func elmanTanhBackward(_ hidden: Int, _ gates: Output, _ next: Input, _ gradient: Output)
  static func elmanReLUForward(_ hidden: Int, _ gates: Output, _ next: Output)
  static func elmanReLUBackward(_ hidden: Int, _ gates: Output, _ next: Input, _ gradient: Output)
  static func lstmForward(_ hidden: Int, _ gates: Output, _ previous: Input, _ next: Output, _ saved: Output)
  static func lstmBackward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ saved: Input, _ gradient: Output)
  static func gruForward(_ hidden: Int, _ gates: Output, _ previous: Input, _ next: Output)
  static func gruBackward(_ hidden: Int, _ gates: Output, _ previous: Input, _ gradient: Output)
  static func gruBeforeForward1(_ hidden: Int, _ gates: Output, _ previous: Input, _ saved: Output)
  static func gruBeforeForward2(_ hidden: Int, _ gates: Output, _ previous: Input, _ next: Output)
  static func gruBeforeBackward2(_ hidden: Int, _ gates: Output, _ previous: Input, _ gradient: Output)
  static func gruBeforeBackward1(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ operandGradient: Input, _ gradient: Output)

  // Cells, one row, with vectors of their own, without a recurrent product, or both.
  static func lstmPeepholeForward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ next: Output, _ saved: Output, _ vectors: Input)
  static func lstmPeepholeBackward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ next: Input, _ saved: Input, _ gradient: Output,
    _ vectors: Input, _ vectorGradient: Output)
  static func lstmCoupledForward(_ hidden: Int, _ gates: Output, _ previous: Input, _ next: Output, _ saved: Output)
  static func lstmCoupledBackward(_ hidden: Int, _ gates: Output, _ previous: Input, _ saved: Input, _ gradient: Output)
  static func rnnNormForward(_ hidden: Int, _ gates: Output, _ next: Output, _ vectors: Input)
  static func rnnNormBackward(
    _ hidden: Int, _ gates: Output, _ next: Input, _ gradient: Output, _ vectors: Input, _ vectorGradient: Output)
  static func lstmNormForward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ next: Output, _ saved: Output, _ vectors: Input)
  static func lstmNormBackward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ next: Input, _ saved: Input, _ gradient: Output,
    _ vectors: Input, _ vectorGradient: Output)
  static func gruNormForward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ next: Output, _ saved: Output, _ vectors: Input)
  static func gruNormBackward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ saved: Input, _ gradient: Output, _ vectors: Input,
    _ vectorGradient: Output)
  static func minGRUForward(_ hidden: Int, _ gates: Output, _ previous: Input, _ next: Output)
  static func minGRUBackward(_ hidden: Int, _ gates: Output, _ previous: Input, _ gradient: Output)
  static func indRNNForward(_ hidden: Int, _ gates: Output, _ previous: Input, _ next: Output, _ vectors: Input)
  static func indRNNBackward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ next: Input, _ gradient: Output, _ vectors: Input,
    _ vectorGradient: Output)

  // Rows and columns.
  static func broadcastRows(_ rows: Int, _ columns: Int, _ bias: Input, _ matrix: Output, _ stride: Int)
  static func addColumnSums(_ rows: Int, _ columns: Int, _ matrix: Input, _ stride: Int, _ sums: Output)
  static func gatherRows(
    _ rows: Int, _ columns: Int, _ table: Input, _ tableStride: Int, _ indices: UnsafePointer<Int32>,
    _ matrix: Output, _ stride: Int)
  static func scatterAddRows(
    _ rows: Int, _ columns: Int, _ matrix: Input, _ stride: Int, _ indices: UnsafePointer<Int32>,
    _ table: Output, _ tableStride: Int)
  static func transpose(
    _ rows: Int, _ columns: Int, _ input: Input, _ inputStride: Int, _ output: Output, _ outputStride: Int)

  // Losses, one row.
  static func softmaxCrossEntropy(_ count: Int, _ logits: Output, target: Int, scale: Value) -> Double
  static func softmax(_ count: Int, _ logits: Output, scale: Value) -> Double
  static func spreadCrossEntropy(
    _ count: Int, _ logits: Output, target: Int, own: Double, _ others: Input, weight: Double, scale: Value
  ) -> Double
  static func binaryCrossEntropy(
    _ count: Int, _ logits: Output, _ target: Input, _ positive: Input, scale: Value
  ) -> Double
  static func squaredError(_ count: Int, _ output: Output, _ target: Input, scale: Value) -> Double
  static func absoluteError(_ count: Int, _ output: Output, _ target: Input, scale: Value) -> Double
  static func huberError(_ count: Int, _ output: Output, _ target: Input, delta: Value, scale: Value) -> Double
  static func ctcStep(
    _ states: Int, stay: Input, move: Input, skip: Input, allowed: Input, emission: Input, _ result: Output)
  static func ctcOccupancy(
    _ states: Int, before: Input, after: Input, emission: Input, total: Value, _ result: Output)

  // Optimizers.
  static func sumOfSquares(_ count: Int, _ x: Input) -> Double
  static func sgd(
    _ count: Int, _ p: Output, _ g: Input, _ buffer: Output, scale: Value, limit: Value, rate: Value,
    momentum: Value, weightDecay: Value, nesterov: Bool)
  static func rmsprop(
    _ count: Int, _ p: Output, _ g: Input, _ square: Output, scale: Value, limit: Value, rate: Value,
    decay: Value, oneMinusDecay: Value, epsilon: Value, weightDecay: Value)
  static func adam(
    _ count: Int, _ p: Output, _ g: Input, _ first: Output, _ second: Output, scale: Value, limit: Value,
    step: Value, beta1: Value, oneMinusBeta1: Value, beta2: Value, oneMinusBeta2: Value, inverseRoot: Value,
    epsilon: Value, coupledDecay: Value, decoupledDecay: Value)

  // Measures of the machine.
  static var peakFlops: Int { get }
  static func peak(_ iterations: Int, factor: Value, addend: Value) -> Value
  static func readSum(_ count: Int, _ x: Input) -> Value
}
