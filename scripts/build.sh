#!/bin/sh
# Builds what is not current: the addon (build/Release/ringjail.node) and the compiled TypeScript (dist/).
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

# The addon is current when it was built from the same sources for the same Node ABI.
inputs=$(cat binding.gyp native/*.cc native/*.h node_modules/node-addon-api/package.json | sha256sum | cut -d' ' -f1)-$(node -p 'process.arch + process.versions.modules')
if [ "$(cat build/inputs 2>/dev/null)" != "$inputs" ] || [ ! -e build/Release/ringjail.node ]; then
  say 'building the addon (native/)'
  headers=$(scripts/node-headers.sh)
  rm -f build/inputs
  mkdir -p build
  if ! npx --no-install node-gyp rebuild ${headers:+"--nodedir=$headers"} --loglevel=error >build.log 2>&1; then
    cat build.log >&2
    rm -f build.log
    fail 70 'the addon does not build'
  fi
  rm -f build.log
  echo "$inputs" >build/inputs
fi

# tsc is incremental; it is asked only when a source is newer than its last run, as most starts change nothing.
if [ ! -e dist/built ] || [ -n "$(find src test bench tsconfig.json package-lock.json -newer dist/built -print -quit)" ]; then
  say 'compiling TypeScript'
  # A file that was deleted or renamed must not live on in dist.
  rm -rf dist
  npx --no-install tsc
  chmod +x dist/src/cli/ringjail.js
  touch dist/built
fi
