import RuleModel
import SourceText

extension SiteReader {
  mutating func readDevices(_ node: DocumentNode) -> [DeviceEntry] {
    var devices: [DeviceEntry] = []
    for entry in document.namedEntries(node, "'devices'") {
      checkName(entry.key, "a device", at: entry.keyRange)
      if let device = device(entry) { devices.append(device) }
    }
    return devices
  }

  private mutating func device(_ entry: DocumentEntry) -> DeviceEntry? {
    guard
      let fields = document.fields(
        entry.value, "device \(quoted(entry.key))", required: ["config"],
        optional: ["format", "interfaces", "from", "to", "inspection", "no-stepping-stone"])
    else { return nil }
    var device = DeviceEntry(
      name: entry.key, configs: [], format: document.text(fields["format"], "format"), interfaces: [],
      from: zoneName(fields["from"], "from"), to: zoneName(fields["to"], "to"), source: entry.range)
    for item in fields["config"].map({ $0.text == nil ? document.list($0, "config") : [$0] }) ?? [] {
      guard let path = document.text(item, "config") else { continue }
      device.configs.append(ConfigReference(path: path, range: item.range))
    }
    for binding in fields["interfaces"].map({ document.namedEntries($0, "'interfaces'") }) ?? [] {
      device.interfaces.append(interface(binding))
    }
    if let node = fields["inspection"] {
      device.inspection = document.value(node, "inspection") { (text) throws(TextProblem) in
        guard let placement = InspectionPlacement(rawValue: text) else {
          throw TextProblem(
            message: "\(quoted(text)) is no way to run an inspection engine",
            help: suggestion(text, among: InspectionPlacement.allCases.map(\.rawValue)))
        }
        return placement
      }
    }
    device.isNoSteppingStone = document.flag(fields["no-stepping-stone"], "no-stepping-stone") ?? false
    checkDirection(fields)
    return device
  }

  private mutating func interface(_ entry: DocumentEntry) -> InterfaceBinding {
    var binding = InterfaceBinding(interface: entry.key, zones: [], source: entry.range)
    for item in entry.value.items == nil ? [entry.value] : document.list(entry.value, entry.key) {
      if let zone = zoneName(item, entry.key) { binding.zones.append(zone) }
    }
    return binding
  }

  /// A diode's sides come in pairs.
  private mutating func checkDirection(_ fields: Fields) {
    switch (fields["from"], fields["to"]) {
    case (let from?, nil):
      document.complain(
        from.range, "\(fields.owner) has 'from' but no 'to'", help: "name the zone that a diode sends to")
    case (nil, let to?):
      document.complain(
        to.range, "\(fields.owner) has 'to' but no 'from'", help: "name the zone that a diode sends from")
    case (let from?, let to?) where from.text == to.text:
      document.complain(to.range, "\(fields.owner) sends from a zone to itself", help: "name two zones")
    default: break
    }
  }
}
