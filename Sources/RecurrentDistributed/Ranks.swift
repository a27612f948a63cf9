internal import CRanks
internal import Foundation
public import Recurrent

/// The processes that `mpirun` started, which train one model together: a `Communicator` over MPI.
///
///     let ranks = try Ranks.launched()
///     var trainer = try Trainer(model, batchSize: 64, sequenceLength: 50, shards: 4, over: ranks)
///     …
///     ranks?.finish()
///
/// It needs the package's trait `MPI`; without it a program that `mpirun` started is refused. Where an exchange fails, as one
/// of the processes is gone or a link is dead, a line says so and all processes are ended: a training goes on from its last
/// checkpoint. To throw, trap or return early on one rank alone is to leave the others waiting: call `abort`.
///
/// All calls must be of the thread that called `launched` (MPI's level FUNNELED).
public final class Ranks: Communicator, @unchecked Sendable {
  public let rank: Int
  public let count: Int
  public let leastTravellingPart: Int?
  /// Seconds.
  private let patience: Double

  private init(rank: Int, count: Int, patience: Double, overlaps: Bool) {
    (self.rank, self.count, self.patience) = (rank, count, patience)
    leastTravellingPart = overlaps ? Self.leastTravellingPart : nil
  }

  /// 256 KiB of Floats: at 10 Gb/s the time of a few exchanges of nothing.
  private static let leastTravellingPart = 1 << 16

  /// Starts MPI, if a launcher of MPI started this process.
  /// - Parameters:
  ///   - patience: how long an exchange may bring nothing before the others are given up. The others may be that
  ///     long at work, or at saving, without being dead.
  ///   - overlaps: whether the gradient of upper layers is exchanged while that of lower ones is computed, which hides the time
  ///     of a network, and does not change the result; all ranks have to say the same. nil: where there are several machines.
  /// - Returns: nil where this process is alone.
  /// - Throws: `RanksError`.
  public static func launched(
    patience: Duration = .seconds(600), overlaps: Bool? = nil
  ) throws(RanksError) -> Ranks? {
    guard let launched = LaunchedRanks() else { return nil }
    guard ranks_is_built() != 0 else {
      guard launched.count > 1 else { return nil }
      throw .notBuilt(count: launched.count)
    }
    var (rank, count): (CInt, CInt) = (0, 0)
    let code = unsafe ranks_start(&rank, &count)
    guard code == 0 else { throw .notStarted(message(code)) }
    return Ranks(
      rank: Int(rank), count: Int(count), patience: patience / .seconds(1),
      overlaps: overlaps ?? launched.areOnSeveralMachines)
  }

  // MARK: Exchanges

  public func exchange(_ memory: inout MutableRawSpan, sending: [TransferPiece], receiving: [TransferPiece]) {
    beginExchange(&memory, sending: sending, receiving: receiving)
    finishExchange()
  }

  public func beginExchange(_ memory: inout MutableRawSpan, sending: [TransferPiece], receiving: [TransferPiece]) {
    unsafe memory.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      // What is sent is announced before anybody is told to send: else Open MPI has a rank that comes later wait with its own bytes
      // until all of the other's are there, and a link carries half of what it could.
      for piece in sending {
        check(piece, of: bytes.count)
        let place = unsafe start + piece.bytes.lowerBound
        succeed(unsafe ranks_send(CInt(piece.rank), place, piece.bytes.count), with: piece.rank)
      }
      for piece in receiving {
        check(piece, of: bytes.count)
        let place = unsafe start + piece.bytes.lowerBound
        succeed(unsafe ranks_receive(CInt(piece.rank), place, piece.bytes.count), with: piece.rank)
      }
    }
  }

  public func progressExchange() -> Bool {
    var isDone: CInt = 0
    succeed(unsafe ranks_progress(&isDone), with: nil)
    return isDone != 0
  }

  public func finishExchange() { succeed(ranks_wait(patience), with: nil) }

  /// Waits for all ranks, and ends MPI: the last call. All have to make it.
  public func finish() {
    _ = any(false)
    succeed(ranks_finish(), with: nil)
  }

  /// Ends all processes at once.
  /// - Parameter code: what `mpirun` returns.
  public func abort(_ code: Int32) -> Never { ranks_abort(code) }

  // MARK: Failures

  private func check(_ piece: TransferPiece, of count: Int) {
    if (0..<self.count).contains(piece.rank), piece.bytes.lowerBound >= 0, piece.bytes.upperBound <= count { return }
    say("a piece \(piece.bytes) of \(count) bytes, for rank \(piece.rank) of \(self.count)")
    abort(1)
  }

  /// Ends the job where a call failed.
  private func succeed(_ code: CInt, with other: Int?) {
    guard code != 0 else { return }
    let what =
      code == CInt(RANKS_TIMED_OUT)
      ? "nothing came from the other ranks for \(Int(patience)) seconds: one of them, or the link to it, is gone"
      : Self.message(code) + (other.map { " (rank \($0))" } ?? "")
    // All may come to the same at the same time: the lowest rank says it for all.
    if rank > 0 { Thread.sleep(forTimeInterval: 1 + 0.2 * Double(min(rank, 10))) }
    say("\(what). The training ends; it goes on from its last checkpoint")
    abort(1)
  }

  private func say(_ text: String) {
    FileHandle.standardError.write(Data("rank \(rank) of \(count): \(text)\n".utf8))
  }

  private static func message(_ code: CInt) -> String {
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 512) { text in
      guard let start = text.baseAddress else { return "" }
      unsafe ranks_message(code, start, text.count)
      return unsafe String(cString: start)
    }
  }
}
