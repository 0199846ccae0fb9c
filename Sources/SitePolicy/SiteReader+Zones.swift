import PacketSets
import RuleModel
import SourceText

extension SiteReader {
  mutating func readZones(_ node: DocumentNode) {
    var networks: [(zone: Int, addresses: AddressSet, source: SourceRange)] = []
    let entries = document.namedEntries(node, "'zones'")
    if node.entries?.isEmpty == true {
      document.complain(node.range, "'zones' is empty", help: "declare at least one zone")
    }
    for entry in entries {
      checkName(entry.key, "a zone", at: entry.keyRange)
      guard let zone = zone(entry, networks: &networks) else { continue }
      zoneIndex[zone.name] = zones.count
      zones.append(zone)
    }
    zoneMap = ZoneMap(networks)
    for (earlier, later, shared) in zoneMap.overlaps where !document.isFull {
      let (first, second) = earlier.source < later.source ? (earlier, later) : (later, earlier)
      document.complain(
        second.source,
        "the networks of zone \(quoted(zones[second.zone].name)) and zone \(quoted(zones[first.zone].name)) "
          + "(\(document.label(first.source))) overlap in \(shared.summary(limit: 3))",
        help: "an address belongs to exactly one zone: take it out of one of the two")
    }
  }

  /// One zone; a zone with errors is kept as far as it goes, so that references to it are not errors too.
  private mutating func zone(
    _ entry: DocumentEntry, networks: inout [(zone: Int, addresses: AddressSet, source: SourceRange)]
  ) -> Zone? {
    guard
      let fields = document.fields(
        entry.value, "zone \(quoted(entry.key))", required: ["level", "networks"],
        optional: ["sis", "sil", "consequence"])
    else { return nil }
    let level = document.value(fields["level"], "level", parseLevel)
    var zone = Zone(
      name: entry.key, level: level ?? .process, networks: .empty, networkRanges: [],
      isSafety: document.flag(fields["sis"], "sis") ?? false,
      sil: document.number(fields["sil"], "sil", in: 1...4),
      consequence: document.choice(fields["consequence"], "consequence"), source: entry.range)
    if zone.sil != nil, !zone.isSafety, let sil = fields["sil"] {
      document.complain(
        sil.range, "zone \(quoted(zone.name)) has a safety integrity level but is no safety zone",
        help: "add 'sis: true' or remove 'sil'")
    }
    var v4: [ClosedRange<UInt32>] = []
    var v6: [ClosedRange<UInt128>] = []
    for item in fields["networks"].map({ document.list($0, "networks") }) ?? [] {
      guard let network = document.value(item, "networks", parseNetwork) else { continue }
      v4 += network.v4.intervals
      v6 += network.v6.intervals
      zone.networkRanges.append(item.range)
      networks.append((zone: zones.count, addresses: network, source: item.range))
    }
    zone.networks = AddressSet(v4: IntervalSet(v4), v6: IntervalSet(v6))
    return zone
  }

  /// The zone that holds every one of `addresses`; nil when none does.
  func zone(holding addresses: AddressSet) -> Zone? {
    guard let first = addresses.first, let index = zoneMap.zone(of: first),
      addresses.isSubset(of: zones[index].networks)
    else { return nil }
    return zones[index]
  }

  mutating func readRemoteAccess(_ node: DocumentNode) -> RemoteAccess? {
    guard let fields = document.fields(node, "'remote-access'", required: ["jump-hosts", "from"]) else { return nil }
    let hosts = fields["jump-hosts"].map { document.list($0, "jump-hosts") } ?? []
    let from = fields["from"].map { document.list($0, "from") } ?? []
    var access = RemoteAccess(jumpHosts: [], from: [], source: node.range)
    for host in hosts { if let endpoint = endpoint(host, "jump-hosts") { access.jumpHosts.append(endpoint) } }
    for zone in from { if let name = zoneName(zone, "from") { access.from.append(name) } }
    return access
  }

  mutating func readScope(_ node: DocumentNode) -> Scope {
    var scope = Scope()
    guard let fields = document.fields(node, "'scope'", optional: ["phase", "excluded"]) else { return scope }
    scope.phase = document.number(fields["phase"], "phase", in: 0...1000)
    for item in fields["excluded"].map({ document.list($0, "excluded") }) ?? [] {
      if let name = zoneName(item, "excluded") { scope.excludedZones.append(name) }
    }
    return scope
  }
}
