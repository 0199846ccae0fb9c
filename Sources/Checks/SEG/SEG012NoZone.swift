import Findings
import PacketSets
import Reachability
import RuleModel
import SitePolicy

extension Check {
  static let noZone = Check(
    "SEG012", "no-zone", .medium, "An address in a permit belongs to no zone, or an interface is bound to no zone.",
    work: .device { context in
      strayAddresses(context) + strayInterfaces(context) + strangeBindings(context) + strayDevice(context)
    })
}

/// A device that joins no two zones as far as the site file tells: nothing that it forwards can be judged.
private func strayDevice(_ context: DeviceContext) -> [Finding] {
  let device = context.device
  let forwards = device.forwardingLists.contains { index in
    device.lists[index].fallback.verdict == .permit
      || device.lists[index].rules.contains { $0.action == .permit && $0.isExplicit && $0.state != .disabled }
  }
  let placed = context.bound.interfaces.count { !$0.behind.isEmpty || $0.isTransit }
  // A fragment without interfaces shows nothing of what it would let pass; a virtual instance may have just one.
  let isFragment = device.instance == nil && device.interfaces.count < 2
  guard forwards || isFragment, placed < 2 else { return [] }
  return [
    Finding(
      code: context.check.code, name: context.check.name, severity: max(context.rule.severity ?? .medium, .high),
      confidence: .certain,
      message: "\(device.label) joins fewer than two zones of the site, so nothing that it forwards is judged",
      device: device.label, property: "device", subject: "unbound device", location: device.source,
      help: "bind its interfaces in the site file: `interfaces: {NAME: ZONE, NAME: ZONE}`")
  ]
}

private func strayAddresses(_ context: DeviceContext) -> [Finding] {
  let own = context.device.interfaces.flatMap(\.addresses).reduce(AddressSet.empty) {
    $0.union(AddressSet($1.address))
  }
  let known = context.site.zones.reduce(AddressSet.withoutZone.union(own)) { $0.union($1.networks) }
  return context.device.forwardingLists.flatMap { index in
    context.device.lists[index].rules.compactMap { rule -> Finding? in
      guard rule.action == .permit, rule.isExplicit, rule.state != .disabled else { return nil }
      let stray = rule.match.upper.reduce(AddressSet.empty) {
        $0.union($1.sources.named.union($1.destinations.named))
      }.subtracting(known)
      guard !stray.isEmpty else { return nil }
      var finding = Finding(
        code: context.check.code, name: context.check.name, severity: context.rule.severity ?? context.check.severity,
        confidence: rule.match.isExact ? .certain : .possible,
        message: "\(rule.name) permits \(stray.summary(limit: 4)), which lie\(isOne(stray) ? "s" : "") in no zone",
        device: context.device.label, property: context.device.lists[index].name, subject: rule.subject,
        location: rule.source,
        help: "give the addresses a zone in the site file, or take them out of the rule")
      finding.related = rule.objects.prefix(6).map { RelatedPlace(range: $0.range, label: "through \($0.name)") }
      return finding
    }
  }
}

private func isOne(_ addresses: AddressSet) -> Bool { addresses.pieces.count == 1 }

/// Interfaces that the site file binds to one zone although their address lies in another: one of the two is wrong, and
/// what passes there is judged for the wrong zone.
private func strangeBindings(_ context: DeviceContext) -> [Finding] {
  context.bound.interfaces.compactMap { bound in
    guard let interface = context.device.interfaces.first(where: { $0.name == bound.name }), !bound.attached.isEmpty
    else { return nil }
    let own = interface.addresses.reduce(AddressSet.empty) { $0.union(AddressSet($1.address)) }
    let foreign = context.site.zones.indices.first {
      !bound.attached.contains($0) && context.site.zones[$0].networks.overlaps(own)
    }
    guard let foreign else { return nil }
    let zone = context.site.zones[foreign].name
    let names = bound.attached.sorted().map { context.site.zones[$0].name }.joined(separator: ", ")
    return Finding(
      code: context.check.code, name: context.check.name,
      severity: max(context.rule.severity ?? context.check.severity, .high), confidence: .certain,
      message: """
        the site file binds interface \(bound.name) of \(context.device.label) to \(names), but its address \
        \(own.summary(limit: 2)) lies in zone \(zone)
        """,
      device: context.device.label, property: "interface \(bound.name)", subject: "binding against address",
      location: interface.source,
      help: "correct the binding, or add the zone: `interfaces: {\(bound.name): [\(names), \(zone)]}`")
  }
}

/// Whether a stage of the pipeline that is this interface's own permits anything.
private func hasOwnPermits(_ name: String, _ device: Device) -> Bool {
  device.pipeline.contains { stage in
    guard stage.ingress.patterns == [name] || stage.egress.patterns == [name], case .filter(let lists, _) = stage.work
    else { return false }
    return lists.contains { device.lists[$0].rules.contains { $0.action == .permit && $0.state != .disabled } }
  }
}

private func strayInterfaces(_ context: DeviceContext) -> [Finding] {
  let rules = context.device.forwardingLists.flatMap { context.device.lists[$0].rules.filter(\.isExplicit) }
  return context.bound.interfaces.filter { bound in
    guard bound.attached.isEmpty, !bound.isTransit, bound.behind.isEmpty else { return false }
    // A port without address that no rule names carries nothing. Where an address comes by DHCP the file shows none.
    let interface = context.device.interfaces.first { $0.name == bound.name }
    return interface?.addresses.isEmpty == false || context.device.routes.contains { $0.interface == bound.name }
      || hasOwnPermits(bound.name, context.device)
      || rules.contains { [$0.ingress, $0.egress].contains { $0.patterns?.contains(bound.name) == true } }
  }.map {
    Finding(
      code: context.check.code, name: context.check.name, severity: context.rule.severity ?? context.check.severity,
      confidence: .certain,
      message: "interface \($0.name) of \(context.device.label) is bound to no zone, so its traffic is not judged",
      device: context.device.label, property: "interface \($0.name)", subject: "unbound interface",
      location: $0.source,
      help: "bind it in the site file: `interfaces: {\($0.name): ZONE}`, or give a zone the network of its address")
  }
}
