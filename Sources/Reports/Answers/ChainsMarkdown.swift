import Findings

/// The chains as Markdown: an overview, then each shortest chain as a table.
public func chainsMarkdown(_ report: ChainsReport) -> String {
  var text =
    "# Stepping stones\n\nSite \(report.frame.site.markdown).\n\n| from | to | hops | chains |\n|---|---|---|---|\n"
  for pair in report.pairs {
    let hops = pair.shortest.isEmpty ? pair.isCut ? "cannot tell" : "–" : "\(pair.shortest.count)"
    text +=
      "| \(pair.from.markdown) | \(pair.to.markdown) | \(hops) | \(pair.isCut ? "at least " : "")\(pair.count) |\n"
  }
  for pair in report.pairs where !pair.shortest.isEmpty {
    text += "\n## \(pair.from.markdown) to \(pair.to.markdown)\n\n"
    text += "| hop | from | to | how | rule | if |\n|---|---|---|---|---|---|\n"
    for (index, hop) in pair.shortest.enumerated() {
      let rule = hop.rule.map { "\($0.title.markdown) (\($0.place.markdown))" } ?? "–"
      let to = "\(hop.to.text) in \(hop.toZone.label)".markdown
      text +=
        "| \(index + 1) | \(hop.from.text.markdown) | \(to) | \((hop.service ?? hop.kind.rawValue).markdown) | \(rule) "
      text += "| \(hop.assumes.markdown) |\n"
    }
    if let weakest = pair.weakest { text += "\nWhat if: \(whatIf(weakest, pair).markdown).\n" }
  }
  text += "\n## What the chains take for granted\n\n"
  text += report.assumptions.map { "- \($0.markdown)\n" }.joined()
  return text + markdownEnd(report.frame)
}
