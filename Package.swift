// swift-tools-version: 6.2
import PackageDescription

/// The rooms of the house, ground floor first; `Scripts/check-imports` refuses an import that this list does not allow.
let package = Package(
  name: "bulkhead",
  products: [
    .executable(name: "bulkhead", targets: ["bulkhead"]),
    // For Benchmarks/, which is a package of its own.
    .library(
      name: "BulkheadRooms", targets: ["SourceText", "PacketSets", "RuleModel", "ConfigReaders", "Reachability"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
  ],
  targets: [
    .systemLibrary(name: "CLibYAML", providers: [.apt(["libyaml-dev"])]),
    .systemLibrary(name: "CExpat", providers: [.apt(["libexpat1-dev"])]),
    .target(name: "SourceText", dependencies: ["CLibYAML", "CExpat"]),
    .target(name: "PacketSets"),
    .target(name: "RuleModel", dependencies: ["SourceText", "PacketSets"]),
    .target(name: "ConfigReaders", dependencies: ["SourceText", "PacketSets", "RuleModel"]),
    .target(name: "PolicyPacks", path: "policies", resources: [.embedInCode("packs"), .embedInCode("frameworks")]),
    .target(name: "SitePolicy", dependencies: ["SourceText", "PacketSets", "RuleModel", "Findings", "PolicyPacks"]),
    .target(name: "Findings", dependencies: ["SourceText", "PacketSets"]),
    .target(name: "Reachability", dependencies: ["SourceText", "PacketSets", "RuleModel", "SitePolicy", "Findings"]),
    .target(
      name: "Checks",
      dependencies: ["SourceText", "PacketSets", "RuleModel", "SitePolicy", "Findings", "Reachability"],
      resources: [.embedInCode("Pages")]),
    .target(
      name: "Engine",
      dependencies: [
        "SourceText", "PacketSets", "RuleModel", "ConfigReaders", "PolicyPacks", "SitePolicy", "Findings",
        "Reachability", "Checks",
      ]),
    .target(name: "Reports", dependencies: ["SourceText", "PacketSets", "Findings"]),
    .executableTarget(
      name: "bulkhead",
      dependencies: [
        "SourceText", "PacketSets", "RuleModel", "ConfigReaders", "SitePolicy", "Findings", "Reachability", "Checks",
        "Engine", "Reports",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .target(
      name: "TestKit",
      dependencies: [
        "SourceText", "PacketSets", "RuleModel", "ConfigReaders", "SitePolicy", "Findings", "Reachability", "Checks",
      ]),
    .testTarget(name: "SourceTextTests", dependencies: ["SourceText", "TestKit"]),
    .testTarget(name: "PacketSetsTests", dependencies: ["PacketSets", "TestKit"]),
    .testTarget(name: "RuleModelTests", dependencies: ["RuleModel", "TestKit"]),
    .testTarget(name: "ConfigReadersTests", dependencies: ["ConfigReaders", "Reachability", "TestKit"]),
    .testTarget(name: "SitePolicyTests", dependencies: ["SitePolicy", "PolicyPacks", "TestKit"]),
    .testTarget(name: "ReachabilityTests", dependencies: ["Reachability", "ConfigReaders", "TestKit"]),
    .testTarget(name: "ChecksTests", dependencies: ["Checks", "Engine", "TestKit"]),
    .testTarget(name: "EngineTests", dependencies: ["Engine", "Reports", "TestKit"]),
    .testTarget(name: "CommandTests", dependencies: ["TestKit", "bulkhead"]),
  ]
)
