internal import Kernels

/// A batch in shards: the gradient of each alone, summed in a binary tree with those of other processes, if there are any.
///
/// Losses are summed, not averaged, shard by shard, and divided once by the weight of the whole batch: so a mean is one over
/// the steps of the batch however they are spread over shards. A shard without a step gives zeros.
extension Trainer {
  /// Leaves the gradient of a batch.
  /// - Returns: its loss.
  mutating func computeShards(_ input: ModelInput<S>, _ target: ModelTarget<S>) -> Double {
    guard let tree = engine.plan.update.tree else { stop("a plan for whole batches has no shards") }
    let input = input.joined(width: plan.input.vectors.columns)
    let target = target.joined(width: plan.loss?.targetSize ?? 1)
    if let lengths = input.lengths {
      EmptySequences.requireSteps(lengths)
      EmptySequences.check(lengths, hasOneOutput: engine.hasOneOutput)
    }
    let seed = nextSeed()
    let last = tree.share.own.upperBound - 1
    for shard in tree.share.own {
      let part = tree.part(ofShard: shard)
      var (loss, weight) = (0.0, 0.0)
      if let rows = engine.set(input, part) {
        engine.setPart(target, rows)
        engine.beginShard(part)
        if isSegmented(rows) {
          engine.performInSegments(rows, dropoutSeed: seed, carriesState: settings.carriesState)
        } else {
          let travels = tree.travelsInParts && shard == last
          engine.perform(.gradient, rows, dropoutSeed: seed, travellingShard: travels ? shard : nil)
          if settings.carriesState { engine.carryState(after: rows) }
        }
        if settings.carriesState { engine.endShard(part) }
        (loss, weight) = (engine.lossSum(rows), engine.lossWeight(rows))
      } else {
        engine.clearGradient()
      }
      engine.setFigures(tree, shard, loss, weight)
      engine.addShard(tree, shard)
    }
    engine.finishTravelling(tree)
    let (loss, weight) = engine.shareFigures(tree, communicator)
    engine.shareGradient(tree, weight: weight, communicator)
    return weight == 0 ? 0 : loss / weight
  }

  /// Windows of streams, shard by shard, from the zero state on. What the next step starts from is kept elsewhere.
  mutating func evaluateShards(
    _ tree: GradientTree, _ streams: TokenStreams, windows: Int
  ) throws(TokenFileError) -> Evaluation {
    for shard in tree.share.own {
      let part = tree.part(ofShard: shard)
      // Of a file only these are read, from the first window to the last.
      let own = streams.reading(only: part.first..<part.first + part.count)
      engine.zeroState()
      var sum = 0.0
      for window in 0..<windows {
        try own.load(window)
        guard let rows = engine.set(own.input(window), part) else { continue }
        engine.setPart(own.target(window), rows)
        engine.evaluate(rows)
        sum += engine.meanLoss(rows)
      }
      engine.setFigures(tree, shard, sum, Double(windows))
    }
    let (loss, weight) = engine.shareFigures(tree, communicator)
    return Evaluation(loss: loss / weight, count: windows * streams.sequenceLength * streams.batchSize)
  }

  /// What the next step starts from: of a batch in shards as this process knows it (`gatherStart`).
  var start: Engine<S>.SavedStart {
    get { engine.plan.update.tree.map { engine.savedStart($0) } ?? engine.savedStart() }
    set {
      if let tree = engine.plan.update.tree {
        engine.restore(tree, newValue)
      } else {
        engine.restore(newValue)
      }
    }
  }

  /// dL/d(parameter) of the last step, before clipping.
  /// - Precondition: there is a parameter of this name.
  package func gradient(of name: String) -> [S] {
    guard let entry = engine.plan.table[name] else { stop("no parameter \(name)") }
    return engine.memory.array(
      Region(offset: engine.plan.update.shift + entry.offset, rows: 1, columns: entry.count))
  }

  /// Lets every process know the state of every sequence. All have to call it.
  func gatherStart() {
    guard let communicator, let tree = engine.plan.update.tree, settings.carriesState else { return }
    engine.exchangeStarts(tree, communicator)
  }
}
