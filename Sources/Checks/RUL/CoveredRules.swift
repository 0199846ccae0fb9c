import Findings
import PacketSets
import Reachability
import RuleModel

extension ListContext {
  /// The rule at a place; nil for a default.
  func rule(at place: ListPlace) -> Rule? { place.rule.map { device.lists[place.list].rules[$0] } }

  /// What people call a place: the rule's name, with its list when that is another one, or the default.
  func name(of place: ListPlace, seenFrom list: Int) -> String {
    if let rule = rule(at: place) { return rule.name }
    return place.list < 0 || place.list == list ? "the default" : "the default of \(device.lists[place.list].name)"
  }

  /// Names of some places, the first three in full.
  func names(_ places: [ListPlace], seenFrom list: Int) -> String {
    let shown = places.prefix(3).map { name(of: $0, seenFrom: list) }.joined(separator: ", ")
    return places.count > 3 ? "\(shown) and \(places.count - 3) more" : shown
  }

  /// The lines of some rules, each with a label and the rule's name.
  func related(_ places: [ListPlace], _ label: String) -> [RelatedPlace] {
    places.compactMap { place in
      rule(at: place).map { RelatedPlace(range: $0.source, label: "\(label): \($0.name)") }
    }
  }

  /// Covered rules of one kind.
  func coveredRules(isOpposite: Bool) -> [(covered: CoveredRule, list: RuleList, rule: Rule)] {
    anomalies.covered.compactMap { covered in
      guard covered.isOpposite == isOpposite, let rule = rule(at: covered.place) else { return nil }
      return (covered, device.lists[covered.place.list], rule)
    }
  }

  /// A packet that the rule is meant for and never gets, taken by the first of the rules that cover it.
  ///
  /// - Throws: `CheckError.unconfirmedWitness` when the packet-by-packet evaluator lets the rule decide it.
  func witness(of covered: CoveredRule, _ rule: Rule) throws -> Witness? {
    let covers = covered.coveredBy.compactMap { self.rule(at: $0) }
    let shared = covers.lazy.flatMap { cover in
      cover.match.lower.flatMap { one in rule.match.upper.compactMap { $0.intersection(one) } }
    }.flatMap { match in match.corners.map { plain($0, match) } }
    guard let packet = shared.first else { return nil }
    let list = device.lists[covered.place.list]
    var witness = Witness(packet: packet, from: "", to: "", path: "\(device.label): \(list.name)")
    // A walk through a long list for each of many findings takes too long; there it is enough that the packet is in an
    // earlier rule that certainly takes it, which has just been looked up without any set.
    guard covered.asked.reduce(0, { $0 + device.lists[$1].rules.count }) <= 20_000 else { return witness }
    let evaluator = ConcreteEvaluator(device: device, ingress: name(rule.ingress), egress: name(rule.egress))
    let verdict = evaluator.trace(lists: covered.asked, packet)
    guard !verdict.trace.contains(where: { $0.range == rule.source && $0.rule == rule.name }) else {
      throw CheckError.unconfirmedWitness(
        check: check.code, device: device.label, packet: packet.description,
        detail: "\(rule.name) should never be reached, and is")
    }
    witness.steps = verdict.steps
    return witness
  }

  /// The packet as people expect it, if the match takes it so: a SYN from a high port.
  private func plain(_ corner: Packet, _ match: PacketMatch) -> Packet {
    var packet = corner
    if IPProtocol.withPorts.contains(packet.proto) { packet.sourcePort = 49152 }
    if packet.proto == IPProtocol.tcp { packet.tcpFlags = Packet.syn }
    packet.function = .none
    packet.unit = 0
    packet.register = 0
    return match.contains(packet) ? packet : corner
  }

  /// An interface that the match means; the empty name where it means all.
  private func name(_ match: InterfaceMatch) -> String {
    guard !match.isNegated, let pattern = match.patterns?.first else { return "" }
    return pattern.hasSuffix("+") ? pattern.dropLast() + "0" : pattern
  }
}
