import PacketSets
import RuleModel
import SourceText

/// Rules of address translation: `nat from A to B on wan -> from C port P to D port Q`.
extension StormshieldLowering {
  mutating func translationRules(_ slot: StormshieldSlot, isSure: Bool) -> [TranslationRule] {
    var rules: [TranslationRule] = []
    var disturbances = Array(slot.disturbances.prefix(4))
    if !isSure {
      disturbances.append(Uncertainty(range: device.source, reason: "which policy is in force is not in the file"))
    }
    for (number, place) in slot.translation.lazy.compactMap({ $0 }).enumerated() {
      let text = reader.slots.rules[place]
      if text["state"]?.lowercased() == "off" { continue }
      rules.append(translationRule(text, number + 1, disturbances))
    }
    return rules
  }

  private mutating func translationRule(
    _ text: StormshieldRuleText, _ number: Int, _ disturbances: [Uncertainty]
  ) -> TranslationRule {
    var open = disturbances
    for word in text.unknown.prefix(3) {
      let reason = "the word `\(printable(String(word.prefix(40))))` of the rule is not known"
      note(text.range, .notRecognised, reason)
      open.append(Uncertainty(range: text.range, reason: reason))
    }
    if text["action"] == nil { open.append(Uncertainty(range: text.range, reason: "the rule cannot be read")) }
    for token in ["schedule", "srcuser", "via"] {
      guard let value = text[token]?.lowercased(), !["", "any", "anytime"].contains(value) else { continue }
      open.append(Uncertainty(range: text.range, reason: "the rule depends on `\(token)`"))
    }
    if text["beforevpn"]?.lowercased() == "on" {
      open.append(Uncertainty(range: text.range, reason: "the rule is for packets that enter a VPN"))
    }
    let original = match(text, &open)
    var rule = TranslationRule(order: 0, name: "NAT rule \(number)", match: original, range: text.range)
    rule.ingress = interfaceMatch(text, "srcif")
    rule.egress = interfaceMatch(text, "dstif")
    rule.source = change(text, "natsrctarget", from: "srctarget")
    rule.destination = change(text, "natdsttarget", from: "dsttarget")
    rule.destinationPorts = newPorts(text, &open)
    for reason in open { rule.match = rule.match.uncertain(reason) }
    return rule
  }

  /// `original` and nothing stay as they are; a network becomes a network of the same size address by address.
  private mutating func change(_ text: StormshieldRuleText, _ token: String, from: String) -> AddressTranslation? {
    guard let name = text.list(token).first, name.lowercased() != "original", name.lowercased() != "any" else {
      return nil
    }
    let new = resolver.addresses(name, text.range)
    guard new.isExact, !new.upper.isEmpty else {
      return .unknown(
        new.uncertainties.first ?? Uncertainty(range: text.range, reason: "the new address is not known"))
    }
    let old = resolver.addresses(text.list(from).first ?? "any", text.range)
    if old.isExact, let before = onePrefix(old.upper), let after = onePrefix(new.upper), before.length == after.length {
      return .prefix(from: before, to: after)
    }
    return .pool(new.upper)
  }

  /// The one IPv4 network that a set is; nil when it is none.
  private func onePrefix(_ set: AddressSet) -> IPPrefix? {
    guard set.v6.isEmpty, set.v4.intervals.count == 1, let interval = set.v4.intervals.first else { return nil }
    let size = interval.upperBound - interval.lowerBound
    guard size.nonzeroBitCount == 32 - size.leadingZeroBitCount, interval.lowerBound & size == 0 else { return nil }
    return IPPrefix(IPAddress(v4: interval.lowerBound), length: 32 - size.nonzeroBitCount)
  }

  private mutating func newPorts(_ text: StormshieldRuleText, _ open: inout [Uncertainty]) -> IntervalSet<UInt16>? {
    guard let name = text.list("natdstport").first, !["original", "any"].contains(name.lowercased()) else { return nil }
    let services = resolver.services(name, text.range)
    guard services.uncertainties.isEmpty else { return .all }
    return services.upper.reduce(.empty) { $0.union($1.destinationPorts) }
  }
}
