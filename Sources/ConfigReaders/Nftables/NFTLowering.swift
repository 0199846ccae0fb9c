import PacketSets
import RuleModel
import SourceText

/// What a rule does to the packets of one of its cases.
enum NFTAct: Hashable {
  case verdict(NFTVerdict)
  case reject
  case translate(NFTTranslation)
  /// It may accept, drop, or go on.
  case unknown
}

/// A rule read: its cases with what becomes of their packets, in order.
struct NFTLowered {
  struct Step {
    var condition: NFTCase
    var act: NFTAct
  }
  var steps: [Step] = []
  var isLogged = false
  /// Whether every doubt is about the rate at which it matches.
  var isOnlyRateLimited = true
  var isScheduled = false
  var exemptsFromTracking = false
  /// Fields that the rule changes without address translation.
  var rewrites: [NFTSelector] = []
  var hits: UInt64?
  /// Names of sets that the match came through.
  var sets: [String] = []
  /// What was not understood, in plain words.
  var gaps: [(state: LineState, reason: String)] = []
}

/// Carries the statements of rules out, from left to right.
struct NFTLowering {
  var matcher: NFTMatcher

  /// - Parameter table: the rule's table, for its sets and family.
  mutating func lower(_ rule: NFTRule, table: Int) -> NFTLowered {
    let place = NFTResolver.Place(table: table, range: rule.range)
    let addresses = matcher.resolver.ruleset.tables[table].family.addresses
    var result = NFTLowered()
    var cases = [NFTCase(MatchBounds(PacketMatch(sources: addresses, destinations: addresses)))]
    var doubts: [Uncertainty] = []
    var act: NFTAct = .verdict(.proceed)
    for statement in rule.statements {
      switch statement {
      case .match(let key, let comparison, let value):
        noteNames(key, value, &result)
        cases = matcher.both(cases, matcher.cases(key, comparison, value, place), rule.range)
        result.hits = nil
      case .verdict(.queue):
        act = fate(NFTReasons.fates["queue"] ?? "", &result)
      case .verdict(let verdict): act = .verdict(verdict)
      case .verdictMap(let key, let value):
        noteNames(key, value, &result)
        result.steps = steps(key, value, place, &result).flatMap { step in
          matcher.both(cases, [step.condition], rule.range).map { NFTLowered.Step(condition: $0, act: step.act) }
        }
        cases = []
      case .reject: act = .reject
      case .translate(let translation): act = .translate(translation)
      case .log: result.isLogged = true
      case .counter(let packets): result.hits = packets
      case .rate(let reason): doubts.append(place.doubt(reason))
      case .update:
        doubts.append(place.doubt(NFTReasons.setMayBeFull))
      case .doubt(let reason):
        doubts.append(place.doubt(reason))
        result.isOnlyRateLimited = false
        result.gaps.append((.notModelled, reason))
      case .notrack: result.exemptsFromTracking = true
      case .rewrite(let selector): result.rewrites.append(selector)
      case .harmless: break
      case .fate(let reason): act = fate(reason, &result)
      case .unread: act = .unknown
      case .problem(let reason):
        act = .unknown
        result.gaps.append((.notRecognised, "\(reason); the rule may accept or drop what its other parts match"))
      }
    }
    result.steps += cases.map { NFTLowered.Step(condition: $0, act: act) }
    if let doubt = rule.doubt {
      doubts.append(doubt)
      result.isOnlyRateLimited = false
    }
    finish(&result, doubts)
    return result
  }

  private func fate(_ reason: String, _ result: inout NFTLowered) -> NFTAct {
    result.gaps.append((.notModelled, "\(reason); the rule may accept, drop or do nothing"))
    return .unknown
  }

  private func finish(_ result: inout NFTLowered, _ doubts: [Uncertainty]) {
    var seen: Set<Uncertainty> = []
    let doubts = doubts.filter { seen.insert($0).inserted }
    for place in result.steps.indices {
      for doubt in doubts { result.steps[place].condition = result.steps[place].condition.uncertain(doubt) }
      let reasons = result.steps[place].condition.bounds.uncertainties
      if reasons.count > doubts.count { result.isOnlyRateLimited = false }
      if reasons.contains(where: { $0.reason == NFTReasons.schedule }) { result.isScheduled = true }
      result.steps[place].condition.bounds = result.steps[place].condition.bounds.withoutRepetition
    }
  }

  private func noteNames(_ key: NFTExpression, _ value: NFTExpression, _ result: inout NFTLowered) {
    if case .named(let name) = value { result.sets.append(name) }
  }

  /// The elements of a verdict map, each with its verdict; `*` takes what no other element takes.
  private mutating func steps(
    _ key: NFTExpression, _ value: NFTExpression, _ place: NFTResolver.Place, _ result: inout NFTLowered
  ) -> [NFTLowered.Step] {
    guard let (elements, doubt) = matcher.resolver.elements(value, place), doubt == nil else {
      let reason = "the verdict map is not fixed in this file"
      return [NFTLowered.Step(condition: matcher.open(reason, place), act: fate(reason, &result))]
    }
    var steps: [NFTLowered.Step] = []
    for element in elements where element.key != .catchAll {
      let act = act(of: element, &result)
      for condition in cases(key, element.key, .equal, place) {
        steps.append(
          NFTLowered.Step(
            condition: element.expires ? condition.uncertain(place.doubt("the element expires")) : condition, act: act))
      }
    }
    guard let rest = elements.first(where: { $0.key == .catchAll }) else { return steps }
    let others = NFTExpression.set(elements.filter { $0.key != .catchAll })
    let act = act(of: rest, &result)
    let hasOthers = elements.count > 1
    let conditions = cases(key, hasOthers ? others : .catchAll, hasOthers ? .unequal : .equal, place)
    return steps + conditions.map { NFTLowered.Step(condition: $0, act: act) }
  }

  private mutating func cases(
    _ key: NFTExpression, _ value: NFTExpression, _ comparison: NFTComparison, _ place: NFTResolver.Place
  ) -> [NFTCase] {
    if case .concatenation(let keys) = key, comparison == .equal, value != .catchAll {
      return matcher.tuple(keys, value, place) ?? [matcher.open("an element of the map is not understood", place)]
    }
    if value == .catchAll { return [NFTCase(.any)] }
    return matcher.cases(key, comparison, value, place)
  }

  private mutating func act(of element: NFTElement, _ result: inout NFTLowered) -> NFTAct {
    guard case .verdict(let verdict) = element.value.map({ matcher.resolver.resolved($0) }) else {
      return fate("an element of the verdict map has no verdict that is known here", &result)
    }
    return verdict == .queue ? fate(NFTReasons.fates["queue"] ?? "", &result) : .verdict(verdict)
  }
}

extension MatchBounds {
  /// Each reason once.
  fileprivate var withoutRepetition: MatchBounds {
    var seen: Set<Uncertainty> = []
    guard uncertainties.contains(where: { !seen.insert($0).inserted }) else { return self }
    seen = []
    return MatchBounds(lower: lower, upper: upper, uncertainties: uncertainties.filter { seen.insert($0).inserted })
  }
}
