/// A way of making lists.
public enum Style: String, Sendable, CaseIterable {
  /// Ordinary lists with planted anomalies.
  case acl
  /// Heavy overlap.
  case fw
  /// ClassBench-like, after the seeds acl1, fw1 and ipc1.
  case cbACL = "cb-acl"
  case cbFW = "cb-fw"
  case cbIPC = "cb-ipc"

  /// Makes a list; the same arguments give the same list.
  ///
  /// - Parameters:
  ///   - count: number of rules, at least 40. The `cb` styles may give fewer.
  ///   - share: part of the rules that is planted; only `acl` plants.
  /// - Returns: the list, with the truth where it is known by construction.
  public func make(family: Family, count: Int, seed: UInt64, share: Double = 0.05) -> RuleSet {
    var set = RuleSet(name: name(family, count), family: family, rules: [], truth: nil)
    switch self {
    case .acl:
      var style = ACLStyle(family: family, seed: seed, share: share)
      let planned = style.make(count: count)
      set.rules = planned.map(\.rule)
      set.truth = Dictionary(
        uniqueKeysWithValues: planned.indices.compactMap { index in planned[index].anomaly.map { (index, $0) } })
    case .fw:
      var style = FirewallStyle(family: family, seed: seed)
      set.rules = style.make(count: count)
    case .cbACL, .cbFW, .cbIPC:
      let table: SeedTable = self == .cbACL ? .acl1 : self == .cbFW ? .fw1 : .ipc1
      var style = ClassBenchStyle(table, family: family, count: count, seed: seed)
      set.rules = style.make(count: count)
    }
    return set
  }

  /// `acl-10k`, `cb-fw6-1m`: style, family and size.
  private func name(_ family: Family, _ count: Int) -> String {
    let size =
      count % 1_000_000 == 0
      ? "\(count / 1_000_000)m" : count % 1000 == 0 ? "\(count / 1000)k" : "\(count)"
    return rawValue + (family == .v6 ? "6" : "") + "-" + size
  }
}
