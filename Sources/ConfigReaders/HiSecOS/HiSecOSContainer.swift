import SourceText

/// One value of the container.
struct MibValue {
  var text: String
  /// `<Attribute …>…</Attribute>`.
  var range: SourceRange
}

/// A row of a table.
struct MibRow {
  var values: [String: MibValue] = [:]
  /// The whole `<Entry>`.
  var range: SourceRange

  func text(_ column: String) -> String? { values[column]?.text }

  func number(_ column: String) -> Int? { values[column].flatMap { Int($0.text) } }

  /// Where a column stands; the row when it is missing.
  func range(_ column: String) -> SourceRange { values[column]?.range ?? range }
}

/// `<MIB name="…">` with its tables and scalars.
struct Mib {
  var name: String
  var range: SourceRange
  var scalars: [(name: String, value: MibValue)] = []
  var tables: [(name: String, rows: [MibRow], range: SourceRange)] = []

  var isEmpty: Bool { scalars.isEmpty && tables.allSatisfy(\.rows.isEmpty) }
}

/// Hirschmann's configuration container: values by the names of MIB objects.
///
/// The same for HiOS switches and HiSecOS firewalls. A MIB or table may occur more than once; its parts belong together.
struct MibContainer {
  var header: [String: MibValue] = [:]
  var mibs: [Mib] = []
  /// Elements that have no place in the container.
  var strange: [SourceRange] = []

  init(_ root: XMLElement) {
    for part in root.elements {
      switch part.localName {
      case "Header":
        for variable in part.elements {
          if let name = variable.attribute("name") { header[name] = MibValue(variable) }
        }
      case "MibData":
        for element in part.elements {
          if element.localName == "MIB" { mibs.append(mib(element)) } else { strange.append(element.range) }
        }
      case "Footer": break
      default: strange.append(part.range)
      }
    }
  }

  private mutating func mib(_ element: XMLElement) -> Mib {
    var mib = Mib(name: element.attribute("name") ?? "", range: element.range)
    for group in element.elements {
      let name = group.attribute("name") ?? ""
      switch group.localName {
      case "Scalar", "Group":
        for attribute in group.elements {
          if let name = attribute.attribute("name") {
            mib.scalars.append((name, MibValue(attribute)))
          } else {
            strange.append(attribute.range)
          }
        }
      case "Table":
        var rows: [MibRow] = []
        for entry in group.elements {
          if entry.localName == "Entry" { rows.append(row(entry)) } else { strange.append(entry.range) }
        }
        mib.tables.append((name, rows, group.range))
      default: strange.append(group.range)
      }
    }
    return mib
  }

  private mutating func row(_ entry: XMLElement) -> MibRow {
    var row = MibRow(range: entry.range)
    for attribute in entry.elements {
      guard let name = attribute.attribute("name"), row.values[name] == nil else {
        strange.append(attribute.range)
        continue
      }
      row.values[name] = MibValue(attribute)
    }
    return row
  }

  /// All rows of a table, wherever its parts stand.
  func rows(_ table: String) -> [MibRow] {
    mibs.flatMap { mib in mib.tables.filter { $0.name == table }.flatMap(\.rows) }
  }

  /// The value of a scalar; the first when there are several.
  func scalar(_ name: String) -> MibValue? {
    for mib in mibs {
      if let found = mib.scalars.first(where: { $0.name == name }) { return found.value }
    }
    return nil
  }

  func has(_ mib: String) -> Bool { mibs.contains { $0.name == mib } }
}

extension XMLElement {
  /// The name without a name-space prefix.
  var localName: String { name.split(separator: ":").last.map(String.init) ?? name }
}

extension MibValue {
  /// Octets without `convert` are written as `4D 75 73`; what is `scrambled` is a secret and not taken.
  fileprivate init(_ element: XMLElement) {
    let convert = element.attribute("convert")
    range = element.range
    if convert == "scrambled" {
      text = ""
      // The value must not be quoted when the statement is.
      range = element.attributes.first?.range ?? element.range
    } else {
      let written = element.text
      text = convert == nil ? octetText(written) ?? written : written
    }
  }
}

/// The text that at least two octets in hexadecimal spell; nil when they are no printable text.
private func octetText(_ text: String) -> String? {
  guard let octets = octets(text), octets.count > 1, octets.allSatisfy({ 0x20...0x7E ~= $0 }) else { return nil }
  return String(decoding: octets, as: UTF8.self)
}

/// Octets written as pairs of hexadecimal digits between blanks.
func octets(_ text: String) -> [UInt8]? {
  var octets: [UInt8] = []
  for pair in text.utf8.split(separator: ASCII.space) {
    guard pair.count == 2, let octet = UInt8(Substring(pair), radix: 16) else { return nil }
    octets.append(octet)
  }
  return octets.isEmpty ? nil : octets
}
