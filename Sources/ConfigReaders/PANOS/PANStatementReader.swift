import SourceText

/// Builds the tree of a configuration in set form or in the braces of `show`, as the file would leave it on the device.
///
/// Both occur in one capture: a statement that begins with a verb ends with its line, one in braces with `;` or `}`.
struct PANStatementReader {
  private enum Ending { case line, open, semicolon, close }

  /// A word, or words in brackets, each a member of its own.
  private enum Part {
    case word(String)
    case members([String])
  }

  private struct Statement {
    var parts: [Part] = []
    var range: Range<Int>
    var ending: Ending
    /// Whether quotation marks or brackets do not pair up.
    var isBroken = false

    /// The words; nil when there are brackets among them.
    var words: [String]? {
      var result: [String] = []
      for part in parts {
        guard case .word(let word) = part else { return nil }
        result.append(word)
      }
      return result
    }
  }

  private(set) var tree: PANTree
  private(set) var notes: PANNotes
  private let file: SourceFile
  private var position: Int
  /// The nodes of the open braces.
  private var open: [Int] = []
  private(set) var isEmpty = true
  private(set) var isTruncated = false

  private static let verbs: Set<String> = ["copy", "delete", "move", "override", "rename", "set"]
  /// Operational commands and what terminals leave in captures.
  private static let noise: Set<String> = [
    "Building", "Entering", "Exiting", "commit", "configure", "exit", "quit", "run", "show",
  ]

  init(_ file: SourceFile, notes: PANNotes) {
    self.file = file
    self.notes = notes
    tree = PANTree(file: file.id)
    position = file.byteOrderMarkLength
  }

  /// Reads the whole file.
  mutating func read() {
    let file = self.file
    let bytes = file.bytes.span
    while true {
      skipSpace(bytes)
      guard position < bytes.count else { break }
      if takesNoise(bytes) { continue }
      apply(statement(bytes))
    }
    if !open.isEmpty { isTruncated = true }
  }

  // MARK: Words

  private func isGap(_ byte: UInt8) -> Bool { ASCII.isBlank(byte) || byte == ASCII.carriageReturn || byte == 0x0C }

  private mutating func skipSpace(_ bytes: borrowing Span<UInt8>) {
    while position < bytes.count, isGap(bytes[position]) || bytes[position] == ASCII.lineFeed { position += 1 }
  }

  private func lineEnd(_ bytes: borrowing Span<UInt8>, from start: Int) -> Int {
    var end = start
    while end < bytes.count, bytes[end] != ASCII.lineFeed { end += 1 }
    return end
  }

  /// Passes a comment, a prompt or a command that changes nothing; true when the rest of the line is done with.
  ///
  /// A prompt in front of a statement is passed alone.
  private mutating func takesNoise(_ bytes: borrowing Span<UInt8>) -> Bool {
    let end = lineEnd(bytes, from: position)
    let line = position..<end
    let isNoise: Bool
    switch bytes[position] {
    case ASCII.hash, ASCII.exclamation: isNoise = true
    case UInt8(ascii: "["): isNoise = begins(bytes, line, with: "[edit")
    case UInt8(ascii: "-"): isNoise = begins(bytes, line, with: "--more--")
    default:
      guard open.isEmpty, let word = firstWord(bytes, line) else { return false }
      if isPrompt(bytes, word) {
        notes.mark(file.range(word.lowerBound, word.upperBound), .irrelevant)
        position = word.upperBound
        while position < end, isGap(bytes[position]) { position += 1 }
        if position == end { return true }
        return takesNoise(bytes)
      }
      let text = file.text(word)
      isNoise = Self.noise.contains(text) || (text == "set" && begins(bytes, line, with: "set cli "))
    }
    guard isNoise else { return false }
    notes.mark(file.range(position, end), .irrelevant)
    position = end
    return true
  }

  private func firstWord(_ bytes: borrowing Span<UInt8>, _ line: Range<Int>) -> Range<Int>? {
    var end = line.lowerBound
    while end < line.upperBound, !isGap(bytes[end]), end - line.lowerBound < 200 { end += 1 }
    return end > line.lowerBound ? line.lowerBound..<end : nil
  }

  /// `admin@fw>` or `admin@fw(active)#`.
  private func isPrompt(_ bytes: borrowing Span<UInt8>, _ word: Range<Int>) -> Bool {
    let last = bytes[word.upperBound - 1]
    guard last == UInt8(ascii: ">") || last == ASCII.hash else { return false }
    for place in word where bytes[place] == UInt8(ascii: "@") { return true }
    return false
  }

