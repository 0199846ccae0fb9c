import PacketSets

/// What the hosts of `KernelPlant` send: from every host to every host and published address on another wire, on every
/// service.
///
/// Source ports and echo identifiers are never used twice, so that every packet opens a session of its own. Protocols
/// without ports are left out: behind a translation of sources the kernel cannot tell their sessions apart.
enum KernelPackets {
  typealias Sent = KernelNetwork.SentPacket

  private static let tcpPorts: [UInt16] = [22, 80, 443, 502, 3389, 5020, 8080, 8443]

  /// One packet each, most of them openings.
  static let packets: [Sent] = {
    var packets: [Sent] = []
    for (host, target) in pairs {
      func add(_ proto: UInt8, _ change: (inout Sent, UInt16) -> Void) {
        let unique = UInt16(20_000 + packets.count)
        var sent = Sent(
          from: host.name, source: host.address, destination: target, proto: proto, sourcePort: unique,
          destinationPort: 0)
        change(&sent, unique)
        packets.append(sent)
      }
      for port in tcpPorts { add(IPProtocol.tcp) { sent, _ in sent.destinationPort = port } }
      for port in [53, 123, 161, KernelPlant.markPort] {
        add(IPProtocol.udp) { sent, _ in sent.destinationPort = port }
      }
      // Echo request and timestamp.
      for type: UInt8 in [8, 13] { add(IPProtocol.icmp) { sent, _ in sent.icmpType = type } }
      // Stray acknowledgements, to a server and as if from one: a session may begin in its middle
      // (nf_conntrack_tcp_loose is on by default).
      add(IPProtocol.tcp) { sent, _ in
        sent.destinationPort = 443
        sent.tcpFlags = 16
      }
      add(IPProtocol.tcp) { sent, unique in
        sent.sourcePort = 502
        sent.destinationPort = unique
        sent.tcpFlags = 16
      }
    }
    return packets
  }()

  /// Connections, on every TCP port.
  static let connections: [Sent] = {
    var connections: [Sent] = []
    for (host, target) in pairs {
      for port in tcpPorts {
        connections.append(
          Sent(
            from: host.name, source: host.address, destination: target, proto: IPProtocol.tcp,
            sourcePort: UInt16(30_000 + connections.count), destinationPort: port))
      }
    }
    return connections
  }()

  private static let pairs = KernelPlant.hosts.flatMap { host in
    // What is published on a wire is for those on it as well; the edge's own address only for them.
    let targets =
      KernelPlant.hosts.filter { $0.wire != host.wire }.map(\.address) + KernelPlant.published
      + (host.wire == "corporate" ? [KernelPlant.ownOfEdge] : [])
    return targets.map { (host: host, target: $0) }
  }
}
