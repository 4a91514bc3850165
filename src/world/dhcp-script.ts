/**
 * What udhcpc runs when its lease changes (udhcpc(8)): the address with its lifetime, so that it is told apart from
 * configured ones, the default route with DHCP's protocol number, and a file that says the lease is there.
 */
export const dhcpScript = `#!/bin/sh
set -u
forget() {
  ip -4 route flush dev "$interface" proto dhcp
  ip -4 address flush dev "$interface" dynamic
}
case "$1" in
deconfig)
  rm -f "$LANWRIGHT_LEASE"
  forget
  ;;
bound | renew)
  [ "$1" = bound ] && forget
  ip -4 address replace "$ip/$mask" broadcast + dev "$interface" valid_lft "$lease" preferred_lft "$lease"
  for gateway in \${router:-}; do
    ip -4 route replace default via "$gateway" dev "$interface" proto dhcp metric "$LANWRIGHT_METRIC"
  done
  echo "$ip/$mask for $lease s from $serverid" >"$LANWRIGHT_LEASE.new"
  mv "$LANWRIGHT_LEASE.new" "$LANWRIGHT_LEASE"
  ;;
esac
exit 0
`;
