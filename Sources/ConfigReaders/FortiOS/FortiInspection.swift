import PacketSets
import RuleModel
import SourceText

/// What makes one inspection profile of a policy.
struct FortiProfileKey: Hashable {
  var applicationList: String?
  var sensor: String?
  /// Whether the policy surely switches it on.
  var isSure: Bool
}

/// Application control and IPS as far as they tell industrial functions apart.
extension FortiDomain {
  /// Index of the inspection that a policy's packets go through; nil when it has none.
  ///
  /// Profiles count only with `set utm-status enable`; without that line (fragments) it is left open.
  mutating func profile(of policy: Int) -> Int? {
    let status = tree.value("utm-status", of: policy)
    if status == "disable" { return nil }
    var key = FortiProfileKey(
      applicationList: tree.value("application-list", of: policy), sensor: tree.value("ips-sensor", of: policy),
      isSure: status == "enable")
    if tree.value("profile-type", of: policy) == "group", let group = tree.setting("profile-group", of: policy) {
      guard let node = entry(group.words[0], in: "firewall profile-group") else {
        _ = undefined("profile group", group.words[0], group.range, like: ["firewall profile-group"])
        return nil
      }
      key.applicationList = tree.value("application-list", of: node)
      key.sensor = tree.value("ips-sensor", of: node)
      key.isSure = true
    }
    guard key.applicationList != nil || key.sensor != nil else { return nil }
    if let known = profiles[key] { return known }
    let index = makeProfile(key, policy)
    profiles[key] = index
    return index
  }

  private mutating func makeProfile(_ key: FortiProfileKey, _ policy: Int) -> Int? {
    var verdict = FortiInspectionVerdict()
    var names: [String] = []
    var source = tree.nodes[policy].range
    if let name = key.applicationList {
      names.append("application list \(printable(name))")
      if let node = entry(name, in: "application list") {
        source = tree.nodes[node].range
        inspect(list: node, &verdict)
      } else {
        let use = tree.setting("application-list", of: policy)?.range ?? source
        verdict.mayBlockAnything(
          undefined("application list", name, use, like: ["application list"]))
      }
    }
    if let name = key.sensor {
      names.append("IPS sensor \(printable(name))")
      if let node = entry(name, in: "ips sensor") { inspect(sensor: node, &verdict) }
    }
    let exclusion = excludedSignatures()
    device.profiles.append(verdict.profile(named: names.joined(separator: ", "), key.isSure, exclusion, source))
    return device.profiles.count - 1
  }

  /// Why industrial signatures are without effect; nil when they are in force.
  ///
  /// "OT IPS signatures are part of the FortiGuard OT security service, and are excluded by default" (FortiOS 7.6.5
  /// administration guide, "IPS Modbus TCP decoder"); older releases name the class `industrial` (6.4 administration
  /// guide, "Matching multiple parameters on application control signatures").
  private func excludedSignatures() -> String? {
    guard let setting = sectionSetting("exclude-signatures", in: "ips global") else {
      return
        "industrial signatures are excluded by default; `config ips global`, `set exclude-signatures none` is missing"
    }
    return setting.words == ["none"]
      ? nil : "industrial signatures are excluded by `set exclude-signatures \(printable(setting.words[0]))`"
  }

  /// TCP ports on which Modbus messages are recognised (default 502, same section of the guide).
  private func modbusPorts() -> IntervalSet<UInt16> {
    for place in [scope.own] + scope.shared {
      guard let decoder = tree.section("ips decoder modbus_decoder", in: place),
        let list = tree.section("parameter port_list", in: decoder), let words = tree.setting("value", of: list)?.words
      else { continue }
      // `502:505` is a range; several are separated by commas.
      let ranges = words.flatMap { $0.split(separator: ",") }.map { part in
        LiteralText.ports(String(part.map { $0 == ":" ? "-" : $0 }))
      }
      return ranges.contains { $0 == nil } ? .empty : IntervalSet(ranges.compactMap { $0 })
    }
    return IntervalSet(502)
  }

  // MARK: Application control

  private func inspect(list: Int, _ verdict: inout FortiInspectionVerdict) {
    verdict.ports = modbusPorts()
    for reason in unknownStatements(of: list) { verdict.mayBlockAnything(reason) }
    for entry in tree.entries("entries", in: list) { inspect(entry: entry, &verdict) }
    // What no entry names: other known applications, and traffic that is no known application.
    if tree.value("other-application-action", of: list) == "block" {
      let reason = Uncertainty(
        range: tree.nodes[list].range, reason: "the list blocks applications that it does not name")
      verdict.block(surely: [verdict.allModbus], possibly: [.any], reason)
      verdict.blocksUnnamed = reason
    }
    if tree.value("unknown-application-action", of: list) == "block" {
      let reason = Uncertainty(range: tree.nodes[list].range, reason: "the list blocks what is no known application")
      verdict.mayBlockAnything(reason)
      verdict.blocksUnnamed = reason
    }
  }

