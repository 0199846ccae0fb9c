// swift-tools-version: 6.2
import PackageDescription

/// Measurements, apart from the tests: no test depends on how fast a machine is.
let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "bulkhead", path: "..")],
  targets: [
    // The lists and their truth; needs nothing of Bulkhead, so that both can be held against each other.
    .target(name: "RuleSets"),
    .executableTarget(name: "generate", dependencies: ["RuleSets"]),
    .executableTarget(
      name: "bench", dependencies: ["RuleSets", .product(name: "BulkheadRooms", package: "bulkhead")]),
    .testTarget(name: "RuleSetsTests", dependencies: ["RuleSets"]),
  ]
)
