import SourceText

/// Carries out the statements of a file on a tree, as the device's CLI would, and accounts for every line.
///
/// Sections that do not concern filtering are read over; they leave no nodes.
struct FortiTreeBuilder {
  private(set) var tree: FortiTree
  private(set) var notes: FortiNotes
  private(set) var header = FortiHeader()
  private let file: SourceFile
  private var frames: [Frame] = []
  /// Set where sections nest deeper than any device's; nothing behind is carried out.
  private var isTooDeep = false
  /// Whether an entry that makes a gap is open.
  private var isInsideGap = false

  /// An open `config` or `edit`.
  private struct Frame {
    var isEntry: Bool
    var handling: FortiHandling
    /// The node that statements go to; nil where nothing is kept.
    var node: Int?
    var range: SourceRange
    /// The outermost entry of a section that is not modelled makes one gap.
    var makesGap = false
  }

  init(_ file: SourceFile, notes: FortiNotes) {
    self.file = file
    self.notes = notes
    tree = FortiTree(range: file.range(0, min(file.bytes.count, 1)))
  }

  /// Takes one statement.
  mutating func take(_ statement: FortiStatement) {
    let range = file.range(statement.range.lowerBound, statement.range.upperBound)
    if isTooDeep { return notes.ledger.mark(range, .notRecognised) }
    if statement.isBroken { noteBrokenQuotes(range) }
    switch statement.verb {
    case "#":
      header.read(statement.words.first ?? "")
      notes.ledger.mark(range, .irrelevant)
    case "config", "conf": openSection(statement.words, range)
    case "edit": openEntry(statement.words.first ?? "", range)
    case "next": closeEntry(range)
    case "end": closeSection(range)
    case "set", "append", "select", "unset", "unselect", "exclude": change(statement, range)
    case "delete", "purge", "rename", "clone", "move": rearrange(statement, range)
    default: takeOther(statement, range)
    }
  }

  /// Closes what is still open; true when the file ended inside a section.
  mutating func finish() -> Bool {
    let isTruncated = !frames.isEmpty
    while !frames.isEmpty { pop(at: frames[frames.count - 1].range) }
    return isTruncated
  }

  // MARK: Opening and closing

  private var handling: FortiHandling { frames.last?.handling ?? .scope }
  private var node: Int? { frames.isEmpty ? FortiTree.root : frames[frames.count - 1].node }

  /// Far more than FortiOS has; its deepest sections are some ten levels down.
  private static let nestingLimit = 64

  /// Whether one more level is too much; then the rest of the file is one gap.
  private mutating func isBeyondLimit(_ range: SourceRange) -> Bool {
    guard frames.count >= Self.nestingLimit else { return false }
    isTooDeep = true
    notes.gap(
      range, .notRecognised, matters: true,
      "sections nest more than \(Self.nestingLimit) deep, which no device writes; nothing from here on is read")
    return true
  }

  private mutating func openSection(_ words: [String], _ range: SourceRange) {
    recoverUnclosed(words, range)
    if isBeyondLimit(range) { return }
    let path = FortiPaths.canonical(words)
    var inner: FortiHandling
    switch handling {
    case .scope: inner = FortiCatalog.handling(of: path)
    case .domains: inner = .unknown(matters: true)
    case .model(let schema):
      inner = schema.children[path] ?? (schema.unknownMatters ? .unknown(matters: true) : .irrelevant)
    case .dynamicRouting:
      inner =
        FortiCatalog.bringsRoutes.contains(path)
        ? .notModelled(reason: "routes learned by a routing protocol are not in the file", matters: true) : .irrelevant
    case .notModelled, .irrelevant, .unknown: inner = handling
    }
    var kept: Int?
    switch inner {
    case .scope, .domains, .model, .dynamicRouting: kept = node.map { tree.child(path, of: $0, range: range) }
    // Whether such a section has entries in force decides whether static routes are all there is.
    case .notModelled where FortiCatalog.choosesRoutes.contains(path):
      kept = node.map { tree.child(path, of: $0, range: range) }
    case .unknown:
      noteUnknown(range, "the section is not known")
    default: break
    }
    notes.ledger.mark(range, kept == nil ? .irrelevant : .used)
    frames.append(Frame(isEntry: false, handling: inner, node: kept, range: range))
  }

  /// A section that only stands at the top ends whatever an incomplete block above left open.
  private mutating func recoverUnclosed(_ words: [String], _ range: SourceRange) {
    guard FortiPaths.isTopLevel(words) else { return }
    // `config global` and `config vdom` stand only at the very top.
    let isOuter = words.count == 1
    var unclosed: SourceRange?
    while let top = frames.last {
      if !isOuter, case .scope = top.handling { break }
      unclosed = top.range
      pop(at: range)
    }
    guard let unclosed else { return }
    notes.gap(
      range, .notRecognised, matters: true,
      "the block that is open above (line \(notes.line(of: unclosed))) was not closed by `next` or `end`")
  }

  private mutating func openEntry(_ key: String, _ range: SourceRange) {
    if frames.last?.isEntry == true { pop(at: range) }
    guard let section = frames.last else {
      notes.gap(range, .notRecognised, matters: true, "`edit` stands outside any `config` section")
      return
    }
    if isBeyondLimit(range) { return }
    var frame = Frame(isEntry: true, handling: section.handling, node: nil, range: range)
    switch section.handling {
    case .domains:
      frame.handling = .scope
      frame.node = section.node.map { tree.child(key, of: $0, range: range) }
    case .model: frame.node = section.node.map { tree.child(key, of: $0, range: range) }
    case .notModelled:
      frame.makesGap = !isInsideGap
      isInsideGap = true
      frame.node = section.node.map { tree.child(key, of: $0, range: range) }
    default: break
    }
    notes.ledger.mark(range, frame.node == nil ? .irrelevant : .used)
    frames.append(frame)
  }

