import PacketSets
import RuleModel
import SourceText

/// Interprets the words of one rule line, option by option, as iptables(8) section PARAMETERS describes them.
struct IptablesRuleReader {
  private var rule: IptablesRule
  private let words: [ShellWord]
  private var position = 0
  private var isNegated = false
  /// Loaded match extensions, in order.
  private var modules: [String] = []
  /// What `-p` names; nil without it.
  private var protocols: IntervalSet<UInt8>?

  /// Reads a line's words.
  static func read(_ bytes: Span<UInt8>, _ line: IptablesLine, family: IPFamily) -> IptablesRule {
    var reader = IptablesRuleReader(shellWords(bytes, line.body), range: line.range, family: family)
    if line.isCounted { reader.rule.hits = counter(bytes, at: Int(line.range.start)) }
    reader.run()
    return reader.rule
  }

  private init(_ words: [ShellWord], range: SourceRange, family: IPFamily) {
    self.words = words
    rule = IptablesRule(range: range, family: family)
  }

  private mutating func run() {
    while position < words.count {
      let word = words[position]
      position += 1
      if word.isNegation {
        isNegated.toggle()
        continue
      }
      if word.isOption {
        option(word.text)
      } else {
        rule.problem("the word `\(printable(word.text))` is not expected here")
      }
      isNegated = false
    }
    for module in modules where !hasProtocol(of: module) {
      rule.problem("`-m \(printable(module))` needs a matching `-p`; the kernel refuses the rule without it")
    }
  }

  /// The next word as the value of an option; a `!` before it negates (the position of old versions).
  private mutating func value() -> String? {
    if position < words.count, words[position].isNegation {
      isNegated.toggle()
      position += 1
    }
    guard position < words.count else { return nil }
    position += 1
    return words[position - 1].text
  }

  private mutating func option(_ name: String) {
    switch name {
    case "-s", "--source", "--src": addresses(\.sources)
    case "-d", "--destination", "--dst": addresses(\.destinations)
    case "-i", "--in-interface": interface(\.ingress)
    case "-o", "--out-interface": interface(\.egress)
    case "-p", "--protocol": protocolOption()
    case "-m", "--match": load(value() ?? "")
    case "-j", "--jump": target(isGoto: false)
    case "-g", "--goto": target(isGoto: true)
    case "-f", "--fragment": if !isNegated { rule.doubt("fragments are not modelled") }
    case "-c", "--set-counters":
      rule.hits = value().flatMap { UInt64($0) }
      _ = value()
    case "-4", "--ipv4": if rule.family == .v6 { rule.isForOtherFamily = true }
    case "-6", "--ipv6": if rule.family == .v4 { rule.isForOtherFamily = true }
    case "-v", "--verbose", "-n", "--numeric", "-x", "--exact", "--line-numbers": break
    default: extensionOption(name)
    }
  }

  /// An option of a target or match extension, or several options written as one word.
  private mutating func extensionOption(_ name: String) {
    if let split = splitWord(name) {
      let rest = Array(words[position...])
      self = IptablesRuleReader(copying: self, words: split + rest)
      return
    }
    if let target = rule.target, IptablesTargets.ownOptions[target]?.contains(name) ?? false {
      return takeTargetOption(name)
    }
    if let found = matchOption(name) { return apply(found.option, name, found.module) }
    if rule.target != nil, !IptablesTargets.withoutOptions.contains(rule.target ?? "") { return takeTargetOption(name) }
    rule.problem("`\(printable(name))` is no option that is known here")
    _ = looseArguments()
  }

  /// Goes on with other words for what has not been read yet.
  private init(copying other: IptablesRuleReader, words: [ShellWord]) {
    rule = other.rule
    self.words = words
    modules = other.modules
    protocols = other.protocols
  }

