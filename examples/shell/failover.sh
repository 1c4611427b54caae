#!/usr/bin/env bash
# The C client's own shell, one session all along, while its ensemble is broken from here.
# Run by: zookeeper-memory-server run --control -- ./failover.sh
set -euo pipefail

cli=/usr/lib/zookeeper/bin/cli_mt # of Debian's zookeeper-bin
if [ ! -x "$cli" ]; then
  echo "the C client is not installed: apt-get install zookeeper-bin" >&2
  exit 1
fi
ctl() { zookeeper-memory-server ctl "$@"; }

coproc client { exec "$cli" -h "$ZOOKEEPER_CONNECT" 2>&1; }
client_process=$client_PID in=${client[1]} out=${client[0]}
say() { printf '%s\n' "$1" >&"$in"; }
hear() { # hear PATTERN: waits for the client to print a line like it
  local line heard=
  while IFS= read -r -t 20 -u "$out" line; do
    if [[ $line == $1 ]]; then return; fi
    heard+="  $line"$'\n'
  done
  printf 'not heard: %s\nbut\n%s' "$1" "$heard" >&2
  return 1
}
is() { # is WHAT SEEN EXPECTED
  if [ "$2" != "$3" ]; then
    printf 'not ok: %s: %s instead of %s\n' "$1" "$2" "$3" >&2
    exit 1
  fi
  printf 'ok: %s\n' "$1"
}

hear '*state = CONNECTED_STATE'
say 'create /greeting'
hear '*rc = 0*'
say 'set /greeting hello'
hear '*rc = 0*'
is 'what the C client creates is there' "$(ctl --json dump)" '{"greeting":"hello"}'

say 'get /greeting'
hear 'hello'
"$cli" -h "$ZOOKEEPER_CONNECT" -c 'set /greeting goodbye' >/dev/null 2>&1
hear '*CHANGED_EVENT*for path /greeting'
echo 'ok: a change by another session is told to who watches'

sessions() { ctl --json sessions list | grep -o '"id":"[^"]*"'; }
session=$(sessions)
ctl kill leader >/dev/null
hear '*state = CONNECTED_STATE' # every client is parted with for as long as the election takes
say 'set /greeting welcome'
hear '*rc = 0*'
is 'writing goes on when the leader dies' "$(ctl --json dump)" '{"greeting":"welcome"}'
is 'in the same session' "$(sessions)" "$session"

say 'create +e /alive'
hear '*rc = 0*'
ctl sessions expire /alive >/dev/null
hear '*EXPIRED_SESSION_STATE*'
is 'an expired session takes its ephemeral along' "$(ctl --json dump)" '{"greeting":"welcome"}'

exec {in}>&- # the client ends with its input
wait "$client_process"