  private mutating func closeEntry(_ range: SourceRange) {
    guard frames.last?.isEntry == true else {
      notes.gap(range, .notRecognised, matters: false, "`next` closes nothing here")
      return
    }
    closing(range)
    pop(at: range)
  }

  private mutating func closeSection(_ range: SourceRange) {
    guard !frames.isEmpty else {
      notes.gap(range, .notRecognised, matters: true, "`end` closes nothing here; is the beginning missing?")
      return
    }
    closing(range)
    if frames.last?.isEntry == true { pop(at: range) }
    if !frames.isEmpty { pop(at: range) }
  }

  private mutating func closing(_ range: SourceRange) {
    notes.ledger.mark(range, node == nil ? .irrelevant : .used)
  }

  private mutating func pop(at range: SourceRange) {
    guard let frame = frames.popLast(), frame.makesGap, case .notModelled(let reason, let matters) = frame.handling
    else { return }
    isInsideGap = false
    notes.gap(frame.range.union(range), .notModelled, matters: matters, reason)
  }

  // MARK: Settings

  private mutating func change(_ statement: FortiStatement, _ range: SourceRange) {
    guard let name = statement.words.first else {
      return noteUnknown(range, "`\(statement.verb)` names no attribute")
    }
    switch handling {
    case .model(let schema):
      guard let node else { return }
      if schema.used.contains(name) {
        apply(statement, name, node, range)
        notes.ledger.mark(range, .used)
      } else if schema.irrelevant.contains(name) || !schema.unknownMatters {
        notes.ledger.mark(range, .irrelevant)
      } else {
        noteUnknown(range, "the attribute `\(printable(name))` is not known")
      }
    case .notModelled(let reason, let matters):
      // Lines inside an entry belong to the entry's gap.
      if isInsideGap {
        if let node { apply(statement, name, node, range) }
        notes.ledger.mark(range, .notModelled)
      } else {
        notes.gap(range, .notModelled, matters: matters, reason)
      }
    case .irrelevant, .dynamicRouting: notes.ledger.mark(range, .irrelevant)
    case .unknown: notes.ledger.mark(range, .notRecognised)
    case .scope, .domains: noteUnknown(range, "`\(statement.verb)` stands outside any section")
    }
  }

  private mutating func apply(_ statement: FortiStatement, _ name: String, _ node: Int, _ range: SourceRange) {
    let words = Array(statement.words.dropFirst())
    let setting = FortiSetting(name: name, words: words, range: range, isBroken: statement.isBroken)
    switch statement.verb {
    case "append": tree.append(setting, to: node)
    case "unset": tree.unset(name, on: node)
    case "unselect", "exclude": tree.unselect(name, words, on: node)
    default: tree.set(setting, on: node)
    }
  }

  // MARK: Entries as a whole

  private mutating func rearrange(_ statement: FortiStatement, _ range: SourceRange) {
    guard case .model = handling, let section = node, frames.last?.isEntry == false else {
      switch handling {
      case .model, .scope, .domains: noteUnknown(range, "`\(statement.verb)` is not possible here")
      default: notes.ledger.mark(range, .irrelevant)
      }
      return
    }
    let words = statement.words
    var isDone = false
    switch (statement.verb, words.count) {
    case ("purge", _):
      tree.purge(section)
      isDone = true
    case ("delete", 1): isDone = tree.delete(words[0], from: section)
    case ("rename", 3) where words[1] == "to": isDone = tree.rename(words[0], to: words[2], in: section)
    case ("clone", 3) where words[1] == "to":
      isDone = tree.clone(words[0], to: words[2], in: section, range: range)
    case ("move", 3) where words[1] == "before" || words[1] == "after":
      isDone = tree.move(words[0], before: words[1] == "before", words[2], in: section)
    default: break
    }
    if isDone { return notes.ledger.mark(range, .used) }
    notes.gap(
      range, .notRecognised, matters: true,
      "`\(statement.verb)` names an entry that is not there (or already is); the line was not carried out")
  }

  private mutating func takeOther(_ statement: FortiStatement, _ range: SourceRange) {
    if frames.isEmpty, Self.isSessionText(statement) { return notes.ledger.mark(range, .irrelevant) }
    switch handling {
    case .irrelevant: notes.ledger.mark(range, .irrelevant)
    default: noteUnknown(range, "no statement of FortiOS begins like this")
    }
  }

  /// Prompts and commands that a capture of a terminal session holds beside the configuration.
  private static func isSessionText(_ statement: FortiStatement) -> Bool {
    let commands = ["show", "get", "exit", "quit", "execute", "diagnose", "y", "n", "--More--", "exec", "diag"]
    if commands.contains(statement.verb) { return true }
    // `fw-1 # show`, `fw-1 (root) $`
    return statement.words.first == "#" || statement.words.first == "$"
      || (statement.words.count > 1 && statement.words[0].hasPrefix("(") && ["#", "$"].contains(statement.words[1]))
  }

  // MARK: Notes

  private mutating func noteUnknown(_ range: SourceRange, _ reason: String) {
    var matters = true
    if case .unknown(let unknownMatters) = handling { matters = unknownMatters }
    notes.gap(range, .notRecognised, matters: matters, reason)
    if case .model = handling, let node { tree.nodes[node].unknown.append(range) }
  }

  private mutating func noteBrokenQuotes(_ range: SourceRange) {
    var matters = false
    switch handling {
    case .model, .scope, .domains, .unknown: matters = true
    case .notModelled, .dynamicRouting, .irrelevant: break
    }
    notes.gap(
      range, .notRecognised, matters: matters,
      "the quotation marks of this line do not pair up, so its value is open; correct the line")
  }
}
