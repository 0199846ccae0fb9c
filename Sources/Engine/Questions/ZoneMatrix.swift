import Checks
import Dispatch
import Findings
import PacketSets
import Reachability
import SitePolicy
import Synchronization

/// The effective zone matrix: what each zone can open towards each other one after all devices, translations and inspections,
/// held against the conduits.
///
/// - Parameter today: conduits that have expired by then list nothing.
/// - Throws: `EngineError.tooLarge`.
public func zoneMatrix(_ network: SiteNetwork, today: CalendarDate) throws(EngineError) -> MatrixReport {
  let order = network.orderedReferences
  let rows = Mutex([[MatrixCell]?](repeating: nil, count: order.count))
  // Each row has a packet space of its own, which is let go when the row is done.
  DispatchQueue.concurrentPerform(iterations: order.count) { from in
    let row = MatrixRow(network, order, from: from, today: today).cells()
    rows.withLock { $0[from] = row }
  }
  var cells: [MatrixCell] = []
  for (from, row) in rows.withLock({ $0 }).enumerated() {
    guard let row else { throw .tooLarge(device: network.topology.label(order[from])) }
    cells += row
  }
  return MatrixReport(frame: network.frame, zones: order.map { network.title($0) }, cells: cells)
}

/// One row: everything that one zone can send.
private struct MatrixRow {
  let network: SiteNetwork
  let order: [ZoneReference]
  let from: Int
  let today: CalendarDate
  let traffic: ZoneTraffic

  init(_ network: SiteNetwork, _ order: [ZoneReference], from: Int, today: CalendarDate) {
    self.network = network
    self.order = order
    self.from = from
    self.today = today
    traffic = ZoneTraffic(OriginFlows(network.map, from: order[from]), today: today)
  }

  /// Nil when the sets outgrew their limit.
  func cells() -> [MatrixCell]? {
    let cells = order.indices.filter { $0 != from }.map { cell(to: $0) }
    return traffic.flows.isExhausted ? nil : cells
  }

  private func cell(to: Int) -> MatrixCell {
    var cell = MatrixCell(from: from, to: to)
    let flows = traffic.flows.flows.filter { $0.to == order[to] && $0.branch.state == .new }
    let nothing = SetBounds(lower: traffic.space.empty, upper: traffic.space.empty)
    let open = flows.reduce(nothing) { $0.union($1.branch.endToEnd.intersection(traffic.sessions)) }
    cell.open = open.lower.services(limit: 12)
    cell.possible = open.upper.subtracting(open.lower).services(limit: 12)
    cell.unlisted = unlisted(flows, open)
    let conduits = network.site.conduits.filter { $0.isInForce(today) && joins($0, to: order[to]) }
    cell.conduits = conduits.map(\.name)
    cell.diodes = network.diodes.filter { $0.joins(order[from], order[to], network.site) }.map(\.entry.name)
    // What a diode carries is for the DIO checks.
    if cell.diodes.isEmpty {
      cell.unmet = conduits.filter(\.isRequired).compactMap { unmet($0, to: order[to]) }
    }
    return cell
  }

  /// What no conduit lists, by the rule that lets it through.
  private func unlisted(_ flows: [PathFlow], _ open: SetBounds) -> [UnlistedTraffic] {
    var places: [RulePlace] = []
    var parts: [RulePlace: SetBounds] = [:]
    let unlisted = traffic.sessions.subtracting(traffic.listed)
    for flow in flows {
      let packets = flow.branch.endToEnd.intersection(unlisted)
      if packets.upper.isEmpty { continue }
      for (place, part) in network.topology.blame(packets, flow) {
        if parts[place] == nil { places.append(place) }
        parts[place] = parts[place]?.union(part) ?? part
      }
    }
    return places.flatMap { place -> [UnlistedTraffic] in
      guard let part = parts[place] else { return [] }
      let rule = network.line(place)
      let sets = [(part.lower, true), (part.upper.subtracting(part.lower), false)]
      return sets.filter { !$0.0.isEmpty }.map { set, isCertain in
        UnlistedTraffic(rule: rule, isCertain: isCertain, traffic: set.regions(limit: 8))
      }
    }
  }

  /// Whether the conduit leads from this zone to another.
  private func joins(_ conduit: Conduit, to: ZoneReference) -> Bool {
    conduit.from.addresses.overlaps(network.topology.networks(of: order[from]))
      && conduit.to.addresses.overlaps(network.topology.networks(of: to))
  }

  /// What of a required conduit does not surely get through, whichever path is taken.
  private func unmet(_ conduit: Conduit, to: ZoneReference) -> UnmetConduit? {
    var needed = conduit.traffic
    needed.sources = needed.sources.intersection(network.topology.networks(of: order[from]))
    needed.destinations = needed.destinations.intersection(network.topology.networks(of: to))
    let sessions = conduit.sessions(traffic)
    let ways = ConduitWays(traffic, to: to, needed: needed, sessions: sessions)
    if ways.isMet { return nil }
    let stops = ways.paths.flatMap(\.stops)
    let chosen = stops.filter { $0.isCertain == stops.contains(where: \.isCertain) }
    var missing = chosen.reduce(traffic.space.empty) { $0.union($1.packets) }
    if missing.isEmpty {
      needed.destinations = ways.unreached.isEmpty ? needed.destinations : ways.unreached
      missing = traffic.space.set(needed).intersection(sessions)
    }
    return UnmetConduit(conduit: conduit.name, isBlocked: ways.isBlocked, traffic: missing.regions(limit: 4))
  }
}
