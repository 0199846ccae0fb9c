import PacketSets
import RuleModel

extension Device {
  /// Everything besides the rules of its lists that decides on packets, a line each, without places in the file.
  ///
  /// Two versions can be compared rule by rule only where these lines are equal: a list that is bound elsewhere, another
  /// translation, route or inspection changes verdicts though no rule has changed.
  var shape: [String] {
    var lines = ["replies pass without a rule: \(passesReplies)"]
    lines += (pipeline + localPipeline).flatMap(lines(of:))
    lines += routes.map {
      "route \($0.network) interface \($0.interface ?? "none") gateway \($0.gateway.map(\.description) ?? "none") \($0.distance)"
    }
    lines += profiles.map { "inspection \($0.name) \($0.mode) blocks \($0.blocked.lower) to \($0.blocked.upper)" }
    return lines
  }

  private func lines(of stage: Stage) -> [String] {
    let place = "in \(words(stage.ingress)) out \(words(stage.egress))"
    switch stage.work {
    case .route: return ["route lookup \(place)"]
    case .filter(let lists, let fallback):
      return ["filter \(place) by \(lists.count) lists, else \(lists.isEmpty ? "\(fallback.verdict)" : "the default")"]
    case .translate(let rules):
      return ["translation \(place)"]
        + rules.map { rule in
          """
          translation in \(words(rule.ingress)) out \(words(rule.egress)) of \(rule.match.lower) to \(rule.match.upper): \
          source \(words(rule.source)) destination \(words(rule.destination)) \(rule.destinationPorts?.intervals ?? [])
          """
        }
    }
  }

  private func words(_ match: InterfaceMatch) -> String {
    "\(match.isNegated ? "not " : "")\(match.patterns?.joined(separator: ",") ?? "any")"
  }

  private func words(_ change: AddressTranslation?) -> String {
    switch change {
    case nil: "stays"
    case .prefix(let from, let to): "\(from) to \(to)"
    case .pool(let addresses): "pool \(addresses)"
    case .egressInterface: "of the interface"
    case .unknown: "unknown"
    }
  }
}
