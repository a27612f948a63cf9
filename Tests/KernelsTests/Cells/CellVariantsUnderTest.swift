import Foundation
import Kernels

extension CellUnderTest {
  static var lstmPeephole: Self {
    Self(
      name: "lstm_peephole",
      referenceForward: { u in
        let p = u.vectors
        let (i, f) = (sigmoid(u.gates[0] + p[0] * u.previous[1]), sigmoid(u.gates[1] + p[1] * u.previous[1]))
        let g = tanh(u.gates[2])
        let c = f * u.previous[1] + i * g
        let o = sigmoid(u.gates[3] + p[2] * c)
        u.gates = [i, f, g, o]
        u.saved = [tanh(c)]
        u.next = [o * tanh(c), c]
      },
      referenceBackward: { u in
        let (i, f, g, o) = (u.gates[0], u.gates[1], u.gates[2], u.gates[3])
        let p = u.vectors
        let output = u.gradient[0] * u.saved[0] * slope(ofSigmoid: o)
        let dc = u.gradient[1] + u.gradient[0] * o * slope(ofTanh: u.saved[0]) + output * p[2]
        let (input, forget) = (dc * g * slope(ofSigmoid: i), dc * u.previous[1] * slope(ofSigmoid: f))
        u.gates = [input, forget, dc * i * slope(ofTanh: g), output]
        u.gradient = [0, dc * f + input * p[0] + forget * p[1]]
        u.vectorGradient[0] += input * u.previous[1]
        u.vectorGradient[1] += forget * u.previous[1]
        u.vectorGradient[2] += output * u.next[1]
      })
  }

  static var lstmCoupled: Self {
    Self(
      name: "lstm_coupled",
      referenceForward: { u in
        let (i, g, o) = (sigmoid(u.gates[0]), tanh(u.gates[1]), sigmoid(u.gates[2]))
        let c = (1 - i) * u.previous[1] + i * g
        u.gates = [i, g, o]
        u.saved = [tanh(c)]
        u.next = [o * tanh(c), c]
      },
      referenceBackward: { u in
        let (i, g, o) = (u.gates[0], u.gates[1], u.gates[2])
        let dc = u.gradient[1] + u.gradient[0] * o * slope(ofTanh: u.saved[0])
        u.gates = [
          dc * (g - u.previous[1]) * slope(ofSigmoid: i), dc * i * slope(ofTanh: g),
          u.gradient[0] * u.saved[0] * slope(ofSigmoid: o),
        ]
        u.gradient = [0, dc * (1 - i)]
      })
  }

  static var minGRU: Self {
    Self(
      name: "mingru",
      referenceForward: { u in
        u.gates[0] = sigmoid(u.gates[0])
        u.next = [(1 - u.gates[0]) * u.previous[0] + u.gates[0] * u.gates[1]]
      },
      referenceBackward: { u in
        let (z, candidate, dh) = (u.gates[0], u.gates[1], u.gradient[0])
        u.gates = [dh * (candidate - u.previous[0]) * slope(ofSigmoid: z), dh * z]
        u.gradient = [dh * (1 - z)]
      })
  }

  static var indRNN: Self {
    Self(
      name: "indrnn",
      referenceForward: { u in u.next = [max(u.gates[0] + u.vectors[0] * u.previous[0], 0)] },
      referenceBackward: { u in
        let da = u.next[0] > 0 ? u.gradient[0] : 0
        u.gates = [da]
        u.gradient = [da * u.vectors[0]]
        u.vectorGradient[0] += da * u.previous[0]
      })
  }

  static var leaky: Self {
    Self(
      name: "leaky",
      referenceForward: { u in
        u.gates[0] = tanh(u.gates[0])
        u.next = [(1 - u.vectors[0]) * u.previous[0] + u.vectors[0] * u.gates[0]]
      },
      referenceBackward: { u in
        let (t, rate, dh) = (u.gates[0], u.vectors[0], u.gradient[0])
        u.gates = [dh * rate * slope(ofTanh: t)]
        u.gradient = [dh * (1 - rate)]
        u.vectorGradient[0] += dh * (t - u.previous[0])
      })
  }
}
