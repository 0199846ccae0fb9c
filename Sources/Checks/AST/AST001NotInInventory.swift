import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy
import SourceText

extension Check {
  static let notInInventory = Check(
    "AST001", "not-in-inventory", .medium,
    "A permit names a host of the plant that the inventory does not know.",
    work: .site { context in
      // Where the inventory has nothing of a zone, it was not made for it.
      let inventoried = context.site.assets.filter { !$0.addresses.isEmpty }
      let zones = context.site.zones.filter { zone in
        isMeant(zone, context) && inventoried.contains { $0.zone == zone.name }
      }
      guard !zones.isEmpty else { return [] }
      let known = AddressSet(unionOf: inventoried.map(\.addresses)).union(infrastructure(context))
      let open = AddressSet(unionOf: zones.map(\.networks)).subtracting(known)
      let mentions = permittedHosts(context, among: open)
      return zones.flatMap { zone -> [Finding] in
        let unknown = unknownHosts(mentions, zone, known)
        return unknown.count > manyHosts
          ? [finding(unknown, zone, context)] : unknown.map { finding($0, zone, context) }
      }
    })
}

/// A block of at most this many addresses counts as hosts; a wider one is a network, of which not all need exist.
private let fewHosts: UInt128 = 16

/// From more unknown hosts than this on it is the inventory of the zone that is at fault, not a host.
private let manyHosts = 20

/// A small block of addresses that a permit names.
private struct Mention {
  var hosts: AddressSet
  var rule: Rule
  var device: String
}

private func isMeant(_ zone: Zone, _ context: SiteContext) -> Bool {
  context.rule.to?.selects(zone) ?? (zone.level <= .demilitarised)
}

/// Every small block that an active permit of some device names and that has an address of `open`, in the order of devices and
/// rules.
private func permittedHosts(_ context: SiteContext, among open: AddressSet) -> [Mention] {
  context.topology.devices.map(\.device).flatMap { device in
    let own = device.ownAddresses
    return device.forwardingLists.flatMap { index in
      device.lists[index].rules.flatMap { rule -> [Mention] in
        // What may talk to the device itself is its own affair: administrators, the other half of a pair.
        guard rule.isActivePermit, rule.match.upper.contains(where: { !$0.destinations.isSubset(of: own) }) else {
          return []
        }
        return rule.namedAddresses.intervals.filter { $0.count <= fewHosts && $0.overlaps(open) }.map {
          Mention(hosts: $0, rule: rule, device: device.label)
        }
      }
    }
  }
}

/// Addresses that are no hosts of the plant: the devices' own, and those that they translate.
private func infrastructure(_ context: SiteContext) -> AddressSet {
  context.topology.devices.reduce(AddressSet.withoutZone) {
    $0.union($1.device.ownAddresses).union($1.device.translatedAddresses)
  }
}

/// What of the mentioned blocks nobody knows, each address or block once, with the rules that name it.
private func unknownHosts(
  _ mentions: [Mention], _ zone: Zone, _ known: AddressSet
) -> [(hosts: AddressSet, mentions: [Mention])] {
  var order: [AddressSet] = []
  var found: [AddressSet: [Mention]] = [:]
  for mention in mentions {
    let inZone = mention.hosts.intersection(zone.networks)
    if inZone.isEmpty { continue }
    // Of a small network the hosts that exist are known; the rest is room for others.
    if inZone.isNetwork, inZone.overlaps(known) { continue }
    for hosts in inZone.subtracting(known).intervals {
      if found[hosts] == nil { order.append(hosts) }
      found[hosts, default: []].append(mention)
    }
  }
  return order.map { ($0, found[$0] ?? []) }
}

extension AddressSet {
  /// Whether it is one prefix of four addresses or more, and not just hosts with addresses in a row.
  fileprivate var isNetwork: Bool {
    count > 2 && pieces.count == 1 && pieces[0].contains("/")
  }
}

private func finding(
  _ unknown: (hosts: AddressSet, mentions: [Mention]), _ zone: Zone, _ context: SiteContext
) -> Finding {
  let first = unknown.mentions[0]
  let isOne = unknown.hosts.count == 1
  let others = unknown.mentions.count - 1
  let more = others == 0 ? "" : " and \(others) other rule\(others == 1 ? "" : "s")"
  let addresses = isOne ? "this address" : "these addresses"
  return finding(
    zone, context, unknown.mentions, subject: "\(unknown.hosts)",
    message: """
      \(unknown.hosts) in zone \(zone.name) \(isOne ? "is" : "are") permitted by \(first.rule.name) of \(first.device)\(more), \
      and no asset of the inventory has \(addresses)
      """,
    help: """
      find out what answers at \(addresses): enter it into the inventory with an owner, or take it out of the rule
      """)
}

/// One finding for a zone whose inventory is far from complete.
private func finding(
  _ unknown: [(hosts: AddressSet, mentions: [Mention])], _ zone: Zone, _ context: SiteContext
) -> Finding {
  let hosts = AddressSet(unionOf: unknown.map(\.hosts))
  return finding(
    zone, context, unknown.map { $0.mentions[0] }, subject: "incomplete inventory",
    message: """
      \(hosts.count) addresses in zone \(zone.name) are permitted by rules and belong to no asset of the inventory: \
      \(hosts.summary(limit: 4))
      """,
    help: "complete the inventory of the zone; what is then left is told address by address")
}

private func finding(
  _ zone: Zone, _ context: SiteContext, _ mentions: [Mention], subject: String, message: String, help: String
) -> Finding {
  var finding = Finding(
    code: context.check.code, name: context.check.name, severity: context.severity, confidence: .certain,
    message: message, device: nil, property: "zone \(zone.name)", subject: subject,
    location: mentions[0].rule.source, help: help)
  finding.related = mentions.dropFirst().prefix(6).map {
    RelatedPlace(range: $0.rule.source, label: "\($0.rule.name) of \($0.device) is another such rule")
  }
  finding.consequence = zone.touched
  return finding
}
