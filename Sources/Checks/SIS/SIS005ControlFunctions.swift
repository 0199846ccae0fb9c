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

/// The engineering protocol of Triconex (CISA MAR-17-352-01 HatMan). Its functions have no names here, so nothing that a
/// conduit lists can restrict them.
private let triStation = KnownService(
  name: "TriStation", service: Service(proto: IPProtocol.udp, destinationPorts: IntervalSet(1502)))

/// OPC Classic begins at the endpoint mapper of DCOM.
private let opcClassic = KnownService(
  name: "OPC Classic (DCOM)", service: Service(proto: IPProtocol.tcp, destinationPorts: IntervalSet(135)))

/// The safety zone that the conduit leads to, as far as the policy rule is about it.
private func safetyZone(of conduit: Conduit, _ context: SiteContext) -> ZoneReference? {
  let sources = context.zones(of: conduit.from)
  return context.zones(of: conduit.to).first { target in
    context.topology.zone(target)?.isSafety == true
      && sources.contains { context.policy.selects(context.rule, $0, target, context.topology) }
  }
}

private func finding(_ conduit: Conduit, to target: ZoneReference, _ context: SiteContext) throws -> Finding? {
  let zone = context.topology.label(target)
  let help = """
    list reading functions only (`functions: {modbus: [read]}`) and inspect them on the way, or let the safety system send \
    on its own; what functional safety must change is done at the logic solver, with its key switch
    """
  let control = conduit.functions.functions.intersection(changing)
  if !conduit.functions.isAny, !control.isEmpty {
    return try context.finding(
      conduit, at: "functions", subject: "control functions",
      message: """
        conduit \(conduit.name) to \(zone) carries functions that change it: \
        \(functionNames(control).joined(separator: ", "))
        """, help: help
    ) { traffic in
      traffic.space.set(PacketMatch(function: FunctionMatch(functions: control)))
        .intersection(traffic.space.set(conduit.traffic)).intersection(traffic.sessions)
    }
  }
  let unrestricted = conduit.functions.isAny ? industrialServices + [opcClassic, triStation] : [triStation]
  let open = unrestricted.filter { known in
    conduit.services.contains { $0.overlaps(known.service) }
  }
  guard !open.isEmpty else { return nil }
  let names = open.map(\.name).reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
  let list = names.count > 3 ? "nearly every industrial protocol" : names.joined(separator: ", ")
  return try context.finding(
    conduit, at: "services", subject: "control functions",
    message: """
      conduit \(conduit.name) to \(zone) does not restrict the functions of \(list): whoever uses it may write
      """, help: help
  ) { traffic in
    let packets = open.map { known in
      PacketMatch(
        services: [known.service],
        function: known.industrialProtocol == nil ? .any : FunctionMatch(functions: changing))
    }
    return traffic.space.set(packets).intersection(traffic.space.set(conduit.traffic)).intersection(traffic.sessions)
  }
}

/// The functions of every protocol that change a process or a controller.
private let changing = IndustrialProtocol.allCases.reduce(IntervalSet<UInt16>.empty) {
  $0.union($1.controlFunctions)
}

/// `modbus write`, `s7 program`: what the functions are, by protocol and class.
private func functionNames(_ codes: IntervalSet<UInt16>) -> [String] {
  IndustrialProtocol.allCases.flatMap { name in
    FunctionClass.allCases.filter { functions(of: name, $0).overlaps(codes) }.map { "\(name.name) \($0.name)" }
  }
}
