/// Gives every finding its identity, version 1.
///
/// Hashed are the code, the site, the device, the property and the subject (normalised match and action), plus an ordinal
/// among findings that agree in all of these; never lines, order of rules, comments or message text. Moving or
/// reformatting a rule keeps the fingerprint.
///
/// - Parameter findings: all findings of a run in their final order.
public func fingerprinted(_ findings: [Finding], site: String) -> [Finding] {
  var seen: [UInt128: Int] = [:]
  return findings.map { finding in
    var finding = finding
    let parts = [finding.code, site, finding.device ?? "", finding.property, finding.subject]
    let hash = fnv1a(parts)
    let ordinal = seen[hash, default: 0]
    seen[hash] = ordinal + 1
    let text = String(ordinal == 0 ? hash : fnv1a(parts + ["\(ordinal)"]), radix: 16)
    finding.fingerprint = "v1:" + String(repeating: "0", count: 32 - text.count) + text
    return finding
  }
}

/// FNV-1a with 128 bits (RFC 9923) over the parts, each closed by a byte that text cannot hold.
private func fnv1a(_ parts: [String]) -> UInt128 {
  var hash: UInt128 = 0x6C62_272E_07BB_0142_62B8_2175_6295_C58D
  let prime: UInt128 = 0x0000_0000_0100_0000_0000_0000_0000_013B
  for part in parts {
    for byte in part.utf8 { hash = (hash ^ UInt128(byte)) &* prime }
    hash = (hash ^ 0xFF) &* prime
  }
  return hash
}
