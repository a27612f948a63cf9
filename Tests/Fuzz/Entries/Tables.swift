import Tables

extension FuzzEntries {
  /// A table, its cells, and what is made of them. The first byte chooses the separator.
  @Sendable package static func csv(_ bytes: [UInt8]) {
    let separators: [UInt8?] = [nil, UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: " ")]
    guard let first = bytes.first else { return }
    let table: CSVTable
    do {
      table = try CSVTable(
        Array(bytes.dropFirst()), file: "input", separator: separators[Int(first) % separators.count])
    } catch {
      precondition(!error.description.contains("\n"), "a message of several lines: \(error)")
      return
    }
    for row in 0..<table.rowCount {
      for column in table.header.indices {
        do { _ = try table.number(row, column) } catch { precondition(!error.description.contains("\n")) }
      }
    }
    let name = table.header[Int(first) % table.header.count]
    for missing in MissingPolicy.allCases {
      for timeColumn in [nil, name] {
        guard let series = try? Series(table, columns: nil, timeColumn: timeColumn, missing: missing) else { continue }
        precondition(series.values.count == series.count * series.width && series.isKnown.count == series.values.count)
        for step in 0..<series.count + 3 { _ = (series.time.label(step), series.time.position(step)) }
        _ = series.prefix(series.count / 2)
      }
    }
    for isPerStep in [false, true] {
      guard
        let sequences = try? LabelledSequences(
          table, sequenceColumn: isPerStep ? name : nil, labelColumn: table.header[0], features: nil,
          isPerStep: isPerStep)
      else { continue }
      check(sequences)
      if isPerStep { check(sequences.cut(window: 3)) }
    }
  }

  /// A file of sequences with their classes.
  @Sendable package static func ts(_ bytes: [UInt8]) {
    do { check(try LabelledSequences(tsBytes: bytes, file: "input")) } catch {
      precondition(!error.description.contains("\n"), "a message of several lines: \(error)")
    }
  }

  private static func check(_ sequences: LabelledSequences) {
    for item in sequences.items {
      precondition(item.values.count == sequences.length(item) * sequences.features.count)
    }
    let classes = sequences.classes
    guard let numbers = try? sequences.classNumbers(classes) else { preconditionFailure("a label is no class") }
    precondition(numbers.allSatisfy { $0.allSatisfy { classes.indices.contains(Int($0)) } })
  }
}
