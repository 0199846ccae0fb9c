import PacketSets
import RuleModel
import SourceText

// Rules.
extension UCIFirewall {
  mutating func readRule(_ section: UCISection, _ open: Set<SourceRange>) {
    var conditions = UCIConditions(section)
    guard conditions.readZones(&self) else { return }
    let targetText = section.value("target")
    let target = targetText.flatMap { UCIValues.choice($0, UCIValues.targets) }
    if targetText != nil, target == nil { conditions.doubt = invalid(section, "target") }
    if open.contains(section.head) {
      conditions.doubt = Uncertainty(range: section.head, reason: "priorities contradict the order of the sections")
    }
    conditions.readSet(&self)
    conditions.readTests(&self)
    conditions.readDevice(&self)
    let (sources, knowsSources) = subnets(section, "src_ip")
    let (destinations, knowsDestinations) = subnets(section, "dest_ip")
    if !knowsSources { conditions.doubt = invalid(section, "src_ip") }
    if !knowsDestinations { conditions.doubt = invalid(section, "dest_ip") }
    let types = icmpTypes(section, &conditions)
    let place = chain(target, conditions)
    var count = 0
    for proto in conditions.protocols(&self, standard: "tcpudp") {
      let isICMP = proto.name == "icmp" || proto.name == "ipv6-icmp"
      guard
        let families = conditions.families(
          &self, [sources, destinations], proto, isICMP ? types : [], isSplit: target == "dscp" || section.has("dscp"))
      else { continue }
      for family in families {
        for (from, to) in UCIConditions.pairs(sources, destinations, family) {
          for icmp in UCIConditions.icmpTests(isICMP ? types : [], family) {
            var rule = conditions.rule(proto, family, from, to, number: count)
            rule.statements += conditions.ports(proto, "sport", "src_port", &self)
            rule.statements += conditions.ports(proto, "dport", "dest_port", &self)
            rule.statements += icmp
            rule.statements += conditions.setTests(proto, self)
            finish(&rule, target, conditions)
            add(rule, to: place)
            count += 1
          }
        }
      }
    }
  }

  private mutating func icmpTypes(_ section: UCISection, _ conditions: inout UCIConditions) -> [UCIICMPType] {
    var result: [UCIICMPType] = []
    for text in section.values("icmp_type") {
      if let type = UCIValues.icmpType(text) {
        result.append(type)
      } else {
        conditions.doubt = invalid(section, "icmp_type")
      }
    }
    return result
  }

  /// fw4.uc, parse_rule: source alone is for the device, source and destination are forwarded, else from the device.
  private func chain(_ target: String?, _ conditions: UCIConditions) -> String {
    let from = conditions.from
    let to = conditions.to
    switch target {
    case "notrack": return "notrack_\(conditions.zoneName(from, self) ?? "")"
    case "helper": return "helper_\(conditions.zoneName(from, self) ?? "")"
    case "mark", "dscp": return "mangle"
    default:
      guard let from else { return "output" }
      let base = to == nil ? "input" : "forward"
      return conditions.zoneName(from, self).map { "\(base)_\($0)" } ?? base
    }
  }

  private mutating func finish(_ rule: inout NFTRule, _ target: String?, _ conditions: UCIConditions) {
    if conditions.isLogged { rule.statements.append(.log) }
    switch target {
    case "notrack": rule.statements.append(.notrack)
    case "accept", "drop", "reject":
      guard let target else { return }
      if case .zone(let place) = conditions.to {
        if !rule.isDisabled { zones[place].verdictsTo.insert(target) }
        rule.statements.append(.verdict(.jump("\(target)_to_\(zones[place].name)")))
      } else {
        rule.statements.append(Self.verdict(target))
      }
    // Marks, helpers and service classes decide nothing; a rule without target only counts.
    default: rule.statements.append(.harmless)
    }
  }

  static func verdict(_ policy: String) -> NFTStatement {
    switch policy {
    case "accept": .verdict(.accept)
    case "reject": .reject
    default: .verdict(.drop)
    }
  }
}
