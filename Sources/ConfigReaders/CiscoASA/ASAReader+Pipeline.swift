import PacketSets
import RuleModel
import SourceText

extension ASAReader {
  /// Closes the configuration that is being read: resolves, orders and lowers it to a device.
  mutating func finishConfiguration() {
    let next = ASAConfig(source: here)
    defer {
      config = next
      block = .none
      lastList = nil
      resolved = ASAResolvedObjects()
    }
    guard !isEmptyConfiguration else { return }
    let resume = (line, words)
    var device = Device(
      name: config.hostname ?? config.inheritedHostname ?? "unnamed", platform: Platform.ciscoASA.id,
      passesReplies: true, source: config.source)
    // "same-security-traffic permit intra-interface" is off by default (ASA command reference, S commands).
    device.sendsBack = config.permitsSameInterface
    device.instance = config.context
    if device.instance == nil, devices.contains(where: { $0.name == device.name && $0.instance == nil }) {
      device.instance = "configuration \(devices.count + 1)"
    }
    supersedeBindings()
    device.interfaces = lowerInterfaces()
    device.routes = config.routes + learnedDefaultRoutes
    device.hasOtherRoutes = config.hasOtherRoutes
    hasSeparateIPv6Lists = config.hasSeparateIPv6Lists
    for list in config.accessLists where list.isFilter { device.lists.append(lower(list)) }
    lowerForwarding(&device)
    lowerLocal(&device)
    checkBindings()
    device.unboundLists = unboundLists(device)
    noteTunnels()
    devices.append(device)
    (line, words) = resume
  }

  private var isEmptyConfiguration: Bool {
    config.hostname == nil && config.interfaces.isEmpty && config.accessLists.isEmpty && config.objects.isEmpty
      && config.version == nil && config.routes.isEmpty && config.bindings.isEmpty
  }

  // MARK: - Interfaces

  private func lowerInterfaces() -> [Interface] {
    let shutdown = Set(config.interfaces.filter(\.isShutdown).map(\.hardware))
    return config.interfaces.compactMap { source in
      guard let name = source.nameif else { return nil }
      var interface = Interface(name: name, source: source.source)
      interface.aliases = [source.hardware] + (source.description.map { [$0] } ?? [])
      interface.addresses = source.addresses
      interface.vlan = source.vlan
      interface.isManagementOnly = source.isManagementOnly
      interface.isShutdown = source.isShutdown
      // Off by default, and for routed interfaces only (ASA Command Reference, "ip verify reverse-path").
      interface.checksSourceAddress = config.isTransparent ? nil : config.reversePathChecks.contains(name)
      if let dot = source.hardware.lastIndex(of: ".") {
        let parent = String(source.hardware[..<dot])
        interface.parent = parent
        interface.isShutdown = source.isShutdown || shutdown.contains(parent)
      }
      if let group = source.bridgeGroup {
        // A member has no address of its own; the network that it carries is the bridge group's.
        interface.parent = "BVI\(group)"
        interface.addresses = bridge(group)?.addresses ?? []
      }
      return interface
    }
  }

  func bridge(_ group: Int) -> ASAInterface? { config.interfaces.first { $0.bridgeNumber == group } }

  /// Interfaces that pass traffic: named, with the index in `config.interfaces`.
  var namedInterfaces: [ASAInterface] {
    config.interfaces.filter { $0.nameif != nil && !(config.isTransparent && $0.bridgeNumber != nil) }
  }

  /// `ip address dhcp|pppoe setroute`: the provider's gateway is the default route, with distance 1 unless another is
  /// set (command reference, `ip address dhcp`, `dhcp-client route distance`).
  private var learnedDefaultRoutes: [Route] {
    config.interfaces.compactMap { interface in
      guard interface.learnsDefaultRoute, let name = interface.nameif, !interface.isShutdown,
        let all = IPPrefix(IPAddress(v4: 0), length: 0)
      else { return nil }
      return Route(network: all, interface: name, gateway: nil, distance: 1, source: interface.source)
    }
  }

  // MARK: - Bindings

  /// Keeps the last `access-group` of each place, as the device does: one command for each list type and interface
  /// (ASA Series Firewall CLI Configuration Guide, "Configuring Access Rules").
  ///
  /// Software before 9.0 binds one list of each family.
  private mutating func supersedeBindings() {
    var kept: [ASABinding] = []
    for binding in config.bindings.reversed() {
      let family = isIPv6Only(binding.list)
      guard let later = kept.first(where: { $0.place == binding.place && isIPv6Only($0.list) == family }) else {
        kept.append(binding)
        continue
      }
      guard later.list != binding.list else { continue }
      ledger.gap(
        LedgerGap(
          range: binding.source, state: .notModelled, couldChangeVerdict: true,
          reason: "a later `access-group` at the same place replaces this one; export the configuration that results"))
    }
    config.bindings = kept.reversed()
  }

  private func isIPv6Only(_ list: String) -> Bool {
    config.accessListIndex[list].map { config.accessLists[$0].isIPv6Only } ?? false
  }

  /// The lists bound at a place, by index into `device.lists`.
  mutating func lists(at place: ASABinding.Place, _ device: inout Device) -> [Int] {
    var result: [Int] = []
    for binding in config.bindings where binding.place == place { result.append(list(for: binding, &device)) }
    return result
  }

  /// A list at an interface that the file does not define filters nothing that is known.
  private mutating func checkBindings() {
    let names = Set(config.interfaces.compactMap(\.nameif))
    for binding in config.bindings {
      switch binding.place {
      case .inbound(let name), .outbound(let name), .controlPlane(let name):
        guard !names.contains(name) else { continue }
        undefined("interface", name, at: binding.source, among: { $0.interfaces.compactMap(\.nameif) })
      case .global: continue
      }
    }
  }

  private mutating func list(for binding: ASABinding, _ device: inout Device) -> Int {
    if let index = device.lists.firstIndex(where: { $0.name == binding.list }) { return index }
    undefined("access list", binding.list, at: binding.source, among: { $0.accessLists.map(\.name) })
    var rule = Rule(
      order: 0, name: "access list \(binding.list) (not defined)", match: .any, action: .unknown, source: binding.source
    )
    rule.isExplicit = false
    let fallback = DefaultAction(.deny, .implicit("an access list ends with an implicit deny"))
    device.lists.append(RuleList(name: binding.list, rules: [rule], fallback: fallback, source: binding.source))
    return device.lists.count - 1
  }

  /// Lists that neither filter nor serve VPN, inspection, routing or another purpose.
  private mutating func unboundLists(_ device: Device) -> [Int] {
    var used = Set(config.bindings.map(\.list))
    let names = Set(device.lists.map(\.name)).subtracting(used)
    if !names.isEmpty {
      for number in config.otherLines {
        words.load(file.lines.bounds(ofLine: number, in: file.bytes))
        for word in words.ranges {
          let text = words.text(word)
          if names.contains(text) { used.insert(text) }
        }
      }
    }
    let explicit = Set(config.accessLists.map(\.name))
    return device.lists.indices.filter {
      explicit.contains(device.lists[$0].name) && !used.contains(device.lists[$0].name)
    }
  }

  /// Decrypted packets pass without the access lists unless `no sysopt connection permit-vpn` is set.
  private mutating func noteTunnels() {
    guard config.vpnBypassesLists else { return }
    for tunnel in config.tunnels {
      ledger.gap(
        LedgerGap(
          range: tunnel, state: .notModelled, couldChangeVerdict: true,
          reason:
            "packets out of this VPN pass without the interfaces' access lists (`sysopt connection permit-vpn` is the default)"
        ))
    }
  }
}
