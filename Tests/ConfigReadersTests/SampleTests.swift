import ConfigReaders
import Foundation
import SourceText
import TestKit
import Testing

/// Every published sample: detected as what it is, read to the last line, and as well understood as the page says.
@Suite struct SampleTests {
  /// The formats that the files of a folder of samples are of.
  static let folders: [String: Set<String>] = [
    "cisco-asa": ["cisco-asa"], "fortios": ["fortios"], "iptables-save": ["iptables-save"], "garderos": ["garderos"],
    "data-diode": ["osdd"], "junos-srx": ["junos-srx"], "cisco-ios": ["cisco-ios"],
    "checkpoint": ["checkpoint-mgmt"], "stormshield-sns": ["stormshield-sns"], "nftables": ["nftables"],
    "openwrt-uci": ["openwrt-uci"],
    "opnsense-pfsense": ["opnsense", "pfsense"], "mikrotik-routeros": ["mikrotik-routeros"],
    "panos-set": ["panos"], "panos-xml": ["panos"], "vyos": ["vyos"],
  ]

  /// Whether the file holds no rules of any format: Check Point's `show configuration` is interfaces and routes, and the
  /// helpers of OpenWrt's tests are empty objects.
  private static func isBesideRules(_ name: String) -> Bool {
    name.hasPrefix("checkpoint/syntax-tests/testconfigs/") || name.hasSuffix("/show_configuration.txt")
      || name.hasSuffix("__uci_helpers.json")
  }

  /// Files whose format cannot be told from what is in them, with the reason; the user names it with `--format`.
  static let undetected: [String: String] = [
    "cisco-asa/syntax-tests/ospf-intervals": "interfaces and OSPF alone, as IOS has them too",
    "cisco-asa/syntax-tests/ospf-network-types": "interfaces and OSPF alone, as IOS has them too",
    "cisco-ios/syntax-tests/ios-object-group-ip-port": "object groups alone, in a form of NX-OS",
    "fortios/anyconfig/multiline_parameter_10.txt":
      "one section of a fragment, under a name that no table of FortiOS has",
  ]

  struct Sample {
    var folder: String
    var name: String
    var file: SourceFile
    var isExport: Bool
  }

  static func samples() throws -> [Sample]? {
    guard let shared = sharedFolder() else {
      print("skipped: no samples beside the package")
      return nil
    }
    let root = "\(shared)/samples/"
    let sources = String(decoding: readBytes(root + "SOURCES.tsv") ?? [], as: UTF8.self)
    let exports = Set(
      sources.split(separator: "\n").map { $0.split(separator: "\t", omittingEmptySubsequences: false) }
        .filter { $0.last?.hasPrefix("real") == true }.map { "\($0[0])/\($0[1])" })
    return try filesBelow(root).compactMap { path in
      let name = String(path.dropFirst(root.count).drop { $0 == "/" })
      let folder = name.split(separator: "/").first.map(String.init) ?? ""
      guard folders[folder] != nil, let bytes = readBytes(path) else { return nil }
      return Sample(
        folder: folder, name: name, file: try SourceFile(path: path, bytes: bytes), isExport: exports.contains(name))
    }
  }

  @Test func `Every sample is detected as what it is`() throws {
    for sample in try Self.samples() ?? [] {
      let wanted = Self.folders[sample.folder] ?? []
      switch detectPlatform(sample.file) {
      case .platform(let platform, _):
        #expect(wanted.contains(platform.id), "\(sample.name) is taken for \(platform.id)")
      case .ambiguous(let claims): Issue.record("\(sample.name) is claimed by \(claims.map(\.platform.id))")
      case .unknown:
        #expect(
          Self.undetected[sample.name] != nil || Self.isBesideRules(sample.name), "\(sample.name) is not detected")
      }
    }
  }

  @Test func `Every line of every sample is accounted for`() throws {
    for sample in try Self.samples() ?? [] {
      for id in Self.folders[sample.folder] ?? [] {
        let reading = try #require(Platform.named(id)).read(sample.file)
        #expect(reading.ledger.count(of: .unread) == 0, "\(sample.name) as \(id)")
      }
    }
  }

  /// The table of docs/formats/README.md; `Scripts/update-golden` rewrites it.
  @Test func `The share of lines understood is as the page says`() throws {
    guard let samples = try Self.samples() else { return }
    let path = packageFolder() + "/docs/formats/README.md"
    let page = String(decoding: try #require(readBytes(path)), as: UTF8.self)
    let (start, end) = ("<!-- shares -->\n", "<!-- end of shares -->")
    let opening = try #require(page.range(of: start))
    let closing = try #require(page.range(of: end))
    let table = Self.table(samples)
    if ProcessInfo.processInfo.environment["BULKHEAD_UPDATE_GOLDEN"] == "1" {
      let changed = page[..<opening.upperBound] + table + page[closing.lowerBound...]
      try String(changed).write(toFile: path, atomically: true, encoding: .utf8)
    } else {
      #expect(String(page[opening.upperBound..<closing.lowerBound]) == table)
    }
  }

  private static func table(_ samples: [Sample]) -> String {
    var text =
      "| format | files | lines | understood | exports of devices | their lines about filtering | understood |\n"
    text += "|---|---|---|---|---|---|---|\n"
    for (folder, group) in Dictionary(grouping: samples, by: \.folder).sorted(by: { $0.key < $1.key }) {
      var all = Share()
      var exports = Share()
      for sample in group {
        guard !isBesideRules(sample.name), let platform = platform(of: sample) else { continue }
        let ledger = platform.read(sample.file).ledger
        all.add(ledger)
        if sample.isExport { exports.add(ledger) }
      }
      let real =
        exports.files == 0
        ? "none | |" : "\(exports.files) | \(exports.relevant) | \(percent(exports.used, of: exports.relevant))"
      text +=
        "| \(folder) | \(all.files) | \(all.lines) | \(percent(all.lines - all.gaps, of: all.lines)) | \(real) |\n"
    }
    return text
  }

  private static func platform(of sample: Sample) -> Platform? {
    if case .platform(let platform, _) = detectPlatform(sample.file) { return platform }
    return folders[sample.folder]?.sorted().first.flatMap { Platform.named($0) }
  }

  private struct Share {
    var files = 0
    var lines = 0
    var used = 0
    var gaps = 0
    /// Lines that say something about filtering: all but those known not to.
    var relevant: Int { used + gaps }

    mutating func add(_ ledger: ReadingLedger) {
      files += 1
      lines += ledger.states.count
      used += ledger.count(of: .used)
      gaps += ledger.count(of: .notModelled) + ledger.count(of: .notRecognised)
    }
  }

  /// Rounded down, so that no gap hides behind 100 %.
  private static func percent(_ part: Int, of whole: Int) -> String {
    guard whole > 0 else { return "–" }
    let tenths = part * 1000 / whole
    return "\(tenths / 10).\(tenths % 10) %"
  }
}
