import Recurrent
import Storage

/// What a model of pairs was trained on: kept in its file, so that it reads and writes texts.
struct TranslationDescription: Sendable, Hashable {
  static let annotation = ModelUse.pairsAnnotation

  let source: TextTokenizer
  let target: TextTokenizer
  /// The most symbols of a source and of a target in the training.
  let longest: (source: Int, target: Int)

  /// That of both sides.
  var form: TextForm { source.form }

  static func == (left: Self, right: Self) -> Bool {
    left.source == right.source && left.target == right.target && left.longest == right.longest
  }

  func hash(into hasher: inout Hasher) {
    hasher.combine(source)
    hasher.combine(target)
  }

  init(source: TextTokenizer, target: TextTokenizer, longest: (source: Int, target: Int)) {
    (self.source, self.target, self.longest) = (source, target, longest)
  }

  /// The mark that begins and ends a target: a symbol more.
  var marks: SequenceMarks { SequenceMarks(start: Int32(target.count), end: Int32(target.count)) }

  var text: String {
    func side(_ tokenizer: TextTokenizer, _ longest: Int) -> JSON {
      guard let json = try? JSON(parsing: tokenizer.annotationText) else { stop("a tokenizer that is no JSON") }
      return .object([(key: "longest", value: .integer(longest)), (key: "tokenizer", value: json)])
    }
    let json = JSON.object([
      (key: "source", value: side(source, longest.source)), (key: "target", value: side(target, longest.target)),
    ])
    guard let bytes = try? json.serialized() else { stop("a description that is no JSON") }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Symbols that no text has more of; a forged number would let an answer never end.
  static let longestText = 1 << 16

  /// - Throws: `CheckpointError` where the annotation is not what `text` writes, or once wrote.
  init(_ text: String, file: String) throws(CheckpointError) {
    func fault(_ reason: String) -> CheckpointError {
      .invalidMetadata(file: file, key: "decoder_annotation.\(Self.annotation)", reason: reason)
    }
    let json: JSON
    do { json = try JSON(parsing: text) } catch { throw fault(error.description) }
    let earlierForm = try json["lowercase"].map { (lowercase) throws(CheckpointError) in
      guard let isLowercased = lowercase.bool,
        let normalization = json["normalization"]?.string.flatMap({ Vocabulary.Normalization(rawValue: $0) })
      else { throw fault("lowercase or normalization is missing") }
      return TextForm(isLowercased: isLowercased, normalization: normalization)
    }
    func side(_ name: String) throws(CheckpointError) -> (TextTokenizer, Int) {
      guard let part = json[name], let longest = part["longest"]?.integer, (1...Self.longestText).contains(longest)
      else { throw fault("\(name) makes no sense") }
      if let earlierForm {
        guard let tokenizer = TextTokenizer(earlier: part, earlierForm) else { throw fault("\(name) makes no sense") }
        return (tokenizer, longest)
      }
      guard let own = part["tokenizer"], let bytes = try? own.serialized() else {
        throw fault("\(name) has no tokenizer")
      }
      return (try TextTokenizer(annotationText: String(decoding: bytes, as: UTF8.self), file: file), longest)
    }
    let (source, longestSource) = try side("source")
    let (target, longestTarget) = try side("target")
    guard source.form == target.form else { throw fault("the forms of both sides differ") }
    self.init(source: source, target: target, longest: (longestSource, longestTarget))
  }
}

extension TextTokenizer {
  /// As a side of pairs was written before there were subwords, when a word was what stands between spaces; nil where it makes no
  /// sense.
  fileprivate init?(earlier json: JSON, _ form: TextForm) {
    let symbols = json["symbols"]?.array?.map(\.string) ?? []
    let known = symbols.compactMap { $0 }
    guard let unit = json["unit"]?.string, unit == "word" || unit == "character", !known.isEmpty,
      known.count == symbols.count, !known.contains(""), Set(known.map { ExactString($0) }).count == known.count
    else { return nil }
    self.init(units: known, unit: unit == "word" ? .spaced : .character, form: form)
  }
}

extension EncoderDecoder<Float> {
  /// Loads a model that `rnn translate train` wrote.
  /// - Throws: `CheckpointError`; `Failure` where it is a model of another kind, or its weights are not finite.
  static func forPairs(at path: String) throws -> (model: EncoderDecoder<Float>, description: TranslationDescription) {
    let file = try SafetensorsFile(path: path)
    guard file.metadata("format") == EncoderDecoder<Float>.format else {
      // What is no model of this program at all says so itself.
      let use = FileContent(own: file).map { "\($0.name)" } ?? "no model of this program"
      throw Failure(message: "\(path) is \(use), not a model of pairs: rnn translate train makes one")
    }
    let model = try EncoderDecoder<Float>(file)
    guard let description = try model.translationDescription(path) else {
      throw Failure(message: "\(path) does not say what its symbols are: rnn translate train makes models that do")
    }
    for part in [model.encoder, model.decoder] { try NonFinite.refuse(part, path) }
    return (model, description)
  }

  /// What it was trained on; nil where that is not known.
  func translationDescription(_ path: String) throws -> TranslationDescription? {
    guard let text = decoder.annotations[TranslationDescription.annotation] else { return nil }
    let description = try TranslationDescription(text, file: path)
    guard encoder.configuration.input.vocabularySize == description.source.count,
      decoder.configuration.input.vocabularySize == description.target.count + 1, marks == description.marks
    else { throw Failure(message: "\(path): the model does not suit its own symbols") }
    return description
  }
}
