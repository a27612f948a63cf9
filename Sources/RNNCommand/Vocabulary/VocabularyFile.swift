import Recurrent
import Storage

/// The vocabulary that a file has: of a model of text, a token file, or a tokenizer of others.
enum VocabularyFile {
  /// - Throws: what reading throws; `Failure` where the file has none.
  static func read(_ path: String) throws -> Vocabulary {
    // A pipe can be read once.
    if FilePlace(path).isStream { return try Vocabulary(tokenizerFile: path) }
    if TokenFile.isTokenFile(at: path) { return try TokenFile(path: path).vocabulary }
    let source = try ByteSource(path: path)
    var start = [UInt8](repeating: 0, count: min(source.count, 9))
    var span = start.mutableSpan
    _ = try source.read(at: 0, into: &span)
    // The header of a safetensors file begins behind eight bytes.
    let isModel = start.count == 9 && start[8] == UInt8(ascii: "{") && start[..<8].contains(0)
    return isModel ? try Model.forText(at: path).vocabulary : try Vocabulary(tokenizerFile: path)
  }
}
