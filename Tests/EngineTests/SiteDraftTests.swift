import Engine
import Foundation
import SitePolicy
import SourceText
import TestKit
import Testing

/// The first site file that is drafted from configurations.
@Suite struct SiteDraftTests {
  private func uncommented(_ text: String) -> String {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.hasPrefix("# ") ? String($0.dropFirst(2)) : String($0) }.joined(separator: "\n")
  }

  @Test(arguments: plants) func `With its proposals taken, the draft is a site that can be asked`(plant: String) throws
  {
    let folder = try TemporaryFolder(plant: plant)
    let draft = try draftSite(folder.path)
    #expect(draft.exists && draft.devices > 0 && draft.questions > 0)
    let file = try SourceFile(path: "bulkhead.yml", bytes: Array(uncommented(draft.text).utf8))
    let site = try loadSite(file) { _ in file }
    #expect(site.devices.count == draft.devices && site.zones.count == max(1, draft.zones))
    try folder.write("bulkhead.yml", uncommented(draft.text))
    #expect(try readNetwork(folder.path).site.zones.count == site.zones.count)
    for line in draft.text.split(separator: "\n") where line.hasPrefix("##") {
      #expect(line.count <= 100 || !line.dropFirst(6).contains(" "), "\(line)")
    }
  }

  @Test func `Zones carry guesses that are marked as such`() throws {
    let folder = try TemporaryFolder()
    try folder.write("fw.cfg", asa(""))
    let draft = try draftSite(folder.path)
    #expect(
      draft.text.contains("#   outside: {level: external, networks: [10.0.255.0/24]}  # level? a guess from the name"))
    #expect(draft.text.contains("#   inside: {level: 3, networks: [10.20.0.0/22]}  # level? nothing tells it"))
    #expect(!draft.exists && draft.zones == 2)
  }

  @Test func `Networks inside others of other zones are taken out of these`() throws {
    let folder = try TemporaryFolder()
    try folder.write("fw.cfg", asa("", inside: "10.0.255.129 255.255.255.192"))
    let text = try draftSite(folder.path).text
    #expect(text.contains("networks: [10.0.255.0/25, 10.0.255.192/26]") || text.contains("10.0.255.192/26"))
    let file = try SourceFile(path: "bulkhead.yml", bytes: Array(uncommented(text).utf8))
    #expect(try loadSite(file) { _ in file }.zones.count == 2)
  }

  @Test func `Names from files cannot break out of the draft`() throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "odd #name: x.cfg", asa("").replacingOccurrences(of: "nameif inside", with: "nameif in\u{1B}[2J:side"))
    let draft = try draftSite(folder.path)
    #expect(!draft.text.unicodeScalars.contains { $0.value < 32 && $0.value != 10 })
    let file = try SourceFile(path: "bulkhead.yml", bytes: Array(uncommented(draft.text).utf8))
    #expect(try loadSite(file) { _ in file }.devices.first?.configs.first?.path == "odd #name: x.cfg")
  }

  @Test func `Interfaces without addresses and unknown files become questions`() throws {
    let folder = try TemporaryFolder()
    try folder.write("gw.rules", gateway("-A FORWARD -i eth0 -o eth1 -j ACCEPT"))
    try folder.write("notes.txt", "nothing that a device writes\n")
    let draft = try draftSite(folder.path)
    #expect(draft.text.contains("eth0, eth1 have no address in the file"))
    #expect(draft.unread.count == 1 && draft.text.contains("not read: notes.txt"))
  }
}
