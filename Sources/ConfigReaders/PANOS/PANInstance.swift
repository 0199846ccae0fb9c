import RuleModel
import SourceText

/// One virtual system of one firewall, and the places in the tree that its rules, objects and interfaces come from.
struct PANInstance {
  /// Rules of one place, with their name for people.
  struct Layer {
    var title: String
    /// The rulebase node.
    var rulebase: Int
    /// Where names in these rules are looked up, the nearest first.
    var scopes: [Int]
    /// Whether the rules came from Panorama.
    var isPushed: Bool
  }

  var name: String
  var virtualSystem: String?
  /// The firewall's serial number, when Panorama manages it; rules may be meant for some firewalls only.
  var serial: String?
  /// Rulebases in the order of evaluation.
  var layers: [Layer] = []
  /// Places whose `default-security-rules` count, the one that wins first.
  var defaults: [Int] = []
  /// Nodes that hold `network` and `deviceconfig`, the one that wins first: the device, or templates of a stack.
  var configurations: [Int] = []
  /// Nodes of the virtual system (zones, imports), the one that wins first.
  var systems: [Int] = []
  /// Nodes that hold template variables, the nearest first.
  var variables: [Int] = []
  /// Whether the device has other virtual systems, so that interfaces belong to it only by import or zone.
  var sharesDevice = false
  /// Where objects that belong to no rule (addresses of interfaces) are looked up.
  var scopes: [Int] = []
  var source: SourceRange
}

/// Finds the devices that a file describes.
struct PANInstances {
  let tree: PANTree
  let file: SourceFile

  private var shared: Int? { tree.child("shared", of: PANTree.root) }
  private var pushed: Int? { tree.node(["policy", "panorama"], from: PANTree.root) }
  private var devices: [Int] { tree.children(of: tree.child("devices", of: PANTree.root)) }
  private var wholeFile: SourceRange { file.range(ofLine: 1) }

  /// Whether the file is Panorama's.
  var isPanorama: Bool {
    devices.contains { device in
      ["device-group", "template", "template-stack"].contains { tree.child($0, of: device) != nil }
    }
  }

  /// Every firewall and virtual system of the file.
  func all() -> [PANInstance] {
    if isPanorama { return devices.flatMap { managed($0) } }
    let own = devices.flatMap { firewall($0) }
    if !own.isEmpty || tree.isEmpty { return own }
    return [firewall(nil, system: nil, name: baseName(file.path), sharesDevice: false)]
  }

  // MARK: A firewall's own file

  private func firewall(_ device: Int) -> [PANInstance] {
    let name = tree.node(["deviceconfig", "system"], from: device).flatMap { tree.value("hostname", of: $0) }
    let systems = tree.children(of: tree.child("vsys", of: device))
    let title = printable(name ?? baseName(file.path))
    if systems.isEmpty { return [firewall(device, system: nil, name: title, sharesDevice: false)] }
    return systems.map { firewall(device, system: $0, name: title, sharesDevice: systems.count > 1) }
  }

  private func firewall(_ device: Int?, system: Int?, name: String, sharesDevice: Bool) -> PANInstance {
    var instance = PANInstance(name: name, source: (system ?? device).map { tree.range(of: $0) } ?? wholeFile)
    if sharesDevice, let system { instance.virtualSystem = printable(tree.name(of: system)) }
    instance.sharesDevice = sharesDevice
    instance.configurations = [device].compactMap { $0 }
    instance.systems = [system].compactMap { $0 }
    instance.scopes = [system, shared, pushed].compactMap { $0 }
    let pushedScopes = [pushed, system, shared].compactMap { $0 }
    add("shared pre-rules", shared, "pre-rulebase", instance.scopes, isPushed: true, to: &instance)
    add("Panorama pre-rules", pushed, "pre-rulebase", pushedScopes, isPushed: true, to: &instance)
    add("security rules", system, "rulebase", instance.scopes, isPushed: false, to: &instance)
    add("Panorama post-rules", pushed, "post-rulebase", pushedScopes, isPushed: true, to: &instance)
    add("shared post-rules", shared, "post-rulebase", instance.scopes, isPushed: true, to: &instance)
    let places = [(system, "rulebase"), (pushed, "post-rulebase"), (shared, "post-rulebase")]
    instance.defaults = places.compactMap { place, rulebase in place.flatMap { tree.child(rulebase, of: $0) } }
    return instance
  }

  private func add(
    _ title: String, _ place: Int?, _ rulebase: String, _ scopes: [Int], isPushed: Bool,
    to instance: inout PANInstance
  ) {
    guard let place, let node = tree.child(rulebase, of: place) else { return }
    instance.layers.append(PANInstance.Layer(title: title, rulebase: node, scopes: scopes, isPushed: isPushed))
  }

  // MARK: Panorama

  /// A device for every firewall of every device group, and for groups that nothing is assigned to.
  private func managed(_ device: Int) -> [PANInstance] {
    let groups = tree.children(of: tree.child("device-group", of: device))
    let parents = groups.map { parent(of: $0, among: groups) }
    var result: [PANInstance] = []
    for (place, group) in groups.enumerated() {
      let chain = ancestry(of: place, groups, parents)
      let firewalls = tree.children(of: tree.child("devices", of: group))
      for firewall in firewalls { result += managed(firewall, chain, device) }
      let hasChildren = parents.contains(group)
      if firewalls.isEmpty, !hasChildren {
        result.append(instance(chain, name: printable(tree.name(of: group)), serial: nil, layers: []))
      }
    }
    if result.isEmpty { result = stacksAlone(device) }
    return result
  }

