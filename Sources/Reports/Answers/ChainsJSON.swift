import Findings

/// The chains as one JSON document.
public func chainsJSON(_ report: ChainsReport) -> [UInt8] {
  JSONWriter.answer("chains", report.frame) { json in
    json.member("assumptions", report.assumptions)
    json.list("pairs", report.pairs) { pair, json in
      json.member("from", pair.from)
      json.member("to", pair.to)
      json.member("chains", pair.count)
      json.member("may_be_more", pair.isCut)
      json.list("shortest", pair.shortest) { write($0, &$1) }
      json.key("what_if")
      if let weakest = pair.weakest {
        json.object { json in
          json.member("rule", weakest.rule)
          json.member("breaks", weakest.breaks)
          switch weakest.rest {
          case .nothing: json.member("left", "nothing")
          case .hops(let hops):
            json.member("left", "others")
            json.member("hops_left", hops)
          case .notTried: json.member("left", "not tried")
          }
        }
      } else {
        json.string(nil)
      }
      json.list("assets", pair.assets) { asset, json in
        json.member("name", asset.name)
        json.member("hops", asset.hops)
      }
    }
  }
}

private func write(_ hop: ChainHop, _ json: inout JSONWriter) {
  json.member("kind", hop.kind.rawValue)
  json.member("from_zone", hop.fromZone.name)
  json.member("to_zone", hop.toZone.name)
  write("from", hop.from, &json)
  write("to", hop.to, &json)
  json.member("service", hop.service)
  json.member("rule", hop.rule)
  json.member("path", hop.path)
  json.member("packet", hop.packet)
  json.member("certain", hop.isCertain)
  json.member("assumes", hop.assumes)
}

private func write(_ name: String, _ host: HostName, _ json: inout JSONWriter) {
  json.key(name)
  json.object {
    $0.member("address", host.address.description)
    $0.member("asset", host.asset)
  }
}

/// What follows when a host is taken over, as one JSON document.
public func cascadeJSON(_ report: CascadeReport) -> [UInt8] {
  JSONWriter.answer("cascade", report.frame) { json in
    json.member("start", report.start)
    json.member("zones", report.startZones.map(\.name))
    json.member("worst_consequence", report.worst?.rawValue)
    json.member("assumptions", report.assumptions)
    json.member("notes", report.remarks)
    json.list("waves", Array(report.waves.enumerated())) { wave, json in
      json.member("hops", wave.offset + 1)
      json.list("reached", wave.element) { reach, json in
        json.member("zone", reach.zone)
        json.member("hosts", reach.hosts)
        json.member("consequence", reach.consequence?.rawValue)
        json.list("assets", reach.assets) { asset, json in
          json.member("name", asset.name)
          json.member("consequence", asset.consequence?.rawValue)
        }
        json.key("first_hop")
        if let hop = reach.hop { json.object { write(hop, &$0) } } else { json.string(nil) }
      }
    }
  }
}
