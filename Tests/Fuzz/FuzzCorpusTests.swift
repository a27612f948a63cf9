import Foundation
import FuzzEntries
import Testing

/// The seeds of the fuzzers and whatever they once found, again at every test.
@Suite("Corpus of the fuzzers")
struct FuzzCorpusTests {
  @Test("Every input is read or refused", arguments: FuzzEntries.all.map(\.name))
  func replay(_ name: String) throws {
    let entry = try #require(FuzzEntries.all.first { $0.name == name })
    let directory = try #require(Bundle.module.resourceURL).appendingPathComponent("Corpus/\(name)")
    let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    try #require(!files.isEmpty)
    for file in files { entry.run([UInt8](try Data(contentsOf: directory.appendingPathComponent(file)))) }
    entry.run([])
  }
}