  private mutating func statement(_ bytes: borrowing Span<UInt8>) -> Statement {
    let start = position
    var result = Statement(range: start..<start, ending: .line)
    if bytes[position] == UInt8(ascii: "}") {
      position += 1
      result.range = start..<position
      result.ending = .close
      return result
    }
    var members: [String] = []
    var inBrackets = false
    var isCommand = false
    while position < bytes.count {
      let byte = bytes[position]
      if isGap(byte) {
        position += 1
      } else if byte == ASCII.lineFeed {
        // Long lists in braces go on in the next line.
        if !inBrackets || isCommand { break }
        position += 1
      } else if byte == UInt8(ascii: "["), !inBrackets {
        inBrackets = true
        members = []
        position += 1
      } else if byte == UInt8(ascii: "]"), inBrackets {
        inBrackets = false
        result.parts.append(.members(members))
        position += 1
      } else if !isCommand, let ending = ending(byte) {
        if ending != .close { position += 1 }
        result.ending = ending == .close ? .semicolon : ending
        break
      } else {
        let word = word(bytes, inBrackets: inBrackets, isCommand: isCommand, &result.isBroken)
        if inBrackets { members.append(word) } else { result.parts.append(.word(word)) }
        if result.parts.count == 1, open.isEmpty { isCommand = Self.verbs.contains(word) }
      }
    }
    if inBrackets { result.parts.append(.members(members)) }
    result.isBroken = result.isBroken || inBrackets
    result.range = start..<max(trimmedEnd(bytes, from: start), start + 1)
    return result
  }

  private func trimmedEnd(_ bytes: borrowing Span<UInt8>, from start: Int) -> Int {
    var end = position
    while end > start, isGap(bytes[end - 1]) || bytes[end - 1] == ASCII.lineFeed { end -= 1 }
    return end
  }

  private func ending(_ byte: UInt8) -> Ending? {
    switch byte {
    case UInt8(ascii: "{"): .open
    case UInt8(ascii: ";"): .semicolon
    case UInt8(ascii: "}"): .close
    default: nil
    }
  }

  /// One word, quotes and escapes undone.
  private mutating func word(
    _ bytes: borrowing Span<UInt8>, inBrackets: Bool, isCommand: Bool, _ isBroken: inout Bool
  ) -> String {
    if bytes[position] == ASCII.quote || bytes[position] == UInt8(ascii: "'") {
      if let text = quoted(bytes, mark: bytes[position]) { return text }
      isBroken = true
    }
    let start = position
    while position < bytes.count {
      let byte = bytes[position]
      if isGap(byte) || byte == ASCII.lineFeed { break }
      if inBrackets, byte == UInt8(ascii: "]") { break }
      if !isCommand, position > start, ending(byte) != nil { break }
      position += 1
    }
    return file.text(start..<position)
  }

  /// The content of a quoted word; nil, with nothing taken, when no mark closes it.
  ///
  /// Certificates and banners span lines. A value that would swallow the beginning of another statement lacks its mark.
  private mutating func quoted(_ bytes: borrowing Span<UInt8>, mark: UInt8) -> String? {
    var end = position + 1
    var hasEscape = false
    while end < bytes.count, bytes[end] != mark {
      if bytes[end] == ASCII.backslash {
        hasEscape = true
        end += 1
      } else if bytes[end] == ASCII.lineFeed, mark != ASCII.quote || beginsStatement(bytes, at: end + 1) {
        return nil
      }
      end += 1
    }
    guard end < bytes.count else { return nil }
    let inside = position + 1..<end
    position = end + 1
    guard hasEscape else { return file.text(inside) }
    var text: [UInt8] = []
    var place = inside.lowerBound
    while place < inside.upperBound {
      if bytes[place] == ASCII.backslash, place + 1 < inside.upperBound { place += 1 }
      text.append(bytes[place])
      place += 1
    }
    return String(decoding: text, as: UTF8.self)
  }

  private func beginsStatement(_ bytes: borrowing Span<UInt8>, at place: Int) -> Bool {
    let rest = place..<bytes.count
    return begins(bytes, rest, with: "set ") || begins(bytes, rest, with: "delete ")
      || begins(bytes, rest, with: "move ")
  }

  // MARK: Statements

