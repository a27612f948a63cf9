import ArgumentParser
import Recurrent
import Storage

struct Translate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Learn to make texts of texts: pronunciations of words, dates of dates, translations; train, measure, predict.",
    discussion: """
      Pairs come from a file of lines "source TAB target", or from a file of sources and one of targets, line by line. A \
      source that comes several times has several right answers. For example:

        rnn translate train words.tsv
        rnn translate evaluate model.safetensors others.tsv
        echo hello | rnn translate predict model.safetensors -

        rnn translate train talks.en talks.fr --source-unit subword --target-unit subword

      Both sides are taken apart into characters, or into what stands between spaces: words, or symbols such as phonemes. \
      Where --source-unit and --target-unit do not say which, spaces in most texts, and words that come again often, do; and \
      the training tells. An encoder that reads a source both ways and a decoder with attention make the target, symbol by \
      symbol.

      \(FilePath.documentation)

      \(ExitStatus.documentation)
      """,
    subcommands: [TranslateTrain.self, TranslateEvaluate.self, TranslatePredict.self])
}

/// How a file of pairs is read.
struct PairOptions: ParsableArguments {
  @Flag(
    inversion: .prefixedNo,
    help: "Whether the first line names the columns. (default: as it looks, which is told)")
  var header: Bool?
}

/// How answers are searched for.
struct SearchOptions: ParsableArguments {
  @Option(in: 1...1000, help: "Hypotheses that are followed at once; 1 takes the likeliest symbol at every step.")
  var beam = 5

  @Option(
    .nonNegative,
    help: "Favour long answers: a hypothesis of n symbols is judged by its log-probability over ((5 + n)/6)^x.")
  var lengthPenalty = 0.0

  var search: TranslationSearch { TranslationSearch(beamWidth: beam, lengthPenalty: lengthPenalty) }
}
