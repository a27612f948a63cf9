import Foundation
import Testing

/// Model files whose metadata hold numbers that no command writes: they are refused, whatever they would overflow.
struct ForgedModelTests {
  private let huge = ["4611686018427387904", "-1"]

  /// A copy of a model file with a text in its header replaced, and without its checksum.
  private func forge(_ place: Workplace, _ name: String, _ old: String, _ new: String) throws {
    let bytes = Array(try place.data(name))
    let count = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    var header = String(decoding: bytes[8..<8 + count], as: UTF8.self)
    try #require(header.contains(old), "\(header)")
    for (old, new) in [
      (old, new), ("\"format_version\":\"2\"", "\"format_version\":\"1\""), ("\"crc32c:", "\"none:"),
    ] {
      header = header.replacing(old, with: new)
    }
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) }
    try Data(length + Array(header.utf8) + bytes[(8 + count)...]).write(to: place.url("forged.st"))
  }

  @Test func series() throws {
    let place = try Workplace()
    try place.write("x\n" + (0..<40).map { "\($0 % 7)\n" }.joined(), to: "t.csv")
    let training = [
      "forecast", "train", "t.csv", "--method", "network", "--window", "4", "--difference", "3", "--epochs", "1",
      "--hidden-size", "3", "--checkpoint", "m.st",
    ]
    let trained = try place.rnn(training)
    try #require(trained.status == 0, "\(trained.errors)")
    for number in huge {
      for (key, value) in [("window", "4"), ("difference", "3")] {
        try forge(place, "m.st", "\\\"\(key)\\\":\(value)", "\\\"\(key)\\\":\(number)")
        for arguments in [
          ["forecast", "predict", "forged.st", "t.csv"], ["forecast", "evaluate", "forged.st", "t.csv"],
          ["refit", "forged.st", "t.csv"], ["inspect", "forged.st"], ["reservoir", "generate", "forged.st", "t.csv"],
          ["diagnose", "forged.st", "--table", "t.csv"],
        ] {
          expectFailure(try place.rnn(arguments), 1, "\(key) is missing, or no number of steps")
        }
      }
      for (key, value) in [("epochs", "1"), ("patience", "20")] {
        try forge(place, "m.st", "\\\"\(key)\\\":\(value)", "\\\"\(key)\\\":\(number)")
        expectFailure(
          try place.rnn("forecast", "train", "--method", "network", "t.csv", "--resume", "forged.st"), 1,
          "makes no sense")
      }
    }
  }

  @Test func residualBlocks() throws {
    let place = try Workplace()
    try place.write(sampleText(words: 300), to: "text.txt")
    let trained = try place.rnn(
      "train", "--text", "text.txt", "--hidden-size", "6", "--layers", "1", "--batch-size", "4", "--sequence-length",
      "8",
      "--steps", "1", "--residual-blocks", "--feed-forward-size", "20", "--checkpoint", "m.st")
    try #require(trained.status == 0, "\(trained.errors)")
    let size = "\\\"feed_forward_size\\\":20"
    for (new, reason) in [
      ("0", "feed_forward_size"), ("-1", "feed_forward_size"), ("4611686018427387904", "feed_forward"),
      ("21", "rnn.feed_forward_gate_l0"), ("20,\\\"residual\\\":true", "add what a layer reads already"),
      ("20,\\\"head_reads_all_layers\\\":true", "to the top already"),
    ] {
      try forge(place, "m.st", size, "\\\"feed_forward_size\\\":" + new)
      for arguments in [["sample", "forged.st"], ["inspect", "forged.st"]] {
        expectFailure(try place.rnn(arguments), 1, reason)
      }
    }
  }
}
