import Foundation
import Recurrent
import TestSupport
import Testing

/// Who multiplied a training is part of its fingerprint.
@Suite struct FingerprintTests {
  private func trainer(_ products: Products) throws -> Trainer<Float> {
    let configuration = ModelConfiguration(
      cell: .lstm, input: .oneHot(vocabularySize: 9), hiddenSize: 20, outputSize: 9)
    return try Trainer(
      Model<Float>(configuration, seed: 1), batchSize: 8, sequenceLength: 12, carriesState: true, products: products)
  }

  private func step(_ trainer: inout Trainer<Float>) {
    let tokens = (0..<96).map { Int32(7 * $0 * $0 % 9) }
    _ = trainer.step(.tokens(tokens), .classes(tokens))
  }

  @Test func saysWhatThePlanDecided() throws {
    let (packed, openBLAS) = (try trainer(.packed).fingerprint, try trainer(.openBLAS).fingerprint)
    #expect(packed.products == "packed" && openBLAS.products == "openblas")
    #expect(packed.openBLASCore == openBLAS.openBLASCore && packed.openBLASCore?.isEmpty == false)
    #expect(packed.difference(from: packed) == nil && openBLAS.difference(from: openBLAS) == nil)
    #expect(packed.difference(from: openBLAS) == "products packed, not openblas")
    // A ragged batch, whose rows must not depend on each other, is packed by automatic.
    let configuration = ModelConfiguration(cell: .rnn, input: .vectors(size: 2), hiddenSize: 4, outputSize: 3)
    let ragged = try Trainer<Float>(
      Model(configuration, seed: 1), batchSize: 2, sequenceLength: 3, isRagged: true, products: .automatic)
    if ProcessInfo.processInfo.environment["RECURRENT_PRODUCTS"] == nil {
      #expect(ragged.fingerprint.products == "packed")
    }
  }

  @Test(arguments: Products.allCases) func sameChoiceSameBits(products: Products) throws {
    var whole = try trainer(products)
    step(&whole)
    let checkpoint = whole.checkpoint()
    step(&whole)
    var resumed = try Trainer(checkpoint, threads: 1)
    #expect(resumed.settings.products == products)
    #expect(checkpoint.fingerprint.difference(from: resumed.fingerprint) == nil)
    step(&resumed)
    let (model, other) = (whole.model(), resumed.model())
    for entry in model.table.entries { #expect(model[parameter: entry.name] == other[parameter: entry.name]) }
  }

  @Test func anotherChoiceIsSaid() throws {
    var start = try trainer(.packed)
    step(&start)
    var checkpoint = start.checkpoint()
    checkpoint.settings.products = .openBLAS
    let resumed = try Trainer(checkpoint)
    #expect(checkpoint.fingerprint.difference(from: resumed.fingerprint) == "products packed, not openblas")
  }

  /// Files of versions that noted neither products nor kernels are read, and say so.
  @Test func olderFiles() throws {
    let directory = try ScratchDirectory()
    let file = directory.file("run.safetensors")
    var start = try trainer(.packed)
    step(&start)
    try start.checkpoint().save(to: file)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    // Names of the same length that nobody reads; the first "products" is that of the settings.
    for (name, other) in [("openblas_core", "openblas_cora"), ("products", "producta")] {
      let range = try #require(bytes.range(of: Data(#"\"\#(name)\""#.utf8), options: .backwards))
      bytes.replaceSubrange(range, with: Data(#"\"\#(other)\""#.utf8))
    }
    let checkpoint = try TrainingCheckpoint<Float>(bytes: resealed([UInt8](bytes)), file: file)
    #expect(checkpoint.fingerprint.products == nil && checkpoint.fingerprint.openBLASCore == nil)
    #expect(checkpoint.settings.products == .packed)
    let difference = try #require(checkpoint.fingerprint.difference(from: start.fingerprint))
    #expect(difference.contains("products not noted, not packed"), "\(difference)")
    #expect(difference.contains("OpenBLAS's kernels not noted, not "), "\(difference)")
  }

  /// OpenBLAS begins what it says of itself with its name, which a warning gives once.
  @Test func anotherOpenBLAS() throws {
    let directory = try ScratchDirectory()
    let file = directory.file("run.safetensors")
    let start = try trainer(.openBLAS)
    try start.checkpoint().save(to: file)
    var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    let range = try #require(bytes.range(of: Data("OpenBLAS 0.3.".utf8)))
    bytes.replaceSubrange(range, with: Data("OpenBLAS 9.3.".utf8))
    let checkpoint = try TrainingCheckpoint<Float>(bytes: resealed([UInt8](bytes)), file: file)
    let difference = try #require(checkpoint.fingerprint.difference(from: start.fingerprint))
    #expect(difference.hasPrefix("OpenBLAS 9.3.") && difference.contains(", not 0.3."), "\(difference)")
  }
}