  /// `--dport=80` and `-ptcp` as the two words that they stand for; nil for everything else.
  private func splitWord(_ word: String) -> [ShellWord]? {
    // Made only when the word is split, which is rare.
    var negation: [ShellWord] { isNegated ? [ShellWord(text: "!", isQuoted: false)] : [] }
    let bytes = word.utf8
    let dash = UInt8(ascii: "-")
    if bytes.dropFirst().first == dash {
      guard let equals = bytes.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      return negation + [
        ShellWord(text: String(word[..<equals]), isQuoted: false),
        ShellWord(text: String(word[word.index(after: equals)...]), isQuoted: true),
      ]
    }
    guard bytes.count > 2, "sdiopmjg".utf8.contains(bytes.dropFirst().first ?? dash) else { return nil }
    return negation + [
      ShellWord(text: String(word.prefix(2)), isQuoted: false),
      ShellWord(text: String(word.dropFirst(2)), isQuoted: true),
    ]
  }

  /// Words up to the next option: the arguments of something whose arity is not known.
  private mutating func looseArguments() -> [String] {
    var arguments: [String] = []
    while position < words.count, !words[position].isOption, !words[position].isNegation {
      arguments.append(words[position].text)
      position += 1
    }
    return arguments
  }

  private mutating func takeTargetOption(_ name: String) {
    rule.targetOptions[name, default: []] += looseArguments()
  }

  private mutating func target(isGoto: Bool) {
    guard let name = value() else { return rule.problem("the target is missing") }
    if rule.target != nil { rule.problem("the rule has two targets") }
    rule.target = name
    rule.isGoto = isGoto
  }
}

// Addresses, interfaces, protocol.
extension IptablesRuleReader {
  private mutating func addresses(_ side: WritableKeyPath<IptablesRule, AddressBounds>) {
    guard let word = value() else { return rule.problem("an address is missing") }
    let all = MaskedAddresses.all(rule.family)
    let names = pieces(word, at: UInt8(ascii: ","))
    if isNegated, names.count > 1 { return rule.problem("`!` with several addresses is refused by iptables") }
    var bounds = address(names[0], all)
    for name in names.dropFirst() { bounds = bounds.union(address(name, all)) }
    if isNegated { bounds = AddressBounds(all).subtracting(bounds) }
    rule[keyPath: side] = bounds
  }

  /// The addresses that one name stands for, as far as they are of this table's family.
  private mutating func address(_ name: String, _ all: AddressSet) -> AddressBounds {
    guard let (lower, upper) = MaskedAddresses.parse(name) else {
      rule.dynamicNames.append("host name `\(printable(name))`")
      return .init(
        lower: .empty, upper: all,
        uncertainties: [uncertainty("the addresses of host name `\(printable(name))` are not in this file")])
    }
    guard upper.isSubset(of: all) else {
      rule.problem("`\(printable(name))` is no address of this table's family")
      return AddressBounds(all)
    }
    if lower == upper { return AddressBounds(lower) }
    return AddressBounds(
      lower: lower, upper: upper,
      uncertainties: [uncertainty("the mask of `\(printable(name))` is too irregular to be exact")])
  }

  private func uncertainty(_ reason: String) -> Uncertainty { Uncertainty(range: rule.range, reason: reason) }

  private mutating func interface(_ side: WritableKeyPath<IptablesRule, InterfaceMatch>) {
    guard let name = value(), !name.isEmpty else { return rule.problem("an interface name is missing") }
    if name == "+" {
      if isNegated { rule.problem("`!` with `+` would match no interface") }
      return
    }
    rule[keyPath: side] = InterfaceMatch([name], isNegated: isNegated)
  }

  private mutating func protocolOption() {
    guard let word = value() else { return rule.problem("a protocol is missing") }
    guard let named = ServiceNames.protocols(word) else {
      return rule.problem("`\(printable(word))` is no protocol name that is known here")
    }
    let set = isNegated ? named.complement : named
    protocols = set
    rule.narrow(to: [Service(protocols: set)])
  }
}

// Match extensions.
extension IptablesRuleReader {
  private mutating func load(_ name: String) {
    if isNegated { rule.problem("`!` before `-m` is refused by iptables") }
    guard let module = MatchModule.all[name] else {
      rule.problem("the match `\(printable(name))` is not known here")
      // Its options are not known either; whatever follows up to the next known option belongs to it.
      return modules.append(name)
    }
    modules.append(name)
    if let doubt = module.doubt { rule.doubt(doubt, isRate: module.limitsRate) }
  }

