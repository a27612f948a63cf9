import ArgumentParser
import Recurrent
import Storage
import Tables

struct Tag: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Label the words, or the letters, of sentences: train, measure, predict.",
    discussion: """
      A network that reads sentences both ways and a conditional random field (CRF) on it, which finds the labels of a \
      sentence together. Of a word it sees the word, its letters, how it begins and ends, and its shape, so that words that it \
      has never seen have something to go by. For example:

        rnn tag train train.conll --validation dev.conll
        rnn tag evaluate model.safetensors test.conll
        echo "Ada Lovelace lived in London" | rnn tag predict model.safetensors -

      FORMATS:
        columns     a word on each line, its columns between tabs, or else
                    between spaces; an empty line between two sentences.
                    The first is the word, the last the tag (CoNLL-2003)
        conllu      Universal Dependencies; the tag is UPOS
        json-lines  {"tokens": ["Ada", …], "tags": ["B-PER", …]}

      Tags B-X and I-X (or IOBES) make spans, which are counted as conlleval counts them; all others are counted one by one. \
      Tags I-X that begin a span (IOB1) are read as B-X.

      \(FilePath.documentation)

      \(ExitStatus.documentation)
      """,
    subcommands: [TagTrain.self, TagEvaluate.self, TagPredict.self])
}

/// How sentences and their tags are read.
struct TaggedOptions: ParsableArguments {
  enum Format: String, NamedChoice {
    case columns, conllu
    case jsonLines = "json-lines"

    var format: TaggedSentences.Format {
      switch self {
      case .columns: .columns
      case .conllu: .conllu
      case .jsonLines: .jsonLines
      }
    }
  }

  @Option(help: ArgumentHelp("How sentences are written. (default: as they look)", valueName: "name"))
  var format: Format?

  @Option(
    help: ArgumentHelp(
      "Where tags stand: the number of a column from 2 on; in CoNLL-U upos, xpos, feats or deprel; in JSON lines the "
        + "member. (default: the last column; upos; tags or ner_tags)",
      valueName: "n|name"))
  var tagColumn: String?

  @Option(
    help: ArgumentHelp(
      "Names of tags that are numbers, from 0 on, with commas between, as O,B-PER,I-PER for the ner_tags of JSON lines.",
      valueName: "name,…"),
    transform: { text in
      let names = text.split(separator: ",", omittingEmptySubsequences: false).map {
        String($0.drop { $0 == " " })
      }
      guard names.count > 1, !names.contains(""), Set(names).count == names.count else {
        throw ValidationError("expected two or more names, all different, with commas between")
      }
      return names
    })
  var tagNames: [String]?

  /// - Throws: `TableError`.
  func read(_ path: String, needsTags: Bool = true) throws(TableError) -> TaggedSentences {
    let bytes: [UInt8]
    do { bytes = try readFile(path) } catch { throw TableError(error) }
    let sentences = try TaggedSentences(
      bytes, file: path, .init(format: format?.format, tagColumn: tagColumn, tagNames: tagNames, needsTags: needsTags))
    for remark in sentences.remarks { Note.line("tags      \(printable(path, limit: 200)): \(remark)") }
    return sentences
  }
}
