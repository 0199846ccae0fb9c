# 2026-09-14 07:12:55 by RouterOS 7.15.3
# software id = AAAA-BBBB
#
# model = RB5009UG+S+
/interface ethernet
set [ find default-name=ether1 ] comment="leased line to the works" name=telemetry
set [ find default-name=ether2 ] comment="pumping station 1 to 4" name=pumps
set [ find default-name=ether3 ] disabled=yes
/interface list
add name=UPLINK
/interface list member
add interface=telemetry list=UPLINK
/ip address
add address=10.93.20.254/24 interface=telemetry network=10.93.20.0
add address=10.94.50.1/24 interface=pumps network=10.94.50.0
/ip firewall address-list
add address=10.93.20.10 comment="telemetry server" list=telemetry-servers
/ip firewall filter
add action=accept chain=forward comment="established" connection-state=established,related
add action=drop chain=forward comment="invalid" connection-state=invalid log=yes
add action=drop chain=forward comment="W-135 only the telemetry network" in-interface-list=UPLINK log=yes src-address=!10.93.20.0/24
add action=drop chain=forward comment="W-136 pumps talk to nobody else" in-interface=pumps log=yes
add action=accept chain=forward comment="W-130 pump control" dst-address=10.94.50.0/24 dst-port=2404 in-interface-list=UPLINK log=yes log-prefix=W-130 protocol=tcp src-address-list=telemetry-servers
add action=drop chain=forward comment="W-133 end, off while the new panel is commissioned" disabled=yes in-interface-list=UPLINK log=yes
add action=accept chain=input comment="established" connection-state=established,related
add action=accept chain=input comment="W-134 administration" dst-port=22 in-interface-list=UPLINK log=yes protocol=tcp src-address-list=telemetry-servers
add action=drop chain=input comment="end" log=yes
/ip service
set telnet disabled=yes
set ftp disabled=yes
set www disabled=yes
set ssh address=10.93.20.10/32
set www-ssl disabled=yes
set api disabled=yes
set winbox disabled=yes
set api-ssl disabled=yes
/ipv6 settings
set disable-ipv6=yes
/system identity
set name=rt-pumps
/tool mac-server
set allowed-interface-list=none
/tool mac-server mac-winbox
set allowed-interface-list=none
