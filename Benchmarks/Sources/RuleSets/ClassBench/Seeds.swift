extension SeedTable {
  /// Like access lists of providers and sites: exact destination ports, both sides mostly specific, many addresses.
  static let acl1 = SeedTable(
    name: "cb-acl",
    protocols: [
      ProtocolShare(
        number: 6, weight: 0.83,
        ports: PortPairMatrix([
          [0.18, 0.03, 0, 0.14, 0.65], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0], [0, 0, 0, 0, 0],
        ])),
      ProtocolShare(number: 17, weight: 0.07, ports: PortPairMatrix([[0.2, 0.1, 0, 0.1, 0.6]])),
      ProtocolShare(number: 1, weight: 0.03, ports: .none),
      ProtocolShare(number: nil, weight: 0.07, ports: .none),
    ],
    wideLengths: [
      LengthPair(32...32, 32...32, 0.3), LengthPair(24...31, 24...31, 0.35), LengthPair(16...24, 24...32, 0.15),
      LengthPair(0...0, 24...32, 0.1), LengthPair(20...30, 16...24, 0.1),
    ],
    narrowLengths: [
      LengthPair(32...32, 32...32, 0.2), LengthPair(24...30, 32...32, 0.4), LengthPair(16...24, 28...32, 0.2),
      LengthPair(0...0, 28...32, 0.12), LengthPair(21...28, 21...28, 0.08),
    ],
    sourceTree: TreeShape(
      levels: [(4, 0.5, 0.7), (16, 0.2, 0.6), (24, 0.25, 0.5), (32, 0.2, 0.4)], growth: 0.8),
    destinationTree: TreeShape(
      levels: [(4, 0.4, 0.7), (16, 0.2, 0.6), (24, 0.25, 0.5), (32, 0.25, 0.4)], growth: 0.8),
    correlation: 0.75,
    sourcePorts: [53],
    destinationPorts: [
      80, 443, 1521, 25, 22, 1526, 1715, 5631, 21, 23, 6789, 7000, 1433, 3306, 8080, 2020, 389, 636, 1723, 1717, 5632,
      1531,
    ],
    rarePorts: 0.12,
    ranges: [
      (1024, 65535), (137, 139), (6000, 6063), (1521, 1530), (5190, 5193), (8000, 8100), (20, 21), (27000, 27009),
    ],
    permits: 0.6, misplaced: 0.03)

  /// Like the lists of firewalls, the stress test: a wildcard on one side of most rules, short prefixes on both, few
  /// addresses that turn up again and again, ports of every class on both sides.
  ///
  /// A rule for one source and any destination meets nearly every rule for one destination and any source, and halves
  /// (LO and HI, both parts of a short prefix) add up to wholes.
  static let fw1 = SeedTable(
    name: "cb-fw",
    protocols: [
      ProtocolShare(
        number: 6, weight: 0.66,
        ports: PortPairMatrix([
          [0.16, 0.07, 0.03, 0.09, 0.3], [0.06, 0.04, 0.01, 0.03, 0.08], [0.01, 0.01, 0.01, 0, 0.01],
          [0.02, 0.01, 0, 0.01, 0.02], [0.04, 0.02, 0, 0.01, 0.01],
        ])),
      ProtocolShare(
        number: 17, weight: 0.22,
        ports: PortPairMatrix([
          [0.18, 0.07, 0.03, 0.1, 0.24], [0.06, 0.04, 0.01, 0.03, 0.08], [0.01, 0.01, 0.01, 0, 0.01],
          [0.02, 0.01, 0, 0.01, 0.02], [0.05, 0.03, 0, 0.01, 0.01],
        ])),
      ProtocolShare(number: nil, weight: 0.06, ports: .none),
      ProtocolShare(number: 1, weight: 0.04, ports: .none),
      ProtocolShare(number: 47, weight: 0.01, ports: .none),
      ProtocolShare(number: 50, weight: 0.01, ports: .none),
    ],
    wideLengths: [
      LengthPair(32...32, 0...0, 0.2), LengthPair(0...0, 32...32, 0.2), LengthPair(32...32, 32...32, 0.08),
      LengthPair(16...28, 0...0, 0.1), LengthPair(0...0, 16...28, 0.1), LengthPair(1...6, 16...32, 0.07),
      LengthPair(16...32, 1...6, 0.07), LengthPair(1...4, 1...4, 0.04), LengthPair(16...30, 16...30, 0.12),
    ],
    narrowLengths: [
      LengthPair(0...0, 32...32, 0.3), LengthPair(32...32, 0...0, 0.22), LengthPair(32...32, 32...32, 0.08),
      LengthPair(0...0, 16...28, 0.1), LengthPair(16...28, 0...0, 0.08), LengthPair(1...6, 24...32, 0.07),
      LengthPair(24...32, 1...6, 0.05), LengthPair(0...0, 0...0, 0.01), LengthPair(1...4, 1...4, 0.05),
      LengthPair(16...30, 16...30, 0.07),
    ],
    sourceTree: TreeShape(
      levels: [(8, 0.65, 0.3), (16, 0.12, 0.5), (24, 0.1, 0.5), (32, 0.08, 0.4)], growth: 0.5),
    destinationTree: TreeShape(
      levels: [(8, 0.65, 0.3), (16, 0.12, 0.5), (24, 0.1, 0.5), (32, 0.1, 0.4)], growth: 0.5),
    correlation: 0.5,
    sourcePorts: [53, 20, 123, 80, 443, 161, 25, 67, 500],
    destinationPorts: [
      80, 443, 53, 25, 22, 21, 23, 161, 123, 389, 110, 143, 514, 1433, 3389, 8080, 636, 993, 995, 500, 445, 139, 69,
      1521, 5060,
      119, 113, 88, 135, 20, 162, 1494, 1723, 2598, 3306, 5900, 8443, 9100,
    ],
    rarePorts: 0.06,
    ranges: [
      (137, 139), (20, 21), (6000, 6063), (33434, 33534), (5000, 5100), (1024, 5000), (49152, 65535), (135, 139),
      (2000, 3000),
      (8000, 8999),
    ],
    permits: 0.7, misplaced: 0.02)

  /// Like the packet filters of Linux hosts and routers: between the other two.
  static let ipc1 = SeedTable(
    name: "cb-ipc",
    protocols: [
      ProtocolShare(
        number: 6, weight: 0.55,
        ports: PortPairMatrix([
          [0.22, 0.04, 0.01, 0.06, 0.42], [0.02, 0.03, 0, 0.02, 0.06], [0, 0, 0, 0, 0.01], [0.01, 0, 0, 0.01, 0.01],
          [0.05, 0.02, 0, 0.01, 0],
        ])),
      ProtocolShare(
        number: 17, weight: 0.25,
        ports: PortPairMatrix([
          [0.25, 0.04, 0.01, 0.06, 0.35], [0.02, 0.03, 0, 0.02, 0.06], [0, 0, 0, 0, 0.01], [0.01, 0, 0, 0.01, 0.01],
          [0.07, 0.03, 0, 0.01, 0.01],
        ])),
      ProtocolShare(number: nil, weight: 0.1, ports: .none),
      ProtocolShare(number: 1, weight: 0.07, ports: .none),
      ProtocolShare(number: 47, weight: 0.015, ports: .none),
      ProtocolShare(number: 50, weight: 0.015, ports: .none),
    ],
    wideLengths: [
      LengthPair(32...32, 32...32, 0.4), LengthPair(16...31, 16...31, 0.25), LengthPair(0...0, 16...32, 0.12),
      LengthPair(16...32, 0...0, 0.13), LengthPair(8...16, 24...32, 0.06), LengthPair(24...32, 8...16, 0.04),
    ],
    narrowLengths: [
      LengthPair(32...32, 32...32, 0.3), LengthPair(16...31, 24...32, 0.25), LengthPair(0...0, 16...32, 0.22),
      LengthPair(16...32, 0...0, 0.1), LengthPair(4...16, 24...32, 0.09), LengthPair(24...32, 4...16, 0.04),
    ],
    sourceTree: TreeShape(
      levels: [(8, 0.5, 0.5), (16, 0.35, 0.5), (24, 0.3, 0.5), (32, 0.25, 0.4)], growth: 0.7),
    destinationTree: TreeShape(
      levels: [(8, 0.5, 0.5), (16, 0.35, 0.5), (24, 0.3, 0.5), (32, 0.28, 0.4)], growth: 0.7),
    correlation: 0.6,
    sourcePorts: [53, 123, 80, 20, 161, 25, 443],
    destinationPorts: [
      80, 53, 443, 25, 22, 161, 123, 21, 514, 3306, 5432, 389, 8080, 110, 143, 1812, 2049, 111, 873, 6667, 9418, 179,
      1194,
    ],
    rarePorts: 0.15,
    ranges: [(137, 139), (20, 21), (6000, 6063), (33434, 33534), (1024, 5000), (6881, 6889), (10000, 20000)],
    permits: 0.7, misplaced: 0.02)
}
