extension Check {
  /// The check's page in Markdown: what it does, why it matters, examples, how to fix, controls, history.
  ///
  /// Empty when the code has no page, which the tests refuse.
  public var page: String { pages[code].map { String(decoding: $0, as: UTF8.self) } ?? "" }
}

/// The files of `Pages/`, which are compiled into the program, by code.
private let pages: [String: [UInt8]] = [
  "SEG001": PackageResources.SEG001_md,
  "SEG002": PackageResources.SEG002_md,
  "SEG003": PackageResources.SEG003_md,
  "SEG004": PackageResources.SEG004_md,
  "SEG005": PackageResources.SEG005_md,
  "SEG006": PackageResources.SEG006_md,
  "SEG007": PackageResources.SEG007_md,
  "SEG008": PackageResources.SEG008_md,
  "SEG009": PackageResources.SEG009_md,
  "SEG010": PackageResources.SEG010_md,
  "SEG011": PackageResources.SEG011_md,
  "SEG012": PackageResources.SEG012_md,
  "SIS001": PackageResources.SIS001_md,
  "SIS003": PackageResources.SIS003_md,
  "SIS004": PackageResources.SIS004_md,
  "DIO001": PackageResources.DIO001_md,
  "DIO002": PackageResources.DIO002_md,
  "DIO003": PackageResources.DIO003_md,
  "DIO004": PackageResources.DIO004_md,
  "DIO005": PackageResources.DIO005_md,
  "OTP001": PackageResources.OTP001_md,
  "OTP002": PackageResources.OTP002_md,
  "OTP003": PackageResources.OTP003_md,
  "OTP005": PackageResources.OTP005_md,
  "RUL001": PackageResources.RUL001_md,
  "RUL002": PackageResources.RUL002_md,
  "RUL003": PackageResources.RUL003_md,
  "RUL004": PackageResources.RUL004_md,
  "RUL005": PackageResources.RUL005_md,
  "RUL006": PackageResources.RUL006_md,
  "RUL007": PackageResources.RUL007_md,
  "RUL008": PackageResources.RUL008_md,
  "RUL017": PackageResources.RUL017_md,
  "CFG001": PackageResources.CFG001_md,
  "CFG002": PackageResources.CFG002_md,
  "CFG003": PackageResources.CFG003_md,
  "CFG004": PackageResources.CFG004_md,
  "CFG005": PackageResources.CFG005_md,
  "CFG006": PackageResources.CFG006_md,
  "CFG007": PackageResources.CFG007_md,
]
