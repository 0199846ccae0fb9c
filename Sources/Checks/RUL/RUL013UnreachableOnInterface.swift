import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy

extension Check {
  static let unreachableOnInterface = Check(
    "RUL013", "unreachable-on-interface", .low,
    "No packet can reach a permit on its interface: its addresses lie behind other interfaces.",
    work: .device { context in
      let device = context.device
      let map = InterfaceMap(context)
      guard map.tellsApart else { return [] }
      let places = listPlaces(of: device, names: map.names)
      return device.forwardingLists.flatMap { index -> [Finding] in
        var sides = SideMemory(places: places[index] ?? [])
        let faults = device.lists[index].rules.compactMap { rule -> Fault? in
          // A deny of addresses that belong elsewhere is a guard against forged sources, and right where it is.
          guard rule.isActivePermit else { return nil }
          return fault(of: rule, sides.of(rule), map)
        }
        // So many are no slip in a rule: the list hangs at the wrong interface.
        if faults.count > manyFaults { return [finding(faults, index, context)] }
        return faults.map { finding($0, index, context) }
      }
    })
}

/// From more faults than this on a list is reported as a whole.
private let manyFaults = 8

/// Interfaces that packets of a list come by and leave by.
private struct ListPlace: Hashable {
  /// Names; empty when the list's packets enter nowhere.
  var ingress: Set<String>
  var egress: Set<String>
  /// Whether a stage, a jump or a rule names the interface; else the rule does not care.
  var bindsIngress: Bool
  var bindsEgress: Bool

  func narrowed(_ ingress: InterfaceMatch, _ egress: InterfaceMatch) -> ListPlace {
    ListPlace(
      ingress: self.ingress.filter { ingress.contains($0) }, egress: self.egress.filter { egress.contains($0) },
      bindsIngress: bindsIngress || ingress != .any, bindsEgress: bindsEgress || egress != .any)
  }
}

/// What is wrong with a rule: one of its sides lies behind other interfaces.
private struct Fault {
  var rule: Rule
  var isSource: Bool
  var addresses: AddressSet
  /// The interfaces at which the rule is asked.
  var here: [String]
  /// Where the addresses really lie.
  var there: [String]
}

/// Which addresses certainly lie behind which interfaces.
private struct InterfaceMap {
  var names: Set<String>
  /// Whether there are at least two interfaces with something behind them.
  var tellsApart: Bool
  private var behind: [String: AddressSet] = [:]
  /// Addresses of which the topology says nothing certain: of no zone, translated, the device's own.
  private let open: AddressSet
  private let unbound: Set<String>

  init(_ context: DeviceContext) {
    let interfaces = context.bound.interfaces
    names = Set(interfaces.map(\.name))
    for interface in interfaces {
      behind[interface.name] = interface.behind.reduce(.empty) { $0.union(context.site.zones[$1].networks) }
    }
    unbound = Set(interfaces.filter(\.behind.isEmpty).map(\.name))
    tellsApart = interfaces.count - unbound.count > 1
    open = context.site.unzonedAddresses.union(context.device.translatedAddresses).union(context.device.ownAddresses)
  }

  /// Where the addresses lie, when that is certainly behind none of `here`; nil when it may be, or nobody knows.
  func elsewhere(_ addresses: AddressSet, from here: Set<String>) -> [String]? {
    guard !addresses.isEmpty, !here.isEmpty, here.isDisjoint(with: unbound), !addresses.overlaps(open) else {
      return nil
    }
    guard !here.contains(where: { behind[$0]?.overlaps(addresses) ?? true }) else { return nil }
    let others = behind.filter { $0.value.overlaps(addresses) }
    // A zone that no interface leads to may come by any of them.
    let placed = others.values.reduce(AddressSet.empty) { $0.union($1) }
    return addresses.isSubset(of: placed) ? others.keys.sorted() : nil
  }
}

/// The interfaces by which packets reach each list, through stages and jumps.
private func listPlaces(of device: Device, names: Set<String>) -> [Int: Set<ListPlace>] {
  var found: [Int: Set<ListPlace>] = [:]
  var open: [(list: Int, place: ListPlace)] = device.pipeline.flatMap { stage -> [(Int, ListPlace)] in
    guard case .filter(let lists, _) = stage.work, !stage.isPreparatory else { return [] }
    let all = ListPlace(ingress: names, egress: names, bindsIngress: false, bindsEgress: false)
    return lists.map { ($0, all.narrowed(stage.ingress, stage.egress)) }
  }
  while let (list, place) = open.popLast() {
    guard found[list, default: []].insert(place).inserted else { continue }
    let rules = device.lists[list].rules
    for index in rules.indices {
      switch rules.action(at: index) {
      case .jump(let target), .goto(let target):
        let rule = rules[index]
        open.append((target, place.narrowed(rule.ingress, rule.egress)))
      default: break
      }
    }
  }
  return found
}

