# 2026-09-21 14:40:12 by RouterOS 7.15.3
# software id = AAAA-CCCC
#
# model = RB5009UG+S+
/interface ethernet
set [ find default-name=ether1 ] comment="meters and switchgear" name=energy
set [ find default-name=ether2 ] comment="drives, cabinet D4" name=drives
set [ find default-name=ether3 ] disabled=yes
set [ find default-name=ether4 ] disabled=yes
/ip address
add address=10.101.40.2/24 interface=energy network=10.101.40.0
add address=10.101.9.1/24 interface=drives network=10.101.9.0
/ip route
add comment="MILL-140 flow meters of the stock preparation, behind the switch of the machine" dst-address=10.101.8.0/24 gateway=10.101.9.2
/ip firewall address-list
add address=10.101.40.10 comment="energy server" list=energy-server
add address=10.101.40.11 comment="energy server, spare" list=energy-server
/ip firewall filter
add action=accept chain=forward comment="established" connection-state=established,related
add action=drop chain=forward comment="invalid" connection-state=invalid log=yes
add action=accept chain=forward comment="MILL-125 energy server reads the drives" dst-address=10.101.9.0/24 dst-port=502 in-interface=energy log=yes log-prefix=MILL-125 protocol=tcp src-address-list=energy-server
add action=accept chain=forward comment="MILL-140 drives and flow meters report to the energy network" dst-address=10.101.40.0/24 dst-port=8883 in-interface=drives log=yes log-prefix=MILL-140 protocol=tcp
add action=accept chain=forward comment="MILL-122 trial of the load shedding, ended" disabled=yes in-interface=energy log=yes out-interface=drives
add action=drop chain=forward comment="MILL-120 end" log=yes log-prefix=end
add action=accept chain=input comment="established" connection-state=established,related
add action=accept chain=input comment="MILL-121 administration" dst-port=22 in-interface=energy log=yes protocol=tcp src-address-list=energy-server
add action=drop chain=input comment="end" log=yes
/ip firewall nat
add action=masquerade chain=srcnat comment="MILL-126 meters have no gateway" out-interface=energy
/ip service
set telnet disabled=yes
set ftp disabled=yes
set www disabled=yes
set ssh address=10.101.40.8/29
set www-ssl disabled=yes
set api disabled=yes
set winbox disabled=yes
set api-ssl disabled=yes
/ipv6 settings
set disable-ipv6=yes
/system clock
set time-zone-name=Europe/Stockholm
/system identity
set name=rt-energy
/tool mac-server
set allowed-interface-list=none
/tool mac-server mac-winbox
set allowed-interface-list=none
