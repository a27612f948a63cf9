// swift-tools-version: 6.2
import PackageDescription

/// Each is one file in Sources, a program of its own: swift run -c release ManyToOne
let examples = [
  "Characters", "Forecasting", "ManyToMany", "ManyToOne", "OneToMany", "OneToOne", "OwnCell", "OwnLoss",
  "Pronouncing", "Reservoir", "Resume", "ServingInAnActor",
]

/// The programs of the documentation, which scripts/check-examples takes from their texts.
let articles = (Context.environment["RECURRENT_ARTICLES"] ?? "").split(separator: " ").map { String($0) }

func program(_ name: String, path: String, also products: [String] = []) -> Target {
  .executableTarget(
    name: name, dependencies: (["Recurrent"] + products).map { .product(name: $0, package: "Recurrent") }, path: path)
}

let package = Package(
  name: "Examples",
  dependencies: [.package(name: "Recurrent", path: "..")],
  targets: examples.map { program($0, path: "Sources/\($0)") }
    + articles.map {
      program(
        "Article\($0)", path: ".build-articles/\($0)",
        also: $0 == "Exchange" ? ["RecurrentExchange", "RecurrentONNX"] : [])
    },
  swiftLanguageModes: [.v6]
)
