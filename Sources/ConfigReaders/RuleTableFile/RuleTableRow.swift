import PacketSets
import SourceText

/// A word of a rule table and where it stands.
struct RuleTableWord {
  var text: String
  var range: SourceRange
}

/// One rule as written, the same whether it came from a row of CSV or from a map of YAML.
struct RuleTableRow {
  /// What the columns of CSV and the keys of YAML are called.
  static let columns = [
    "rule", "in", "out", "source", "destination", "service", "functions", "units", "registers", "action", "log",
    "enabled",
    "reason",
  ]
  var range: SourceRange
  /// The words of every column that is there and not empty.
  var words: [String: [RuleTableWord]] = [:]

  init(range: SourceRange) { self.range = range }

  /// The one word of a column.
  func word(_ column: String) -> RuleTableWord? { words[column]?.first }

  /// The words of a column that must not be left out.
  subscript(column: String) -> [RuleTableWord] { words[column] ?? [] }

  /// The protocols whose functions the rule names.
  var inspectedProtocols: [IndustrialProtocol] {
    let named = self["functions"].compactMap { word in
      IndustrialProtocol(name: String(word.text.prefix { $0 != ":" }))
    }
    return self["units"].isEmpty && self["registers"].isEmpty ? named : named + [.modbus]
  }

  /// Whatever says which industrial messages are meant.
  var functionWords: [RuleTableWord] { self["functions"] + self["units"] + self["registers"] }
}

/// A whole table as written.
struct RuleTableText {
  var device: String?
  /// `permit`, `deny` or `reject`: what happens where no rule matches.
  var fallback: RuleTableWord?
  /// `yes` when replies of permitted sessions pass by themselves.
  var stateful: RuleTableWord?
  var rows: [RuleTableRow] = []
  /// Interfaces with the words that are their addresses; nil where the form has no place for them.
  var interfaces: [(name: RuleTableWord, addresses: [RuleTableWord])]?
  var routes: [RuleTableRoute] = []
  /// `yes` when the device learns routes or routes by policy.
  var otherRoutes: RuleTableWord?
  /// Names of addresses and of services.
  var groups: [String: [RuleTableWord]] = [:]
  var services: [String: [RuleTableWord]] = [:]
  var translations: [RuleTableTranslation] = []
  var management: [RuleTableManagement] = []
}

/// `- {to: 10.5.0.0/16, via: 10.1.0.254, interface: lan}`
struct RuleTableRoute {
  var to: RuleTableWord?
  var via: RuleTableWord?
  var interface: RuleTableWord?
  var range: SourceRange
}

/// One entry of `translate:`.
struct RuleTableTranslation {
  /// What is translated: the columns of a rule that say which packets.
  var row: RuleTableRow
  var toSource: RuleTableWord?
  var toDestination: RuleTableWord?
  var toPort: RuleTableWord?
}

/// One entry of `management:`.
struct RuleTableManagement {
  var service: RuleTableWord?
  var interface: RuleTableWord?
  var sources: [RuleTableWord]
  var range: SourceRange
}
