import PacketSets
import RuleModel
import SourceText

/// A virtual IP: destination translation, in force where a policy names it (or everywhere with central NAT).
struct FortiVirtualIP {
  var name: String
  var range: SourceRange
  var family: IPFamily
  /// Where it listens; nil for any interface.
  var interfaces: [String]?
  /// The addresses that clients name.
  var external: AddressBounds
  /// The addresses that they become.
  var mapped: AddressBounds
  /// How they become so; nil when the type does not translate.
  var translation: AddressTranslation?
  /// Sources that it serves (`src-filter`).
  var sources: AddressBounds
  /// Port forwarding: protocol, ports that clients name, ports that they become.
  var forward: Forward?
  /// Services that it is limited to; nil for all.
  var limit: ServiceBounds?
  var isEnabled: Bool
  /// Whether it also translates sources of outgoing connections by default.
  var translatesBack: Bool
  /// Why it may work in other ways than the rest says.
  var open: [Uncertainty]

  struct Forward {
    var proto: UInt8
    var external: ClosedRange<UInt16>
    var mapped: ClosedRange<UInt16>

    var changesPort: Bool { external != mapped }
    /// Whether the n-th external port becomes the n-th mapped port.
    var isOneToOne: Bool { external.count == mapped.count }
  }
}

extension FortiVirtualIP {
  /// Whether sources behind it are translated on their way out.
  var isTranslatingBack: Bool { translatesBack && isEnabled }

  /// The packets, as clients send them, that this virtual IP takes and whose translated form the services match.
  ///
  /// A policy's services are compared with the port after the translation (Fortinet technical tip "Traffic intended for
  /// a VIP is being dropped by implicit deny", ta-p/355966).
  func match(sources: AddressBounds, services: ServiceBounds) -> MatchBounds {
    let wanted = limit.map { intersection($0, services) } ?? services
    let own = self.sources
    let both = AddressBounds(
      lower: sources.lower.intersection(own.lower), upper: sources.upper.intersection(own.upper),
      uncertainties: limited(sources.uncertainties + own.uncertainties))
    var bounds = MatchBounds(sources: both, destinations: external, services: asSent(wanted))
    for reason in open { bounds = bounds.uncertain(reason) }
    return bounds
  }

  /// Services as clients name them, from services as the server sees them.
  private func asSent(_ services: ServiceBounds) -> ServiceBounds {
    guard let forward else { return services }
    return ServiceBounds(
      lower: services.lower.compactMap { asSent($0, forward, surely: true) },
      upper: services.upper.compactMap { asSent($0, forward, surely: false) }, uncertainties: services.uncertainties)
  }

  private func asSent(_ service: Service, _ forward: Forward, surely: Bool) -> Service? {
    let after = Service(proto: forward.proto, destinationPorts: IntervalSet(forward.mapped))
    guard let both = service.intersection(after) else { return nil }
    var sent = both
    if forward.isOneToOne {
      let shift = Int(forward.external.lowerBound) - Int(forward.mapped.lowerBound)
      sent.destinationPorts = IntervalSet(
        both.destinationPorts.intervals.map { shifted($0.lowerBound, shift)...shifted($0.upperBound, shift) })
      return sent
    }
    // Which of several ports is chosen is not in the file: certain only when the service takes them all.
    if surely, both.destinationPorts != after.destinationPorts { return nil }
    sent.destinationPorts = IntervalSet(forward.external)
    return sent
  }

  private func shifted(_ port: UInt16, _ shift: Int) -> UInt16 { UInt16(clamping: Int(port) + shift) }

  /// Everything that it takes, whoever sends it.
  var whole: MatchBounds { match(sources: AddressBounds(.all), services: ServiceBounds([.any])) }

