import PacketSets
import RuleModel
import SourceText

/// Builds the devices of a file of management API answers.
struct CheckPointPolicy {
  let file: SourceFile
  var objects: CheckPointObjects
  private var answers: CheckPointAnswers { objects.answers }

  init(file: SourceFile, answers: CheckPointAnswers, notes: CheckPointNotes) {
    self.file = file
    objects = CheckPointObjects(answers: answers, notes: notes)
  }

  /// A device for every gateway that a policy of the file is installed on; for a policy without known gateways one.
  mutating func devices() -> [Device] {
    guard !answers.layers.isEmpty else {
      objects.notes.issue(
        .truncated, file.range(ofLine: 1), "the file holds no access rules",
        help: "join it with the answers of show-access-rulebase in one file (`jq -s .`)")
      return []
    }
    notePages()
    let policies = policies()
    return policies.flatMap { package, layers -> [Device] in
      let gateways = gateways(of: package)
      if gateways.isEmpty {
        objects.notes.issue(
          .undefinedReference, file.range(ofLine: 1), "the file holds no gateway, and so no interface",
          help: "add the answer of show-simple-gateways (or show-simple-clusters), details-level full")
        return [device(named: package?["name"]?.text ?? baseName(file.path), nil, package, layers)]
      }
      return gateways.map { device(named: $0["name"]?.text ?? "gateway", $0, package, layers) }
    }
  }

  private mutating func notePages() {
    for layer in answers.layers {
      guard let total = layer.total, total > layer.rules.count else { continue }
      objects.notes.issue(
        .truncated, layer.range,
        "the file holds \(layer.rules.count) of \(total) rules of layer `\(printable(layer.name))`",
        help: "export all pages (`offset`, or mgmt_cli with `limit`)")
    }
  }

  /// Packages whose layers are in the file, with their ordered layers; without packages all layers that no rule applies.
  private mutating func policies() -> [(package: DocumentNode?, layers: [CheckPointLayer])] {
    var result: [(package: DocumentNode?, layers: [CheckPointLayer])] = []
    var seen: Set<String> = []
    for package in answers.packages {
      guard let name = package["name"]?.text, seen.insert(name).inserted else { continue }
      let wanted = package["access-layers"]?.items ?? []
      let layers = wanted.compactMap { layer in answers.layers.first { $0.uid == layer["uid"]?.text } }
      if layers.isEmpty { continue }
      if layers.count < wanted.count {
        objects.notes.issue(
          .undefinedReference, package.entry(named: "access-layers")?.range ?? package.range,
          "not all layers of policy package `\(printable(name))` are in this file; traffic must pass each of them",
          help: "add the answers of show-access-rulebase for all layers")
      }
      result.append((package, layers))
    }
    if !result.isEmpty { return result }
    let inline = inlineLayers()
    let ordered = answers.layers.filter { !inline.contains($0.uid) }
    objects.notes.issue(
      .undefinedReference, file.range(ofLine: 1),
      "the policy package is not in this file: which layers it has, and in which order, is a guess",
      help: "add the answer of show-package, details-level full")
    return [(nil, ordered.isEmpty ? answers.layers : ordered)]
  }

  /// Layers that some rule applies.
  private func inlineLayers() -> Set<String> {
    var result: Set<String> = []
    for layer in answers.layers {
      for rule in layer.rules {
        guard let inline = rule["inline-layer"] else { continue }
        if let uid = answers.object(inline)?["uid"]?.text ?? inline.text { result.insert(uid) }
      }
    }
    return result
  }

  // MARK: Devices

  private static let gatewayTypes: Set<String> = ["simple-gateway", "simple-cluster", "CpmiGatewayCluster"]

