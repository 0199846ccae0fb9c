import PacketSets

/// What is known of an App-ID: where its traffic is expected, and which industrial functions it stands for.
struct PANApplication {
  /// Standard ports; nil when they are not known.
  var services: [Service]?
  /// Ports that `application-default` may admit besides the standard ones.
  var more: [Service] = []
  /// Functions that the application certainly and possibly stands for; packets without any belong to every application.
  var surely: IntervalSet<UInt16> = .empty
  var possibly: IntervalSet<UInt16> = .empty

  /// An application of which nothing is known.
  static let unknown = PANApplication(services: nil, possibly: IntervalSet(256...UInt16.max))
}

/// App-IDs whose standard ports and functions are documented.
///
/// Names and functions of the industrial ones: Palo Alto Networks data sheet "App-IDs for ICS and SCADA". Applipedia
/// shows standard ports, but cannot be read offline; the ports here are those that IANA has assigned to the same
/// protocols. Any other name is an application of which nothing is known.
enum PANApplicationTable {
  /// The application of that name; nil when it is not in the table.
  static func application(_ name: String) -> PANApplication? {
    if let code = modbusFunctions[name] {
      let function = IntervalSet(IndustrialFunction.modbus(code: code).rawValue)
      return PANApplication(services: modbus, surely: function, possibly: function)
    }
    if let family = families[name] {
      let all = functions(of: family.industrialProtocol)
      return PANApplication(services: family.services, surely: all, possibly: all)
    }
    if let office = office[name] { return office }
    if name == "modbus-base" {
      // What has no App-ID of its own is left to the base, programming functions such as 90 (UMAS) among it.
      let named = IntervalSet(
        modbusFunctions.values.map {
          let value = IndustrialFunction.modbus(code: $0).rawValue
          return value...value
        })
      return PANApplication(services: modbus, possibly: functions(of: .modbus).subtracting(named))
    }
    // A variant whose functions are not published is one of its protocol's.
    for (container, family) in families where name.hasPrefix(container + "-") {
      return PANApplication(services: family.services, possibly: functions(of: family.industrialProtocol))
    }
    return nil
  }

  private static let modbus = [tcp(502...502)]

  /// Function codes: Modbus Application Protocol V1.1b3, section 6.
  private static let modbusFunctions: [String: UInt8] = [
    "modbus-read-coils": 1,
    "modbus-read-discrete-inputs": 2,
    "modbus-read-holding-registers": 3,
    "modbus-read-input-registers": 4,
    "modbus-write-single-coil": 5,
    "modbus-write-single-register": 6,
    "modbus-write-multiple-coils": 15,
    "modbus-write-multiple-registers": 16,
    "modbus-read-file-record": 20,
    "modbus-write-file-record": 21,
    "modbus-mask-write-register": 22,
    "modbus-read-write-register": 23,
    "modbus-read-fifo-queue": 24,
    "modbus-encapsulated-transport": 43,
  ]

  /// Containers: they include every function, writes among them.
  private static let families: [String: (industrialProtocol: IndustrialProtocol, services: [Service])] = [
    "modbus": (.modbus, modbus),
    "dnp3": (.dnp3, [tcp(20000...20000), udp(20000...20000)]),
    "cip-ethernet-ip": (.ethernetIP, [tcp(44818...44818), udp(44818...44818, 2222...2222)]),
    "iec-60870-5-104": (.iec104, [tcp(2404...2404)]),
    "opc-ua": (.opcUA, [tcp(4840...4840)]),
    "bacnet": (.bacnet, [udp(47808...47808)]),
    "siemens-s7": (.s7, [tcp(102...102)]),
    "s7comm": (.s7, [tcp(102...102)]),
    "s7-comm": (.s7, [tcp(102...102)]),
  ]

  private static let office: [String: PANApplication] = [
    "web-browsing": PANApplication(services: [tcp(80...80)], more: [tcp(443...443, 8080...8080)]),
    "ssl": PANApplication(services: [tcp(443...443)]),
    "ssh": PANApplication(services: [tcp(22...22)]),
    "telnet": PANApplication(services: [tcp(23...23)]),
    "ftp": PANApplication(services: [tcp(21...21)], more: [tcp(20...20, 990...990)]),
    "tftp": PANApplication(services: [udp(69...69)]),
    "dns": PANApplication(
      services: [tcp(53...53), udp(53...53)], more: [tcp(853...853), udp(853...853, 5353...5353)]),
    "dns-base": PANApplication(services: [tcp(53...53), udp(53...53)], more: [udp(5353...5353)]),
    "ntp": PANApplication(services: [udp(123...123)], more: [tcp(123...123)]),
    "ntp-base": PANApplication(services: [udp(123...123)], more: [tcp(123...123)]),
    "snmp": PANApplication(services: [udp(161...161)], more: [tcp(161...162), udp(162...162)]),
    "syslog": PANApplication(services: [udp(514...514)], more: [tcp(514...514, 1468...1468, 6514...6514)]),
    "smtp": PANApplication(services: [tcp(25...25)], more: [tcp(465...465, 587...587)]),
    "smtp-base": PANApplication(services: [tcp(25...25)], more: [tcp(465...465, 587...587)]),
    "ms-rdp": PANApplication(services: [tcp(3389...3389)], more: [udp(3389...3389)]),
    "ldap": PANApplication(
      services: [tcp(389...389)], more: [tcp(636...636, 3268...3269), udp(389...389, 3268...3268)]),
    "kerberos": PANApplication(services: [tcp(88...88), udp(88...88)], more: [tcp(464...464), udp(464...464)]),
    "radius": PANApplication(
      services: [udp(1812...1813)], more: [udp(1645...1646), tcp(1812...1813, 2083...2083), udp(3799...3799)]),
    "tacacs-plus": PANApplication(services: [tcp(49...49)], more: [udp(49...49)]),
    "bgp": PANApplication(services: [tcp(179...179)]),
    "ping": PANApplication(services: [icmp(IPProtocol.icmp, type: 8)], more: [icmp(IPProtocol.icmpV6, type: 128)]),
    "icmp": PANApplication(services: [Service(proto: IPProtocol.icmp)]),
    "gre": PANApplication(services: [Service(proto: IPProtocol.gre)]),
    "ipsec-esp": PANApplication(services: [Service(proto: IPProtocol.esp)]),
    "ipsec-ah": PANApplication(services: [Service(proto: IPProtocol.ah)]),
    "ike": PANApplication(services: [udp(500...500)], more: [udp(4500...4500)]),
    "ospf": PANApplication(services: [Service(proto: 89)]),
  ]

  private static func tcp(_ ports: ClosedRange<UInt16>...) -> Service {
    Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(ports))
  }

  private static func udp(_ ports: ClosedRange<UInt16>...) -> Service {
    Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(ports))
  }

  private static func icmp(_ proto: UInt8, type: UInt8) -> Service {
    var service = Service(proto: proto)
    service.icmpTypes = IntervalSet(type)
    return service
  }
}
