/// Gives every finding its identity, version 1.
///
/// Hashed are the code, the site, the device, the property and the subject (normalised match and action), plus an ordinal
/// among findings that agree in all of these; never lines, order of rules, comments or message text. Moving or
/// reformatting a rule keeps the fingerprint.
///
/// - Parameter findings: all findings of a run in their final order.
public func fingerprinted(_ findings: consuming [Finding], site: String) -> [Finding] {
  var seen: [UInt128: Int] = [:]
  // In place: copies of very many findings would take as much memory again.
  var result = findings
  for index in result.indices {
    let finding = result[index]
    let parts = [finding.code, site, finding.device ?? "", finding.property, finding.subject]
    let hash = fnv1a(parts)
    let ordinal = seen[hash, default: 0]
    seen[hash] = ordinal + 1
    result[index].fingerprint = "v1:" + hexadecimal(ordinal == 0 ? hash : fnv1a(parts + ["\(ordinal)"]))
  }
  return result
}

/// 32 digits; `String(_:radix:)` divides 128-bit numbers digit by digit, which is far slower.
private func hexadecimal(_ value: UInt128) -> String {
  String(unsafeUninitializedCapacity: 32) { digits in
    for place in 0..<32 {
      let digit = UInt8(truncatingIfNeeded: value >> UInt128(124 - 4 * place)) & 15
      digits[place] = digit < 10 ? 48 + digit : 87 + digit
    }
    return 32
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
