import Engine
import Findings
import Foundation
import Reports
import TestKit
import Testing

/// The same plant gives the same bytes, and a finding keeps its identity when only the form of a file changes.
@Suite struct DeterminismTests {
  private func json(_ report: RunReport) -> [UInt8] {
    jsonReport(report, outcome: report.outcome(failOn: .medium), reason: "test")
  }

  @Test(arguments: plants) func `Two runs write the same bytes`(plant: String) throws {
    let first = try check(plantFolder(plant))
    let second = try check(plantFolder(plant))
    #expect(json(first) == json(second))
    #expect(
      textReport(first, style: TextStyle(isColoured: false)) == textReport(second, style: TextStyle(isColoured: false)))
  }

  /// A folder lists its files as the file system has them; the report does not.
  @Test func `The order in which bare files are made does not show`() throws {
    let names = ["c.conf", "a.cfg", "b.rules"]
    let texts = ["c.conf": fortiGate(), "a.cfg": asa("frobnicate 7"), "b.rules": gateway("-A FORWARD -j ACCEPT")]
    let reports = try [names, names.reversed()].map { order in
      let folder = try TemporaryFolder()
      for name in order { try folder.write("folder/\(name)", texts[name] ?? "") }
      let text = String(decoding: json(try check("\(folder.path)/folder")), as: UTF8.self)
      return text.replacingOccurrences(of: folder.path, with: "")
    }
    #expect(reports[0] == reports[1])
    #expect(reports[0].contains("a.cfg") && reports[0].contains("RUL006"))
  }

  // MARK: fingerprints

  /// The fingerprints of a plant before and after a change to some of its files, each with its code.
  private func fingerprints(
    _ plant: String, _ files: String..., change: (String) -> String
  ) throws -> (before: Set<String>, after: Set<String>, moved: Bool) {
    let before = try check(plantFolder(plant))
    let folder = try TemporaryFolder(plant: plant)
    for file in files { try folder.edit(file, change) }
    let after = try check(folder.path)
    let places = Set(before.findings.map { before.place($0) })
    return (
      Set(before.findings.map { "\($0.code) \($0.fingerprint)" }),
      Set(after.findings.map { "\($0.code) \($0.fingerprint)" }),
      after.findings.contains { !places.contains(after.place($0)) }
    )
  }

  @Test func `Comments keep every fingerprint`() throws {
    let changes: [(file: String, at: String, comment: String)] = [
      (
        "configs/fw-plant.cfg", "access-list OUTSIDE_in extended permit tcp object HOST-LAPTOP-KRUEGER",
        "access-list OUTSIDE_in remark ask Mr Krueger"
      ),
      ("configs/gw-safety.rules", "[91822:6060252] -A SUPERVISION_TO_CONTROL", "# ask the safety engineer"),
      ("configs/diode-1.yaml", "modules:", "# ask automation"),
      ("bulkhead.yml", "conduits:", "# ask the plant manager"),
    ]
    for change in changes {
      let prints = try fingerprints("chemical-plant", change.file) {
        $0.replacingOccurrences(of: change.at, with: "\(change.comment)\n\(change.at)")
      }
      #expect(prints.before == prints.after, "\(change.file)")
      #expect(prints.moved, "the comment in \(change.file) moved nothing")
    }
  }

  @Test func `Another order of rules that have nothing to do with each other keeps every fingerprint`() throws {
    let prints = try fingerprints("chemical-plant", "configs/fw-plant.cfg") { text in
      swapped(text, "permit tcp object HOST-LAPTOP-KRUEGER", "permit tcp object HOST-UPDATE-MIRROR object-group")
    }
    #expect(prints.before == prints.after)
  }

  @Test func `A policy that moves keeps its fingerprints`() throws {
    let prints = try fingerprints("chemical-plant", "configs/fw-cell.conf") { text in
      // Policy 32 goes to the head of the list; nothing there overlaps it.
      let lines = text.components(separatedBy: "\n")
      guard let head = lines.firstIndex(of: "config firewall policy"),
        let first = lines[head...].firstIndex(of: "    edit 32"), let last = lines[first...].firstIndex(of: "    next")
      else { return text }
      let moved = Array(lines[first...last])
      let others = Array(lines[(head + 1)..<first]) + Array(lines[(last + 1)...])
      return (Array(lines[...head]) + moved + others).joined(separator: "\n")
    }
    #expect(prints.before == prints.after && prints.moved)
  }

  @Test func `Where the folder lies does not touch a fingerprint`() throws {
    let text = asa("frobnicate 7\naccess-list OUT extended permit ip any any log")
    let prints = try ["here", "there/below"].map { name in
      let folder = try TemporaryFolder()
      let bare = try check(try folder.write("\(name)/device.txt", text))
      try folder.write(
        "\(name)/bulkhead.yml", smallSite("config: device.txt, interfaces: {outside: corporate, inside: supervision}"))
      return (bare.findings + (try check("\(folder.path)/\(name)")).findings).map(\.fingerprint)
    }
    #expect(prints[0] == prints[1] && prints[0].count > 5)
  }

  @Test func `Another match or another zone is another finding`() throws {
    // The way leads through both firewalls, so both must have the other service.
    let prints = try fingerprints("chemical-plant", "configs/fw-plant.cfg", "configs/fw-cell.conf") {
      $0.replacingOccurrences(of: "object HOST-SCADA eq 3389 log", with: "object HOST-SCADA eq 5900 log")
        .replacingOccurrences(of: "set service \"RDP\"\n", with: "set service \"VNC\"\n")
    }
    // SEG001 and OTP005 of that way, and nothing else.
    #expect(prints.before.subtracting(prints.after).map { $0.prefix(6) }.sorted() == ["OTP005", "SEG001"])
    #expect(prints.after.subtracting(prints.before).map { $0.prefix(6) }.sorted() == ["OTP005", "SEG001"])
  }

  @Test func `Another match on one of two devices ends the finding`() throws {
    let prints = try fingerprints("chemical-plant", "configs/fw-plant.cfg") {
      $0.replacingOccurrences(of: "object HOST-SCADA eq 3389 log", with: "object HOST-SCADA eq 5900 log")
    }
    #expect(prints.before.subtracting(prints.after).map { $0.prefix(6) }.sorted() == ["OTP005", "SEG001"])
    // The other device's rule is left, and only this one stops it.
    #expect(prints.after.subtracting(prints.before).map { $0.prefix(6) }.allSatisfy { $0 == "RUL014" })
  }

  /// Exchanges the first lines that hold these words.
  private func swapped(_ text: String, _ a: String, _ b: String) -> String {
    var lines = text.components(separatedBy: "\n")
    guard let first = lines.firstIndex(where: { $0.contains(a) }),
      let second = lines.firstIndex(where: { $0.contains(b) })
    else { return text }
    lines.swapAt(first, second)
    return lines.joined(separator: "\n")
  }
}
