internal import Kernels

/// Several processes that train one model together, as one of them sees it: each has a rank, and all call `exchange` the
/// same number of times, in the same order.
///
/// There is no error to return from an exchange: a training of several processes cannot go on without one of them. A
/// communicator that cannot exchange says why and ends the whole job.
public protocol Communicator: AnyObject, Sendable {
  /// Of this process, in `0..<count`.
  var rank: Int { get }
  /// Processes.
  var count: Int { get }

  /// Sends pieces of memory to other ranks, and receives theirs into it, in whatever order they come; returns when all are
  /// there. Pieces between two ranks arrive in the order in which they were sent, and are as long as the receiver says.
  /// - Parameters:
  ///   - memory: what is sent and received; pieces that are received overlap no others.
  ///   - sending: what goes to which rank.
  ///   - receiving: what comes from which rank.
  func exchange(_ memory: inout MutableRawSpan, sending: [TransferPiece], receiving: [TransferPiece])

  // MARK: Beside other work

  /// Scalars that a part of a gradient has at least, where parts travel while the rest of it is still computed; nil: all of it is
  /// exchanged at once, when it is there. Of all ranks the same; the result does not depend on it. By default nil.
  var leastTravellingPart: Int? { get }

  /// As `exchange`, but returns before all is there. The memory stays where it is; what is sent is not written, and what is received
  /// neither read nor written, until `finishExchange` has returned, or `progressExchange` true. There is no other exchange meanwhile.
  func beginExchange(_ memory: inout MutableRawSpan, sending: [TransferPiece], receiving: [TransferPiece])

  /// Moves on what was begun, without waiting. To be called now and then by whoever has other work to do.
  /// - Returns: whether all is there.
  func progressExchange() -> Bool

  /// Waits until all that was begun is there.
  func finishExchange()
}

/// An exchange that is over when it has begun.
extension Communicator {
  public var leastTravellingPart: Int? { nil }

  public func beginExchange(_ memory: inout MutableRawSpan, sending: [TransferPiece], receiving: [TransferPiece]) {
    exchange(&memory, sending: sending, receiving: receiving)
  }

  public func progressExchange() -> Bool { true }

  public func finishExchange() {}
}

/// A piece of memory that goes to another rank, or comes from it.
public struct TransferPiece: Sendable, Hashable {
  /// The other rank.
  public let rank: Int
  /// Where in the memory.
  public let bytes: Range<Int>

  /// Bytes that go to a rank, or come from it.
  public init(rank: Int, bytes: Range<Int>) { (self.rank, self.bytes) = (rank, bytes) }
}

extension Communicator {
  /// The word of every rank, in their order.
  package func gather(_ word: UInt64) -> [UInt64] {
    var words = [UInt64](repeating: 0, count: count)
    words[rank] = word
    let size = MemoryLayout<UInt64>.stride
    let others = (0..<count).filter { $0 != rank }
    var span = words.mutableSpan
    var bytes = span.numberBytes
    exchange(
      &bytes, sending: others.map { TransferPiece(rank: $0, bytes: rank * size..<(rank + 1) * size) },
      receiving: others.map { TransferPiece(rank: $0, bytes: $0 * size..<($0 + 1) * size) })
    return words
  }

  /// Whether any rank says so. All ranks get the same answer.
  package func any(_ own: Bool) -> Bool { gather(own ? 1 : 0).contains { $0 != 0 } }
}
