/// A small deterministic source of random numbers (Steele, Lea and Flood, OOPSLA 2014).
///
/// Only integer arithmetic and multiplication of doubles are used, so that a seed gives the same list on every machine.
public struct SplitMix64: Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number from 0 up to, not including, `bound`, which must be positive.
  public mutating func below(_ bound: Int) -> Int { Int(next().multipliedFullWidth(by: UInt64(bound)).high) }

  /// A number of the closed range.
  public mutating func within(_ low: Int, _ high: Int) -> Int { low + below(high - low + 1) }

  /// From 0 up to, not including, 1.
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  public mutating func chance(_ probability: Double) -> Bool { unit() < probability }

  public mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

  /// Takes early choices far more often than late ones.
  public mutating func pickSkewed<T>(_ choices: [T]) -> T {
    let x = unit()
    return choices[Int(x * x * Double(choices.count))]
  }

  /// One of the choices, as often as its weight says.
  public mutating func pick<T>(weighted choices: [(T, Double)]) -> T {
    var left = unit() * choices.reduce(0) { $0 + $1.1 }
    for (choice, weight) in choices {
      left -= weight
      if left < 0 { return choice }
    }
    return choices[choices.count - 1].0
  }

  /// A random address of a network.
  public mutating func address(in network: Interval<UInt128>) -> UInt128 {
    let bits = UInt128(next()) << 64 | UInt128(next())
    return network.low | bits & (network.high - network.low)
  }
}
