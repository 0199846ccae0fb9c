import PacketSets
import RuleModel
import SourceText

/// A set of numbers known between two bounds.
struct NFTNumbers {
  var lower: IntervalSet<UInt16>
  var upper: IntervalSet<UInt16>
  var uncertainties: [Uncertainty] = []

  init(_ numbers: IntervalSet<UInt16>) {
    lower = numbers
    upper = numbers
  }

  static func unknown(_ why: Uncertainty) -> NFTNumbers {
    var numbers = NFTNumbers(.empty)
    numbers.upper = .all
    numbers.uncertainties = [why]
    return numbers
  }

  mutating func formUnion(_ other: NFTNumbers) {
    lower = lower.union(other.lower)
    upper = upper.union(other.upper)
    uncertainties += other.uncertainties
  }

  var complement: NFTNumbers {
    var result = NFTNumbers(lower.complement)
    swap(&result.lower, &result.upper)
    result.lower = upper.complement
    result.uncertainties = uncertainties
    return result
  }
}

/// Interface names known between two bounds: some others may be meant too, or some of these not.
struct NFTInterfaceNames {
  var patterns: [String] = []
  var uncertainties: [Uncertainty] = []
}

/// Tells what values stand for: constants, ranges, sets in braces, named sets and variables.
///
/// Named sets and variables are resolved once for each kind of field, however many rules use them.
struct NFTResolver {
  let ruleset: NFTRuleset
  private(set) var issues: [ReadIssue] = []
  private var addressCache: [CacheKey: AddressBounds] = [:]
  private var numberCache: [CacheKey: NFTNumbers] = [:]
  private var reported: Set<String> = []
  /// How many elements may still be looked at one by one, over all rules: many rules with one long map would take long.
  private var budget = 4_000_000

  init(_ ruleset: NFTRuleset) { self.ruleset = ruleset }

  private struct CacheKey: Hashable {
    var table: Int
    var value: NFTExpression
    var kind: String
  }

  /// Where a value stands.
  struct Place {
    var table: Int
    var range: SourceRange
    func doubt(_ reason: String) -> Uncertainty { Uncertainty(range: range, reason: reason) }
  }

  /// A named set; nil when there is none of that name.
  func set(_ name: String, _ place: Place) -> NFTSet? { ruleset.tables[place.table].sets[name] }

  /// The value behind variables.
  func resolved(_ value: NFTExpression) -> NFTExpression {
    var value = value
    while case .variable(let place) = value { value = ruleset.definitions[place] }
    return value
  }

  /// The keys of a set that may be looked at one by one, and why there may be others or fewer.
  ///
  /// Nil for a set that nothing is known of.
  mutating func elements(_ value: NFTExpression, _ place: Place) -> (elements: [NFTElement], doubt: Uncertainty?)? {
    switch resolved(value) {
    case .set(let elements): return isAffordable(elements.count, place) ? (elements, nil) : nil
    case .named(let name):
      guard let set = named(name, place), isAffordable(set.elements.count, place) else { return nil }
      return (set.elements, doubt(of: set, name))
    default: return nil
    }
  }

  private mutating func isAffordable(_ count: Int, _ place: Place) -> Bool {
    budget -= count
    if budget >= 0 { return true }
    if reported.insert("budget").inserted {
      issues.append(
        ReadIssue(
          kind: .dynamicObject, range: place.range,
          message: "the sets and maps of the rules hold too many elements to be followed one by one from here on",
          help: "split the file; the rules are taken to match anything or nothing", couldChangeVerdict: true))
    }
    return false
  }

  private mutating func named(_ name: String, _ place: Place) -> NFTSet? {
    if let set = set(name, place) { return set }
    if reported.insert("\(place.table) \(name)").inserted {
      issues.append(
        ReadIssue(
          kind: .undefinedReference, range: place.range,
          message: "the set `@\(printable(name))` is not in the table",
          help: "export the whole ruleset with `nft list ruleset`; the rule is taken to match anything or nothing",
          couldChangeVerdict: true))
    }
    return nil
  }

  private mutating func doubt(of set: NFTSet, _ name: String) -> Uncertainty? {
    let title = "set `@\(printable(name))`"
    let isOpen = set.isDynamic || set.elements.isEmpty || set.losesElements
    guard isOpen else { return nil }
    if reported.insert("dynamic \(set.source.start) \(name)").inserted {
      issues.append(
        ReadIssue(
          kind: .dynamicObject, range: set.source,
          message: set.isDynamic
            ? "the members of \(title) change by themselves" : "the members of \(title) are not in this file",
          help: "replace it by a set with elements if the rules must be proved; it may hold anything",
          couldChangeVerdict: true))
    }
    return Uncertainty(range: set.source, reason: "the members of \(title) are not fixed in this file")
  }
}

