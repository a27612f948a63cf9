import Testing

import Recurrent
import TestSupport

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

  @Test("Streams of a token file are those of the text in memory, at every width and in any order")
  func inFile() throws {
    let scratch = try ScratchDirectory()
    let tokens = (0..<60_000).map { Int32($0 * $0 % 211) }
    let vocabulary = try Vocabulary(unit: .byte, symbols: (0..<211).map { $0 })
    for width in TokenFile.Width.allCases {
      let path = scratch.file("\(width).tokens")
      try TokenFile.write(to: path, vocabulary: vocabulary, width: width) { try $0.append(tokens) }
      let source = try TokenFile(path: path).tokens
      for (n, t) in [(1, 1), (3, 50), (7, 1000), (2, 20_000)] {
        for part in [0..<60_000, 123..<59_000] {
          let memory = try TokenStreams(Array(tokens[part]), batchSize: n, sequenceLength: t)
          let file = try TokenStreams(source.part(part), batchSize: n, sequenceLength: t)
          #expect(file.windowCount == memory.windowCount)
          let windows =
            n == 1 ? [0, 1, 2, 16_383, 16_384, 30_000] : Array(0..<file.windowCount) + [0, file.windowCount / 2]
          for index in windows where index < file.windowCount {
            try file.load(index)
            #expect(file.window(index) == memory.window(index), "\(width), \(n) × \(t), window \(index)")
          }
        }
      }
    }
  }

  @Test("Some of the streams are the same rows", arguments: [false, true])
  func selecting(isInFile: Bool) throws {
    let scratch = try ScratchDirectory()
    let tokens = (0..<3000).map { Int32($0 % 251) }
    var source = TokenSource(tokens).part(10..<2990)
    if isInFile {
      let path = scratch.file("a.tokens")
      try TokenFile.write(to: path, vocabulary: Vocabulary(unit: .byte, symbols: (0..<251).map { $0 })) {
        try $0.append(tokens)
      }
      source = try TokenFile(path: path).tokens.part(10..<2990)
    }
    let all = try TokenStreams(source, batchSize: 8, sequenceLength: 16)
    for range in [0..<8, 0..<3, 3..<4, 5..<8] {
      let some = all.selecting(range)
      #expect(some.batchSize == range.count && some.windowCount == all.windowCount && some.sequenceLength == 16)
      for index in [0, 1, all.windowCount - 1] {
        let (inputs, targets) = all.window(index)
        func rows(_ window: [Int32]) -> [Int32] {
          (0..<16).flatMap { step in range.map { window[step * 8 + $0] } }
        }
        #expect(some.window(index).inputs == rows(inputs) && some.window(index).targets == rows(targets))
      }
      let last = some.selecting(range.count - 1..<range.count)
      #expect(last.window(1).inputs == all.selecting(range.upperBound - 1..<range.upperBound).window(1).inputs)
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
