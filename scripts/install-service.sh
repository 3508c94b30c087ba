#!/bin/sh
# Installs this checkout as the systemd service ringjail, and starts it; run again, it upgrades what is installed.
# usage: sudo npm run install-service
#        sudo npm run install-service -- --syslog[=NETWORK,...]   lets it receive syslog by UDP and TCP from this host, and from these
#                                                     networks, as syslog_listen and syslog_allow want it; upgrades keep that
#        sudo npm run install-service -- --no-syslog  shuts it off from the network again
#        sudo npm run install-service -- --remove     takes it out again; what you wrote and what is banned stay
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh
umask 022

program=/usr/local/lib/ringjail
command=/usr/local/bin/ringjail
config=/etc/ringjail
unit=/usr/local/lib/systemd/system/ringjail.service
units=/usr/local/lib/systemd/system
sysusers=/usr/local/lib/sysusers.d/ringjail.conf
tmpfiles=/usr/local/lib/tmpfiles.d/ringjail.conf
dropin=/usr/local/lib/systemd/system/ringjail.service.d/syslog.conf

usage='usage: sudo npm run install-service [-- --syslog[=NETWORK,...] | --no-syslog | --remove]'
[ $# -le 1 ] || fail 64 "$usage"
remove=
syslog=keep
senders=
case ${1:-} in
  '') [ $# = 0 ] || fail 64 "$usage" ;;
  --remove) remove=yes ;;
  --syslog) syslog=yes ;;
  --syslog=*)
    syslog=yes
    senders=$(printf '%s' "${1#--syslog=}" | tr ',' ' ')
    # What stands here becomes a line of a unit.
    case $senders in
      *[!0-9A-Fa-f.:/\ ]* | '') fail 64 "$1 is not understood: networks such as 10.0.0.0/8,2001:db8::/32 are; $usage" ;;
    esac
    ;;
  --no-syslog) syslog=no ;;
  *) fail 64 "$1 is not understood; $usage" ;;
esac
[ "$(id -u)" = 0 ] || fail 77 'installing a service needs root: sudo npm run install-service'
[ -d /run/systemd/system ] ||
  fail 69 'systemd is not the init of this machine (/run/systemd/system is missing), so there is nothing to install a service into; sudo npm start runs the daemon without it'

# The configuration files that a program at $1 ships. What people write is named otherwise: *.local, and jail.d/ and its like.
shipped() { (cd "$1/config" 2>/dev/null && find . -name '*.conf' ! -path './jail.d/*' ! -path './ringjail.d/*' -printf '%P\n' | sort) || true; }

# put SOURCE DEST: copies a file where it differs, and remembers that something did.
changed=
put() {
  if cmp -s "$1" "$2"; then return; fi
  install -D -m 644 "$1" "$2.new"
  mv -T "$2.new" "$2"
  changed=yes
}

# Opens the service to the network or shuts it off, as was asked; where nothing was, what there is stays.
put_dropin() {
  case $syslog in
    yes)
      wanted=$(mktemp)
      cat systemd/ringjail-syslog.conf >"$wanted"
      [ -z "$senders" ] || printf 'IPAddressAllow=%s\n' "$senders" >>"$wanted"
      put "$wanted" "$dropin"
      rm -f "$wanted"
      ;;
    no)
      if [ -e "$dropin" ]; then
        rm -f "$dropin"
        changed=yes
      fi
      rmdir "$(dirname "$dropin")" 2>/dev/null || true
      ;;
  esac
}

install_service() {
  scripts/setup.sh run

  put systemd/ringjail.sysusers "$sysusers"
  put systemd/ringjail.tmpfiles "$tmpfiles"
  put systemd/ringjail.service "$unit"
  put_dropin
  put systemd/ringjail-actions.socket "$units/ringjail-actions.socket"
  put systemd/ringjail-actions.service "$units/ringjail-actions.service"
  scripts/create-user.sh

  before=$(cat "$program/staged" 2>/dev/null || true)
  former=$(mktemp -d)
  trap 'rm -rf "$former"' EXIT
  [ ! -d "$program/config" ] || cp -R "$program/config" "$former"
  scripts/stage.sh "$program"
  [ "$(cat "$program/staged")" = "$before" ] || changed=yes
  if [ "$(readlink "$command" || true)" != ../lib/ringjail/bin/ringjail ]; then
    mkdir -p "$(dirname "$command")"
    ln -sfnT ../lib/ringjail/bin/ringjail "$command"
  fi

  install -d -m 755 "$config"
  for file in $(shipped "$former"); do
    # What an earlier version shipped and this one does not.
    [ -e "config/$file" ] || rm -f "$config/$file"
  done
  for file in $(shipped .); do
    if [ -e "$config/$file" ] && [ -e "$former/config/$file" ] && ! cmp -s "$config/$file" "$former/config/$file" &&
      ! cmp -s "$config/$file" "config/$file"; then
      cp -p "$config/$file" "$config/$file.edited"
      say "$config/$file was changed by hand and is replaced; your text is kept as $file.edited (write changes into a .local file)"
    fi
    put "config/$file" "$config/$file"
  done

  systemctl daemon-reload
  systemctl enable --quiet ringjail.service ringjail-actions.socket
  # The helper comes back with the next request, as the program that is installed now.
  if [ -n "$changed" ]; then systemctl stop --quiet ringjail-actions.service; fi
  systemctl start ringjail-actions.socket
  if [ -n "$changed" ] || ! systemctl is-active --quiet ringjail.service; then
    say 'starting ringjail.service'
    # Returns when the daemon says that it watches.
    if ! systemctl restart ringjail.service; then
      systemctl status --no-pager --full --lines=20 ringjail.service >&2 || true
      fail 69 'ringjail.service does not start; the lines above tell why'
    fi
  else
    say 'ringjail.service is current, and running'
  fi
  "$command" status
}

remove_service() {
  if [ ! -e "$unit" ] && [ ! -e "$program" ]; then
    say 'ringjail.service is not installed; nothing to remove'
    return
  fi
  say 'stopping and removing ringjail.service'
  systemctl disable --now --quiet ringjail.service ringjail-actions.socket || true
  systemctl stop --quiet ringjail-actions.service || true
  for file in $(shipped "$program"); do rm -f "$config/$file"; done
  find "$config" -depth -type d -empty -delete 2>/dev/null || true
  rm -rf "$program" /run/ringjail /run/ringjail-actions
  rm -f "$command" "$unit" "$units/ringjail-actions.socket" "$units/ringjail-actions.service" "$sysusers" "$tmpfiles" "$dropin"
  rmdir "$(dirname "$dropin")" 2>/dev/null || true
  systemctl daemon-reload
  systemctl reset-failed ringjail.service 2>/dev/null || true
  kept=/var/lib/ringjail
  [ ! -e "$config" ] || kept="$config (what you wrote), $kept"
  say "kept: $kept, and the user ringjail whom it belongs to"
  say 'the bans in force stay until their time is over; to lift them all now: sudo nft delete table inet ringjail'
}

if [ -n "$remove" ]; then remove_service; else install_service; fi
