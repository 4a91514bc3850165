#!/bin/bash
# ask-guest GUEST: hands the script on its input to a guest, and answers as the guest does.
guest=$1
log=/var/log/xen/console/guest-$1.log
answers() { grep "^#answer .* [.]" "$log"; }
# wait_for COMMAND COUNT: until the command prints more lines than that.
wait_for() {
  for _ in $(seq 600); do
    [ "$("$1" 2> /dev/null | wc -l)" -gt "$2" ] && return
    sleep 0.1
  done
  echo 'the guest does not answer'
  tail -n 20 "$log"
  exit 124
}
greeting() { grep '^#ready' "$log"; }
wait_for greeting 0
before=$(answers | wc -l)
base64 -w0 > /tmp/to-guest
echo >> /tmp/to-guest
cat /tmp/to-guest > "$(xenstore-read "/local/domain/$(xl domid "$guest")/console/tty")"
wait_for answers "$before"
read -r _ status answer _ < <(answers | tail -n 1)
echo "$answer" | base64 -d
exit "$status"
