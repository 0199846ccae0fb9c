import Findings

/// The matrix as one JSON document.
public func matrixJSON(_ report: MatrixReport) -> [UInt8] {
  JSONWriter.answer("matrix", report.frame) { json in
    json.list("zones", report.zones) { zone, json in
      json.member("name", zone.name)
      json.member("level", zone.level)
      json.member("sis", zone.isSafety)
    }
    json.list("pairs", report.cells) { cell, json in
      json.member("from", report.zones[cell.from].name)
      json.member("to", report.zones[cell.to].name)
      json.member("verdict", cell.verdict)
      json.member("open", cell.open)
      json.member("possible", cell.possible)
      json.member("conduits", cell.conduits)
      json.member("diodes", cell.diodes)
      json.list("unlisted", cell.unlisted) { part, json in
        json.member("certain", part.isCertain)
        json.member("rule", part.rule)
        json.member("traffic", part.traffic)
      }
      json.list("unmet", cell.unmet) { part, json in
        json.member("conduit", part.conduit)
        json.member("blocked", part.isBlocked)
        json.member("traffic", part.traffic)
      }
    }
  }
}
