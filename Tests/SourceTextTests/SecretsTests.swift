import SourceText
import Testing

/// What reports quote holds no password.
@Suite struct SecretsTests {
  @Test(arguments: [
    ("set password ENC abc123", "set password ENC ••••••"),
    ("set psksecret \"my own one\"", "set psksecret \"••••••••••\""),
    ("enable password 7 abc pbkdf2", "enable password 7 ••• pbkdf2"),
    ("key: abc, port: 5", "key: •••, port: 5"),
    ("{name: x, key: abc}", "{name: x, key: •••}"),
    ("snmp-server community abc ro", "snmp-server community ••• ro"),
    ("ikev1 pre-shared-key abc", "ikev1 pre-shared-key •••"),
    ("edit 1\n set key abc", "edit 1\n set key •••"),
    ("remark keep the key room closed", "remark keep the key room closed"),
    ("permit tcp any host 10.0.0.1 eq 22", "permit tcp any host 10.0.0.1 eq 22"),
    ("the attribute `sso-secret` is not known", "the attribute `sso-secret` is not known"),
    ("password", "password"), ("password ", "password "), ("password \"abc", "password \"•••"), ("", ""),
  ])
  func `A value behind the name of a secret is masked`(text: String, masked: String) {
    #expect(withoutSecrets(text) == masked)
    #expect(withoutSecrets(text).unicodeScalars.count == text.unicodeScalars.count)
  }
}
