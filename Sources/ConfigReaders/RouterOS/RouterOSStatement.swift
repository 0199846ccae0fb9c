import SourceText

/// One word of a command: bare, or `key=value`.
struct RouterOSWord: Equatable {
  /// The part before the equals sign; nil for a bare word.
  var key: String?
  /// Quotes and escapes resolved.
  var text: String
  /// Whether some of it stood in brackets: an expression (`[ find default=yes ]`).
  var isExpression = false
}

/// One command with the menu that it is given in.
struct RouterOSStatement {
  /// The menu, words separated by one blank (`ip firewall filter`).
  var path: String
  /// `add`, `set`, …; empty when the line only names the menu.
  var verb: String
  /// What stands behind the verb without a key: numbers, names, expressions.
  var targets: [RouterOSWord]
  /// The last value of each key.
  var values: [String: String]
  /// Keys in the order in which they are written.
  var keys: [String]
  var range: SourceRange

  subscript(key: String) -> String? { values[key] }

  /// Whether the entry is switched off.
  var isDisabled: Bool { values["disabled"] == "yes" || values["disabled"] == "true" }
}

/// Splits a file into commands: lines that end in a backslash go on in the next one (RouterOS documentation, Scripting,
/// "Line joining").
struct RouterOSScanner {
  enum Item {
    case statement(RouterOSStatement)
    /// Blank, comment, or what a terminal session leaves behind.
    case noise(SourceRange)
    /// A comment in which the device says that it left something out.
    case failedExport(SourceRange)
    case unknown(SourceRange, String)
  }

  private let file: SourceFile
  private var line = 1
  private var pending: [Item] = []
  /// The menu that commands without one are given in.
  private var path = ""
  /// Whether the last line asks for a next one that is not there, or a quote stays open.
  private(set) var isTruncated = false

  init(_ file: SourceFile) { self.file = file }

  static let verbs: Set<String> = [
    "add", "set", "remove", "disable", "enable", "move", "unset", "print", "export", "edit", "comment", "reset", "quit",
    "find", "get", "reset-counters", "import",
  ]

  mutating func next() -> Item? {
    if !pending.isEmpty { return pending.removeFirst() }
    guard line <= file.lines.count else { return nil }
    let first = line
    var bytes: [UInt8] = []
    while true {
      let bounds = file.lines.bounds(ofLine: line, in: file.bytes)
      var part = file.bytes[bounds]
      if line > first { part = part.drop { ASCII.isBlank($0) } }
      line += 1
      guard continues(part), part.first(where: { !ASCII.isBlank($0) }) != ASCII.hash || line - 1 > first else {
        bytes += part
        break
      }
      bytes += part.dropLast()
      if line > file.lines.count {
        isTruncated = true
        break
      }
    }
    let range = file.range(ofLine: first).union(file.range(ofLine: line - 1))
    read(bytes, range)
    return next()
  }

  /// Whether an odd number of backslashes stands at the end.
  private func continues(_ part: ArraySlice<UInt8>) -> Bool {
    var count = 0
    for byte in part.reversed() {
      guard byte == ASCII.backslash else { break }
      count += 1
    }
    return count % 2 == 1
  }

  private mutating func read(_ bytes: [UInt8], _ range: SourceRange) {
    var content = bytes.drop { ASCII.isBlank($0) || $0 == 0x0C }
    if content.isEmpty { return pending.append(.noise(range)) }
    if content.first == ASCII.hash {
      let text = String(decoding: content.prefix(80), as: UTF8.self)
      return pending.append(text.contains("error exporting") ? .failedExport(range) : .noise(range))
    }
    if content.contains(0) { return pending.append(.unknown(range, "the line holds a NUL byte")) }
    // `[admin@router] > /export`, also without a blank.
    if content.first == UInt8(ascii: "["), let end = prompt(content) {
      content = content[end...].drop { ASCII.isBlank($0) }
      if content.isEmpty { return pending.append(.noise(range)) }
    }
    if content.first == UInt8(ascii: "!") || isRedactionLine(content) { return pending.append(.noise(range)) }
    var words = RouterOSWords(Array(content))
    let commands = words.commands()
    if words.isOpen { isTruncated = isTruncated || line > file.lines.count }
    for command in commands { pending.append(item(command, range, isOpen: words.isOpen)) }
    if commands.isEmpty { pending.append(.noise(range)) }
  }

  private func isRedactionLine(_ content: ArraySlice<UInt8>) -> Bool {
    content.starts(with: "<removed>".utf8) || content.starts(with: "<secret hidden>".utf8)
  }

  /// One past a prompt at the start.
  private func prompt(_ content: ArraySlice<UInt8>) -> Int? {
    guard let close = content.firstIndex(of: UInt8(ascii: "]")),
      content[..<close].contains(UInt8(ascii: "@"))
    else { return nil }
    var position = close + 1
    while position < content.endIndex, content[position] != UInt8(ascii: ">") {
      // A menu may stand between: `[admin@router] /ip firewall filter>`.
      guard position - close < 80 else { return nil }
      position += 1
    }
    return position < content.endIndex ? position + 1 : nil
  }