  private mutating func apply(_ statement: Statement) {
    switch statement.ending {
    case .close:
      if let node = open.popLast() {
        tree.mention(node, start: statement.range.lowerBound, end: statement.range.upperBound)
      }
    case .open:
      isEmpty = false
      open.append(make(statement.parts[...], statement))
    case .semicolon, .line:
      isEmpty = false
      if open.isEmpty, case .word(let verb) = statement.parts.first, Self.verbs.contains(verb) {
        command(verb, statement)
      } else if statement.ending == .semicolon {
        _ = make(statement.parts[...], statement)
      } else {
        gap(statement, "no statement of PAN-OS begins here")
      }
    }
  }

  private mutating func gap(_ statement: Statement, _ reason: String) {
    notes.gap(
      file.range(statement.range.lowerBound, statement.range.upperBound), .notRecognised, matters: true, reason)
  }

  /// The node that a statement names below the open braces, with its members.
  private mutating func make(_ parts: ArraySlice<Part>, _ statement: Statement) -> Int {
    var node = open.last ?? PANTree.root
    for part in parts {
      switch part {
      case .word(let word):
        node = tree.make(word, below: tree.container(of: word, after: node), range: statement.range)
      case .members(let members):
        // Behind its members, an attribute is done with as behind a value.
        for member in members.dropLast() { _ = tree.make(member, below: node, range: statement.range) }
        if let last = members.last { node = tree.make(last, below: node, range: statement.range) }
      }
    }
    tree.mention(node, start: statement.range.lowerBound, end: statement.range.upperBound)
    if statement.isBroken { gap(statement, "the quotation marks or brackets of this line do not pair up") }
    return node
  }

  private mutating func command(_ verb: String, _ statement: Statement) {
    if verb == "set" {
      _ = make(statement.parts.dropFirst(), statement)
      return
    }
    if verb == "delete" { return delete(statement.parts.dropFirst(), statement) }
    guard let words = statement.words?.dropFirst() else {
      return gap(statement, "brackets have no place in this command")
    }
    switch verb {
    case "rename": rename(words, statement)
    case "move": move(words, statement)
    default: gap(statement, "`\(verb)` is not carried out; what it changes is read as it stood before")
    }
  }

  /// The node that the words name, noted as mentioned; nil when the file has not made it.
  private mutating func find(_ words: ArraySlice<String>, _ statement: Statement) -> Int? {
    guard !words.isEmpty, let node = tree.find(path: words), node != PANTree.root else { return nil }
    tree.mention(node, start: statement.range.lowerBound, end: statement.range.upperBound)
    return node
  }

  /// Deleting what is not there changes nothing.
  private mutating func delete(_ parts: ArraySlice<Part>, _ statement: Statement) {
    var words: [String] = []
    var members: [String]?
    for part in parts {
      switch part {
      case .word(let word) where members == nil: words.append(word)
      case .members(let list) where members == nil: members = list
      default: return gap(statement, "nothing can follow brackets in this command")
      }
    }
    guard let node = find(words[...], statement) else {
      return notes.mark(file.range(statement.range.lowerBound, statement.range.upperBound), .used)
    }
    guard let members else { return tree.remove(node) }
    for member in members {
      if let child = tree.child(member, of: node) { tree.remove(child) }
    }
  }

  /// `rename PATH to NAME`
  private mutating func rename(_ words: ArraySlice<String>, _ statement: Statement) {
    guard words.count > 2, words[words.endIndex - 2] == "to", let node = find(words.dropLast(2), statement),
      tree.rename(node, to: words[words.endIndex - 1])
    else { return gap(statement, "what is renamed is not in the file, or the new name is taken") }
  }

  /// `move PATH top`, `move PATH before NAME`
  private mutating func move(_ words: ArraySlice<String>, _ statement: Statement) {
    let isDone: Bool
    switch words.last {
    case "top", "bottom":
      guard let node = find(words.dropLast(), statement) else {
        isDone = false
        break
      }
      isDone = tree.move(node, to: words.last == "top" ? .top : .bottom)
    default:
      guard words.count > 2, let node = find(words.dropLast(2), statement), let parent = tree.parent(of: node),
        let other = tree.child(words[words.endIndex - 1], of: parent)
      else {
        isDone = false
        break
      }
      switch words[words.endIndex - 2] {
      case "before": isDone = tree.move(node, to: .before(other))
      case "after": isDone = tree.move(node, to: .after(other))
      default: isDone = false
      }
    }
    if !isDone { gap(statement, "what is moved, or the place to move it to, is not in the file") }
  }
}
