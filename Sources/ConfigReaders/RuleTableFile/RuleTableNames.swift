import PacketSets
import RuleModel
import SourceText

/// What the words of a rule table stand for, with its groups and services; remembers what it could not understand.
struct RuleTableNames {
  private(set) var problems: [(range: SourceRange, reason: String)] = []
  private let groups: [String: [RuleTableWord]]
  private let services: [String: [RuleTableWord]]

  init(_ text: RuleTableText) {
    groups = text.groups
    services = text.services
  }

  mutating func problem(_ range: SourceRange, _ reason: String) { problems.append((range, reason)) }

  /// What a rule's addresses and services match; without a column, everything.
  mutating func match(_ row: RuleTableRow) -> MatchBounds {
    MatchBounds(
      sources: addresses(row["source"]), destinations: addresses(row["destination"]), services: service(row["service"]))
  }

  // MARK: addresses

  /// Addresses, networks, ranges, groups and `any`; those with `!` are taken out of the others, or of everything.
  mutating func addresses(_ words: [RuleTableWord]) -> AddressBounds {
    var taken = AddressBounds.empty
    var left = AddressBounds.empty
    var hasTaken = false
    for word in words {
      if word.text.hasPrefix("!") {
        left = left.union(address(word.text.dropFirst(), word.range, path: []))
      } else {
        taken = taken.union(address(Substring(word.text), word.range, path: []))
        hasTaken = true
      }
    }
    if !hasTaken { taken = AddressBounds(.all) }
    return left.upper.isEmpty ? taken : taken.subtracting(left)
  }

  private mutating func address(_ word: Substring, _ range: SourceRange, path: [String]) -> AddressBounds {
    if word == "any" { return AddressBounds(.all) }
    let text = String(word)
    if let members = groups[text] {
      guard path.count < 32, !path.contains(text) else {
        let why = path.contains(text) ? "holds itself" : "is nested too deeply"
        return unknownAddress(range, "the group \(quoted(text)) \(why)")
      }
      return members.reduce(.empty) { $0.union(address(Substring($1.text), $1.range, path: path + [text])) }
    }
    do {
      // The addresses of an interface are written as hosts with their network; a rule means the host alone.
      return AddressBounds(try parseNetwork(text))
    } catch {
      let choices = groups.keys.sorted()
      let hint = looksLikeNetwork(text) ? error.help : suggestion(text, among: choices)
      return unknownAddress(range, "\(error.message); \(hint)")
    }
  }

  private mutating func unknownAddress(_ range: SourceRange, _ reason: String) -> AddressBounds {
    problem(range, reason)
    return .unknown(Uncertainty(range: range, reason: reason))
  }

  /// The address or network that a translation puts in.
  mutating func target(_ word: RuleTableWord) -> AddressTranslation {
    let bounds = address(Substring(word.text), word.range, path: [])
    guard bounds.isExact else { return .unknown(bounds.uncertainties[0]) }
    return .pool(bounds.upper)
  }

  // MARK: services

  mutating func service(_ words: [RuleTableWord]) -> ServiceBounds {
    guard !words.isEmpty else { return ServiceBounds([.any]) }
    return words.reduce(.empty) { $0.union(service(word: $1, path: [])) }
  }

  private mutating func service(word: RuleTableWord, path: [String]) -> ServiceBounds {
    if let members = services[word.text] {
      guard path.count < 32, !path.contains(word.text) else {
        return unknownService(word, "the service \(quoted(word.text)) holds itself or is nested too deeply")
      }
      return members.reduce(.empty) { $0.union(service(word: $1, path: path + [word.text])) }
    }
    do {
      return ServiceBounds([try parseService(word.text)])
    } catch {
      return unknownService(word, "\(error.message); \(error.help)")
    }
  }

  private mutating func unknownService(_ word: RuleTableWord, _ reason: String) -> ServiceBounds {
    problem(word.range, reason)
    return .unknown(Uncertainty(range: word.range, reason: reason))
  }

  /// The destination ports that a translation puts in; nil, with a problem, when the word is no port.
  mutating func ports(_ word: RuleTableWord) -> IntervalSet<UInt16>? {
    if let service = try? parseService("tcp/\(word.text)") { return service.destinationPorts }
    problem(word.range, "\(quoted(word.text)) is no port")
    return .all
  }

  // MARK: industrial functions

