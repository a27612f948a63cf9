import ArgumentParser
import Recurrent
import RecurrentExchange
import RecurrentONNX
import Storage

/// A file that a model or its weights are in: a graph, or arrays. Where its name does not say so its content does: standard
/// input has no name, and can be read once.
enum ExchangeFile {
  case graph(ONNXModel)
  case arrays(ArrayFile)

  init(path: String) throws {
    if path.hasSuffix(".onnx") {
      self = .graph(try ONNXModel(contentsOf: path))
      return
    }
    let source: ByteSource
    let format: ForeignFormat?
    do throws(FileError) {
      source = try ByteSource(path: path)
      format = try ForeignFormat(source)
    } catch { throw ExchangeError(error) }
    guard format == .onnx else {
      self = .arrays(try ArrayFile(source, file: path))
      return
    }
    switch source {
    case .memory(let bytes): self = .graph(try ONNXModel(bytes: bytes, file: path))
    case .file: self = .graph(try ONNXModel(contentsOf: path))
    }
  }
}

extension ArrayFile {
  /// The file of `--input`.
  /// - Throws: `ValidationError` where neither its name nor its content is that of a file of arrays.
  init(sequences path: String) throws {
    do { try self.init(path: path) } catch {
      let isNamed = [".safetensors", ".npz", ".npy"].contains { path.hasSuffix($0) }
      guard !isNamed, !FilePlace(path).isStream, case .file(let fault) = error else { throw error }
      switch fault {
      case .foreignFile, .invalidHeader, .truncated:
        throw ValidationError(
          "The value '\(path)' is invalid for '--input <file>': expected a .safetensors, .npz or .npy file, such as Python's "
            + "numpy.save(\"input.npy\", array) writes (\(fault))")
      default: throw error
      }
    }
  }
}
