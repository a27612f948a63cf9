import Foundation
import Recurrent
import Testing

struct InspectTests {
  @Test func modelsWithoutHead() throws {
    let place = try Workplace()
    let configuration = ModelConfiguration(cell: .gru, input: .oneHot(vocabularySize: 7), hiddenSize: 5)
    try Model<Float>(configuration, seed: 1).save(to: place.url("model.safetensors").path)
    let table = try place.rnn("inspect", "model.safetensors")
    #expect(table.status == 0 && table.text.contains("no head") && !table.text.contains("linear"))
    let inspected = try place.rnn("inspect", "model.safetensors", "--json").json()
    let found = try #require(inspected["configuration"] as? [String: Any])
    #expect(found["head"] as? String == "none" && found["output_size"] as? Int == 5)
    expectFailure(try place.rnn("sample", "model.safetensors"), 1, "no model of text")
  }
}
