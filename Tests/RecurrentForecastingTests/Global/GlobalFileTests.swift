import Foundation
import Recurrent
import RecurrentForecasting
import Storage
import Testing

/// Files that say what no forecaster writes.
@Suite struct GlobalFileTests {
  @Test func forgedFilesAreRefused() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("global-\(UUID()).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    var series = TestPanel.jumps(3, steps: 60, ahead: 3, jump: 3)
    for number in series.indices { series[number].statics = ["kind": ["a", "b", "a"][number]] }
    try GlobalForecaster(fitting: series, horizon: 3, seasons: [1], recipe: TestPanel.quick).save(to: path)
    let file = try SafetensorsFile(path: path)
    let text = try #require(file.metadata("forecaster"))

    func refusal(_ old: String, _ new: String) throws -> CheckpointError? {
      #expect(text.contains(old), "\(old)")
      try Self.write(file, text.replacingOccurrences(of: old, with: new), to: path + ".forged")
      defer { try? FileManager.default.removeItem(atPath: path + ".forged") }
      do throws(CheckpointError) { _ = try GlobalForecaster(contentsOf: path + ".forged") } catch { return error }
      return nil
    }
    #expect(try refusal("\"gain\"", "\"gain\"") == nil)
    for (old, new) in [
      ("\"horizon\":3", "\"horizon\":4"), ("\"places\":[0,1,2]", "\"places\":[0,1,1]"),
      ("\"places\":[0,1,2]", "\"places\":[0,1,7]"), ("\"name\":\"s1\"", "\"name\":\"s0\""),
      ("\"count\":60", "\"count\":61"), ("\"count\":60", "\"count\":-1"),
      ("\"knownCounts\":[63]", "\"knownCounts\":[]"),
      ("\"knownCounts\":[63]", "\"knownCounts\":[9223372036854775807]"),
      ("\"categories\":[\"a\",\"b\"]", "\"categories\":[\"a\"]"),
      ("\"networkWindow\":32", "\"networkWindow\":0"), ("\"staticWidth\":2", "\"staticWidth\":100000"),
      ("\"window\":14", "\"window\":100001"), ("\"leads\":[1,2,3]", "\"leads\":[1,2,30]"),
      ("\"pathCount\":8", "\"pathCount\":-8"), ("\"penalties\":[", "\"penalties\":[0,"),
      ("\"effects\":[", "\"effects\":[\"nan\","), ("\"unit\":", "\"unit\":0,\"other\":"), ("{", "["),
    ] {
      let error = try refusal(old, new)
      #expect(error != nil, "\(old) → \(new)")
    }
  }

  private static func write(_ file: SafetensorsFile, _ text: String, to path: String) throws {
    let tensors = file.tensors.map { (name: $0.name, dtype: $0.dtype, shape: $0.shape) }
    let metadata = ["format", "format_version", "notes"].map { (key: $0, value: file.metadata($0) ?? "") }
    var bytes: [String: [UInt8]] = [:]
    for tensor in file.tensors { bytes[tensor.name] = try file.bytes(of: tensor) }
    let all = bytes
    try Safetensors.write(
      to: path, tensors: tensors, metadata: metadata + [(key: "forecaster", value: text)], checksum: true
    ) { (tensor, file) throws(FileError) in
      if let own = all[tensor.name] { try file.write(own.span) }
    }
  }
}
