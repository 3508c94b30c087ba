#!/bin/sh
# Builds what is not current: the addon (build/Release/ringjail.node) and the compiled TypeScript (dist/).
# usage: scripts/build.sh [--check]     --check: builds nothing, and fails where something is not current.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

# The addon is current when it was built from the same sources for the same Node ABI.
inputs=$(cat binding.gyp native/*.cc native/*.h node_modules/node-addon-api/package.json | sha256sum | cut -d' ' -f1)-$(node -p 'process.arch + process.versions.modules')
is_addon_current() { [ "$(cat build/inputs 2>/dev/null)" = "$inputs" ] && [ -e build/Release/ringjail.node ]; }

# tsc is asked only when a source is newer than its last run, as most starts change nothing.
is_compiled() { [ -e dist/built ] && [ -z "$(find src test bench tsconfig.json package-lock.json -newer dist/built -print -quit)" ]; }

if [ "${1:-}" = --check ]; then is_addon_current && is_compiled && exit; exit 1; fi

if ! is_addon_current; then
  say 'building the addon (native/)'
  headers=$(scripts/node-headers.sh)
  rm -f build/inputs
  mkdir -p build
  if ! npx --no-install node-gyp rebuild ${headers:+"--nodedir=$headers"} --loglevel=error >build.log 2>&1; then
    cat build.log >&2
    rm -f build.log
    fail 70 'the addon does not build; what it needs is installed by scripts/setup.sh, as npm start and npm test do: sudo scripts/setup.sh run'
  fi
  rm -f build.log
  echo "$inputs" >build/inputs
fi

if ! is_compiled; then
  say 'compiling TypeScript'
  # A file that was deleted or renamed must not live on in dist.
  rm -rf dist
  npx --no-install tsc
  chmod +x dist/src/cli/ringjail.js
  touch dist/built
fi
