import Testing

import Recurrent

@Suite("Parallel streams of tokens")
struct TokenStreamsTests {
  private func window(_ streams: TokenStreams, _ index: Int) -> (inputs: [Int32], targets: [Int32]) {
    streams.window(index)
  }

  @Test("A small text, by hand: two streams, windows of three, step by step")
  func byHand() throws {
    // 0…12 and N = 2, T = 3: streams 0…5 and 6…11, the last target is 12.
    let streams = try TokenStreams(Array(0..<13), batchSize: 2, sequenceLength: 3)
    #expect(streams.windowCount == 2)
    #expect(window(streams, 0).inputs == [0, 6, 1, 7, 2, 8])
    #expect(window(streams, 0).targets == [1, 7, 2, 8, 3, 9])
    #expect(window(streams, 1).inputs == [3, 9, 4, 10, 5, 11])
    #expect(window(streams, 1).targets == [4, 10, 5, 11, 6, 12])
  }

  @Test(
    "Streams are contiguous from window to window, and targets are the next tokens",
    arguments: [1, 2, 5], [1, 3, 8])
  func contiguous(batchSize: Int, sequenceLength: Int) throws {
    let (n, t) = (batchSize, sequenceLength)
    for count in (n * t + 1)...(5 * n * t + 2) {
      let streams = try TokenStreams(Array(0..<Int32(count)), batchSize: n, sequenceLength: t)
      // As many windows as fit.
      #expect(streams.windowCount * n * t <= count - 1)
      #expect((streams.windowCount + 1) * n * t > count - 1)
      var next = (0..<n).map { Int32($0 * streams.windowCount * t) }
      for index in 0..<streams.windowCount {
        let window = window(streams, index)
        for step in 0..<t {
          for stream in 0..<n {
            let place = step * n + stream
            guard window.inputs[place] == next[stream], window.targets[place] == next[stream] + 1 else {
              Issue.record("count \(count), window \(index), step \(step), stream \(stream)")
              return
            }
            next[stream] += 1
          }
        }
      }
    }
  }

  @Test("Too short a text says how many tokens are needed")
  func tooShort() throws {
    let error = TextError.tooShort(count: 12, needed: 13)
    #expect(throws: error) { try TokenStreams(Array(0..<12), batchSize: 4, sequenceLength: 3) }
    #expect(error.description.contains("12") && error.description.contains("13"))
    #expect(try TokenStreams(Array(0..<13), batchSize: 4, sequenceLength: 3).windowCount == 1)
    #expect(throws: TextError.tooShort(count: 0, needed: 2)) {
      try TokenStreams([], batchSize: 1, sequenceLength: 1)
    }
    #expect(throws: TextError.tooShort(count: 1, needed: .max)) {
      try TokenStreams([0], batchSize: .max, sequenceLength: 2)
    }
    #expect(throws: TextError.tooShort(count: 1, needed: .max)) {
      try TokenStreams([0], batchSize: .max, sequenceLength: 1)
    }
  }

  @Test("Windows that are not there, and sizes that cannot be, trap")
  func mistakes() async {
    await #expect(processExitsWith: .failure) {
      let streams = try TokenStreams([0, 1, 2], batchSize: 1, sequenceLength: 2)
      _ = streams.window(-1)
    }
    await #expect(processExitsWith: .failure) {
      let streams = try TokenStreams([0, 1, 2], batchSize: 1, sequenceLength: 2)
      _ = streams.window(1)
    }
    await #expect(processExitsWith: .failure) {
      _ = try TokenStreams([0, 1], batchSize: 0, sequenceLength: 1)
    }
    await #expect(processExitsWith: .failure) {
      _ = try TokenStreams([0, 1], batchSize: 1, sequenceLength: -1)
    }
  }
}
