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

  /// A column of times, one a line: put in order, filled in, and gone on with. The first byte chooses how.
  @Sendable package static func times(_ bytes: [UInt8]) {
    guard let first = bytes.first else { return }
    let lines = bytes.dropFirst().split(separator: 0x0A).prefix(300).map { line in
      line.filter { !",\"\r".utf8.contains($0) }
    }
    let text = Array("t,x\n".utf8) + lines.flatMap { $0 + Array(",1\n".utf8) }
    guard let table = try? CSVTable(text, file: "input", separator: UInt8(ascii: ",")) else { return }
    let names = [nil, "D", "B", "M", "MS", "QE", "Y", "W-SUN", "h", "15min", "S", "BME"]
    var reading = SeriesReading()
    reading.timeColumns = ["t"]
    reading.frequency = names[Int(first) % names.count].flatMap { Frequency($0) }
    reading.dateOrder = ([nil] + DateOrder.allCases.map { $0 })[Int(first) / 16 % 4]
    reading.duplicates = first >= 128 ? .mean : .refuse
    for (missing, gaps) in [
      (MissingPolicy.refuse, GapPolicy?.none), (.interpolate, .fill), (.drop, nil), (.refuse, .ignore),
    ] {
      (reading.missing, reading.gaps) = (missing, gaps)
      do {
        let series = try Series(table, columns: ["x"], reading)
        for step in [0, 1, 2, 1000, 1_000_000].map({ series.count - 1 + $0 }) {
          precondition(!series.time.label(step).isEmpty && !series.time.position(step).isNaN)
        }
        precondition(series.time.seasons.allSatisfy { $0 > 1 } && !series.time.title.isEmpty)
        precondition(!series.remarks.contains { $0.description.contains("\n") })
      } catch { precondition(!error.description.contains("\n"), "a message of several lines: \(error)") }
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
