import Findings
import PacketSets
import SourceText

/// The version of the JSON report's layout; `docs/json-report.md` describes it.
public let jsonSchemaVersion = 1

/// Writes a run as one JSON document; the same bytes for the same run.
///
/// - Parameters:
///   - outcome: how the run ends.
///   - reason: why, in the words of the last line on stderr.
public func jsonReport(_ report: RunReport, outcome: RunOutcome, reason: String) -> [UInt8] {
  var writer = JSONWriter()
  writer.object { json in
    json.member("schema_version", jsonSchemaVersion)
    json.key("tool")
    json.object {
      $0.member("name", "bulkhead")
      $0.member("version", report.toolVersion)
    }
    json.member("site", report.site)
    json.key("exit")
    json.object {
      $0.member("code", outcome.rawValue)
      $0.member("reason", reason)
    }
    json.member("incomplete", report.gaps)
    json.member("not_checked", report.notChecked)
    json.key("files")
    json.array { json in for file in report.files { write(file, &json) } }
    json.key("rules")
    json.array { json in for rule in report.rules { write(rule, &json) } }
    json.key("findings")
    json.array { json in for finding in report.findings { write(finding, report.catalog, &json) } }
  }
  return writer.bytes + [10]
}

private func write(_ file: FileAccount, _ json: inout JSONWriter) {
  json.object {
    $0.member("path", file.path)
    $0.member("device", file.device)
    $0.member("platform", file.platform)
    $0.member("platform_reason", file.reason)
    $0.key("lines")
    $0.object {
      $0.member("used", file.used)
      $0.member("irrelevant", file.irrelevant)
      $0.member("not_modelled", file.notModelled)
      $0.member("not_recognised", file.notRecognised)
    }
    $0.member("could_change_verdict", file.couldChangeVerdict)
  }
}

private func write(_ rule: RuleAccount, _ json: inout JSONWriter) {
  json.object {
    $0.member("id", rule.id)
    $0.member("check", rule.check)
    $0.member("title", rule.title)
  }
}

private func write(_ finding: Finding, _ catalog: SourceCatalog, _ json: inout JSONWriter) {
  json.object { json in
    json.member("code", finding.code)
    json.member("name", finding.name)
    json.member("severity", finding.severity.rawValue)
    json.member("confidence", finding.confidence.rawValue)
    json.member("counts_as_violation", finding.counts)
    json.member("message", finding.message)
    json.member("device", finding.device)
    json.member("property", finding.property)
    json.member("consequence", finding.consequence?.rawValue)
    json.key("location")
    write(finding.location, catalog, &json)
    json.key("related")
    json.array { json in
      for related in finding.related {
        json.object { json in
          json.member("label", related.label)
          json.key("location")
          write(related.range, catalog, &json)
        }
      }
    }
    json.key("witness")
    write(finding.witness, &json)
    json.member("traffic", finding.regions)
    json.member("notes", finding.notes)
    json.key("controls")
    json.array { json in
      for control in finding.controls {
        json.object {
          $0.member("framework", control.framework)
          $0.member("id", control.id)
          $0.member("title", control.title)
        }
      }
    }
    json.member("help", finding.help)
    json.member("fingerprint", finding.fingerprint)
  }
}

private func write(_ range: SourceRange?, _ catalog: SourceCatalog, _ json: inout JSONWriter) {
  guard let range else { return json.string(nil) }
  let file = catalog.file(of: range)
  let start = file.position(at: Int(range.start))
  let end = file.position(at: Int(range.end))
  json.object {
    $0.member("path", file.path)
    $0.member("line", start.line)
    $0.member("column", start.column)
    $0.member("end_line", end.line)
    // One past the last column.
    $0.member("end_column", end.column)
  }
}

private func write(_ witness: Witness?, _ json: inout JSONWriter) {
  guard let witness else { return json.string(nil) }
  json.object { json in
    json.key("packet")
    json.object { write(witness.packet, &$0) }
    if let translated = witness.translated {
      json.key("translated")
      json.object { write(translated, &$0) }
    }
    json.member("from", witness.from)
    json.member("to", witness.to)
    json.member("path", witness.path)
    json.member("steps", witness.steps)
  }
}
