import PacketSets
import RuleModel
import SourceText

/// Address lists of one family.
struct RouterOSAddressLists {
  private(set) var entries: [String: AddressCollector] = [:]
  private(set) var ranges: [String: SourceRange] = [:]
  /// Lists that rules fill while the router runs, with the rule.
  var filled: [String: SourceRange] = [:]

  var names: [String] { Set(entries.keys).union(filled.keys).sorted() }

  mutating func add(_ list: String, _ addresses: AddressBounds, _ range: SourceRange) {
    entries[list, default: AddressCollector()].add(addresses)
    if ranges[list] == nil { ranges[list] = range }
  }

  private var known: [String: AddressBounds] = [:]

  /// What a list holds; nil when nothing fills it. All entries must have been added.
  mutating func bounds(_ list: String) -> AddressBounds? {
    if let answer = known[list] { return answer }
    let own = entries[list]?.bounds
    guard let rule = filled[list] else {
      known[list] = own
      return own
    }
    let open = AddressBounds(
      lower: own?.lower ?? .empty, upper: .all,
      uncertainties: [Uncertainty(range: rule, reason: "this rule adds addresses to the list `\(printable(list))`")])
    known[list] = open
    return open
  }
}

extension RouterOSReader {
  mutating func readAddressList(_ statement: RouterOSStatement, _ family: IPFamily) {
    use(statement)
    guard statement.verb == "add" else {
      if !statement.verb.isEmpty {
        gap(statement, .notModelled, "changes of address lists are not carried out")
      }
      return
    }
    guard let list = statement["list"], let address = statement["address"] else {
      return gap(statement, .notRecognised, "an entry without a list or an address")
    }
    if statement.isDisabled { return }
    var bounds: AddressBounds
    if let known = routerOSAddresses(address, family) {
      bounds = AddressBounds(known)
    } else {
      let reason = "`\(printable(address))` in an address list is a name; its addresses are not in the file"
      notes.issue(
        .dynamicObject, statement.range, reason,
        help: "write the addresses, or keep the list out of rules between zones")
      bounds = .unknown(Uncertainty(range: statement.range, reason: reason))
    }
    if statement["timeout"] != nil || statement["dynamic"] == "yes" {
      let why = Uncertainty(range: statement.range, reason: "the entry goes away after a time")
      bounds = AddressBounds(lower: .empty, upper: bounds.upper, uncertainties: bounds.uncertainties + [why])
    }
    addressLists[family, default: RouterOSAddressLists()].add(list, bounds, statement.range)
  }
}

/// `10.0.0.1`, `10.0.0.0/8`, `10.0.0.0/255.0.0.0`, `10.0.0.1-10.0.0.9`, IPv6 alike; nil for anything else or the other
/// family.
func routerOSAddresses(_ text: String, _ family: IPFamily) -> AddressSet? {
  if let addresses = plainAddresses(text) {
    return addresses.isSubset(of: MaskedAddresses.all(family)) ? addresses : nil
  }
  let parts = pieces(text, at: UInt8(ascii: "/"))
  guard family == .v4, parts.count == 2, let base = IPAddress(parts[0]), let mask = IPAddress(parts[1]),
    base.family == .v4, mask.family == .v4
  else { return nil }
  return AddressSet(v4: base.v4, mask: mask.v4)
}
