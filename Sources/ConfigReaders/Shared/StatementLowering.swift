import PacketSets
import RuleModel
import SourceText

/// What lowering a statement tree to a device needs on every platform: saying what was read, and what is open.
protocol StatementLowering {
  var tree: StatementTree { get set }
  var notes: ReaderNotes { get set }
  var device: Device { get set }
  /// Index in `device.lists` of the list that lets the other family pass a family's filters.
  var passLists: [IPFamily: Int] { get set }
}

extension StatementLowering {
  /// Words of the active children of a setting; the setting counts as read.
  mutating func names(_ node: Int) -> [String] {
    tree.markBelow(node, .used)
    return tree.children(node).map { tree.word($0) }
  }

  /// A quoted name for messages.
  func quoted(_ node: Int) -> String { "`\(printable(tree.word(node)))`" }

  /// A statement that is known but not modelled: a gap, and a reason for what it touches.
  mutating func notModelled(_ node: Int, _ reason: String) -> Uncertainty {
    tree.markBelow(node, .used)
    notes.gap(tree.range(node), .notModelled, matters: true, reason)
    return Uncertainty(range: tree.range(node), reason: reason)
  }

  /// A statement that is not known inside something that filters: a gap, and a reason for what it touches.
  mutating func notRecognised(_ node: Int) -> Uncertainty {
    tree.markBelow(node, .notRecognised)
    let reason = "the statement `\(withoutSecrets(printable(tree.word(node))))` is not known here"
    notes.gap(tree.range(node), .notRecognised, matters: true, reason)
    return Uncertainty(range: tree.range(node), reason: reason)
  }

  /// An undefined name: reported once, and nothing is known of what it stands for.
  mutating func undefined(_ kind: String, _ name: String, _ range: SourceRange) -> Uncertainty {
    let message = "\(kind) `\(printable(name))` is not defined in this file"
    notes.issue(
      .undefinedReference, range, message, help: "export the whole configuration, or correct the name")
    return Uncertainty(range: range, reason: message)
  }

  /// An object whose content the file does not tell.
  mutating func dynamic(_ range: SourceRange, _ message: String) -> Uncertainty {
    notes.issue(
      .dynamicObject, range, message, help: "use fixed values where segmentation must be proved")
    return Uncertainty(range: range, reason: message)
  }

  /// Inside the node the file ends.
  func cutOff(_ node: Int) -> Uncertainty {
    Uncertainty(range: tree.range(node), reason: "the file ends inside \(quoted(node))")
  }

  /// Adds a list to the device.
  mutating func addList(_ name: String, _ rules: [Rule], _ fallback: DefaultAction, _ source: SourceRange) -> Int {
    device.lists.append(RuleList(name: name, rules: rules, fallback: fallback, source: source))
    return device.lists.count - 1
  }

  /// The default of a list after which another one is asked.
  func leave(_ why: String) -> DefaultAction { DefaultAction(.leave, .implicit(why)) }

  /// Every packet of a family.
  func everything(_ family: IPFamily) -> PacketMatch {
    let all: AddressSet = family == .v4 ? .allV4 : .allV6
    return PacketMatch(sources: all, destinations: all)
  }

  /// A rule that may do anything with the packets of a family.
  func openRule(_ name: String, _ order: Int, _ reason: Uncertainty, _ family: IPFamily) -> Rule {
    var rule = Rule(
      order: order, name: name, match: MatchBounds(everything(family)).uncertain(reason), action: .unknown,
      source: reason.range)
    rule.isExplicit = false
    return rule
  }

  /// The list that lets the other family pass filters that see the packets of one family alone.
  mutating func passList(beside family: IPFamily) -> Int {
    if let known = passLists[family] { return known }
    let other: IPFamily = family == .v4 ? .v6 : .v4
    let title = other == .v6 ? "IPv6" : "IPv4"
    var rule = Rule(
      order: 0, name: "\(title) is not filtered here", match: MatchBounds(everything(other)), action: .permit,
      source: device.source)
    rule.isExplicit = false
    rule.logging = .off
    let list = addList(
      "\(title) beside the filters of the other family", [rule], leave("each family has filters of its own"),
      device.source)
    passLists[family] = list
    return list
  }
}
