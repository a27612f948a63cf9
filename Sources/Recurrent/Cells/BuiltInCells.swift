/// The cells of this package by the name that stands in model files and on the command line.
public enum BuiltInCells {
  /// In the order in which a help text lists them.
  public static let all: [any RecurrentCell] = [
    ElmanCell.rnn, ElmanCell.rnnReLU, LSTMCell.lstm, GRUCell.gru, ResetBeforeGRUCell.gruResetBefore,
  ]

  /// nil where no built-in cell has the name.
  public static func named(_ name: String) -> (any RecurrentCell)? {
    all.first { $0.name == name }
  }
}