  private func gateways(of package: DocumentNode?) -> [DocumentNode] {
    let all = answers.objects.values.filter { Self.gatewayTypes.contains($0["type"]?.text ?? "") }
      .filter { !($0["interfaces"]?.items ?? []).isEmpty }
      .sorted { ($0["name"]?.text ?? "") < ($1["name"]?.text ?? "") }
    guard let package else { return all }
    let targets = package["installation-targets"]?.items
    return all.filter { gateway in
      if let policy = gateway["policy"]?["access-policy-name"]?.text { return policy == package["name"]?.text }
      guard let targets else { return true }
      return targets.contains { answers.object($0)?["uid"]?.text == gateway["uid"]?.text }
    }
  }

  private mutating func device(
    named name: String, _ gateway: DocumentNode?, _ package: DocumentNode?, _ layers: [CheckPointLayer]
  ) -> Device {
    let source = gateway?.entry(named: "name")?.range ?? layers.first?.range ?? file.range(ofLine: 1)
    var device = Device(name: printable(name), platform: "checkpoint-mgmt", passesReplies: true, source: source)
    device.inspectableProtocols = Set(IndustrialProtocol.allCases)
    device.interfaces = (gateway?["interfaces"]?.items ?? []).compactMap { interface($0) }
    device.listsAllInterfaces = gateway != nil
    addLayers(to: &device, layers, gateway)
    var translation = CheckPointTranslation(objects: objects)
    let stages = translation.stages(isExpected: package?["nat-policy"]?.text == "true", source)
    objects = translation.objects
    device.pipeline += stages + [Stage(.route, name: "routing table", source: source)]
    device.localPipeline = [localStage(&device, source)]
    return device
  }

  private func interface(_ node: DocumentNode) -> Interface? {
    guard let name = node["name"]?.text ?? node["interface-name"]?.text else { return nil }
    var interface = Interface(name: name, source: node.range)
    if let comment = node["comments"]?.text, !comment.isEmpty { interface.aliases = [comment] }
    for version in ["ipv4", "ipv6"] {
      guard let address = node["\(version)-address"]?.text.flatMap({ IPAddress($0) }),
        let length = node["\(version)-mask-length"]?.text.flatMap({ Int($0) }),
        let network = IPPrefix(address, length: length)
      else { continue }
      interface.addresses.append(InterfaceAddress(address: address, network: network))
    }
    return interface
  }

  /// Ordered layers are asked one after the other and each must accept; in a layer the first match decides, and what
  /// none matches gets the layer's implicit cleanup (R81 Security Management Administration Guide, "Ordered Layers and
  /// Inline Layers").
  private mutating func addLayers(to device: inout Device, _ ordered: [CheckPointLayer], _ gateway: DocumentNode?) {
    let first = device.lists.count
    var places: [String: Int] = [:]
    for (offset, layer) in answers.layers.enumerated() { places[layer.uid] = first + offset }
    var rules = CheckPointRules(objects: objects, gateway: gateway?["name"]?.text, lists: places)
    for layer in answers.layers {
      var lowered = rules.rules(of: layer)
      let fallback = cleanup(of: layer, &lowered)
      device.lists.append(
        RuleList(name: printable(layer.name), rules: lowered, fallback: fallback, source: layer.range))
    }
    objects = rules.objects
    let orderedPlaces = ordered.compactMap { places[$0.uid] }
    for (position, place) in orderedPlaces.enumerated() {
      let lists = position == 0 ? impliedRules(&device) + [place] : [place]
      let list = device.lists[place]
      device.pipeline.append(
        Stage(.filter(lists: lists, fallback: list.fallback), name: "layer \(list.name)", source: list.source))
    }
    let inline = inlineLayers()
    device.unboundLists = places.filter { uid, place in !orderedPlaces.contains(place) && !inline.contains(uid) }
      .map(\.value).sorted()
  }

  /// The layer's implicit cleanup; when the file does not say, it is open.
  private func cleanup(of layer: CheckPointLayer, _ rules: inout [Rule]) -> DefaultAction {
    let setting = answers.objects[layer.uid]?.entry(named: "implicit-cleanup-action")
    if let setting {
      return DefaultAction(setting.value.text == "accept" ? .permit : .deny, .configured(setting.range), logging: .off)
    }
    let reason = Uncertainty(
      range: layer.range, reason: "the layer's implicit cleanup (drop unless it was changed) is not in this file")
    var rule = Rule(
      order: rules.count, name: "\(printable(layer.name)) implicit cleanup", match: MatchBounds.any.uncertain(reason),
      action: .unknown, source: layer.range)
    rule.isExplicit = false
    rules.append(rule)
    return DefaultAction(.deny, .factory("new layers drop what no rule matches"), logging: .off)
  }

