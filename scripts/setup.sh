#!/bin/sh
# Puts in place what ringjail needs on Debian 12 or 13, and says what it does: Debian packages by name, npm's packages as locked, the build.
# usage: scripts/setup.sh run|test        Quick and silent where all is current. Root is needed only to install Debian packages.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

purpose=${1:?usage: scripts/setup.sh run|test}

node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' 2>/dev/null ||
  fail 69 "ringjail needs Node.js 20.19 or newer; found: $(node --version 2>/dev/null || echo none)"

# Who only runs what is built and loads (its libraries are there) needs no compiler and no network.
if [ "$purpose" = run ] && cmp -s package-lock.json node_modules/.ringjail-lock && scripts/build.sh --check &&
  node -e 'require("./build/Release/ringjail.node"); require("./build-sqlite/better_sqlite3.node")' 2>/dev/null; then
  exit 0
fi

# To build; to run (setpriv is in util-linux, systemd-sysusers in systemd); to test with real parts.
packages='g++ make python3 pkg-config libnftables-dev libnftnl-dev libmnl-dev libpcre2-dev libsystemd-dev nftables util-linux'
[ "$purpose" = test ] && packages="$packages iproute2 conntrack openssh-client openssh-server ufw iptables ipset shorewall shorewall6 procps systemd systemd-journal-remote systemd-container debootstrap rsyslog"
# The distribution's own Node brings its headers as a package of their own; other builds have them in their prefix.
if [ -z "$(scripts/node-headers.sh)" ] && dpkg-query -W -f '${db:Status-Status}' nodejs 2>/dev/null | grep -qx installed; then
  packages="$packages libnode-dev"
fi

missing=
for package in $packages; do
  [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing="$missing $package"
done
if [ -n "$missing" ]; then
  [ "$(id -u)" = 0 ] || fail 77 "these Debian packages are missing:$missing: run this again with sudo, or: sudo apt-get install$missing"
  say "installing Debian packages:$missing"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # Some bring services (sshd, rsyslog, shorewall) that tests run for themselves: on this machine they neither start nor stay enabled.
  if [ ! -e /usr/sbin/policy-rc.d ]; then
    trap 'rm -f /usr/sbin/policy-rc.d' EXIT
    printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
    chmod 755 /usr/sbin/policy-rc.d
  fi
  # shellcheck disable=SC2086 # a list of package names
  apt-get install -y -qq --no-install-recommends $missing >/dev/null
  if [ -d /run/systemd/system ]; then
    for pair in openssh-server:ssh rsyslog:rsyslog shorewall:shorewall shorewall6:shorewall6; do
      case " $missing " in *" ${pair%:*} "*) systemctl disable --quiet "${pair#*:}.service" || true ;; esac
    done
  fi
fi

# npm writes node_modules/.package-lock.json last, so a copy of the lock file beside it tells whether an install was finished and for what.
if ! cmp -s package-lock.json node_modules/.ringjail-lock; then
  say 'installing npm packages as package-lock.json names them'
  npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
  cp package-lock.json node_modules/.ringjail-lock
fi

scripts/build.sh

# A checkout that belongs to somebody else (sudo) shall not be left with folders that only root can change.
owner=$(stat -c %u:%g .)
if [ "$(id -u)" = 0 ] && [ "$owner" != 0:0 ]; then chown -R "$owner" node_modules build build-sqlite dist; fi
