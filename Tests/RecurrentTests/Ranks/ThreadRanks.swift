import Foundation
import Recurrent
import Synchronization

/// Ranks that are threads of one process: what MPI does, without MPI. What is begun moves on in calls alone, now and then.
@safe final class ThreadRanks: Communicator, @unchecked Sendable {
  /// What is on its way: by sender and receiver the pieces in their order.
  final class Mail: Sendable {
    let boxes: Mutex<[[[UInt8]]]>
    /// Bytes of all pieces that were sent.
    let sentBytes = Mutex(0)
    init(count: Int) { boxes = Mutex([[[UInt8]]](repeating: [], count: count * count)) }
  }

  let rank: Int
  let count: Int
  let leastTravellingPart: Int?
  private let mail: Mail
  /// Where what was begun goes, piece by piece.
  private var awaited: [(place: UnsafeMutableRawPointer, piece: TransferPiece)] = unsafe []
  /// What was sent, which nobody may change before the exchange is over.
  private var sent: [(place: UnsafeMutableRawPointer, bytes: [UInt8])] = unsafe []
  private var random: SeededGenerator
  /// Exchanges that were begun, and those of them that were over before they were waited for.
  private(set) var begun = 0
  private(set) var hidden = 0

  init(rank: Int, count: Int, leastTravellingPart: Int? = nil, _ mail: Mail) {
    (self.rank, self.count, self.leastTravellingPart, self.mail) = (rank, count, leastTravellingPart, mail)
    random = SeededGenerator(seed: UInt64(rank))
  }

  /// Bytes that all ranks have sent.
  var sentBytes: Int { mail.sentBytes.withLock { $0 } }

  func exchange(_ memory: inout MutableRawSpan, sending: [TransferPiece], receiving: [TransferPiece]) {
    begin(&memory, sending, receiving)
    wait()
  }

  func beginExchange(_ memory: inout MutableRawSpan, sending: [TransferPiece], receiving: [TransferPiece]) {
    begun += 1
    begin(&memory, sending, receiving)
  }

  /// As the network likes: often nothing, and then a piece or two.
  func progressExchange() -> Bool {
    guard unsafe !awaited.isEmpty else { fatalError("nothing was begun") }
    guard Int.random(in: 0..<3, using: &random) == 0 else { return false }
    for _ in 0..<2 where unsafe !awaited.isEmpty && receive() {}
    if unsafe awaited.isEmpty { hidden += 1 }
    return unsafe awaited.isEmpty
  }

  func finishExchange() { wait() }

  private func begin(_ memory: inout MutableRawSpan, _ sending: [TransferPiece], _ receiving: [TransferPiece]) {
    guard unsafe awaited.isEmpty else { fatalError("an exchange before the one before was over") }
    unsafe memory.withUnsafeMutableBytes { bytes in
      for piece in sending {
        let own = unsafe [UInt8](UnsafeRawBufferPointer(rebasing: bytes[piece.bytes]))
        mail.boxes.withLock { $0[rank * count + piece.rank].append(own) }
        mail.sentBytes.withLock { $0 += own.count }
        if let start = bytes.baseAddress { unsafe sent.append((start + piece.bytes.lowerBound, own)) }
      }
      guard let start = bytes.baseAddress else { return }
      unsafe awaited = receiving.map { unsafe (start + $0.bytes.lowerBound, $0) }
      // Until it is there nobody may read it, or write to it: no number has these bytes.
      for piece in receiving {
        unsafe (start + piece.bytes.lowerBound).initializeMemory(
          as: UInt8.self, repeating: 0xFF, count: piece.bytes.count)
      }
    }
  }

  private func requireUnchanged() {
    for index in unsafe sent.indices {
      let (place, bytes) = unsafe sent[index]
      let now = unsafe UnsafeRawBufferPointer(start: place, count: bytes.count)
      guard unsafe now.elementsEqual(bytes) else { fatalError("what is sent was changed") }
    }
    unsafe sent = []
  }

  private func wait() {
    let start = ContinuousClock.now
    while let next = unsafe awaited.first {
      if receive() { continue }
      usleep(20)
      guard ContinuousClock.now - start < .seconds(120) else {
        fatalError("rank \(rank) waits for \(unsafe next.piece.rank)")
      }
    }
  }

  /// The next piece, if it is there.
  private func receive() -> Bool {
    let (place, piece) = unsafe awaited[0]
    let received = mail.boxes.withLock { boxes -> [UInt8]? in
      let box = piece.rank * count + rank
      return boxes[box].isEmpty ? nil : boxes[box].removeFirst()
    }
    guard let received else { return false }
    guard received.count == piece.bytes.count else { fatalError("a piece of another length") }
    let before = unsafe UnsafeRawBufferPointer(start: place, count: received.count)
    guard unsafe before.allSatisfy({ $0 == 0xFF }) else { fatalError("what is to come was written") }
    unsafe place.copyMemory(from: received, byteCount: received.count)
    unsafe awaited.removeFirst()
    if unsafe awaited.isEmpty { requireUnchanged() }
    return true
  }

  /// What each rank returns of `count`, side by side.
  static func run<Result: Sendable>(
    _ count: Int, leastTravellingPart: Int? = nil, _ body: @escaping @Sendable (ThreadRanks) throws -> Result
  ) throws -> [Result] {
    let mail = Mail(count: count)
    let results = Results<Result>()
    let threads = (0..<count).map { rank in
      let thread = Thread {
        let result = Swift.Result {
          try body(ThreadRanks(rank: rank, count: count, leastTravellingPart: leastTravellingPart, mail))
        }
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
