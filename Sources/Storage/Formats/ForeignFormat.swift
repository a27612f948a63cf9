/// Files of weights that other programs write and that are not read here, by what stands in them; and how to make one of
/// them that is.
package enum ForeignFormat: Sendable, Hashable {
  /// A ZIP archive of torch.save, as PyTorch writes since 1.6.
  case torch
  /// A pickle of torch.save before that, or with `_use_new_zipfile_serialization=False`.
  case oldTorch
  case torchScript
  /// An archive of torch.export.save (.pt2).
  case torchExport
  case keras
  case hdf5
  case pickle
  case npz, npy, onnx
  case gguf
  case savedModel
  /// A ZIP archive of anything else; the names in it.
  case zip([String])
  /// The beginning of a ZIP archive.
  case cutZip
  case gzip, tar, html, largeFilePointer

  /// nil where it is none of these.
  package init?(_ source: ByteSource) throws(FileError) {
    var start = [UInt8](repeating: 0, count: min(source.count, 4096))
    var span = start.mutableSpan
    _ = try source.read(at: 0, into: &span)
    func begins(_ text: String, at offset: Int = 0) -> Bool {
      start.count >= offset && start[offset...].starts(with: text.utf8)
    }
    func begins(_ bytes: [UInt8], at offset: Int = 0) -> Bool {
      start.count >= offset && start[offset...].starts(with: bytes)
    }
    // The length of a header and the header: what else the bytes may look like is chance.
    if begins([0, 0, 0, 0, UInt8(ascii: "{")], at: 4) { return nil }
    if begins("PK\u{3}\u{4}") || begins("PK\u{5}\u{6}") {
      self = try ZipListing.names(source).map(Self.archive) ?? .cutZip
    } else if [0, 512, 1024, 2048].contains(where: { begins([0x89] + Array("HDF\r\n\u{1A}\n".utf8), at: $0) }) {
      self = .hdf5
    } else if begins([0x93] + Array("NUMPY".utf8)) {
      self = .npy
    } else if let pickle = Self.pickle(start) {
      self = pickle
    } else if Self.earlyPickles.contains(where: { begins($0) }) {
      self = .pickle
    } else if begins("GGUF") {
      self = .gguf
    } else if begins([0x1F, 0x8B]) {
      self = .gzip
    } else if begins("ustar", at: 257) {
      self = .tar
    } else if begins("version https://git-lfs") {
      self = .largeFilePointer
    } else if ["<!doctype html", "<html"].contains(where: { Self.text(start).hasPrefix($0) }) {
      self = .html
    } else if Self.isONNX(start) {
      self = .onnx
    } else if begins([0x08, 0x01, 0x12]) {
      self = .savedModel
    } else {
      return nil
    }
  }

  /// How a dictionary, a list or an object begins in protocols 0, which is text, and 1.
  private static let earlyPickles = [
    "(dp", "(lp", "ccopy_reg\n", "cnumpy.", "c__builtin__\n", "ctorch.", "}q\0", "]q\0",
  ]

  private static func archive(_ names: [String]) -> ForeignFormat {
    func has(_ end: String) -> Bool { names.contains { $0 == end || $0.hasSuffix("/" + end) } }
    if has("model_weights_config.json") || has("serialized_exported_program.json") { return .torchExport }
    if has("data.pkl") {
      return has("constants.pkl") || names.contains { $0.contains("/code/") } ? .torchScript : .torch
    }
    if has("config.json"), names.contains(where: { $0.hasSuffix(".weights.h5") }) { return .keras }
    // Damaged or not: NumPy's are read, and say themselves what is wrong.
    if names.isEmpty || names.contains(where: { $0.hasSuffix(".npy") }) { return .npz }
    return .zip(names)
  }

  /// Protocols 2 to 5 begin with their number. torch.save puts a magic number of its own before all else.
  private static func pickle(_ start: [UInt8]) -> ForeignFormat? {
    guard start.count >= 3, start[0] == 0x80, (2...5).contains(start[1]) else { return nil }
    let magic: [UInt8] = [0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46]
    if start[2...].starts(with: magic) { return .oldTorch }
    // A frame, or what opens an object: a dictionary, a list, a tuple, a class, a text.
    return Array("\u{95}}])(c\u{8C}X".unicodeScalars).contains { UInt8($0.value) == start[2] } ? .pickle : nil
  }

  /// The version of the IR, then the producer or a graph.
  private static func isONNX(_ start: [UInt8]) -> Bool {
    guard start.count >= 4, start[0] == 0x08, (3...20).contains(start[1]), [0x12, 0x3A].contains(start[2]) else {
      return false
    }
    let end = 4 + Int(start[3])
    return start[2] == 0x3A || (end > 4 && end <= start.count && start[4..<end].allSatisfy { $0 >= 0x20 })
  }

  private static func text(_ start: [UInt8]) -> String {
    String(decoding: start.prefix(64), as: UTF8.self).lowercased().filter { $0 != "\u{FEFF}" }
      .trimmingPrefix { $0.isWhitespace }.description
  }
}

