/**
 * What asks for router advertisements that tell of name servers (RFC 8106), by rdisc6(8), again and again: a router that
 * is told something else says so by itself, but nobody hears. Takes no more than busybox has of sed(1).
 */
import { nextServerSoon } from '../services/resolv-conf.ts';

/** Arguments: the interface, the resolv.conf(5) that it writes, and a file that says what it was told, once it was. */
export const resolverScript = `#!/bin/sh
set -u
interface=$1 file=$2 told=$3
heard=
while :; do
  if said=$(rdisc6 -1 -r 3 -w 1000 "$interface" 2>&1); then
    servers=$(echo "$said" | sed -n 's/^ *Recursive DNS server *: *\\([^ ]*\\).*/\\1/p')
    search=$(echo "$said" | sed -n 's/^ *DNS search list *: *//p' | sed 's/ *$//')
    if [ -n "$servers" ] && [ "$servers $search" != "$heard" ]; then
      heard="$servers $search"
      {
        [ -n "$search" ] && echo "search" $search
        for server in $servers; do echo "nameserver $server"; done
        [ "$(echo $servers)" != "\${servers%% *}" ] && echo '${nextServerSoon}'
      } >"$file"
      echo "$interface is told of" $servers
      echo $servers "by router advertisements" >"$told"
    fi
    sleep 20
  else
    sleep 1
  fi
done
`;
