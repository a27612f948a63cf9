/// The simple recurrent network with units that leak, as reservoirs have them (Jaeger et al. 2007): each moves the
/// share a, its leak rate, of the way to where the network without a leak would stand.
///
///     h = (1 − a)·h' + a·tanh(Wᵢ·x + bᵢ + Wₕ·h' + bₕ)
///
/// With a = 1 it is `ElmanCell` with tanh. The rates are trained, one for each unit, and start uniform between 0.1 and
/// 1, on many scales of time; nothing here keeps them there. A reservoir (``ReservoirConfiguration``) sets them itself:
/// it writes the parameter `rnn.vectors_l…`.
///
/// Backward, t being the tanh: da = dh·a·(1 − t²);  dh' = dh·(1 − a);  d(rate) += dh·(t − h').
public struct LeakyElmanCell: VectorCell, KernelCell, Hashable {
  public let name = "leaky"
  public let structure = CellStructure(
    gateCount: 1, vectors: [CellVector(name: "leak", start: .uniform(0.1, 1))])

  public let kernel = CellKernel("leaky")

  /// The cell; it has no options.
  public init() {}
}

extension RecurrentCell where Self == LeakyElmanCell {
  /// The simple recurrent network with units that leak.
  public static var leaky: LeakyElmanCell { LeakyElmanCell() }
}