extension ForeignFormat {
  /// What the file is and what to do, for messages: `a PyTorch file of torch.save; in Python: …`.
  /// - Parameter path: of the file.
  package func advice(_ path: String) -> String {
    let name = path.split(separator: "/").last.map(String.init) ?? path
    let stem = name.split(separator: ".").first.map(String.init) ?? "model"
    func quoted(_ text: String) -> String {
      "\"" + printable(text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")) + "\""
    }
    let (source, weights, arrays) = (quoted(name), quoted(stem + ".safetensors"), quoted(stem + ".npz"))
    func python(_ lines: String...) -> String { "; in Python: " + lines.joined(separator: "; ") }
    let save =
      "safetensors.torch.save_file({name: value.contiguous().clone() for name, value in state.items()}, \(weights))"
    switch self {
    case .torch, .oldTorch:
      return "a PyTorch file of torch.save"
        + python("import torch, safetensors.torch", "state = torch.load(\(source), map_location=\"cpu\")", save)
        + ". Where the weights lie deeper, as in state[\"model\"], take those; of a whole module "
        + "torch.load(…, weights_only=False).state_dict(), which runs what is in the file. Then 'rnn import'"
    case .torchScript:
      return "a PyTorch file of torch.jit.save (TorchScript)"
        + python(
          "import torch, safetensors.torch", "state = torch.jit.load(\(source), map_location=\"cpu\").state_dict()",
          save)
        + ". Then 'rnn import'"
    case .torchExport:
      return "a PyTorch file of torch.export.save"
        + python("import torch, safetensors.torch", "state = torch.export.load(\(source)).state_dict", save)
        + ". Then 'rnn import'"
    case .keras:
      return "a model of Keras (.keras)"
        + python(
          "import keras, numpy", "model = keras.models.load_model(\(source))",
          "numpy.savez(\(arrays), *model.get_weights())") + ". Then 'rnn import'"
    case .hdf5:
      return "an HDF5 file, as Keras writes (.h5)"
        + python(
          "import keras, numpy", "model = keras.models.load_model(\(source))",
          "numpy.savez(\(arrays), *model.get_weights())")
        + ". Where it has weights alone make the model, and model.load_weights(\(source)); then 'rnn import'"
    case .pickle:
      return "a pickle of Python objects, which is never read"
        + python(
          "import numpy, pickle", "arrays = pickle.load(open(\(source), \"rb\"))", "numpy.savez(\(arrays), **arrays)")
        + ", of a dictionary of arrays; of a list *arrays. Then 'rnn import'"
    case .npz, .npy:
      return "a file of NumPy's arrays: 'rnn import' makes a model of weights, 'rnn run --input' reads sequences"
    case .onnx: return "an ONNX model: its name must end in .onnx; 'rnn import' makes a model of it, 'rnn run' runs it"
    case .gguf: return "a GGUF file, which holds no recurrent model"
    case .savedModel:
      return "a model of TensorFlow"
        + python(
          "import tensorflow, numpy", "model = tensorflow.keras.models.load_model(\"its folder\")",
          "numpy.savez(\(arrays), *model.get_weights())") + ". Then 'rnn import'"
    case .zip(let names):
      let shown = names.prefix(3).map { "\"\(printable($0, limit: 60))\"" }.joined(separator: ", ")
      return
        "a ZIP archive with \(shown)\(names.count > 3 ? " and \(names.count - 3) more" : ""), none of them arrays of "
        + "NumPy (.npy); if the weights are in it, unpack it"
    case .cutZip:
      return "the beginning of a ZIP archive, as of torch.save, Keras or NumPy, without its end: it may be cut short"
    case .gzip: return "compressed by gzip: unpack it first"
    case .tar: return "a tar archive: unpack it first"
    case .html: return "a web page, perhaps in place of a download that failed"
    case .largeFilePointer: return "a pointer of Git LFS, not the file itself: 'git lfs pull' fetches that"
    }
  }
}
