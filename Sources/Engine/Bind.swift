import Checks
import ConfigReaders
import Reachability
import RuleModel
import SitePolicy
import SourceText

/// The devices and diodes of a site, each with its entry in the site file.
struct BoundSite {
  var devices: [(device: Device, entry: DeviceEntry)] = []
  var diodes: [SiteDiode] = []
  /// Devices that stand in for others. Those that are equal to theirs are not among `devices`.
  var twins: [Twin] = []
}

/// Joins what the files hold to the entries of the site file.
///
/// - Throws: `EngineError.binding` when an entry's files hold neither device nor diode, or name an interface that no file
///   has.
func bind(_ site: Site, _ files: [[ReadFile]]) throws(EngineError) -> BoundSite {
  var bound = BoundSite()
  for (entry, files) in zip(site.devices, files) {
    let devices = files.flatMap(\.reading.devices)
    let diodes = files.flatMap(\.reading.diodes)
    guard !(devices.isEmpty && diodes.isEmpty) else {
      throw .binding(
        message: """
          device \(entry.name): \(entry.configs.map(\.path).joined(separator: ", ")) hold\(files.count == 1 ? "s" : "") \
          no firewall and no diode; check the path and the format
          """)
    }
    let ends = site.links.flatMap { [$0.a, $0.b] }.filter { $0.device == entry.name }.map(\.interface)
    let bindings = entry.interfaces.map(\.interface)
    try checkInterfaces(entry, bindings + ends, devices)
    bound.devices += devices.map { device in
      var device = device
      device.name = entry.name
      if !device.listsAllInterfaces { device.addInterfaces(bindings + ends, of: entry) }
      for inspection in files.flatMap(\.reading.inspections) { device.add(inspection, runs: entry.inspection) }
      return (device, entry)
    }
    if let diode = merged(diodes, entry) { bound.diodes.append(SiteDiode(entry: entry, diode: diode)) }
  }
  try joinTwins(&bound)
  return bound
}

/// Compares devices with those that they stand in for, and leaves one of each pair that is equal.
private func joinTwins(_ bound: inout BoundSite) throws(EngineError) {
  for (standby, entry) in bound.devices where entry.twinOf != nil {
    let primary = bound.devices.first { $0.entry.name == entry.twinOf && $0.device.instance == standby.instance }
    guard let primary = primary?.device else {
      throw .binding(
        message: """
          device \(entry.name): \(entry.twinOf ?? "") has no instance \(standby.instance ?? "") to be the twin of; correct \
          `twin-of` or the files
          """)
    }
    bound.twins.append(
      Twin(standby: standby, primary: primary, comparison: try comparison(standby, primary), entry: entry))
  }
  // A standby that is wired otherwise may lead where its primary does not, whatever the rules.
  let equal = bound.twins.filter { twin in
    guard case .equal = twin.comparison else { return false }
    let primary = bound.devices.first { $0.device.label == twin.primary.label }
    return primary.map { twin.standby.isWired(as: twin.primary, twin.entry, $0.entry) } ?? false
  }.map(\.standby.label)
  bound.devices.removeAll { equal.contains($0.device.label) }
}

private func comparison(_ standby: Device, _ primary: Device) throws(EngineError) -> Twin.Comparison {
  do throws(DifferenceError) {
    let differences = try ruleDifferences(from: primary, to: standby)
    return differences.isEmpty ? .equal : .differs(differences)
  } catch {
    switch error {
    case .shape(let text): return .unlike(text)
    case .unconfirmed(let text): throw .contradiction(text)
    }
  }
}

/// A binding to an interface that does not exist would silently judge nothing, and a link to one would join nothing.
private func checkInterfaces(_ entry: DeviceEntry, _ names: [String], _ devices: [Device]) throws(EngineError) {
  guard !devices.isEmpty else { return }
  let known = devices.flatMap(\.interfaces).flatMap { [$0.name] + $0.aliases }
  for name in names where !known.contains(name) {
    // An interface that no rule names is real all the same where the file lists only those that rules name.
    if devices.contains(where: { !$0.listsAllInterfaces }) { continue }
    let hint = nearest(to: name, among: known).map { "; did you mean \($0)?" } ?? ""
    throw .binding(
      message: """
        device \(entry.name): no interface \(name)\(hint) It has: \(known.joined(separator: ", "))
        """)
  }
}

/// One diode out of the files of both its sides, with what does not fit together.
private func merged(_ diodes: [Diode], _ entry: DeviceEntry) -> Diode? {
  guard var diode = diodes.first else { return nil }
  for other in diodes.dropFirst() {
    diode.sides += other.sides
    diode.defects += other.defects
    switch (diode.enforcement, other.enforcement) {
    case (.software, _): break
    // One file that shows programs only outweighs another that promises hardware.
    case (_, .software), (.unknown, .hardware): diode.enforcement = other.enforcement
    default: break
    }
  }
  // A description by hand stands beside the boxes' own files; only files of one kind are two sides of one thing.
  for (index, one) in diodes.enumerated() {
    for other in diodes[(index + 1)...] where other.platform == one.platform {
      diode.defects += one.sides.flatMap { side in other.sides.flatMap { compareDiodeSides(side, $0) } }
    }
  }
  return diode
}

extension Device {
  /// Whether two devices have the same interfaces on the same networks, bound to the same zones, and the same routes.
  fileprivate func isWired(as other: Device, _ entry: DeviceEntry, _ otherEntry: DeviceEntry) -> Bool {
    func wiring(_ device: Device, _ entry: DeviceEntry) -> Set<String> {
      let interfaces = device.interfaces.map { "\($0.name) \($0.networks) \($0.isShutdown) \($0.isManagementOnly)" }
      let zones = entry.interfaces.map { "\($0.interface): \($0.zones.sorted())" }
      let routes = device.routes.map { "\($0.network) \($0.interface ?? "") \(String(describing: $0.gateway))" }
      return Set(interfaces + zones + routes)
    }
    return hasOtherRoutes == other.hasOtherRoutes && wiring(self, entry) == wiring(other, otherEntry)
  }

  /// Puts an inspection engine in front of everything else that the device does to forwarded packets.
  ///
  /// Unless the site file says that it runs inline, its drops are possible only: the rules do not tell whether they are in
  /// force.
  fileprivate mutating func add(_ inspection: InlineInspection, runs placement: InspectionPlacement?) {
    guard placement != .monitoring else { return }
    let rules = inspection.rules.map { rule -> Rule in
      guard placement == nil else { return rule }
      var rule = rule
      rule.match = rule.match.uncertain(
        Uncertainty(
          range: rule.source,
          reason: "nothing says that \(inspection.name) runs inline; add `inspection: inline` to the device"))
      return rule
    }
    let fallback = DefaultAction(.permit, .implicit("an inspection engine passes what no rule takes"))
    lists.append(RuleList(name: inspection.name, rules: rules, fallback: fallback, source: inspection.source))
    var stage = Stage(
      .filter(lists: [lists.count - 1], fallback: fallback), name: inspection.name, source: inspection.source)
    stage.isPreparatory = true
    pipeline.insert(stage, at: 0)
  }

  /// Adds the interfaces that the site file names and no rule does.
  fileprivate mutating func addInterfaces(_ names: [String], of entry: DeviceEntry) {
    for name in names where !interfaces.contains(where: { $0.name == name || $0.aliases.contains(name) }) {
      let binding = entry.interfaces.first { $0.interface == name }
      interfaces.append(Interface(name: name, source: binding?.source ?? entry.source))
    }
  }
}
