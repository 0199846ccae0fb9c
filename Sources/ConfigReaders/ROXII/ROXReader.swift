import PacketSets
import RuleModel
import SourceText

/// A firewall zone and what belongs to it.
struct ROXZone {
  /// Interfaces, and which addresses behind them.
  struct Member {
    var interfaces: [String]
    var addresses: AddressBounds
  }

  var name: String
  /// `ipv4`, `ipv6`, `ipsec`, or `firewall` for the device itself.
  var type: String
  var members: [Member] = []
  var source: SourceRange

  var isDevice: Bool { type == "firewall" || name == "fw" }
  var family: AddressSet { type == "ipv6" ? .allV6 : .allV4 }
}

/// Lowers the tree of a ROX II configuration to a device.
struct ROXReader {
  let file: SourceFile
  var tree: StatementTree
  var notes: ReaderNotes
  var device: Device

  var interfaceIndex: [String: Int] = [:]
  /// The node of the firewall that is in force.
  var active: Int?
  var zones: [String: ROXZone] = [:]
  var zoneNames: [String] = []
  /// Zone of each interface that has one as a whole; nil where hosts decide.
  var interfaceZones: [String: String?] = [:]
  /// Addresses of hosts by interface.
  var hosts: [String: AddressBounds] = [:]
  /// What stands before all rules because it is open.
  var openRules: [Rule] = []
  var translationsBefore: [TranslationRule] = []
  var translationsBehind: [TranslationRule] = []

  init(_ file: SourceFile, _ tree: StatementTree, _ notes: ReaderNotes) {
    self.file = file
    self.tree = tree
    self.notes = notes
    // ROX II CLI User Guide 6.9: a stateful firewall, netfilter.
    device = Device(
      name: baseName(file.path), platform: "rox", passesReplies: true, source: file.range(0, file.bytes.count))
  }

  mutating func lower() {
    lowerSystem()
    lowerSecurity()
    // The same whatever order the forms of a configuration have.
    device.interfaces.sort { $0.name < $1.name }
  }

  private mutating func lowerSecurity() {
    guard let security = tree.child(StatementTree.root, "security") else { return off("the file has no firewall") }
    for part in tree.children(security) where tree.word(part) == "crypto" { tree.markBelow(part, .irrelevant) }
    guard let firewall = tree.child(security, "firewall") else { return off("the file has no firewall") }
    lowerFirewall(firewall)
  }

  // MARK: Which firewall

  private mutating func lowerFirewall(_ firewall: Int) {
    tree.mark(firewall, .used)
    let isEnabled = flag(firewall, "enable") || flag(firewall, "enabled")
    let wanted = setting(firewall, "active-config")
    let worked = setting(firewall, "work-config")
    if let list = tree.child(firewall, "fwconfig") {
      tree.mark(list, .used)
      for config in tree.children(list) {
        if tree.word(config) == wanted?.text {
          active = config
        } else {
          leaveOut(config, isWorkedOn: tree.word(config) == worked?.text)
        }
      }
    }
    guard isEnabled else {
      if let active { lowerConfig(active) }
      return off("the firewall is not enabled", tree.range(firewall))
    }
    guard let active else { return lowerNoActive(firewall, wanted) }
    lowerConfig(active)
    lowerPipelines(tree.range(active))
  }

  /// A firewall that is not in force says nothing about what passes.
  private mutating func leaveOut(_ config: Int, isWorkedOn: Bool) {
    tree.markBelow(config, .irrelevant)
    let name = printable(tree.word(config))
    notes.issue(
      .pendingChanges, tree.range(config),
      "firewall `\(name)` is \(isWorkedOn ? "being worked on and " : "")not in force; it is not judged",
      help: "make it the `active-config` once it is to hold", matters: false)
  }

  /// No page says what an enabled firewall does that has no configuration in force.
  private mutating func lowerNoActive(_ firewall: Int, _ wanted: (text: String, range: SourceRange)?) {
    var range = tree.range(firewall)
    var message = "the firewall is enabled and has no `active-config`; what it does is open"
    if let wanted {
      range = wanted.range
      message = "the firewall in force, `\(printable(wanted.text))`, is not defined in this file"
      notes.issue(.undefinedReference, range, message, help: "export the whole configuration, or correct the name")
    } else {
      notes.issue(.dynamicObject, range, message, help: "set `active-config`")
    }
    let open = Rule.open("no firewall in force", Uncertainty(range: range, reason: message))
    let permit = DefaultAction(.permit, .implicit("nothing filters without a firewall in force"))
    let list = device.addList("no firewall in force", [open], leave("nothing filters"), range)
    device.pipeline = [
      Stage(.route, name: "routing", source: device.source),
      Stage(.filter(lists: [list], fallback: permit), name: "no firewall in force", source: range),
    ]
    device.localPipeline = [
      Stage(.filter(lists: [list], fallback: permit), name: "no firewall in force", source: range)
    ]
  }

