/// Times several ways of doing one thing in turn, round after round, and returns the median seconds of each.
func interleavedMedians(rounds: Int, secondsPerRound: Double, _ sides: [() -> Void]) -> [Double] {
  let calls = sides.map { side in
    side()  // to warm up
    return callsFilling(secondsPerRound, side)
  }
  var samples = sides.map { _ in [Double]() }
  for _ in 0..<rounds {
    for (index, side) in sides.enumerated() { samples[index].append(meanSeconds(calls[index], side)) }
  }
  return samples.map(median)
}

/// How many calls take about so long, judged by one.
func callsFilling(_ wanted: Double, _ body: () -> Void) -> Int {
  let once = seconds { body() }
  return max(1, Int(wanted / max(once, 1e-9)))
}

func meanSeconds(_ calls: Int, _ body: () -> Void) -> Double {
  seconds { for _ in 0..<calls { body() } } / Double(calls)
}

func seconds(_ body: () -> Void) -> Double { ContinuousClock().measure(body).seconds }

func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

/// Calls `body` for at least so many seconds, at least once, and returns the seconds of each call.
func secondsOfCalls(lasting wanted: Double, _ body: () -> Void) -> [Double] {
  let start = ContinuousClock.now
  let end = start + .seconds(wanted)
  var instants = [start]
  instants.reserveCapacity(4096)
  repeat {
    body()
    instants.append(.now)
  } while instants[instants.count - 1] < end
  return zip(instants, instants.dropFirst()).map { ($1 - $0).seconds }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
