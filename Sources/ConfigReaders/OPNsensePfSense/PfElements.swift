import SourceText

extension XMLElement {
  /// The text of the first child of this name; nil when there is none or it is empty.
  func value(_ name: String) -> String? {
    guard let text = element(named: name)?.text, !text.isEmpty else { return nil }
    return text
  }

  func has(_ name: String) -> Bool { element(named: name) != nil }

  /// Whether nothing stands between the tags.
  var isVoid: Bool { children.isEmpty }

  /// The children that a path of names leads to.
  func descendant(_ path: String...) -> XMLElement? {
    var place: XMLElement? = self
    for name in path { place = place?.element(named: name) }
    return place
  }
}

/// Splits a list at commas, blanks and line ends.
func pfList(_ text: String) -> [String] {
  text.utf8.split { $0 == UInt8(ascii: ",") || $0 <= ASCII.space }.map { String(Substring($0)) }
}

extension PfProduct {
  /// Whether a flag is set; nil when that is not certain.
  ///
  /// pfSense asks whether the element is there (`isset` in its `filter.inc`), so that `<disabled>0</disabled>` is set,
  /// which nobody means who writes it by hand. OPNsense stores 0 and 1 and asks whether the value is empty or 0 (`empty`
  /// in its `Rule.php`); an empty element is left behind by pfSense only.
  func flag(_ element: XMLElement?) -> Bool? {
    guard let element else { return false }
    let text = element.text.lowercased()
    let isZero = ["0", "no", "false", "off"].contains(text)
    switch self {
    case .pfsense: return isZero ? nil : true
    case .opnsense: return text.isEmpty ? nil : text == "0" ? false : isZero ? nil : true
    }
  }

  /// Whether a flag that both products ask for by presence (`isset`) is set: there, and not called off in words.
  func isPresent(_ element: XMLElement?) -> Bool {
    guard let element else { return false }
    return !["0", "no", "false", "off"].contains(element.text.lowercased())
  }

  /// Whether a flag may be set.
  func mayBeSet(_ element: XMLElement?) -> Bool { flag(element) != false }
}
