import ConfigReaders
import Reachability
import RuleModel
import SourceText

/// Prints, for growing access lists, how long reading and the search for covered rules take, and how both grow.
///
/// Figures of one run are comparable with each other; those of different machines are not.
@main
struct Bench {
  static func main() throws {
    let sizes = CommandLine.arguments.dropFirst().compactMap { Int($0) }
    print("   rules      bytes   read ms    MB/s  coverage ms  covered  planted  growth")
    var last: (rules: Int, milliseconds: Double)?
    for rules in sizes.isEmpty ? [1_000, 10_000] : sizes {
      var list = GeneratedList(rules: rules, seed: 1)
      let text = list.text()
      let file = try SourceFile(path: "generated.asa", bytes: text)
      let (reading, readTime) = best(of: 3) { Platform.ciscoASA.read(file) }
      guard let device = reading.devices.first else { fatalError("the generated list was not read") }
      let (coverage, coverageTime) = best(of: 3) { ruleCoverage(of: device) }
      let covered = coverage?.reduce(0) { $0 + $1.covered.count } ?? 0
      let growth = last.map { growthExponent($0, (rules, coverageTime)) } ?? ""
      print(
        pad(rules, 8), pad(text.count, 10), pad(readTime, 9),
        pad(Double(text.count) / 1e3 / readTime, 7), pad(coverageTime, 12), pad(covered, 8),
        pad(list.planted, 8), growth)
      last = (rules, coverageTime)
    }
  }

  /// The least time of a few runs, in milliseconds, with the last result.
  static func best<T>(of runs: Int, _ work: () -> T) -> (T, Double) {
    let clock = ContinuousClock()
    var result = work()
    var least = Double.infinity
    for _ in 0..<runs {
      let time = clock.measure { result = work() }
      let (seconds, attoseconds) = time.components
      least = min(least, Double(seconds) * 1e3 + Double(attoseconds) / 1e15)
    }
    return (result, least)
  }

  /// The power of the number of rules that the time grows with: 1 is linear, 2 is quadratic.
  static func growthExponent(
    _ a: (rules: Int, milliseconds: Double), _ b: (rules: Int, milliseconds: Double)
  ) -> String {
    // log2 by halving is exact enough for one decimal.
    func log2(_ x: Double) -> Double {
      var x = x
      var whole = 0.0
      while x >= 2 {
        x /= 2
        whole += 1
      }
      return whole + (x - 1)
    }
    let exponent = log2(b.milliseconds / a.milliseconds) / log2(Double(b.rules) / Double(a.rules))
    return "n^\((exponent * 10).rounded() / 10)"
  }

  static func pad(_ value: some CustomStringConvertible, _ width: Int) -> String {
    let text = value.description
    return String(repeating: " ", count: max(0, width - text.count)) + text
  }

  static func pad(_ value: Double, _ width: Int) -> String { pad(String(Int((value * 10).rounded())).decimal, width) }
}

extension String {
  /// Tenths as a decimal number.
  fileprivate var decimal: String { count > 1 ? "\(dropLast()).\(last!)" : "0.\(self)" }
}