  /// Finds an option in the loaded extensions, the last one first, then in that of the protocol (iptables(8), `-p`).
  private func matchOption(_ name: String) -> (option: MatchOption, module: String)? {
    for module in modules.reversed() {
      if let option = MatchModule.all[module]?.options[name] { return (option, module) }
    }
    guard let module = protocolModule, let option = MatchModule.all[module]?.options[name] else { return nil }
    return (option, module)
  }

  private static let moduleProtocols: [String: UInt8] = [
    "tcp": IPProtocol.tcp, "udp": IPProtocol.udp, "udplite": 136, "sctp": IPProtocol.sctp, "dccp": IPProtocol.dccp,
    "icmp": IPProtocol.icmp, "icmp6": IPProtocol.icmpV6, "ah": IPProtocol.ah, "esp": IPProtocol.esp,
  ]

  private var protocolModule: String? {
    switch protocols?.intervals.first?.lowerBound {
    case _ where protocols?.count != 1: nil
    case IPProtocol.tcp: "tcp"
    case IPProtocol.udp: "udp"
    case let number?: Self.moduleProtocols.first { $0.value == number }?.key
    case nil: nil
    }
  }

  /// Whether the extension's own protocol is asked for; true for extensions that need none.
  private func hasProtocol(of module: String) -> Bool {
    if module == "multiport" {
      return protocols.map { $0.isSubset(of: IPProtocol.withPorts.union(IntervalSet(136))) } ?? false
    }
    // xt_udp serves udplite too.
    if module == "udp", protocols == IntervalSet(136) { return true }
    guard let number = Self.moduleProtocols[module] else { return true }
    return protocols == IntervalSet(number)
  }

  private mutating func apply(_ option: MatchOption, _ name: String, _ module: String) {
    var arguments: [String] = []
    for _ in 0..<option.arguments {
      guard let argument = value() else { return rule.problem("`\(name)` lacks an argument") }
      arguments.append(argument)
    }
    switch option.meaning {
    case .ports(let side): ports(ServiceNames.ports(arguments[0]), side, name, arguments[0])
    case .portList(let side): ports(portList(arguments[0]), side, name, arguments[0])
    case .syn: flags(mask: 23, value: 2)
    case .tcpFlags: tcpFlags(arguments)
    case .icmpType: icmp(arguments[0], .v4)
    case .icmpV6Type: icmp(arguments[0], .v6)
    case .states: states(arguments[0])
    case .direction: direction(arguments[0])
    case .sourceRange: addressRange(arguments[0], \.sources)
    case .destinationRange: addressRange(arguments[0], \.destinations)
    case .comment: rule.comment = rule.comment.map { "\($0) \(arguments[0])" } ?? arguments[0]
    case .set: addressList(arguments)
    case .schedule: rule.schedule.append((isNegated ? "not " : "") + arguments[0])
    case .parameter:
      if isNegated, MatchModule.all[module]?.doubt == nil {
        rule.doubt("`! \(name)` of `-m \(module)` is not modelled")
      }
    case .open(let reason): rule.doubt(reason)
    }
  }
}

// What the options of match extensions say.
extension IptablesRuleReader {
  private func portList(_ word: String) -> IntervalSet<UInt16>? {
    var set = IntervalSet<UInt16>.empty
    for part in pieces(word, at: UInt8(ascii: ",")) {
      guard let ports = ServiceNames.ports(part) else { return nil }
      set = set.union(ports)
    }
    return set
  }

  private mutating func ports(_ set: IntervalSet<UInt16>?, _ side: PortSide, _ name: String, _ word: String) {
    guard let set else { return rule.problem("`\(printable(word))` are no ports that are known here") }
    guard protocols != IntervalSet(136) else { return rule.doubt("ports of UDP-Lite are not modelled") }
    let ports = isNegated ? set.complement : set
    var source = Service(protocols: IPProtocol.withPorts)
    source.sourcePorts = ports
    var destination = Service(protocols: IPProtocol.withPorts)
    destination.destinationPorts = ports
    switch side {
    case .source: rule.narrow(to: [source])
    case .destination: rule.narrow(to: [destination])
    case .either:
      // Not (source or destination in the set) is: both outside it.
      if isNegated {
        rule.narrow(to: [source])
        rule.narrow(to: [destination])
      } else {
        rule.narrow(to: [source, destination])
      }
    }
  }

