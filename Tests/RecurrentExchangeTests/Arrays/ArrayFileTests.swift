import Foundation
import Recurrent
import RecurrentExchange
import Testing
import TestSupport

@Suite("Arrays of NumPy")
struct ArrayFileTests {
  private static func header(_ text: String, version: UInt8 = 1) -> [UInt8] {
    let length = UInt32(text.utf8.count)
    let sizes = (0..<(version == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: length >> UInt32(8 * $0)) }
    return [0x93] + Array("NUMPY".utf8) + [version, 0] + sizes + Array(text.utf8)
  }

  // MARK: As NumPy writes them

  @Test("Types, orders and versions that NumPy wrote")
  func fixtures() throws {
    let fortran = try NPYFile.array(path: ExchangeFixture.path("fortran.npy"))
    #expect(fortran.isFortranOrdered && fortran.shape == [2, 3, 4])
    #expect(fortran.values(as: Float.self) == (0..<24).map { Float($0) })
    let scalar = try NPYFile.array(path: ExchangeFixture.path("scalar.npy"))
    #expect(scalar.shape.isEmpty && scalar.values(as: Double.self) == [2.5])
    let third = try NPYFile.array(path: ExchangeFixture.path("version-3.npy"))
    #expect(try third.integers() == [0, 1, 2])

    let file = try ArrayFile(path: ExchangeFixture.path("types.npz"))
    #expect(file.entries.map(\.name) == ["half", "bytes", "large", "flags", "empty"])
    #expect(try file.values("half", as: Double.self) == [1, -2.5, 65504, 0x1p-24, .infinity])
    #expect(try file.integers("bytes") == [-128, 127])
    #expect(try file.integers("large") == [1, 2, 3, Int32.max])
    #expect(try file.integers("flags") == [1, 0])
    #expect(file.entry("empty")?.shape == [0, 3])
    #expect(try file.values("empty", as: Float.self).isEmpty)
    #expect(throws: ExchangeError.self) { try file.values("bytes", as: Float.self) }
    #expect(throws: ExchangeError.self) { try file.integers("half") }
  }

  @Test("Compressed archives are refused with what to write instead")
  func compressed() {
    let error = #expect(throws: ExchangeError.self) { try NPZFile(path: ExchangeFixture.path("compressed.npz")) }
    #expect(error?.description.contains("numpy.savez instead of numpy.savez_compressed") == true)
  }

  // MARK: Round trips

  @Test("What is written is read again", arguments: [[], [0], [3], [2, 3], [2, 1, 4], [1, 0, 2]])
  func roundTrip(shape: [Int]) throws {
    let directory = try ScratchDirectory()
    let count = shape.reduce(1, *)
    let floats = (0..<count).map { Float($0) - 0.3 }
    try NPYFile.write(to: directory.file("a.npy"), shape: shape, values: floats)
    let array = try NPYFile.array(path: directory.file("a.npy"))
    #expect(array.shape == shape && array.type == .float32 && array.values(as: Float.self) == floats)

    let doubles = floats.map { Double($0) / 3 }
    let names = ["z", "a/b", "é"]
    try NPZFile.write(to: directory.file("a.npz"), arrays: names.map { ($0, shape) }) { index in
      doubles.map { $0 + Double(index) }
    }
    let archive = try NPZFile(path: directory.file("a.npz"))
    #expect(archive.arrays.map(\.name) == names)
    for (index, array) in archive.arrays.enumerated() {
      #expect(array.shape == shape && array.values(as: Double.self) == doubles.map { $0 + Double(index) })
    }
  }

  // MARK: Hostile input

