import PacketSets
import RuleModel
import SourceText

/// An enforcer profile as a rule asks for it.
struct HiSecOSProfileKey: Hashable {
  var action: Int
  var index: Int
}

/// The Modbus and OPC enforcers (RM GUI HiSecOS 3.0, "Deep Packet Inspection").
extension HiSecOSReader {
  /// The profile of a rule with an enforcing action.
  mutating func profile(_ key: HiSecOSProfileKey, usedAt range: SourceRange) -> Int {
    if let known = profiles[key] { return known }
    let kind = key.action == 4 ? "Modbus" : "Opc"
    let prefix = "hm2DPIProfile\(kind)"
    let name = "\(kind == "Modbus" ? "Modbus" : "OPC") enforcer profile \(key.index)"
    let rows = container.rows("\(prefix)Entry").filter { $0.number("\(prefix)Index") == key.index }
    var profile = InspectionProfile(name: name, mode: .enforcing, blocked: .nothing, protocols: [], source: range)
    var idle: String?
    if let row = rows.first {
      profile = kind == "Modbus" ? modbusProfile(row, name) : opcProfile(row, name)
      idle = rows.count > 1 ? "the profile is in the table \(rows.count) times" : inactive(row, prefix)
    } else if key.index == 0 {
      // "0: The device does not apply any rule to the data packets" (RM GUI HiSecOS 3.0, "DPI Profile Index").
      idle = "profile index 0 means that no profile is applied"
    } else {
      idle = "there is no such profile"
      issue(.undefinedReference, range, "there is no \(name)", help: "create the profile, or name one that exists")
    }
    let place = device.profiles.count
    if let idle {
      profile.mode = .inert(idle)
      profile.blocked = .nothing
      unapplied.insert(place)
    }
    device.profiles.append(profile)
    profiles[key] = place
    return place
  }

  /// "The device applies the rules to the data stream when the profile is active" (same manual, "Modbus Enforcer").
  private func inactive(_ row: MibRow, _ prefix: String) -> String? {
    switch row.number("\(prefix)RowStatus") {
    case 1, 4, nil: nil
    default: "the profile is not active"
    }
  }

  // MARK: Modbus

  /// The functions that the types stand for; the list of `advanced` is its own.
  private static let types: [Int: [UInt8]] = [
    1: readCodes, 2: readCodes + writeCodes, 3: readCodes + writeCodes + [40, 42, 90, 125, 126], 4: Array(1...255),
  ]
  private static let readCodes: [UInt8] = [1, 2, 3, 4, 7, 11, 12, 17, 20, 24]
  private static let writeCodes: [UInt8] = [5, 6, 15, 16, 21, 22, 23]

  private mutating func modbusProfile(_ row: MibRow, _ name: String) -> InspectionProfile {
    let prefix = "hm2DPIProfileModbus"
    var rules = ModbusRules()
    let type = row.number(prefix + "FunctionType") ?? 1
    let column = prefix + "FunctionCodeList"
    let list = row.text(column)
    if type == 5 {
      rules.allow(list: list ?? "1,2,3,4,7,11,12,17,20,24", row.range(column))
    } else if let codes = Self.types[type] {
      for code in codes { rules.allow(code) }
      rules.compare(list, row.range(column))
    } else {
      rules.open(row.range(prefix + "FunctionType"), "the function type is not known")
    }
    rules.limit(units: row.text(prefix + "UnitIdentifierList"), row.range(prefix + "UnitIdentifierList"))
    // TruthValue: true 1, false 2; the plausibility check is on by default.
    if row.text(prefix + "SanityCheck") != "2" {
      rules.checksSanity(row.range(prefix + "SanityCheck"))
    }
    if let strange = unknownColumn(row, of: "\(prefix)Entry") { rules.open(strange.range, strange.reason) }
    for problem in rules.problems { gap(problem.range, .notRecognised, problem.reason) }
    let isUnlimited = type == 4 && rules.problems.isEmpty && rules.limitsNoUnits
    return InspectionProfile(
      name: name, mode: isUnlimited ? .inert("the function type `all` lets every function through") : .enforcing,
      blocked: isUnlimited ? .nothing : rules.blocked, protocols: [.modbus], source: row.range)
  }

  // MARK: OPC

  /// The OPC enforcer follows OPC Classic connections and tells no functions apart.
  private func opcProfile(_ row: MibRow, _ name: String) -> InspectionProfile {
    let others = IntervalSet(256...UInt16.max).subtracting(functions(of: .opcClassic))
    let reason = Uncertainty(range: row.range, reason: "the OPC enforcer may drop what is no OPC Classic")
    return InspectionProfile(
      name: name, mode: .enforcing,
      blocked: MatchBounds(
        lower: [], upper: [PacketMatch(function: FunctionMatch(functions: others))], uncertainties: [reason]),
      protocols: [], source: row.range)
  }
}