  /// One entry; entries are asked in order, the first that matches decides. Without `set action` it blocks.
  private func inspect(entry: Int, _ verdict: inout FortiInspectionVerdict) {
    let range = tree.nodes[entry].range
    let reason = Uncertainty(range: range, reason: "which packets this entry matches is known only in part")
    let open = unknownStatements(of: entry)
    let (surely, possibly) = open.isEmpty ? functions(of: entry) : ([], [.any])
    switch tree.value("action", of: entry) ?? "block" {
    case "pass", "monitor": verdict.pass(surely: surely, possibly: possibly)
    case "block", "reset": verdict.block(surely: surely, possibly: possibly, reason)
    default: verdict.mayBlockAnything(reason)
    }
    if isUnfiltered(entry) {
      if ["block", "reset"].contains(tree.value("action", of: entry) ?? "block") { verdict.blocksUnnamed = reason }
    }
  }

  private static let filters = [
    "risk", "sub-category", "protocols", "vendor", "technology", "behavior", "popularity", "tags",
  ]

  /// Whether the entry names nothing and so matches every application.
  private func isUnfiltered(_ entry: Int) -> Bool {
    (["application", "category"] + Self.filters).allSatisfy { name in
      tree.words(name, of: entry).allSatisfy { $0 == "all" }
    }
  }

  /// Industrial functions that an entry surely and possibly matches.
  private func functions(of entry: Int) -> (surely: [FunctionMatch], possibly: [FunctionMatch]) {
    let anyIndustrial = FunctionMatch(functions: IntervalSet(256...UInt16.max))
    let modbus = FunctionMatch(functions: PacketSets.functions(of: .modbus))
    let applications = tree.words("application", of: entry)
    if !applications.isEmpty { return signatures(applications, entry) }
    let categories = tree.words("category", of: entry).filter { $0 != "all" }
    if !categories.isEmpty, !categories.contains(FortiIndustrial.category) { return ([], []) }
    let isNarrowed =
      Self.filters.contains { !tree.words($0, of: entry).allSatisfy { $0 == "all" } }
      || tree.setting("exclusion", of: entry) != nil
    return isNarrowed ? ([], [anyIndustrial]) : ([modbus], [isUnfiltered(entry) ? .any : anyIndustrial])
  }

  private func signatures(_ ids: [String], _ entry: Int) -> (surely: [FunctionMatch], possibly: [FunctionMatch]) {
    var surely: [FunctionMatch] = []
    var possibly: [FunctionMatch] = []
    for id in ids {
      guard let functions = FortiIndustrial.functions[id] else {
        possibly.append(FunctionMatch(functions: IntervalSet(256...UInt16.max)))
        continue
      }
      let groups = tree.entries("parameters", in: entry)
      if groups.isEmpty { surely.append(FunctionMatch(functions: functions)) }
      for group in groups {
        let (match, isExact) = parameters(group, functions)
        possibly.append(match)
        if isExact { surely.append(match) }
      }
      if groups.isEmpty { possibly.append(FunctionMatch(functions: functions)) }
    }
    return (surely, possibly)
  }

  /// One parameter group: its members hold together, several groups are alternatives.
  private func parameters(_ group: Int, _ functions: IntervalSet<UInt16>) -> (FunctionMatch, isExact: Bool) {
    var match = FunctionMatch(functions: functions)
    var isExact = unknownStatements(of: group).isEmpty && tree.setting("value", of: group) == nil
    for member in tree.entries("members", in: group) {
      let text = tree.value("value", of: member) ?? ""
      let ends = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard let first = UInt16(ends[0]), let last = ends.count == 2 ? UInt16(ends[1]) : first, first <= last else {
        isExact = false
        continue
      }
      switch tree.value("name", of: member) {
      case "UnitID" where last <= 255: match.units = IntervalSet(UInt8(first)...UInt8(last))
      case "Address": match.registers = IntervalSet(first...last)
      default: isExact = isExact && (first, last) == (0, .max)
      }
    }
    return (match, isExact)
  }

  // MARK: IPS

  /// A sensor is taken to stop attacks, not regular traffic; single signatures with `block` may be industrial functions.
  private func inspect(sensor: Int, _ verdict: inout FortiInspectionVerdict) {
    for entry in tree.entries("entries", in: sensor) where !tree.words("rule", of: entry).isEmpty {
      guard ["block", "reset", "default"].contains(tree.value("action", of: entry) ?? "default"),
        tree.value("status", of: entry) != "disable"
      else { continue }
      verdict.block(
        surely: [], possibly: [FunctionMatch(functions: IntervalSet(256...UInt16.max))],
        Uncertainty(range: tree.nodes[entry].range, reason: "what this IPS signature matches is not in the file"))
    }
  }
}

/// Signatures whose meaning Fortinet has published.
enum FortiIndustrial {
  /// Category "Industrial" (FortiOS 6.2 cookbook, "Basic category filters and overrides"; 7.0 new features, "Filters for
  /// application control groups in NGFW mode").
  static let category = "26"

  /// Modbus functions by application id. Ids without a published meaning are bounded, not guessed.
  ///
  /// 48885 is Modbus_Func05.Write.Single.Coil.Validation (FortiOS 6.4 to 7.6 administration guides, "Matching multiple
  /// parameters on application control signatures").
  static let functions: [String: IntervalSet<UInt16>] = [
    "48885": IntervalSet(IndustrialFunction.modbus(code: 5).rawValue)
  ]
}
