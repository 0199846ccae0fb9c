import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import Testing

/// Rules and their order. "Processing order" and "Direction" are sections of
/// https://docs.opnsense.org/manual/firewall.html; "Rule Processing Order" and "Floating Rules" of
/// https://docs.netgate.com/pfsense/en/latest/firewall/.
@Suite struct OPNsenseRuleTests {
  /// "Our default deny rule … if no rule applies, drop traffic" (OPNsense, "Processing order"); "Traffic leaving the
  /// firewall is accepted by default" ("Direction").
  @Test(arguments: ["opnsense", "pfsense"]) func incomingPacketsAreDeniedByDefault(root: String) throws {
    let config = PfText(root: root, rules: pfRule(from: "<network>lan</network>"))
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == "permit")
    #expect(try config.verdict("lan", "opt1", "tcp 10.9.0.5 10.2.0.9 502") == "deny")
    #expect(try config.verdict("opt1", "lan", "tcp 10.2.0.5 10.1.0.9 502") == "deny")
    let list = try #require(try config.device().lists.first)
    #expect(list.fallback.verdict == .deny)
    if case .implicit = list.fallback.origin {} else { Issue.record("the default deny is implied") }
  }

  /// "First evaluating the Floating rules section followed by all rules which belong to interface groups and finally all
  /// interface rules" (OPNsense, "Processing order"); pfSense, "Rule Processing Order".
  @Test(arguments: ["opnsense", "pfsense"]) func sectionsComeBeforeTheOrderOfTheFile(root: String) throws {
    let groups = "<ifgroups><ifgroupentry><ifname>CELLS</ifname><members>lan opt1</members></ifgroupentry></ifgroups>"
    let own = pfRule("pass", on: "lan")
    let group = pfRule("block", on: "CELLS")
    let float = pfRule(
      "pass", on: "lan", floating("<quick>yes</quick><direction>in</direction><protocol>udp</protocol>"))
    let config = PfText(root: root, rules: own + group + float, more: groups)
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == "deny")
    #expect(try config.verdict("opt1", "lan", "tcp 10.2.0.5 10.1.0.9 502") == "deny")
    #expect(try config.verdict("lan", "opt1", "udp 10.1.0.5 10.2.0.9 161") == "permit")
  }

  /// "When quick is not set, last match wins" (OPNsense, "Processing order"): among floating rules without quick the last
  /// one, and any quick rule over all of them.
  @Test func withoutQuickTheLastMatchWins() throws {
    let rules =
      pfRule("pass", on: "lan", floating("<quick>0</quick><direction>in</direction>"))
      + pfRule("block", on: "lan", floating("<direction>in</direction><protocol>tcp</protocol>"))
      + pfRule(
        "pass", on: "lan", to: "<address>10.2.0.9</address>",
        floating("<direction>in</direction><protocol>tcp</protocol>"))
      + pfRule("block", on: "lan", to: "<address>10.2.0.66</address>")
    let config = PfText(rules: rules)
    #expect(try config.verdict("lan", "opt1", "udp 10.1.0.5 10.2.0.8 161") == "permit")
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.8 502") == "deny")
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == "permit")
    #expect(try config.verdict("lan", "opt1", "udp 10.1.0.5 10.2.0.66 161") == "deny")
  }

  /// The classic trap: a floating rule to block, without quick, decides nothing where an interface rule passes.
  @Test func aFloatingBlockWithoutQuickIsOverruled() throws {
    let rules =
      pfRule("block", on: "lan", to: "<network>opt1</network>", floating("<direction>in</direction>"))
      + pfRule("pass", on: "lan")
    #expect(try PfText(rules: rules).verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == "permit")
    #expect(try PfText(root: "pfsense", rules: rules).verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == "permit")
  }

  /// "Traffic can be matched on in[coming] or out[going] direction" (OPNsense, "Direction"); pfSense takes rules that do
  /// not float for incoming packets whatever they say (filter.inc, "ensure the direction is in").
  @Test func outgoingRulesAreAskedAtTheSecondInterface() throws {
    let out = pfRule("block", on: "opt1", floating("<quick>yes</quick><direction>out</direction>"))
    #expect(try PfText(rules: pfRule() + out).verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == "deny")
    #expect(try PfText(rules: pfRule() + out).verdict("lan", "wan", "tcp 10.1.0.5 198.51.100.9 80") == "permit")
    let own = pfRule("block", on: "opt1", "<ipprotocol>inet</ipprotocol><direction>out</direction>")
    #expect(try PfText(rules: pfRule() + own).verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == "deny")
    let pfsense = PfText(root: "pfsense", rules: pfRule() + own)
    #expect(try pfsense.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == "permit")
  }

  /// NAT comes before outgoing rules (pf.conf(5), "TRANSLATION"), so that what they say of sources is not certain where
  /// sources are translated.
  @Test func outgoingRulesSeeTranslatedSources() throws {
    let out = pfRule(
      "block", on: "wan,opt1", from: "<network>lan</network>", floating("<quick>yes</quick><direction>out</direction>"))
    let config = PfText(rules: pfRule() + out)
    #expect(try config.verdict("lan", "wan", "tcp 10.1.0.5 198.51.100.9 80") == "open")
    let off = PfText(rules: pfRule() + out, more: "<nat><outbound><mode>disabled</mode></outbound></nat>")
    #expect(try off.verdict("lan", "wan", "tcp 10.1.0.5 198.51.100.9 80") == "deny")
    #expect(try off.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 80") == "deny")
  }

  /// OPNsense stores 0 and 1 (Rule.php, `parseIsComment`: `!empty`); pfSense asks whether the element is there
  /// (filter.inc, `isset($rule['disabled'])`).
  @Test func disabledIsAFlagOfEachProduct() throws {
    func verdict(_ root: String, _ flag: String) throws -> String {
      try PfText(root: root, rules: pfRule("pass", "<ipprotocol>inet</ipprotocol>" + flag))
        .verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502")
    }
    #expect(try verdict("opnsense", "<disabled>0</disabled>") == "permit")
    #expect(try verdict("opnsense", "<disabled>1</disabled>") == "deny")
    #expect(try verdict("opnsense", "<disabled/>") == "open")
    #expect(try verdict("pfsense", "<disabled/>") == "deny")
    // What pfSense would do with it, nobody means who writes it.
    #expect(try verdict("pfsense", "<disabled>0</disabled>") == "open")
  }

  /// `<any/>` and `<any>1</any>` are the same (`isset`), `<not/>` turns the rest round.
  @Test func endsOfARule() throws {
    func verdict(_ source: String, _ packet: String) throws -> String {
      try PfText(rules: pfRule(from: source)).verdict("lan", "opt1", packet)
    }
    let (inside, outside) = ("tcp 10.1.0.5 10.2.0.9 502", "tcp 10.9.0.5 10.2.0.9 502")
    #expect(try verdict("<any>1</any>", outside) == "permit")
    #expect(try verdict("<network>lan</network><not/>", inside) == "deny")
    #expect(try verdict("<network>lan</network><not>1</not>", outside) == "permit")
    #expect(try verdict("<network>lan</network><not>0</not>", inside) == "permit")
    #expect(try verdict("<network>lanip</network>", "tcp 10.1.0.1 10.2.0.9 502") == "permit")
    #expect(try verdict("<network>lanip</network>", inside) == "deny")
    #expect(try verdict("<network>(self)</network>", "tcp 10.2.0.1 10.2.0.9 502") == "permit")
    #expect(try verdict("<address>10.1.0.0/28</address>", inside) == "permit")
    // The products leave a rule out whose address they cannot make sense of; it is not said to permit or deny.
    #expect(try verdict("<address>NO_SUCH</address>", inside) == "open")
  }

  /// An empty end is any to OPNsense (Rule.php, "empty($tmp['to']) ? any"); pfSense leaves the rule out (filter.inc,
  /// "returning at dst").
  @Test func anEmptyDestination() throws {
    #expect(try PfText(rules: pfRule(to: "")).verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == "permit")
    let pfsense = PfText(root: "pfsense", rules: pfRule(to: ""))
    #expect(try pfsense.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == "open")
    #expect(try pfsense.gaps().count == 1)
  }

  @Test func protocolsAndPorts() throws {
    func verdict(_ more: String, to destination: String, _ packet: String) throws -> String {
      try PfText(rules: pfRule(to: destination, "<ipprotocol>inet</ipprotocol>" + more)).verdict("lan", "opt1", packet)
    }
    let modbus = "<any/><port>502</port>"
    #expect(try verdict("<protocol>tcp</protocol>", to: modbus, "tcp 10.1.0.5 10.2.0.9 502") == "permit")
    #expect(try verdict("<protocol>tcp</protocol>", to: modbus, "tcp 10.1.0.5 10.2.0.9 503") == "deny")
    #expect(try verdict("<protocol>tcp/udp</protocol>", to: modbus, "udp 10.1.0.5 10.2.0.9 502") == "permit")
    let range = "<any/><port>4840-4850</port>"
    #expect(try verdict("<protocol>tcp</protocol>", to: range, "tcp 10.1.0.5 10.2.0.9 4850") == "permit")
    #expect(try verdict("<protocol>tcp</protocol>", to: range, "tcp 10.1.0.5 10.2.0.9 4851") == "deny")
    #expect(try verdict("", to: "<any/>", "gre 10.1.0.5 10.2.0.9") == "permit")
    let icmp = "<protocol>icmp</protocol><icmptype>echoreq,timex</icmptype>"
    #expect(try verdict(icmp, to: "<any/>", "icmp 10.1.0.5 10.2.0.9 8") == "permit")
    #expect(try verdict(icmp, to: "<any/>", "icmp 10.1.0.5 10.2.0.9 5") == "deny")
    #expect(try verdict("<protocol>nonsense</protocol>", to: "<any/>", "tcp 10.1.0.5 10.2.0.9 80") == "open")
  }

  /// Without a protocol the port is passed over (OPNsense Rule.php, convertAddress; pfSense filter.inc,
  /// filter_generate_port), so that the rule is wider than it looks.
  @Test func aPortWithoutAProtocolIsNotTaken() throws {
    let config = PfText(rules: pfRule(to: "<any/><port>502</port>"))
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == "permit")
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 22") == "open")
    #expect(try config.gaps().count == 1)
  }

  /// A tag that the device never writes: it would pass over it and make a rule for every port.
  @Test func anUnknownElementIsAGap() throws {
    let config = PfText(rules: pfRule(to: "<any/><dstport>502</dstport>", tcp))
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 22") == "open")
    #expect(try config.gaps().first?.contains("<dstport>") == true)
    let list = PfText(rules: pfRule(to: "<address>10.2.0.9,10.2.0.10</address>"))
    #expect(try list.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 22") == "open")
    #expect(try list.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.11 22") == "deny")
    #expect(try list.gaps().count == 1)
  }

  /// What narrows a rule in ways that the model does not hold leaves a pass open and does not make a block certain.
  @Test(arguments: [
    "<gateway>WAN2</gateway>", "<tagged>VPN</tagged>", "<os>Linux</os>", "<statetype>none</statetype>",
    "<max-src-conn>3</max-src-conn>", "<sched>night</sched>", "<dscp>ef</dscp>",
  ]) func conditionsThatAreNotInTheModel(element: String) throws {
    let schedules = "<schedules><schedule><name>night</name></schedule></schedules>"
    let pass = PfText(rules: pfRule("pass", "<ipprotocol>inet</ipprotocol>" + element), more: schedules)
    #expect(try pass.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == "open")
    if element.contains("gateway") || element.contains("statetype") { return }
    let block = PfText(rules: pfRule("block", "<ipprotocol>inet</ipprotocol>" + element) + pfRule(), more: schedules)
    #expect(try block.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == "open")
  }

  /// A schedule is a state of the rule, besides its bounds.
  @Test func schedules() throws {
    let more = "<schedules><schedule><name>night</name></schedule></schedules>"
    let rule = pfRule("pass", "<ipprotocol>inet</ipprotocol><sched>night</sched>")
    let device = try PfText(rules: rule, more: more).device()
    #expect(device.lists[0].rules.contains { $0.state == .scheduled(name: "night") })
  }

  /// "Match: apply rule options without deciding" (OPNsense, "Action"); pfSense, "Floating Rules".
  @Test func matchRulesDecideNothing() throws {
    let rules = pfRule("match", on: "lan", floating("<direction>in</direction>")) + pfRule("block")
    #expect(try PfText(rules: rules).verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == "deny")
  }

  /// Without `<ipprotocol>` pfSense makes an IPv4 rule (filter.inc), OPNsense one without a family.
  @Test func families() throws {
    let interfaces = PfText().interfaces
    let rules = pfRule("pass", "")
    let packet = "tcp 2001:db8::5 2001:db8:2::9 502"
    #expect(try PfText(rules: rules, interfaces: interfaces).verdict("lan", "opt1", packet) == "permit")
    #expect(try PfText(root: "pfsense", rules: rules, interfaces: interfaces).verdict("lan", "opt1", packet) == "deny")
    let both = pfRule("pass", "<ipprotocol>inet46</ipprotocol>")
    #expect(try PfText(root: "pfsense", rules: both).verdict("lan", "opt1", packet) == "permit")
  }

  /// A floating rule of pfSense without a known interface is one for all of them (filter.inc); one that does not float
  /// is about nothing.
  @Test func undefinedInterfaces() throws {
    let float = pfRule("pass", on: "opt9", floating("<quick>yes</quick><direction>in</direction>"))
    let config = PfText(root: "pfsense", rules: float)
    #expect(try config.verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == "open")
    #expect(try config.reading().issues.contains { $0.kind == .undefinedReference })
    #expect(try PfText(rules: pfRule(on: "opt9")).verdict("lan", "opt1", "tcp 10.1.0.5 10.2.0.9 502") == "deny")
  }

  @Test func loggingCommentsAndObjects() throws {
    let aliases = "<aliases><alias><name>PLC</name><type>host</type><address>10.2.0.9</address></alias></aliases>"
    let rule = pfRule(to: "<address>PLC</address>", tcp + "<log/><descr>ticket 4711</descr>")
    let device = try PfText(root: "pfsense", rules: rule, more: aliases).device()
    let lowered = try #require(device.lists[0].rules.first { $0.comment == "ticket 4711" })
    #expect(lowered.logging == .on)
    #expect(lowered.name == "filter rule 1")
    #expect(lowered.objects.map(\.name) == ["PLC"])
  }
}
