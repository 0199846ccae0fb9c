import PacketSets
import RuleModel
import SourceText

/// A table with its rule lines interpreted.
struct IptablesReadTable {
  let table: IptablesTable
  let family: IPFamily
  /// Whether the file has tables of the other family too, from which the names of lists must differ.
  let hasBothFamilies: Bool
  /// In the order of `table.chains`.
  var chains: [IptablesReadChain] = []

  /// The rules that are not plain, in order.
  var others: some Sequence<IptablesRule> { chains.lazy.flatMap { $0.others.lazy.map(\.rule) } }

  /// The name of the list that a chain becomes.
  func listName(_ chain: String) -> String {
    (table.name == "filter" ? "" : "\(table.name) ") + chain + (hasBothFamilies && family == .v6 ? " (IPv6)" : "")
  }

  /// Hands over the packed rules of all chains, whose only owner is then the caller.
  mutating func takeRules() -> [RuleTable] {
    let rules = chains.map(\.rules)
    for i in chains.indices { chains[i].rules = RuleTable(prefix: "", file: 0) }
    return rules
  }
}

/// The rule lines of a chain interpreted.
struct IptablesReadChain {
  /// One place for each line, in order, those of plain rules filled; without places in the nat table.
  var rules: RuleTable
  /// All that are not plain, with their places in the chain.
  var others: [(place: Int, rule: IptablesRule)]
}

extension ChainJumpGraph {
  /// The jumps of a table of iptables.
  init(_ read: IptablesReadTable) {
    self.init(
      targets: read.chains.map { chain in
        var seen: Set<Int> = []
        return chain.others.compactMap { other in
          guard let name = other.rule.target, let index = read.table.index(of: name), !read.table.isBuiltIn(name),
            seen.insert(index).inserted
          else { return nil }
          return index
        }
      })
  }
}