// Values of one kind.
extension NFTResolver {
  mutating func addresses(_ value: NFTExpression, _ family: IPFamily, _ place: Place) -> AddressBounds {
    let all = AddressBounds(family == .v4 ? .allV4 : .allV6)
    func unknown(_ reason: String) -> AddressBounds {
      AddressBounds(lower: .empty, upper: all.upper, uncertainties: [place.doubt(reason)])
    }
    switch value {
    case .constant(let text):
      return NFTNames.addresses(text, family).map { AddressBounds($0) }
        ?? unknown("`\(printable(text))` is no address that is known here")
    case .prefix(.constant(let text), let length):
      return IPAddress(text).flatMap { IPPrefix($0, length: length) }.map { AddressBounds(AddressSet($0)) }
        ?? unknown("`\(printable(text))/\(length)` is no network that is known here")
    case .range(.constant(let low), .constant(let high)):
      guard let first = IPAddress(low), let last = IPAddress(high), first.family == family,
        let set = AddressSet(first: first, last: last)
      else { return unknown("`\(printable(low))-\(printable(high))` is no range of addresses") }
      return AddressBounds(set)
    case .set(let elements): return union(elements.map(\.key), family, place)
    case .list(let parts): return union(parts, family, place)
    case .catchAll: return all
    case .named, .variable:
      let key = CacheKey(table: place.table, value: value, kind: family == .v4 ? "v4" : "v6")
      if let known = addressCache[key] { return known }
      let result = lookedUp(value, family, place)
      addressCache[key] = result
      return result
    default: return unknown("the addresses are not understood")
    }
  }

  private mutating func lookedUp(_ value: NFTExpression, _ family: IPFamily, _ place: Place) -> AddressBounds {
    guard case .named(let name) = value else { return addresses(resolved(value), family, place) }
    let all = family == .v4 ? AddressSet.allV4 : .allV6
    guard let set = named(name, place) else {
      return AddressBounds(
        lower: .empty, upper: all, uncertainties: [place.doubt("the set `@\(printable(name))` is not in this file")])
    }
    let place = Place(table: place.table, range: set.source)
    guard let doubt = doubt(of: set, name) else { return union(set.elements.map(\.key), family, place) }
    let sure = union(set.losesElements ? [] : set.elements.filter { !$0.expires }.map(\.key), family, place)
    return AddressBounds(lower: sure.lower, upper: all, uncertainties: sure.uncertainties + [doubt])
  }

  private mutating func union(_ parts: [NFTExpression], _ family: IPFamily, _ place: Place) -> AddressBounds {
    // Long lists are merged once, not element by element.
    var (v4, v6): ([ClosedRange<UInt32>], [ClosedRange<UInt128>]) = ([], [])
    var rest = AddressBounds.empty
    for part in parts {
      let one = addresses(part, family, place)
      guard one.isExact else {
        rest = rest.union(one)
        continue
      }
      v4 += one.upper.v4.intervals
      v6 += one.upper.v6.intervals
    }
    let exact = AddressSet(v4: IntervalSet(v4), v6: IntervalSet(v6))
    return rest.isExact ? AddressBounds(exact) : rest.union(AddressBounds(exact))
  }

  /// - Parameter kind: names the field for the cache; fields of one kind share their names.
  mutating func numbers(
    _ value: NFTExpression, _ kind: String, _ place: Place, _ parse: (String) -> UInt16?
  ) -> NFTNumbers {
    switch value {
    case .constant(let text):
      if let number = parse(text) { return NFTNumbers(IntervalSet(number)) }
      let ends = text.split(separator: "-", maxSplits: 1).map(String.init)
      if ends.count == 2, let low = parse(ends[0]), let high = parse(ends[1]), low <= high {
        return NFTNumbers(IntervalSet(low...high))
      }
      return .unknown(place.doubt("`\(printable(text))` is no \(kind) that is known here"))
    case .range(.constant(let low), .constant(let high)):
      guard let low = parse(low), let high = parse(high), low <= high else {
        return .unknown(place.doubt("a range is not understood as \(kind)"))
      }
      return NFTNumbers(IntervalSet(low...high))
    case .set(let elements): return union(elements.map(\.key), kind, place, parse)
    case .list(let parts): return union(parts, kind, place, parse)
    case .catchAll: return NFTNumbers(.all)
    case .named, .variable:
      let key = CacheKey(table: place.table, value: value, kind: kind)
      if let known = numberCache[key] { return known }
      let result = lookedUp(value, kind, place, parse)
      numberCache[key] = result
      return result
    default: return .unknown(place.doubt("the \(kind) is not understood"))
    }
  }

