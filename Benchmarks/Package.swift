// swift-tools-version: 6.2
import PackageDescription

/// Measurements, apart from the tests: no test depends on how fast a machine is.
let package = Package(
  name: "benchmarks",
  dependencies: [.package(name: "bulkhead", path: "..")],
  targets: [
    .executableTarget(name: "bench", dependencies: [.product(name: "BulkheadRooms", package: "bulkhead")])
  ]
)
