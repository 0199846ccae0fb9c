import Engine
import Findings
import Foundation
import TestKit
import Testing

/// Files that are not there, not what they should be, or not for this site: a clear refusal, never a verdict.
@Suite struct InputTests {
  private let entry = "format: cisco-asa, interfaces: {outside: corporate, inside: supervision}"

  /// What the run is refused with, in words; nil when it is not refused.
  private func refused(_ path: String, format: String? = nil) -> String? {
    refusal { try check(path, format: format) }?.description
  }

  // MARK: the site's folder

  @Test(arguments: ["../device.txt", "configs/../../device.txt", "ABSOLUTE", "link.txt", "linked/device.txt"])
  func `Nothing outside of the site's folder is read`(path: String) throws {
    let folder = try TemporaryFolder()
    let outside = try folder.write("device.txt", asa("! SECRET"))
    try folder.write("site/configs/keep.txt", "")
    let files = FileManager.default
    try files.createSymbolicLink(atPath: "\(folder.path)/site/link.txt", withDestinationPath: outside)
    try files.createSymbolicLink(atPath: "\(folder.path)/site/linked", withDestinationPath: folder.path)
    let name = path == "ABSOLUTE" ? outside : path
    try folder.write("site/bulkhead.yml", smallSite("config: \"\(name)\", \(entry)"))
    let message = try #require(refused("\(folder.path)/site"))
    #expect(message.contains(path == "ABSOLUTE" ? "device.txt" : path) && !message.contains("SECRET"), "\(message)")
    // The same goes for packs and the inventory.
    for line in ["policies: [\"\(name)\"]", "assets: \"\(name)\""] {
      try folder.write("site/own.txt", asa(""))
      try folder.write("site/bulkhead.yml", smallSite("config: own.txt, \(entry)", more: line + "\n"))
      let message = try #require(refused("\(folder.path)/site"), "\(line)")
      #expect(!message.contains("SECRET") && !message.contains("ASA Version"), "\(message)")
    }
  }

  @Test func `A link within the site's folder is fine`() throws {
    let folder = try TemporaryFolder()
    let file = try folder.write("site/configs/device.txt", asa(""))
    try FileManager.default.createSymbolicLink(atPath: "\(folder.path)/site/now.txt", withDestinationPath: file)
    try folder.write("site/bulkhead.yml", smallSite("config: now.txt, \(entry)"))
    #expect(try check("\(folder.path)/site").outcome(failOn: .info) == .clean)
  }

  @Test(arguments: [1 << 20, (1 << 20) + 1])
  func `A line over a megabyte is refused with its place`(length: Int) throws {
    let folder = try TemporaryFolder()
    try folder.write(
      "device.txt", asa("! " + String(repeating: "x ", count: length / 2 - 1) + (length % 2 == 0 ? "" : "x")))
    try folder.write("bulkhead.yml", smallSite("config: device.txt, \(entry)"))
    let message = refused(folder.path)
    if length <= 1 << 20 {
      #expect(message == nil)
    } else {
      #expect(message?.contains("device.txt:13: the line is longer") == true, "\(message ?? "read")")
      #expect(message?.contains("export it anew") == true)
    }
  }

  // MARK: files that are none

  @Test func `A missing file is named with the system's reason`() throws {
    let folder = try TemporaryFolder()
    try folder.write("bulkhead.yml", smallSite("config: gone.txt, \(entry)"))
    let message = try #require(refused(folder.path))
    #expect(message.contains("gone.txt") && message.contains("No such file"))
    #expect(try #require(refused("\(folder.path)/nothing.cfg")).contains("No such file"))
    #expect(try #require(refused("\(folder.path)/nothing/bulkhead.yml")).contains("No such file"))
  }

