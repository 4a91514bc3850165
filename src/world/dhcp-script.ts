/**
 * What udhcpc runs when its lease changes (udhcpc(8)): the address with its lifetime, so that it is told apart from
 * configured ones, routes with DHCP's protocol number, whom to ask for names where this lease decides it, and a file that
 * says the lease is there. Who is told of routes (option 121) takes no other router than they name (RFC 3442). Takes back
 * what it made itself, with no more of ip(8) than busybox has.
 */
import { nextServerSoon } from '../services/resolv-conf.ts';
import { toldMetric } from '../state/dhcp-service.ts';

export const dhcpScript = `#!/bin/sh
set -u
held="$LANWRIGHT_LEASE.held"
ways="$LANWRIGHT_LEASE.routes"
withdraw() {
  while read -r to; do
    case " $* " in
    *" $to "*) ;;
    *) ip -4 route del "$to" dev "$interface" proto 16 ;;
    esac
  done <"$ways"
  : >"$ways"
} 2>/dev/null
lead() {
  [ "$2" = 0.0.0.0 ] && set -- "$1" ''
  metric=$((LANWRIGHT_METRIC + ${toldMetric}))
  if [ "$1" = 0.0.0.0/0 ]; then
    [ -n "\${LANWRIGHT_NO_ROUTER:-}" ] && return
    metric=$LANWRIGHT_METRIC
  fi
  ip -4 route replace "$1" \${2:+via "$2"} dev "$interface" proto 16 metric "$metric" && echo "$1" >>"$ways"
}
forget() {
  withdraw
  if read -r address 2>/dev/null <"$held"; then
    ip -4 address del "$address" dev "$interface" 2>/dev/null
    rm -f "$held"
  fi
}
case "$1" in
deconfig)
  rm -f "$LANWRIGHT_LEASE"
  [ -n "\${LANWRIGHT_RESOLVER:-}" ] && : >"$LANWRIGHT_RESOLVER"
  forget
  ;;
bound | renew)
  [ "$1" = bound ] && forget
  echo "$ip/$mask" >"$held"
  ip -4 address replace "$ip/$mask" broadcast + dev "$interface" valid_lft "$lease" preferred_lft "$lease"
  told="\${staticroutes:-}"
  [ -z "$told" ] && for gateway in \${router:-}; do told="$told 0.0.0.0/0 $gateway"; done
  set -- $told
  withdraw "$@"
  while [ $# -gt 1 ]; do
    lead "$1" "$2"
    shift 2
  done
  if [ -n "\${LANWRIGHT_RESOLVER:-}" ]; then
    {
      [ -n "\${search:-\${domain:-}}" ] && echo "search \${search:-$domain}"
      for server in \${dns:-}; do echo "nameserver $server"; done
      case "\${dns:-}" in *' '*) echo '${nextServerSoon}' ;; esac
    } >"$LANWRIGHT_RESOLVER"
  fi
  echo "$ip/$mask for $lease s from $serverid" >"$LANWRIGHT_LEASE.new"
  mv "$LANWRIGHT_LEASE.new" "$LANWRIGHT_LEASE"
  ;;
esac
exit 0
`;
