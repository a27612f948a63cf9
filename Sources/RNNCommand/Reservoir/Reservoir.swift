import ArgumentParser

struct Reservoir: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Forecast or tell apart sequences by a reservoir, whose readout alone is fitted.",
    discussion: """
      A reservoir (echo state network) is a recurrent network that stays as it was drawn; its readout is fitted in closed form, in a \
      second where a training takes minutes. The model is one like any other: 'rnn inspect' and 'rnn forecast' take it, too.

        rnn reservoir train sunspots.csv --column SUNACTIVITY --units 200
        rnn reservoir predict model.safetensors sunspots.csv --horizon 20
        rnn reservoir generate model.safetensors sunspots.csv --steps 1000
        rnn reservoir train narma.csv --column input --target output
        rnn reservoir classify JapaneseVowels_TRAIN.ts --validation JapaneseVowels_TEST.ts

      \(FilePath.documentation)

      \(ExitStatus.documentation)
      """,
    subcommands: [
      ReservoirTrain.self, ForecastEvaluate.self, ForecastPredict.self, ReservoirGenerate.self,
      ReservoirClassify.self,
    ])
}
