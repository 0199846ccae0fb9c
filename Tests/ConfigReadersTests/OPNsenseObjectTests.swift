import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import Testing

/// Aliases, the store of OPNsense's models, interfaces and routes.
@Suite struct OPNsenseObjectTests {
  private func alias(_ name: String, _ type: String, _ content: String, enabled: String = "1") -> String {
    "<alias><enabled>\(enabled)</enabled><name>\(name)</name><type>\(type)</type><content>\(content)</content></alias>"
  }

  private func config(_ aliases: String, _ rules: String) -> PfText {
    PfText(rules: rules, models: "<Alias version=\"1.0.1\"><geoip><url/></geoip><aliases>\(aliases)</aliases></Alias>")
  }

  /// https://docs.opnsense.org/manual/aliases.html: hosts, networks, ports, nesting.
  @Test func aliasesOfTheNewStore() throws {
    let aliases =
      alias("PLC", "host", "10.2.0.9\n10.2.0.20-10.2.0.29") + alias("CELLS", "network", "10.3.0.0/24\nPLC")
      + alias("OT", "port", "502\n4840:4850\nMORE") + alias("MORE", "port", "44818")
    let config = config(
      aliases, pfRule(to: "<address>CELLS</address><port>OT</port>", tcp))
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.25 4845") == "permit")
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.3.0.1 44818") == "permit")
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.30 502") == "deny")
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 503") == "deny")
    #expect(try config.gaps().isEmpty)
  }

  /// pfSense separates entries by blanks.
  @Test func aliasesOfTheOldStore() throws {
    let aliases = """
      <aliases><alias><name>PLC</name><type>host</type><address>10.2.0.9 10.2.0.10</address></alias>
      <alias><name>OT</name><type>port</type><address>502 4840:4850</address></alias></aliases>
      """
    let config = PfText(
      root: "pfsense", rules: pfRule(to: "<address>PLC</address><port>OT</port>", tcp), more: aliases)
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.10 4840") == "permit")
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.11 502") == "deny")
  }

  /// In a table the more specific entry wins (pf.conf(5), "TABLES").
  @Test func exclusionsInAliases() throws {
    let config = config(
      alias("NETS", "network", "10.2.0.0/16\n!10.2.5.0/24\n10.2.5.7"), pfRule(to: "<address>NETS</address>"))
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.4.1 80") == "permit")
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.5.1 80") == "deny")
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.5.7 80") == "open")
  }

  /// "Wildcard" networks of aliases: ones in the mask are free.
  @Test func wildcardNetworks() throws {
    let config = config(alias("ROBOTS", "network", "10.2.0.9/0.0.255.0"), pfRule(to: "<address>ROBOTS</address>"))
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.77.9 80") == "permit")
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.77.8 80") == "deny")
  }

  @Test(arguments: ["urltable", "geoip", "external", "mac", "dynipv6host"]) func contentFromOutside(type: String) throws
  {
    let pass = config(alias("LIST", type, "https://example.net/list"), pfRule(to: "<address>LIST</address>"))
    #expect(try pass.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 80") == "open")
    #expect(try pass.reading().issues.contains { $0.kind == .dynamicObject })
    let block = config(
      alias("LIST", type, "x"), pfRule("block", to: "<address>LIST</address>") + pfRule())
    #expect(try block.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 80") == "open")
  }

  @Test func hostNamesAreOpen() throws {
    let config = config(alias("HIST", "host", "historian.example.com\n10.2.0.9"), pfRule(to: "<address>HIST</address>"))
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 80") == "permit")
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.10 80") == "open")
  }

  @Test func switchedOffTwiceAndCyclicAliases() throws {
    let cases = [
      alias("A", "host", "10.2.0.9", enabled: "0"), alias("A", "host", "10.2.0.9") + alias("A", "host", "10.2.0.10"),
      alias("A", "host", "B") + alias("B", "host", "A"),
    ]
    for aliases in cases {
      let config = config(aliases, pfRule(to: "<address>A</address>"))
      #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 80") == "open")
      #expect(try !config.gaps().isEmpty)
    }
  }