  private func intersection(_ a: ServiceBounds, _ b: ServiceBounds) -> ServiceBounds {
    func both(_ x: [Service], _ y: [Service]) -> [Service] { x.flatMap { s in y.compactMap { s.intersection($0) } } }
    return ServiceBounds(
      lower: both(a.lower, b.lower), upper: both(a.upper, b.upper), uncertainties: a.uncertainties + b.uncertainties)
  }
}

/// Reading `config firewall vip` and `vip6`.
extension FortiDomain {
  mutating func lowerVirtualIPs() {
    for (path, family) in [("firewall vip", IPFamily.v4), ("firewall vip6", .v6)] {
      for node in entries(path) {
        virtualIPIndex[family, default: [:]][tree.nodes[node].name] = virtualIPs.count
        virtualIPs.append(virtualIP(node, family))
      }
    }
    markOverlaps()
    translatedBack = union(of: virtualIPs.filter(\.isTranslatingBack).map(\.mapped.upper))
  }

  /// The virtual IPs that a policy's destination name stands for; empty when it is no virtual IP or group of them.
  func virtualIPs(named name: String, _ family: IPFamily) -> [Int] {
    let suffix = family == .v4 ? "" : "6"
    let index = virtualIPIndex[family] ?? [:]
    if let found = index[name] { return [found] }
    guard !index.isEmpty, let group = entry(name, in: "firewall vipgrp\(suffix)") else { return [] }
    return tree.words("member", of: group).compactMap { index[$0] }
  }

  private mutating func virtualIP(_ node: Int, _ family: IPFamily) -> FortiVirtualIP {
    let range = tree.nodes[node].range
    let all: AddressSet = family == .v4 ? .allV4 : .allV6
    let interface = tree.value("extintf", of: node) ?? "any"
    var result = FortiVirtualIP(
      name: tree.nodes[node].name, range: range, family: family,
      interfaces: interface == "any" ? nil : withPorts([interface] + (zones[interface] ?? [])),
      external: externalAddresses(node, family), mapped: AddressBounds(all), translation: nil,
      sources: sourceFilter(node), forward: nil, limit: nil, isEnabled: tree.value("status", of: node) != "disable",
      translatesBack: false, open: unknownStatements(of: node))
    if let services = tree.setting("service", of: node) { result.limit = serviceBounds(services) }
    readForward(node, &result)
    readMapping(node, all, &result)
    return result
  }

  private mutating func externalAddresses(_ node: Int, _ family: IPFamily) -> AddressBounds {
    let range = tree.nodes[node].range
    let all: AddressSet = family == .v4 ? .allV4 : .allV6
    if let objects = tree.setting("extaddr", of: node) { return addressBounds(objects, family) }
    if let text = tree.value("extip", of: node), let set = LiteralText.range(text) {
      // 0.0.0.0 stands for the interface's own address, whatever it is at the time.
      if set.contains(family == .v4 ? IPAddress(v4: 0) : IPAddress(v6: 0)) { return ownExternal(node, range, all) }
      return AddressBounds(set)
    }
    return AddressBounds(
      lower: .empty, upper: all,
      uncertainties: [Uncertainty(range: range, reason: "the virtual IP's external address is not in the file")])
  }

  private func ownExternal(_ node: Int, _ range: SourceRange, _ all: AddressSet) -> AddressBounds {
    let name = tree.value("extintf", of: node)
    let own = device.interfaces.first { $0.name == name }?.addresses.filter { $0.address.family == .v4 } ?? []
    let reason = Uncertainty(range: range, reason: "external address 0.0.0.0 stands for the interface's own address")
    guard !own.isEmpty else { return AddressBounds(lower: .empty, upper: all, uncertainties: [reason]) }
    return AddressBounds(
      lower: .empty, upper: union(of: own.map { AddressSet($0.address) }), uncertainties: [reason])
  }

