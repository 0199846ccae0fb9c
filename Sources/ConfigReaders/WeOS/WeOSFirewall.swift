import PacketSets
import RuleModel
import SourceText

/// What the `firewall` block says.
struct WeOSFirewall {
  /// A numbered list that statements add to and remove from (`filter`, `nat`, `port-forward`).
  struct Numbered {
    /// All statements that were ever in the list.
    var lines: [CommandLine] = []
    /// Indexes in `lines`, in the list's order.
    var order: [Int] = []
    /// Why it is open which rules are there, and in which order.
    var open: Uncertainty?
  }

  /// The block, or the line that takes it away.
  var section: SourceRange?
  /// Nil while nothing is said of a firewall.
  var isEnabled: Bool?
  var filters = Numbered()
  var translations = Numbered()
  var forwards = Numbered()
  var forwardPolicy: (verdict: DefaultAction.Verdict, source: SourceRange)?
  var inputPolicy: (verdict: DefaultAction.Verdict, source: SourceRange)?
  /// Why anything may happen.
  var open: Uncertainty?
  var mayInspectIndustrial = false

  /// The device takes 1024 filter rules (31.1.1); files with many more are not edited, which would take long.
  static let editLimit = 4096
}

/// Statements of the `firewall` block (31.3).
extension WeOSReader {
  mutating func takeFirewall(_ line: CommandLine) {
    let words = line.words
    switch words[0] {
    case "enable" where words.count == 1: setEnabled(true, line)
    case "no" where words == ["no", "enable"]: setEnabled(false, line)
    case "filter": add(line, to: \.filters)
    case "nat": add(line, to: \.translations)
    case "port-forward": add(line, to: \.forwards)
    case "no" where words.count > 1 && words[1] == "filter": remove(line, from: \.filters)
    case "no" where words.count > 1 && words[1] == "nat": remove(line, from: \.translations)
    case "no" where words.count > 1 && words[1] == "port-forward": remove(line, from: \.forwards)
    case "policy": takePolicy(line)
    case "move": leaveOpen(line, "rules are moved, which is not carried out; each may stand anywhere")
    // Neither permits a new connection that is not permitted otherwise.
    case "spi", "alg", "modify", "logging": mark(line, .irrelevant)
    case "no" where words.count > 1 && ["spi", "alg", "modify", "logging"].contains(words[1]): mark(line, .irrelevant)
    default: takeUnknown(line)
    }
  }

  private mutating func setEnabled(_ isEnabled: Bool, _ line: CommandLine) {
    firewall.isEnabled = isEnabled
    firewall.section = line.range
    mark(line, .used)
  }

  private mutating func takeUnknown(_ line: CommandLine) {
    isUnknown = true
    let word = withoutSecrets(printable(String(line.first.prefix(60))))
    let reason = "`\(word)` is not known in the firewall section; it may permit or deny anything"
    if line.words.contains(where: { $0 == "modbus" || $0 == "dpi" }) { firewall.mayInspectIndustrial = true }
    if firewall.open == nil { firewall.open = Uncertainty(range: line.range, reason: reason) }
    notes.gap(line.range, .notRecognised, matters: true, reason)
  }

  /// `policy forward|input allow|deny` (31.2.7: allow or drop).
  private mutating func takePolicy(_ line: CommandLine) {
    let verdicts: [String: DefaultAction.Verdict] = ["allow": .permit, "accept": .permit, "deny": .deny, "drop": .deny]
    let words = line.words.filter { $0 != "policy" && $0 != "default" }
    guard words.count == 2, let verdict = verdicts[words[1]], ["forward", "input"].contains(words[0]) else {
      return takeUnknown(line)
    }
    if words[0] == "forward" {
      firewall.forwardPolicy = (verdict, line.range)
    } else {
      firewall.inputPolicy = (verdict, line.range)
    }
    mark(line, .used)
  }

  // MARK: Numbered lists

  private typealias NumberedPath = WritableKeyPath<WeOSFirewall, WeOSFirewall.Numbered>

  /// 31.3.3: `pos N` inserts, what stood there moves on; without it the rule goes to the end.
  private mutating func add(_ line: CommandLine, to path: NumberedPath) {
    mark(line, .used)
    let words = line.words
    firewall[keyPath: path].lines.append(line)
    let index = firewall[keyPath: path].lines.count - 1
    let count = firewall[keyPath: path].order.count
    if words.count > 2, words[1] == "pos", let position = Int(words[2]), position > 0, position <= count {
      guard count < WeOSFirewall.editLimit else { return tooMany(line, path, index) }
      firewall[keyPath: path].order.insert(index, at: position - 1)
    } else {
      firewall[keyPath: path].order.append(index)
    }
  }

  /// 31.3.3: `no filter pos N`, or `no` in front of the rule as it was given; those behind move up.
  private mutating func remove(_ line: CommandLine, from path: NumberedPath) {
    let words = Array(line.words.dropFirst())
    let list = firewall[keyPath: path]
    guard list.order.count <= WeOSFirewall.editLimit else { return tooMany(line, path, nil) }
    var place: Int?
    if words.count == 3, words[1] == "pos" {
      place = Int(words[2]).flatMap {
        (1...max(1, list.order.count)).contains($0) && !list.order.isEmpty ? $0 - 1 : nil
      }
    } else if words.count > 1 {
      let wanted = Self.withoutPosition(words)
      place = list.order.firstIndex { Self.withoutPosition(list.lines[$0].words) == wanted }
    }
    guard let place else {
      if words.count == 1, !list.order.isEmpty {
        return leaveOpen(line, "it is not documented what `no \(words[0])` alone removes; each rule may be gone")
      }
      return notes.gap(
        line.range, .notModelled, matters: true, "the file has no such rule; this removes nothing that it shows")
    }
    firewall[keyPath: path].order.remove(at: place)
    mark(line, .used)
  }

  static func withoutPosition(_ words: [String]) -> [String] {
    words.count > 2 && words[1] == "pos" ? [words[0]] + words.dropFirst(3) : words
  }

  private mutating func tooMany(_ line: CommandLine, _ path: NumberedPath, _ index: Int?) {
    if let index { firewall[keyPath: path].order.append(index) }
    let reason = "the file has more rules than a device takes; changes to the list are not carried out"
    notes.gap(line.range, .notModelled, matters: true, reason)
    if firewall[keyPath: path].open == nil {
      firewall[keyPath: path].open = Uncertainty(range: line.range, reason: reason)
    }
  }

  private mutating func leaveOpen(_ line: CommandLine, _ reason: String) {
    notes.gap(line.range, .notModelled, matters: true, reason)
    let open = Uncertainty(range: line.range, reason: reason)
    if firewall.filters.open == nil { firewall.filters.open = open }
  }
}
