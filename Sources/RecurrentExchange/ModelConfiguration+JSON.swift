package import Recurrent
import Storage

extension ModelConfiguration {
  /// Reads a configuration as model files have it in their metadata, or the object that `rnn inspect --json` writes.
  /// - Throws: `ExchangeError.file`, naming what is missing or makes no sense.
  package init(jsonFile path: String) throws(ExchangeError) {
    let bytes: [UInt8]
    do { bytes = try readFile(path) } catch { throw ExchangeError(error) }
    let key = "configuration"
    do throws(CheckpointError) {
      let json: JSON
      do { json = try JSON(parsing: bytes) } catch {
        throw CheckpointError.invalidHeader(file: path, offset: error.offset, reason: error.reason)
      }
      let object = json[key] ?? json
      try Self.check(object, Self.keysInFiles, file: path)
      if let input = object["input"] { try Self.check(input, Self.inputKeysInFiles, of: "input", file: path) }
      self = try ModelMetadata.configuration(
        MetadataReader(file: path, key: key, json: object), cell: nil)
      // The weights of other programs come whole.
      ranks = nil
    } catch { throw .file(error) }
  }

  /// A key that is not known would be ignored: it may be one that is spelt otherwise.
  private static func check(
    _ json: JSON, _ known: [String], of member: String? = nil, file: String
  ) throws(CheckpointError) {
    let place = member.map { " of \($0)" } ?? ""
    guard case .object(let members) = json else {
      throw .invalidMetadata(
        file: file, key: member ?? "configuration", reason: "it is no object, {\"cell\": \"lstm\", …}")
    }
    if let unknown = members.first(where: { !known.contains($0.key) }) {
      throw .invalidMetadata(
        file: file, key: "configuration",
        reason:
          "there is no key \"\(printable(unknown.key, limit: 60))\"\(place); there are \(known.joined(separator: ", "))"
      )
    }
  }
}
