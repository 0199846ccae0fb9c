import ConfigReaders
import PacketSets
import Reachability
import RuleModel
import SourceText
import Testing

/// Firewall filters and where they are bound.
@Suite struct JunosSRXFilterTests {
  private let filter = "set firewall family inet filter F term"
  private let open = "set security policies default-policy permit-all\n"
  private let bind = "set interfaces ge-0/0/0 unit 0 family inet filter input F\n"

  /// What the filter alone does with a packet.
  private func verdict(_ text: String, _ wanted: String, list: String = "F", ingress: String = "ge-0/0/0.0") throws
    -> String
  {
    let device = try junosDevice(text)
    let index = try #require(device.lists.firstIndex { $0.name == list })
    let verdict = ConcreteEvaluator(device: device, ingress: ingress, egress: "").evaluate(
      list: index, try packet(wanted))
    return verdict.isPermitted ? "permit" : verdict.isDenied ? "deny" : "open"
  }

  /// "Firewall Filter Terminating Actions", "How Standard Firewall Filters Evaluate Packets": first term that matches, no
  /// action accepts, the end discards.
  @Test func termsInOrder() throws {
    let text = """
      \(filter) a from source-address 10.0.1.10/32
      \(filter) a then discard
      \(filter) b from protocol tcp
      \(filter) b from destination-port [ 502 http ]
      \(filter) b then count hits
      \(filter) c from protocol udp
      \(filter) c then next term
      \(filter) c then log
      \(filter) d from protocol udp
      \(filter) d from port ntp

      """
    #expect(try verdict(text, "tcp 10.0.1.10 10.0.2.5 502") == "deny")
    #expect(try verdict(text, "tcp 10.0.1.11 10.0.2.5 502") == "permit")
    #expect(try verdict(text, "tcp 10.0.1.11 10.0.2.5 80") == "permit")
    #expect(try verdict(text, "tcp 10.0.1.11 10.0.2.5 81") == "deny")
    #expect(try verdict(text, "udp 10.0.1.11 10.0.2.5 123") == "permit")
    #expect(try verdict(text, "udp 10.0.1.11 10.0.2.5 9999 123") == "permit")
    #expect(try verdict(text, "udp 10.0.1.11 10.0.2.5 53") == "deny")
    let rules = try #require(try junosDevice(text).list("F")?.rules)
    #expect(rules.map(\.action) == [.deny(rejects: false), .permit, .proceed, .permit])
    #expect(rules.map(\.logging) == [.off, .off, .on, .off])
  }

  /// "Specifying Address Filter Match Conditions": longest match decides in a list, which ends in an implicit `0/0 except`.
  @Test func exceptedAddresses() throws {
    let text = """
      \(filter) a from source-address 10.0.1.0/24 except
      \(filter) a from source-address 10.0.0.0/8
      \(filter) a from source-address 10.0.1.10/32
      \(filter) a then accept

      """
    #expect(try verdict(text, "tcp 10.0.2.1 10.0.2.5 502") == "permit")
    #expect(try verdict(text, "tcp 10.0.1.11 10.0.2.5 502") == "deny")
    #expect(try verdict(text, "tcp 10.0.1.10 10.0.2.5 502") == "permit")
    let alone = "\(filter) a from source-address 10.0.1.0/24 except\n\(filter) a then accept\n"
    #expect(try verdict(alone, "tcp 10.9.9.9 10.0.2.5 502") == "deny")
    let mask = "\(filter) a from source-address 10.0.1.0/255.0.255.0\n\(filter) a then accept\n"
    #expect(try verdict(mask, "tcp 10.77.1.9 10.0.2.5 502") == "permit")
  }

  @Test func prefixLists() throws {
    let text = """
      set policy-options prefix-list plc 10.0.2.0/24
      set policy-options prefix-list plc 10.0.3.0/24
      set policy-options prefix-list self apply-path "interfaces <*> unit <*> family inet address <*>"
      set policy-options prefix-list none
      \(filter) a from destination-prefix-list plc
      \(filter) a from destination-address 10.0.3.9/32 except
      \(filter) a then accept
      \(filter) b from prefix-list plc
      \(filter) b then reject
      \(filter) c from source-prefix-list self
      \(filter) c then accept

      """
    #expect(try verdict(text, "tcp 10.0.1.1 10.0.3.8 502") == "permit")
    #expect(try verdict(text, "tcp 10.0.1.1 10.0.3.9 502") == "deny")
    #expect(try verdict(text, "tcp 10.0.2.1 10.9.9.9 502") == "deny")
    // apply-path is not followed.
    #expect(try verdict(text, "tcp 10.0.1.1 10.9.9.9 502") == "open")
    let empty =
      "set policy-options prefix-list none\n\(filter) a from source-prefix-list none\n\(filter) a then accept\n"
    #expect(try verdict(empty, "tcp 10.0.1.1 10.9.9.9 502") == "open")
    let missing = try readJunos("\(filter) a from source-prefix-list nobody\n\(filter) a then accept\n")
    #expect(missing.issues.contains { $0.kind == .undefinedReference })
  }

