import Foundation
import Kernels

/// The cells of 2024.
extension CellUnderTest {
  static var minLSTM: Self {
    Self(
      name: "minlstm",
      referenceForward: { u in
        let (f, i) = (sigmoid(u.gates[0]), sigmoid(u.gates[1]))
        let p = f / (f + i)
        u.gates = [f, i, u.gates[2]]
        u.saved = [p]
        u.next = [p * u.previous[0] + i / (f + i) * u.gates[2]]
      },
      referenceBackward: { u in
        let (f, i, candidate, dh) = (u.gates[0], u.gates[1], u.gates[2], u.gradient[0])
        // By f and i, and then by their pre-activations.
        let (df, di) = (i / ((f + i) * (f + i)), -f / ((f + i) * (f + i)))
        let dp = dh * (u.previous[0] - candidate)
        u.gates = [dp * df * slope(ofSigmoid: f), dp * di * slope(ofSigmoid: i), dh * i / (f + i)]
        u.gradient = [dh * f / (f + i)]
      })
  }

  /// Its rates' slopes are sums of terms of up to 8·2·0.4·6.
  static var rgLRU: Self {
    Self(
      name: "rglru",
      referenceForward: { u in
        let (r, i) = (sigmoid(u.gates[0]), sigmoid(u.gates[1]))
        let a = exp(-8 * log1p(exp(u.vectors[0])) * r)
        let b = (1 - a * a).squareRoot()
        u.gates = [r, i, u.gates[2]]
        u.saved = [a, b]
        u.next = [a * u.previous[0] + b * i * u.gates[2]]
      },
      referenceBackward: { u in
        let (r, i, x, dh) = (u.gates[0], u.gates[1], u.gates[2], u.gradient[0])
        let (a, b, rate) = (u.saved[0], u.saved[1], log1p(exp(u.vectors[0])))
        // By a, then by the exponent 8·rate·r.
        let da = dh * (u.previous[0] - i * x * a / b)
        let exponent = -da * a
        u.gates = [exponent * 8 * rate * slope(ofSigmoid: r), dh * b * x * slope(ofSigmoid: i), dh * b * i]
        u.vectorGradient[0] += exponent * 8 * r * sigmoid(u.vectors[0])
        u.gradient = [dh * a]
      }, magnification: 16)
  }

  /// As the paper has it, with the sums themselves for their mean and its logarithm.
  static var sLSTM: Self {
    Self(
      name: "slstm",
      referenceForward: { u in
        let (f, z, o) = (sigmoid(u.gates[1]), tanh(u.gates[2]), sigmoid(u.gates[3]))
        let old = exp(u.previous[2] - 32)
        let (kept, added) = (f * old, exp(u.gates[0]))
        let (n, c) = (kept + added, kept * u.previous[1] + added * z)
        u.gates = [kept / n, 1 - f, z, o]
        u.next = [o * c / n, c / n, 32 + log(n)]
      },
      referenceBackward: { u in
        let (p, forgets, z, o) = (u.gates[0], u.gates[1], u.gates[2], u.gates[3])
        let (dh, mean) = (u.gradient[0], u.next[1])
        let (ds, dl) = (u.gradient[1] + dh * o, u.gradient[2])
        let share = ds * (u.previous[1] - z) * p * (1 - p)
        u.gates = [
          dl * (1 - p) - share, (share + dl * p) * forgets, ds * (1 - p) * slope(ofTanh: z),
          dh * mean * slope(ofSigmoid: o),
        ]
        u.gradient = [0, ds * p, share + dl * p]
      })
  }
}
