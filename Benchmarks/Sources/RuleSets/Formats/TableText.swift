/// One rule a line, numbers only: what a program that knows no firewall can read.
func tableText(_ set: RuleSet) -> [UInt8] {
  var text = ByteText()
  text.reserve(set.rules.count * 80)
  for rule in set.rules {
    text.append(rule.permits ? "permit" : "deny")
    func field(_ range: Interval<some FixedWidthInteger & UnsignedInteger & Sendable>) {
      text.append("\t")
      text.append(number: range.low)
      text.append("\t")
      text.append(number: range.high)
    }
    field(rule.box.proto)
    field(rule.box.source)
    field(rule.box.destination)
    field(rule.box.sourcePort)
    field(rule.box.destinationPort)
    text.append("\n")
  }
  return text.bytes
}
