import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import TestKit
import Testing

/// The four forms of a ROX II configuration, how they are told, and files that are broken.
@Suite struct ROXIIFormsTests {
  // MARK: Forms

  private let indented = """
    ridge# show running-config
    admin
     system-name ridge-1
    !
    ip switch.0001
     ipv4
      address 10.1.0.1/24
     !
    !
    ip switch.0002
     ipv4
      address 10.2.0.1/24
     !
    !
    security
     firewall
      enable
      active-config plant
      fwconfig plant
       fwzone fw
        type firewall
       !
       fwzone man
       !
       fwzone cell
       !
       fwinterface switch.0001
        zone predefined-zone man
       !
       fwinterface switch.0002
        zone predefined-zone cell
       !
       fwpolicy last
        source-zone predefined-zone all
        destination-zone predefined-zone all
        action reject
       !
       fwrule modbus
        action accept
        source-zone predefined-zone man
        source-zone-hosts 10.1.0.5
        destination-zone predefined-zone cell
        protocol tcp
        destination-ports 502
        log-level info
       !
      !
     !
    !
    ridge#
    """

  private var paths: [String] {
    [
      "admin system-name ridge-1", "ip switch.0001 ipv4 address 10.1.0.1/24", "ip switch.0002 ipv4 address 10.2.0.1/24",
      "security firewall enable", "security firewall active-config plant",
    ]
      + [
        "fwzone fw type firewall", "fwzone man", "fwzone cell", "fwinterface switch.0001 zone predefined-zone man",
        "fwinterface switch.0002 zone predefined-zone cell", "fwpolicy last source-zone predefined-zone all",
        "fwpolicy last destination-zone predefined-zone all", "fwpolicy last action reject",
        "fwrule modbus action accept",
        "fwrule modbus source-zone predefined-zone man", "fwrule modbus source-zone-hosts 10.1.0.5",
        "fwrule modbus destination-zone predefined-zone cell", "fwrule modbus protocol tcp",
        "fwrule modbus destination-ports 502", "fwrule modbus log-level info",
      ].map { "security firewall fwconfig plant \($0)" }
  }

  private let script = """
    config
    admin system-name ridge-1
    ip switch.0001 ipv4 address 10.1.0.1/24
    ip switch.0002 ipv4 address 10.2.0.1/24
    security firewall enable
    security firewall active-config plant
    security firewall fwconfig plant
    fwzone fw type firewall
    fwzone man
    fwzone cell
    fwinterface switch.0001 zone predefined-zone man
    fwinterface switch.0002 zone predefined-zone cell
    fwpolicy last
    source-zone predefined-zone all
    destination-zone predefined-zone all
    action accept
    action reject
    exit
    fwrule old action drop
    no fwrule old
    fwrule modbus
    action accept
    source-zone predefined-zone man
    source-zone-hosts 10.1.0.5
    destination-zone predefined-zone cell
    protocol tcp
    destination-ports 502
    log-level info
    commit
    """

  private let xml = """
    <?xml version="1.0" encoding="UTF-8"?>
    <config xmlns="http://tail-f.com/ns/config/1.0">
      <!-- saved -->
      <admin xmlns="http://ruggedcom.com/ns/rmf_admin">
        <system-name>ridge-1</system-name>
      </admin>
      <ip xmlns="http://ruggedcom.com/ns/rmf_ip">
        <ifname>switch.0001</ifname>
        <ipv4><address><ipaddress>10.1.0.1/24</ipaddress></address></ipv4>
      </ip>
      <ip xmlns="http://ruggedcom.com/ns/rmf_ip">
        <ifname>switch.0002</ifname>
        <ipv4>
          <address>
            <ipaddress>10.2.0.1/24</ipaddress>
          </address>
        </ipv4>
      </ip>
      <security xmlns="http://ruggedcom.com/ns/rmf_security">
        <firewall>
          <enable/>
          <active-config>plant</active-config>
          <fwconfig>
            <name>plant</name>
            <fwzone><name>fw</name><type>firewall</type></fwzone>
            <fwzone><name>man</name></fwzone>
            <fwzone><name>cell</name></fwzone>
            <fwinterface>
              <ifname>switch.0001</ifname>
              <zone><predefined-zone>man</predefined-zone></zone>
            </fwinterface>
            <fwinterface>
              <ifname>switch.0002</ifname>
              <zone><predefined-zone>cell</predefined-zone></zone>
            </fwinterface>
            <fwpolicy>
              <name>last</name>
              <source-zone><predefined-zone>all</predefined-zone></source-zone>
              <destination-zone><predefined-zone>all</predefined-zone></destination-zone>
              <action>reject</action>
            </fwpolicy>
            <fwrule>
              <name>modbus</name>
              <action>accept</action>
              <source-zone>
                <predefined-zone>man</predefined-zone>
              </source-zone>
              <source-zone-hosts>10.1.0.5</source-zone-hosts>
              <destination-zone><predefined-zone>cell</predefined-zone></destination-zone>
              <protocol>tcp</protocol>
              <destination-ports>502</destination-ports>
              <log-level>info</log-level>
            </fwrule>
          </fwconfig>
        </firewall>
      </security>
    </config>
    """