  private mutating func lookedUp(
    _ value: NFTExpression, _ kind: String, _ place: Place, _ parse: (String) -> UInt16?
  ) -> NFTNumbers {
    guard case .named(let name) = value else { return numbers(resolved(value), kind, place, parse) }
    guard let set = named(name, place) else {
      return .unknown(place.doubt("the set `@\(printable(name))` is not in this file"))
    }
    let place = Place(table: place.table, range: set.source)
    guard let doubt = doubt(of: set, name) else { return union(set.elements.map(\.key), kind, place, parse) }
    var result = NFTNumbers.unknown(doubt)
    result.lower =
      union(set.losesElements ? [] : set.elements.filter { !$0.expires }.map(\.key), kind, place, parse).lower
    return result
  }

  private mutating func union(
    _ parts: [NFTExpression], _ kind: String, _ place: Place, _ parse: (String) -> UInt16?
  ) -> NFTNumbers {
    var exact: [ClosedRange<UInt16>] = []
    var rest = NFTNumbers(.empty)
    for part in parts {
      let one = numbers(part, kind, place, parse)
      if one.uncertainties.isEmpty { exact += one.upper.intervals } else { rest.formUnion(one) }
    }
    rest.formUnion(NFTNumbers(IntervalSet(exact)))
    return rest
  }

  mutating func interfaces(_ value: NFTExpression, _ place: Place) -> NFTInterfaceNames {
    var result = NFTInterfaceNames()
    switch value {
    case .constant(let text): collect(text, place, into: &result)
    case .set(let elements): merge(elements.map(\.key), place, into: &result)
    case .list(let parts): merge(parts, place, into: &result)
    case .variable: return interfaces(resolved(value), place)
    case .named(let name):
      guard let set = named(name, place) else {
        result.uncertainties.append(place.doubt("the set `@\(printable(name))` is not in this file"))
        break
      }
      merge(set.elements.map(\.key), place, into: &result)
      if let doubt = doubt(of: set, name) { result.uncertainties.append(doubt) }
    default: result.uncertainties.append(place.doubt("the interface is not understood"))
    }
    return result
  }

  private mutating func merge(_ parts: [NFTExpression], _ place: Place, into result: inout NFTInterfaceNames) {
    for part in parts {
      let one = interfaces(part, place)
      result.patterns += one.patterns
      result.uncertainties += one.uncertainties
    }
  }

  /// A trailing `*` stands for any rest (nft(8), META EXPRESSIONS); the rule model writes `+` there.
  private func collect(_ text: String, _ place: Place, into result: inout NFTInterfaceNames) {
    if text.hasSuffix("*"), !text.hasSuffix("\\*") {
      result.patterns.append(text.dropLast() + "+")
    } else if text.isEmpty || text.hasSuffix("+") || text.allSatisfy(\.isNumber) {
      result.uncertainties.append(place.doubt("`\(printable(text))` names no interface that is known here"))
    } else {
      result.patterns.append(text)
    }
  }
}

extension NFTNames {
  /// One address, a network with its length, or a range.
  static func addresses(_ text: String, _ family: IPFamily) -> AddressSet? {
    if text.utf8.contains(UInt8(ascii: "-")) {
      let ends = pieces(text, at: UInt8(ascii: "-"))
      guard ends.count == 2, let first = IPAddress(ends[0]), let last = IPAddress(ends[1]), first.family == family
      else { return nil }
      return AddressSet(first: first, last: last)
    }
    guard let prefix = IPPrefix(text), prefix.base.family == family else { return nil }
    return AddressSet(prefix)
  }

  static func port(_ word: String) -> UInt16? {
    number(word).flatMap { UInt16(exactly: $0) } ?? ServiceNames.ports(word)?.single
  }

  static func proto(_ word: String) -> UInt16? {
    if let number = number(word) { return UInt8(exactly: number).map(UInt16.init) }
    let word = word.lowercased()
    return word == "all" ? nil : ServiceNames.protocols(word)?.single.map(UInt16.init)
  }

  static func small(_ names: [String: UInt16]) -> (String) -> UInt16? {
    { word in names[word] ?? number(word).flatMap { UInt16(exactly: $0) } }
  }
}

extension IntervalSet {
  /// The one number of the set; nil when there are more or none.
  fileprivate var single: Bound? {
    guard intervals.count == 1, intervals[0].count == 1 else { return nil }
    return intervals[0].lowerBound
  }
}
