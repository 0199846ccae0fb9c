import PacketSets
import RuleModel
import SourceText

/// Lowers one built-in chain of the nat table to translation rules in one row: user chains are unfolded where they are
/// jumped to.
struct IptablesTranslationBuilder {
  let read: IptablesReadTable
  let untracked: [PacketMatch]
  let refusedJumps: Set<ChainJump>
  private var rules: [TranslationRule] = []
  private(set) var gaps: [LedgerGap] = []

  private var steps = 0

  /// How many rule lines unfolding may visit for one chain; beyond it the rest is one unknown translation.
  private static let stepLimit = 20_000

  init(_ read: IptablesReadTable, untracked: [PacketMatch], refusedJumps: Set<ChainJump>) {
    self.read = read
    self.untracked = untracked
    self.refusedJumps = refusedJumps
  }

  /// What holds for all packets that come to a chain by a row of jumps.
  private struct Caller {
    var ingress: InterfaceMatch = .any
    var egress: InterfaceMatch = .any
    var match: MatchBounds = .any
    /// Whether nothing is asked any more when the chain ends: an end of the chain then means "stays as it is".
    var endsTranslation = true
    /// Translates destinations (PREROUTING) or sources (POSTROUTING, INPUT).
    var changesDestination: Bool
  }

  /// The rules of a built-in chain, in order.
  mutating func translations(of chain: String) -> [TranslationRule] {
    guard let index = read.table.index(of: chain) else { return [] }
    rules = []
    steps = 0
    unfold(index, Caller(changesDestination: chain == "PREROUTING" || chain == "OUTPUT"))
    return rules
  }

  private mutating func unfold(_ index: Int, _ caller: Caller) {
    let lines = read.table.chains[index].rules
    let rules = read.chains[index].others.lazy.map(\.rule)
    let isBuiltIn = read.table.isBuiltIn(read.table.chains[index].name)
    // Why the rules from here on may be skipped by packets that they would match.
    var skip: Uncertainty?
    for (position, (rule, line)) in zip(rules, lines).enumerated() {
      steps += 1
      guard steps < Self.stepLimit else { return tooMany(line) }
      guard !rule.isForOtherFamily, var here = inside(caller, rule, line) else { continue }
      if let skip { here.match = here.match.uncertain(skip) }
      let name = "nat \(read.table.chains[index].name) rule \(position + 1)"
      let isLast = position == lines.count - 1
      switch rule.target ?? "" {
      case "ACCEPT": add(rule, name, here) { _ in }
      case "RETURN":
        if isBuiltIn || caller.endsTranslation {
          add(rule, name, here) { _ in }
        } else {
          skip = Uncertainty(range: rule.range, reason: "packets that this rule sends back are not followed exactly")
        }
      case let target where read.table.index(of: target) != nil && !read.table.isBuiltIn(target):
        here.endsTranslation = caller.endsTranslation && (isLast || rule.isGoto)
        jump(rule, target, from: index, name, here)
        if rule.isGoto {
          skip = Uncertainty(range: rule.range, reason: "packets that go to another chain do not return")
        }
      case let target: translate(rule, target, name, here)
      }
    }
  }

  private mutating func tooMany(_ line: IptablesLine) {
    let why = "the chains of the nat table unfold to more than \(Self.stepLimit) rules; the rest is not followed"
    guard gaps.last?.reason != why else { return }
    gaps.append(LedgerGap(range: line.range, state: .notModelled, couldChangeVerdict: true, reason: why))
    let reason = Uncertainty(range: line.range, reason: why)
    var here = Caller(changesDestination: true)
    here.match = MatchBounds.any.uncertain(reason)
    add(IptablesRule(range: line.range, family: read.family), "nat: rules beyond the limit", here) {
      $0.destination = .unknown(reason)
    }
  }

  private mutating func jump(_ rule: IptablesRule, _ target: String, from index: Int, _ name: String, _ here: Caller) {
    guard let next = read.table.index(of: target) else { return }
    if refusedJumps.contains(ChainJump(chain: index, target: next)) {
      return unknown(rule, name, here, "the jump to `\(printable(target))` closes a loop of chains or nests too deep")
    }
    unfold(next, here)
  }

  /// The caller's conditions with the rule's added; nil when they exclude each other.
  private func inside(_ caller: Caller, _ rule: IptablesRule, _ line: IptablesLine) -> Caller? {
    var match = rule.match(.done(exempt: untracked))
    var (ingress, egress) = (rule.ingress, rule.egress)
    if let doubt = line.doubt {
      match = MatchBounds.any.uncertain(Uncertainty(range: line.range, reason: doubt))
      (ingress, egress) = (.any, .any)
    }
    if let deletion = line.deletion {
      match = match.uncertain(Uncertainty(range: deletion, reason: "this later statement may have removed the rule"))
    }
    guard let first = caller.ingress.meeting(ingress), let second = caller.egress.meeting(egress) else { return nil }
    var here = caller
    here.ingress = first.both
    here.egress = second.both
    here.match = caller.match.intersection(match)
    if !first.isExact || !second.isExact {
      here.match = here.match.uncertain(
        Uncertainty(range: rule.range, reason: "the interface patterns of several rules are not combined exactly"))
    }
    return here.match.upper.isEmpty ? nil : here
  }