/// The interfaces of a list's rules: few rules of a long list name interfaces of their own.
private struct SideMemory {
  struct Sides {
    /// For each place of the list the interfaces that a packet comes by; empty where nothing binds it to any.
    var ingress: [Set<String>]
    var egress: [Set<String>]
  }
  private struct Key: Hashable {
    var ingress: InterfaceMatch
    var egress: InterfaceMatch
  }
  let places: Set<ListPlace>
  private var known: [Key: Sides] = [:]

  init(places: Set<ListPlace>) { self.places = places }

  mutating func of(_ rule: Rule) -> Sides {
    let key = Key(ingress: rule.ingress, egress: rule.egress)
    if let sides = known[key] { return sides }
    let narrowed = places.map { $0.narrowed(rule.ingress, rule.egress) }
    let sides = Sides(
      ingress: narrowed.map { $0.bindsIngress ? $0.ingress : [] },
      egress: narrowed.map { $0.bindsEgress ? $0.egress : [] })
    known[key] = sides
    return sides
  }
}

/// Why no packet reaches the rule, wherever its list is asked; nil when one may.
private func fault(of rule: Rule, _ sides: SideMemory.Sides, _ map: InterfaceMap) -> Fault? {
  let sources = rule.match.upper.reduce(AddressSet.empty) { $0.union($1.sources) }
  let destinations = rule.match.upper.reduce(AddressSet.empty) { $0.union($1.destinations) }
  return fault(of: rule, sources, isSource: true, sides.ingress, map)
    ?? fault(of: rule, destinations, isSource: false, sides.egress, map)
}

private func fault(
  of rule: Rule, _ addresses: AddressSet, isSource: Bool, _ interfaces: [Set<String>], _ map: InterfaceMap
) -> Fault? {
  var there: Set<String> = []
  for here in interfaces {
    guard let elsewhere = map.elsewhere(addresses, from: here) else { return nil }
    there.formUnion(elsewhere)
  }
  guard !interfaces.isEmpty else { return nil }
  return Fault(
    rule: rule, isSource: isSource, addresses: addresses, here: Set(interfaces.joined()).sorted(),
    there: there.sorted())
}

private func finding(_ fault: Fault, _ list: Int, _ context: DeviceContext) -> Finding {
  let addresses = fault.addresses.summary(limit: 3)
  let verb = fault.isSource ? "from" : "to"
  let way = fault.isSource ? "comes in by" : "leaves by"
  return finding(
    fault, list, context, subject: fault.rule.subject,
    message: """
      \(fault.rule.name) permits packets \(verb) \(addresses), but no such packet \(way) \
      \(fault.here.joined(separator: ", ")): the address\(fault.addresses.count == 1 ? " lies" : "es lie") behind \
      \(fault.there.joined(separator: ", "))
      """,
    help: fault.isSource
      ? """
      move the rule to the list of the interface that the hosts are behind, or delete it: here only a forged source can \
      match it
      """ : "correct the outgoing interface or the addresses, or delete the rule")
}

private func finding(_ faults: [Fault], _ list: Int, _ context: DeviceContext) -> Finding {
  let here = Set(faults.flatMap(\.here)).sorted().joined(separator: ", ")
  let there = Set(faults.flatMap(\.there)).sorted().joined(separator: ", ")
  let name = context.device.lists[list].name
  var finding = finding(
    faults[0], list, context, subject: "list at the wrong interface",
    message: """
      \(faults.count) permits of \(name) name addresses behind \(there), which come and go by no \(here): the list seems to \
      be bound to the wrong interface
      """, help: "bind the list to the interface that its hosts are behind, or in the other direction")
  finding.related = faults.dropFirst().prefix(6).map {
    RelatedPlace(range: $0.rule.source, label: "\($0.rule.name) is one of them")
  }
  return finding
}

private func finding(
  _ fault: Fault, _ list: Int, _ context: DeviceContext, subject: String, message: String, help: String
) -> Finding {
  Finding(
    code: context.check.code, name: context.check.name, severity: context.rule.severity ?? context.check.severity,
    confidence: .certain, message: message, device: context.device.label,
    property: context.device.lists[list].name, subject: subject, location: fault.rule.source, help: help)
}
