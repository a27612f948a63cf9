/// How long a step takes that several nodes share: the computing, and the exchange of a gradient by α and β.
///
/// A step exchanges the sums of losses, the shares of the gradient, and their means, each a pass in which every rank sends to
/// every other one; a gradient in parts takes two of them for each. The time of a pass of s bytes to each of P − 1 ranks is taken
/// as (P − 1)·(α + s/B): as if a rank dealt with the others one after the other, which is what their bytes have to do and their
/// latencies do not.
struct StepTimeModel {
  struct Link: Decodable, Sendable {
    var name: String
    /// α: of a pass of almost nothing between two ranks.
    var alphaMicroseconds: Double
    /// B, each way at once.
    var megabytesPerSecond: Double
  }

  /// A part of the gradient that is exchanged by itself.
  struct Part: Decodable, Sendable {
    /// Of the gradient.
    var share: Double
    /// What of a step's computing is still to be done when it is there.
    var left: Double
  }

  struct Network: Decodable, Sendable {
    var name: String
    var parameters: Int
    /// Sequences of a step that was timed on one node, and how long it took: the fewest and the most.
    var rows: [Double]
    var milliseconds: [Double]
    /// In the order in which they are exchanged; of the last nothing is left.
    var parts: [Part]

    /// Seconds of computing, a straight line through the two that were timed.
    func seconds(rows count: Double) -> Double {
      let slope = (milliseconds[1] - milliseconds[0]) / (rows[1] - rows[0])
      return (milliseconds[0] + (count - rows[0]) * slope) * 1e-3
    }
  }

  /// What is done to make the exchange shorter.
  enum Means: CaseIterable {
    case none, overlap, overlapOfHalves

    var bytesPerNumber: Double { self == .overlapOfHalves ? 2 : 4 }
  }

  let network: Network
  let link: Link

  /// Seconds of a step of so many sequences on each of so many nodes.
  func seconds(nodes: Int, rows: Double, _ means: Means = .none) -> Double {
    let computing = network.seconds(rows: rows)
    guard nodes > 1 else { return computing }
    let peers = Double(nodes - 1)
    let passes = means == .none ? 3 : 1 + 2 * network.parts.count
    let latency = Double(passes) * peers * link.alphaMicroseconds * 1e-6
    let bytes = Double(network.parameters) * means.bytesPerNumber
    let sending = 2 * peers / Double(nodes) * bytes / (link.megabytesPerSecond * 1e6)
    guard means != .none else { return computing + latency + sending }
    // One part after the other, each not before it is there.
    let end = network.parts.reduce(0) { end, part in max(end, (1 - part.left) * computing) + part.share * sending }
    return end + latency
  }

  /// As many sequences on each node, however many there are: the share of the node's time that is computing.
  func weakEfficiency(nodes: Int, rows: Double, _ means: Means) -> Double {
    network.seconds(rows: rows) / seconds(nodes: nodes, rows: rows, means)
  }

  /// So many sequences on all nodes together: how much faster than on one.
  func strongSpeedUp(nodes: Int, rows: Double, _ means: Means) -> Double {
    network.seconds(rows: rows) / seconds(nodes: nodes, rows: rows / Double(nodes), means)
  }
}
