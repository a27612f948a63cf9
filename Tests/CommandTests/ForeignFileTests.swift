import Foundation
import Recurrent
import RecurrentExchange
import Storage
import Testing

/// Files of other programs are taken for what they are; the message says what to do.
struct ForeignFileTests {
  /// A ZIP archive with these entries, each of a few bytes; `compressed` only says so.
  static func archive(_ names: [String], compressed: Bool = false) -> [UInt8] {
    let data = Array("data".utf8)
    var (bytes, directory): ([UInt8], [UInt8]) = ([], [])
    for name in names {
      let entry = ZipEntry(
        name: name, size: data.count, checksum: CRC32.checksum(data.span), offset: bytes.count)
      var (local, central) = (entry.localHeader, entry.directoryEntry)
      if compressed { (local[8], central[10]) = (8, 8) }
      bytes += local + data
      directory += central
    }
    return bytes + directory + ZipEntry.end(directory: directory.count, at: bytes.count, count: names.count)
  }

  struct ForeignFile: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]
    let parts: [String]
    var testDescription: String { name }

    init(_ name: String, _ bytes: [UInt8], _ parts: String...) {
      (self.name, self.bytes, self.parts) = (name, bytes, parts)
    }
  }

  static let torch = ["torch.load(", "map_location=\"cpu\"", "safetensors.torch.save_file("]
  static let foreign = [
    ForeignFile(
      "net.pt", archive(["net/data.pkl", "net/byteorder", "net/data/0", "net/version"]), "torch.save",
      "torch.load(\"net.pt\"",
      "save_file(", "\"net.safetensors\"", "rnn import"),
    ForeignFile("net.pth", archive(["archive/data.pkl", "archive/data/0"]), "torch.load(\"net.pth\"", "save_file("),
    ForeignFile(
      "pytorch_model.bin", archive(["pytorch_model/data.pkl"]), "torch.load(\"pytorch_model.bin\"", "save_file("),
    ForeignFile("net.safetensors", archive(["archive/data.pkl"]), "torch.load(", "save_file("),
    ForeignFile(
      "old.pt", [0x80, 2, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E], "torch.load(",
      "save_file("),
    ForeignFile(
      "script.pt", archive(["script/data.pkl", "script/code/__torch__.py", "script/constants.pkl"]), "torch.jit.load(",
      "save_file("),
    ForeignFile(
      "program.pt2",
      archive(["program/data/weights/model_weights_config.json", "program/data/sample_inputs/model.pt"]),
      "torch.export.load(\"program.pt2\")", "save_file("),
    ForeignFile(
      "net.keras", archive(["metadata.json", "config.json", "model.weights.h5"]),
      "keras.models.load_model(\"net.keras\")",
      "numpy.savez(\"net.npz\", *model.get_weights())"),
    ForeignFile(
      "squeezed.keras", archive(["config.json", "model.weights.h5"], compressed: true), "keras.models.load_model("),
    ForeignFile(
      "net.h5", [0x89] + Array("HDF\r\n\u{1A}\n".utf8) + [0, 0, 0, 0, 0, 8, 8, 0], "HDF5", "load_model(\"net.h5\")",
      "get_weights()"),
    ForeignFile("net.pkl", [0x80, 4, 0x95, 10, 0, 0, 0, 0, 0, 0, 0, 0x7D, 0x2E], "pickle.load(", "numpy.savez("),
    ForeignFile("net.bin", [0x80, 2, 0x7D, 0x71, 0, 0x2E, 0, 0, 0, 0], "pickle.load("),
    ForeignFile("one.pkl", Array("}q\0X\u{1}\0\0\0a".utf8), "pickle.load("),
    ForeignFile("net.docx", archive(["word/document.xml", "[Content_Types].xml"]), "ZIP archive", "word/document.xml"),
    ForeignFile("net.gguf", Array("GGUF".utf8) + [3, 0, 0, 0, 1, 0, 0, 0], "GGUF"),
    ForeignFile("net.st.gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2], "gzip"),
    ForeignFile("page.st", Array("<!DOCTYPE html>\n<html><body>Not found".utf8), "a web page"),
    ForeignFile("big.st", Array("version https://git-lfs.github.com/spec/v1\noid sha256:1".utf8), "git lfs pull"),
    ForeignFile("graph.bin", [8, 8, 0x12, 7] + Array("pytorch".utf8) + [0x1A, 1, 0x32, 0x3A, 0], "ONNX"),
  ]

  @Test(arguments: foreign) func saysWhatItIs(_ file: ForeignFile) throws {
    let place = try Workplace()
    try Data(file.bytes).write(to: place.url(file.name))
    try NPZFile.write(to: place.url("x.npz").path, arrays: [("input", [1, 1, 1])]) { _ in [0] as [Float] }
    for command in [
      ["import", file.name, "m.st"], ["inspect", file.name], ["sample", file.name],
      ["run", file.name, "--input", "x.npz", "--output", "y.npz"],
    ] {
      let outcome = try place.rnn(command)
      expectFailure(outcome, 1, file.name)
      for part in file.parts { #expect(outcome.errors.contains(part), "\(outcome.errors)") }
      #expect(!outcome.errors.contains("damaged"), "\(outcome.errors)")
    }
    #expect(!place.exists("m.st"))
  }

  /// The same under the name of a graph.
  @Test func namedLikeAGraph() throws {
    let place = try Workplace()
    try Data(Self.archive(["a/data.pkl"])).write(to: place.url("a.onnx"))
    expectFailure(try place.rnn("inspect", "a.onnx"), 1, "not an ONNX model", "torch.load(\"a.onnx\"")
  }

  @Test func weightsThatAreNoModelYet() throws {
    let place = try Workplace()
    let model = try Model<Float>(
      ModelConfiguration(cell: .lstm, input: .vectors(size: 2), hiddenSize: 3, outputSize: 2), seed: 1)
    try model.saveStateDictionary(to: place.url("w.safetensors").path)
    try model.saveKeras(to: place.url("w.npz").path)
    try NPZFile.write(to: place.url("x.npz").path, arrays: [("input", [1, 1, 2])]) { _ in [0, 0] as [Float] }
    for name in ["w.safetensors", "w.npz"] {
      for command in [
        ["run", name, "--input", "x.npz", "--output", "y.npz"], ["sample", name], ["export", name, "o.npz"],
      ] {
        let outcome = try place.rnn(command)
        expectFailure(outcome, 1, "rnn import")
        #expect(!outcome.errors.contains("damaged"))
      }
    }
    let run = try place.rnn("run", "w.safetensors", "--input", "x.npz", "--output", "y.npz")
    #expect(run.errors.contains("'rnn import w.safetensors MODEL'") && !run.errors.contains("not a safetensors"))
  }
}
