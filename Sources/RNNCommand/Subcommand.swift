import ArgumentParser

/// The subcommand that a command line begins with, and what the parser does not find out about it.
struct Subcommand {
  /// `["classify", "train"]`; none where the first argument is no name of one.
  private(set) var names: [String] = []
  private var command: any ParsableCommand.Type = RNN.self
  /// The arguments behind the names.
  private let rest: ArraySlice<String>
  /// `rnn help …` speaks of subcommands.
  private let isHelp: Bool

  init(_ arguments: [String]) {
    isHelp = arguments.first == "help"
    var rest = arguments.dropFirst(isHelp ? 1 : 0)
    while let argument = rest.first,
      let chosen = command.configuration.subcommands.first(where: { Self.name($0) == argument })
    {
      command = chosen
      names.append(argument)
      rest = rest.dropFirst()
    }
    self.rest = rest
  }

  /// - Throws: `ValidationError` where the name of the next is none, of which the parser would take what follows for the fault;
  ///   or where `-hidden-size` would be `-h` to it, for help.
  func check() throws(ValidationError) {
    let others = command.configuration.subcommands.map(Self.name)
    if let argument = rest.first, !argument.hasPrefix("-"), !others.isEmpty, isHelp || argument != "help" {
      let place = names.isEmpty ? "rnn" : "rnn " + names.joined(separator: " ")
      let advice =
        UsageMessage.nearest(choiceName(argument), of: others).map { "Did you mean '\($0)'?" }
        ?? "There are \(others.joined(separator: ", "))."
      throw ValidationError("'\(place)' has no command '\(argument)'. \(advice)")
    }
    for argument in rest.prefix(while: { $0 != "--" }) {
      guard argument.hasPrefix("-h"), argument.unicodeScalars.count > 2 else { continue }
      throw ValidationError("Unknown option '\(argument)'; names of options begin with two dashes")
    }
  }

  /// A message with where to find help, whoever found the fault. (The parser knows the subcommand only of the faults that it
  /// finds itself.)
  func advised(_ message: String) -> String {
    "\(message) (see '\((["rnn"] + names).joined(separator: " ")) --help')"
  }

  private static func name(_ command: any ParsableCommand.Type) -> String {
    command.configuration.commandName ?? String(describing: command).lowercased()
  }
}
