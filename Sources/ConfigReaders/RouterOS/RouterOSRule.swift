import PacketSets
import RuleModel
import SourceText

/// A table of the firewall.
enum RouterOSTable: String, CaseIterable {
  case raw, mangle, nat, filter

  /// Chains that packets come to by themselves (RouterOS documentation, Firewall: "Each firewall module has its own
  /// pre-defined chains").
  var builtIn: Set<String> {
    switch self {
    case .raw: ["prerouting", "output"]
    case .mangle: ["prerouting", "input", "forward", "output", "postrouting"]
    case .nat: ["srcnat", "dstnat", "input", "output"]
    case .filter: ["input", "forward", "output"]
    }
  }
}

/// A rule of the firewall, with what it takes and what it does.
struct RouterOSRule {
  var chain: String
  var action: String
  var jumpTarget: String?
  /// What it takes; the same parts as in a rule of iptables, which does the work here as well.
  var parts: IptablesRule
  var isDisabled: Bool
  var logging: Logging
  /// Properties of the action.
  var values: [String: String]
  var range: SourceRange
  /// Later commands that may have changed or removed the rule.
  var change: SourceRange?
}

/// The rules of one table of one family, in order.
struct RouterOSRules {
  var rules: [RouterOSRule] = []
  /// Chains in order of first mention.
  var chains: [String] {
    var seen: Set<String> = []
    return rules.map(\.chain).filter { seen.insert($0).inserted }
  }
}

/// Where a table is kept.
struct RouterOSPlace: Hashable {
  var family: IPFamily
  var table: RouterOSTable
}

extension RouterOSReader {
  /// `add` and what else changes rules.
  mutating func readRule(_ statement: RouterOSStatement, _ place: RouterOSPlace) {
    use(statement)
    if place.table == .mangle { return readMark(statement) }
    switch statement.verb {
    case "add": addRule(statement, place)
    case "": break
    case "remove" where isEveryRule(statement.targets): tables[place] = RouterOSRules()
    default:
      gap(
        statement, .notModelled,
        "`\(printable(statement.verb))` of a rule is not carried out; the rules before it are open")
      guard var table = tables[place] else { return }
      for index in table.rules.indices where table.rules[index].change == nil {
        table.rules[index].change = statement.range
      }
      tables[place] = table
    }
  }

  /// Mangle drops nothing; marks are never taken as known. Those for routing send packets another way.
  private mutating func readMark(_ statement: RouterOSStatement) {
    guard statement.verb == "add", !statement.isDisabled, let action = statement["action"] else { return }
    if ["mark-routing", "route"].contains(action) {
      device.hasOtherRoutes = true
      gap(statement, .notModelled, "packets that take another routing table are not followed")
    }
  }

  /// `remove [ find ]`, also with `dynamic=no`.
  private func isEveryRule(_ targets: [RouterOSWord]) -> Bool {
    guard targets.count == 1, targets[0].isExpression else { return false }
    var words = RouterOSWords(Array(targets[0].text.utf8.filter { ![91, 93].contains($0) }))
    let inner = Array(words.commands().joined())
    return inner.first?.text == "find" && inner.dropFirst().allSatisfy { $0.key == "dynamic" }
  }

  private mutating func addRule(_ statement: RouterOSStatement, _ place: RouterOSPlace) {
    guard let chain = statement["chain"] else {
      return gap(statement, .notRecognised, "a rule without a chain; it is left out")
    }
    var rule = RouterOSRule(
      chain: chain, action: statement["action"] ?? "accept", jumpTarget: statement["jump-target"],
      parts: IptablesRule(range: statement.range, family: place.family), isDisabled: statement.isDisabled,
      logging: statement["log"] == "yes" ? .on : .off, values: statement.values, range: statement.range)
    rule.parts.comment = statement["comment"].flatMap { $0.isEmpty ? nil : $0 }
    readMatchers(statement, place, &rule.parts)
    for reason in rule.parts.problems { gap(statement, .notRecognised, reason) }
    noteFilledList(rule, place)
    insert(rule, statement, place)
  }

  /// Rules stand in the order in which they are added; `place-before` puts one before another.
  private mutating func insert(_ rule: RouterOSRule, _ statement: RouterOSStatement, _ place: RouterOSPlace) {
    var added = rule
    guard let word = statement["place-before"] else {
      tables[place, default: RouterOSRules()].rules.append(rule)
      return
    }
    let count = tables[place]?.rules.count ?? 0
    if let number = Int(word), (0...count).contains(number) {
      tables[place, default: RouterOSRules()].rules.insert(rule, at: number)
      return
    }
    gap(statement, .notModelled, "where `place-before` puts the rule is not known")
    added.change = statement.range
    tables[place, default: RouterOSRules()].rules.append(added)
  }

  /// Lists that a rule fills hold anything.
  private mutating func noteFilledList(_ rule: RouterOSRule, _ place: RouterOSPlace) {
    guard rule.action.hasPrefix("add-"), let list = rule.values["address-list"], !rule.isDisabled else { return }
    var lists = addressLists[place.family] ?? RouterOSAddressLists()
    if lists.filled[list] == nil { lists.filled[list] = rule.range }
    addressLists[place.family] = lists
  }
}