  /// Device groups may have one parent each (`readonly … parent-dg`).
  private func parent(of group: Int, among groups: [Int]) -> Int? {
    let name = tree.name(of: group)
    var found = tree.value("parent-dg", of: group)
    if let readonly = tree.node(["readonly", "devices"], from: PANTree.root) {
      for device in tree.children(of: readonly) {
        if let entry = tree.node(["device-group", name], from: device), let value = tree.value("parent-dg", of: entry) {
          found = value
        }
      }
    }
    return found.flatMap { name in groups.first { tree.name(of: $0) == name } }
  }

  /// The group and its ancestors, the nearest first; a circle ends where it closes.
  private func ancestry(of place: Int, _ groups: [Int], _ parents: [Int?]) -> [Int] {
    var chain = [groups[place]]
    while let at = groups.firstIndex(of: chain[chain.count - 1]), let next = parents[at], !chain.contains(next) {
      chain.append(next)
    }
    return chain
  }

  private func managed(_ firewall: Int, _ chain: [Int], _ device: Int) -> [PANInstance] {
    let serial = tree.name(of: firewall)
    let stack = stack(of: serial, device)
    var base = instance(chain, name: printable(serial), serial: serial, layers: stack.configurations)
    base.variables = stack.variables
    var systems: [String] = []
    for configuration in base.configurations {
      for name in tree.words("vsys", of: configuration) where !systems.contains(name) { systems.append(name) }
    }
    let assigned = tree.words("vsys", of: firewall)
    let names = assigned.isEmpty ? systems : assigned
    if names.isEmpty { return [base] }
    return names.map { name in
      var instance = base
      instance.sharesDevice = max(names.count, systems.count) > 1
      if instance.sharesDevice { instance.virtualSystem = printable(name) }
      instance.systems = base.configurations.compactMap { tree.node(["vsys", name], from: $0) }
      return instance
    }
  }

  private func instance(_ chain: [Int], name: String, serial: String?, layers: [Int]) -> PANInstance {
    var instance = PANInstance(name: name, source: chain.first.map { tree.range(of: $0) } ?? wholeFile)
    instance.serial = serial
    instance.scopes = chain + [shared].compactMap { $0 }
    func add(_ rulebase: String, _ groups: [Int]) {
      for group in groups {
        let title =
          "device group \(printable(tree.name(of: group))) \(rulebase == "pre-rulebase" ? "pre" : "post")-rules"
        self.add(title, group, rulebase, instance.scopes, isPushed: true, to: &instance)
      }
    }
    self.add("shared pre-rules", shared, "pre-rulebase", instance.scopes, isPushed: true, to: &instance)
    add("pre-rulebase", chain.reversed())
    add("post-rulebase", chain)
    self.add("shared post-rules", shared, "post-rulebase", instance.scopes, isPushed: true, to: &instance)
    instance.defaults = instance.scopes.compactMap { tree.child("post-rulebase", of: $0) }
    instance.configurations = layers
    return instance
  }

  /// Templates of the stack that a firewall is assigned to, the stack's own settings first.
  private func stack(of serial: String, _ device: Int) -> (configurations: [Int], variables: [Int]) {
    for list in ["template-stack", "template"] {
      for stack in tree.children(of: tree.child(list, of: device)) {
        guard let own = tree.node(["devices", serial], from: stack) else { continue }
        let templates = templates(of: stack, device)
        return (
          ([stack] + templates).flatMap { configurations(of: $0) },
          ([own, stack] + templates).compactMap { tree.child("variable", of: $0) }
        )
      }
    }
    return ([], [])
  }

  private func templates(of stack: Int, _ device: Int) -> [Int] {
    tree.words("templates", of: stack).compactMap { tree.node(["template", $0], from: device) }
  }

  private func configurations(of template: Int) -> [Int] {
    tree.node(["config", "devices"], from: template).map { tree.children(of: $0) } ?? []
  }

  /// Without device groups, each template (or stack) may still hold interfaces and who may administer them.
  private func stacksAlone(_ device: Int) -> [PANInstance] {
    let stacks = tree.children(of: tree.child("template-stack", of: device))
    let alone = stacks.isEmpty ? tree.children(of: tree.child("template", of: device)) : stacks
    return alone.flatMap { stack -> [PANInstance] in
      let templates = templates(of: stack, device)
      let serials = tree.words("devices", of: stack)
      let names = serials.isEmpty ? [tree.name(of: stack)] : serials
      return names.map { name in
        var instance = instance([], name: printable(name), serial: serials.isEmpty ? nil : name, layers: [])
        instance.configurations = ([stack] + templates).flatMap { configurations(of: $0) }
        instance.variables = ([tree.node(["devices", name], from: stack), stack] + templates).compactMap {
          $0.flatMap { tree.child("variable", of: $0) }
        }
        instance.systems = instance.configurations.flatMap { tree.children(of: tree.child("vsys", of: $0)) }
        instance.source = tree.range(of: stack)
        return instance
      }
    }
  }
}
