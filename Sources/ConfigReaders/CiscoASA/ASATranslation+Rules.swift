import PacketSets
import RuleModel
import SourceText

extension ASAReader {
  /// The two translation steps of the device: destinations when a packet enters, sources when it leaves.
  mutating func lowerTranslations() -> (entering: [TranslationRule], leaving: [TranslationRule]) {
    var entering: [TranslationRule] = []
    var leaving: [TranslationRule] = []
    for translation in sortedTranslations() {
      if translation.destination != nil { entering.append(forwardDestination(translation, order: entering.count)) }
      if translation.kind == .static, !translation.isUnidirectional {
        entering.append(reverseDestination(translation, order: entering.count))
      }
      leaving.append(forwardSource(translation, order: leaving.count))
      if translation.kind == .static, !translation.isUnidirectional, translation.destination != nil {
        leaving.append(reverseSource(translation, order: leaving.count))
      }
    }
    return (entering, leaving)
  }

  /// From the real side: the mapped destination becomes the real one.
  private func forwardDestination(_ translation: ASATranslation, order: Int) -> TranslationRule {
    let destination = translation.destination ?? (translation.source, translation.source)
    var service = Service.any
    if let (first, _) = translation.service { service = first }
    var rule = TranslationRule(
      order: order, name: translation.name,
      match: match(translation.source, destination.mapped, service), range: translation.range)
    rule.ingress = pattern(translation.real)
    rule.destination = change(destination.mapped, destination.real, at: translation.range)
    if let (first, second) = translation.service { rule.destinationPorts = ports(first, second, \.destinationPorts) }
    return rule
  }

  /// From the mapped side: the mapped address of the source host becomes its real one.
  private func reverseDestination(_ translation: ASATranslation, order: Int) -> TranslationRule {
    var service = Service.any
    var newPorts: IntervalSet<UInt16>?
    if let (first, second) = translation.service {
      // Seen from the mapped side the host's ports are the destination's.
      service = turned(second)
      newPorts = ports(second, first, \.sourcePorts)
    }
    let peers = translation.destination?.real ?? ASATranslationAddress(bounds: AddressBounds(.all))
    var rule = TranslationRule(
      order: order, name: translation.name, match: match(peers, translation.mappedSource, service),
      range: translation.range)
    rule.ingress = pattern(translation.mapped)
    rule.destination = change(translation.mappedSource, translation.source, at: translation.range)
    rule.destinationPorts = newPorts
    return rule
  }

  /// From the real side: the real source becomes the mapped one; destinations are real already.
  private func forwardSource(_ translation: ASATranslation, order: Int) -> TranslationRule {
    var service = Service.any
    if let (first, second) = translation.service {
      service = first
      service.destinationPorts = second.destinationPorts
    }
    let peers = translation.destination?.real ?? ASATranslationAddress(bounds: AddressBounds(.all))
    var rule = TranslationRule(
      order: order, name: translation.name, match: match(translation.source, peers, service), range: translation.range)
    rule.ingress = pattern(translation.real)
    rule.egress = pattern(translation.mapped)
    if translation.mappedSource.isInterface {
      rule.source = .egressInterface
    } else {
      rule.source = change(translation.source, translation.mappedSource, at: translation.range)
    }
    return rule
  }

  /// From the mapped side: the real peer becomes the mapped one; destinations are real already.
  private func reverseSource(_ translation: ASATranslation, order: Int) -> TranslationRule {
    let peers = translation.destination ?? (translation.source, translation.source)
    var rule = TranslationRule(
      order: order, name: translation.name, match: match(peers.real, translation.source, .any), range: translation.range
    )
    rule.ingress = pattern(translation.mapped)
    rule.egress = pattern(translation.real)
    rule.source = change(peers.real, peers.mapped, at: translation.range)
    return rule
  }

  // MARK: - Parts

  private func match(
    _ sources: ASATranslationAddress, _ destinations: ASATranslationAddress, _ service: Service
  ) -> MatchBounds {
    MatchBounds(sources: sources.bounds, destinations: destinations.bounds, services: ServiceBounds([service]))
  }

  private func pattern(_ interface: String?) -> InterfaceMatch { InterfaceMatch(interface.map { [$0] }) }

  /// The service seen from the other end.
  private func turned(_ service: Service) -> Service {
    var turned = service
    turned.sourcePorts = service.destinationPorts
    turned.destinationPorts = service.sourcePorts
    return turned
  }

  /// The new ports, where they change.
  private func ports(
    _ from: Service, _ to: Service, _ ports: KeyPath<Service, IntervalSet<UInt16>>
  ) -> IntervalSet<UInt16>? {
    from[keyPath: ports] == to[keyPath: ports] ? nil : to[keyPath: ports]
  }

  /// How addresses of `from` become addresses of `to`; nil when they stay.
  private func change(
    _ from: ASATranslationAddress, _ to: ASATranslationAddress, at range: SourceRange
  ) -> AddressTranslation? {
    if let uncertainty = (from.bounds.uncertainties + to.bounds.uncertainties).first { return .unknown(uncertainty) }
    let (old, new) = (from.bounds.upper, to.bounds.upper)
    if old == new { return nil }
    if let oldPrefix = old.prefix, let newPrefix = new.prefix, oldPrefix.length == newPrefix.length,
      oldPrefix.base.family == newPrefix.base.family
    {
      return .prefix(from: oldPrefix, to: newPrefix)
    }
    let isSameFamily = (old.v4.isEmpty || !new.v4.isEmpty) && (old.v6.isEmpty || !new.v6.isEmpty)
    if isSameFamily || old.isAll { return .pool(new) }
    return .unknown(Uncertainty(range: range, reason: "translation between IPv4 and IPv6 is not modelled"))
  }
}
