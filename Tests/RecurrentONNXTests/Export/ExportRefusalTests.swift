import Foundation
import Recurrent
import RecurrentONNX
import Testing

/// What ONNX cannot express is refused by name, and a file is written whole or not at all.
@Suite struct ExportRefusalTests {
  private struct OwnCell: RecurrentCell {
    let name = "lstm"
    let structure = CellStructure(gateCount: 1)
    func forward<S: Scalar>(
      gates: inout MutableSpan<S>, previous: Span<S>, next: inout MutableSpan<S>, saved: inout MutableSpan<S>
    ) {
      for unit in 0..<next.count { next[unit] = gates[unit] }
    }
    func backward<S: Scalar>(
      gates: inout MutableSpan<S>, previous: Span<S>, next: Span<S>, saved: Span<S>, gradient: inout MutableSpan<S>
    ) {
      for unit in 0..<gradient.count { gates[unit] = gradient[unit] }
    }
  }

  private func model(_ cell: some RecurrentCell) throws -> Model<Float> {
    try Model(ModelConfiguration(cell: cell, input: .vectors(size: 2), hiddenSize: 3), seed: 1)
  }

  private func error(_ model: Model<Float>, _ options: ONNXExportOptions = ONNXExportOptions()) -> ONNXError? {
    do throws(ONNXError) {
      _ = try model.onnx(options: options)
      return nil
    } catch {
      return error
    }
  }

  @Test(arguments: ["rnn-norm", "lstm-norm", "gru-norm"])
  func layerNormalisation(_ name: String) throws {
    let cell = try #require(BuiltInCells.named(name))
    let error = error(try model(cell))
    #expect(
      error
        == .inexpressible(
          what: "cell \(name)", reason: "ONNX's recurrent operators do not normalise the gates of a step"))
  }

  @Test func inputFeeding() throws {
    var configuration = ModelConfiguration(cell: .gru, input: .vectors(size: 2), hiddenSize: 3, outputSize: 2)
    configuration.attention = .dot
    #expect(try error(Model(configuration, seed: 1)) == nil)
    configuration.hasInputFeeding = true
    guard case .inexpressible(let what, _) = error(try Model(configuration, seed: 1)) else {
      Issue.record("input feeding was exported")
      return
    }
    #expect(what == "input feeding")
  }

  /// Also one that has the name of a built-in cell.
  @Test func ownCell() throws {
    guard case .inexpressible(let what, _) = error(try model(OwnCell())) else {
      Issue.record("a cell of one's own was exported")
      return
    }
    #expect(what == "cell lstm")
  }

  /// Every built-in cell is either exported or refused above.
  @Test func allCells() throws {
    for cell in BuiltInCells.all {
      #expect((error(try model(cell)) != nil) == RecurrentOperator.isInexpressible(cell), "\(cell.name)")
    }
  }

  @Test(arguments: [0, 16, 24, Int.max])
  func operatorSets(_ opset: Int) throws {
    let error = error(try model(.lstm), ONNXExportOptions(opset: opset))
    #expect(error == .inexpressible(what: "operator set \(opset)", reason: "sets 17 to 23 are"))
  }

  // MARK: Files

  private func withDirectory(_ body: (String) throws -> Void) throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "export-\(UInt64.random(in: 0 ... .max))")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: url) }
    try body(url.path)
  }

  @Test func savedFileHoldsTheBytes() throws {
    try withDirectory { directory in
      let model = try model(.gru)
      try model.saveONNX(to: directory + "/m.onnx")
      let saved = try [UInt8](Data(contentsOf: URL(filePath: directory + "/m.onnx")))
      let bytes = try model.onnx()
      #expect(saved == bytes)
      #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["m.onnx"])
    }
  }

  @Test func refusalLeavesTheFile() throws {
    try withDirectory { directory in
      let path = directory + "/m.onnx"
      try Data("before".utf8).write(to: URL(filePath: path))
      let refused = try model(.lstmNorm)
      #expect(throws: ONNXError.self) { try refused.saveONNX(to: path) }
      #expect(try Data(contentsOf: URL(filePath: path)) == Data("before".utf8))
    }
  }

  @Test func missingDirectory() throws {
    try withDirectory { directory in
      let model = try model(.rnn)
      let path = directory + "/none/m.onnx"
      do throws(ONNXError) {
        try model.saveONNX(to: path)
        Issue.record("a file was written without its directory")
      } catch {
        guard case .io(let file, _) = error else {
          Issue.record("\(error)")
          return
        }
        #expect(file == path)
      }
    }
  }
}

extension RecurrentOperator {
  /// Whether ONNX has no operator for one of our cells.
  static func isInexpressible(_ cell: any RecurrentCell) -> Bool {
    cell.name.hasSuffix("-norm") || ["leaky", "minlstm", "rglru", "slstm"].contains(cell.name)
  }
}
