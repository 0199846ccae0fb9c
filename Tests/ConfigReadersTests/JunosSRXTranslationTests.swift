import ConfigReaders
import PacketSets
import Reachability
import RuleModel
import SourceText
import Testing

/// NAT: order, kinds, and what policies see.
@Suite struct JunosSRXTranslationTests {
  private let destination = """
    set security nat destination pool server address 10.0.2.5/32
    set security nat destination pool server address port 502
    set security nat destination rule-set in from zone office
    set security nat destination rule-set in rule r match destination-address 192.0.2.1/32
    set security nat destination rule-set in rule r match destination-port 1502
    set security nat destination rule-set in rule r then destination-nat pool server

    """

  /// NAT User Guide, "NAT Overview"/"Understanding Destination NAT": destination NAT comes before route and policy lookup,
  /// so a policy names the real destination and port.
  @Test func policiesSeeTheRealDestination() throws {
    let device = try junosDevice(junosBase + destination + junosPolicy("a"))
    #expect(try device.junosFate("tcp 10.0.1.10 192.0.2.1 1502") == "permit")
    #expect(try device.junosFate("tcp 10.0.1.10 192.0.2.1 502") == "deny")
    #expect(try device.junosFate("tcp 10.0.1.11 192.0.2.1 1502") == "deny")
    // Entering elsewhere, the rule set is not asked.
    #expect(try device.junosFate("tcp 10.0.1.10 192.0.2.1 1502", from: "ge-0/0/2.0") == "deny")
  }

  @Test func poolForms() throws {
    let inLine = destination.replacing("address 10.0.2.5/32\n", with: "address 10.0.2.5/32 port 502\n").replacing(
      "set security nat destination pool server address port 502\n", with: "")
    #expect(
      try junosDevice(junosBase + inLine + junosPolicy("a")).junosFate("tcp 10.0.1.10 192.0.2.1 1502") == "permit")
  }

  /// "Understanding Static NAT": static rules take precedence over destination rules.
  @Test func staticGoesFirst() throws {
    let text = """
      set security nat static rule-set s from zone office
      set security nat static rule-set s rule one match destination-address 192.0.2.0/24
      set security nat static rule-set s rule one then static-nat prefix 10.0.3.0/24

      """
    let device = try junosDevice(
      junosBase + destination + text
        + junosPolicy("a", destination: "any", application: "any"))
    let verdict = ConcreteEvaluator(device: device, ingress: "ge-0/0/0.0", egress: "ge-0/0/2.0").forward(
      try packet("tcp 10.0.1.10 192.0.2.1 1502"))
    #expect(verdict.trace.contains { $0.effect.contains("10.0.3.1:1502") })
    #expect(!verdict.trace.contains { $0.effect.contains("10.0.2.5") })
    // The way back: what the hosts send out to the office gets their outer address.
    let back = junosPolicy(
      "b", source: "any", destination: "any", application: "any", in: "from-zone cell to-zone office")
    let reverse = ConcreteEvaluator(
      device: try junosDevice(junosBase + text + back), ingress: "ge-0/0/2.0", egress: "ge-0/0/0.0"
    ).forward(try packet("tcp 10.0.3.7 10.0.1.10 80"))
    #expect(reverse.trace.contains { $0.effect.contains("192.0.2.7") })
  }

  /// "Understanding Source NAT": source NAT comes behind the policy, which sees the real source.
  @Test func sourceNATComesLast() throws {
    let text = """
      set security nat source rule-set out from zone office
      set security nat source rule-set out to zone cell
      set security nat source rule-set out rule keep match destination-address 10.0.2.9/32
      set security nat source rule-set out rule keep then source-nat off
      set security nat source rule-set out rule r match source-address 0.0.0.0/0
      set security nat source rule-set out rule r then source-nat interface

      """
    let device = try junosDevice(junosBase + text + junosPolicy("a"))
    func trace(_ wanted: String) throws -> [String] {
      ConcreteEvaluator(device: device, ingress: "ge-0/0/0.0", egress: "ge-0/0/1.0").forward(try packet(wanted)).trace
        .map(\.effect)
    }
    #expect(try trace("tcp 10.0.1.10 10.0.2.5 502").contains { $0.contains("10.0.2.1:49152 -> 10.0.2.5") })
    #expect(try !trace("tcp 10.0.1.10 10.0.2.9 502").contains { $0.contains("translates") })
    #expect(try device.junosFate("tcp 10.0.1.10 10.0.2.5 502") == "permit")
  }

  /// "Understanding NAT Rule Sets and Rules": a rule set for an interface goes before one for a zone, whatever the order.
  @Test func moreSpecificRuleSetsGoFirst() throws {
    let interface = """
      set security nat destination pool other address 10.0.2.77/32
      set security nat destination rule-set near from interface ge-0/0/0.0
      set security nat destination rule-set near rule r match destination-address 192.0.2.1/32
      set security nat destination rule-set near rule r then destination-nat pool other

      """
    let device = try junosDevice(junosBase + destination + interface + junosPolicy("a"))
    guard case .translate(let rules) = device.pipeline[0].work else {
      Issue.record("translation comes first")
      return
    }
    #expect(
      rules.map(\.destination) == [
        .pool(AddressSet(try #require(IPAddress("10.0.2.77")))), .pool(AddressSet(try #require(IPAddress("10.0.2.5")))),
      ])
  }

  @Test func whatIsNotKnownIsOpen() throws {
    let missing = destination.replacing("pool server address", with: "pool elsewhere address")
    let reading = try readJunos(junosBase + missing + junosPolicy("a"))
    #expect(reading.issues.contains { $0.kind == .undefinedReference })
    let odd = destination + "set security nat destination rule-set in rule r match frobnicate x\n"
    #expect(try readJunos(junosBase + odd).ledger.isIncomplete)
    let name = destination.replacing("destination-address 192.0.2.1/32", with: "destination-address-name nobody")
    guard case .translate(let rules) = try junosDevice(junosBase + name).pipeline[0].work else { return }
    #expect(!rules[0].match.isExact)
  }

  /// "routing-options static": next hops by the network that they lie in.
  @Test func routes() throws {
    let text = """
      set routing-options static route 0.0.0.0/0 next-hop 10.0.1.254
      set routing-options static route 172.16.0.0/16 next-hop ge-0/0/2.0
      set routing-options static route 172.17.0.0/16 discard
      set routing-options static route 172.18.0.0/16 qualified-next-hop 10.0.2.254 preference 7
      set routing-options static route 172.19.0.0/16 next-hop 203.0.113.1

      """
    let reading = try readJunos(junosBase + text)
    let routes = try #require(reading.devices.first?.routes)
    #expect(routes.map(\.interface) == ["ge-0/0/0.0", "ge-0/0/2.0", nil, "ge-0/0/1.0"])
    #expect(routes.map(\.distance) == [5, 5, 5, 7])
    #expect(reading.ledger.gaps.map(\.couldChangeVerdict) == [false])
  }
}
