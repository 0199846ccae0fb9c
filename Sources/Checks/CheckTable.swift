extension Check {
  /// The reviewed table of codes, in the order of families; a code is never reused.
  public static let all: [Check] = [
    corporateToControl, bypassesDMZ, outsideWhitelist, noDefaultDeny, downwardSession, notUnidirectional, skipsLevel,
    outside, reversedConduit, brokenConduit, wideConduit, noZone, withoutFilter, pastJumpHost, betweenCells,
    upperLevelsToSIS, steppingStonesToSIS, unlistedToSIS, sisToUpperLevels, sisControlFunctions,
    wrongDirection, sidesDiffer, secondPath, needsAnswer, noDiode,
    controlFunctions, portOnly, exposed, dynamicPorts, riskyProtocol,
    shadowed, covered, redundant, generalisation, correlation, permitAny, overPermissive, zoneWide, notLogged,
    denyNotLogged, unreachableOnInterface, crossDevice, noAntiSpoofing, partlyShadowed,
    notInInventory, assetMisplaced, assetUnmentioned,
    notRecognised, notModelled, undefinedReference, dynamicObject, platformUnknown, truncated,
    pendingChanges,
  ]

  /// All that runs under a code; two entries where one part needs zones and one does not.
  public static func named(_ code: String) -> [Check] { all.filter { $0.code == code } }

  /// Codes with the settings that a policy pack may give, for its validation.
  public static let knownSettings: [String: Set<String>] = all.reduce(into: [:]) { known, check in
    known[check.code, default: []].formUnion(check.settings)
  }
}
