/// A data file with one iptables firewall whose policy is the list, and the check for shadowing switched on.
func firewallBuilderText(_ set: RuleSet) -> [UInt8] {
  var networks = Definitions<Interval<UInt128>>(prefix: "net")
  var services = Definitions<FirewallBuilderService>(prefix: "svc")
  var rules = ByteText()
  for (index, rule) in set.rules.enumerated() {
    let box = rule.box
    let source = box.source == set.family.any ? "sysid0" : networks.name(box.source)
    let destination = box.destination == set.family.any ? "sysid0" : networks.name(box.destination)
    let service = box.proto == Service.anyProtocol ? "sysid1" : services.name(FirewallBuilderService(box))
    rules.append(
      """
      <PolicyRule id="rule\(index)" disabled="False" log="False" position="\(index)" \
      action="\(rule.permits ? "Accept" : "Deny")" direction="Both" comment="">\
      <Src neg="False"><ObjectRef ref="\(source)"/></Src><Dst neg="False"><ObjectRef ref="\(destination)"/></Dst>\
      <Srv neg="False"><ServiceRef ref="\(service)"/></Srv><Itf neg="False"><ObjectRef ref="sysid0"/></Itf>\
      <When neg="False"><IntervalRef ref="sysid2"/></When>\
      <PolicyRuleOptions><Option name="stateless">True</Option></PolicyRuleOptions></PolicyRule>

      """)
  }
  var text = ByteText()
  text.append(
    """
    <?xml version="1.0" encoding="utf-8"?>
    <!DOCTYPE FWObjectDatabase SYSTEM "fwbuilder.dtd">
    <FWObjectDatabase xmlns="http://www.fwbuilder.org/1.0/" version="24" lastModified="0" id="root">
    <Library id="syslib000" name="Standard" ro="True">
    <AnyNetwork id="sysid0" name="Any" address="0.0.0.0" netmask="0.0.0.0"/>
    <AnyIPService id="sysid1" name="Any" protocol_num="0"/>
    <AnyInterval id="sysid2" name="Any" days_of_week="0,1,2,3,4,5,6" from_day="-1" from_hour="-1" from_minute="-1" \
    from_month="-1" from_weekday="-1" from_year="-1" to_day="-1" to_hour="-1" to_minute="-1" to_month="-1" \
    to_weekday="-1" to_year="-1"/>
    </Library>
    <Library id="user" name="User" ro="False">
    <ObjectGroup id="objects" name="Objects">

    """)
  text.append("<ObjectGroup id=\"addresses\" name=\"Addresses\">\n")
  for (name, network) in networks.inOrder where network.isSingle { text.append(name, network, "IPv4", set.family) }
  text.append("</ObjectGroup>\n<ObjectGroup id=\"networks\" name=\"Networks\">\n")
  for (name, network) in networks.inOrder where !network.isSingle { text.append(name, network, "Network", set.family) }
  text.append("</ObjectGroup>\n</ObjectGroup>\n<ServiceGroup id=\"services\" name=\"Services\">\n")
  for (group, isIn) in FirewallBuilderService.groups {
    text.append("<ServiceGroup id=\"\(group)\" name=\"\(group)\">\n")
    for (name, service) in services.inOrder where isIn(service.proto) { text.append(service.element(name)) }
    text.append("</ServiceGroup>\n")
  }
  text.append(
    """
    </ServiceGroup>
    <ObjectGroup id="firewalls" name="Firewalls">
    <Firewall id="fw0" name="fw" host_OS="linux24" platform="iptables" version="" inactive="False" lastCompiled="0" \
    lastInstalled="0" lastModified="0">
    <NAT id="nat" name="NAT" ipv4_rule_set="False" ipv6_rule_set="False" top_rule_set="True"><RuleSetOptions/></NAT>
    <Policy id="policy" name="Policy" ipv4_rule_set="False" ipv6_rule_set="False" top_rule_set="True">

    """)
  return text.bytes + rules.bytes
    + Array(
      """
      <RuleSetOptions/></Policy>
      <Routing id="routing" name="Routing" ipv4_rule_set="False" ipv6_rule_set="False" top_rule_set="True">\
      <RuleSetOptions/></Routing>
      <Interface id="if0" name="eth0" label="outside" dyn="False" unnum="False" unprotected="False" \
      security_level="0" dedicated_failover="False">
      <IPv4 id="if0address" name="fw:eth0:ip" address="198.51.100.1" netmask="255.255.255.0"/>
      <InterfaceOptions/></Interface>
      <Management address="0.0.0.0"><SNMPManagement enabled="False" snmp_read_community="" snmp_write_community=""/>\
      <FWBDManagement enabled="False" identity="" port="-1"/>\
      <PolicyInstallScript arguments="" command="" enabled="False"/></Management>
      <FirewallOptions>
      <Option name="check_shading">True</Option>
      <Option name="firewall_is_part_of_any_and_networks">False</Option>
      <Option name="accept_established">False</Option>
      <Option name="configure_interfaces">False</Option>
      <Option name="verify_interfaces">False</Option>
      <Option name="load_modules">False</Option>
      <Option name="use_iptables_restore">True</Option>
      </FirewallOptions>
      </Firewall>
      </ObjectGroup>
      </Library>
      </FWObjectDatabase>

      """.utf8)
}

/// A service object of Firewall Builder.
private struct FirewallBuilderService: Hashable {
  var proto: UInt16
  var source: Interval<UInt16>
  var destination: Interval<UInt16>

  init(_ box: Box) { (proto, source, destination) = (box.proto.low, box.sourcePort, box.destinationPort) }

  /// The groups that services stand in, by protocol.
  static let groups: [(String, @Sendable (UInt16) -> Bool)] = [
    ("IP", { ![1, 6, 17].contains($0) }), ("ICMP", { $0 == 1 }), ("TCP", { $0 == 6 }), ("UDP", { $0 == 17 }),
  ]

  func element(_ name: String) -> String {
    // Ports 0 to 0 mean all.
    func ends(_ ports: Interval<UInt16>, _ side: String) -> String {
      let ends = ports == .all ? Interval(0, 0) : ports
      return "\(side)_range_start=\"\(ends.low)\" \(side)_range_end=\"\(ends.high)\""
    }
    let ports = ends(source, "src") + " " + ends(destination, "dst")
    switch proto {
    case 1: return "<ICMPService id=\"\(name)\" name=\"\(name)\" type=\"-1\" code=\"-1\"/>\n"
    case 17: return "<UDPService id=\"\(name)\" name=\"\(name)\" \(ports)/>\n"
    case 6:
      let flags = ["ack", "fin", "psh", "rst", "syn", "urg"].map { "\($0)_flag=\"False\" \($0)_flag_mask=\"False\"" }
      return "<TCPService id=\"\(name)\" name=\"\(name)\" \(flags.joined(separator: " ")) \(ports)/>\n"
    default:
      return "<IPService id=\"\(name)\" name=\"\(name)\" protocol_num=\"\(proto)\" fragm=\"False\" lsrr=\"False\" "
        + "rr=\"False\" short_fragm=\"False\" ssrr=\"False\" ts=\"False\"/>\n"
    }
  }
}

extension ByteText {
  fileprivate mutating func append(
    _ name: String, _ network: Interval<UInt128>, _ element: StaticString, _ family: Family
  ) {
    append("<")
    append(element)
    append(" id=\"\(name)\" name=\"\(name)\" address=\"")
    append(address: network.low, family)
    append("\" netmask=\"")
    append(address: family.any.high - (network.high - network.low), family)
    append("\"/>\n")
  }
}