  /// The inspection that `functions`, `units` and `registers` of a permit describe; nil without them.
  ///
  /// Everything else of the protocols named is blocked. A word that is not understood lets all of its protocol through,
  /// perhaps.
  mutating func profile(_ row: RuleTableRow, name: String) -> InspectionProfile? {
    guard let first = row.functionWords.first else { return nil }
    let said = functionWords(row)
    var blocked = said.functions.sorted { $0.key.rawValue < $1.key.rawValue }.map { industrial, named in
      PacketMatch(function: FunctionMatch(functions: functions(of: industrial).subtracting(named)))
    }
    if let units = said.units { blocked.append(modbus { $0.units = units.complement }) }
    if let registers = said.registers { blocked.append(modbus { $0.registers = registers.complement }) }
    let bounds =
      said.open.isEmpty
      ? MatchBounds(blocked) : MatchBounds(lower: blocked, upper: [.any], uncertainties: said.open)
    var protocols = Set(said.functions.keys)
    if said.units != nil || said.registers != nil { protocols.insert(.modbus) }
    return InspectionProfile(
      name: "functions of \(name)", mode: .enforcing, blocked: bounds, protocols: protocols, source: first.range)
  }

  /// A deny that names functions, units or registers takes only the messages that have them.
  mutating func narrowed(_ match: MatchBounds, _ row: RuleTableRow) -> MatchBounds {
    guard !row.functionWords.isEmpty else { return match }
    let said = functionWords(row)
    var function = FunctionMatch(
      functions: said.functions.isEmpty
        ? functions(of: .modbus) : said.functions.values.reduce(.empty) { $0.union($1) })
    if let units = said.units { function.units = units }
    if let registers = said.registers { function.registers = registers }
    func narrow(_ matches: [PacketMatch]) -> [PacketMatch] {
      matches.map { old in
        var new = old
        new.function = function
        return new
      }
    }
    if match.isExact, said.open.isEmpty { return MatchBounds(narrow(match.upper)) }
    return MatchBounds(
      lower: said.open.isEmpty ? narrow(match.lower) : [],
      upper: said.open.isEmpty ? narrow(match.upper) : match.upper,
      uncertainties: match.uncertainties + said.open)
  }

  private typealias FunctionWords = (
    functions: [IndustrialProtocol: IntervalSet<UInt16>], units: IntervalSet<UInt8>?, registers: IntervalSet<UInt16>?,
    open: [Uncertainty]
  )

  private mutating func functionWords(_ row: RuleTableRow) -> FunctionWords {
    var said: FunctionWords = ([:], nil, nil, [])
    for word in row["functions"] {
      let parts = pieces(word.text, at: UInt8(ascii: ":"))
      guard parts.count == 2, let industrial = IndustrialProtocol(name: parts[0]) else {
        let names = IndustrialProtocol.allCases.map(\.name)
        said.open.append(
          unclear(word, "\(quoted(word.text)) is no `protocol:function`; \(suggestion(parts[0], among: names))"))
        continue
      }
      let named: IntervalSet<UInt16>
      do throws(TextProblem) {
        named = try parseFunctions(parts[1], of: industrial)
      } catch {
        said.open.append(unclear(word, "\(error.message); \(error.help)"))
        named = functions(of: industrial)
      }
      said.functions[industrial] = (said.functions[industrial] ?? .empty).union(named)
    }
    said.units = numbers(row["units"], UInt8.self, "unit", &said.open)
    said.registers = numbers(row["registers"], UInt16.self, "register", &said.open)
    return said
  }

  /// Modbus messages under a constraint on unit or register.
  private func modbus(_ constrain: (inout FunctionMatch) -> Void) -> PacketMatch {
    var function = FunctionMatch(functions: functions(of: .modbus))
    constrain(&function)
    return PacketMatch(function: function)
  }

  /// Numbers and ranges `a-b`; nil when the column is empty or nothing in it is understood.
  private mutating func numbers<Number: FixedWidthInteger & UnsignedInteger & Sendable>(
    _ words: [RuleTableWord], _ type: Number.Type, _ what: String, _ open: inout [Uncertainty]
  ) -> IntervalSet<Number>? {
    guard !words.isEmpty else { return nil }
    var ranges: [ClosedRange<Number>] = []
    for word in words {
      let ends = pieces(word.text, at: UInt8(ascii: "-")).map { Number($0) }
      guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], first <= last else {
        open.append(unclear(word, "\(quoted(word.text)) is no \(what) number or range, as 0-99"))
        return nil
      }
      ranges.append(first...last)
    }
    return IntervalSet(ranges)
  }

  private mutating func unclear(_ word: RuleTableWord, _ reason: String) -> Uncertainty {
    problem(word.range, reason)
    return Uncertainty(range: word.range, reason: reason)
  }
}
