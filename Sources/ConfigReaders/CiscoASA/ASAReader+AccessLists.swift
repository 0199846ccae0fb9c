import PacketSets
import RuleModel
import SourceText

extension ASAReader {
  /// An `access-list` line: files it under its list; entries are read when all objects are known.
  mutating func accessListLine(isIPv6: Bool = false) {
    if !isIPv6 { _ = words.take() }
    guard let name = words.take() else { return unrecognised("access list") }
    if words.isAtEnd || isListSetting(name) { return mark(.irrelevant) }
    // `show access-list` heads each list with its name, a semicolon and the number of elements.
    if file.bytes[name.upperBound - 1] == UInt8(ascii: ";"), words.statement.contains("elements") {
      return mark(.irrelevant)
    }
    var place: Int?
    if words.takes("line") { place = words.takeNumber() }
    let index = listIndex(name, isIPv6: isIPv6)
    if words.isNext("standard") || words.isNext("webtype") { return mark(.irrelevant) }
    if words.isNext("ethertype") { return etherType() }
    mark(.used)
    if !words.isNext("remark") { config.accessLists[index].isFilter = true }
    if let place, isCounterOfKnownEntry(index, place) { return }
    add(line, to: index, at: place)
  }

  /// `access-list alert-interval 300` and `deny-flow-max` set the logging of all lists; `access-list cached ACL log flows`
  /// heads the output of `show access-list`.
  private func isListSetting(_ name: Range<Int>) -> Bool {
    let span = file.bytes.span
    if matches(span, name, "cached"), words.isNext("ACL") { return true }
    return words.ranges.count == 3 && (matches(span, name, "alert-interval") || matches(span, name, "deny-flow-max"))
  }

  /// Files the usual entries that follow one another from line `first` on and go to the same list as the last one.
  ///
  /// - Returns: the first line that is no such entry.
  mutating func takeEntries(from first: Int) -> Int {
    guard readsPlainEntries, let lastList, lastList.mayTake else { return first }
    let file = self.file
    let bytes = file.bytes.span
    var following = first
    while following <= file.lines.count, lastList.takes(bytes, at: file.lines.start(ofLine: following)) {
      following += 1
    }
    guard following > first else { return first }
    block = .none
    line = following - 1
    ledger.mark(lines: first..<following, .used)
    config.accessLists[lastList.index].isFilter = true
    config.accessLists[lastList.index].lines.append(contentsOf: UInt32(first)..<UInt32(following))
    return following
  }

  private mutating func listIndex(_ name: Range<Int>, isIPv6: Bool) -> Int {
    if let lastList, lastList.name.elementsEqual(file.bytes[name]) { return lastList.index }
    let text = words.text(name)
    let index = config.accessListIndex[text] ?? config.accessLists.count
    if index == config.accessLists.count {
      config.accessListIndex[text] = index
      var list = ASAAccessList(name: text, source: here)
      list.isIPv6Only = isIPv6
      config.accessLists.append(list)
    }
    lastList = ASALastList(Array(file.bytes[name]), index)
    return index
  }

  /// Non-IP frames; but a general deny stops IP as well (CLI configuration guide, "Access Rules", implicit deny).
  private mutating func etherType() {
    let deniesAll = words.statement.hasSuffix("deny any") || words.statement.hasSuffix("deny all")
    gap(changes: deniesAll, "EtherType rules are for frames that are not IP and are not modelled")
  }

  /// The output of `show access-list` besides the configuration only adds counters.
  private mutating func isCounterOfKnownEntry(_ index: Int, _ place: Int) -> Bool {
    guard let hits = hitCount(), let first = config.accessLists[index].lines.first,
      !file.text(file.range(ofLine: Int(first))).contains(" line ")
    else { return false }
    config.accessLists[index].hits[place] = hits
    return true
  }

  /// The number in `(hitcnt=12)`.
  func hitCount() -> UInt64? {
    let span = file.bytes.span
    guard let word = words.ranges.last(where: { begins(span, $0, with: "(hitcnt=") }) else { return nil }
    return decimal(span, word.lowerBound + 8..<max(word.lowerBound + 8, word.upperBound - 1))
  }

