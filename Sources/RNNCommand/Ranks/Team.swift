import Foundation
import Recurrent
import RecurrentDistributed
import Synchronization

/// Set once, before the command runs: hence no part of a type.
private let joined = Mutex<Ranks?>(nil)

/// The processes that mpirun started, as the command sees them: rank 0 writes files and talks, all others are silent.
enum Team {
  /// nil: this process is alone.
  static var ranks: Ranks? { joined.withLock { $0 } }
  static var count: Int { ranks?.count ?? 1 }
  static var isLeader: Bool { ranks?.rank ?? 0 == 0 }

  /// Those that several processes can share.
  private static let commands = [
    ["train"], ["classify", "train"], ["forecast", "train"], ["tag", "train"], ["translate", "train"],
  ]

  /// At the start of the process.
  /// - Parameter names: of the command.
  /// - Throws: `Failure` where mpirun started several processes of a build without MPI, or of a command for one.
  static func join(_ names: [String]) throws {
    let ranks: Ranks?
    do throws(RanksError) {
      ranks = try Ranks.launched(patience: patience, overlaps: overlaps)
    } catch {
      // All have the same to say.
      if let rank = LaunchedRanks()?.rank, rank > 0 { Thread.sleep(forTimeInterval: 2) }
      throw Failure(message: error.description)
    }
    guard let ranks, ranks.count > 1 else {
      ranks?.finish()
      return
    }
    joined.withLock { $0 = ranks }
    guard commands.contains(names) else {
      func line(_ names: [String]) -> String { (["rnn"] + names).joined(separator: " ") }
      let shared = commands.map(line)
      throw Failure(
        message:
          "\(line(names)) is done by one process, and mpirun started \(ranks.count): it is for "
          + shared.dropLast().joined(separator: ", ") + " and \(shared[shared.count - 1])")
    }
    if !isLeader { Note.silence() }
    warnOfBinding()
  }

  /// Refuses to go on with a training of fewer shards than there are processes.
  static func requireShards(_ count: Int) throws(Failure) {
    guard count >= self.count else {
      throw Failure(
        message:
          "the training has \(counted(count, "shard")), and mpirun started \(self.count) processes: it goes on with at most "
          + "one for each shard")
    }
  }

  /// How long an exchange may bring nothing: RECURRENT_RANKS_PATIENCE, in seconds.
  private static var patience: Duration {
    let asked = ProcessInfo.processInfo.environment["RECURRENT_RANKS_PATIENCE"].flatMap { Int($0) }
    return .seconds(max(1, asked ?? 600))
  }

  /// Whether `ShardOptions` were given that say so, as they have no say in what a checkpoint decides; nil: they were not.
  private static var overlaps: Bool? {
    GivenOptions.names.last { ["--overlap", "--no-overlap"].contains($0) }.map { $0 == "--overlap" }
  }

  /// At the end of a command that all ranks came to, well or not: waits for all.
  static func leave() {
    joined.withLock { ranks in
      ranks?.finish()
      ranks = nil
    }
  }

  /// At an error: the others cannot know of it, and would wait. Where all have the same, rank 0 says so for all.
  /// - Parameter report: says what is wrong.
  static func fail(_ code: Int32, _ report: () -> Void) {
    guard let ranks else { return report() }
    if ranks.rank > 0 {
      Thread.sleep(forTimeInterval: 1 + 0.2 * Double(min(ranks.rank, 10)))
      Note.speak(for: "rank \(ranks.rank)")
    }
    report()
    ranks.abort(code)
  }

  // MARK: Processors

  /// Threads for this process where none were asked for: its share of the processors that it may use, where several
  /// processes on this machine may use the same. nil: one for each processor.
  static var defaultThreads: Int? {
    guard ranks != nil, let local = LaunchedRanks()?.localCount, local > 1, !isBound else { return nil }
    return max(1, Processors.available / local)
  }

  /// Whether this process may not run on all processors of the machine.
  private static var isBound: Bool {
    ProcessInfo.processInfo.activeProcessorCount < ProcessInfo.processInfo.processorCount
  }

  /// mpirun binds each rank to a processor, or two, unless it is told not to.
  private static func warnOfBinding() {
    guard isLeader, isBound else { return }
    let (own, all) = (ProcessInfo.processInfo.activeProcessorCount, ProcessInfo.processInfo.processorCount)
    Note.warning(
      "mpirun lets each rank use \(counted(own, "processor")) of \(all), and so as many threads: 'mpirun --bind-to none' lets "
        + "it use all")
  }
}
