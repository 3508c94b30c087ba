#!/bin/sh
# npm test: sets up what is missing, then lints and runs every test. As root (sudo npm test) the system tests run too: they use network and
# mount namespaces of their own, and leave this machine's firewall and files alone. Without root they are skipped, and say so.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

scripts/setup.sh test
scripts/fetch-samples.sh
say 'linting'
npx --no-install biome check .
npx --no-install knip

say 'testing'
# One file at a time: the system tests share the kernel's one log. On Node 20 the shell has to expand the paths.
# shellcheck disable=SC2046 # a list of paths without spaces
exec node --test --test-concurrency=1 --test-timeout=600000 --test-reporter=spec $(find dist/test -name '*.test.js' | sort)