  private mutating func tcpFlags(_ arguments: [String]) {
    guard let mask = ServiceNames.tcpFlags(arguments[0]), let value = ServiceNames.tcpFlags(arguments[1]) else {
      return rule.problem("`\(printable(arguments.joined(separator: " ")))` are no TCP flags that are known here")
    }
    flags(mask: mask, value: value)
  }

  private mutating func flags(mask: UInt8, value: UInt8) {
    let matching = (UInt8.min...UInt8.max).filter { ($0 & mask == value) != isNegated }
    var service = Service(proto: IPProtocol.tcp)
    service.tcpFlags = IntervalSet(matching.map { $0...$0 })
    rule.narrow(to: [service])
  }

  private mutating func icmp(_ word: String, _ family: IPFamily) {
    guard let (types, codes) = ServiceNames.icmp(word, family: family) else {
      return rule.problem("`\(printable(word))` is no ICMP type that is known here")
    }
    let base = Service(proto: family == .v4 ? IPProtocol.icmp : IPProtocol.icmpV6)
    var service = base
    service.icmpTypes = isNegated ? types.complement : types
    service.icmpCodes = isNegated ? .all : codes
    var alternatives = service.icmpTypes.isEmpty ? [] : [service]
    if isNegated, !codes.isAll {
      service.icmpTypes = types
      service.icmpCodes = codes.complement
      alternatives.append(service)
    }
    rule.narrow(to: alternatives)
  }

  private static let stateNames: [String: SessionStates] = [
    "NEW": .new, "ESTABLISHED": .reply, "RELATED": .related, "INVALID": .invalid, "UNTRACKED": .untracked,
  ]

  private mutating func states(_ word: String) {
    var certain: SessionStates = []
    var possible: SessionStates = []
    for name in pieces(word, at: UInt8(ascii: ",")) {
      let name = name.uppercased()
      if let state = Self.stateNames[name] {
        certain.formUnion(state)
      } else if name == "SNAT" || name == "DNAT" {
        // Virtual states of any tracked connection that is translated (iptables-extensions(8), conntrack).
        possible.formUnion([.new, .reply, .related])
      } else {
        return rule.problem("`\(printable(name))` is no connection state that is known here")
      }
    }
    possible.formUnion(certain)
    narrowStates(
      upper: isNegated ? SessionStates.all.subtracting(certain) : possible,
      lower: isNegated ? SessionStates.all.subtracting(possible) : certain)
  }

  /// `--ctdir`: a new packet travels in the original direction; of the others either may be true.
  private mutating func direction(_ word: String) {
    switch word.uppercased() {
    case "ORIGINAL": narrowStates(upper: [.new, .reply, .related], lower: .new)
    case "REPLY": narrowStates(upper: [.reply, .related], lower: [])
    default: rule.problem("`\(printable(word))` is no direction that is known here")
    }
  }

  private mutating func narrowStates(upper: SessionStates, lower: SessionStates) {
    rule.states.formIntersection(upper)
    rule.certainStates.formIntersection(lower)
  }

  private mutating func addressRange(_ word: String, _ side: WritableKeyPath<IptablesRule, AddressBounds>) {
    guard let set = MaskedAddresses.range(word), set.isSubset(of: MaskedAddresses.all(rule.family)) else {
      return rule.problem("`\(printable(word))` is no address range of this table's family")
    }
    let own = rule[keyPath: side]
    let range = AddressBounds(isNegated ? MaskedAddresses.all(rule.family).subtracting(set) : set)
    rule[keyPath: side] = AddressBounds(
      lower: own.lower.intersection(range.lower), upper: own.upper.intersection(range.upper),
      uncertainties: own.uncertainties)
  }

  private mutating func addressList(_ arguments: [String]) {
    let name = "ipset `\(printable(arguments[0]))`"
    rule.doubt("the members of \(name) are not in this file")
    rule.dynamicNames.append(name)
  }
}
