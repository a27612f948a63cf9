/// The cells of this package by the name that stands in model files and on the command line.
public enum BuiltInCells {
  /// In the order in which a help text lists them.
  public static let all: [any RecurrentCell] = [
    ElmanCell.rnn, ElmanCell.rnnReLU, LayerNormElmanCell.rnnNorm,
    LSTMCell.lstm, PeepholeLSTMCell.lstmPeephole, CoupledLSTMCell.lstmCoupled, LayerNormLSTMCell.lstmNorm,
    GRUCell.gru, ResetBeforeGRUCell.gruResetBefore, LayerNormGRUCell.gruNorm,
    SLSTMCell.sLSTM, MinGRUCell.minGRU, MinLSTMCell.minLSTM, RGLRUCell.rgLRU, IndRNNCell.indRNN, LeakyElmanCell.leaky,
  ]

  /// nil where no built-in cell has the name.
  public static func named(_ name: String) -> (any RecurrentCell)? {
    all.first { $0.name == name }
  }
}
