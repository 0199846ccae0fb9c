import Findings
import SitePolicy

extension Check {
  static let needsAnswer = Check(
    "DIO004", "needs-answer", .high, "A conduit needs an answer but crosses a diode.",
    work: .site { context in
      context.diodes.flatMap { diode in
        context.site.conduits.compactMap { conduit -> Finding? in
          let isForward = conduit.from.zone == diode.entry.from && conduit.to.zone == diode.entry.to
          let isBackward = conduit.from.zone == diode.entry.to && conduit.to.zone == diode.entry.from
          guard isBackward || (isForward && !conduit.isOneWay) else { return nil }
          var finding = diode.finding(
            context, subject: isBackward ? "against" : "answer",
            message: isBackward
              ? "conduit \(conduit.name) runs against diode \(diode.entry.name): nothing of it can arrive"
              : """
              conduit \(conduit.name) crosses diode \(diode.entry.name) but is not declared one-way: no answer, \
              handshake or acknowledgement comes back
              """,
            help: isBackward
              ? "lead the traffic another way, or take the conduit out"
              : "if the diode's proxies end the session on both sides, set `one-way: true`; else lead it another way")
          finding.location = conduit.source
          finding.property = "conduit \(conduit.name)"
          return finding
        }
      }
    })
}
