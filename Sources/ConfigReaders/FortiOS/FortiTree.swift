import SourceText

/// A `set` line as it stands after everything that the file does to the attribute.
struct FortiSetting {
  var name: String
  var words: [String]
  var range: SourceRange
  /// Whether the words are a guess, because quotation marks do not pair up.
  var isBroken: Bool
}

/// A `config` section or an `edit` entry.
struct FortiNode {
  /// The section's path (`firewall policy`) or the entry's key.
  var name: String
  /// The `config` or `edit` line that first opened it.
  var range: SourceRange
  var settings: [FortiSetting] = []
  /// Nodes inside, in the platform's order.
  var children: [Int] = []
  var index: [String: Int] = [:]
  /// Statements inside that were not understood; whatever the node means, it may mean more or less.
  var unknown: [SourceRange] = []
}

/// The configuration as the device would hold it after the file was loaded: sections of entries of settings.
struct FortiTree {
  /// Node 0 is the root.
  var nodes: [FortiNode]

  static let root = 0

  init(range: SourceRange) { nodes = [FortiNode(name: "", range: range)] }

  /// The child of that name; made when there is none.
  mutating func child(_ name: String, of parent: Int, range: SourceRange) -> Int {
    if let known = nodes[parent].index[name] { return known }
    nodes.append(FortiNode(name: name, range: range))
    nodes[parent].children.append(nodes.count - 1)
    nodes[parent].index[name] = nodes.count - 1
    return nodes.count - 1
  }

  /// The section of that path in `parent`.
  func section(_ path: String, in parent: Int) -> Int? { nodes[parent].index[path] }

  /// Entries of the section of that path in `parent`, in order.
  func entries(_ path: String, in parent: Int) -> [Int] {
    section(path, in: parent).map { nodes[$0].children } ?? []
  }

  /// The setting of that name; an empty or missing one is nil.
  func setting(_ name: String, of node: Int) -> FortiSetting? {
    nodes[node].settings.first { $0.name == name && !$0.words.isEmpty }
  }

  /// The setting's words; none when it is not set.
  func words(_ name: String, of node: Int) -> [String] { setting(name, of: node)?.words ?? [] }

  /// The setting's first word.
  func value(_ name: String, of node: Int) -> String? { setting(name, of: node)?.words.first }

  /// Whether the setting is `enable`.
  func isEnabled(_ name: String, of node: Int) -> Bool { value(name, of: node) == "enable" }

  mutating func set(_ setting: FortiSetting, on node: Int) {
    if let at = nodes[node].settings.firstIndex(where: { $0.name == setting.name }) {
      nodes[node].settings[at] = setting
    } else {
      nodes[node].settings.append(setting)
    }
  }

  mutating func append(_ setting: FortiSetting, to node: Int) {
    guard let at = nodes[node].settings.firstIndex(where: { $0.name == setting.name }) else {
      return set(setting, on: node)
    }
    nodes[node].settings[at].words += setting.words
    nodes[node].settings[at].isBroken = nodes[node].settings[at].isBroken || setting.isBroken
  }

  mutating func unset(_ name: String, on node: Int) {
    nodes[node].settings.removeAll { $0.name == name }
  }

  mutating func unselect(_ name: String, _ words: [String], on node: Int) {
    guard let at = nodes[node].settings.firstIndex(where: { $0.name == name }) else { return }
    nodes[node].settings[at].words.removeAll { words.contains($0) }
  }

  /// Removes an entry; false when there is none of that name.
  mutating func delete(_ name: String, from section: Int) -> Bool {
    guard let entry = nodes[section].index.removeValue(forKey: name) else { return false }
    nodes[section].children.removeAll { $0 == entry }
    return true
  }

  mutating func purge(_ section: Int) {
    nodes[section].children = []
    nodes[section].index = [:]
  }

  /// Gives an entry another name; false when there is none or the new name is taken.
  mutating func rename(_ old: String, to new: String, in section: Int) -> Bool {
    guard nodes[section].index[new] == nil, let entry = nodes[section].index.removeValue(forKey: old) else {
      return false
    }
    nodes[section].index[new] = entry
    nodes[entry].name = new
    return true
  }

  /// Adds a copy of an entry at the end; false when there is none or the new name is taken.
  mutating func clone(_ old: String, to new: String, in section: Int, range: SourceRange) -> Bool {
    guard nodes[section].index[new] == nil, let original = nodes[section].index[old] else { return false }
    let copy = child(new, of: section, range: range)
    copyContent(of: original, to: copy)
    return true
  }

  private mutating func copyContent(of original: Int, to copy: Int) {
    nodes[copy].settings = nodes[original].settings
    nodes[copy].unknown = nodes[original].unknown
    for inner in nodes[original].children {
      let innerCopy = child(nodes[inner].name, of: copy, range: nodes[inner].range)
      copyContent(of: inner, to: innerCopy)
    }
  }

  /// Moves an entry in front of or behind another; false when one of them is missing.
  mutating func move(_ name: String, before: Bool, _ target: String, in section: Int) -> Bool {
    guard let entry = nodes[section].index[name], let other = nodes[section].index[target], entry != other,
      let from = nodes[section].children.firstIndex(of: entry)
    else { return false }
    nodes[section].children.remove(at: from)
    guard let to = nodes[section].children.firstIndex(of: other) else { return false }
    nodes[section].children.insert(entry, at: before ? to : to + 1)
    return true
  }
}