  /// `a { b { c x; } }` of paths, one statement each.
  private func braces() -> String {
    paths.map { path in
      let words = path.split(separator: " ").map(String.init)
      let blocks = words.dropLast(2)
      return blocks.map { "\($0) {\n" }.joined() + words.suffix(2).joined(separator: " ") + ";\n"
        + String(repeating: "}\n", count: blocks.count)
    }.joined()
  }

  @Test func `All forms of one configuration give the same device`() throws {
    let forms = [
      indented, script, xml, braces(), paths.joined(separator: "\n"), paths.map { "set \($0)" }.joined(separator: "\n"),
      indented.replacing("\n", with: "\r\n"), xml.replacing("\n", with: "\r\n"),
    ]
    let readings = try forms.map { try readROX($0 + "\n") }
    for (form, reading) in zip(forms, readings) {
      #expect(reading.ledger.gaps.isEmpty, "\(form.prefix(20)): \(reading.ledger.gaps)")
      #expect(reading.issues.isEmpty && reading.devices.count == 1)
      #expect(textWithoutPlaces(reading.devices[0]) == textWithoutPlaces(readings[0].devices[0]), "\(form.prefix(20))")
      #expect(
        try roxFate(reading.devices[0]) == "permit"
          && roxFate(reading.devices[0], "tcp 10.1.0.6 10.2.0.9 502") == "deny")
    }
  }

  // MARK: Files

  @Test func detection() throws {
    let platform = try #require(Platform.named("rox"))
    func claims(_ text: String) throws -> Bool {
      platform.detect(try SourceFile(path: "x", bytes: Array(text.utf8))) != nil
    }
    for text in [indented, script, xml, braces(), paths.joined(separator: "\n")] { #expect(try claims(text)) }
    #expect(
      try !claims("") && !claims("fwconfig") && !claims("myfwconfig fwzones\n")
        && !claims("<fwconfiguration><fwzonex/>"))
    for text in [indented, script, xml, paths.map { "set \($0)" }.joined(separator: "\n")] {
      guard case .platform(let found, _) = detectPlatform(try SourceFile(path: "x", bytes: Array(text.utf8))) else {
        Issue.record("\(text.prefix(30)) is not told apart")
        continue
      }
      #expect(found.id == "rox")
    }
    guard let shared = sharedFolder() else {
      print("skipped: no samples beside the package")
      return
    }
    for path in filesBelow("\(shared)/samples") {
      #expect(platform.detect(try SourceFile(path: path, bytes: try #require(readBytes(path)))) == nil, "\(path)")
    }
  }

  @Test func truncatedFile() throws {
    let cut = try readROX(String(braces().dropLast(30)))
    #expect(cut.issues.contains { $0.kind == .truncated })
    #expect(try readROX(String(xml.dropLast(60))).ledger.isIncomplete)
  }

  @Test func secretsStayInTheFile() throws {
    let reading = try readROX(
      rox("fwrule a password Hunter2Hunter2", "fwfrob secret Hunter2Hunter2") + "frob password Hunter2\n")
    #expect(!(reading.ledger.gaps.map(\.reason) + reading.issues.map(\.message)).joined().contains("Hunter2"))
  }

  @Test(arguments: [
    "", "\n", "\u{0}", "security", "security firewall", "security firewall fwconfig", "no", "no security",
    "exit\nend\ntop",
    "security firewall enable\nsecurity firewall active-config a\nsecurity firewall fwconfig a fwrule",
    "fwrule x\nfwrule y",
    "security firewall enable\nsecurity firewall active-config a\nsecurity firewall fwconfig a fwrule r source-zone",
    "security firewall enable\nsecurity firewall active-config a\nsecurity firewall fwconfig a fwrule r action dnat destination-zone-hosts :",
    "<", "<config>", "<config/>", "<fwconfig><fwzone/></fwconfig>", "<a><b></a>", "security {", "set",
    "set security firewall",
    "ip x ipv4 address y", "routing ipv4 route x via y", " security\n  firewall\n enable",
  ])
  func hostileText(text: String) throws {
    let platform = try #require(Platform.named("rox"))
    for end in 0...text.utf8.count {
      let file = try SourceFile(path: "cut", bytes: Array(text.utf8.prefix(end)))
      _ = platform.detect(file)
      #expect(platform.read(file).ledger.count(of: .unread) == 0)
    }
  }

  @Test func hostileSize() throws {
    var many = ""
    for i in 0..<10_000 { many += "security firewall fwconfig plant \(roxRule("r\(i)", "action accept"))\n" }
    #expect(try readROX(rox(roxReject) + many).devices[0].list("rules")?.rules.count == 10_000)
    var deep = "security\n"
    for level in 1..<400 { deep += String(repeating: " ", count: level) + "firewall\n" }
    #expect(try readROX(String(repeating: deep, count: 20)).ledger.isIncomplete)
    #expect(try readROX("security " + String(repeating: "{ a ", count: 100_000)).ledger.isIncomplete)
    #expect(try readROX(String(repeating: "<a>", count: 100_000)).ledger.isIncomplete)
    #expect(
      try readROX(rox(roxReject) + String(repeating: "security firewall enable\n", count: 50_000)).ledger.gaps.isEmpty)
    let bytes = (0..<65536).map { UInt8(truncatingIfNeeded: $0 &* 37) }
    let junk = try SourceFile(path: "junk", bytes: Array(rox(roxReject).utf8) + bytes)
    #expect(try #require(Platform.named("rox")).read(junk).ledger.isIncomplete)
  }
}
