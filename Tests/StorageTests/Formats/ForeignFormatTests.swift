import Storage
import Testing

@Suite("Files of other programs")
struct ForeignFormatTests {
  private func format(_ bytes: [UInt8]) throws -> ForeignFormat? { try ForeignFormat(.memory(bytes)) }

  private func archive(_ names: [String], comment: String = "") -> [UInt8] {
    var (bytes, directory): ([UInt8], [UInt8]) = ([], [])
    for name in names {
      let entry = ZipEntry(name: name, size: 0, checksum: 0, offset: bytes.count)
      bytes += entry.localHeader
      directory += entry.directoryEntry
    }
    var end = ZipEntry.end(directory: directory.count, at: bytes.count, count: names.count)
    end[20] = UInt8(comment.utf8.count)
    return bytes + directory + end + comment.utf8
  }

  @Test("Archives are what is in them")
  func archives() throws {
    #expect(try format(archive(["a/data.pkl", "a/data/0"])) == .torch)
    #expect(try format(archive(["data.pkl"], comment: "a comment")) == .torch)
    #expect(try format(archive(["a/data.pkl", "a/constants.pkl"])) == .torchScript)
    #expect(try format(archive(["config.json", "model.weights.h5"])) == .keras)
    #expect(try format(archive(["arr_0.npy"])) == .npz)
    #expect(try format(archive([])) == .npz)
    #expect(try format(archive(["b.txt"])) == .zip(["b.txt"]))
    let whole = archive(["a/data.pkl", "a/data/0"])
    // However it is cut or changed, the answer is a format or none.
    for length in 0..<whole.count { #expect(try format(Array(whole[..<length])) != .torch) }
    for index in whole.indices {
      for change: UInt8 in [0x01, 0x80, 0xFF] {
        var bytes = whole
        bytes[index] ^= change
        _ = try format(bytes)
      }
    }
  }

  @Test("A file of tensors or text is none, whatever its first bytes look like")
  func others() throws {
    for length: [UInt8] in [[0x80, 2, 0x7D, 0], [8, 1, 0x12, 0], [0x1F, 0x8B, 8, 0], [8, 8, 0x3A, 0]] {
      #expect(try format(length + [0, 0, 0, 0] + Array(#"{"a":{}}"#.utf8)) == nil)
    }
    for text in ["", "a", "a text", "{\"cell\": 1}", "time,value\n1,2\n"] {
      #expect(try format(Array(text.utf8)) == nil)
    }
  }
}
