import PacketSets
import Reports
import RuleModel
import SourceText

/// Writes a reading as JSON; the layout is described in `docs/model-json.md`.
struct ModelDump {
  let file: SourceFile
  private var json = JSONWriter()

  init(file: SourceFile) { self.file = file }

  mutating func document(_ reading: Reading, platform: String, reason: String) -> [UInt8] {
    json = JSONWriter()
    let file = self.file
    json.object { json in
      json.member("schema_version", 1)
      json.member("path", file.path)
      json.member("platform", platform)
      json.member("platform_reason", reason)
      json.key("devices")
      json.array { json in for device in reading.devices { write(device, file, &json) } }
      json.key("diodes")
      json.array { json in for diode in reading.diodes { write(diode, file, &json) } }
      json.key("gaps")
      json.array { json in for gap in reading.ledger.gaps { write(gap, file, &json) } }
      json.key("issues")
      json.array { json in for issue in reading.issues { write(issue, file, &json) } }
      json.key("lines")
      json.object { json in
        // The same words as in the report; a finished ledger has no line that nothing claimed.
        json.member("used", reading.ledger.count(of: .used))
        json.member("irrelevant", reading.ledger.count(of: .irrelevant))
        json.member("not_modelled", reading.ledger.count(of: .notModelled))
        json.member("not_recognised", reading.ledger.count(of: .notRecognised))
      }
    }
    return json.bytes + [10]
  }
}

private func place(_ range: SourceRange, _ file: SourceFile) -> String {
  let position = file.position(at: Int(range.start))
  return "\(position.line):\(position.column)"
}

private func write(_ device: Device, _ file: SourceFile, _ json: inout JSONWriter) {
  json.object { json in
    json.member("name", device.name)
    json.member("instance", device.instance)
    json.member("platform", device.platform)
    json.member("passes_replies", device.passesReplies)
    json.member("can_inspect_industrial", device.canInspectIndustrial)
    json.key("interfaces")
    json.array { json in for interface in device.interfaces { write(interface, file, &json) } }
    json.key("lists")
    json.array { json in
      for (index, list) in device.lists.enumerated() {
        write(list, isUnbound: device.unboundLists.contains(index), device, file, &json)
      }
    }
    json.key("pipeline")
    json.array { json in for stage in device.pipeline { write(stage, device, file, &json) } }
    json.key("local_pipeline")
    json.array { json in for stage in device.localPipeline { write(stage, device, file, &json) } }
    json.key("profiles")
    json.array { json in for profile in device.profiles { write(profile, file, &json) } }
    json.key("routes")
    json.array { json in for route in device.routes { write(route, file, &json) } }
    json.key("management")
    json.array { json in for access in device.management { write(access, file, &json) } }
  }
}

private func write(_ interface: Interface, _ file: SourceFile, _ json: inout JSONWriter) {
  json.object { json in
    json.member("name", interface.name)
    json.member("aliases", interface.aliases)
    json.member("platform_zone", interface.platformZone)
    json.member("addresses", interface.addresses.map { "\($0.address)/\($0.network.length)" })
    if let vlan = interface.vlan { json.member("vlan", vlan) }
    json.member("parent", interface.parent)
    json.member("shutdown", interface.isShutdown)
    json.member("management_only", interface.isManagementOnly)
    if let checks = interface.checksSourceAddress { json.member("checks_source", checks) }
    json.member("at", place(interface.source, file))
  }
}

private func write(
  _ list: RuleList, isUnbound: Bool, _ device: Device, _ file: SourceFile, _ json: inout JSONWriter
) {
  json.object { json in
    json.member("name", list.name)
    json.member("unbound", isUnbound)
    json.member("default", text(list.fallback))
    json.member("at", place(list.source, file))
    json.key("rules")
    json.array { json in for rule in list.rules { write(rule, device, file, &json) } }
  }
}

private func write(_ rule: Rule, _ device: Device, _ file: SourceFile, _ json: inout JSONWriter) {
  json.object { json in
    json.member("name", rule.name)
    json.member("order", rule.order)
    json.member("at", place(rule.source, file))
    json.member("action", text(rule.action, device))
    if rule.ingress != .any { json.member("ingress", text(rule.ingress)) }
    if rule.egress != .any { json.member("egress", text(rule.egress)) }
    json.key("match")
    json.array { json in for match in rule.match.upper { write(match, &json) } }
    if !rule.match.isExact {
      json.key("match_lower")
      json.array { json in for match in rule.match.lower { write(match, &json) } }
      json.member("uncertain", rule.match.uncertainties.map { "\(place($0.range, file)) \($0.reason)" })
    }
    json.member("state", text(rule.state))
    json.member("logging", "\(rule.logging)")
    json.member("profile", rule.profile.map { device.profiles[$0].name })
    json.member("comment", rule.comment)
    json.member("objects", rule.objects.map(\.name))
    if let hits = rule.hits { json.member("hits", hits) }
    json.member("explicit", rule.isExplicit)
  }
}

