import ConfigReaders
import RuleModel
import SourceText
import TestKit
import Testing

/// Files that are cut off, noisy or hostile.
@Suite struct PANOSRobustnessTests {
  private func isBlamed(_ reading: Reading) -> Bool {
    reading.ledger.isIncomplete || reading.issues.contains { $0.couldChangeVerdict }
  }

  @Test func captureNoise() throws {
    let text =
      """
      !RANCID-CONTENT-TYPE: paloalto
      # collected by night
      admin@fw(active)> set cli config-output-format set
      admin@fw(active)> configure
      Entering configuration mode
      [edit]
      admin@fw(active)# show
      \(panBase)\(panRule("r"))
      admin@fw(active)# exit
      admin@fw(active)>
      """.replacing("\n", with: "\r\n")
    let reading = try panOS(text)
    #expect(reading.ledger.gaps.isEmpty && reading.issues.isEmpty)
    #expect(try reading.devices[0].pan("tcp 10.0.1.10 10.0.2.5 502") == "permit")
  }

  @Test func truncatedAndMalformed() throws {
    #expect(isBlamed(try panOS("")))
    #expect(isBlamed(try panOS("# nothing\n")))
    #expect(isBlamed(try panOS("config {\n  shared {\n    address {\n")))
    #expect(isBlamed(try panOS("<config version=\"10.1.0\"><devices><entry name=\"x\">")))
    #expect(isBlamed(try panOS(panBase + "set address x ip-netmask \"10.1.1.1\nset address y ip-netmask 1.1.1.1\n")))
    #expect(isBlamed(try panOS(panBase + "what is this\n")))
    #expect(isBlamed(try panOS(panBase + "set unheard-of section\n")))
    let platform = try #require(Platform.named("panos"))
    let nul = Array("<config version=\"1\">\u{0}</config>".utf8)
    #expect(isBlamed(platform.read(try SourceFile(path: "x.xml", bytes: nul))))
    let wide = Array("\u{FEFF}\(panBase)".utf16).flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }
    #expect(isBlamed(platform.read(try SourceFile(path: "x.conf", bytes: wide))))
  }

  @Test func secretsStayHidden() throws {
    let secret = "s3cr3tvalue"
    let reading = try panOS(panBase + "set unknown-part password \(secret)\nset shared unknown password \(secret)\n")
    for gap in reading.ledger.gaps { #expect(!gap.reason.contains(secret)) }
  }

  @Test func depthLengthAndNumber() throws {
    #expect(isBlamed(try panOS(String(repeating: "a {\n", count: 100_000))))
    #expect(isBlamed(try panOS(String(repeating: "<a>", count: 100_000))))
    _ = try panOS("set address x description \"" + String(repeating: "x", count: 2_000_000) + "\"\n")
    _ = try panOS("set address-group g static [" + String(repeating: " a", count: 200_000) + " ]\n")
    _ = try panOS(String(repeating: "set address x ip-netmask 10.0.0.1\n", count: 200_000))
    _ = try panOS(String(repeating: "set address x description \"\n", count: 50_000))
    var chain = panBase
    for place in 0..<5000 { chain += "set address-group g\(place) static g\(place + 1)\n" }
    let reading = try panOS(chain + panRule("r", "source g0"))
    #expect(try reading.devices[0].pan("tcp 10.0.1.10 10.0.2.5 502") == "open")
  }

  @Test func moves() throws {
    var text = panBase
    for place in 0..<3000 { text += "set rulebase security rules r\(place) action deny\n" }
    for place in 0..<3000 { text += "move rulebase security rules r\(place) top\n" }
    let device = try panDevice(text)
    #expect(device.list("security rules")?.rules.first?.name == "rule r2999")
  }

  /// Samples of other platforms must not be taken for PAN-OS.
  @Test func detection() throws {
    guard let shared = sharedFolder() else {
      print("skipped: no samples beside the package")
      return
    }
    let platform = try #require(Platform.named("panos"))
    for path in filesBelow("\(shared)/samples") {
      let file = try SourceFile(path: path, bytes: try #require(readBytes(path)))
      let isOwn = path.contains("/samples/panos-")
      #expect((platform.detect(file) != nil) == isOwn, "\(path)")
    }
  }
}
