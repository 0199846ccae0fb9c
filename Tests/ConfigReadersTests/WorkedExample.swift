// The reader of docs/adding-a-platform.md; WorkedExampleTests holds the page against this file.
import PacketSets
import RuleModel
import SourceText

@testable import ConfigReaders

extension Platform {
  /// Example Networks' cell gateway.
  static let exampleGate = Platform(
    id: "example-gate", title: "Example Networks cell gateway", support: .manual,
    documentation: ["Example Networks, CellGate manual 4.2, chapter 7"],
    modelled: ["permit and deny lines, from and to port"], bounded: ["host names"], ignored: ["banner"],
    detect: { file in
      begins(file.bytes.span, file.lines.bounds(ofLine: 1, in: file.bytes), with: "cellgate ")
        ? "its first line is `cellgate`" : nil
    },
    read: readExampleGate)
}

private func readExampleGate(_ file: SourceFile) -> Reading {
  var reader = ExampleGateReader(file)
  for line in 1...file.lines.count { reader.take(line) }
  reader.ledger.finish(file)
  var reading = Reading(ledger: reader.ledger)
  reading.devices = [reader.device()]
  return reading
}

private struct ExampleGateReader {
  let file: SourceFile
  var ledger: ReadingLedger
  var rules: [Rule] = []

  init(_ file: SourceFile) {
    self.file = file
    ledger = ReadingLedger(file)
  }

  /// `permit PORT PORT ADDRESS ADDRESS tcp/502`, `deny …`; ports are `a` and `b`.
  mutating func take(_ line: Int) {
    let range = file.range(ofLine: line)
    let words = file.text(range).split(whereSeparator: \.isWhitespace).map(String.init)
    switch words.first {
    case nil: break
    case "cellgate", "banner": ledger.mark(line: line, .irrelevant)
    case "permit" where words.count == 6, "deny" where words.count == 6:
      ledger.mark(line: line, .used)
      var rule = Rule(
        order: rules.count, name: "line \(line)",
        match: MatchBounds(
          sources: addresses(words[3], range), destinations: addresses(words[4], range),
          services: services(words[5], range)),
        // The manual, 7.1: denied packets are dropped without an answer.
        action: words[0] == "permit" ? .permit : .deny(rejects: false), source: range)
      rule.ingress = InterfaceMatch([words[1]])
      rule.egress = InterfaceMatch([words[2]])
      rules.append(rule)
    default:
      // What is not known may permit or deny: a gap, and a rule that may do anything.
      ledger.gap(
        LedgerGap(
          range: range, state: .notRecognised, couldChangeVerdict: true,
          reason: "the statement `\(printable(words[0]))` is not known"))
      rules.append(Rule(order: rules.count, name: "line \(line)", match: .any, action: .unknown, source: range))
    }
  }

  /// Nothing certain about what is no address: the lower bound is empty, the upper one everything.
  private mutating func addresses(_ word: String, _ range: SourceRange) -> AddressBounds {
    if let prefix = IPPrefix(word) { return AddressBounds(AddressSet(prefix)) }
    let reason = "`\(printable(word))` is no address"
    ledger.gap(LedgerGap(range: range, state: .notModelled, couldChangeVerdict: true, reason: reason))
    return .unknown(Uncertainty(range: range, reason: reason))
  }

  private mutating func services(_ word: String, _ range: SourceRange) -> ServiceBounds {
    if let service = try? parseService(word) { return ServiceBounds([service]) }
    let reason = "`\(printable(word))` is no service"
    ledger.gap(LedgerGap(range: range, state: .notRecognised, couldChangeVerdict: true, reason: reason))
    return .unknown(Uncertainty(range: range, reason: reason))
  }

  func device() -> Device {
    let whole = file.range(0, file.bytes.count)
    var device = Device(name: baseName(file.path), platform: "example-gate", passesReplies: true, source: whole)
    device.interfaces = ["a", "b"].map { Interface(name: $0, source: whole) }
    // The manual, 7.4: what no line takes is dropped.
    let fallback = DefaultAction(.deny, .implicit("CellGate manual 4.2, 7.4"))
    device.lists = [RuleList(name: "filter", rules: rules, fallback: fallback, source: whole)]
    device.pipeline = [
      Stage(.route, name: "routing", source: whole),
      Stage(.filter(lists: [0], fallback: fallback), name: "filter", source: whole),
    ]
    return device
  }
}
