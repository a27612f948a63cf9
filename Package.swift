// swift-tools-version: 6.2
import PackageDescription

// Continuous integration sets RECURRENT_STRICT: a warning is then an error. Users of the package never see it.
let strict = Context.environment["RECURRENT_STRICT"] != nil

let swiftSettings: [SwiftSetting] =
  [
    .strictMemorySafety(),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableExperimentalFeature("Lifetimes"),
  ] + (strict ? [.treatAllWarnings(as: .error)] : [])

let cSettings: [CSetting] =
  [.headerSearchPath("."), .enableWarning("all"), .enableWarning("extra")]
  + (strict ? [.treatAllWarnings(as: .error)] : [])

/// What reads bytes from outside, each under this name in Tests/Fuzz.
let fuzzed = ["Safetensors", "Checkpoint", "Arrays", "ONNX", "JSON", "CSV", "Times", "TS", "Text", "Tokens"]

let package = Package(
  name: "Recurrent",
  products: [
    .library(name: "Recurrent", targets: ["Recurrent"]),
    .library(name: "RecurrentExchange", targets: ["RecurrentExchange"]),
    .library(name: "RecurrentONNX", targets: ["RecurrentONNX"]),
    .library(name: "RecurrentForecasting", targets: ["RecurrentForecasting"]),
    .library(name: "RecurrentDistributed", targets: ["RecurrentDistributed"]),
    .executable(name: "rnn", targets: ["RNNCommand"]),
    .executable(name: "rnn-bench", targets: ["RNNBench"]),
  ],
  traits: [.trait(name: "MPI", description: "Training over several processes, which need an MPI.")],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
  ],
  targets: [
    .systemLibrary(
      name: "COpenBLAS",
      pkgConfig: "openblas",
      providers: [.apt(["libopenblas-dev", "liblapacke-dev"])]),
    .target(name: "CKernels", cSettings: cSettings),
    .target(
      name: "Kernels",
      dependencies: ["COpenBLAS", "CKernels", "Storage"],
      swiftSettings: swiftSettings,
      // Debian ships LAPACKE as a library of its own.
      linkerSettings: [.linkedLibrary("lapacke")]),
    .target(name: "CStorage", cSettings: cSettings),
    .target(name: "Storage", dependencies: ["CStorage"], swiftSettings: swiftSettings),
    .target(name: "Recurrent", dependencies: ["Kernels", "Storage"], swiftSettings: swiftSettings),
    .target(name: "Tables", dependencies: ["Recurrent", "Storage"], swiftSettings: swiftSettings),
    .target(
      name: "RecurrentForecasting", dependencies: ["Kernels", "Recurrent", "Storage"], swiftSettings: swiftSettings),
    // pkg-config says what is linked: libmpi, or libmpich. Homebrew has other names for it: ompi-c, mpich.
    .systemLibrary(
      name: "CMPI", pkgConfig: Context.environment["RECURRENT_MPI"] ?? "mpi",
      providers: [.apt(["libopenmpi-dev"]), .brew(["open-mpi"])]),
    // Without the trait it says that there is no MPI, and needs none.
    .target(
      name: "CRanks",
      dependencies: [.target(name: "CMPI", condition: .when(traits: ["MPI"]))],
      cSettings: cSettings + [.define("RANKS_MPI", .when(traits: ["MPI"]))]),
    .target(name: "RecurrentDistributed", dependencies: ["CRanks", "Recurrent"], swiftSettings: swiftSettings),
    .target(name: "RecurrentExchange", dependencies: ["Recurrent", "Storage"], swiftSettings: swiftSettings),
    .target(
      name: "RecurrentONNX",
      dependencies: ["Kernels", "Recurrent", "Storage", .product(name: "SwiftProtobuf", package: "swift-protobuf")],
      exclude: ["Schema/onnx.proto"],
      swiftSettings: swiftSettings),
    .target(name: "Reports", dependencies: ["Storage"], swiftSettings: swiftSettings),
    .executableTarget(
      name: "RNNCommand",
      dependencies: [
        "Kernels", "Recurrent", "RecurrentDistributed", "RecurrentExchange", "RecurrentForecasting", "RecurrentONNX",
        "Reports", "Storage", "Tables",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: swiftSettings),
    .target(name: "Tasks", dependencies: ["Recurrent"], path: "Benchmarks/Tasks", swiftSettings: swiftSettings),
    .executableTarget(
      name: "RNNBench",
      dependencies: [
        "Kernels", "Recurrent", "RecurrentDistributed", "Reports", "Storage", "Tables", "Tasks",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      path: "Benchmarks/RNNBench",
      swiftSettings: swiftSettings),
    .testTarget(
      name: "KernelsTests", dependencies: ["Kernels", "CKernels", "Storage"], swiftSettings: swiftSettings),
    .target(name: "TestSupport", dependencies: ["Storage"], path: "Tests/TestSupport", swiftSettings: swiftSettings),
    .testTarget(
      name: "StorageTests", dependencies: ["CStorage", "Storage", "TestSupport"], swiftSettings: swiftSettings),
    .testTarget(name: "TablesTests", dependencies: ["Tables"], swiftSettings: swiftSettings),
    .testTarget(
      name: "RecurrentForecastingTests", dependencies: ["Recurrent", "RecurrentForecasting", "Storage"],
      swiftSettings: swiftSettings),
    .testTarget(name: "ReportsTests", dependencies: ["Reports"], swiftSettings: swiftSettings),
    .target(name: "AllocationCounter", path: "Tests/AllocationCounter", cSettings: cSettings),
    .target(name: "FaultInjector", path: "Tests/FaultInjector", cSettings: cSettings),
    .testTarget(
      name: "RecurrentTests",
      dependencies: [
        "AllocationCounter", "FaultInjector", "Kernels", "Recurrent", "Storage", "Tasks", "TestSupport",
      ],
      resources: [.copy("Fixtures")],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "RecurrentExchangeTests",
      // RecurrentTests for its oracle.
      dependencies: ["Recurrent", "RecurrentExchange", "RecurrentTests", "Storage", "TestSupport"],
      resources: [.copy("Fixtures")],
      swiftSettings: swiftSettings),
    .target(
      name: "FuzzEntries",
      dependencies: ["Recurrent", "RecurrentExchange", "RecurrentONNX", "Storage", "Tables", "TestSupport"],
      path: "Tests/Fuzz/Entries",
      swiftSettings: swiftSettings),
    .testTarget(
      name: "FuzzTests",
      dependencies: ["FuzzEntries"],
      path: "Tests/Fuzz",
      exclude: ["Entries", "Dictionaries"] + fuzzed,
      resources: [.copy("Corpus")],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "RecurrentONNXTests",
      dependencies: [
        "Recurrent", "RecurrentONNX", "Storage", .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      resources: [.copy("Fixtures")],
      swiftSettings: swiftSettings),
    .testTarget(
      name: "CommandTests",
      dependencies: ["RNNBench", "RNNCommand", "Recurrent", "RecurrentExchange", "Storage", "TestSupport"],
      swiftSettings: swiftSettings),
  ],
  swiftLanguageModes: [.v6]
)

// Only for scripts/fuzz, which sets the flags without which these do not link: main is libFuzzer's.
if Context.environment["RECURRENT_FUZZ"] != nil {
  package.targets += fuzzed.map {
    .executableTarget(
      name: "Fuzz" + $0, dependencies: ["FuzzEntries"], path: "Tests/Fuzz/" + $0, swiftSettings: swiftSettings)
  }
}

// Only for the debug build of scripts/test, which runs no others: they take minutes to compile.
if let chosen = Context.environment["RECURRENT_TESTS"] {
  let names = Set(chosen.split(separator: " ").map { String($0) })
  package.targets.removeAll { $0.isTest && !names.contains($0.name) }
}

// Only for scripts/document: users of the package do not resolve it.
if Context.environment["RECURRENT_DOCS"] != nil {
  package.dependencies.append(.package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"))
}