  /// Names that OPNsense makes for the networks of interfaces.
  @Test func builtInAliases() throws {
    let config = PfText(rules: pfRule(from: "<network>__lan_network</network>"))
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 80") == "permit")
    #expect(try config.verdict("lan", "opt1", "tcp 10.9.0.5 10.2.0.9 80") == "deny")
  }

  // MARK: rules of the models

  private func modelRule(_ sequence: Int, _ more: String) -> String {
    """
    <rule uuid="u\(sequence)"><enabled>1</enabled><sequence>\(sequence)</sequence><quick>1</quick>\
    <ipprotocol>inet</ipprotocol><direction>in</direction>\(more)</rule>
    """
  }

  private func models(_ rules: String) -> String { "<Filter version=\"1.0.4\"><rules>\(rules)</rules></Filter>" }

  /// "Rules [new] single interface rules" come before "Rules single interface rules"; a lower sequence comes first
  /// (OPNsense, "Processing order", "Rule sequence").
  @Test func newRulesComeFirstInTheirSection() throws {
    let new =
      modelRule(
        20,
        "<action>pass</action><interface>lan</interface><source_net>any</source_net><destination_net>any</destination_net>"
      )
      + modelRule(
        10,
        "<action>block</action><interface>lan</interface><protocol>TCP</protocol><source_net>lan</source_net>"
          + "<destination_net>10.2.0.9,10.2.0.10</destination_net><destination_port>502</destination_port>")
    let config = PfText(rules: pfRule("block"), models: models(new))
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.10 502") == "deny")
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.10 503") == "permit")
    #expect(try config.gaps().isEmpty)
    let list = try config.device().lists[0]
    #expect(
      list.rules.filter(\.isExplicit).map(\.name) == ["filter rule [new] 2", "filter rule [new] 1", "filter rule 1"])
  }

  /// "Any number of interfaces or one inverted interface defined, it is a Floating Rule" (OPNsense, "Processing order").
  @Test func newRulesForSeveralInterfacesFloat() throws {
    let new =
      modelRule(10, "<action>pass</action><interface>lan</interface><source_net>any</source_net>")
      + modelRule(
        90,
        "<action>block</action><interface>wan</interface><interfacenot>1</interfacenot><source_net>any</source_net>"
          + "<destination_net>10.2.0.66</destination_net>")
    let config = PfText(models: models(new))
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.66 502") == "deny")
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == "permit")
  }

  @Test func switchesOfNewRules() throws {
    let off = modelRule(1, "<interface>lan</interface>").replacing("<enabled>1", with: "<enabled>0")
    #expect(try PfText(models: models(off)).verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 80") == "deny")
    let negated = modelRule(1, "<interface>lan</interface><source_net>lan</source_net><source_not>1</source_not>")
    #expect(try PfText(models: models(negated)).verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 80") == "deny")
    #expect(try PfText(models: models(negated)).verdict("lan", "opt1", "tcp 10.7.0.5 10.2.0.9 80") == "permit")
    let unknown = modelRule(1, "<interface>lan</interface><ifreceived>opt1</ifreceived>")
    #expect(try PfText(models: models(unknown)).verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 80") == "open")
    #expect(try PfText(models: models(unknown)).gaps().count == 1)
  }

  // MARK: interfaces and routes

  @Test func interfacesVLANsAndVirtualAddresses() throws {
    let interfaces = """
      <wan><enable>1</enable><if>igb0</if><ipaddr>dhcp</ipaddr></wan>
      <lan><enable>1</enable><if>igb1.20</if><descr>PLANT</descr><ipaddr>10.1.0.1</ipaddr><subnet>24</subnet></lan>
      <opt1><if>igb2</if><ipaddr>10.2.0.1</ipaddr><subnet>24</subnet></opt1>
      <lo0><enable>1</enable><if>lo0</if><ipaddr>127.0.0.1</ipaddr></lo0>
      """
    let more = """
      <vlans><vlan><if>igb1</if><tag>20</tag><vlanif>igb1.20</vlanif></vlan></vlans>
      <virtualip><vip><mode>carp</mode><interface>lan</interface><subnet>10.1.9.1</subnet><subnet_bits>24</subnet_bits></vip></virtualip>
      """
    let config = PfText(rules: pfRule(from: "<network>lan</network>"), more: more, interfaces: interfaces)
    let device = try config.device()
    #expect(device.interfaces.map(\.name) == ["wan", "lan", "opt1"])
    #expect(device.interfaces[1].vlan == 20)
    #expect(device.interfaces[1].parent == "igb1")
    #expect(device.interfaces[1].aliases == ["igb1.20", "PLANT"])
    #expect(device.interfaces[2].isShutdown)
    #expect(try config.verdict("lan", "wan", "tcp 10.1.9.5 10.2.0.9 80") == "permit")
    // The default route of an interface that gets one by DHCP.
    #expect(device.routes.map(\.interface) == ["wan"])
  }

  /// Without any `<enable>` the file was written by hand; its interfaces are not taken for switched off.
  @Test func interfacesWithoutEnable() throws {
    let config = PfText(interfaces: "<lan><if>igb1</if><ipaddr>10.1.0.1</ipaddr><subnet>24</subnet></lan>")
    #expect(try config.device().interfaces.map(\.isShutdown) == [false])
  }

  @Test func dynamicNetworksAreOpen() throws {
    let interfaces = PfText().interfaces.replacing("<ipaddr>10.1.0.1</ipaddr>", with: "<ipaddr>dhcp</ipaddr>")
    let config = PfText(rules: pfRule(from: "<network>lan</network>"), interfaces: interfaces)
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 80") == "open")
  }

  @Test func staticRoutesAndGateways() throws {
    let more = """
      <gateways><gateway_item><name>CELLGW</name><interface>opt1</interface><gateway>10.2.0.254</gateway></gateway_item></gateways>
      <staticroutes><route><network>10.3.0.0/16</network><gateway>CELLGW</gateway></route>
      <route><network>10.4.0.0/16</network><gateway>CELLGW</gateway><disabled>1</disabled></route>
      <route><network>10.5.0.0/16</network><gateway>NOGW</gateway></route></staticroutes>
      """
    let config = PfText(more: more)
    let routes = try config.device().routes
    #expect(routes.map { "\($0.network) \($0.interface ?? "-")" } == ["0.0.0.0/0 wan", "10.3.0.0/16 opt1"])
    #expect(routes[1].gateway == IPAddress("10.2.0.254"))
    #expect(try config.reading().issues.contains { $0.kind == .undefinedReference })
  }

  /// Rules on the tab of a tunnel hold for its assigned interfaces as well, before their own.
  @Test func tunnelsWithoutAssignment() throws {
    let interfaces = PfText().interfaces + "<opt2><enable>1</enable><if>ovpns1</if></opt2>"
    let config = PfText(
      rules: pfRule(on: "openvpn", to: "<network>opt1</network>") + pfRule("block", on: "opt2"), interfaces: interfaces)
    #expect(try config.verdict("openvpn", "opt1", "tcp 10.8.0.5 10.2.0.9 80") == "permit")
    #expect(try config.verdict("opt2", "opt1", "tcp 10.8.0.5 10.2.0.9 80") == "permit")
    #expect(try config.verdict("opt2", "lan", "tcp 10.8.0.5 10.1.0.9 80") == "deny")
    #expect(try config.device().interfaces.contains { $0.name == "openvpn" })
  }

  /// Members of a bridge stay interfaces of their own; what is routed through the bridge is checked twice.
  @Test func bridgesAreAGap() throws {
    let more = "<bridges><bridged><members>lan,opt1</members><bridgeif>bridge0</bridgeif></bridged></bridges>"
    #expect(try PfText(more: more).gaps().count == 1)
    #expect(try PfText(more: more).device().interfaces[1].parent == "bridge0")
  }
}
