import ArgumentParser
import Recurrent

extension GradientExchange: NamedChoice {}

/// How batches are cut, and who computes the parts.
struct ShardOptions: ParsableArguments {
  @Option(
    in: 1...65_536,
    help:
      "Parts of a batch, a power of two, whose gradients are computed one after the other, or by as many processes (mpirun "
      + "-np N rnn …): the result does not depend on who computes them. (default: 1, or what the processes need)")
  var shards: Int?

  @Option(
    help: ArgumentHelp(
      "In which precision gradients of shards are summed, and exchanged between processes: full, or bfloat16, which is half "
        + "the bytes for a slow network. The result depends on it, and not on who computes the sums.",
      valueName: "name"))
  var exchange = GradientExchange.full

  // Read by `Team`, before there are options.
  @Flag(
    inversion: .prefixedNo,
    help: ArgumentHelp(
      "Of several processes: exchange the gradients of upper layers while those of lower ones are computed, which hides the "
        + "time of a network; the result does not depend on it. (default: where they are on several machines)"))
  var overlap: Bool?

  func validate() throws {
    if let shards, shards & (shards - 1) != 0 {
      throw ValidationError("'--shards \(shards)' is no power of two: 1, 2, 4, 8 and so on")
    }
  }

  /// Of a training that begins: at least one for each process.
  func count() throws(Failure) -> Int {
    let count = try wantedCount()
    guard exchange == .full || count > 1 else {
      throw Failure(
        message: "--exchange \(exchange.rawValue) is for batches in shards: --shards 2 or more", status: .usage)
    }
    return count
  }

  private func wantedCount() throws(Failure) -> Int {
    guard let shards else {
      var count = 1
      while count < Team.count { count *= 2 }
      return count
    }
    guard shards >= Team.count else {
      throw Failure(
        message:
          "--shards \(shards) is too few for the \(Team.count) processes that mpirun started: one for each or more",
        status: .usage)
    }
    return shards
  }

  /// The next multiple of the shards.
  func rounded(_ batchSize: Int) throws(Failure) -> Int {
    let count = try count()
    return (batchSize + count - 1) / count * count
  }
}

extension SharedRunOptions {
  /// Threads of this process; 0: one for each processor.
  var threadCount: Int { threads ?? Team.defaultThreads ?? 0 }

  /// The log, if this process is the one that writes.
  var writtenLog: String? { Team.isLeader ? log : nil }

  /// The page, if this process is the one that writes.
  var writtenReport: String? { Team.isLeader ? report : nil }
}

extension Note {
  /// Who computes what of a batch.
  static func shards(_ count: Int, _ exchange: GradientExchange) {
    guard count > 1 else { return }
    line(
      "shards    \(count) of each batch, \(Team.count > 1 ? "by \(Team.count) processes" : "one after the other")"
        + (exchange == .full ? "" : "; sums in \(exchange.rawValue)"))
  }
}
