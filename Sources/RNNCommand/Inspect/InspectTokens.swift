import Recurrent
import Storage

/// What a token file says about itself.
struct TokenFileDescription {
  let file: TokenFile

  var text: String {
    let vocabulary = file.vocabulary
    let unit = vocabulary.unit == .byte ? "byte" : "character"
    let form = vocabulary.normalization == .none ? "" : ", normalized to \(vocabulary.normalization.rawValue)"
    return table([
      ["kind", "token file"], ["tokens", "\(grouped(file.count)), \(file.width.rawValue) bits each"],
      ["vocabulary", "\(counted(vocabulary.count, unit))\(form)"], ["symbols", symbols],
      ["digest", String(file.digest, radix: 16)],
      ["size", "\(ByteCount(file.byteCount)) (\(grouped(file.byteCount)) bytes)"],
      ["checked", "header, vocabulary and size; all tokens: rnn tokenize --verify"],
    ])
  }

  /// The first ones.
  private var symbols: String {
    let shown = file.vocabulary.symbols.prefix(12).map { file.vocabulary.unit.name(of: $0) }
    return shown.joined(separator: ", ") + (file.vocabulary.count > shown.count ? ", …" : "")
  }

  var json: JSON {
    .object([
      (key: "kind", value: .string("tokens")), (key: "tokens", value: .integer(file.count)),
      (key: "bits", value: .integer(file.width.rawValue)),
      (
        key: "vocabulary",
        value: .object([
          (key: "unit", value: .string(file.vocabulary.unit == .byte ? "byte" : "unicode-scalar")),
          (key: "count", value: .integer(file.vocabulary.count)),
          (key: "normalization", value: .string(file.vocabulary.normalization.rawValue)),
        ])
      ),
      (key: "digest", value: .string(String(file.digest, radix: 16))),
      (key: "bytes", value: .integer(file.byteCount)),
    ])
  }
}
