internal import Kernels

/// Where the exchange of a gradient in parts stands, while parts below are still computed.
///
/// All processes exchange the same in the same order, whenever each of them comes to it: of one part after the other the sums, and
/// then what they add up to.
struct GradientTravel {
  /// Parts whose sums of this process are there to be sent.
  var readyParts = 0
  /// Exchanges that are done: two of each part.
  var stage = 0
  /// Whether one was begun and is not done.
  var isUnderWay = false
}

/// The exchange of a gradient in parts, from the top down, beside the rest of back-propagation. Worker 0 alone has to do with other
/// processes: it moves the exchange on between pieces of its work, and adds up what has come. (Functions with Travelling in their
/// names call a communicator, and so count references: see scripts/check-hot-path.)
extension Engine {
  /// Moves on what is under way.
  @inline(__always)
  func moveExchange(_ call: Call) {
    if call.worker == 0, travel.isUnderWay { moveTravelling(call) }
  }

  /// Begins the exchange of a part, whose gradient is that of this process's last shard: all workers.
  /// - Precondition: it is the next one.
  @inline(never)
  func sendTravelling(_ part: Int, ofShard shard: Int, _ call: Call) {
    guard let tree = plan.update.tree else { return }
    tree.forEachSum(afterShard: shard, of: plan.update.gradients, columns: plan.gradientParts[part].columns) {
      $0.perform(call, in: memory)
    }
    pool.barrier()
    let transfers = tree.transfers[part]
    if !transfers.packing.isEmpty {
      for packing in transfers.packing { packing.perform(call, in: memory) }
      pool.barrier()
    }
    guard call.worker == 0 else { return }
    travel.readyParts += 1
    if !travel.isUnderWay { beginTravelling(tree) }
  }

  @inline(never)
  private func moveTravelling(_ call: Call) {
    guard let communicator, communicator.progressExchange(), let tree = plan.update.tree else { return }
    let alone = Call(phases: .sum, rows: call.rows, workers: 1)
    arriveTravelling(tree) { $0.perform(alone, in: memory) }
  }

  /// Waits until the whole gradient has come. What is not ready yet was added to the tree before.
  func finishTravelling(_ tree: GradientTree) {
    guard let communicator, tree.travelsInParts else { return }
    while travel.readyParts < tree.transfers.count {
      for packing in tree.transfers[travel.readyParts].packing { add(packing) }
      travel.readyParts += 1
    }
    if !travel.isUnderWay { beginTravelling(tree) }
    while travel.isUnderWay {
      communicator.finishExchange()
      arriveTravelling(tree) { add($0) }
    }
    travel = GradientTravel()
  }

  /// What comes after an exchange that is done.
  private func arriveTravelling(_ tree: GradientTree, _ perform: (GradientSum) -> Void) {
    if travel.stage.isMultiple(of: 2) { tree.forEachSum(of: tree.transfers[travel.stage / 2], factor: 1, perform) }
    travel.stage += 1
    travel.isUnderWay = false
    beginTravelling(tree)
  }

  /// Begins the next exchange, if its part is ready.
  private func beginTravelling(_ tree: GradientTree) {
    guard let communicator, travel.stage < 2 * travel.readyParts else { return }
    let transfers = tree.transfers[travel.stage / 2]
    let pieces = travel.stage.isMultiple(of: 2) ? transfers.sums : transfers.means
    var span = memory.mutableSpan(0, plan.arenas.scalarCount)
    var bytes = span.numberBytes
    travel.isUnderWay = true
    communicator.beginExchange(&bytes, sending: pieces.sending, receiving: pieces.receiving)
  }
}
