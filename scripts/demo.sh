#!/bin/sh
# npm run demo: an attacker and a server on this machine, in network namespaces of their own; a scan, and what becomes of it, step by step.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

[ "$(id -u)" = 0 ] || fail 77 'the demo needs root for network namespaces: sudo npm run demo'
scripts/setup.sh test
exec node dist/test/lab/demo.js
