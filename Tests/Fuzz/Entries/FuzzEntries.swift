/// What is done with hostile bytes: read them, and use what was read as far as it goes. Each must come back, whatever the
/// bytes; a trap, a hang or memory far beyond the size of the input is a fault.
///
/// libFuzzer calls them (`scripts/fuzz`), and `FuzzCorpusTests` does with the files of `Tests/Fuzz/Corpus`.
package enum FuzzEntries {
  /// By the names of the directories in `Tests/Fuzz`.
  package static let all: [(name: String, run: @Sendable ([UInt8]) -> Void)] = [
    ("Safetensors", safetensors), ("Checkpoint", checkpoint), ("Arrays", arrays), ("ONNX", onnx), ("JSON", json),
    ("CSV", csv), ("Times", times), ("TS", ts), ("Text", text), ("Tokens", tokens),
  ]
}
