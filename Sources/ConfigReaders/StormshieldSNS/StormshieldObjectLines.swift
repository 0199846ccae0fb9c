import PacketSets
import RuleModel
import SourceText

/// The kinds of object that the database knows, under their names in CSV and serverd.
private let addressKinds: Set<String> = [
  "host", "network", "range", "fqdn", "group", "router", "geogroup", "iprepgroup",
]
private let serviceKinds: Set<String> = ["service", "protocol", "servicegroup"]
/// Kinds that rules name elsewhere than as addresses and ports.
private let otherKinds: Set<String> = [
  "time", "urlgroup", "cngroup", "oemgroup", "urlcategorygroup", "cncategorygroup",
]

/// Objects, however they are written: rows of the CSV export, lines of CONFIG OBJECT LIST, CONFIG OBJECT … NEW.
extension StormshieldReader {
  /// `host,plc,10.10.0.5,,static,,"comment"` (user manual, "Structure of an objects database in CSV format").
  ///
  /// False when the line is no such row.
  mutating func takeRow(_ text: String, _ range: SourceRange) -> Bool {
    let fields = csvFields(text)
    guard fields.count > 2 else { return false }
    let kind = fields[0].lowercased()
    if otherKinds.contains(kind) {
      ledger.mark(range, .irrelevant)
      return true
    }
    guard addressKinds.contains(kind) || serviceKinds.contains(kind) else { return false }
    func field(_ place: Int) -> String { place < fields.count ? fields[place] : "" }
    var values = ["name": fields[1]]
    switch kind {
    case "host": values.merge(["ip": field(2), "ipv6": field(3), "resolve": field(4)]) { $1 }
    case "range":
      values.merge(["begin": field(2), "end": field(3), "beginv6": field(4), "endv6": field(5)]) { $1 }
    case "network": values.merge(networkFields(Array(fields.dropFirst(2)))) { $1 }
    case "service": values.merge(["proto": field(2), "port": field(3), "toport": field(4)]) { $1 }
    case "protocol": values["protonumber"] = field(2)
    case "group", "servicegroup": values["members"] = field(2)
    default: break
    }
    define(kind, values, range)
    return true
  }

  /// IPv4 address and mask, then perhaps the length of the mask, then IPv6 address and length.
  private func networkFields(_ fields: [String]) -> [String: String] {
    var values: [String: String] = [:]
    for (place, field) in fields.enumerated() {
      guard let address = IPAddress(field) else { continue }
      if address.family == .v6 {
        values["ipv6"] = field
        values["prefixlenv6"] = place + 1 < fields.count ? fields[place + 1] : ""
      } else if values["ip"] == nil {
        values["ip"] = field
      } else {
        values["mask"] = field
      }
    }
    return values
  }

  /// `type=host global=0 name=plc ip=10.10.0.5 …` (serverd guide, CONFIG OBJECT LIST).
  mutating func takeListed(_ values: [String: String], _ range: SourceRange) {
    let kind = (values["type"] ?? "").lowercased()
    if otherKinds.contains(kind) || kind.isEmpty {
      ledger.mark(range, .irrelevant)
    } else {
      define(kind, values, range)
    }
  }

  /// An object of serverd's fields.
  mutating func define(_ kind: String, _ values: [String: String], _ range: SourceRange) {
    ledger.mark(range, .used)
    guard let name = values["name"], !name.isEmpty else {
      gap(range, .notRecognised, "the object has no name")
      return
    }
    let isService = serviceKinds.contains(kind)
    objects.define(name, content(kind, values, range), range, isService: isService)
  }

  private mutating func content(
    _ kind: String, _ values: [String: String], _ range: SourceRange
  ) -> StormshieldContent {
    switch kind {
    case "host":
      if values["resolve"]?.lowercased() == "dynamic" { return .open("its address comes from DNS") }
      return addressContent([values["ip"], values["ipv6"]].compactMap { $0 }, range)
    case "network": return networkContent(values, range)
    case "range": return rangeContent(values, range)
    case "service": return serviceContent(values, range)
    case "protocol":
      guard let number = values["protonumber"].flatMap({ UInt8($0) }) else { return unread(range) }
      return .services([Service(proto: number)])
    case "group", "servicegroup":
      return .group((values["members"] ?? "").split(separator: ",").map { $0.trimmingBlanks() })
    case "fqdn": return .open("its addresses come from DNS")
    default: return .open("what `\(printable(kind))` holds is not in the file")
    }
  }

