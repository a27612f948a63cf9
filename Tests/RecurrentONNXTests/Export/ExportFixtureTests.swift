import Foundation
import Recurrent
import RecurrentONNX
import Testing

/// Exported models that ONNX Runtime has run, with what it gave: `FIXTURES=1 scripts/compare-onnx-export` writes them.
@Suite struct ExportFixtureTests {
  private static func bytes(_ name: String) throws -> [UInt8] {
    let url = try #require(Bundle.module.url(forResource: "Fixtures/Export/" + name, withExtension: nil))
    return [UInt8](try Data(contentsOf: url))
  }

  /// The bytes are those that ONNX Runtime has run: what is exported now computes what it computed then.
  @Test(arguments: ExportFilesTests.fixtures)
  func bytesAreThoseOfTheFixture(_ index: Int) throws {
    let exported = ExportCase(index)
    let bytes = try exported.model(Float.self).onnx(options: exported.options)
    let same = try bytes == Self.bytes("\(index).onnx")
    #expect(same, "case \(exported)")
  }

  /// 1e-5 of the greatest number, the bound of the comparison with ONNX Runtime.
  @Test(arguments: ExportFilesTests.fixtures)
  func passesGiveWhatRuntimeGave(_ index: Int) throws {
    let exported = ExportCase(index)
    let batch = try ExportBatch(exported, exported.model(Float.self))
    let file = try SafetensorsFile(bytes: Self.bytes("\(index).safetensors"), file: "\(index).safetensors")
    #expect(file.metadata("description") == exported.description)
    for tensor in batch.numbers { #expect(try file.floats("in." + tensor.name, shape: tensor.shape) == tensor.values) }
    for tensor in batch.outputs {
      let given = try file.floats("ort." + tensor.name, shape: tensor.shape)
      let greatest = given.reduce(0) { max($0, abs($1)) }
      let difference = zip(given, tensor.values).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
      #expect(difference <= 1e-5 * greatest, "\(tensor.name) of \(exported)")
    }
  }

  @Test func fixturesCoverTheCells() {
    let covered = Set(ExportFilesTests.fixtures.map { ExportCase($0).configuration.cell.name })
    #expect(covered == Set(ExportCase.cells.map(\.name)))
  }
}