  private func sourceFilter(_ node: Int) -> AddressBounds {
    guard let filter = tree.setting("src-filter", of: node) else { return AddressBounds(.all) }
    let sets = filter.words.map { LiteralText.range($0) ?? LiteralText.subnet([$0]) }
    guard !sets.contains(where: { $0 == nil }) else {
      return .unknown(Uncertainty(range: filter.range, reason: "the source filter cannot be read"))
    }
    return AddressBounds(union(of: sets.compactMap { $0 }))
  }

  private func readForward(_ node: Int, _ result: inout FortiVirtualIP) {
    let type = tree.value("type", of: node)
    guard tree.isEnabled("portforward", of: node) || type == "server-load-balance" else { return }
    let protocols = ["tcp": IPProtocol.tcp, "udp": IPProtocol.udp, "sctp": IPProtocol.sctp, "icmp": IPProtocol.icmp]
    var word = tree.value("protocol", of: node) ?? "tcp"
    if type == "server-load-balance" {
      // `ip` balances every protocol; the others are TCP except `udp`.
      let server = tree.value("server-type", of: node) ?? "tcp"
      if server == "ip" { return }
      word = server == "udp" ? "udp" : "tcp"
    }
    let external = tree.value("extport", of: node).map { LiteralText.ports($0) } ?? 1...65535
    guard let proto = protocols[word], let external else {
      result.open.append(Uncertainty(range: result.range, reason: "the forwarded port cannot be read"))
      return
    }
    if proto == IPProtocol.icmp {
      result.limit = ServiceBounds([Service(proto: proto)])
      return
    }
    let mapped = tree.value("mappedport", of: node).map { LiteralText.ports($0) } ?? external
    guard let mapped, external != 0...0 || type != "server-load-balance" else {
      // Port 0 of a virtual server means every port.
      if mapped != nil {
        result.limit = ServiceBounds([Service(proto: proto)])
        return
      }
      result.open.append(Uncertainty(range: result.range, reason: "the mapped port cannot be read"))
      return
    }
    result.forward = FortiVirtualIP.Forward(proto: proto, external: external, mapped: mapped)
  }

  private mutating func readMapping(_ node: Int, _ all: AddressSet, _ result: inout FortiVirtualIP) {
    switch tree.value("type", of: node) ?? "static-nat" {
    case "static-nat", "load-balance": readStaticMapping(node, all, &result)
    case "server-load-balance": readServers(node, all, &result)
    case "dns-translation":
      // Changes addresses inside DNS answers only.
      result.mapped = .empty
    case let type:
      let reason = Uncertainty(
        range: result.range, reason: "virtual IP of type \(printable(type)): its servers are not known from the file")
      result.mapped = AddressBounds(lower: .empty, upper: all, uncertainties: [reason])
      result.translation = .unknown(reason)
      result.open.append(reason)
    }
  }

  private mutating func readStaticMapping(_ node: Int, _ all: AddressSet, _ result: inout FortiVirtualIP) {
    let sets = tree.words("mappedip", of: node).map { LiteralText.range($0) ?? LiteralText.subnet([$0]) }
    guard !sets.isEmpty, !sets.contains(where: { $0 == nil }) else {
      let reason = Uncertainty(range: result.range, reason: "the virtual IP's mapped address is not in the file")
      result.mapped = AddressBounds(lower: .empty, upper: all, uncertainties: [reason])
      result.translation = .unknown(reason)
      return
    }
    let mapped = union(of: sets.compactMap { $0 })
    result.mapped = AddressBounds(mapped)
    result.translatesBack = result.forward == nil && tree.value("type", of: node) != "load-balance"
    let from = result.external.isExact ? result.external.lower.prefixes : []
    let to = mapped.prefixes
    if from.count == 1, to.count == 1, from[0].length == to[0].length {
      result.translation = .prefix(from: from[0], to: to[0])
    } else {
      result.translation = .pool(mapped)
    }
  }

