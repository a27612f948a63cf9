import CKernels
import COpenBLAS

/// The kernels of `Double`, one C call each. Not API.
@safe public enum _DoubleKernels: _KernelSet {
  public typealias Value = Double

  // MARK: Matrix products and factorizations

  public static func gemm(
    transposeA: Bool, transposeB: Bool, _ m: Int, _ n: Int, _ k: Int,
    _ a: Input, _ lda: Int, _ b: Input, _ ldb: Int, _ beta: Value, _ c: Output, _ ldc: Int
  ) {
    unsafe cblas_dgemm(
      CblasRowMajor, transposeA ? CblasTrans : CblasNoTrans, transposeB ? CblasTrans : CblasNoTrans,
      blasint(m), blasint(n), blasint(k), 1, a, blasint(lda), b, blasint(ldb), beta, c, blasint(ldc))
  }

  public static func packedCount(_ inner: Int, _ columns: Int) -> Int {
    rk_packed_count_f64(inner, columns)
  }

  public static func pack(
    _ inner: Int, _ columns: Int, _ b: Input, _ rowStride: Int, _ columnStride: Int, _ packed: Output
  ) {
    unsafe rk_pack_f64(inner, columns, b, rowStride, columnStride, packed)
  }

  public static func multiplyPacked(
    _ rows: Int, _ columns: Int, _ inner: Int, _ a: Input, _ aStride: Int, _ packed: Input,
    _ start: Input?, _ startStride: Int, _ c: Output, _ cStride: Int
  ) {
    unsafe rk_multiply_packed_f64(rows, columns, inner, a, aStride, packed, start, startStride, c, cStride)
  }

  public static func multiplyTransposed(
    _ rows: Int, _ columns: Int, _ inner: Int, _ a: Input, _ aStride: Int, _ b: Input, _ bStride: Int,
    _ c: Output, _ cStride: Int
  ) {
    unsafe rk_multiply_transposed_f64(rows, columns, inner, a, aStride, b, bStride, c, cStride)
  }

