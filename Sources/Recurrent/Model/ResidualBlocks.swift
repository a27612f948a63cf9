/// Recurrent layers as residual blocks with a gated feed-forward layer behind each, as stacks of cells without a product of the
/// state want them (Griffin: De et al. 2024, §2). With N(x) = gain·x/√(mean of x² + 10⁻⁶) (RMSNorm: Zhang & Sennrich 2019), a
/// layer of width U makes of what it reads
///
///     y₁ = x + Recurrence(N(x))
///     y  = y₁ + W_down·(silu(W_gate·N(y₁)) ⊙ (W_up·N(y₁)))
///
/// with silu(z) = z·σ(z) (SwiGLU: Shazeer 2020) and no biases, and what stands upon the top layer, the head, attention or the
/// caller, reads N(y).
///
/// A layer that is not as wide as what it reads does not add it. The first layer then reads it as it is, without a norm:
/// tokens that choose among its columns have none, and of few features a norm would leave little but their signs. Both
/// directions of a layer read the same norm, and what is added to x is their outputs as one. `dropout` acts on what the
/// recurrence and what the feed-forward layer of every layer add (Vaswani et al. 2017, §5.4), and not between layers.
public struct ResidualBlocks: Sendable, Hashable {
  /// F: units of the feed-forward layer; nil: ⅔ of 4U, rounded up to a multiple of 16, which has as many parameters as one of
  /// 4U units without a gate (Shazeer 2020, §3).
  public var feedForwardSize: Int?

  /// Blocks with a feed-forward layer of the usual width where none is given.
  public init(feedForwardSize: Int? = nil) { self.feedForwardSize = feedForwardSize }

  /// The usual F of a layer of width U.
  package static func usualFeedForwardSize(width: Int) -> Int { ((8 * width + 2) / 3 + 15) / 16 * 16 }
}

extension ModelConfiguration {
  /// F: units of the feed-forward layer behind a recurrent layer; 0 without residual blocks.
  /// - Precondition: there is such a layer.
  public func feedForwardSize(ofLayer layer: Int) -> Int {
    guard let blocks else { return 0 }
    return blocks.feedForwardSize ?? ResidualBlocks.usualFeedForwardSize(width: outputSize(ofLayer: layer))
  }

  /// Whether the recurrence of a layer reads a norm of what the layer reads.
  package func normalizesInput(layer: Int) -> Bool { blocks != nil && (layer > 0 || addsInput(layer: 0)) }

  /// Whether dropout acts on what residual blocks add.
  var dropsBranches: Bool { blocks != nil && dropout > 0 }

  /// What is wrong with residual blocks; nil: nothing, or there are none.
  package var blocksFault: String? {
    guard let blocks else { return nil }
    if let size = blocks.feedForwardSize, size < 1 {
      return "residual blocks need a feed-forward layer of 1 unit or more, got \(size)"
    }
    if isResidual { return "residual blocks add what a layer reads already: isResidual is for layers without them" }
    if headReadsAllLayers {
      return
        "residual blocks carry all layers' outputs to the top already: headReadsAllLayers is for layers without them"
    }
    if head == .lastStep, directions != .forward {
      return "residual blocks that run both ways have no output where both directions end: expected a head of "
        + "meanOverSteps, maxOverSteps or everyStep, got lastStep"
    }
    return nil
  }

  /// For people: `residual blocks with feed-forward of 688`; nil without.
  package var blocksDescription: String? {
    guard blocks != nil else { return nil }
    let sizes = (0..<layerCount).map { feedForwardSize(ofLayer: $0) }
    return "residual blocks with feed-forward of "
      + (Set(sizes).count == 1 ? "\(sizes[0])" : sizes.map(String.init).joined(separator: " + "))
  }
}
