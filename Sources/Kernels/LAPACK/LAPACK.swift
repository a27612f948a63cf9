import Storage

/// What every factorization does before it asks LAPACK: sizes, memory, workspaces, finiteness, and what `info` says.
enum LAPACK {
  /// Looks whether a factorization can be had, before anything of it is allocated, and gets OpenBLAS ready.
  /// - Parameters:
  ///   - numbers: scalars that it keeps, workspaces included: an upper bound, whose parts LAPACK counts in 32 bits.
  static func admit<S: LAPACKScalar>(
    _ what: String, rows: Int, columns: Int, numbers: Int, _ scalar: S.Type
  ) throws(FactorizationError) {
    require(rows >= 0 && columns >= 0, "\(what) needs sizes of 0 or more, got [\(rows), \(columns)]")
    guard max(numbers, rows, columns) <= Int(Int32.max) else { throw .tooLarge(what, rows: rows, columns: columns) }
    do throws(MemoryShortage) {
      try OpenBLAS.warmUp()
      let needed = numbers * MemoryLayout<S>.stride
      // Not worth asking the system for: small factorizations are made often.
      guard needed > 16 << 20 || SystemMemory.isLimited else { return }
      let available = SystemMemory.available()
      guard needed <= available else { throw MemoryShortage(needed: needed, available: available) }
    } catch {
      throw .outOfMemory(what, rows: rows, columns: columns, error)
    }
  }

  /// The product, or what no memory could hold.
  static func product(_ a: Int, _ b: Int) -> Int {
    let (product, overflow) = a.multipliedReportingOverflow(by: b)
    return overflow ? Int.max / 16 : min(product, Int.max / 16)
  }

  /// The workspace that a routine named when it was asked with a length of −1: in single precision the number is rounded, down
  /// too.
  static func workspace<S: LAPACKScalar>(_ answers: S...) -> [S] {
    [S](repeating: 0, count: max(1, answers.map { Int($0.nextUp.rounded(.up)) }.max() ?? 1))
  }

  /// LAPACK's iterations need not end, and its results say nothing, where something is not finite.
  static func requireFinite<S: LAPACKScalar>(_ values: [S], _ what: String) throws(FactorizationError) {
    for value in values where !value.isFinite { throw .notFinite(what) }
  }

  /// Stops where a routine refused an argument, which is a fault of this module.
  /// - Returns: what is no refusal.
  static func checked(_ info: Int32, _ routine: StaticString) -> Int {
    if info < 0 { stop("\(routine) refused its argument \(-info)") }
    return Int(info)
  }
}

/// A letter that LAPACK takes for a choice.
func letter(_ letter: Unicode.Scalar) -> CChar { CChar(truncatingIfNeeded: letter.value) }
