// Forecasting: the airline passengers of Box & Jenkins (1976, series G), thousands a month from 1949 to 1960. A GRU reads
// how much each month grew over a year and gives three quantiles of the next month's growth.
import Foundation
import Recurrent

let passengers: [Double] = [
  112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115, 126, 141, 135, 125, 149,
  170, 170, 158, 133, 114, 140, 145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166,
  171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194, 196, 196, 236, 235, 229, 243,
  264, 272, 237, 211, 180, 201, 204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229,
  242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278, 284, 277, 317, 313, 318, 374,
  413, 405, 355, 306, 271, 306, 315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336,
  340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337, 360, 342, 406, 396, 420, 472,
  548, 559, 463, 407, 362, 405, 417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432,
]
// Growth over the same month of the year before, in tenths of a logarithm: about 1.
let growth = (12..<144).map { 10 * log(passengers[$0] / passengers[$0 - 12]) }
let (inputs, targets) = (Array(growth.dropLast()), Array(growth.dropFirst()))
// The last year, 1960, is not trained on.
let trained = inputs.count - 12

let configuration = ModelConfiguration(cell: .gru, input: .vectors(size: 1), hiddenSize: 8, outputSize: 3)
var trainer = try Trainer(
  Model<Double>(configuration, seed: 1), batchSize: 1, sequenceLength: trained,
  loss: .pinball(quantiles: [0.1, 0.5, 0.9]), optimizer: .adam(learningRate: 0.01), clipping: .norm(1))
for _ in 0..<300 {
  _ = trainer.step(.vectors(Array(inputs.prefix(trained))), .values(Array(targets.prefix(trained))))
}

// One step ahead through 1960: the model reads all months up to the one before.
let outputs = try trainer.predict(.vectors([inputs]))[0].suffix(12 * 3)
var (errors, naive, inside) = (0.0, 0.0, 0)
for (month, place) in zip(1..., stride(from: outputs.startIndex, to: outputs.endIndex, by: 3)) {
  let yearBefore = passengers[131 - 12 + month]
  let truth = passengers[131 + month]
  let (low, median, high) = (
    yearBefore * exp(outputs[place] / 10), yearBefore * exp(outputs[place + 1] / 10),
    yearBefore * exp(outputs[place + 2] / 10)
  )
  print("1960-\(month): \(Int(low))–\(Int(high)), median \(Int(median)); it was \(Int(truth))")
  errors += abs(median - truth) / 12
  naive += abs(yearBefore - truth) / 12
  if truth >= low, truth <= high { inside += 1 }
}
print("\(inside) of 12 months between the quantiles; mean absolute error \(Int(errors.rounded())) thousand")
print("better than the year before's month: \(errors < naive) (that one is off by \(Int(naive.rounded())))")
