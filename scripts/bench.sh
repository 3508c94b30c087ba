#!/bin/sh
# npm run bench: the measurements, with fixed input; what is compared is measured in the same run.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

scripts/setup.sh test
node dist/bench/netfilter-log.js
node dist/bench/pattern-set.js
for package in fail2ban python3-systemd sshguard; do scripts/fetch-samples.sh $package; done
node dist/bench/journal.js
node dist/bench/filters.js
node dist/bench/syslog-udp.js
node dist/bench/ban-store.js
node dist/bench/jail.js
if [ "$(id -u)" = 0 ]; then
  node dist/bench/ban-latency.js
  node dist/bench/journal-latency.js
  node dist/bench/control-latency.js
  node dist/bench/nftables-restore.js
  node dist/bench/restart.js
  node dist/bench/burst.js
  node dist/bench/connection-cutter.js
else
  say 'the latency from log to ban, the time to restore bans and the cutting of connections are measured as root only: sudo npm run bench'
fi
