import COpenBLAS

extension Float: LAPACKScalar {
  package static func geqrf(
    _ m: Int32, _ n: Int32, _ a: Numbers, _ tau: Numbers, _ work: Numbers, _ lwork: Int32
  ) -> Int32 {
    unsafe LAPACKE_sgeqrf_work(LAPACK_COL_MAJOR, m, n, a, max(1, m), tau, work, lwork)
  }

  package static func orgqr(
    _ m: Int32, _ n: Int32, _ k: Int32, _ a: Numbers, _ tau: Numbers, _ work: Numbers, _ lwork: Int32
  ) -> Int32 {
    unsafe LAPACKE_sorgqr_work(LAPACK_COL_MAJOR, m, n, k, a, max(1, m), tau, work, lwork)
  }

  package static func ormqr(
    transposed: Bool, _ m: Int32, _ n: Int32, _ k: Int32, _ a: Numbers, _ tau: Numbers, _ c: Numbers, _ work: Numbers,
    _ lwork: Int32
  ) -> Int32 {
    unsafe LAPACKE_sormqr_work(
      LAPACK_COL_MAJOR, letter("L"), letter(transposed ? "T" : "N"), m, n, k, a, max(1, m), tau, c, max(1, m), work,
      lwork)
  }

  package static func potrf(_ n: Int32, _ a: Numbers) -> Int32 {
    unsafe LAPACKE_spotrf_work(LAPACK_COL_MAJOR, letter("L"), n, a, max(1, n))
  }

  package static func potrs(_ n: Int32, _ nrhs: Int32, _ a: Numbers, _ b: Numbers) -> Int32 {
    unsafe LAPACKE_spotrs_work(LAPACK_COL_MAJOR, letter("L"), n, nrhs, a, max(1, n), b, max(1, n))
  }

  package static func pocon(
    _ n: Int32, _ a: Numbers, norm: Self, _ reciprocal: Numbers, _ work: Numbers, _ iwork: Integers
  ) -> Int32 {
    unsafe LAPACKE_spocon_work(LAPACK_COL_MAJOR, letter("L"), n, a, max(1, n), norm, reciprocal, work, iwork)
  }

  package static func syevd(
    vectors: Bool, _ n: Int32, _ a: Numbers, _ w: Numbers, _ work: Numbers, _ lwork: Int32, _ iwork: Integers,
    _ liwork: Int32
  ) -> Int32 {
    unsafe LAPACKE_ssyevd_work(
      LAPACK_COL_MAJOR, letter(vectors ? "V" : "N"), letter("L"), n, a, max(1, n), w, work, lwork, iwork, liwork)
  }

  package static func geev(
    _ n: Int32, _ a: Numbers, _ wr: Numbers, _ wi: Numbers, _ work: Numbers, _ lwork: Int32
  ) -> Int32 {
    unsafe LAPACKE_sgeev_work(
      LAPACK_COL_MAJOR, letter("N"), letter("N"), n, a, max(1, n), wr, wi, nil, 1, nil, 1, work, lwork)
  }

  package static func gesdd(
    vectors: Bool, _ m: Int32, _ n: Int32, _ a: Numbers, _ s: Numbers, _ u: Numbers, _ vt: Numbers, _ work: Numbers,
    _ lwork: Int32, _ iwork: Integers
  ) -> Int32 {
    unsafe LAPACKE_sgesdd_work(
      LAPACK_COL_MAJOR, letter(vectors ? "S" : "N"), m, n, a, max(1, m), s, u, max(1, m), vt, max(1, min(m, n)), work,
      lwork, iwork)
  }

  package static func gesvd(
    vectors: Bool, _ m: Int32, _ n: Int32, _ a: Numbers, _ s: Numbers, _ u: Numbers, _ vt: Numbers, _ work: Numbers,
    _ lwork: Int32
  ) -> Int32 {
    let job = letter(vectors ? "S" : "N")
    return unsafe LAPACKE_sgesvd_work(
      LAPACK_COL_MAJOR, job, job, m, n, a, max(1, m), s, u, max(1, m), vt, max(1, min(m, n)), work, lwork)
  }

  package static func gelsd(
    _ m: Int32, _ n: Int32, _ nrhs: Int32, _ a: Numbers, _ b: Numbers, _ s: Numbers, rcond: Self, _ rank: Integers,
    _ work: Numbers, _ lwork: Int32, _ iwork: Integers
  ) -> Int32 {
    unsafe LAPACKE_sgelsd_work(
      LAPACK_COL_MAJOR, m, n, nrhs, a, max(1, m), b, max(1, m, n), s, rcond, rank, work, lwork, iwork)
  }
}
