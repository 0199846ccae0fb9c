/// A protocol with its ports, as rules of real lists name them.
struct Service {
  var proto: Interval<UInt16>
  var sourcePort = Interval<UInt16>.all
  var destinationPort = Interval<UInt16>.all

  static let anyProtocol = Interval<UInt16>(0, 255)
  static let tcp = Interval<UInt16>(6)
  static let udp = Interval<UInt16>(17)

  /// Popular ports first; none of those that the lists deny in their first lines.
  private static let tcpPorts: [UInt16] = [
    443, 80, 22, 3389, 1433, 502, 8080, 25, 389, 102, 4840, 44818, 8443, 636, 3306, 5432, 21, 1883, 5985, 9100, 88, 53,
    993, 587, 2222, 1521, 8883, 20000, 2404, 5900,
  ]
  private static let udpPorts: [UInt16] = [53, 123, 161, 514, 162, 500, 4500, 1812, 2222, 47808, 88, 69, 5060, 67]
  private static let ranges: [(UInt16, UInt16)] = [
    (1024, 65535), (49152, 65535), (137, 139), (8000, 8010), (5000, 5100), (20, 21), (16384, 32767), (30000, 32767),
    (4840, 4850), (33434, 33534),
  ]

  /// Three of four are TCP, three of four name one port.
  static func random(_ random: inout SplitMix64, _ family: Family) -> Service {
    let kind = random.unit()
    if kind < 0.04 { return Service(proto: Interval(family.controlProtocol)) }
    if kind < 0.08 { return Service(proto: anyProtocol) }
    let isTCP = kind < 0.82
    var service = Service(proto: isTCP ? tcp : udp)
    if random.chance(0.03) { service.sourcePort = Interval(1024, 65535) }
    let ports = random.unit()
    if ports < 0.2 {
      service.destinationPort = Interval(UInt16(random.within(1024, 49151)))
    } else if ports < 0.76 {
      service.destinationPort = Interval(random.pickSkewed(isTCP ? tcpPorts : udpPorts))
    } else if ports < 0.86 {
      let range = random.pick(ranges)
      service.destinationPort = Interval(range.0, range.1)
    } else if ports < 0.9 {
      let low = UInt16(random.within(1024, 49000))
      service.destinationPort = Interval(low, low + UInt16(random.pick([1, 3, 9, 15, 99])))
    }
    return service
  }
}

extension Interval<UInt16> {
  /// Whether rules of that protocol can name ports.
  var hasPorts: Bool { self == Service.tcp || self == Service.udp }
}

extension Box {
  init(_ service: Service, source: Interval<UInt128>, destination: Interval<UInt128>) {
    self.init(
      proto: service.proto, source: source, destination: destination, sourcePort: service.sourcePort,
      destinationPort: service.destinationPort)
  }
}
