internal import Foundation
internal import Kernels

/// Who computes the matrix products of a model.
///
/// OpenBLAS is at its best with products of many rows, and packs the weights anew in each of them; this package's own
/// kernels pack the weights once an update, and give a row the same bits whatever rows go along with it.
public enum Products: String, Sendable, Hashable, CaseIterable {
  /// OpenBLAS multiplies what is batched (the input product of all steps, the head, the gradients of weights and inputs);
  /// packed kernels multiply in single steps, and everything where results must not depend on the rows that go along
  /// (ragged batches, recomputation, inference that may come in pieces), where a batch has no more than 512 steps in all, which
  /// OpenBLAS would multiply in one piece while all workers but one wait, or where it runs narrower vector instructions than they
  /// do.
  case automatic
  /// OpenBLAS multiplies everything but what attention multiplies with its memory, which packed kernels do. Rows that are
  /// computed together then decide each other's rounding.
  case openBLAS = "openblas"
  /// Packed kernels multiply everything.
  case packed

  /// What stands for `.automatic`: that, unless the environment variable RECURRENT_PRODUCTS says otherwise (for tests).
  static let standing: Products = {
    guard let name = ProcessInfo.processInfo.environment["RECURRENT_PRODUCTS"] else { return .automatic }
    guard let products = Products(rawValue: name) else {
      stop("RECURRENT_PRODUCTS is \(name); expected one of \(allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return products
  }()
}

/// Who computes a kind of product.
enum Multiplier: String, Sendable, Hashable {
  case openBLAS = "OpenBLAS"
  case packed
}

/// What a plan decided on from `Products`, and how products are shared out: the one place that knows, from what was measured
/// (`Benchmarks/README.md`). Which code runs depends on sizes and the instruction set, never on the number of workers: the
/// bits of a result must not. How the workers share packed products is free, as those do not depend on it.
struct ProductChoice: Sendable, Hashable {
  /// Products of all steps at once.
  let batched: Multiplier
  /// Products of a single step.
  let steps: Multiplier
  /// How packed weights are stored.
  let precision: WeightPrecision

  /// - Parameters:
  ///   - rows: of the products of all steps.
  ///   - keepsRows: whether a row's result must not depend on the rows that go along.
  ///   - precision: of packed weights.
  init(_ products: Products, rows: Int, keepsRows: Bool, precision: WeightPrecision = .full) {
    self.precision = precision
    guard precision == .full else {
      require(
        products != .openBLAS,
        "OpenBLAS multiplies weights in full: expected products .automatic or .packed with weights in \(precision)")
      (batched, steps) = (.packed, .packed)
      return
    }
    switch products == .automatic ? .standing : products {
    case .automatic:
      let isPacked =
        Self.isPackedAnyhow(products, rows: rows, keepsRows: keepsRows)
        || OpenBLAS.isNarrower(than: Processor.instructionSet)
      batched = isPacked ? .packed : .openBLAS
      steps = .packed
    case .openBLAS: (batched, steps) = (.openBLAS, .openBLAS)
    case .packed: (batched, steps) = (.packed, .packed)
    }
  }

  /// Whether packed kernels multiply, whatever OpenBLAS there is: in `.automatic` also so few rows as OpenBLAS would multiply in
  /// one piece, by one worker.
  static func isPackedAnyhow(_ products: Products, rows: Int, keepsRows: Bool) -> Bool {
    switch products == .automatic ? .standing : products {
    case .automatic: keepsRows || rows <= ProductPart.openBLASRows
    case .openBLAS: false
    case .packed: true
    }
  }

  /// Whether a row's result is the same whatever rows go along.
  var keepsRows: Bool { batched == .packed && steps == .packed }

  /// Of a batched product [rows, inner]·[inner, columns]: OpenBLAS's own overhead outweighs small ones.
  func multiplier(rows: Int, columns: Int, inner: Int) -> Multiplier {
    if batched == .openBLAS, steps == .packed, rows * columns * inner < Self.leastWork { return .packed }
    return batched
  }

  /// Rows of a block of steps whose input product is done at once where no backward pass needs all of them: of packed
  /// products so many that the gates of a block, of so many columns, take 1 MiB of Floats, but so many that large weights are
  /// not read all too often. OpenBLAS packs the weights anew for each block.
  func blockRows(gateColumns: Int) -> Int {
    batched == .packed ? min(max((1 << 18) / max(gateColumns, 1), 128), 1024) : 1024
  }

  /// Multiply-adds from which on OpenBLAS is called in `.automatic`.
  static let leastWork = 1 << 15

  /// Rows of a step that OpenBLAS multiplies at once: they are cut by this number alone.
  static let stepRows = 64

  /// Whether workers share the columns of a packed product and not its rows. With fewer than four rows each, a tile does
  /// not keep the arithmetic units busy. And weights of eight second-level caches and more (as Floats) come from the third
  /// in every step: then each worker had better read half of them for all rows than all of them for half the rows. In a step
  /// of the sequence this takes two barriers, which must cost less than what is won.
  static func sharesColumns(rows: Int, columns: Int, inner: Int, workers: Int) -> Bool {
    guard workers > 1 else { return false }
    let bytes = columns * inner * MemoryLayout<Float>.size
    if bytes >= 8 * Processor.secondLevelCache, rows <= 16 * workers { return true }
    return rows < 4 * workers && rows * columns * inner >= (rows < workers ? 1 << 15 : 1 << 18)
  }
}

extension ProductChoice: CustomStringConvertible {
  /// `batched by OpenBLAS (SkylakeX kernels), steps by packed kernels (avx512)`.
  var description: String {
    func text(_ multiplier: Multiplier) -> String {
      switch multiplier {
      case .openBLAS: "OpenBLAS (\(OpenBLAS.coreName) kernels)"
      case .packed: "packed kernels (\(Processor.instructionSet))"
      }
    }
    let multipliers =
      batched == steps ? "all by \(text(batched))" : "batched by \(text(batched)), steps by \(text(steps))"
    switch precision {
    case .full: return multipliers
    case .bfloat16, .float16: return "\(multipliers), weights in \(precision)"
    case .bfloat16Dot: return "\(multipliers), weights in \(precision.rawValue) (\(Processor.pairInstructions))"
    case .int8: return "\(multipliers), weights in \(precision) (\(Processor.integerInstructions))"
    }
  }
}