/// Collects what a Modbus enforcer profile lets through.
private struct ModbusRules {
  private var allowed: [UInt8: [ClosedRange<UInt16>]] = [:]
  /// Codes whose address range is not certain.
  private var unsure: Set<UInt8> = []
  private var units: IntervalSet<UInt8> = .all
  private var reasons: [Uncertainty] = []
  private var sanity: Uncertainty?
  private(set) var problems: [Uncertainty] = []
  private var isOpen = false

  var limitsNoUnits: Bool { units.isAll }

  mutating func allow(_ code: UInt8) { allowed[code] = [0...UInt16.max] }

  mutating func open(_ range: SourceRange, _ reason: String) {
    isOpen = true
    problems.append(Uncertainty(range: range, reason: reason))
  }

  /// `1|128-255,23|512-1023|2048-2051,42`: code, then address range, for code 23 a read and a write range
  /// (RM GUI HiSecOS 3.0, "Function Code Configurator - Advanced").
  mutating func allow(list: String, _ range: SourceRange) {
    for entry in list.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = entry.filter { $0 != " " }.split(separator: "|", omittingEmptySubsequences: false)
      guard let code = UInt8(parts[0]) else { return open(range, "\(quoted(String(entry))) is no function code") }
      var ranges: [ClosedRange<UInt16>] = []
      for part in parts.dropFirst() {
        guard let named: IntervalSet<UInt16> = numbers(String(part)), let first = named.intervals.first else {
          return open(range, "\(quoted(String(part))) is no address range")
        }
        ranges.append(first)
      }
      if ranges.count > 1 {
        // A message that reads and writes has two addresses; the model knows one.
        unsure.insert(code)
        reasons.append(
          Uncertainty(range: range, reason: "function \(code) has a range for reading and one for writing"))
      }
      allowed[code, default: []] += ranges.isEmpty ? [0...UInt16.max] : ranges
    }
  }

  /// The list that the device shows for a type must be the type's own; otherwise either may count.
  mutating func compare(_ list: String?, _ range: SourceRange) {
    guard let list, !list.isEmpty else { return }
    var own = ModbusRules()
    own.allow(list: list, range)
    if own.problems.isEmpty, own.allowed == allowed { return }
    // `1,2,..,255` is how the manual writes all codes.
    if allowed.count == 255, list.contains("..") { return }
    open(range, "the function codes are not those of the function type")
  }

  /// `none` permits packets whatever their unit (same manual, "Unit Identifier").
  mutating func limit(units list: String?, _ range: SourceRange) {
    guard let list, !list.isEmpty, list != "none" else { return }
    if let named: IntervalSet<UInt8> = numbers(list) {
      units = named
    } else {
      open(range, "the unit list cannot be read")
    }
  }

  mutating func checksSanity(_ range: SourceRange) {
    sanity = Uncertainty(range: range, reason: "the plausibility check drops what is no Modbus")
  }

  /// What is dropped.
  var blocked: MatchBounds {
    let modbus = functions(of: .modbus)
    let everyModbus = PacketMatch(function: FunctionMatch(functions: modbus))
    if isOpen { return MatchBounds(lower: [], upper: [.any], uncertainties: problems) }
    let named = IntervalSet(
      allowed.keys.map { code in
        let value = IndustrialFunction.modbus(code: code).rawValue
        return value...value
      })
    var lower = [PacketMatch(function: FunctionMatch(functions: modbus.subtracting(named)))]
    var upper = lower
    for code in allowed.keys.sorted() {
      let registers = IntervalSet(allowed[code] ?? [])
      if registers.isAll { continue }
      var match = FunctionMatch(functions: IntervalSet(IndustrialFunction.modbus(code: code).rawValue))
      match.registers = registers.complement
      lower.append(PacketMatch(function: match))
      if unsure.contains(code) { match.registers = .all }
      upper.append(PacketMatch(function: match))
    }
    if !units.isAll {
      var match = everyModbus
      match.function.units = units.complement
      lower.append(match)
      upper.append(match)
    }
    var reasons = self.reasons
    if let sanity {
      let others = IntervalSet(256...UInt16.max).subtracting(modbus)
      upper.append(PacketMatch(function: FunctionMatch(functions: others)))
      reasons.append(sanity)
    }
    lower.removeAll { $0.function.functions.isEmpty }
    upper.removeAll { $0.function.functions.isEmpty }
    return reasons.isEmpty ? MatchBounds(lower) : MatchBounds(lower: lower, upper: upper, uncertainties: reasons)
  }
}