  private mutating func item(_ words: [RouterOSWord], _ range: SourceRange, isOpen: Bool) -> Item {
    guard let first = words.first else { return .noise(range) }
    if isOpen { return .unknown(range, "a quote or bracket is not closed") }
    if first.text.hasPrefix(":") || first.text.hasPrefix("{") || first.text == "}" || first.isExpression {
      return .unknown(range, "scripts are not carried out")
    }
    var rest = words[...]
    var menu: [String] = []
    if first.key == nil, first.text.hasPrefix("/") {
      while let word = rest.first, word.key == nil, !word.isExpression {
        let parts = word.text.split(separator: "/").map(String.init)
        if let verb = parts.firstIndex(where: { Self.verbs.contains($0) && !(menu.isEmpty && $0 == "export") }) {
          menu += parts[..<verb]
          rest = rest.dropFirst()
          path = menu.joined(separator: " ")
          return statement(parts[verb], rest, range)
        }
        if !parts.isEmpty, Self.verbs.contains(parts[0]) { break }
        menu += parts
        rest = rest.dropFirst()
      }
      if menu.first == "export" { return .noise(range) }
      path = menu.joined(separator: " ")
      return rest.isEmpty ? statement("", rest, range) : .unknown(range, "the command in this line is not known")
    }
    guard first.key == nil, Self.verbs.contains(first.text) else {
      return .unknown(range, "no menu and no command begins here")
    }
    return statement(first.text, rest.dropFirst(), range)
  }

  private func statement(_ verb: String, _ words: ArraySlice<RouterOSWord>, _ range: SourceRange) -> Item {
    if ["print", "export", "quit", "find", "get"].contains(verb) { return .noise(range) }
    var statement = RouterOSStatement(path: path, verb: verb, targets: [], values: [:], keys: [], range: range)
    for word in words {
      if let key = word.key {
        statement.keys.append(key)
        statement.values[key] = word.text
      } else if !word.text.hasPrefix("!") || word.isExpression {
        // `!dst-port` in a verbose export says that the property is not set.
        statement.targets.append(word)
      }
    }
    return .statement(statement)
  }
}

/// Splits the text of commands into words.
struct RouterOSWords {
  private let bytes: [UInt8]
  private var position = 0
  /// Whether a quote or bracket stays open.
  private(set) var isOpen = false

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The commands that semicolons separate.
  mutating func commands() -> [[RouterOSWord]] {
    var result: [[RouterOSWord]] = []
    var words: [RouterOSWord] = []
    while position < bytes.count {
      let byte = bytes[position]
      if ASCII.isBlank(byte) || byte == ASCII.carriageReturn {
        position += 1
      } else if byte == UInt8(ascii: ";") {
        position += 1
        if !words.isEmpty { result.append(words) }
        words = []
      } else {
        words.append(word())
      }
    }
    if !words.isEmpty { result.append(words) }
    return result
  }

  private mutating func word() -> RouterOSWord {
    var key: String?
    var text: [UInt8] = []
    var isExpression = false
    while position < bytes.count {
      let byte = bytes[position]
      if ASCII.isBlank(byte) || byte == UInt8(ascii: ";") || byte == ASCII.carriageReturn { break }
      switch byte {
      case ASCII.quote: quoted(&text)
      case UInt8(ascii: "["), UInt8(ascii: "("), UInt8(ascii: "{"):
        if text.isEmpty {
          bracketed(&text)
          isExpression = true
        } else {
          text.append(byte)
          position += 1
        }
      case UInt8(ascii: "=") where key == nil && !text.isEmpty && !isExpression:
        key = String(decoding: text, as: UTF8.self)
        text = []
        position += 1
      default:
        text.append(byte)
        position += 1
      }
    }
    return RouterOSWord(key: key, text: String(decoding: text, as: UTF8.self), isExpression: isExpression)
  }

  /// Text between quotes, with the escapes of the documentation (Scripting, "Constant Escape Sequences").
  private mutating func quoted(_ text: inout [UInt8]) {
    position += 1
    while position < bytes.count, bytes[position] != ASCII.quote {
      guard bytes[position] == ASCII.backslash, position + 1 < bytes.count else {
        text.append(bytes[position])
        position += 1
        continue
      }
      position += 1
      escape(&text)
    }
    if position < bytes.count { position += 1 } else { isOpen = true }
  }

  private mutating func escape(_ text: inout [UInt8]) {
    let byte = bytes[position]
    let names: [UInt8: UInt8] = [
      UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9, UInt8(ascii: "_"): 32, UInt8(ascii: "a"): 7,
      UInt8(ascii: "b"): 8, UInt8(ascii: "f"): 12, UInt8(ascii: "v"): 11,
    ]
    if position + 1 < bytes.count, let high = hex(byte), let low = hex(bytes[position + 1]) {
      text.append(high << 4 | low)
      position += 2
      return
    }
    text.append(names[byte] ?? byte)
    position += 1
  }

  /// The device writes escaped bytes with capital letters.
  private func hex(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 48...57: byte - 48
    case 65...70: byte - 55
    default: nil
    }
  }

  /// An expression up to the bracket that closes it, taken as it stands.
  private mutating func bracketed(_ text: inout [UInt8]) {
    var depth = 0
    var isQuoted = false
    while position < bytes.count {
      let byte = bytes[position]
      text.append(byte)
      position += 1
      if isQuoted {
        if byte == ASCII.backslash, position < bytes.count {
          text.append(bytes[position])
          position += 1
        } else if byte == ASCII.quote {
          isQuoted = false
        }
        continue
      }
      switch byte {
      case ASCII.quote: isQuoted = true
      case UInt8(ascii: "["), UInt8(ascii: "("), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: ")"), UInt8(ascii: "}"):
        depth -= 1
        if depth == 0 { return }
      default: break
      }
    }
    isOpen = true
  }
}
