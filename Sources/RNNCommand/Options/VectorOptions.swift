import ArgumentParser
import Recurrent
import Storage

/// Vectors of words that a training starts with.
struct VectorOptions: ParsableArguments {
  @Option(
    reading:
      "Start the embedding of words with the vectors of this file, in the text format of GloVe, word2vec or fastText; words without "
      + "one start at random. They decide the embedding's size.")
  var vectors: String?

  @Flag(help: "Leave the embedding as it starts.")
  var freezeVectors = false

  func validate() throws {
    if freezeVectors, vectors == nil { throw ValidationError("'--freeze-vectors' needs '--vectors <file>'") }
  }

  /// The embedding's size, where the vectors decide it.
  /// - Parameter asked: `--embedding-size`.
  func size(_ asked: Int?) throws -> Int? {
    guard let vectors else { return asked }
    if FilePlace(vectors).isStream {
      throw Failure(
        message: "\(vectors): vectors are read twice, and a pipe can be read once: give a file", status: .usage)
    }
    let size = try WordVectors.size(of: vectors)
    guard asked ?? size == size else {
      throw Failure(
        message: "--embedding-size \(asked ?? 0) does not go with \(vectors), whose vectors have \(size) numbers",
        status: .usage)
    }
    return size
  }

  /// Starts the embedding, and says how many words have a vector.
  func start(_ model: inout Model<Float>, _ name: String, _ words: [String]) throws {
    guard let vectors else { return }
    let read = try WordVectors(path: vectors, of: words)
    if let declared = read.declaredCount, declared != read.count {
      Note.warning(
        "\(vectors) says that it has \(counted(declared, "vector")), and has \(grouped(read.count)): "
          + (declared > read.count ? "it may have been cut short" : "some of its lines may be none"))
    }
    let found = model.start(embedding: name, with: read, of: words)
    guard found > 0 else {
      throw Failure(message: "\(vectors) has none of the \(counted(words.count, "word")) of the data")
    }
    Note.line(
      "vectors   \(grouped(found)) of \(counted(words.count, "word")) (\(decimal(100 * Double(found) / Double(words.count), places: 1)) %) "
        + "have one in \(vectors)")
  }

  /// What the training leaves alone.
  func frozen(_ name: String) -> Set<String> { freezeVectors ? [name] : [] }
}
