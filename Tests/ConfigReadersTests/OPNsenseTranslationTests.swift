import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import Testing

/// Translation, automatic rules, the device itself.
///
/// "NAT rules are always processed before filter rules!" (OPNsense, "Processing order"); what each mode of outbound NAT
/// does, https://docs.opnsense.org/manual/nat.html says.
@Suite struct OPNsenseTranslationTests {
  private func forward(_ more: String = "", target: String = "10.2.0.9") -> String {
    """
    <nat><rule><interface>wan</interface><protocol>tcp</protocol><source><any>1</any></source>\
    <destination><network>wanip</network><port>8502</port></destination><target>\(target)</target>\
    <local-port>502</local-port>\(more)</rule></nat>
    """
  }

  private let outside = "tcp 198.51.100.7 203.0.113.2 8502"

  @Test func rulesSeeTranslatedDestinations() throws {
    let translated = pfRule(on: "wan", to: "<address>10.2.0.9</address><port>502</port>", tcp)
    #expect(try PfText(rules: translated, more: forward()).verdict("wan", "opt1", outside) == "permit")
    let asSent = pfRule(on: "wan", to: "<network>wanip</network><port>8502</port>", tcp)
    #expect(try PfText(rules: asSent, more: forward()).verdict("wan", "opt1", outside) == "deny")
    #expect(try PfText(rules: translated).verdict("wan", "opt1", outside) == "deny")
  }

  /// "Pass … passes traffic on the nat rule (not visible in the rules tab)" (OPNsense, NAT, "Firewall rule").
  @Test(arguments: ["<associated-rule-id>pass</associated-rule-id>", "<pass>pass</pass>", "<pass>rule</pass>"])
  func aPortForwardMayPass(element: String) throws {
    let config = PfText(rules: pfRule("block", on: "wan"), more: forward(element))
    #expect(try config.verdict("wan", "opt1", outside) == "open")
    #expect(try config.verdict("wan", "opt1", "tcp 198.51.100.7 203.0.113.2 8503") == "deny")
  }

  @Test func switchesOfPortForwards() throws {
    let translated = pfRule(on: "wan", to: "<address>10.2.0.9</address>")
    func verdict(_ more: String) throws -> String {
      try PfText(rules: translated, more: forward(more)).verdict("wan", "opt1", outside)
    }
    #expect(try verdict("<disabled>1</disabled>") == "deny")
    #expect(try verdict("<nordr>1</nordr>") == "deny")
    #expect(try verdict("<tagged>X</tagged>") == "open")
    #expect(try verdict("<mystery>X</mystery>") == "open")
    #expect(try PfText(more: forward("<mystery>X</mystery>")).gaps().count == 1)
    #expect(try PfText(more: "<nat><rule/></nat>").device().pipeline.contains { $0.name == "NAT of destinations" })
  }

