import RuleModel
import SourceText

/// Reads and validates a control framework.
///
/// - Parameter knownChecks: the codes of all checks.
/// - Throws: every error of the file, not just the first.
public func loadFramework(_ file: SourceFile, knownChecks: Set<String>) throws(SitePolicyErrors) -> Framework {
  let root: DocumentNode
  do {
    root = try parseYAML(file)
  } catch {
    throw SitePolicyErrors(error)
  }
  var reader = FrameworkReader(
    document: DocumentReader(file: file), knownChecks: knownChecks, codes: knownChecks.sorted())
  let framework = reader.framework(root)
  try reader.document.finish()
  return framework
}

private struct FrameworkReader {
  var document: DocumentReader
  let knownChecks: Set<String>
  let codes: [String]

  mutating func framework(_ root: DocumentNode) -> Framework {
    var framework = Framework(id: "", title: "", controls: [], source: root.range)
    guard let fields = document.fields(root, "the framework", required: ["version", "framework", "title", "controls"])
    else { return framework }
    document.checkVersion(fields)
    framework.id = document.text(fields["framework"], "framework") ?? ""
    framework.title = document.text(fields["title"], "title") ?? ""
    var first: [String: SourceRange] = [:]
    for item in fields["controls"].map({ document.list($0, "controls") }) ?? [] {
      guard let control = control(item) else { continue }
      if let earlier = first.updateValue(control.source, forKey: control.id) {
        document.complain(
          control.source, "the control \(quoted(control.id)) is given twice, first at \(document.label(earlier))",
          help: "join the two lists of checks")
      }
      framework.controls.append(control)
    }
    return framework
  }

  private mutating func control(_ node: DocumentNode) -> Control? {
    guard let fields = document.fields(node, "a control", required: ["id", "title", "checks"], optional: ["note"])
    else { return nil }
    let checks = fields["checks"].map { document.list($0, "checks") } ?? []
    var control = Control(
      id: document.text(fields["id"], "id") ?? "", title: document.text(fields["title"], "title") ?? "",
      note: document.text(fields["note"], "note"), checks: [], source: node.range)
    for item in checks {
      guard let code = document.text(item, "checks") else { continue }
      if !knownChecks.contains(code) {
        document.complain(item.range, "there is no check \(quoted(code))", help: suggestion(code, among: codes))
      } else if control.checks.contains(code) {
        document.complain(item.range, "the check \(quoted(code)) is named twice", help: "remove one of the two")
      }
      control.checks.append(code)
    }
    return control
  }
}