  public static func qrFactorize(_ m: Int, _ n: Int, _ a: Output, _ tau: Output) -> Int {
    unsafe Int(LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, numericCast(m), numericCast(n), a, numericCast(n), tau))
  }

  public static func qrOrthogonal(_ m: Int, _ n: Int, _ a: Output, _ tau: Input) -> Int {
    unsafe Int(
      LAPACKE_dorgqr(LAPACK_ROW_MAJOR, numericCast(m), numericCast(n), numericCast(n), a, numericCast(n), tau))
  }

  // MARK: Elementwise

  public static func tanh(_ count: Int, _ x: Input, _ y: Output) {
    unsafe rk_tanh_f64(count, x, y)
  }

  public static func sigmoid(_ count: Int, _ x: Input, _ y: Output) {
    unsafe rk_sigmoid_f64(count, x, y)
  }

  public static func add(_ count: Int, _ x: Input, _ y: Output) {
    unsafe rk_add_f64(count, x, y)
  }

  public static func scale(_ count: Int, _ factor: Value, _ x: Input, _ y: Output) {
    unsafe rk_scale_f64(count, factor, x, y)
  }

  public static func multiply(_ count: Int, _ x: Input, _ y: Input, _ z: Output) {
    unsafe rk_multiply_f64(count, x, y, z)
  }

  public static func multiplyAdd(_ count: Int, _ x: Input, _ y: Input, _ z: Output) {
    unsafe rk_multiply_add_f64(count, x, y, z)
  }

  public static func zoneout(
    _ count: Int, _ previous: Input, _ state: Output, seed: UInt64, first: UInt64, threshold: UInt32
  ) {
    unsafe rk_zoneout_f64(count, previous, state, seed, first, threshold)
  }

  public static func zoneoutGradient(
    _ count: Int, _ gradient: Output, _ kept: Output, seed: UInt64, first: UInt64, threshold: UInt32
  ) {
    unsafe rk_zoneout_gradient_f64(count, gradient, kept, seed, first, threshold)
  }

  public static func zoneoutMean(_ count: Int, _ previous: Input, _ state: Output, rate: Value) {
    unsafe rk_zoneout_mean_f64(count, previous, state, rate)
  }

  public static func zoneoutMeanGradient(_ count: Int, _ gradient: Output, _ kept: Output, rate: Value) {
    unsafe rk_zoneout_mean_gradient_f64(count, gradient, kept, rate)
  }

  public static func dropout(
    _ count: Int, _ x: Input, _ y: Output, seed: UInt64, first: UInt64, threshold: UInt32, scale: Value
  ) {
    unsafe rk_dropout_f64(count, x, y, seed, first, threshold, scale)
  }

  // MARK: Cells, one row

  public static func elmanTanhForward(_ hidden: Int, _ gates: Output, _ next: Output) {
    unsafe rk_elman_tanh_forward_f64(hidden, gates, next)
  }

  public static func elmanTanhBackward(_ hidden: Int, _ gates: Output, _ next: Input, _ gradient: Output) {
    unsafe rk_elman_tanh_backward_f64(hidden, gates, next, gradient)
  }

  public static func elmanReLUForward(_ hidden: Int, _ gates: Output, _ next: Output) {
    unsafe rk_elman_relu_forward_f64(hidden, gates, next)
  }

  public static func elmanReLUBackward(_ hidden: Int, _ gates: Output, _ next: Input, _ gradient: Output) {
    unsafe rk_elman_relu_backward_f64(hidden, gates, next, gradient)
  }

  public static func lstmForward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ next: Output, _ saved: Output
  ) {
    unsafe rk_lstm_forward_f64(hidden, gates, previous, next, saved)
  }

  public static func lstmBackward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ saved: Input, _ gradient: Output
  ) {
    unsafe rk_lstm_backward_f64(hidden, gates, previous, saved, gradient)
  }

  public static func gruForward(_ hidden: Int, _ gates: Output, _ previous: Input, _ next: Output) {
    unsafe rk_gru_forward_f64(hidden, gates, previous, next)
  }

  public static func gruBackward(_ hidden: Int, _ gates: Output, _ previous: Input, _ gradient: Output) {
    unsafe rk_gru_backward_f64(hidden, gates, previous, gradient)
  }

  public static func gruBeforeForward1(_ hidden: Int, _ gates: Output, _ previous: Input, _ saved: Output) {
    unsafe rk_gru_before_forward_1_f64(hidden, gates, previous, saved)
  }

  public static func gruBeforeForward2(_ hidden: Int, _ gates: Output, _ previous: Input, _ next: Output) {
    unsafe rk_gru_before_forward_2_f64(hidden, gates, previous, next)
  }

  public static func gruBeforeBackward2(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ gradient: Output
  ) {
    unsafe rk_gru_before_backward_2_f64(hidden, gates, previous, gradient)
  }

  public static func gruBeforeBackward1(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ operandGradient: Input, _ gradient: Output
  ) {
    unsafe rk_gru_before_backward_1_f64(hidden, gates, previous, operandGradient, gradient)
  }

  public static func lstmPeepholeForward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ next: Output, _ saved: Output, _ vectors: Input
  ) {
    unsafe rk_lstm_peephole_forward_f64(hidden, gates, previous, next, saved, vectors)
  }

  public static func lstmPeepholeBackward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ next: Input, _ saved: Input, _ gradient: Output,
    _ vectors: Input, _ vectorGradient: Output
  ) {
    unsafe rk_lstm_peephole_backward_f64(hidden, gates, previous, next, saved, gradient, vectors, vectorGradient)
  }

  public static func lstmCoupledForward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ next: Output, _ saved: Output
  ) {
    unsafe rk_lstm_coupled_forward_f64(hidden, gates, previous, next, saved)
  }

  public static func lstmCoupledBackward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ saved: Input, _ gradient: Output
  ) {
    unsafe rk_lstm_coupled_backward_f64(hidden, gates, previous, saved, gradient)
  }

  public static func rnnNormForward(_ hidden: Int, _ gates: Output, _ next: Output, _ vectors: Input) {
    unsafe rk_rnn_norm_forward_f64(hidden, gates, next, vectors)
  }

  public static func rnnNormBackward(
    _ hidden: Int, _ gates: Output, _ next: Input, _ gradient: Output, _ vectors: Input, _ vectorGradient: Output
  ) {
    unsafe rk_rnn_norm_backward_f64(hidden, gates, next, gradient, vectors, vectorGradient)
  }

  public static func lstmNormForward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ next: Output, _ saved: Output, _ vectors: Input
  ) {
    unsafe rk_lstm_norm_forward_f64(hidden, gates, previous, next, saved, vectors)
  }

  public static func lstmNormBackward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ next: Input, _ saved: Input, _ gradient: Output,
    _ vectors: Input, _ vectorGradient: Output
  ) {
    unsafe rk_lstm_norm_backward_f64(hidden, gates, previous, next, saved, gradient, vectors, vectorGradient)
  }

  public static func gruNormForward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ next: Output, _ saved: Output, _ vectors: Input
  ) {
    unsafe rk_gru_norm_forward_f64(hidden, gates, previous, next, saved, vectors)
  }

  public static func gruNormBackward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ saved: Input, _ gradient: Output, _ vectors: Input,
    _ vectorGradient: Output
  ) {
    unsafe rk_gru_norm_backward_f64(hidden, gates, previous, saved, gradient, vectors, vectorGradient)
  }

  public static func minGRUForward(_ hidden: Int, _ gates: Output, _ previous: Input, _ next: Output) {
    unsafe rk_mingru_forward_f64(hidden, gates, previous, next)
  }

  public static func minGRUBackward(_ hidden: Int, _ gates: Output, _ previous: Input, _ gradient: Output) {
    unsafe rk_mingru_backward_f64(hidden, gates, previous, gradient)
  }

  public static func indRNNForward(_ hidden: Int, _ gates: Output, _ previous: Input, _ next: Output, _ vectors: Input)
  {
    unsafe rk_indrnn_forward_f64(hidden, gates, previous, next, vectors)
  }

  public static func indRNNBackward(
    _ hidden: Int, _ gates: Output, _ previous: Input, _ next: Input, _ gradient: Output, _ vectors: Input,
    _ vectorGradient: Output
  ) {
    unsafe rk_indrnn_backward_f64(hidden, gates, previous, next, gradient, vectors, vectorGradient)
  }

  // MARK: Rows and columns

  public static func broadcastRows(
    _ rows: Int, _ columns: Int, _ bias: Input, _ matrix: Output, _ stride: Int
  ) {
    unsafe rk_broadcast_rows_f64(rows, columns, bias, matrix, stride)
  }

  public static func addColumnSums(
    _ rows: Int, _ columns: Int, _ matrix: Input, _ stride: Int, _ sums: Output
  ) {
    unsafe rk_add_column_sums_f64(rows, columns, matrix, stride, sums)
  }

  public static func gatherRows(
    _ rows: Int, _ columns: Int, _ table: Input, _ tableStride: Int, _ indices: UnsafePointer<Int32>,
    _ matrix: Output, _ stride: Int
  ) {
    unsafe rk_gather_rows_f64(rows, columns, table, tableStride, indices, matrix, stride)
  }

  public static func scatterAddRows(
    _ rows: Int, _ columns: Int, _ matrix: Input, _ stride: Int, _ indices: UnsafePointer<Int32>,
    _ table: Output, _ tableStride: Int
  ) {
    unsafe rk_scatter_add_rows_f64(rows, columns, matrix, stride, indices, table, tableStride)
  }

  public static func transpose(
    _ rows: Int, _ columns: Int, _ input: Input, _ inputStride: Int, _ output: Output, _ outputStride: Int
  ) {
    unsafe rk_transpose_f64(rows, columns, input, inputStride, output, outputStride)
  }

  // MARK: Losses, one row

  public static func softmaxCrossEntropy(
    _ count: Int, _ logits: Output, target: Int, scale: Value
  ) -> Double {
    unsafe rk_softmax_cross_entropy_f64(count, logits, target, scale)
  }

  public static func softmax(_ count: Int, _ logits: Output, scale: Value) -> Double {
    unsafe rk_softmax_f64(count, logits, scale)
  }

  public static func spreadCrossEntropy(
    _ count: Int, _ logits: Output, target: Int, own: Double, _ others: Input, weight: Double, scale: Value
  ) -> Double {
    unsafe rk_spread_cross_entropy_f64(count, logits, target, own, others, weight, scale)
  }

  public static func binaryCrossEntropy(
    _ count: Int, _ logits: Output, _ target: Input, _ positive: Input, scale: Value
  ) -> Double {
    unsafe rk_binary_cross_entropy_f64(count, logits, target, positive, scale)
  }

  public static func squaredError(_ count: Int, _ output: Output, _ target: Input, scale: Value) -> Double {
    unsafe rk_squared_error_f64(count, output, target, scale)
  }

  public static func absoluteError(_ count: Int, _ output: Output, _ target: Input, scale: Value) -> Double {
    unsafe rk_absolute_error_f64(count, output, target, scale)
  }

  public static func huberError(
    _ count: Int, _ output: Output, _ target: Input, delta: Value, scale: Value
  ) -> Double {
    unsafe rk_huber_error_f64(count, output, target, delta, scale)
  }

  public static func ctcStep(
    _ states: Int, stay: Input, move: Input, skip: Input, allowed: Input, emission: Input, _ result: Output
  ) {
    unsafe rk_ctc_step_f64(states, stay, move, skip, allowed, emission, result)
  }

  public static func ctcOccupancy(
    _ states: Int, before: Input, after: Input, emission: Input, total: Value, _ result: Output
  ) {
    unsafe rk_ctc_occupancy_f64(states, before, after, emission, total, result)
  }

  // MARK: Optimizers

  public static func sumOfSquares(_ count: Int, _ x: Input) -> Double {
    unsafe rk_sum_of_squares_f64(count, x)
  }

  public static func sgd(
    _ count: Int, _ p: Output, _ g: Input, _ buffer: Output, scale: Value, limit: Value, rate: Value,
    momentum: Value, weightDecay: Value, nesterov: Bool
  ) {
    unsafe rk_sgd_f64(count, p, g, buffer, scale, limit, rate, momentum, weightDecay, nesterov ? 1 : 0)
  }

  public static func rmsprop(
    _ count: Int, _ p: Output, _ g: Input, _ square: Output, scale: Value, limit: Value, rate: Value,
    decay: Value, oneMinusDecay: Value, epsilon: Value, weightDecay: Value
  ) {
    unsafe rk_rmsprop_f64(
      count, p, g, square, scale, limit, rate, decay, oneMinusDecay, epsilon, weightDecay)
  }

  public static func adam(
    _ count: Int, _ p: Output, _ g: Input, _ first: Output, _ second: Output, scale: Value, limit: Value,
    step: Value, beta1: Value, oneMinusBeta1: Value, beta2: Value, oneMinusBeta2: Value, inverseRoot: Value,
    epsilon: Value, coupledDecay: Value, decoupledDecay: Value
  ) {
    unsafe rk_adam_f64(
      count, p, g, first, second, scale, limit, step, beta1, oneMinusBeta1, beta2, oneMinusBeta2, inverseRoot,
      epsilon, coupledDecay, decoupledDecay)
  }

  // MARK: Measures of the machine

  public static var peakFlops: Int { rk_peak_flops_f64() }

  public static func peak(_ iterations: Int, factor: Value, addend: Value) -> Value {
    rk_peak_f64(iterations, factor, addend)
  }

  public static func readSum(_ count: Int, _ x: Input) -> Value {
    unsafe rk_read_sum_f64(count, x)
  }
}
