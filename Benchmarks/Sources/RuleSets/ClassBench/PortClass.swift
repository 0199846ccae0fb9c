/// How a filter names ports (Taylor and Turner, "ClassBench: A Packet Classification Benchmark", section III.B).
enum PortClass: CaseIterable, Sendable {
  /// Every port (WC).
  case wildcard
  /// 1024 to 65535 (HI).
  case high
  /// 0 to 1023 (LO).
  case low
  /// Another range (AR).
  case range
  /// One port (EM).
  case exact

  /// Whether many ports are named.
  var isWide: Bool { self == .wildcard || self == .high || self == .low }
}

/// How often the pairs of source and destination port class occur: a row for each source class, in the order of the cases.
struct PortPairMatrix: Sendable {
  private let pairs: [((source: PortClass, destination: PortClass), Double)]

  init(_ rows: [[Double]]) {
    pairs = zip(PortClass.allCases, rows).flatMap { source, row in
      zip(PortClass.allCases, row).map { ((source: source, destination: $0), $1) }
    }
  }

  /// For protocols without ports.
  static let none = PortPairMatrix([[1, 0, 0, 0, 0]])

  func draw(_ random: inout SplitMix64) -> (source: PortClass, destination: PortClass) { random.pick(weighted: pairs) }
}
