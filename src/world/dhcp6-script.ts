/**
 * How dhclient(8) asks for an IPv6 address, and what it runs when its lease changes (dhclient-script(8)): the address alone,
 * with its lifetime, so that it is told apart from configured ones. What is on the link and who the router is, routers
 * advertise. No more of ip(8) is taken than busybox has.
 */

/**
 * Arguments: the interface, and those of dhclient. It asks from a link-local address, and gives up where there is none yet.
 * Flags with 0x40 are those of an address that is still tried out (if_addr.h).
 */
export const dhcp6Start = `#!/bin/sh
set -u
asked=$1
shift
while :; do
  while read -r _ _ _ scope flags name; do
    [ "$scope $name" = "20 $asked" ] || continue
    case "$flags" in
    [4-7c-f]*) ;;
    *) exec dhclient "$@" "$asked" ;;
    esac
  done </proc/self/net/if_inet6
  sleep 0.05
done
`;

/** It begins anew after this many seconds without an answer, rather than to wait twice as long each time (RFC 8415 section 15). */
export const dhcp6Settings = 'timeout 8;\n';

export const dhcp6Script = `#!/bin/sh
set -u
held="$LANWRIGHT_LEASE.held"
forget() {
  if read -r address 2>/dev/null <"$held"; then
    ip -6 address del "$address" dev "$interface" 2>/dev/null
    rm -f "$held"
  fi
}
case "$reason" in
BOUND6 | RENEW6 | REBIND6)
  own="\${new_ip6_address:-}"
  [ -n "$own" ] || exit 0
  read -r before 2>/dev/null <"$held" && [ "$before" != "$own/128" ] && forget
  echo "$own/128" >"$held"
  ip -6 address replace "$own/128" dev "$interface" valid_lft "$new_max_life" preferred_lft "$new_preferred_life"
  echo "$own/128 for $new_max_life s by DHCPv6" >"$LANWRIGHT_LEASE.new"
  mv "$LANWRIGHT_LEASE.new" "$LANWRIGHT_LEASE"
  ;;
EXPIRE6 | STOP6 | RELEASE6 | FAIL6)
  rm -f "$LANWRIGHT_LEASE"
  forget
  ;;
esac
exit 0
`;