  /// "Firewall Filter Match Conditions Based on Bit-Field Values".
  @Test func flags() throws {
    func fate(_ condition: String, flags: UInt8) throws -> String {
      let device = try junosDevice(
        "\(filter) a from protocol tcp\n\(filter) a from \(condition)\n\(filter) a then accept\n")
      var tcp = try packet("tcp 10.0.1.1 10.0.2.5 502")
      tcp.tcpFlags = flags
      let verdict = ConcreteEvaluator(device: device, ingress: "", egress: "").evaluate(list: 0, tcp)
      return verdict.isPermitted ? "permit" : verdict.isDenied ? "deny" : "open"
    }
    #expect(try fate("tcp-initial", flags: 2) == "permit")
    #expect(try fate("tcp-initial", flags: 18) == "deny")
    #expect(try fate("tcp-established", flags: 16) == "permit")
    #expect(try fate("tcp-established", flags: 2) == "deny")
    #expect(try fate("tcp-flags \"(syn & !ack) | rst\"", flags: 4) == "permit")
    #expect(try fate("tcp-flags \"(syn & !ack) | rst\"", flags: 18) == "deny")
    #expect(try fate("tcp-flags 0x2", flags: 2) == "permit")
    #expect(try fate("tcp-flags \"(syn\"", flags: 2) == "open")
  }

  /// "Firewall Filter Match Conditions": ports do not imply the protocol.
  @Test func portsWithoutProtocolAreOpen() throws {
    let text = "\(filter) a from destination-port 502\n\(filter) a then accept\n"
    #expect(try verdict(text, "tcp 10.0.1.1 10.0.2.5 502") == "permit")
    #expect(try verdict(text, "icmp 10.0.1.1 10.0.2.5 8") == "open")
  }

  @Test(arguments: [
    "from is-fragment", "from dscp ef", "from packet-length 100-200", "from ttl 1", "then policer p",
    "from frobnicate 1",
    "from protocol frobnicate", "filter other",
  ])
  func openTerms(line: String) throws {
    let accept = "\(filter) a \(line)\n\(filter) a then accept\n"
    #expect(try verdict(accept, "tcp 10.0.1.1 10.0.2.5 502") == "open")
    guard !line.hasPrefix("then") else { return }
    let discard = "\(filter) a \(line)\n\(filter) a then discard\n\(filter) z then accept\n"
    #expect(try verdict(discard, "tcp 10.0.1.1 10.0.2.5 502") == "open")
  }

  /// "Guidelines for Applying Standard Firewall Filters": per family, at the input or the output of an interface.
  @Test func bindings() throws {
    let rules = "\(filter) a from destination-address 10.0.2.0/24\n\(filter) a then accept\n"
    let input = try junosDevice(junosBase + open + rules + bind)
    #expect(try input.junosFate("tcp 10.0.1.1 10.0.2.5 502") == "permit")
    #expect(try input.junosFate("tcp 10.0.1.1 10.0.3.5 502", to: "ge-0/0/2.0") == "deny")
    #expect(try input.junosFate("tcp 10.0.2.1 10.0.3.5 502", from: "ge-0/0/1.0", to: "ge-0/0/2.0") == "permit")
    #expect(input.unboundLists.isEmpty)
    // A filter for IPv4 does not touch IPv6.
    let flow = "set security forwarding-options family inet6 mode flow-based\n"
    #expect(
      try junosDevice(junosBase + open + rules + bind + flow).junosFate("udp 2001:db8::1 2001:db8::2 53") == "permit")
    let output = "set interfaces ge-0/0/2 unit 0 family inet filter output F\n"
    let device = try junosDevice(junosBase + open + rules + output)
    #expect(try device.junosFate("tcp 10.0.1.1 10.0.3.5 502", to: "ge-0/0/2.0") == "deny")
    #expect(try device.junosFate("tcp 10.0.1.1 10.0.2.5 502") == "permit")
  }

  @Test func unboundAndUndefinedFilters() throws {
    let device = try junosDevice(junosBase + open + "\(filter) a then discard\n")
    #expect(device.unboundLists.map { device.lists[$0].name } == ["F"])
    #expect(try device.junosFate("tcp 10.0.1.1 10.0.2.5 502") == "permit")
    let missing = try readJunos(junosBase + open + bind)
    #expect(missing.issues.contains { $0.kind == .undefinedReference })
    #expect(try #require(missing.devices.first).junosFate("tcp 10.0.1.1 10.0.2.5 502") == "open")
  }

  /// "Multiple Firewall Filters Applied as a List": one after the other as one filter, discarded at the end of the last.
  @Test func listsOfFilters() throws {
    let text = """
      set firewall family inet filter A term a from protocol udp
      set firewall family inet filter A term a then discard
      set firewall family inet filter B term b from protocol tcp
      set firewall family inet filter B term b then accept
      set interfaces ge-0/0/0 unit 0 family inet filter input-list [ A B ]

      """
    let device = try junosDevice(junosBase + open + text)
    #expect(try device.junosFate("tcp 10.0.1.1 10.0.2.5 502") == "permit")
    #expect(try device.junosFate("udp 10.0.1.1 10.0.2.5 502") == "deny")
    #expect(try device.junosFate("icmp 10.0.1.1 10.0.2.5 8") == "deny")
    #expect(device.unboundLists.isEmpty)
  }

  @Test func interfacesInTerms() throws {
    let text = """
      set firewall interface-set uplinks ge-0/0/7.*
      \(filter) a from interface ge-0/0/0.0
      \(filter) a then accept
      \(filter) b from interface-set uplinks
      \(filter) b then accept

      """
    #expect(try verdict(text, "tcp 10.0.1.1 10.0.2.5 502") == "permit")
    #expect(try verdict(text, "tcp 10.0.1.1 10.0.2.5 502", ingress: "ge-0/0/1.0") == "deny")
    #expect(try verdict(text, "tcp 10.0.1.1 10.0.2.5 502", ingress: "ge-0/0/7.12") == "permit")
  }
}
