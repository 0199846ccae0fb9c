import PacketSets
import RuleModel
import SourceText

/// The direction in which an interface uses a rule.
enum HiSecOSDirection { case ingress, egress }

/// A table of rules and the table that assigns them to interfaces.
struct HiSecOSRuleTable {
  /// What the columns begin with.
  var prefix: String
  /// How its lists are named.
  var title: String

  /// The packet filter of the router interfaces.
  static let routed = HiSecOSRuleTable(prefix: "hm2L3", title: "packet filter")
  /// The packet filter on layer 2.
  static let bridged = HiSecOSRuleTable(prefix: "hm2DynFw", title: "layer 2 packet filter")
}

/// A rule in the place that its assignment gives it.
struct HiSecOSAssignment {
  var priority: Int
  var isActive: Bool
  /// Whether the row says at all that it is active.
  var isStated: Bool
  var ruleIndex: Int?
  var range: SourceRange
}

/// Rules and their assignments to interfaces.
extension HiSecOSReader {
  /// The rules of a table by index.
  ///
  /// An index that occurs twice cannot be relied on.
  mutating func rules(_ table: HiSecOSRuleTable) -> [Int: Rule] {
    var rules: [Int: Rule] = [:]
    for row in container.rows("\(table.prefix)RuleEntry") {
      guard let index = row.number("\(table.prefix)RuleIndex") else {
        gap(row.range, .notRecognised, "the rule has no index")
        continue
      }
      var rule = rule(row, index, table)
      if rules[index] != nil {
        let reason = unclear(row.range, "rule \(index) is in the table more than once")
        rule.match = MatchBounds(lower: [], upper: [.any], uncertainties: [reason])
        rule.action = .unknown
        rule.profile = nil
        rule.state = .active
      }
      rules[index] = rule
    }
    return rules
  }

  private mutating func rule(_ row: MibRow, _ index: Int, _ table: HiSecOSRuleTable) -> Rule {
    let prefix = table.prefix
    var rule = Rule(
      order: 0, name: "rule \(index)", match: match(row, prefix), action: .unknown, source: row.range)
    if let text = row.text("\(prefix)Description"), !text.isEmpty { rule.comment = text }
    // TruthValue: true 1, false 2; logging is off by default (RM GUI HiSecOS 3.0, "Packet Filter Rule").
    rule.logging = row.text("\(prefix)Log") == "1" ? .on : .off
    if let status = row.number("\(prefix)RowStatus") {
      if !isActive(status) { rule.state = .disabled }
    } else {
      rule.match = rule.match.uncertain(
        Uncertainty(range: row.range, reason: "the rule does not say whether it is active"))
    }
    if let strange = unknownColumn(row, of: "\(prefix)RuleEntry") {
      rule.match = MatchBounds(
        lower: [], upper: rule.match.upper, uncertainties: rule.match.uncertainties + [strange])
    }
    act(row, table, &rule)
    return rule
  }

  /// RowStatus active 1 or createAndGo 4 (RFC 2579).
  func isActive(_ status: Int) -> Bool { status == 1 || status == 4 }

  /// accept 1, drop 2, reject 3, enforce-modbus 4, enforce-opc 5 (HM2-FW-MIB, hm2L3Action).
  private mutating func act(_ row: MibRow, _ table: HiSecOSRuleTable, _ rule: inout Rule) {
    let column = "\(table.prefix)Action"
    let number = row.number(column)
    switch number {
    case 1: rule.action = .permit
    case 2: rule.action = .deny(rejects: false)
    case 3: rule.action = .deny(rejects: true)
    case 4, 5:
      rule.action = .permit
      let column = "hm2DPIProfileIndex"
      let key = HiSecOSProfileKey(action: number ?? 4, index: row.number(column) ?? 0)
      let place = profile(key, usedAt: row.range(column))
      rule.profile = place
      if unapplied.contains(place), case .inert(let reason) = device.profiles[place].mode {
        rule.match = rule.match.uncertain(
          Uncertainty(
            range: row.range(column), reason: "what the rule does without an enforcer is not documented: \(reason)"))
      }
    case .some(6...20):
      gap(row.range(column), .notModelled, "the action is an enforcer whose number is not published")
    default:
      // Disabled rows may be half filled in.
      if rule.state == .active { gap(row.range(column), .notRecognised, "the action of the rule cannot be read") }
    }
  }