private func write(_ match: PacketMatch, _ json: inout JSONWriter) {
  json.object { json in
    json.member("sources", match.sources.isAll ? ["any"] : match.sources.pieces)
    json.member("destinations", match.destinations.isAll ? ["any"] : match.destinations.pieces)
    json.member("services", match.services.map(\.description))
    json.member(
      "states", SessionState.allCases.filter { match.states.contains(state: $0) }.map(\.name))
    if !match.function.isAny { json.member("function", match.function.description) }
  }
}

private func write(_ stage: Stage, _ device: Device, _ file: SourceFile, _ json: inout JSONWriter) {
  json.object { json in
    json.member("name", stage.name)
    json.member("at", place(stage.source, file))
    if stage.ingress != .any { json.member("ingress", text(stage.ingress)) }
    if stage.egress != .any { json.member("egress", text(stage.egress)) }
    switch stage.work {
    case .route: json.member("work", "route")
    case .filter(let lists, let fallback):
      json.member("work", "filter")
      json.member("lists", lists.map { device.lists[$0].name })
      json.member("default", text(fallback))
    case .translate(let rules):
      json.member("work", "translate")
      json.key("rules")
      json.array { json in for rule in rules { write(rule, file, &json) } }
    }
  }
}

private func write(_ rule: TranslationRule, _ file: SourceFile, _ json: inout JSONWriter) {
  json.object { json in
    json.member("name", rule.name)
    json.member("at", place(rule.range, file))
    if rule.ingress != .any { json.member("ingress", text(rule.ingress)) }
    if rule.egress != .any { json.member("egress", text(rule.egress)) }
    json.key("match")
    json.array { json in for match in rule.match.upper { write(match, &json) } }
    if let source = rule.source { json.member("source", text(source)) }
    if let destination = rule.destination { json.member("destination", text(destination)) }
    if let ports = rule.destinationPorts {
      json.member("destination_ports", ports.intervals.map { "\($0.lowerBound)-\($0.upperBound)" })
    }
  }
}

private func write(_ profile: InspectionProfile, _ file: SourceFile, _ json: inout JSONWriter) {
  json.object { json in
    json.member("name", profile.name)
    switch profile.mode {
    case .enforcing: json.member("mode", "enforcing")
    case .monitoring: json.member("mode", "monitoring")
    case .inert(let reason): json.member("mode", "inert: \(reason)")
    }
    json.member("protocols", profile.protocols.map(\.name).sorted())
    json.key("blocked")
    json.array { json in for match in profile.blocked.upper { write(match, &json) } }
    json.member("at", place(profile.source, file))
  }
}

private func write(_ route: Route, _ file: SourceFile, _ json: inout JSONWriter) {
  json.object { json in
    json.member("network", route.network.description)
    json.member("interface", route.interface)
    json.member("gateway", route.gateway?.description)
    json.member("distance", route.distance)
    json.member("at", place(route.source, file))
  }
}

private func write(_ access: ManagementAccess, _ file: SourceFile, _ json: inout JSONWriter) {
  json.object { json in
    json.member("service", access.service)
    json.member("interface", access.interface)
    json.member("sources", access.sources.isAll ? ["any"] : access.sources.pieces)
    json.member("clear_text", access.isClearText)
    json.member("at", place(access.source, file))
  }
}

private func write(_ diode: Diode, _ file: SourceFile, _ json: inout JSONWriter) {
  json.object { json in
    json.member("name", diode.name)
    json.member("platform", diode.platform)
    switch diode.enforcement {
    case .hardware: json.member("enforcement", "hardware")
    case .software(let seen): json.member("enforcement", "software: \(seen)")
    case .unknown: json.member("enforcement", "unknown")
    }
    json.key("sides")
    json.array { json in
      for side in diode.sides {
        json.object { json in
          json.member("role", "\(side.role)")
          json.key("transfers")
          json.array { json in for transfer in side.transfers { write(transfer, file, &json) } }
        }
      }
    }
    json.member("defects", diode.defects.map { "\(place($0.range, file)) \($0.message)" })
  }
}

private func write(_ transfer: DiodeTransfer, _ file: SourceFile, _ json: inout JSONWriter) {
  json.object { json in
    json.member("name", transfer.name)
    json.member("content", text(transfer.content))
    json.key("parameters")
    json.object { json in
      for (key, value) in transfer.parameters.sorted(by: { $0.key < $1.key }) { json.member(key, value) }
    }
    json.member("at", place(transfer.source, file))
  }
}

private func write(_ gap: LedgerGap, _ file: SourceFile, _ json: inout JSONWriter) {
  json.object { json in
    json.member("at", place(gap.range, file))
    json.member("state", gap.state == .notModelled ? "not modelled" : "not recognised")
    json.member("could_change_verdict", gap.couldChangeVerdict)
    json.member("reason", gap.reason)
  }
}

private func write(_ issue: ReadIssue, _ file: SourceFile, _ json: inout JSONWriter) {
  json.object { json in
    json.member("at", place(issue.range, file))
    json.member("kind", "\(issue.kind)")
    json.member("could_change_verdict", issue.couldChangeVerdict)
    json.member("message", issue.message)
  }
}
