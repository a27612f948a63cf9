package import Storage

/// Byte-level byte-pair encoding in the files of others: `tokenizer.json` of Hugging Face's tokenizers, and `merges.txt` of
/// GPT-2. Bytes are written there as letters (GPT-2's table): those that can be printed as themselves, the others, in their order,
/// as U+0100 and what follows.
extension Vocabulary {
  /// The vocabulary of a `tokenizer.json` or a `merges.txt`.
  ///
  /// Of the file the merges count; tokens are numbered anew, the 256 bytes first and then what is merged, so that the numbers are
  /// those of the file only where it is of that order. Added tokens (`<|endoftext|>`) are left out, and no space is put before a
  /// text (`add_prefix_space`).
  /// - Throws: `TextError` where the file cannot be read, or is a tokenizer of another kind, which it names.
  public init(tokenizerFile path: String) throws(TextError) {
    let bytes: [UInt8]
    do {
      let all = try readFile(path)
      bytes = all.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(all.dropFirst(3)) : all
    } catch { throw TextError(error) }
    func fault(_ reason: String) -> TextError { .unreadable(path: path, reason: reason) }
    let merges: [(String, String)]
    if bytes.first(where: { $0 != 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 }) == UInt8(ascii: "{") {
      let json: JSON
      do { json = try JSON(parsing: bytes) } catch { throw fault("it is no JSON: \(error)") }
      merges = try Self.merges(json, fault)
    } else {
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw fault("it is neither JSON nor a list of merges")
      }
      merges = try Self.merges(lines: text, fault)
    }
    do throws(TextError) { self = try Self.byteLevel(merges) } catch {
      if case .invalidVocabulary(let reason) = error { throw fault(reason) }
      throw error
    }
  }

  /// This vocabulary as a `tokenizer.json`, in which tokens have the numbers that they have here.
  /// - Precondition: it is of bytes, with subwords.
  package func tokenizerJSON() -> JSON {
    guard unit == .byte, let pieces, pieces.kind == .subword else {
      stop("a tokenizer.json is written of bytes and subwords")
    }
    func name(_ token: Int32) -> String { symbols(of: token).map { String(Self.letters[Int($0)]) }.joined() }
    let byteLevel = JSON.object([
      (key: "type", value: .string("ByteLevel")), (key: "add_prefix_space", value: .bool(false)),
      (key: "trim_offsets", value: .bool(true)), (key: "use_regex", value: .bool(true)),
    ])
    let model = JSON.object([
      (key: "type", value: .string("BPE")), (key: "dropout", value: .null), (key: "unk_token", value: .null),
      (key: "continuing_subword_prefix", value: .null), (key: "end_of_word_suffix", value: .null),
      (key: "fuse_unk", value: .bool(false)), (key: "byte_fallback", value: .bool(false)),
      (key: "vocab", value: .object((0..<Int32(count)).map { (key: name($0), value: .integer(Int($0))) })),
      (key: "merges", value: .array(pieces.parts.map { .string(name($0[0]) + " " + name($0[1])) })),
    ])
    return .object([
      (key: "version", value: .string("1.0")), (key: "truncation", value: .null), (key: "padding", value: .null),
      (key: "added_tokens", value: .array([])), (key: "normalizer", value: .null),
      (key: "pre_tokenizer", value: byteLevel),
      (key: "post_processor", value: .null), (key: "decoder", value: byteLevel), (key: "model", value: model),
    ])
  }

  // MARK: Merges

  private static func merges(_ json: JSON, _ fault: (String) -> TextError) throws(TextError) -> [(String, String)] {
    guard let model = json["model"] else { throw fault("it has no model: expected a tokenizer.json") }
    let type = model["type"]?.string ?? (model["merges"] == nil ? "none" : "BPE")
    guard type == "BPE" else { throw fault("its model is \(printable(type, limit: 40)), expected BPE on bytes") }
    for key in ["continuing_subword_prefix", "end_of_word_suffix"] where !(model[key]?.string ?? "").isEmpty {
      throw fault("its model has \(key), expected BPE on bytes")
    }
    if let normalizer = json["normalizer"]?["type"]?.string {
      throw fault("it has the normalizer \(printable(normalizer, limit: 40)), expected none")
    }
    let cutter = json["pre_tokenizer"]?["type"]?.string ?? "none"
    guard cutter == "ByteLevel", json["pre_tokenizer"]?["use_regex"]?.bool ?? true else {
      throw fault("its pre-tokenizer is \(printable(cutter, limit: 40)), expected ByteLevel with the pattern of GPT-2")
    }
    guard let list = model["merges"]?.array else { throw fault("its model has no merges") }
    var merges: [(String, String)] = []
    for item in list {
      // Older files have a text of both.
      let parts = item.array?.compactMap(\.string) ?? item.string?.split(separator: " ").map { String($0) } ?? []
      guard parts.count == 2 else { throw fault("merge \(merges.count) is no pair") }
      merges.append((parts[0], parts[1]))
    }
    return merges
  }

  private static func merges(lines: String, _ fault: (String) -> TextError) throws(TextError) -> [(String, String)] {
    var merges: [(String, String)] = []
    for (index, line) in lines.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      if line.isEmpty || (index == 0 && line.hasPrefix("#version")) { continue }
      let parts = line.split(separator: " ")
      guard parts.count == 2 else { throw fault("line \(index + 1) is no pair of tokens, as merges.txt has them") }
      merges.append((String(parts[0]), String(parts[1])))
    }
    guard !merges.isEmpty else { throw fault("it has no merges") }
    return merges
  }

  private static func byteLevel(_ merges: [(String, String)]) throws(TextError) -> Vocabulary {
    var parts: [[Int32]] = []
    var tokens: [[UInt8]: Int32] = [:]
    for byte in UInt8.min...UInt8.max { tokens[[byte]] = Int32(byte) }
    for (index, merge) in merges.enumerated() {
      var spellings: [[UInt8]] = []
      for part in [merge.0, merge.1] {
        let bytes = part.unicodeScalars.map { Self.bytes[$0] }
        guard !bytes.contains(nil) else {
          throw .invalidVocabulary(reason: "merge \(index) is of letters that stand for no byte: expected BPE on bytes")
        }
        spellings.append(bytes.compactMap { $0 })
      }
      guard let left = tokens[spellings[0]], let right = tokens[spellings[1]] else {
        throw .invalidVocabulary(reason: "merge \(index) is of what no merge before it has made")
      }
      parts.append([left, right])
      let joined = spellings[0] + spellings[1]
      if tokens[joined] == nil { tokens[joined] = Int32(tokens.count) }
    }
    return try Vocabulary(
      unit: .byte, symbols: Array(0...255),
      pieces: parts.isEmpty ? nil : Pieces(.subword, parts: parts, symbolCount: 256))
  }

  /// What stands for each byte.
  private static let letters: [Unicode.Scalar] = {
    var next: UInt32 = 0x100
    return (0..<256).map { byte in
      if (33...126).contains(byte) || (161...172).contains(byte) || byte >= 174 { return Unicode.Scalar(UInt8(byte)) }
      defer { next += 1 }
      return Unicode.Scalar(next) ?? "?"
    }
  }()

  private static let bytes: [Unicode.Scalar: UInt8] = Dictionary(
    uniqueKeysWithValues: letters.enumerated().map { ($1, UInt8($0)) })
}