  private mutating func readServers(_ node: Int, _ all: AddressSet, _ result: inout FortiVirtualIP) {
    var sets: [AddressSet] = []
    var ports: Set<UInt16> = []
    for server in tree.entries("realservers", in: node) where tree.value("status", of: server) != "disable" {
      if let address = tree.value("ip", of: server).flatMap({ IPAddress($0) }) { sets.append(AddressSet(address)) }
      if let object = tree.setting("address", of: server) { sets.append(addressBounds(object, result.family).upper) }
      if let port = tree.value("port", of: server).flatMap({ UInt16($0) }), port != 0 { ports.insert(port) }
    }
    let servers = union(of: sets)
    guard !servers.isEmpty else {
      let reason = Uncertainty(range: result.range, reason: "the virtual server's real servers are not in the file")
      result.translation = .unknown(reason)
      return result.open.append(reason)
    }
    result.mapped = AddressBounds(servers)
    result.translation = .pool(servers)
    if let forward = result.forward, let low = ports.min(), let high = ports.max() {
      result.forward = FortiVirtualIP.Forward(proto: forward.proto, external: forward.external, mapped: low...high)
      if ports.count > 1 {
        result.open.append(Uncertainty(range: result.range, reason: "the real servers listen on different ports"))
      }
    }
  }

  /// Virtual IPs that take the same packets: which one wins depends on the release and on the order of configuration
  /// (Fortinet technical tip "Virtual IP (VIP) port forwarding order of execution", ta-p/350101).
  private mutating func markOverlaps() {
    let order = virtualIPs.indices.sorted { first(virtualIPs[$0]) < first(virtualIPs[$1]) }
    var crowdedUpTo: UInt128?
    for (position, i) in order.enumerated() {
      if let end = crowdedUpTo, first(virtualIPs[i]) <= end { markOverlap(i, "many others") }
      let last = self.last(virtualIPs[i])
      for (checked, j) in order[(position + 1)...].enumerated() {
        // Sorted by first address: nothing further on can overlap.
        if first(virtualIPs[j]) > last { break }
        // Hundreds of neighbours in one range are taken to overlap without looking at each pair.
        if checked == 200 {
          crowdedUpTo = max(crowdedUpTo ?? 0, last)
          markOverlap(i, "many others")
          break
        }
        // Nothing to add where both are open already.
        if !virtualIPs[i].open.isEmpty, !virtualIPs[j].open.isEmpty { continue }
        guard overlap(virtualIPs[i], virtualIPs[j]) else { continue }
        markOverlap(i, "`\(printable(virtualIPs[j].name))`")
        markOverlap(j, "`\(printable(virtualIPs[i].name))`")
      }
    }
  }

  private mutating func markOverlap(_ index: Int, _ other: String) {
    guard virtualIPs[index].open.count < 4 else { return }
    let name = printable(virtualIPs[index].name)
    virtualIPs[index].open.append(
      Uncertainty(range: virtualIPs[index].range, reason: "virtual IP `\(name)` overlaps with \(other)"))
  }

  private func first(_ vip: FortiVirtualIP) -> UInt128 {
    vip.family == .v4
      ? UInt128(vip.external.upper.v4.intervals.first?.lowerBound ?? 0)
      : vip.external.upper.v6.intervals.first?.lowerBound ?? 0
  }

  private func last(_ vip: FortiVirtualIP) -> UInt128 {
    vip.family == .v4
      ? UInt128(vip.external.upper.v4.intervals.last?.upperBound ?? 0)
      : vip.external.upper.v6.intervals.last?.upperBound ?? 0
  }

  private func overlap(_ a: FortiVirtualIP, _ b: FortiVirtualIP) -> Bool {
    if let own = a.interfaces, let other = b.interfaces, Set(own).isDisjoint(with: other) { return false }
    return a.isEnabled && b.isEnabled && a.translation != nil && b.translation != nil
      && a.whole.upper.contains { x in
        b.whole.upper.contains { y in
          x.addressesOverlap(y) && x.services.contains { s in y.services.contains { s.intersection($0) != nil } }
        }
      }
  }
}