  /// Implied rules let Check Point's own machines talk to each other before the first rule (R81 Security Management
  /// Administration Guide, "Implied Rules"); which of them are switched on is not in the file.
  private mutating func impliedRules(_ device: inout Device) -> [Int] {
    let machines = answers.objects.values.filter {
      Self.gatewayTypes.union(["CpmiHostCkp", "checkpoint-host"]).contains($0["type"]?.text ?? "")
    }
    let addresses = machines.flatMap { machine in
      [machine["ipv4-address"]?.text.flatMap { IPAddress($0) }].compactMap { $0 }.map { AddressSet($0) }
    }
    guard addresses.count > 1 else { return [] }
    let all = union(of: addresses)
    let reason = Uncertainty(range: device.source, reason: "which implied rules are switched on is not in this file")
    var rule = Rule(
      order: 0, name: "implied rules for control connections",
      match: MatchBounds(PacketMatch(sources: all, destinations: all)).uncertain(reason), action: .permit,
      source: device.source)
    rule.isExplicit = false
    let fallback = DefaultAction(.leave, .implicit("the rules of the layer follow"))
    device.lists.append(RuleList(name: "implied rules", rules: [rule], fallback: fallback, source: device.source))
    return [device.lists.count - 1]
  }

  /// Traffic to the gateway itself meets the same rules, and implied rules that the file does not show.
  private func localStage(_ device: inout Device, _ source: SourceRange) -> Stage {
    let reason = Uncertainty(range: source, reason: "implied rules for traffic to the gateway are not in this file")
    var rule = Rule(
      order: 0, name: "implied rules", match: MatchBounds.any.uncertain(reason), action: .unknown, source: source)
    rule.isExplicit = false
    device.lists.append(
      RuleList(
        name: "implied rules to the gateway", rules: [rule], fallback: DefaultAction(.leave, .implicit("denied")),
        source: source))
    return Stage(
      .filter(lists: [device.lists.count - 1], fallback: DefaultAction(.deny, .implicit("no implied rule accepts it"))),
      name: "traffic to the gateway", source: source)
  }
}

/// Reads a whole file of answers.
@Sendable
func readCheckPointManagement(_ file: SourceFile) -> Reading {
  var notes = CheckPointNotes(file)
  var answers = CheckPointAnswers()
  do {
    answers.take(try parseJSON(file, limits: DocumentLimits(bytes: SourceFile.sizeLimit, depth: 96, nodes: 40_000_000)))
    for number in 1...file.lines.count { notes.ledger.mark(line: number, .irrelevant) }
    for range in answers.used { notes.ledger.mark(range, .used) }
    for layer in answers.layers { for rule in layer.rules { notes.ledger.mark(rule.range, .used) } }
    for rule in answers.translations { notes.ledger.mark(rule.range, .used) }
    for range in answers.unknown {
      notes.gap(range, .notRecognised, matters: true, "this is no answer of the management API that is known")
    }
  } catch {
    notes.issue(
      .truncated, file.range(ofLine: 1), "the file is no well-formed JSON and is not read: \(error.description)",
      help: "export it again")
    notes.ledger.finish(file)
    var reading = Reading(ledger: notes.ledger)
    reading.issues = notes.issues
    return reading
  }
  var policy = CheckPointPolicy(file: file, answers: answers, notes: notes)
  let devices = policy.devices()
  policy.objects.notes.ledger.finish(file)
  var reading = Reading(ledger: policy.objects.notes.ledger)
  reading.devices = devices
  reading.issues = policy.objects.notes.issues
  return reading
}
