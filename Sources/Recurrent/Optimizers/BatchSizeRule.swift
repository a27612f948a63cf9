internal import Storage

/// How a learning rate that suits one batch size becomes that of another. A batch k times as large gives a gradient with less
/// noise, and 1/k as many updates in an epoch: the rate grows to make up for them.
///
/// The batch is what one update is made of: all shards of it, by however many processes, and all batches that are accumulated.
///
/// With either rule a warm-up stays as many steps long, which is k times as long in epochs (You et al. 2019, "Large-Batch
/// Training for LSTM and Beyond").
public enum BatchSizeRule: Sendable, Hashable, CaseIterable {
  /// η·k, for SGD (Goyal et al. 2017, "Accurate, Large Minibatch SGD").
  case linear
  /// η·√k, for recurrent networks, and for Adam (You et al. 2019).
  case squareRoot

  /// What the rate of `baseBatchSize` sequences is multiplied by, for `batchSize` of them. Below 1 for a smaller batch.
  public func factor(batchSize: Int, baseBatchSize: Int) -> Double {
    require(
      batchSize >= 1 && baseBatchSize >= 1,
      "expected batches of 1 sequence or more, got \(batchSize) and \(baseBatchSize) as the base")
    let ratio = Double(batchSize) / Double(baseBatchSize)
    return switch self {
    case .linear: ratio
    case .squareRoot: ratio.squareRoot()
    }
  }
}
