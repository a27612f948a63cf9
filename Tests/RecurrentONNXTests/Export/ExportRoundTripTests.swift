import Recurrent
import SwiftProtobuf
import Testing

import RecurrentONNX

/// What is exported and read again is the same model, to the bit of every parameter.
@Suite struct ExportRoundTripTests {
  @Test(arguments: ExportCase.tested)
  func parameters(_ index: Int) throws {
    if index.isMultiple(of: 2) { try check(index, Float.self) } else { try check(index, Double.self) }
  }

  private func check<S: Scalar>(_ index: Int, _ scalar: S.Type) throws {
    let exported = ExportCase(index)
    var model = try exported.model(S.self)
    // A zero with a sign and an infinity come back, too.
    let first = model.table.entries[0].name
    model[parameter: first][0] = -0
    model[parameter: first][model[parameter: first].count - 1] = .infinity
    model.annotations = ["scale": "3 \"units\""]
    if let size = exported.configuration.input.vocabularySize {
      model.vocabulary = try Vocabulary(unit: .unicodeScalar, symbols: (0..<UInt32(size)).map { 0x3B1 + $0 })
    }
    let bytes = try model.onnx(options: exported.options)
    let read = try Model<S>(ONNXModel(bytes: bytes, file: "case \(exported)"))
    #expect(read.configuration.options.map(\.value) == model.configuration.options.map(\.value))
    #expect(read.configuration.cell.name == model.configuration.cell.name)
    #expect(read.table == model.table)
    #expect(read.vocabulary == model.vocabulary)
    #expect(read.annotations == model.annotations)
    for entry in model.table.entries {
      let (ours, theirs) = (model[parameter: entry.name], read[parameter: entry.name])
      let same = zip(ours, theirs).allSatisfy { $0 == $1 && $0.sign == $1.sign }
      #expect(same, "\(entry.name) of \(exported)")
    }
    let again = try read.onnx(options: exported.options)
    #expect(again == bytes, "case \(exported)")
  }

  /// A file whose metadata do not fit its parameters is refused, not believed.
  @Test(arguments: [
    (#""hidden_size":4"#, #""hidden_size":5"#), (#""layers":1"#, #""layers":2"#),
    (#""hidden_size":4"#, #""hidden_size":4611686018427387904"#), (#""cell":"lstm""#, #""cell":"lstm-norm""#),
    (#""cell":"lstm""#, #""cell":"gru""#), (#""layers":1"#, #""layers":-1"#), (#""layers":1"#, "}"),
  ])
  func lies(truth: String, lie: String) throws {
    let model = try Model<Float>(
      ModelConfiguration(cell: .lstm, input: .vectors(size: 3), hiddenSize: 4, outputSize: 2), seed: 1)
    var message = try ONNXModelProto(serializedBytes: model.onnx())
    let place = try #require(message.metadataProps.firstIndex { $0.key == "configuration" })
    let text = message.metadataProps[place].value
    let range = try #require(text.firstRange(of: truth))
    message.metadataProps[place].value = text.replacingCharacters(in: range, with: lie)
    let bytes: [UInt8] = try message.serializedBytes()
    let file = try ONNXModel(bytes: bytes, file: "lie.onnx")
    let error = #expect(throws: ONNXError.self) { try Model<Float>(file) }
    // A cell that is never exported is refused as such.
    #expect(error?.description.contains(lie.contains("norm") ? "lstm-norm" : "lie.onnx") == true)
  }
}