  private mutating func unread(_ range: SourceRange) -> StormshieldContent {
    gap(range, .notRecognised, "the object cannot be read")
    return .open("it cannot be read")
  }

  private mutating func addressContent(_ texts: [String], _ range: SourceRange) -> StormshieldContent {
    var set = AddressSet.empty
    for text in texts where !text.isEmpty {
      guard let network = IPPrefix(text) else { return unread(range) }
      set = set.union(AddressSet(network))
    }
    return set.isEmpty ? unread(range) : .addresses(set)
  }

  private mutating func networkContent(_ values: [String: String], _ range: SourceRange) -> StormshieldContent {
    var set = AddressSet.empty
    if let text = values["ip"], !text.isEmpty {
      let mask = values["mask"].flatMap { IPAddress($0) }?.v4.prefixLength
      guard let base = IPAddress(text),
        let network = IPPrefix(base, length: mask ?? Int(values["prefixlen"] ?? "") ?? -1)
      else { return unread(range) }
      set = AddressSet(network)
    }
    if let text = values["ipv6"], !text.isEmpty {
      guard let base = IPAddress(text), let network = IPPrefix(base, length: Int(values["prefixlenv6"] ?? "") ?? -1)
      else { return unread(range) }
      set = set.union(AddressSet(network))
    }
    return set.isEmpty ? unread(range) : .addresses(set)
  }

  private mutating func rangeContent(_ values: [String: String], _ range: SourceRange) -> StormshieldContent {
    var set = AddressSet.empty
    for (begin, end) in [("begin", "end"), ("beginv6", "endv6")] {
      guard let low = values[begin], !low.isEmpty else { continue }
      guard let first = IPAddress(low), let last = values[end].flatMap({ IPAddress($0) }),
        let part = AddressSet(first: first, last: last)
      else { return unread(range) }
      set = set.union(part)
    }
    return set.isEmpty ? unread(range) : .addresses(set)
  }

  private mutating func serviceContent(_ values: [String: String], _ range: SourceRange) -> StormshieldContent {
    let last = values["toport"].flatMap { $0.isEmpty ? nil : $0 } ?? values["port"] ?? ""
    guard let first = values["port"].flatMap({ UInt16($0) }), let end = UInt16(last), first <= end else {
      return unread(range)
    }
    let ports = IntervalSet(first...end)
    switch (values["proto"] ?? "").lowercased() {
    case "any", "":
      var service = Service(protocols: IPProtocol.withPorts)
      service.destinationPorts = ports
      return .services([service])
    case let name:
      guard let number = stormshieldProtocol(name), IPProtocol.withPorts.contains(number) else { return unread(range) }
      return .services([Service(proto: number, destinationPorts: ports)])
    }
  }
}

/// IP protocols by the names that IANA gives them, or by number.
func stormshieldProtocol(_ name: String) -> UInt8? {
  let names: [String: UInt8] = [
    "icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "egp": 8, "udp": 17, "gre": 47, "esp": 50, "ah": 51, "ipv6-icmp": 58,
    "icmpv6": 58, "eigrp": 88, "ospf": 89, "ospfigp": 89, "pim": 103, "vrrp": 112, "l2tp": 115, "sctp": 132,
  ]
  return names[name] ?? UInt8(name)
}

/// The fields of one row of CSV; quotes may hold commas.
func csvFields(_ text: String) -> [String] {
  var fields: [String] = []
  var field: [UInt8] = []
  var isQuoted = false
  for byte in text.utf8 {
    if byte == ASCII.quote {
      isQuoted.toggle()
    } else if byte == UInt8(ascii: ","), !isQuoted {
      fields.append(String(decoding: field, as: UTF8.self))
      field.removeAll(keepingCapacity: true)
    } else {
      field.append(byte)
    }
  }
  fields.append(String(decoding: field, as: UTF8.self))
  return fields.map { $0.trimmingBlanks() }
}
