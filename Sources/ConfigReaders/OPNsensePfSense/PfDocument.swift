import SourceText

/// The two products that keep their configuration in this format.
///
/// Both come from m0n0wall; they generate rules for the same packet filter (pf), but read flags differently.
enum PfProduct: String {
  case opnsense
  case pfsense

  /// The name of the root element.
  var root: String { rawValue }
  var title: String { self == .opnsense ? "OPNsense" : "pfSense" }
}

/// Finds the document among what a collector may have put around it.
struct PfDocument {
  let product: PfProduct
  /// From the `<` of the root's start tag to the `>` of its end tag, or to the end of a file that is cut off.
  let content: Range<Int>

  /// Looks for the root element behind blanks, comments and lines that begin with `#` or `!`; nil when something else
  /// comes first.
  ///
  /// - Complexity: O(n) in the bytes before the root.
  init?(_ file: SourceFile) {
    let bytes = file.bytes.span
    var position = file.byteOrderMarkLength
    while position < bytes.count {
      switch bytes[position] {
      case ASCII.hash, ASCII.exclamation:
        while position < bytes.count, bytes[position] != ASCII.lineFeed { position += 1 }
      case UInt8(ascii: "<"):
        let rest = position..<bytes.count
        if begins(bytes, rest, with: "<?") {
          guard let end = Self.find("?>", bytes, from: position + 2) else { return nil }
          position = end
        } else if begins(bytes, rest, with: "<!--") {
          guard let end = Self.find("-->", bytes, from: position + 4) else { return nil }
          position = end
        } else {
          guard let product = Self.product(bytes, rest) else { return nil }
          self.product = product
          content = position..<(Self.end(of: product, bytes) ?? bytes.count)
          return
        }
      case let byte where ASCII.isBlank(byte) || byte == ASCII.lineFeed || byte == ASCII.carriageReturn:
        position += 1
      default: return nil
      }
    }
    return nil
  }

  private static func product(_ bytes: Span<UInt8>, _ rest: Range<Int>) -> PfProduct? {
    for (product, tag) in [(PfProduct.opnsense, "<opnsense"), (.pfsense, "<pfsense")] as [(PfProduct, StaticString)] {
      let end = rest.lowerBound + tag.utf8CodeUnitCount
      guard begins(bytes, rest, with: tag), end < bytes.count else { continue }
      let next = bytes[end]
      let isWhole = next == UInt8(ascii: ">") || next == UInt8(ascii: "/") || next <= ASCII.space
      if isWhole { return product }
    }
    return nil
  }

  /// One past the last end tag of the root.
  private static func end(of product: PfProduct, _ bytes: Span<UInt8>) -> Int? {
    let tag: StaticString = product == .opnsense ? "</opnsense>" : "</pfsense>"
    var position = bytes.count - tag.utf8CodeUnitCount
    while position >= 0 {
      if bytes[position] == UInt8(ascii: "<"), begins(bytes, position..<bytes.count, with: tag) {
        return position + tag.utf8CodeUnitCount
      }
      position -= 1
    }
    return nil
  }

  private static func find(_ text: StaticString, _ bytes: Span<UInt8>, from start: Int) -> Int? {
    var position = start
    while position + text.utf8CodeUnitCount <= bytes.count {
      if begins(bytes, position..<bytes.count, with: text) { return position + text.utf8CodeUnitCount }
      position += 1
    }
    return nil
  }

  /// The document's tree; what stands around the root is blanked out, so that positions stay.
  func parse(_ file: SourceFile) throws(SourceError) -> XMLElement {
    var bytes = file.bytes
    for index in bytes.indices where !content.contains(index) && bytes[index] != ASCII.lineFeed {
      bytes[index] = ASCII.space
    }
    return try parseXML(SourceFile(id: file.id, path: file.path, bytes: bytes))
  }

  /// Accounts for the lines around the root and for comments: noise of a collector is irrelevant, anything else unknown.
  func markSurroundings(_ file: SourceFile, _ notes: inout ReaderNotes) {
    for line in 1...file.lines.count {
      let bounds = file.lines.bounds(ofLine: line, in: file.bytes)
      guard bounds.upperBound <= content.lowerBound || bounds.lowerBound >= content.upperBound else { continue }
      let text = file.bytes[bounds].drop { ASCII.isBlank($0) }
      let isNoise =
        text.isEmpty || "#!".utf8.contains(text[text.startIndex]) || text.starts(with: "<!".utf8)
        || text.starts(with: "<?".utf8) || (text.count < 200 && isPrompt(Array(text)))
      notes.ledger.mark(line: line, isNoise ? .irrelevant : .unread)
    }
    markComments(file, &notes)
  }

  /// `root@fw:~ #`, `exit`, `cat /conf/config.xml`: what is left of the session that showed the file.
  private func isPrompt(_ text: [UInt8]) -> Bool {
    let line = String(decoding: text, as: UTF8.self)
    return line == "exit" || line == "logout" || line.hasPrefix("cat ") || (line.contains("@") && line.contains("#"))
      || (line.hasPrefix("[") && line.contains("]"))
  }

  private func markComments(_ file: SourceFile, _ notes: inout ReaderNotes) {
    let bytes = file.bytes.span
    var position = 0
    while position < bytes.count {
      guard bytes[position] == UInt8(ascii: "<"), begins(bytes, position..<bytes.count, with: "<!--") else {
        position += 1
        continue
      }
      let end = Self.find("-->", bytes, from: position + 4) ?? bytes.count
      notes.mark(file.range(position, end), .irrelevant)
      position = end
    }
  }
}