  /// Without the firewall the router forwards everything (CLI User Guide 6.9: it examines messages "when enabled").
  private mutating func off(_ reason: String, _ range: SourceRange? = nil) {
    device.unboundLists = device.lists.indices.filter { device.lists[$0].rules.contains(where: \.isExplicit) }
    let origin: DefaultOrigin = range.map { .configured($0) } ?? .factory(reason)
    let permit = DefaultAction(.permit, origin, logging: .off)
    let source = range ?? device.source
    device.pipeline = [
      Stage(.route, name: "routing", source: device.source),
      Stage(.filter(lists: [], fallback: permit), name: reason, source: source),
    ]
    device.localPipeline = [Stage(.filter(lists: [], fallback: permit), name: reason, source: source)]
  }

  private mutating func lowerConfig(_ config: Int) {
    tree.mark(config, .used)
    if tree.isCutOff(config) {
      let reason = Uncertainty(range: tree.range(config), reason: "the file ends inside the firewall")
      openRules.append(.open("the rest of the firewall", reason))
    }
    for part in tree.children(config) {
      switch tree.word(part) {
      case "fwzone", "fwinterface", "fwhost", "fwpolicy", "fwrule", "fwmasq", "fwnat": tree.mark(part, .used)
      case "description": tree.markBelow(part, .irrelevant)
      default:
        let reason = notRecognised(part)
        openRules.append(.open("statements that are not known", reason))
      }
    }
    readZones(config)
    readInterfaces(config)
    readHosts(config)
    findStrangers()
    readNAT(config)
    lowerLists(config)
  }

  func leave(_ why: String) -> DefaultAction { DefaultAction(.leave, .implicit(why)) }

  // MARK: Settings

  /// `enable`, `enabled true`; the setting counts as read.
  mutating func flag(_ node: Int, _ name: String) -> Bool {
    guard let found = tree.child(node, name) else { return false }
    tree.markBelow(found, .used)
    return tree.text(node, name).map { $0 != "false" && $0 != "disabled" } ?? true
  }

  mutating func setting(_ node: Int, _ name: String) -> (text: String, range: SourceRange)? {
    guard let key = tree.child(node, name), let value = tree.value(node, name) else { return nil }
    tree.markBelow(key, .used)
    return (tree.word(value), tree.range(key))
  }

  /// A statement that is not known inside the firewall: a gap, and a reason for what it touches.
  mutating func notRecognised(_ node: Int) -> Uncertainty {
    tree.markBelow(node, .notRecognised)
    let reason = "the setting `\(withoutSecrets(printable(String(tree.word(node).prefix(60)))))` is not known here"
    notes.gap(tree.range(node), .notRecognised, matters: true, reason)
    return Uncertainty(range: tree.range(node), reason: reason)
  }

  mutating func notModelled(_ range: SourceRange, _ reason: String) -> Uncertainty {
    notes.gap(range, .notModelled, matters: true, reason)
    return Uncertainty(range: range, reason: reason)
  }

  /// The settings of an entry by name, and reasons for those that are not known.
  ///
  /// Several settings may stand on one line, hence one below the other's value.
  mutating func settings(
    _ entry: Int, known: Set<String>, ignored: Set<String> = []
  ) -> (values: [String: String], open: [Uncertainty]) {
    tree.mark(entry, .used)
    var values: [String: String] = [:]
    var open: [Uncertainty] = []
    if tree.isCutOff(entry) {
      open.append(Uncertainty(range: tree.range(entry), reason: "the file ends inside this entry"))
    }
    var parents = [entry]
    while let parent = parents.popLast() {
      for key in tree.children(parent) {
        let name = tree.word(key)
        if ignored.contains(name) {
          tree.markBelow(key, .irrelevant)
          continue
        }
        guard known.contains(name) || name == "description" else {
          open.append(notRecognised(key))
          continue
        }
        tree.mark(key, .used)
        guard var value = tree.value(parent, name) else {
          values[name] = ""
          continue
        }
        for other in tree.children(key) where other != value { tree.markBelow(other, .irrelevant) }
        // `source-zone predefined-zone man`.
        if ["predefined-zone", "undefined-zone"].contains(tree.word(value)),
          let inner = tree.value(key, tree.word(value))
        {
          tree.mark(value, .used)
          value = inner
        }
        tree.mark(value, .used)
        values[name] = tree.word(value)
        parents.append(value)
      }
    }
    return (values, open)
  }
}