  /// `line n` puts an entry before the n-th; without it, or beyond the end, the entry is the last.
  private mutating func add(_ line: Int, to index: Int, at place: Int?) {
    let count = config.accessLists[index].lines.count
    guard let place, place >= 1, place <= count else {
      config.accessLists[index].lines.append(UInt32(line))
      return
    }
    // Each insertion moves what follows; a file with so many is no configuration, and its order is not known.
    config.accessLists[index].insertions += 1
    guard config.accessLists[index].insertions <= 5_000 else {
      config.accessLists[index].lines.append(UInt32(line))
      return gap(changes: true, "too many entries are inserted out of order; this one is taken as the last")
    }
    config.accessLists[index].lines.insert(UInt32(line), at: place - 1)
  }

  // MARK: - Lowering

  /// The rules of one list, in order.
  mutating func lower(_ list: ASAAccessList) -> RuleList {
    let file = self.file
    let bytes = file.bytes.span
    var rules = RuleTable(prefix: "access-list \(list.name) line ", file: file.id)
    rules.reserveCapacity(list.lines.count)
    let start = ASALastList(Array(list.name.utf8), 0).start
    // Counters and the reasons that remarks give are more than a plain rule has.
    let hasPlainEntries = readsPlainEntries && !list.isIPv6Only && list.hits.isEmpty
    var remarks: [String] = []
    var remarkOfRule: [UInt64: String] = [:]
    for (index, number) in list.lines.enumerated() {
      line = Int(number)
      let bounds = file.lines.bounds(ofLine: line, in: file.bytes)
      if hasPlainEntries, remarks.isEmpty, begins(bytes, at: bounds.lowerBound, with: start.span),
        let entry = ASAPlainEntry(
          bytes, from: bounds.lowerBound + start.count, to: bounds.upperBound, isV4Only: hasSeparateIPv6Lists),
        let rule = PlainRule(
          sources: entry.sources, destinations: entry.destinations, service: rules.intern(entry.service),
          number: index + 1, flags: entry.flags, range: file.range(bounds.lowerBound, bounds.upperBound))
      {
        rules.append(rule)
        continue
      }
      words.load(bounds)
      skipToEntry()
      if words.takes("remark") {
        let text = words.rest
        remarks.append(text)
        if let id = ruleNumber(ofRemark: text) { remarkOfRule[id] = text }
        continue
      }
      let numberInList = index + 1
      var rule = entry(of: list, number: numberInList, order: rules.count)
      if let id = entryRuleNumber, let text = remarkOfRule[id] {
        rule.comment = text
      } else if !remarks.isEmpty {
        rule.comment = remarks.joined(separator: "\n")
      }
      remarks.removeAll(keepingCapacity: true)
      if rule.hits == nil { rule.hits = list.hits[numberInList] }
      rules.append(rule)
    }
    return RuleList(name: list.name, rules: rules, fallback: fallback, source: list.source)
  }

  private var fallback: DefaultAction {
    DefaultAction(
      .deny,
      .implicit(
        "an access list ends with an implicit deny (ASA CLI configuration guide, \"Access Rules\", Implicit Deny)"),
      logging: .on)
  }

  /// Takes `[ipv6] access-list NAME [line n] [extended|advanced]` (and a prompt before it) off the front.
  private mutating func skipToEntry() {
    while let word = words.take(), !matches(file.bytes.span, word, "access-list") {}
    _ = words.take()
    if words.takes("line") { _ = words.take() }
  }

  /// `rule-id 268435458: …` in a remark of Threat Defense.
  private func ruleNumber(ofRemark text: String) -> UInt64? {
    guard text.hasPrefix("rule-id ") else { return nil }
    return UInt64(text.dropFirst(8).prefix { $0.isNumber })
  }

  /// The number after `rule-id` of the entry that was read last.
  private var entryRuleNumber: UInt64? {
    guard config.isThreatDefense || words.ranges.count > 6 else { return nil }
    let span = file.bytes.span
    guard let place = words.ranges.lastIndex(where: { matches(span, $0, "rule-id") }), place + 1 < words.ranges.count
    else { return nil }
    return decimal(span, words.ranges[place + 1])
  }
}