  @Test func `A folder, a pipe and an empty folder are no configuration`() throws {
    let folder = try TemporaryFolder()
    try folder.write("sub/keep.md", "")
    #expect(mkfifo("\(folder.path)/pipe", 0o600) == 0)
    try folder.write("bulkhead.yml", smallSite("config: sub, \(entry)"))
    #expect(try #require(refused(folder.path)).contains("not a regular file"))
    #expect(try #require(refused("\(folder.path)/pipe")).contains("not a regular file"))
    #expect(try #require(refused("\(folder.path)/sub")).contains("no configuration found"))
  }

  @Test func `An empty file is refused, also where the format is named`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("device.txt", "")
    #expect(try #require(refused(path)).contains("empty"))
    let report = try check(path, format: "cisco-asa")
    #expect(report.outcome(failOn: .medium) != .clean && !report.findings("CFG006").isEmpty)
  }

  @Test(arguments: ["cisco-asa", "fortios", "iptables-save", "dyode", "lidi", "diode-yml"])
  func `Garbage is never clean`(format: String) throws {
    let folder = try TemporaryFolder()
    let bytes = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 167 &+ $0 / 256) }
    let path = try folder.write("garbage.bin", bytes)
    #expect(try #require(refused(path)).contains("no known platform"))
    #expect(try check(path, format: format).outcome(failOn: .medium) != .clean)
  }

  @Test(arguments: plants) func `A plant with a file that is cut off anywhere is not clean, and nothing crashes`(
    plant: String
  ) throws {
    let folder = try TemporaryFolder(plant: plant)
    for file in filesBelow("\(folder.path)/configs") {
      let name = String(file.dropFirst(folder.path.count + 1))
      let whole = try #require(readBytes(file))
      for part in [1, 3, 5, 7] {
        try folder.write(name, Array(whole.prefix(whole.count * part / 8)))
        let outcome = (try? check(folder.path))?.outcome(failOn: .medium)
        #expect(outcome != .clean, "\(name) cut off after \(part)/8")
      }
      try folder.write(name, whole)
    }
  }

  // MARK: formats

  @Test func `A platform is not guessed`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("notes.txt", "Meeting notes\n- the firewall is fine\n")
    let message = try #require(refused(path))
    #expect(message.contains("no known platform") && message.contains("--format"))
  }

  @Test func `An unknown format is refused with the nearest`() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("device.txt", asa(""))
    let message = try #require(refused(path, format: "cisco-aas"))
    #expect(message.contains("did you mean cisco-asa") && message.contains("iptables-save"))
    try folder.write("bulkhead.yml", smallSite("config: device.txt, format: fortois"))
    #expect(try #require(refused(folder.path)).contains("did you mean fortios"))
  }

  // MARK: binding

  @Test func `An interface that the device does not have is refused with the nearest`() throws {
    let folder = try TemporaryFolder()
    try folder.write("device.txt", asa(""))
    try folder.write(
      "bulkhead.yml", smallSite("config: device.txt, interfaces: {outsied: corporate, inside: supervision}"))
    let message = try #require(refused(folder.path))
    #expect(message.contains("did you mean outside") && message.contains("fw"), "\(message)")
  }

  @Test func `All errors of a site file come at once`() throws {
    let folder = try TemporaryFolder()
    try folder.write("device.txt", asa(""))
    try folder.write(
      "bulkhead.yml",
      smallSite("config: device.txt, interfaces: {outside: corprate}, formt: x", more: "frobnicate: 1\n"))
    guard case .invalid(let lines) = refusal({ try check(folder.path) }) else {
      Issue.record("the site was accepted")
      return
    }
    let text = lines.joined(separator: "\n")
    for part in ["did you mean 'corporate'", "did you mean 'format'", "'frobnicate'"] {
      #expect(text.lowercased().contains(part), "\(part): \(text)")
    }
    #expect(text.components(separatedBy: "bulkhead.yml:").count >= 4)
  }

  @Test func `A device without a firewall in its file is refused`() throws {
    let folder = try TemporaryFolder()
    try folder.write("device.txt", "# only comments\n# diode-send is started by hand\n")
    try folder.write("bulkhead.yml", smallSite("config: device.txt, format: lidi, from: control, to: supervision"))
    let message = try #require(refused(folder.path))
    #expect(message.contains("no firewall and no diode") && message.contains("device.txt"))
  }

  // MARK: bare folders

  @Test func `One unknown file in a folder leaves the run incomplete, and the others are checked`() throws {
    let folder = try TemporaryFolder()
    try folder.write("bare/a.cfg", asa("access-list OUT extended permit ip any any log"))
    try folder.write("bare/b.dat", "nobody knows this\n")
    try folder.write("bare/README.md", "prose")
    let report = try check("\(folder.path)/bare")
    #expect(report.files.map { $0.path.hasSuffix("a.cfg") } == [true, false])
    #expect(report.gaps.contains { $0.contains("b.dat") })
    #expect(report.findings("CFG005").map { report.place($0) } == ["b.dat:1"])
    #expect(report.findings("RUL006").count == 1)
    #expect(report.outcome(failOn: .medium) == .violated && report.outcome(failOn: nil) == .incomplete)
    try folder.write("bare/a.cfg", asa(""))
    #expect(try check("\(folder.path)/bare").outcome(failOn: .medium) == .incomplete)
  }

  @Test func `A folder of unknown files alone is refused, each named`() throws {
    let folder = try TemporaryFolder()
    try folder.write("bare/a.dat", "x\n")
    try folder.write("bare/b.dat", "y\n")
    let message = try #require(refused("\(folder.path)/bare"))
    #expect(message.contains("a.dat") && message.contains("b.dat"))
  }

  // MARK: sites that hide more than they show

  @Test func `A site without devices proves nothing`() throws {
    let folder = try TemporaryFolder()
    try folder.write("bulkhead.yml", smallZones)
    let report = try check(folder.path)
    #expect(report.outcome(failOn: .medium) == .incomplete)
    #expect(report.gaps == ["the site file names no device, so nothing was checked"])
  }

  @Test func `A binding that contradicts the interface's address is reported`() throws {
    let folder = try TemporaryFolder()
    try folder.write("device.txt", asa("access-list OUT extended permit tcp any any eq 3389 log"))
    try folder.write(
      "bulkhead.yml", smallSite("config: device.txt, interfaces: {outside: supervision, inside: corporate}"))
    let report = try check(folder.path)
    let messages = report.findings("SEG012").map(\.message)
    #expect(messages.contains { $0.contains("outside") && $0.contains("supervision") && $0.contains("10.0.255.1") })
    #expect(report.outcome(failOn: .medium) == .violated)
  }

  /// The interface to the provider has its address by DHCP and is bound to no zone.
  @Test func `The way to the internet is judged although the file shows no address`() throws {
    let folder = try TemporaryFolder()
    let text = asa("access-list OUT extended permit tcp any host 10.20.0.10 eq 3389 log")
    for address in ["dhcp setroute", "dhcp"] {
      try folder.write("device.txt", text.replacing("10.0.255.1 255.255.255.0", with: address))
      try folder.write("bulkhead.yml", smallSite("config: device.txt, interfaces: {inside: supervision}"))
      let report = try check(folder.path)
      // Without a route nothing says what lies there; with the default route everything else does.
      let isUnbound = report.findings("SEG012").contains { $0.message.contains("interface outside") }
      #expect(isUnbound == (address == "dhcp") && report.findings("SEG008").isEmpty == isUnbound, "\(address)")
      #expect(report.outcome(failOn: .medium) == .violated)
    }
  }

  @Test func `What no answer covers is said`() throws {
    let folder = try TemporaryFolder()
    try folder.write("device.txt", asa(""))
    try folder.write(
      "bulkhead.yml", smallSite("config: device.txt, interfaces: {outside: corporate, inside: [supervision, control]}"))
    let remarks = try check(folder.path).notChecked
    #expect(
      remarks == [
        "zone safety lies behind no interface that the files show; nothing that it reaches is judged",
        "zones supervision, control lie behind one interface, inside of fw; what passes between them is not judged",
      ])
  }
}
