/// A YAML file that is compiled into the program.
public struct ShippedFile: Sendable {
  /// The name that a site file uses: `purdue`, `iso27001-2022`.
  public let name: String
  /// Where the file lives in the source tree, for messages.
  public let path: String
  public let bytes: [UInt8]
}

/// The policy packs that come with the program, by name.
public let shippedPacks: [ShippedFile] = [
  pack("inventory", PackageResources.inventory_yml),
  pack("purdue", PackageResources.purdue_yml),
  pack("reading", PackageResources.reading_yml),
  pack("rule-anomalies", PackageResources.rule_anomalies_yml),
  pack("rule-hygiene", PackageResources.rule_hygiene_yml),
  pack("unidirectional", PackageResources.unidirectional_yml),
]

/// The control frameworks that come with the program, by name.
public let shippedFrameworks: [ShippedFile] = [
  framework("cmmc-l2", PackageResources.cmmc_l2_yml),
  framework("iec62443-3-3", PackageResources.iec62443_3_3_yml),
  framework("iso27001-2022", PackageResources.iso27001_2022_yml),
  framework("nerc-cip-005", PackageResources.nerc_cip_005_yml),
  framework("nist-800-82r3", PackageResources.nist_800_82r3_yml),
  framework("nist-csf-2.0", PackageResources.nist_csf_2_0_yml),
  framework("tisax-isa6", PackageResources.tisax_isa6_yml),
]

private func pack(_ name: String, _ bytes: [UInt8]) -> ShippedFile {
  ShippedFile(name: name, path: "policies/packs/\(name).yml", bytes: bytes)
}

private func framework(_ name: String, _ bytes: [UInt8]) -> ShippedFile {
  ShippedFile(name: name, path: "policies/frameworks/\(name).yml", bytes: bytes)
}