  @Test func targetsThatAreNotInTheFile() throws {
    let rules = pfRule(on: "wan", to: "<address>10.2.0.9</address>")
    let config = PfText(rules: rules, more: forward(target: "NO_SUCH"))
    #expect(try config.reading().issues.contains { $0.kind == .undefinedReference })
    let device = try config.device()
    let translations = device.pipeline.flatMap { stage -> [TranslationRule] in
      if case .translate(let rules) = stage.work { rules } else { [] }
    }
    #expect(
      translations.contains { rule in
        if case .unknown = rule.destination { true } else { false }
      })
  }

  /// "The automatic rdr rules will be created for any of your other connected interfaces" (OPNsense, Firewall settings,
  /// "Reflection for Destination NAT").
  @Test func reflection() throws {
    let rules = pfRule(on: "lan", to: "<address>10.2.0.9</address>")
    let inside = "tcp 10.1.0.5 203.0.113.2 8502"
    let on = PfText(rules: rules, more: forward("<natreflection>purenat</natreflection>"))
    #expect(try on.verdict("lan", "opt1", inside) == "open")
    let off = PfText(rules: rules, more: forward("<natreflection>disable</natreflection>"))
    #expect(try off.verdict("lan", "opt1", inside) == "deny")
    #expect(try PfText(rules: rules, more: forward()).verdict("lan", "opt1", inside) == "deny")
  }

  @Test func oneToOne() throws {
    let nat = """
      <nat><onetoone><interface>wan</interface><external>203.0.113.32</external><source><address>10.2.0.32/28</address></source>\
      <destination><any/></destination></onetoone><outbound><mode>disabled</mode></outbound></nat>
      """
    let config = PfText(rules: pfRule(on: "wan", to: "<address>10.2.0.33</address>") + pfRule(on: "opt1"), more: nat)
    #expect(try config.verdict("wan", "opt1", "tcp 198.51.100.7 203.0.113.33 80") == "permit")
    #expect(try config.verdict("wan", "opt1", "tcp 198.51.100.7 203.0.113.34 80") == "deny")
    let sources = try config.device().pipeline.last
    guard case .translate(let rules) = sources?.work else { return #expect(Bool(false), "no source NAT") }
    #expect(rules.map(\.egress) == [InterfaceMatch(["wan"])])
  }

  @Test(arguments: [("automatic", 1), ("hybrid", 2), ("advanced", 1), ("disabled", 0)])
  func modesOfOutboundNAT(mode: String, count: Int) throws {
    let nat = """
      <nat><outbound><mode>\(mode)</mode><rule><interface>wan</interface><source><network>10.2.0.0/24</network></source>\
      <destination><any/></destination><target/></rule></outbound></nat>
      """
    let device = try PfText(more: nat).device()
    let rules = device.pipeline.filter { $0.name == "NAT of sources" }.flatMap { stage -> [TranslationRule] in
      if case .translate(let rules) = stage.work { rules } else { [] }
    }
    #expect(rules.count == count)
    #expect(rules.allSatisfy { $0.source == .egressInterface })
  }

  // MARK: automatic rules

  /// "Block private networks" and "Block bogon networks" of an interface; the list of bogons is fetched.
  @Test(arguments: ["opnsense", "pfsense"]) func privateAndBogonNetworks(root: String) throws {
    let interfaces = PfText().interfaces.replacing(
      "<if>igb0</if>", with: "<if>igb0</if><blockpriv>1</blockpriv><blockbogons>1</blockbogons>")
    let config = PfText(root: root, rules: pfRule(on: "wan"), interfaces: interfaces)
    #expect(try config.verdict("wan", "opt1", "tcp 192.168.7.7 10.2.0.9 80") == "deny")
    #expect(try config.verdict("wan", "opt1", "tcp 8.8.8.8 10.2.0.9 80") == "open")
    #expect(
      try PfText(root: root, rules: pfRule(on: "wan")).verdict("wan", "opt1", "tcp 8.8.8.8 10.2.0.9 80") == "permit")
  }

  /// A flag that says 0 refuses nothing.
  @Test func privateNetworksSwitchedOff() throws {
    let interfaces = PfText().interfaces.replacing("<if>igb0</if>", with: "<if>igb0</if><blockpriv>0</blockpriv>")
    let config = PfText(rules: pfRule(on: "wan"), interfaces: interfaces)
    #expect(try config.verdict("wan", "opt1", "tcp 192.168.7.7 10.2.0.9 80") == "permit")
  }

  /// What makes a firewall one of a pair.
  private static let pairs = [
    "<virtualip><vip><mode>carp</mode><interface>lan</interface><subnet>10.1.0.254</subnet></vip></virtualip>",
    "<hasync><pfsyncenabled>on</pfsyncenabled></hasync>",
  ]

  /// pfSense, src/etc/inc/filter.inc, `filter_process_carp_rules`: `block in quick proto carp from (self)` and `pass quick
  /// proto carp`, both only when `hasync` or `virtualip/vip` is not empty.
  @Test func carpOfPfSense() throws {
    let packet = "carp 10.1.0.5 10.2.0.9"
    for more in Self.pairs {
      let config = PfText(root: "pfsense", more: more)
      #expect(try config.verdict("lan", "opt1", packet) == "permit")
      #expect(try config.verdict("lan", "opt1", "carp 10.1.0.1 10.2.0.9") == "deny")
    }
    for more in ["", "<virtualip/>", "<hasync></hasync>"] {
      #expect(try PfText(root: "pfsense", more: more).verdict("lan", "opt1", packet) == "deny")
    }
    // pfSense 2.0 kept the settings with those of packages.
    let old = "<installedpackages><carpsettings><config><x>1</x></config></carpsettings></installedpackages>"
    #expect(try PfText(root: "pfsense", more: old).verdict("lan", "opt1", packet) == "permit")
  }

  /// OPNsense, src/etc/inc/filter.lib.inc, "CARP defaults": `proto carp` from anywhere to anywhere whether CARP is in use or
  /// not, and without use `block in` from `(self)`; issue 5613 of opnsense/core, after which only 224.0.0.18 and ff02::12
  /// are passed. The release is not in the file.
  @Test func carpOfOPNsense() throws {
    for more in Self.pairs {
      let config = PfText(more: more)
      #expect(try config.verdict("lan", "opt1", "carp 10.1.0.5 224.0.0.18") == "permit")
      #expect(try config.verdict("lan", "opt1", "carp 2001:db8::5 ff02::12") == "permit")
      #expect(try config.verdict("lan", "opt1", "carp 10.1.0.5 10.2.0.9") == "open")
    }
    for more in ["", "<virtualip><vip/></virtualip>"] {
      let config = PfText(more: more)
      #expect(try config.verdict("lan", "opt1", "carp 10.1.0.5 224.0.0.18") == "open")
      #expect(try config.verdict("lan", "opt1", "carp 10.1.0.5 10.2.0.9") == "open")
    }
    #expect(try PfText().verdict("lan", "opt1", "esp 10.1.0.5 10.2.0.9") == "deny")
  }

  /// Without `<ipv6allow>` all IPv6 is blocked (OPNsense, Firewall settings, "Allow IPv6"; pfSense filter.inc); later
  /// releases of OPNsense keep the setting with those of interfaces (models/OPNsense/Interfaces/Settings.xml).
  @Test func withoutIPv6() throws {
    let rules = pfRule("pass", "<ipprotocol>inet46</ipprotocol>")
    let packet = "tcp 2001:db8::5 2001:db8:2::9 80"
    let missing = "<hostname>fw</hostname>"
    #expect(try PfText(root: "pfsense", system: missing, rules: rules).verdict("lan", "opt1", packet) == "deny")
    #expect(try PfText(system: missing, rules: rules).verdict("lan", "opt1", packet) == "open")
    func setting(_ value: String) -> String {
      "<OPNsense><Interfaces><settings><ipv6allow>\(value)</ipv6allow></settings></Interfaces></OPNsense>"
    }
    #expect(try PfText(system: missing, rules: rules, more: setting("0")).verdict("lan", "opt1", packet) == "deny")
    #expect(try PfText(system: missing, rules: rules, more: setting("1")).verdict("lan", "opt1", packet) == "permit")
    #expect(try PfText(rules: rules).verdict("lan", "opt1", packet) == "permit")
    // What IPv6 needs passes without a rule (filter.lib.inc, "IPv6 requirements").
    #expect(try PfText().verdict("lan", "opt1", "icmp6 2001:db8::5 2001:db8:2::9 2") == "permit")
    #expect(try PfText().verdict("lan", "opt1", "icmp6 2001:db8::5 2001:db8:2::9 128") == "deny")
  }

  /// The rule for answers to a DHCP client names no destination (filter.lib.inc, "allow DHCP client").
  @Test func answersToADHCPClient() throws {
    let interfaces = PfText().interfaces.replacing("<ipaddr>203.0.113.2</ipaddr>", with: "<ipaddr>dhcp</ipaddr>")
    let config = PfText(interfaces: interfaces)
    #expect(try config.verdict("wan", "opt1", "udp 198.51.100.1 10.2.0.9 68 from 67") == "permit")
    #expect(try config.verdict("wan", "opt1", "udp 198.51.100.1 10.2.0.9 69 from 67") == "deny")
    let blocked = PfText(rules: pfRule("block", on: "wan"), interfaces: interfaces)
    #expect(try blocked.verdict("wan", "opt1", "udp 198.51.100.1 10.2.0.9 68 from 67") == "deny")
  }

  /// "Access to the web GUI or SSH on the LAN interface is always permitted, regardless of the user-defined firewall rule
  /// set" (OPNsense, Firewall settings, "Disable anti-lockout"); pfSense, "Anti-lockout Rule".
  @Test(arguments: ["opnsense", "pfsense"]) func antiLockout(root: String) throws {
    let ssh = root == "opnsense" ? "<ssh><enabled>enabled</enabled></ssh>" : "<ssh><enable>enabled</enable></ssh>"
    func config(_ gui: String) -> PfText {
      PfText(
        root: root, system: "<hostname>fw</hostname><webgui><protocol>https</protocol>\(gui)</webgui>\(ssh)",
        rules: pfRule("block"))
    }
    #expect(try config("").local("lan", "tcp 10.1.0.5 10.1.0.1 443") == "permit")
    #expect(try config("").local("lan", "tcp 10.1.0.5 10.1.0.1 22") == "permit")
    #expect(try config("").local("lan", "tcp 10.1.0.5 10.1.0.1 8443") == "deny")
    #expect(try config("<port>8443</port>").local("lan", "tcp 10.1.0.5 10.1.0.1 8443") == "permit")
    #expect(try config("").local("opt1", "tcp 10.2.0.5 10.2.0.1 443") == "deny")
    #expect(try config("<noantilockout/>").local("lan", "tcp 10.1.0.5 10.1.0.1 443") == "deny")
    let access = try config("").device().management
    #expect(access.map(\.service) == ["https", "ssh"])
    #expect(access.allSatisfy { !$0.isClearText })
  }

  /// "Traffic that enters and leaves through the same interface will not be checked" (OPNsense, Firewall settings,
  /// "Static route filtering").
  @Test func staticRoutesMayBypassTheRules() throws {
    let more = """
      <gateways><gateway_item><name>CELLGW</name><interface>opt1</interface><gateway>10.2.0.254</gateway></gateway_item></gateways>
      <staticroutes><route><network>10.3.0.0/16</network><gateway>CELLGW</gateway></route></staticroutes>
      """
    let config = PfText(rules: "<bypassstaticroutes>yes</bypassstaticroutes>", more: more)
    #expect(try config.verdict("opt1", "opt1", "tcp 10.2.0.5 10.3.0.9 80") == "permit")
    #expect(try PfText(more: more).verdict("opt1", "opt1", "tcp 10.2.0.5 10.3.0.9 80") == "deny")
  }

  /// The trap of traps: rules in the file and the filter switched off.
  @Test(arguments: ["opnsense", "pfsense"]) func aSwitchedOffFilterPassesEverything(root: String) throws {
    let system = "<hostname>fw</hostname><disablefilter/>"
    let config = PfText(root: root, system: system, rules: pfRule("block"))
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == "permit")
    #expect(try config.device().unboundLists.count == 2)
    let zero = PfText(
      root: root, system: "<hostname>fw</hostname><disablefilter>0</disablefilter>", rules: pfRule("block"))
    #expect(try zero.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == (root == "opnsense" ? "deny" : "open"))
  }

  @Test func intrusionDetectionIsANote() throws {
    func mode(_ general: String) throws -> InspectionProfile.Mode? {
      let text = PfText().text.replacing(
        "</opnsense>", with: "<OPNsense><IDS><general>\(general)</general></IDS></OPNsense></opnsense>")
      let platform = try #require(Platform.named("opnsense"))
      return platform.read(try SourceFile(path: "config.xml", bytes: Array(text.utf8))).devices.first?.profiles.first?
        .mode
    }
    #expect(try mode("<enabled>0</enabled><ips>0</ips>") == nil)
    #expect(try mode("<enabled>1</enabled><ips>0</ips>") == .monitoring)
    if case .inert = try mode("<enabled>1</enabled><ips>1</ips>") {} else { Issue.record("its rules are elsewhere") }
  }
}
