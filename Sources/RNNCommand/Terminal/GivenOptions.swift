import ArgumentParser
import Recurrent
import Storage

/// Names of the options on the command line; the parser does not tell a default from what was given.
enum GivenOptions {
  static var names: [String] {
    ProcessArguments.all.filter { $0.hasPrefix("--") }.map { String($0.prefix { $0 != "=" }) }
  }

  /// - Throws: `ValidationError` where another option than these goes along with `--resume`.
  static func refuseWithResume(allowing allowed: Set<String>) throws(ValidationError) {
    if let option = names.first(where: { !allowed.contains($0) }) {
      throw ValidationError("'\(option)' excludes '--resume <file>': the checkpoint has decided it")
    }
  }
}

extension SafetensorsFile {
  /// - Throws: `Failure` where one of the options is given.
  func refuse(_ options: [String], _ what: String, _ why: String) throws(Failure) {
    guard let option = options.first(where: GivenOptions.names.contains) else { return }
    throw Failure(message: "\(file) \(what); '\(option)' \(why)")
  }
}
