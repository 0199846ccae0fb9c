import SourceText

/// Reads the JSON form of a firewall configuration: section types with lists of sections.
///
/// Commas before a closing bracket are passed over, as OpenWrt's own readers do.
func parseUCIJSON(_ file: SourceFile) -> UCIDocument {
  var document = UCIDocument(file)
  let root: DocumentNode
  do {
    root = try parseJSON(SourceFile(id: file.id, path: file.path, bytes: withoutTrailingCommas(file.bytes)))
  } catch {
    document.ledger.gap(
      LedgerGap(
        range: file.range(0, file.bytes.count), state: .notRecognised, couldChangeVerdict: true,
        reason: "the file cannot be read: \(error.description)"))
    return document
  }
  document.ledger.mark(root.range, .irrelevant)
  for entry in root.entries ?? [] {
    for node in entry.value.items ?? [entry.value] { section(entry.key, node, &document) }
  }
  return document
}

private func section(_ type: String, _ node: DocumentNode, _ document: inout UCIDocument) {
  guard let entries = node.entries else {
    return document.ledger.gap(
      LedgerGap(
        range: node.range, state: .notRecognised, couldChangeVerdict: true,
        reason: "a section of type `\(printable(type))` is no map"))
  }
  document.open(type, node[".name"]?.text, nil, node.range)
  for entry in entries where !entry.key.hasPrefix(".") {
    for item in entry.value.items ?? [entry.value] {
      guard let text = item.text else { continue }
      document.add(
        entry.key, UCIValue(text: text, range: item.range), isList: entry.value.items != nil, entry.range)
    }
  }
}

/// The same bytes with a blank for each comma that only blanks divide from a closing bracket.
private func withoutTrailingCommas(_ bytes: [UInt8]) -> [UInt8] {
  var result = bytes
  var comma: Int?
  var isInString = false
  var position = 0
  while position < bytes.count {
    let byte = bytes[position]
    if isInString {
      if byte == ASCII.backslash { position += 1 } else if byte == ASCII.quote { isInString = false }
    } else {
      switch byte {
      case ASCII.quote:
        isInString = true
        comma = nil
      case UInt8(ascii: ","): comma = position
      case UInt8(ascii: "]"), UInt8(ascii: "}"):
        if let comma { result[comma] = ASCII.space }
        comma = nil
      case ASCII.space, ASCII.tab, ASCII.lineFeed, ASCII.carriageReturn: break
      default: comma = nil
      }
    }
    position += 1
  }
  return result
}
