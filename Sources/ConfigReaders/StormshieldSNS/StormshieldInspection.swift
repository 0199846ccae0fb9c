import PacketSets
import RuleModel
import SourceText

/// What the Modbus profile of an inspection profile lets through (user manual, "MODBUS (IPS) tab").
struct StormshieldModbusProfile {
  var range: SourceRange
  private var isOff = false
  private var allowed: Set<UInt8> = []
  private var denied: Set<UInt8> = []
  private var allowsUmas: Bool?
  private var units: IntervalSet<UInt8> = .all
  private var registers: [UInt8: IntervalSet<UInt16>] = [:]
  private var problems: [Uncertainty] = []

  init(range: SourceRange) { self.range = range }

  /// Public function codes (Modbus Application Protocol V1.1b3, section 5), which the firewall allows by default.
  private static let publicCodes: Set<UInt8> = Set(Array(1...8) + [11, 12, 15, 16, 17, 20, 21, 22, 23, 24, 43])

  mutating func take(_ action: String, _ tokens: [String: String], _ range: SourceRange) {
    self.range = self.range.union(range)
    switch action {
    case "config":
      if tokens["state"]?.lowercased() == "off" { isOff = true }
      add(tokens["allowcode"], to: \.allowed, range)
      add(tokens["denycode"], to: \.denied, range)
      if let umas = tokens["allowumas"]?.lowercased() { allowsUmas = umas == "on" }
      if let text = tokens["allowedunitid"], !text.isEmpty {
        if let named: IntervalSet<UInt8> = numbers(text) { units = named } else { unclear(range, "unit list") }
      }
    case "memoryaccess":
      for (code, text) in tokens {
        guard let number = UInt8(code) else { continue }
        if let named: IntervalSet<UInt16> = numbers(text) {
          registers[number] = named
        } else {
          unclear(range, "address list of function \(number)")
        }
      }
    default: unclear(range, "command `\(printable(action))`")
    }
  }

  private mutating func add(_ text: String?, to codes: WritableKeyPath<Self, Set<UInt8>>, _ range: SourceRange) {
    guard let text, !text.isEmpty else { return }
    guard let named: IntervalSet<UInt8> = numbers(text) else { return unclear(range, "function list") }
    for interval in named.intervals { self[keyPath: codes].formUnion(interval) }
  }

  private mutating func unclear(_ range: SourceRange, _ what: String) {
    problems.append(Uncertainty(range: range, reason: "the \(what) of a Modbus profile is not understood"))
  }

  /// What the profile may block; a profile that is off blocks nothing.
  var mayBlock: [PacketMatch] {
    if isOff { return [] }
    let modbus = functions(of: .modbus)
    if !problems.isEmpty { return [PacketMatch(function: FunctionMatch(functions: modbus))] }
    // UMAS travels as function 90.
    let open = Self.publicCodes.union(allowed).union(allowsUmas == true ? [90] : []).subtracting(denied)
    let passing = IntervalSet(
      open.map { code in
        let value = IndustrialFunction.modbus(code: code).rawValue
        return value...value
      })
    var matches = [PacketMatch(function: FunctionMatch(functions: modbus.subtracting(passing)))]
    if !units.isAll {
      var match = FunctionMatch(functions: modbus)
      match.units = units.complement
      matches.append(PacketMatch(function: match))
    }
    for (code, addresses) in registers.sorted(by: { $0.key < $1.key }) where !addresses.isAll {
      var match = FunctionMatch(functions: IntervalSet(IndustrialFunction.modbus(code: code).rawValue))
      match.registers = addresses.complement
      matches.append(PacketMatch(function: match))
    }
    return matches
  }

  /// With the factory settings.
  static func factory(_ range: SourceRange) -> StormshieldModbusProfile { StormshieldModbusProfile(range: range) }
}

/// The inspection of a rule as it was asked for.
struct StormshieldInspectionKey: Hashable {
  var level: String
  var profile: Int?
}

/// Inspection levels (user manual, "Filter table": Inspection; FastPath mode).
extension StormshieldLowering {
  /// Index of the rule's inspection; without a level it is `ips`.
  ///
  /// Which protocol profile an inspection profile uses is not in these files, so what it blocks is never certain.
  mutating func profile(of rule: StormshieldRuleText) -> Int {
    let key = StormshieldInspectionKey(
      level: rule["inspection"]?.lowercased() ?? "ips", profile: rule["securityinspection"].flatMap { Int($0) })
    if let known = profiles[key] { return known }
    var profile = InspectionProfile(
      name: "inspection \(printable(key.level))", mode: .enforcing, blocked: .nothing, protocols: [.modbus],
      source: rule.range)
    switch key.level {
    case "firewall":
      profile.mode = .inert("inspection level `firewall` switches the intrusion prevention off for this rule")
      profile.protocols = []
    case "ids": profile.mode = .monitoring
    default:
      if let number = key.profile { profile.name += ", profile \(number)" }
      profile.blocked = blocked(key.profile, rule.range)
      profile.protocols.formUnion(reader.otherProfiles.keys)
    }
    device.profiles.append(profile)
    profiles[key] = device.profiles.count - 1
    return device.profiles.count - 1
  }

  private func blocked(_ number: Int?, _ range: SourceRange) -> MatchBounds {
    let candidates: [StormshieldModbusProfile] =
      if let number, let own = reader.modbus[number] {
        [own]
      } else {
        [.factory(range)] + reader.modbus.sorted { $0.key < $1.key }.map(\.value)
      }
    var upper = candidates.flatMap(\.mayBlock)
    for industrial in reader.otherProfiles.keys.sorted(by: { $0.rawValue < $1.rawValue }) {
      upper.append(PacketMatch(function: FunctionMatch(functions: functions(of: industrial))))
    }
    let reason = Uncertainty(
      range: candidates.last?.range ?? range,
      reason: "which protocol profile this inspection uses, and whether it is on, is not in the file")
    return MatchBounds(lower: [], upper: upper, uncertainties: [reason])
  }
}
