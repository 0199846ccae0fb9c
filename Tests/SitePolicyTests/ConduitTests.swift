import PacketSets
import SitePolicy
import Testing

@Suite struct ConduitTests {
  /// A site with one conduit of these keys, whose map opens in column 6 of line 12.
  private func conduit(_ keys: String) -> String {
    plant("assets: {h: {address: 10.30.0.5}, mute: {zone: dmz}}\nconduits:\n  c: {\(keys)}\n")
  }

  private func expectOne(_ keys: String, _ expected: String) throws {
    let found = try errors(conduit(keys))
    #expect(found.count == 1 && found[0].hasPrefix("bulkhead.yml\(expected)"), "\(found)")
  }

  @Test(arguments: [
    ("from: dmz, to: control", ":12:6: conduit 'c' has no 'services'"),
    ("to: control, services: [any]", ":12:6: conduit 'c' has no 'from'"),
    ("from: dmz, to: control, services: []", ":12:41: 'services' is an empty list"),
    ("from: dmz, to: control, services: [any], review: 2027-02-30", ":12:56: 'review' is '2027-02-30', which is no"),
    ("from: dmz, to: control, services: [any], expires: 31.12.2027", ":12:57: 'expires' is '31.12.2027', which is no"),
    ("from: dmz, to: control, services: [any], required: 1", ":12:58: 'required' is '1'; write true or false"),
    (
      "from: dmz, to: control, services: [any], oneway: true",
      ":12:48: conduit 'c' has no key 'oneway'; did you mean 'one-way'?"
    ),
    ("from: dmz, to: control, services: [any], owner: ' '", ":12:55: 'owner' is empty"),
    ("from: dmz, to: control, services: [any], functions: ~", ":12:48: 'functions' has no value"),
  ])
  func `A mistake is named with its place`(keys: String, expected: String) throws {
    try expectOne(keys, expected)
  }

  @Test(arguments: [
    ("any", "'any' is no end of a conduit"), ("dmx", "there is no zone 'dmx'; did you mean 'dmz'?"),
    ("dmx/h", "there is no zone 'dmx'; did you mean 'dmz'?"),
    ("h", "'h' is an asset, not a zone; did you mean 'operations/h'?"),
    ("dmz/h", "asset 'h' is not in zone 'dmz'; did you mean 'operations/h'?"),
    ("operations/g", "there is no asset 'g' in zone 'operations'; did you mean 'h'?"),
    ("dmz/mute", "asset 'mute' has no address"),
    ("dmz/10.36.0.1", "zone 'dmz' does not hold '10.36.0.1'"), ("dmz/", "'' is not an address or network"),
    ("10.0.0.300", "'10.0.0.300' is not an address or network"), ("[dmz]", "'from' must be a single value, not a list"),
  ])
  func `An end that is none is named with its place`(from: String, expected: String) throws {
    try expectOne("from: \(from), to: control, services: [any]", ":12:13: \(expected)")
  }

  @Test(arguments: ["dmz", "dmz/10.35.0.7", "10.35.0.7"])
  func `A conduit does not lead from a zone to itself`(to: String) throws {
    try expectOne("from: dmz, to: \(to), services: [any]", ":12:3: conduit 'c' leads from zone 'dmz' to itself")
  }

  @Test(arguments: [
    ("tcp", "'tcp' is not a service"), ("http", "'http' is not a service"),
    ("tcp/65536", "'tcp/65536' names no port from 0 to 65535"), ("tcp/9-1", "'tcp/9-1' names no port"),
    ("'tcp/80,443'", "'tcp/80,443' names no port"), ("tcp/1-2-3", "'tcp/1-2-3' names no port"),
    ("tcp/-1", "'tcp/-1' names no port"), ("tcp/", "'tcp/' names no port"),
    ("tcp/99999999999999999999", "'tcp/99999999999999999999' names no port"),
    ("tpc/80", "'tpc/80' names no protocol that is known by name; did you mean 'tcp'?"),
    ("icmp/echo-requst", "'icmp/echo-requst' names no message type; did you mean 'echo-request'?"),
    ("icmp/256", "'icmp/256' names no message type"), ("ip/256", "'ip/256' names no IP protocol"),
  ])
  func `A service that is none is named with its place`(service: String, expected: String) throws {
    try expectOne("from: dmz, to: control, services: [\(service)]", ":12:42: \(expected)")
  }

  @Test(arguments: [
    ("{modbs: [read]}", ":60: there is no industrial protocol 'modbs'; did you mean 'modbus'?"),
    ("{modbus: [raed]}", ":69: 'raed' is no function of modbus; did you mean 'read'?"),
    ("{modbus: [0]}", ":69: '0' is no function of modbus"), ("{s7: [5]}", ":65: '5' is no function of s7"),
    ("{modbus: []}", ":68: 'modbus' is an empty list"), ("{}", ":59: 'functions' is empty"),
  ])
  func `A function that is none is named with its place`(functions: String, expected: String) throws {
    try expectOne("from: dmz, to: control, services: [any], functions: \(functions)", ":12\(expected)")
  }

  @Test(
    arguments: [
      ("tcp/502", "tcp", 502, 502), ("udp/0-65535", "udp", 0, 65535), ("sctp/2905", "sctp", 2905, 2905),
      ("dccp/1-2", "dccp", 1, 2),
    ] as [(String, String, UInt16, UInt16)])
  func `Services with ports`(text: String, proto: String, first: UInt16, last: UInt16) throws {
    let site = try load(conduit("from: dmz, to: control, services: [\(text)]"))
    let service = try #require(site.conduits[0].services.first)
    #expect(service.protocols.intervals.map { IPProtocol.name($0.lowerBound) } == [proto])
    #expect(service.destinationPorts.intervals == [first...last])
    #expect(service.sourcePorts.isAll)
  }

  @Test func `Services without ports`() throws {
    let list = "[any, icmp/echo-request, icmp/any, icmpv6/redirect, ip/0]"
    let services = try load(conduit("from: dmz, to: control, services: \(list)")).conduits[0].services
    #expect(services[0] == .any)
    #expect(services[1].protocols == IntervalSet(1) && services[1].icmpTypes == IntervalSet(8))
    #expect(services[2].protocols == IntervalSet(1) && services[2].icmpTypes.isAll)
    #expect(services[3].protocols == IntervalSet(58) && services[3].icmpTypes == IntervalSet(137))
    #expect(services[4] == Service(proto: 0))
  }

  @Test func `A network that lies in no zone, or in several, is an end without a zone`() throws {
    let site = try load(conduit("from: 203.0.113.7, to: 10.0.0.0/8, services: [any]"))
    #expect(site.conduits[0].from.zone == nil && site.conduits[0].to.zone == nil)
    #expect(site.conduits[0].from.addresses.description == "203.0.113.7")
    let six = try load(conduit("from: '2001:db8:10::/64', to: dmz, services: [any]"))
    #expect(six.conduits[0].from.zone == "corporate")
  }
}