  private mutating func add(
    _ rule: IptablesRule, _ name: String, _ here: Caller, _ change: (inout TranslationRule) -> Void
  ) {
    var result = TranslationRule(order: rules.count, name: name, match: here.match, range: rule.range)
    result.ingress = here.ingress
    result.egress = here.egress
    if !untracked.isEmpty,
      here.match.upper.contains(where: { upper in untracked.contains { $0.addressesOverlap(upper) } })
    {
      result.match = here.match.uncertain(
        Uncertainty(range: rule.range, reason: "packets that the raw table exempts from tracking are not translated"))
    }
    change(&result)
    rules.append(result)
  }

  private mutating func unknown(_ rule: IptablesRule, _ name: String, _ here: Caller, _ reason: String) {
    let why = Uncertainty(range: rule.range, reason: reason)
    gaps.append(LedgerGap(range: rule.range, state: .notModelled, couldChangeVerdict: true, reason: reason))
    var open = here
    open.match = here.match.uncertain(why)
    add(rule, name, open) { result in
      if here.changesDestination { result.destination = .unknown(why) } else { result.source = .unknown(why) }
    }
  }

  private mutating func translate(_ rule: IptablesRule, _ target: String, _ name: String, _ here: Caller) {
    switch target {
    case "": return
    case _ where IptablesTargets.passing.contains(target): return
    case "DNAT" where here.changesDestination: mapped(rule, name, here, "--to-destination", isDestination: true)
    case "SNAT" where !here.changesDestination: mapped(rule, name, here, "--to-source", isDestination: false)
    case "MASQUERADE" where !here.changesDestination: add(rule, name, here) { $0.source = .egressInterface }
    case "REDIRECT" where here.changesDestination: redirect(rule, name, here)
    case "NETMAP": network(rule, name, here)
    default: unknown(rule, name, here, "`-j \(printable(target))` in the nat table is not understood")
    }
  }

  /// DNAT and SNAT: `[address[-address]][:port[-port[/base]]]`, once or several times.
  private mutating func mapped(
    _ rule: IptablesRule, _ name: String, _ here: Caller, _ option: String, isDestination: Bool
  ) {
    var addresses = AddressSet.empty
    var ports = IntervalSet<UInt16>.empty
    for word in rule.targetOptions[option] ?? [] {
      guard let target = NATTarget(word, family: read.family) else {
        return unknown(rule, name, here, "`\(printable(word))` is no address and port that is understood")
      }
      addresses = addresses.union(target.addresses)
      ports = ports.union(target.ports)
    }
    guard !addresses.isEmpty || !ports.isEmpty else {
      return unknown(rule, name, here, "the target lacks `\(option)`")
    }
    add(rule, name, here) { result in
      let change = addresses.isEmpty ? nil : AddressTranslation.pool(addresses)
      if isDestination { result.destination = change } else { result.source = change }
      if isDestination, !ports.isEmpty { result.destinationPorts = ports }
    }
  }

  /// REDIRECT sends the packet to the gateway itself, to the address of the interface that it came in by.
  private mutating func redirect(_ rule: IptablesRule, _ name: String, _ here: Caller) {
    let why = Uncertainty(range: rule.range, reason: "the gateway's own address is not in this file")
    let word = rule.targetOptions["--to-ports"]?.first ?? rule.targetOptions["--to-port"]?.first
    let ports = word.flatMap { ServiceNames.ports(String($0.map { $0 == "-" ? ":" : $0 })) }
    if let word, ports == nil {
      return unknown(rule, name, here, "`\(printable(word))` are no ports that are understood")
    }
    add(rule, name, here) {
      $0.destination = .unknown(why)
      $0.destinationPorts = ports
    }
  }

  /// NETMAP swaps the network part and keeps the host part (iptables-extensions(8), NETMAP).
  private mutating func network(_ rule: IptablesRule, _ name: String, _ here: Caller) {
    guard let word = rule.targetOptions["--to"]?.first, let to = IPPrefix(word), to.base.family == read.family else {
      return unknown(rule, name, here, "the network that NETMAP maps to is not understood")
    }
    let side = here.changesDestination ? rule.destinations : rule.sources
    var change = AddressTranslation.pool(AddressSet(to))
    if side.isExact, let first = side.upper.first, let from = IPPrefix(first, length: to.length),
      side.upper == AddressSet(from)
    {
      change = .prefix(from: from, to: to)
    }
    add(rule, name, here) { result in
      if here.changesDestination { result.destination = change } else { result.source = change }
    }
  }
}

/// Where DNAT or SNAT leads.
private struct NATTarget {
  var addresses = AddressSet.empty
  var ports = IntervalSet<UInt16>.empty

  /// `10.0.0.1`, `10.0.0.1-10.0.0.9:80-90/80`, `:8080`, `[2001:db8::1]:80`; nil when not understood.
  init?(_ word: String, family: IPFamily) {
    var rest = word[...]
    var address = ""[...]
    if rest.first == "[" {
      guard let close = rest.firstIndex(of: "]") else { return nil }
      address = rest[rest.index(after: rest.startIndex)..<close]
      rest = rest[rest.index(after: close)...]
    } else if family == .v4, let colon = rest.firstIndex(of: ":") {
      address = rest[..<colon]
      rest = rest[colon...]
    } else {
      address = rest
      rest = ""
    }
    if !address.isEmpty {
      guard let set = MaskedAddresses.range(String(address)), set.isSubset(of: MaskedAddresses.all(family)) else {
        return nil
      }
      addresses = set
    }
    guard !rest.isEmpty else { return }
    let range = rest.dropFirst().split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)[0]
    guard rest.first == ":", let set = ServiceNames.ports(String(range.map { $0 == "-" ? ":" : $0 })) else {
      return nil
    }
    ports = set
  }
}
