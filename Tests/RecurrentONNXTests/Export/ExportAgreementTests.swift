import Recurrent
import RecurrentONNX
import Testing

/// Random models over all that is exported: what the file gives when it is read again and run is what the model gives.
@Suite struct ExportAgreementTests {
  /// The bound that the comparison with ONNX Runtime has, 1e-5 of the greatest number in Float, is 168 times the unit
  /// roundoff; here it is that in both precisions.
  static func tolerance<S: Scalar>(_: S.Type) -> Double { 168 * Double(S.ulpOfOne) / 2 }

  @Test(arguments: ExportCase.tested)
  func single(_ index: Int) throws { try check(index, Float.self) }

  @Test(arguments: ExportCase.tested)
  func double(_ index: Int) throws { try check(index, Double.self) }

  /// Chance has left nothing out.
  @Test func casesCoverEverything() {
    let cases = ExportCase.tested.map { ExportCase($0) }
    let configurations = cases.map(\.configuration)
    #expect(Set(configurations.map(\.cell.name)) == Set(ExportCase.cells.map(\.name)))
    #expect(Set(configurations.map(\.head)) == Set(ModelConfiguration.Head.allCases))
    #expect(Set(configurations.compactMap(\.directions.merge)) == Set(Directions.Merge.allCases))
    #expect(Set(configurations.compactMap(\.attention)) == Set(Attention.allCases))
    #expect(Set(configurations.map(\.layerCount)) == [1, 2, 3])
    #expect(Set(cases.map(\.options.opset)) == Set(ONNXExportOptions.opsets))
    let features: [(ExportCase) -> Bool] = [
      { $0.configuration.isResidual && $0.configuration.head == .lastStep && $0.options.lengths },
      { $0.configuration.headReadsAllLayers && $0.configuration.layerCount > 1 },
      { $0.configuration.projectionSize != nil && $0.configuration.trainsInitialState },
      { $0.configuration.projectionSize != nil && $0.options.states && $0.options.lengths },
      { $0.configuration.hiddenSizes != nil }, { $0.options.batchFirst }, { $0.options.softmax },
      { $0.configuration.attention != nil && $0.options.lengths }, { $0.lengths.contains(0) },
      { if case .oneHot = $0.configuration.input { true } else { false } },
      { if case .embedding = $0.configuration.input { true } else { false } },
      { if case .vectors = $0.configuration.input { true } else { false } },
    ]
    for (index, feature) in features.enumerated() { #expect(cases.contains(where: feature), "feature \(index)") }
  }

  private func check<S: Scalar>(_ index: Int, _ scalar: S.Type) throws {
    let exported = ExportCase(index)
    let model = try exported.model(S.self)
    let batch = try ExportBatch(exported, model)
    let file = try ONNXModel(bytes: model.onnx(options: exported.options), file: "case \(exported)")
    var inputs: [String: ONNXTensor] = [:]
    for tensor in batch.numbers {
      inputs[tensor.name] = ONNXTensor(shape: tensor.shape, values: Self.values(tensor.values))
    }
    for tensor in batch.tokens {
      inputs[tensor.name] = ONNXTensor(shape: tensor.shape, tensor.values.map { Int64($0) })
    }
    for tensor in batch.lengths {
      inputs[tensor.name] = ONNXTensor(shape: tensor.shape, tensor.values.map { Int32($0) })
    }
    #expect(Set(file.inputs.map(\.name)) == Set(inputs.keys))
    #expect(Set(file.outputs.map(\.name)) == Set(batch.outputs.map(\.name)))
    let outputs = try file.run(inputs, threads: 1)
    for expected in batch.outputs {
      let actual = try #require(outputs[expected.name])
      #expect(actual.shape == expected.shape)
      #expect(actual.type == (S.self == Float.self ? .float : .double))
      let greatest = expected.values.reduce(0) { max($0, abs(Double($1))) }
      let difference = zip(actual.doubles, expected.values).reduce(0) { max($0, abs($1.0 - Double($1.1))) }
      #expect(difference <= Self.tolerance(S.self) * greatest, "\(expected.name) of \(exported)")
    }
  }

  static func values<S: Scalar>(_ values: [S]) -> ONNXTensor.Values {
    if let values = values as? [Float] { .float(values) } else { .double(values.map { Double($0) }) }
  }
}
