import Findings
import PacketSets
import Reachability
import SitePolicy

extension Check {
  static let sisControlFunctions = Check(
    "SIS005", "sis-control-functions", .high,
    "A conduit to a SIS zone permits write, program or mode-change functions, or does not restrict functions.",
    work: .site { context in
      try context.site.conduits.filter { $0.isInForce(context.today) }.compactMap { conduit in
        guard let target = safetyZone(of: conduit, context) else { return nil }
        return try finding(conduit, to: target, context)
      }
    })
}

/// The engineering protocol of Triconex controllers: whoever may send it, may program them (CISA MAR-17-352-01 HatMan).
private let triStation = KnownService(
  name: "TriStation", service: Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(1502)))

/// The safety zone that the conduit leads to, as far as the policy rule is about it.
private func safetyZone(of conduit: Conduit, _ context: SiteContext) -> ZoneReference? {
  let sources = context.zones(of: conduit.from)
  return context.zones(of: conduit.to).first { target in
    context.topology.zone(target)?.isSafety == true
      && sources.contains { context.policy.selects(context.rule, $0, target, context.topology) }
  }
}

private func finding(_ conduit: Conduit, to target: ZoneReference, _ context: SiteContext) throws -> Finding? {
  let carried = industrialServices.filter { known in
    conduit.services.contains { $0.overlaps(known.service) } && !control(conduit, known).isEmpty
  }
  let isProgramming = conduit.services.contains { $0.overlaps(triStation.service) }
  guard !carried.isEmpty || isProgramming else { return nil }
  let zone = context.topology.label(target)
  var message: String
  if conduit.functions.isAny || carried.isEmpty {
    let names = unique(carried.map(\.name) + (isProgramming ? [triStation.name] : []))
    let list = names.count > 3 ? "nearly every industrial protocol" : names.joined(separator: ", ")
    message = "conduit \(conduit.name) to \(zone) does not restrict the functions of \(list): whoever uses it may write"
  } else {
    let names = unique(carried.flatMap { functionNames(control(conduit, $0)) })
    message = "conduit \(conduit.name) to \(zone) carries functions that change it: \(names.joined(separator: ", "))"
  }
  return try context.finding(
    conduit, at: conduit.functions.isAny ? "services" : "functions", subject: "control functions",
    message: message,
    help: """
      list reading functions only (`functions: {modbus: [read]}`) and inspect them on the way, or let the safety system \
      send on its own; what functional safety must change is done at the logic solver, with its key switch
      """
  ) { device in
    let packets = carried.map { known in
      PacketMatch(services: [known.service], function: FunctionMatch(functions: control(conduit, known)))
    }
    let programs = isProgramming ? [PacketMatch(services: [triStation.service])] : []
    return device.space.set(packets + programs).intersection(device.space.set(conduit.traffic))
      .intersection(device.analysis.openings)
  }
}

/// The functions of what runs on a service that change a controller and that the conduit carries.
private func control(_ conduit: Conduit, _ known: KnownService) -> IntervalSet<UInt16> {
  guard let name = known.industrialProtocol else { return .empty }
  // MMS runs on the port of S7.
  let all = name == .s7 ? name.controlFunctions.union(IndustrialProtocol.mms.controlFunctions) : name.controlFunctions
  return all.intersection(conduit.functions.functions)
}

/// `modbus write`, `s7 program`: what the functions are, by protocol and class.
private func functionNames(_ codes: IntervalSet<UInt16>) -> [String] {
  IndustrialProtocol.allCases.flatMap { name in
    FunctionClass.allCases.filter { functions(of: name, $0).overlaps(codes) }.map { "\(name.name) \($0.name)" }
  }
}

private func unique(_ names: [String]) -> [String] {
  names.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
}
