/// The statistics of a family of filter sets, from which sets of any size are drawn.
///
/// The shape is ClassBench's (Taylor and Turner, INFOCOM 2005; IEEE/ACM Transactions on Networking 15(3), 2007): protocols,
/// port pair classes, joint lengths of the two prefixes, branching and skew of the two address trees, and how far the
/// destination follows the source. The figures are our own, made after what is published about the seeds acl1, fw1 and
/// ipc1. Prefix lengths are those of IPv4; `AddressTree` stretches them for IPv6.
struct SeedTable: Sendable {
  /// How a protocol occurs.
  struct ProtocolShare: Sendable {
    /// Nil for every protocol.
    var number: UInt16?
    var weight: Double
    var ports: PortPairMatrix
  }

  /// Lengths of both prefixes with a weight.
  struct LengthPair: Sendable {
    var source: ClosedRange<Int>
    var destination: ClosedRange<Int>
    var weight: Double

    init(_ source: ClosedRange<Int>, _ destination: ClosedRange<Int>, _ weight: Double) {
      self.source = source
      self.destination = destination
      self.weight = weight
    }
  }

  /// How an address tree grows, by ranges of levels.
  struct TreeShape: Sendable {
    /// Probability that both ways are used at a level, and how much rarer the rarer way is (0 equal, 1 never).
    var levels: [(upTo: Int, branching: Double, skew: Double)]
    /// How much of a list's growth beyond a thousand rules goes into more addresses: 0 none, 1 all.
    var growth: Double
  }

  let name: String
  let protocols: [ProtocolShare]
  /// Lengths where the destination port is wide (WC, HI, LO), and where it is narrow.
  let wideLengths: [LengthPair]
  let narrowLengths: [LengthPair]
  let sourceTree: TreeShape
  let destinationTree: TreeShape
  /// Probability, for each bit, that the destination goes on following the source.
  let correlation: Double
  let sourcePorts: [UInt16]
  let destinationPorts: [UInt16]
  /// Part of exact ports that are not popular ones.
  let rarePorts: Double
  let ranges: [(UInt16, UInt16)]
  let permits: Double
  /// Part of the rules that stand before narrower ones; the others stand behind them, roughly.
  let misplaced: Double
}
