import Foundation
import Recurrent
import Synchronization

/// Ranks that are threads of one process: what MPI does, without MPI.
final class ThreadRanks: Communicator {
  /// What is on its way: by sender and receiver the pieces in their order.
  final class Mail: Sendable {
    let boxes: Mutex<[[[UInt8]]]>
    /// Bytes of all pieces that were sent.
    let sentBytes = Mutex(0)
    init(count: Int) { boxes = Mutex([[[UInt8]]](repeating: [], count: count * count)) }
  }

  let rank: Int
  let count: Int
  private let mail: Mail

  init(rank: Int, count: Int, _ mail: Mail) { (self.rank, self.count, self.mail) = (rank, count, mail) }

  /// Bytes that all ranks have sent.
  var sentBytes: Int { mail.sentBytes.withLock { $0 } }

  func exchange(_ memory: inout MutableRawSpan, sending: [TransferPiece], receiving: [TransferPiece]) {
    unsafe memory.withUnsafeMutableBytes { bytes in
      for piece in sending {
        let sent = unsafe [UInt8](UnsafeRawBufferPointer(rebasing: bytes[piece.bytes]))
        mail.boxes.withLock { $0[rank * count + piece.rank].append(sent) }
        mail.sentBytes.withLock { $0 += sent.count }
      }
      for piece in receiving {
        let start = ContinuousClock.now
        var received: [UInt8]?
        while received == nil {
          received = mail.boxes.withLock { boxes in
            let box = piece.rank * count + rank
            return boxes[box].isEmpty ? nil : boxes[box].removeFirst()
          }
          if received == nil { usleep(20) }
          guard ContinuousClock.now - start < .seconds(120) else { fatalError("rank \(rank) waits for \(piece.rank)") }
        }
        guard let received, received.count == piece.bytes.count else { fatalError("a piece of another length") }
        unsafe bytes.baseAddress?.advanced(by: piece.bytes.lowerBound).copyMemory(
          from: received, byteCount: received.count)
      }
    }
  }

  /// What each rank returns of `count`, side by side.
  static func run<Result: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (ThreadRanks) throws -> Result
  ) throws -> [Result] {
    let mail = Mail(count: count)
    let results = Results<Result>()
    let threads = (0..<count).map { rank in
      let thread = Thread {
        let result = Swift.Result { try body(ThreadRanks(rank: rank, count: count, mail)) }
        results.all.withLock { $0[rank] = result }
      }
      thread.stackSize = 16 << 20
      thread.start()
      return thread
    }
    while threads.contains(where: { !$0.isFinished }) { usleep(100) }
    let all = results.all.withLock { $0 }
    return try (0..<count).map { try all[$0]!.get() }
  }

  private final class Results<Value: Sendable>: Sendable {
    let all = Mutex<[Int: Result<Value, any Error>]>([:])
  }
}
