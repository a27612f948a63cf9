import Kernels
import Testing

/// Wrong use stops the program, in release builds too, with a text that says what is wrong.
@Suite("Wrong use of memories and kernels")
struct WrongUseTests {
  @Test("stops", arguments: WrongUse.allCases)
  func stops(use: WrongUse) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [use = use as WrongUse] in
      use.run()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(use.text), "\(text)")
  }

  @Test("Every one of these works with the right sizes")
  func right() {
    for use in WrongUse.allCases { use.run(wrongBy: 0) }
  }
}

/// Each is right with an error of 0.
enum WrongUse: String, CaseIterable, Codable, Sendable {
  case rows, rowsBefore, columns, columnsBefore, row
  case regionEnd, regionStart, element, elementBefore, span, mutableSpan, write, read, writeRegion, readRegion
  case copy, fill, type, arena
  case productInner, productRows, productColumns, productOfTransposes, productOutside
  case packedRows, packedPart, packedPartStart, packedBias, packedOutside, packOutside
  case transposedInner, transposedRows, transposedColumns
  case add, scale, multiply, multiplyAdd, broadcast, columnSums, gather, gatherIndices, scatter, transpose
  case dropout, dropoutColumns, zoneout, zoneoutGradient
  case target, spreadTarget, spreadShares, binary, squared, absolute, huber, ctcStep, ctcOccupancy
  case squares, sgd, rmsprop, adam, activation, activationSigmoid
  case negativeRows, negativeColumns, negativeStride
  case noBias, noPackedBias, noSums, noState, noLogits, noShares, noTarget

  func run(wrongBy error: Int = 1) {
    switch self {
    case .rows, .rowsBefore, .columns, .columnsBefore, .row: runSlice(error)
    case .regionEnd, .regionStart, .element, .elementBefore, .span, .mutableSpan, .write, .read, .writeRegion,
      .readRegion, .copy, .fill, .type, .arena, .negativeRows, .negativeColumns, .negativeStride:
      runMemory(error)
    case .productInner, .productRows, .productColumns, .productOfTransposes, .productOutside, .packedRows, .packedPart,
      .packedPartStart, .packedBias, .packedOutside, .packOutside, .transposedInner, .transposedRows,
      .transposedColumns:
      runProduct(error)
    case .add, .scale, .multiply, .multiplyAdd, .broadcast, .columnSums, .gather, .gatherIndices, .scatter, .transpose,
      .dropout, .dropoutColumns, .zoneout, .zoneoutGradient:
      runRows(error)
    case .noBias, .noPackedBias, .noSums, .noState, .noLogits, .noShares, .noTarget: runWithoutRow(error)
    default: runLossOrUpdate(error)
    }
  }

  var text: String {
    switch self {
    case .rows: "rows 1..<5 of [4, 5]"
    case .rowsBefore: "rows -1..<2 of [4, 5]"
    case .columns: "columns 2..<6 of [4, 5]"
    case .columnsBefore: "columns -1..<2 of [4, 5]"
    case .row: "rows 4..<5 of [4, 5]"
    case .element: "element 100 of 100"
    case .elementBefore: "element -1 of 100"
    case .span, .mutableSpan: "span outside its memory"
    case .write: "write outside the memory"
    case .read: "read outside the memory"
    case .writeRegion: "19 values to [4, 5]"
    case .readRegion: "[4, 5] into 19 values"
    case .copy: "copy of [4, 5] to [4, 4]"
    case .type: "a memory of Float is none of Double"
    case .arena: "an arena needs a count of 0 or more, got -1"
    case .productInner: "product [4, 5]·[4, 3] into [4, 3]"
    case .productRows: "product [4, 5]·[5, 3] into [5, 3]"
    case .productColumns: "product [4, 5]·[5, 3] into [4, 4]"
    case .productOfTransposes: "product [5, 4]·[5, 3] into [5, 3]"
    case .packedRows: "product of 4 rows into 5"
    case .packedPart: "columns 0..<4 of [4, 3]"
    case .packedPartStart: "part of a packed matrix from column 1"
    case .packedBias: "a bias of 4 for 3 columns"
    case .transposedInner: "product [5, 4]·[5, 3] into [5, 3]"
    case .transposedRows: "product [5, 4]·[4, 3] into [6, 3]"
    case .transposedColumns: "product [5, 4]·[4, 3] into [5, 4]"
    case .add: "sum of unequal shapes"
    case .scale: "scaling of unequal shapes"
    case .multiply, .multiplyAdd: "elementwise product of unequal shapes"
    case .broadcast: "a bias of 4 for 5 columns"
    case .columnSums: "4 sums of 5 columns"
    case .gather: "rows of 4 into 5 columns"
    case .scatter: "rows of 5 into 4 columns"
    case .transpose: "transpose of [4, 5] into [5, 3]"
    case .dropout: "dropout of unequal shapes"
    case .dropoutColumns: "columns 0..<6"
    case .zoneout, .zoneoutGradient: "zoneout of unequal shapes"
    case .target, .spreadTarget: "class 5 of 5"
    case .spreadShares: "4 shares of 5 classes"
    case .binary: "5 outputs, 4 targets, 5 weights"
    case .squared, .absolute, .huber: "5 outputs, 4 targets"
    case .noBias, .noPackedBias, .noSums, .noState, .noLogits, .noShares, .noTarget:
      "expected a matrix of one row, got 0"
    case .activation, .activationSigmoid: "range 2..<8 of 7 elements"
    default: "matrix outside its memory"
    }
  }
}
