import ConfigReaders
import PacketSets
import RuleModel
import SourceText
import Testing

/// Address books, applications and the sets of both.
@Suite struct JunosSRXObjectTests {
  private func sources(_ name: String, _ objects: String) throws -> MatchBounds {
    let device = try junosDevice(junosBase + objects + junosPolicy("a", source: name))
    return try #require(device.list("from-zone office to-zone cell")?.rules[0].match)
  }

  private func services(_ name: String, _ objects: String = "") throws -> MatchBounds {
    let device = try junosDevice(junosBase + objects + junosPolicy("a", application: name))
    return try #require(device.list("from-zone office to-zone cell")?.rules[0].match)
  }

  /// "Address Books and Address Sets": prefixes, ranges, wildcards, predefined addresses, sets of sets.
  @Test func addressTypes() throws {
    let book = "set security address-book global"
    let objects = """
      \(book) address range range-address 10.0.1.20 to 10.0.1.22
      \(book) address odd wildcard-address 10.0.1.1/255.255.255.1
      \(book) address v6 2001:db8::/64
      \(book) address-set inner address range
      \(book) address-set outer address-set inner
      \(book) address-set outer address scada

      """
    #expect(try sources("range", objects).upper[0].sources.description == "10.0.1.20-10.0.1.22")
    #expect(try sources("v6", objects).upper[0].sources.description == "2001:db8::/64")
    let odd = try sources("odd", objects).upper[0].sources
    #expect(odd.contains(try #require(IPAddress("10.0.1.7"))))
    #expect(!odd.contains(try #require(IPAddress("10.0.1.8"))))
    #expect(try sources("outer", objects).upper[0].sources.description == "10.0.1.10, 10.0.1.20-10.0.1.22")
    #expect(try sources("outer", objects).isExact)
    #expect(try sources("any", "").upper[0].sources == .all)
    #expect(try sources("any-ipv4", "").upper[0].sources == .allV4)
    #expect(try sources("any-ipv6", "").upper[0].sources == .allV6)
  }

  /// "Address Books and Address Sets": the book of the zone is asked first, then the global one.
  @Test func booksOfZones() throws {
    let attached = """
      set security address-book line address scada 10.0.1.99/32
      set security address-book line attach zone office

      """
    #expect(try sources("scada", attached).upper[0].sources.description == "10.0.1.99")
    // Books inside zones, as before Junos 11.2.
    let inside = "set security zones security-zone office address-book address scada 10.0.1.98/32\n"
    #expect(try sources("scada", inside).upper[0].sources.description == "10.0.1.98")
    let other = """
      set security address-book line address far 10.9.9.9/32
      set security address-book line attach zone cell

      """
    // An address of the destination's book is unknown as a source.
    #expect(try !sources("far", other).isExact)
  }

  @Test func dynamicAndUndefinedAddresses() throws {
    let dns = "set security address-book global address web dns-name scada.example.com\n"
    let reading = try readJunos(junosBase + dns + junosPolicy("a", source: "web") + junosPolicy("b", source: "nobody"))
    #expect(reading.issues.map(\.kind) == [.dynamicObject, .undefinedReference])
    let rules = try #require(reading.devices.first?.list("from-zone office to-zone cell")?.rules)
    for rule in rules { #expect(rule.match.lower.allSatisfy { !$0.mayMatch } && rule.match.upper[0].sources == .all) }
    let empty = try readJunos(
      junosBase + "set security address-book global address e description x\n" + junosPolicy("a", source: "e"))
    #expect(empty.ledger.isIncomplete)
  }

  @Test func setsThatContainThemselves() throws {
    let book = "set security address-book global address-set"
    let sets = "\(book) a address-set b\n\(book) b address-set a\n"
    #expect(try !sources("a", sets).isExact)
    let applications = "set applications application-set"
    #expect(try !services("a", "\(applications) a application-set b\n\(applications) b application-set a\n").isExact)
    var chain = ""
    for i in 0..<2000 { chain += "\(book) s\(i) address-set s\(i + 1)\n" }
    #expect(try !sources("s0", chain).isExact)
  }

  /// "Custom Policy Applications": protocol, ports, ICMP types, terms, sets.
  @Test func applications() throws {
    let app = "set applications application"
    let objects = """
      \(app) two term t1 protocol tcp destination-port 80-81
      \(app) two term t2 protocol udp destination-port domain source-port 1024-65535
      \(app) echo protocol icmp icmp-type 8 icmp-code 0
      \(app) gre protocol gre
      set applications application-set all application two
      set applications application-set all application-set more
      set applications application-set more application gre

      """
    let two = try services("two", objects).upper[0].services
    #expect(two.map(\.description) == ["tcp/80-81", "udp/53 from port 1024-65535"])
    #expect(try services("echo", objects).upper[0].services.map(\.description) == ["icmp/type 8 code 0"])
    #expect(try services("all", objects).upper[0].services.map(\.description) == two.map(\.description) + ["ip/47"])
    let rpc = "\(app) rpc protocol tcp\n\(app) rpc rpc-program-number 100003\n"
    let bounds = try services("rpc", rpc)
    #expect(bounds.lower.allSatisfy { !$0.mayMatch } && bounds.upper[0].services.map(\.description) == ["tcp"])
    #expect(try !services("odd", "\(app) odd destination-port 80\n").isExact)
    #expect(try !services("odd", "\(app) odd protocol tcp destination-port eighty\n").isExact)
  }

  /// One application that is written in one line, in several, and in braces is the same.
  @Test func applicationForms() throws {
    let braces = """
      applications {
          application m {
              term t1 alg ignore protocol tcp source-port 1024-65535 destination-port 502;
          }
      }

      """
    let path = "set applications application m term t1"
    let lines =
      "\(path) alg ignore\n\(path) protocol tcp\n\(path) source-port 1024-65535\n\(path) destination-port 502\n"
    #expect(try services("m", braces).upper == services("m", lines).upper)
    #expect(try services("m", braces).isExact)
  }

  /// "Predefined Policy Applications", and `show groups junos-defaults`.
  @Test(arguments: [
    ("junos-ssh", "tcp/22"), ("junos-https", "tcp/443"), ("junos-dns-udp", "udp/53"), ("junos-ntp", "udp/123"),
    ("junos-smb", "tcp/139,445"), ("junos-cifs", "tcp/139, tcp/445"), ("junos-icmp-all", "icmp"),
    ("junos-ms-sql", "tcp/1433"), ("junos-syslog", "udp/514"), ("junos-rdp", "tcp/3389"), ("junos-tcp-any", "tcp"),
    ("junos-ospf", "ip/89"), ("junos-icmp6-echo-request", "icmpv6/type 128"),
  ])
  func factoryApplications(name: String, services expected: String) throws {
    let bounds = try services(name)
    #expect(bounds.isExact)
    #expect(bounds.upper[0].services.map(\.description).joined(separator: ", ") == expected)
  }

  @Test func openFactoryApplications() throws {
    let ping = try services("junos-ping")
    #expect(ping.lower[0].services.map(\.description) == ["icmp/type 8 code 0"])
    #expect(ping.upper[0].services.map(\.description) == ["icmp"])
    #expect(try services("junos-ms-rpc-epm").lower.allSatisfy { !$0.mayMatch })
    let unknown = try readJunos(junosBase + junosPolicy("a", application: "junos-frobnicate"))
    #expect(unknown.issues.map(\.kind) == [.undefinedReference])
  }
}
