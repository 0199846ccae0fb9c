/// Zones of a corporate network, a control room and a safety system; devices follow.
let smallZones = """
  version: 1
  site: small
  zones:
    corporate:   {level: 4, networks: [10.0.0.0/16, "2001:db8:10::/48"]}
    supervision: {level: 2, networks: [10.20.0.0/22, "2001:db8:20::/48"], consequence: production}
    control:     {level: 1, networks: [10.10.0.0/22], consequence: production}
    safety:      {level: 1, networks: [10.11.0.0/24], sis: true, sil: 3}

  """

/// One firewall between corporate and supervision.
func smallSite(_ entry: String, more: String = "") -> String { "\(smallZones)devices:\n  fw: {\(entry)}\n\(more)" }

/// A gateway whose FORWARD chain drops and logs what `rules` do not permit; eth0 to eth1.
func gateway(_ rules: String) -> String {
  """
  *filter
  :INPUT DROP [0:0]
  :FORWARD DROP [0:0]
  :OUTPUT DROP [0:0]
  \(rules.isEmpty ? "" : rules + "\n")-A FORWARD -j LOG --log-prefix "fwd drop "
  -A FORWARD -j DROP
  COMMIT

  """
}

/// A Cisco ASA whose lists `OUT` (outside, corporate) and `IN` (inside) end in a logged deny.
func asa(_ entries: String, inside: String = "10.20.0.1 255.255.252.0") -> String {
  """
  ASA Version 9.16(4)
  hostname fw
  interface GigabitEthernet1/1
   nameif outside
   security-level 0
   ip address 10.0.255.1 255.255.255.0
  !
  interface GigabitEthernet1/2
   nameif inside
   security-level 100
   ip address \(inside)
  !
  \(entries)
  access-list OUT extended deny ip any any log
  access-list IN extended deny ip any any log
  access-group OUT in interface outside
  access-group IN in interface inside

  """
}

/// A FortiGate with a corporate port1 and a supervision port2, objects and policies, and a logged deny behind them.
func fortiGate(objects: String = "", policies: String = "") -> String {
  """
  #config-version=FGR60F-7.4.11-FW-build2795-250523:opmode=0:vdom=0:user=admin
  config system global
      set hostname "fw"
  end
  config system interface
      edit "port1"
          set vdom "root"
          set ip 10.0.255.1 255.255.255.0
      next
      edit "port2"
          set vdom "root"
          set ip 10.20.0.1 255.255.252.0
      next
  end
  config firewall address
      edit "scada"
          set subnet 10.20.0.10 255.255.255.255
      next
      edit "offices"
          set subnet 10.0.0.0 255.255.0.0
      next
  end
  config firewall service custom
      edit "rdp"
          set tcp-portrange 3389
      next
  end
  \(objects)
  config firewall policy
  \(policies)
      edit 99
          set srcintf "any"
          set dstintf "any"
          set srcaddr "all"
          set dstaddr "all"
          set srcaddr6 "all"
          set dstaddr6 "all"
          set schedule "always"
          set service "ALL"
          set logtraffic all
      next
  end

  """
}

/// A policy from port1 to port2 that permits `rdp` and logs.
func rdpPolicy(_ id: Int, from source: String = "offices", to target: String, _ more: String = "") -> String {
  """
      edit \(id)
          set srcintf "port1"
          set dstintf "port2"
          set srcaddr "\(source)"
          set dstaddr "\(target)"
          set action accept
          set schedule "always"
          set service "rdp"
          set logtraffic all
          \(more)
      next
  """
}

/// A diode's module file of DYODE; `module` is further lines of the module, `more` stands at the end.
func dyode(module: String = "", more: String = "") -> String {
  """
  config_name: "line"
  dyode_in:
    ip: 10.10.0.5
  dyode_out:
    ip: 10.20.0.5
  modules:
    "PLC 1":
      type: modbus
      port: 9400
      ip: 10.10.0.11
      port_out: 502
      registers:
        - 0-100
  \(module)
  \(more)

  """
}

/// Both ends of lidi on the command line; `option` goes to the sender.
func lidi(_ option: String = "") -> String {
  """
  diode-send --from-tcp 10.10.0.5:5000 --to 10.9.0.2:6000 --heartbeat 5 \(option)
  diode-receive --from 10.9.0.2:6000 --to-tcp 10.20.0.9:7000 --heartbeat 10

  """
}

/// A diode described by hand, with further lines.
func diodeYML(_ more: String = "") -> String {
  """
  diode: dd-west
  enforcement: hardware
  sender: {zone: control, addresses: [10.10.0.0/22]}
  receiver: {zone: supervision, addresses: [10.20.0.0/22]}
  transfers:
    - {name: syslog, type: udp, port: 514}
  return-path: none
  \(more)

  """
}
