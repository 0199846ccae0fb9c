import PacketSets
import RuleModel
import SourceText

extension IOSReader {
  /// Interfaces of different virtual routing tables do not reach each other unless routes leak.
  mutating func addIsolation() {
    let names = Set(config.interfaces.compactMap(\.vrf))
    guard !names.isEmpty else { return }
    let free = switching.trunks
    let groups = Dictionary(grouping: config.interfaces.filter { !$0.isSwitchport }) { $0.vrf ?? "" }.mapValues {
      $0.flatMap { ports(of: $0.name) }
    }
    guard groups.count > 1 else { return }
    let isLeaking = leaksRoutes
    for (name, own) in groups.sorted(by: { $0.key < $1.key }) {
      let label = name.isEmpty ? "the global routing table" : "VRF \(name)"
      let fallback = DefaultAction(
        isLeaking ? .permit : .deny,
        .implicit(
          "virtual routing tables are separate unless routes are leaked (IP Routing configuration guide, VRF-lite)"))
      var lists: [Int] = []
      if isLeaking {
        let source = config.leaks.first ?? config.source
        var rule = Rule(
          order: 0, name: "\(label) is separate",
          match: MatchBounds.any.uncertain(
            Uncertainty(range: source, reason: "routes leak between virtual routing tables; which ones is not modelled")
          ),
          action: .deny(rejects: false), source: source)
        rule.isExplicit = false
        lists = [addHelper("separation of \(label)", [rule])]
      }
      device.pipeline.append(
        Stage(
          .filter(lists: lists, fallback: fallback), name: "\(label) is separate from the others",
          source: config.source,
          ingress: InterfaceMatch(own), egress: InterfaceMatch(own + free, isNegated: true)))
    }
    if isLeaking, config.leaks.isEmpty {
      gap(
        at: config.source, changes: true,
        "a VRF imports routes that another exports; which networks these are is not modelled")
    }
  }
}
