import Foundation
import SitePolicy
import SourceText
import Testing

/// What the documentation shows must be accepted as it stands there.
@Suite struct DocumentationTests {
  /// Zones, devices and assets that the fragments of `docs/site-file.md` take for granted.
  private let surroundings = """
    version: 1
    site: s
    zones:
      dmz:         {level: 3.5, networks: [10.35.0.0/24]}
      operations:  {level: 3, networks: [10.30.0.0/22]}
      supervision: {level: 2, networks: [10.20.0.0/22, 10.24.0.10-10.24.0.19, "2001:db8:20::/64"]}
      control:     {level: 1, networks: [10.10.0.0/22]}
      packaging:   {level: 1, networks: [10.12.0.0/24]}
      vendor:      {level: external, networks: [198.51.100.0/24]}

    """

  /// The YAML blocks of a page, in order.
  private func blocks(_ page: String) throws -> [String] {
    let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let text = try String(contentsOfFile: "/\(path)/docs/\(page)", encoding: .utf8)
    return text.split(separator: "```yaml\n").dropFirst().map { String($0.split(separator: "```")[0]) }
  }

  @Test func `Every fragment of the site file's page is accepted`() throws {
    let fragments = try blocks("site-file.md")
    #expect(fragments.count == 10)
    for fragment in fragments {
      var text = surroundings + fragment
      if fragment.hasPrefix("version:") { text = fragment }
      if fragment.hasPrefix("zones:") { text = "version: 1\nsite: s\n" + fragment }
      if !text.contains("zones:") { text += "zones: {a: {level: 1, networks: [10.0.0.1]}}\n" }
      if fragment.hasPrefix("links:") { text += "devices: {fw-plant: {config: a.cfg}, fw-cell: {config: b.cfg}}\n" }
      if fragment.hasPrefix("remote-access:") { text += "assets: {jump-1: {address: 10.35.0.8}}\n" }
      #expect(throws: Never.self, "\(fragment)") { try load(text) }
    }
  }

  @Test func `Every fragment of the packs' page is accepted`() throws {
    let fragments = try blocks("policy-packs.md")
    #expect(fragments.count == 3)
    let zones = try load(
      "version: 1\nsite: s\nzones:\n  packaging: {level: 1, networks: [10.1.0.1]}\n  mixing: {level: 1, networks: [10.1.0.2]}\n"
    ).zones
    for fragment in fragments {
      let text = fragment.hasPrefix("rules:") ? "version: 1\npack: p\ntitle: t\n" + fragment : fragment
      let file = try SourceFile(path: "own.yml", bytes: Array(text.utf8))
      #expect(throws: Never.self, "\(fragment)") {
        if text.contains("framework:") {
          _ = try loadFramework(file, knownChecks: Set(knownChecks.keys))
        } else {
          _ = try loadPack(file, knownChecks: knownChecks, zones: zones)
        }
      }
    }
  }
}
