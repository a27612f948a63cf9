/// Times several ways of doing one thing in turn, round after round, and returns the median seconds of each.
func interleavedMedians(rounds: Int, secondsPerRound: Double, _ sides: [() -> Void]) -> [Double] {
  // One call of each to warm up and to choose how many calls fill a round.
  let calls = sides.map { side in
    side()
    let once = seconds { side() }
    return max(1, Int(secondsPerRound / max(once, 1e-9)))
  }
  var samples = sides.map { _ in [Double]() }
  for _ in 0..<rounds {
    for (index, side) in sides.enumerated() {
      let total = seconds { for _ in 0..<calls[index] { side() } }
      samples[index].append(total / Double(calls[index]))
    }
  }
  return samples.map { $0.sorted()[$0.count / 2] }
}

func seconds(_ body: () -> Void) -> Double {
  let duration = ContinuousClock().measure(body)
  return Double(duration.components.seconds) + Double(duration.components.attoseconds) * 1e-18
}
