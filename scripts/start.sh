#!/bin/sh
# Sets up what is missing, then runs the daemon of this checkout in the foreground, on this machine's own logs. Started as root it
# runs as the user ringjail with two capabilities and nothing else of root's.
# usage: sudo npm start                     with config/ of this checkout
#        sudo npm start -- -c /etc/ringjail with another configuration; any option of ringjail's own
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

program=/usr/local/lib/ringjail-start

if [ -d /run/systemd/system ] && systemctl is-active --quiet ringjail.service; then
  fail 69 'ringjail.service is running on this machine already (see: sudo ringjail status); to try this checkout instead: sudo systemctl stop ringjail'
fi

# The bits of linux/capability.h.
capabilities=0x$(sed -n 's/^CapEff:[[:space:]]*//p' /proc/self/status)
missing=
[ $((capabilities >> 34 & 1)) = 1 ] || missing="$missing CAP_SYSLOG"
[ $((capabilities >> 12 & 1)) = 1 ] || missing="$missing CAP_NET_ADMIN"
if [ -n "$missing" ]; then
  [ "$(id -u)" = 0 ] ||
    fail 77 "an ordinary user may not read the kernel's log and change the firewall (missing:$missing); run: sudo npm start (the daemon then runs as the user ringjail, with just these two capabilities)"
  fail 77 "root lacks what is needed to read the kernel's log and change the firewall here (missing:$missing); where this is a container, start it with these capabilities and with /dev/kmsg"
fi

scripts/setup.sh run

if [ "$(id -u)" != 0 ]; then exec node dist/src/cli/ringjail.js -c config run "$@"; fi

scripts/create-user.sh
scripts/stage.sh "$program"
install -d -o ringjail -g ringjail -m 0750 /run/ringjail /var/lib/ringjail

# A copy of the configuration serves where the daemon's user cannot read the checkout; `ringjail reload` then sees no change of it.
config=$PWD/config
if [ -n "$(setpriv --reuid=ringjail --regid=ringjail --clear-groups -- find "$config" ! -readable 2>&1)" ]; then
  config=$program/config
  case " $*" in
    *' -c'* | *' --config'*) ;;
    *) say "the user ringjail cannot read $PWD/config: using the copy in $config; start again after a change" ;;
  esac
fi

groups=--clear-groups
getent group systemd-journal >/dev/null && groups=--groups=systemd-journal
two=-all,+syslog,+net_admin
# npm passes SIGTERM to the shell that it started us with, and that shell does not pass it on: its death has to tell the daemon.
end=
[ -z "${npm_lifecycle_event:-}" ] || end=--pdeathsig=TERM
umask 077
# exec all the way, so that Ctrl-C and SIGTERM reach the daemon. Nothing of the caller's environment reaches it: it could change what
# is executed (LD_PRELOAD, NODE_OPTIONS).
# shellcheck disable=SC2086 # $end is one word or none
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/var/lib/ringjail USER=ringjail LOGNAME=ringjail \
  setpriv --reuid=ringjail --regid=ringjail "$groups" $end --inh-caps="$two" --ambient-caps="$two" --bounding-set="$two" --no-new-privs -- \
  "$program/bin/ringjail" -c "$config" run "$@"