  /// The assignments of each interface and direction, in order of evaluation.
  ///
  /// "The device applies rules to the data stream in ascending order starting with priority 1" (RM GUI HiSecOS 3.0, "Packet
  /// Filter Overview").
  mutating func assignments(
    _ table: HiSecOSRuleTable
  ) -> [HiSecOSDirection: [(interface: String, rules: [HiSecOSAssignment])]] {
    var places: [HiSecOSDirection: [String: Int]] = [:]
    var result: [HiSecOSDirection: [(interface: String, rules: [HiSecOSAssignment])]] = [:]
    for row in container.rows("\(table.prefix)RuleIfMappingEntry") {
      let prefix = "\(table.prefix)Ifm"
      let directions: [HiSecOSDirection]
      switch row.number("\(prefix)Direction") {
      case 1: directions = [.ingress]
      case 2: directions = [.egress]
      case 3: directions = [.ingress, .egress]
      default: directions = []
      }
      guard let name = interface(row, "\(prefix)Interface"), !directions.isEmpty else {
        gap(row.range, .notRecognised, "the assignment names no interface and direction; its rule may act anywhere")
        continue
      }
      require(name, row.range)
      let status = row.number("\(prefix)RowStatus")
      let assignment = HiSecOSAssignment(
        priority: row.number("\(prefix)Priority") ?? 0, isActive: status.map { isActive($0) } ?? true,
        isStated: status != nil, ruleIndex: row.number("\(prefix)RuleIndex"), range: row.range)
      for direction in directions {
        if let place = places[direction]?[name] {
          result[direction]?[place].rules.append(assignment)
        } else {
          places[direction, default: [:]][name] = result[direction]?.count ?? 0
          result[direction, default: []].append((name, [assignment]))
        }
      }
    }
    for direction in result.keys {
      for place in result[direction, default: []].indices {
        let rules = result[direction, default: []][place].rules.enumerated()
        result[direction]?[place].rules = rules.sorted {
          ($0.element.priority, $0.offset) < ($1.element.priority, $1.offset)
        }.map(\.element)
      }
    }
    return result
  }

  /// The rules of one interface and direction in order.
  mutating func ordered(_ assignments: [HiSecOSAssignment], _ rules: [Int: Rule]) -> [Rule] {
    var result: [Rule] = []
    for (place, assignment) in assignments.enumerated() {
      guard var rule = assignment.ruleIndex.flatMap({ rules[$0] }) else {
        result.append(missing(assignment))
        continue
      }
      if !assignment.isActive { rule.state = .disabled }
      if !assignment.isStated {
        rule.match = rule.match.uncertain(
          Uncertainty(range: assignment.range, reason: "the assignment does not say whether it is active"))
      }
      let neighbours = assignments[max(0, place - 1)...min(assignments.count - 1, place + 1)]
      if neighbours.count(where: { $0.priority == assignment.priority }) > 1 {
        rule.match = rule.match.uncertain(
          unclear(assignment.range, "several rules have priority \(assignment.priority); their order is not known"))
      }
      rule.order = result.count
      result.append(rule)
    }
    for place in result.indices { result[place].order = place }
    return result
  }

  private mutating func missing(_ assignment: HiSecOSAssignment) -> Rule {
    let name = assignment.ruleIndex.map { "rule \($0)" } ?? "a rule without index"
    issue(
      .undefinedReference, assignment.range, "the assignment names \(name), which does not exist",
      help: "delete the assignment or create the rule")
    let reason = Uncertainty(range: assignment.range, reason: "\(name) does not exist")
    var rule = Rule(
      order: 0, name: name, match: MatchBounds(lower: [], upper: [.any], uncertainties: [reason]), action: .unknown,
      source: assignment.range)
    if !assignment.isActive { rule.state = .disabled }
    return rule
  }
}
