import PacketSets
import RuleModel

/// A zone that a draft proposes: the networks that one or more interfaces are connected to.
struct DraftZone {
  /// Where it was seen: `fw-plant dmz (10.35.0.1/24)`.
  var places: [String] = []
  /// Names that it could have, the best first.
  var names: [String] = []
  var networks: [IPPrefix] = []
  /// Device and platform zone, where the platform has zones.
  var platformZones: [String] = []
  /// Whether a default route leads there.
  var leadsOn = false
}

/// A network that only joins devices.
struct DraftWire {
  var network: IPPrefix
  var ends: [String]
}

/// The zones and wires that the interfaces of some devices show.
struct DraftTopology {
  private(set) var zones: [DraftZone] = []
  private(set) var wires: [DraftWire] = []

  /// - Parameter devices: each with its name in the site file.
  init(_ devices: [(name: String, device: Device)]) {
    let ports = devices.flatMap { entry in
      entry.device.interfaces.filter { !$0.isShutdown && !$0.isManagementOnly }.map {
        (name: entry.name, device: entry.device, interface: $0)
      }
    }
    for port in ports {
      let networks = port.interface.addresses.map(\.network).filter(isProposed)
      let wired = networks.filter { network in
        isShort(network) && ports.count { $0.interface.addresses.contains { $0.network == network } } > 1
      }
      for network in wired { addWire(network, "\(port.name):\(port.interface.name)") }
      let rest = networks.filter { !wired.contains($0) }
      if !rest.isEmpty { add(rest, port.name, port.device, port.interface) }
    }
  }

  private mutating func addWire(_ network: IPPrefix, _ end: String) {
    if let place = wires.firstIndex(where: { $0.network == network }) {
      wires[place].ends.append(end)
    } else {
      wires.append(DraftWire(network: network, ends: [end]))
    }
  }

  private mutating func add(_ networks: [IPPrefix], _ name: String, _ device: Device, _ interface: Interface) {
    let platformZone = interface.platformZone.map { "\(device.label) \($0)" }
    let known = zones.firstIndex { zone in
      networks.contains { zone.networks.contains($0) } || platformZone.map { zone.platformZones.contains($0) } ?? false
    }
    let place = known ?? zones.endIndex
    if known == nil { zones.append(DraftZone()) }
    let addresses = interface.addresses.map { "\($0.address)/\($0.network.length)" }.joined(separator: ", ")
    zones[place].places.append("\(name) \(interface.name) (\(addresses))")
    zones[place].names += ([interface.platformZone].compactMap { $0 } + [interface.name] + interface.aliases)
    zones[place].networks += networks.filter { !zones[place].networks.contains($0) }
    if let platformZone { zones[place].platformZones.append(platformZone) }
    if device.routes.contains(where: { $0.network.length == 0 && $0.interface == interface.name }) {
      zones[place].leadsOn = true
    }
  }

  /// The addresses of a zone: what smaller networks of other zones take is left out, since zones must not overlap.
  func addresses(of index: Int) -> AddressSet {
    zones[index].networks.reduce(.empty) { result, network in
      let taken = zones.indices.filter { $0 != index }.flatMap { zones[$0].networks }.filter {
        $0.length > network.length
      }.reduce(AddressSet.empty) { $0.union(AddressSet($1)) }
      return result.union(AddressSet(network).subtracting(taken))
    }
  }

  /// Everything that some zone or wire holds.
  var known: AddressSet {
    zones.flatMap(\.networks).reduce(wires.reduce(.empty) { $0.union(AddressSet($1.network)) }) {
      $0.union(AddressSet($1))
    }
  }
}

/// Whether a connected network may be a zone: neither one host nor loopback or link-local.
private func isProposed(_ network: IPPrefix) -> Bool {
  if network.length == network.base.family.bits || network.length == 0 { return false }
  let special = ["127.0.0.0/8", "169.254.0.0/16", "fe80::/10", "::1/128"].compactMap { IPPrefix($0) }
  return !special.contains { AddressSet($0).overlaps(AddressSet(network)) }
}

/// Whether a network has room for little more than two devices.
private func isShort(_ network: IPPrefix) -> Bool { network.length >= (network.base.family == .v4 ? 29 : 125) }

/// What a name says about a zone: only a guess.
struct LevelGuess {
  /// As a site file writes it.
  var level: String
  var isSafety = false
  /// The word that it comes from.
  var word: String

  /// Words in the order in which they decide.
  private static let words: [(level: String, isSafety: Bool, words: [String])] = [
    ("1", true, ["sis", "safety", "esd", "sil"]),
    ("3.5", false, ["dmz", "idmz"]),
    ("external", false, ["internet", "vendor", "supplier", "external", "partner", "wan", "outside"]),
    ("4", false, ["corp", "office", "enterprise", "business", "erp", "it"]),
    ("2", false, ["scada", "hmi", "supervis", "operator", "batch"]),
    ("3", false, ["operations", "historian", "mes", "engineering"]),
    ("1", false, ["plc", "control", "robot", "rtu", "bay", "controller", "dcs"]),
    ("0", false, ["sensor", "actuator", "field"]),
  ]

  /// Nil when no name tells anything.
  init?(_ names: [String]) {
    let parts = names.flatMap { $0.lowercased().split { !$0.isLetter }.map(String.init) }
    for entry in Self.words {
      for word in entry.words {
        // Short words are whole words only: `it` is no part of `unit`.
        guard parts.contains(where: { word.count <= 3 ? $0 == word : $0.hasPrefix(word) }) else { continue }
        (level, isSafety, self.word) = (entry.level, entry.isSafety, word)
        return
      }
    }
    return nil
  }
}
