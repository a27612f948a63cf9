import Foundation
import Recurrent
import Synchronization

/// Keeps account of all comparisons of a run of the tests, and prints it at the end: how many numbers were compared, and
/// how near the worst came to its bound.
enum Ledger {
  /// Where the numbers come from with which ours were compared.
  enum Method: String {
    case oracle
    case torch = "PyTorch"
    /// Gradients with central differences, whose bound is the gradient check's tolerance.
    case differences
  }

  /// Whether comparisons are entered. The same numbers by other numbers of threads are the same to the bit, as another test
  /// shows: they are compared, but counted once.
  @TaskLocal static var isCounting = true

  private struct Account {
    var count = 0
    /// Largest error, in units of the bound on it.
    var worst = 0.0
  }

  private struct Line: Hashable {
    let method: Method
    let cell: String
    let precision: String
  }

  private static let accounts: Mutex<[Line: Account]> = {
    atexit { Ledger.close() }
    return Mutex([:])
  }()

  /// - Parameters:
  ///   - count: numbers compared.
  ///   - worst: the largest error among them, in units of the bound on it.
  static func enter<S: Scalar>(
    _ method: Method, _ cell: OracleCell, _ scalar: S.Type, count: Int, worst: Double
  ) {
    guard isCounting else { return }
    accounts.withLock { accounts in
      let line = Line(method: method, cell: cell.rawValue, precision: "\(S.self)")
      accounts[line, default: Account()].count += count
      accounts[line]!.worst = max(accounts[line]!.worst, worst)
    }
  }

  static func enter(_ report: GradientReport, _ cell: OracleCell) {
    for tensor in report.tensors {
      enter(.differences, cell, Double.self, count: tensor.count, worst: tensor.worstExcess)
    }
  }

  private static func close() {
    let accounts = accounts.withLock { $0 }
    guard !accounts.isEmpty else { return }
    print("Numbers compared, and the worst error in units of the bound derived for it:")
    let lines = accounts.sorted {
      ($0.key.method.rawValue, $0.key.cell, $0.key.precision) < ($1.key.method.rawValue, $1.key.cell, $1.key.precision)
    }
    for (line, account) in lines {
      let words = [(line.method.rawValue, 13), (line.cell, 18), (line.precision, 8)]
        .map { $0.0.padding(toLength: $0.1, withPad: " ", startingAt: 0) }.joined()
      print("  \(words)" + String(format: "%10d  %.3f", account.count, account.worst))
    }
    print("  \(accounts.values.reduce(0) { $0 + $1.count }) in all")
  }
}
