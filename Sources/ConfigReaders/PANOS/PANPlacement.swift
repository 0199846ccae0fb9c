import SourceText

/// Where the names of a statement stand in the tree.
///
/// The command line leaves names out that the file holds: on a firewall with one virtual system, `set rulebase …`
/// means `set devices localhost.localdomain vsys vsys1 rulebase …`, and `set network …` stands below `devices` too.
/// A leading `config` is the file's root. The same holds below `template NAME config`.
extension PANTree {
  private static let fileSections: Set<String> = [
    "devices", "mgt-config", "panorama", "policy", "predefined", "readonly", "shared",
  ]
  private static let deviceSections: Set<String> = [
    "device-group", "deviceconfig", "log-collector", "log-collector-group", "network", "platform", "plugins",
    "template", "template-stack", "vsys", "wildfire-appliance", "wildfire-appliance-cluster",
  ]
  static let localDevice = "localhost.localdomain"

  /// The names between a root and a section that its text leaves out.
  private static func omitted(before section: String) -> [String] {
    if fileSections.contains(section) { return [] }
    return deviceSections.contains(section) ? ["devices", localDevice] : ["devices", localDevice, "vsys", "vsys1"]
  }

  /// Whether sections of a whole configuration stand below the node.
  func isConfigurationRoot(_ node: Int) -> Bool {
    if node == Self.root { return true }
    guard name(of: node) == "config", let owner = parent(of: node), let list = parent(of: owner) else { return false }
    return ["template", "template-stack"].contains(name(of: list))
  }

  /// The names, those that the text leaves out included, that lead from `node` to its child `word`.
  func steps(to word: String, from node: Int) -> [String] {
    guard isConfigurationRoot(node) else { return [word] }
    if word == "config", node == Self.root { return [] }
    return Self.omitted(before: word) + [word]
  }

  /// The node that the words lead to, made when it is not there.
  mutating func make(path: some Sequence<String>, from start: Int, range: Range<Int>) -> Int {
    var node = start
    for word in path { node = make(word, below: container(of: word, after: node), range: range) }
    return node
  }

  /// The node of one word below `parent`, those that the text leaves out made too.
  mutating func make(_ word: String, below parent: Int, range: Range<Int>) -> Int {
    var node = parent
    for step in steps(to: word, from: parent) {
      node = make(step, of: node, start: range.lowerBound, end: range.upperBound)
    }
    return node
  }

  /// The node that the words lead to.
  func find(path: some Sequence<String>) -> Int? {
    var current = Self.root
    for word in path {
      for step in steps(to: word, from: current) {
        guard let next = child(step, of: current) else { return nil }
        current = next
      }
    }
    return current
  }
}

/// Several attributes on one command line: `set … rules r from any to any`, `… protocol tcp port 1 source-port 2`.
extension PANTree {
  /// Attributes of rules that hold further attributes; all others hold values.
  private static let nested: Set<String> = [
    "destination-translation", "dynamic-destination-translation", "match", "option", "profile-setting", "qos",
    "source-translation", "target", "type",
  ]
  /// Attributes that hold values, by the node that they stand in, or by the list of the entry that they stand in.
  private static let values: [String: Set<String>] = [
    "tcp": ["port", "source-port"], "udp": ["port", "source-port"], "sctp": ["port", "source-port"],
    "destination-translation": ["translated-address", "translated-port"],
    "dynamic-destination-translation": ["distribution", "translated-address", "translated-port"],
    "static-ip": ["bi-directional", "translated-address"],
    "nexthop": ["ip-address", "ipv6-address", "next-vr", "next-lr"],
  ]
  private static let entryValues: [String: Set<String>] = [
    "address": ["description", "fqdn", "ip-netmask", "ip-range", "ip-wildcard", "tag"],
    "static-route": ["admin-dist", "destination", "interface", "metric"],
  ]

  /// Whether the node is an attribute whose children are values.
  private func holdsValues(_ node: Int) -> Bool {
    guard let owner = parent(of: node), let list = parent(of: owner) else { return false }
    let name = name(of: node)
    if self.name(of: list) == "rules" { return !Self.nested.contains(name) }
    return Self.values[self.name(of: owner)]?.contains(name) == true
      || Self.entryValues[self.name(of: list)]?.contains(name) == true
  }

  /// Where a word goes that follows `node` in a command: behind a value, back to what has the attribute.
  func container(of word: String, after node: Int) -> Int {
    guard let attribute = parent(of: node), holdsValues(attribute), var owner = parent(of: attribute) else {
      return node
    }
    // `nexthop ip-address A metric 5`: the next attribute may be the entry's own.
    while let known = Self.values[name(of: owner)], !known.contains(word), let next = parent(of: owner) { owner = next }
    return owner
  }
}