  @Test(
    "Headers that break the rules are refused",
    arguments: [
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", nil),
      ("{\"shape\": (1,), 'fortran_order': False, 'descr': '<f4', }   \n", nil),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), 'more': 1}", "unknown key"),
      ("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "twice"),
      ("{'descr': '<f4', 'shape': (1,)}", "lacks"),
      ("{'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}", "False"),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (1)}", "no tuple"),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "no dimension"),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)} x", "after its end"),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "too large"),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (0, 4611686018427387904, 8)}", "no size"),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,1)}", "8 dimensions"),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (2,)}", "takes 8 bytes"),
      ("{'descr': '>f4', 'fortran_order': False, 'shape': (1,)}", "big-endian"),
      ("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}", "pickled"),
      ("{'descr': '|V2', 'fortran_order': False, 'shape': (2,)}", "bfloat16"),
      ("{'descr': '<U1', 'fortran_order': False, 'shape': (1,)}", "not read here"),
      ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,)}", "structures"),
      ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,", "no dimension"),
      ("", "'{'"),
    ] as [(String, String?)])
  func headers(text: String, fault: String?) {
    for version: UInt8 in 1...3 {
      let bytes = Self.header(text, version: version) + [0, 0, 0x80, 0x3F]
      do {
        let values = try NPYFile.array(bytes: bytes, file: "a.npy").values(as: Float.self)
        #expect(fault == nil && values == [1], "\(text)")
      } catch {
        #expect(fault.map { error.description.contains($0) } == true, "\(text): \(error)")
      }
    }
  }

  /// Whatever is cut off or changed, the answer is an array or an error; of a checked archive only an error, unless the
  /// byte is of those that nobody reads (times, versions, attributes) or gives another name.
  @Test("Every cut and every changed byte of an archive", arguments: ["types.npz", "version-3.npy", "scalar.npy"])
  func changes(name: String) throws {
    let whole = try Array(Data(contentsOf: URL(fileURLWithPath: ExchangeFixture.path(name))))
    func parse(_ bytes: [UInt8]) -> [NumberArray]? {
      name.hasSuffix(".npz")
        ? try? NPZFile(bytes: bytes, file: name).arrays : (try? NPYFile.array(bytes: bytes, file: name)).map { [$0] }
    }
    for length in whole.indices { #expect(parse(Array(whole[..<length])) == nil, "cut to \(length) bytes") }
    #expect(parse(whole + [0]) == nil)
    let expected = try #require(parse(whole)).map { $0.values(as: Double.self) }
    var accepted = 0
    for index in whole.indices {
      for change: UInt8 in [0x01, 0x80, 0xFF] {
        var bytes = whole
        bytes[index] ^= change
        guard let arrays = parse(bytes) else { continue }
        accepted += 1
        if name.hasSuffix(".npz") {
          #expect(arrays.map { $0.values(as: Double.self) } == expected, "byte \(index) ^ \(change)")
        }
      }
    }
    #expect(accepted < 3 * whole.count / 2, "\(accepted) of \(3 * whole.count) changes are not seen")
  }

  @Test("Entries that share bytes, and a directory that lies")
  func overlaps() throws {
    let directory = try ScratchDirectory()
    let path = directory.file("a.npz")
    try NPZFile.write(to: path, arrays: [("a", [2]), ("b", [2])]) { _ in [1, 2] as [Float] }
    let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
    let first = try #require(bytes.indices.first { bytes[$0...].starts(with: "PK\u{1}\u{2}".utf8) })
    let second = try #require(bytes[(first + 4)...].indices.first { bytes[$0...].starts(with: "PK\u{1}\u{2}".utf8) })
    // The second entry of the directory is the first once more, under its own name or the other.
    var same = bytes
    same.replaceSubrange(second..<second + (second - first), with: bytes[first..<second])
    let twice = #expect(throws: ExchangeError.self) { try NPZFile(bytes: same, file: "a.npz") }
    #expect(twice?.description.contains("two entries") == true)
    var other = bytes
    other.replaceSubrange(second + 42..<second + 46, with: [0, 0, 0, 0])
    let lie = #expect(throws: ExchangeError.self) { try NPZFile(bytes: other, file: "a.npz") }
    #expect(lie?.description.contains("another name") == true)
    // As many entries as the field can say.
    var many = bytes
    many.replaceSubrange(bytes.count - 12..<bytes.count - 10, with: [0xFE, 0xFF])
    let count = #expect(throws: ExchangeError.self) { try NPZFile(bytes: many, file: "a.npz") }
    #expect(count?.description.contains("no room") == true)
  }

  @Test("Sizes of 64 bits in the directory and in its end")
  func wideSizes() throws {
    let directory = try ScratchDirectory()
    let path = directory.file("a.npz")
    try NPZFile.write(to: path, arrays: [("a", [2])]) { _ in [1, 2] as [Float] }
    let bytes = try Array(Data(contentsOf: URL(fileURLWithPath: path)))
    let start = try #require(bytes.indices.first { bytes[$0...].starts(with: "PK\u{1}\u{2}".utf8) })
    func little(_ value: Int, _ size: Int) -> [UInt8] {
      (0..<size).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let size = Int(bytes[start + 20])
    var entry = Array(bytes[start..<bytes.count - 22])
    entry.replaceSubrange(20..<28, with: [UInt8](repeating: 0xFF, count: 8))
    entry.replaceSubrange(30..<32, with: little(20, 2))
    entry += little(1, 2) + little(16, 2) + little(size, 8) + little(size, 8)
    let record =
      Array("PK\u{6}\u{6}".utf8) + little(44, 8) + little(45, 2) + little(45, 2) + little(0, 8) + little(1, 8)
      + little(1, 8) + little(entry.count, 8) + little(start, 8)
    let locator = Array("PK\u{6}\u{7}".utf8) + little(0, 4) + little(start + entry.count, 8) + little(1, 4)
    let end =
      Array("PK\u{5}\u{6}".utf8) + little(0, 4) + [0xFF, 0xFF, 0xFF, 0xFF] + [UInt8](repeating: 0xFF, count: 8) + [
        0, 0,
      ]
    let wide = Array(bytes[..<start]) + entry + record + locator + end
    let archive = try NPZFile(bytes: wide, file: "a.npz")
    #expect(archive.arrays[0].values(as: Float.self) == [1, 2])
    for index in start..<wide.count {
      var changed = wide
      changed[index] ^= 0x80
      guard let arrays = try? NPZFile(bytes: changed, file: "a.npz").arrays else { continue }
      #expect(arrays[0].values(as: Float.self) == [1, 2])
    }
  }
}
