/// A precision that LAPACK factorizes in: the routines that the factorizations here call, `_work` variants in column-major
/// order, which neither transpose nor allocate. They check nothing but shapes: NaN and infinity must not come to them.
///
/// Each returns LAPACK's `info`: 0 for done, −k where the k-th argument is wrong (the layout counts as the first), and
/// above 0 what the routine documents.
package protocol LAPACKScalar: KernelScalar {
  typealias Numbers = UnsafeMutablePointer<Self>
  typealias Integers = UnsafeMutablePointer<Int32>

  static func geqrf(_ m: Int32, _ n: Int32, _ a: Numbers, _ tau: Numbers, _ work: Numbers, _ lwork: Int32) -> Int32

  static func orgqr(
    _ m: Int32, _ n: Int32, _ k: Int32, _ a: Numbers, _ tau: Numbers, _ work: Numbers, _ lwork: Int32
  ) -> Int32

  /// From the left, transposed if asked: c is [m, n].
  static func ormqr(
    transposed: Bool, _ m: Int32, _ n: Int32, _ k: Int32, _ a: Numbers, _ tau: Numbers, _ c: Numbers, _ work: Numbers,
    _ lwork: Int32
  ) -> Int32

  /// Of the lower triangle, as the two that follow.
  static func potrf(_ n: Int32, _ a: Numbers) -> Int32

  static func potrs(_ n: Int32, _ nrhs: Int32, _ a: Numbers, _ b: Numbers) -> Int32

  static func pocon(
    _ n: Int32, _ a: Numbers, norm: Self, _ reciprocal: Numbers, _ work: Numbers, _ iwork: Integers
  ) -> Int32

  /// Of the lower triangle; the vectors come in place of the matrix.
  static func syevd(
    vectors: Bool, _ n: Int32, _ a: Numbers, _ w: Numbers, _ work: Numbers, _ lwork: Int32, _ iwork: Integers,
    _ liwork: Int32
  ) -> Int32

  /// Eigenvalues alone.
  static func geev(_ n: Int32, _ a: Numbers, _ wr: Numbers, _ wi: Numbers, _ work: Numbers, _ lwork: Int32) -> Int32

  /// With the first min(m, n) singular vectors of either side, or with none.
  static func gesdd(
    vectors: Bool, _ m: Int32, _ n: Int32, _ a: Numbers, _ s: Numbers, _ u: Numbers, _ vt: Numbers, _ work: Numbers,
    _ lwork: Int32, _ iwork: Integers
  ) -> Int32

  /// As `gesdd`.
  static func gesvd(
    vectors: Bool, _ m: Int32, _ n: Int32, _ a: Numbers, _ s: Numbers, _ u: Numbers, _ vt: Numbers, _ work: Numbers,
    _ lwork: Int32
  ) -> Int32

  static func gelsd(
    _ m: Int32, _ n: Int32, _ nrhs: Int32, _ a: Numbers, _ b: Numbers, _ s: Numbers, rcond: Self, _ rank: Integers,
    _ work: Numbers, _ lwork: Int32, _ iwork: Integers
  ) -> Int32
}
