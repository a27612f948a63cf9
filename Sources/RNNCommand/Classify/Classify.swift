import ArgumentParser
import Recurrent
import Storage
import Tables

struct Classify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell classes of sequences, of their steps, or of texts apart: train, measure, predict.",
    discussion: """
      Sequences come from a CSV file with a row for each step, in the order of time, or from a .ts file of sktime, aeon and \
      the UEA archive. They may be of different lengths. For example:

        rnn classify train JapaneseVowels_TRAIN.ts --bidirectional
        rnn classify evaluate model.safetensors JapaneseVowels_TEST.ts

        rnn classify train gestures.csv --sequence-column id --label-column gesture
        rnn classify train ecg.csv --per-step --label-column beat

      Texts stand in a column of a CSV or TSV table, in a member of JSON lines, or in the files of a folder with a folder for \
      each class. Their characters, bytes or words are the steps, and a linear model on n-grams decides along with the network:

        rnn classify train words.csv --text-column word --label-column language
        rnn classify evaluate model.safetensors others.csv
        echo Wassermühle | rnn classify predict model.safetensors -

      \(TableOptions.documentation)

      \(FilePath.documentation)

      \(ExitStatus.documentation)
      """,
    subcommands: [ClassifyTrain.self, ClassifyEvaluate.self, ClassifyPredict.self])
}

/// Which columns of a table are what.
struct SequenceOptions: ParsableArguments {
  @OptionGroup var reading: TableOptions

  @Option(help: ArgumentHelp("The column that names each row's sequence.", valueName: "name"))
  var sequenceColumn: String?

  @Option(help: ArgumentHelp("The column of the labels.", valueName: "name"))
  var labelColumn: String?

  static func isTS(_ path: String) -> Bool { path.lowercased().hasSuffix(".ts") }

  private func readTable(_ path: String) throws(TableError) -> [UInt8] {
    do { return try readFile(path) } catch { throw TableError(error) }
  }

  /// - Parameters:
  ///   - features: nil: all columns of numbers but for those of sequence and label.
  ///   - needsLabels: whether a table must have a column of labels.
  /// - Throws: `TableError`; `ValidationError` where an option is missing, or has no place with a `.ts` file.
  func read(_ path: String, features: [String]?, isPerStep: Bool, needsLabels: Bool) throws -> LabelledSequences {
    // What comes from a pipe its bytes say, not its name.
    let piped = FilePlace(path).isStream ? try readTable(path) : nil
    if piped.map(LabelledSequences.isTS) ?? Self.isTS(path) {
      for (name, value) in [("--sequence-column", sequenceColumn), ("--label-column", labelColumn)] where value != nil {
        throw ValidationError("'\(name)' is for tables, not for the .ts file \(path)")
      }
      if isPerStep { throw ValidationError("'--per-step' is for tables: a .ts file has one class a sequence") }
      let sequences =
        if let piped { try LabelledSequences(tsBytes: piped, file: path) } else { try LabelledSequences(tsFile: path) }
      if needsLabels, sequences.items.contains(where: { $0.labels.isEmpty }) {
        throw TableError(path, .other("the file has no classes (@classLabel false)"))
      }
      if let features, features.count != sequences.features.count {
        let found = counted(sequences.features.count, "channel")
        throw TableError(path, .other("\(found) where the model has \(features.count)"))
      }
      return sequences
    }
    // What is not there may have been meant for a folder of texts.
    guard piped != nil || FilePlace(path).isThere else { throw TableError(path, .other("there is no such file")) }
    if needsLabels, labelColumn == nil { throw ValidationError("a table needs '--label-column <name>'") }
    if !isPerStep, sequenceColumn == nil {
      throw ValidationError("a table needs '--sequence-column <name>', or '--per-step' for a label at each step")
    }
    let table =
      if let piped { try CSVTable(piped, file: path, reading.tableReading) } else {
        try CSVTable(path: path, reading.tableReading)
      }
    Note.remarks(table.remarks)
    return try LabelledSequences(
      table, sequenceColumn: sequenceColumn, labelColumn: labelColumn,
      features: features, isPerStep: isPerStep)
  }
}
