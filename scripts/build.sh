#!/bin/sh
# Builds what is not current: SQLite (build-sqlite/better_sqlite3.node), the addon (build/Release/ringjail.node) and the compiled
# TypeScript (dist/).
# usage: scripts/build.sh [--check]     --check: builds nothing, and fails where something is not current.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

# What is native is current when it was built from the same sources for the same Node ABI.
abi=$(node -p 'process.arch + process.versions.modules')
inputs=$(cat binding.gyp native/*.cc native/*.h node_modules/node-addon-api/package.json | sha256sum | cut -d' ' -f1)-$abi
is_addon_current() { [ "$(cat build/inputs 2>/dev/null)" = "$inputs" ] && [ -e build/Release/ringjail.node ]; }

# npm's packages are installed without their scripts, so SQLite is built here. Not below node_modules, which each npm ci empties, nor in
# build/, which node-gyp empties: it takes a minute.
sqlite=node_modules/better-sqlite3
sqlite_inputs=$(find $sqlite/binding.gyp $sqlite/src $sqlite/deps -type f -exec sha256sum {} + | sort | sha256sum | cut -d' ' -f1)-$abi
is_sqlite_current() { [ "$(cat build-sqlite/inputs 2>/dev/null)" = "$sqlite_inputs" ] && [ -e build-sqlite/better_sqlite3.node ]; }

# tsc is asked only when a source is newer than its last run, as most starts change nothing.
is_compiled() { [ -e dist/built ] && [ -z "$(find src test bench tsconfig.json package-lock.json -newer dist/built -print -quit)" ]; }

if [ "${1:-}" = --check ]; then is_sqlite_current && is_addon_current && is_compiled && exit; exit 1; fi

# gyp WHAT DIRECTORY OPTION...: a quiet node-gyp rebuild, whose words are shown where it fails.
gyp() {
  what=$1 directory=$2
  shift 2
  headers=$(scripts/node-headers.sh)
  node_gyp=$PWD/node_modules/.bin/node-gyp
  if ! (cd "$directory" && "$node_gyp" rebuild ${headers:+"--nodedir=$headers"} --loglevel=error "$@") >build.log 2>&1; then
    cat build.log >&2
    rm -f build.log
    fail 70 "$what does not build; what it needs is installed by scripts/setup.sh, as npm start and npm test do: sudo scripts/setup.sh run"
  fi
  rm -f build.log
}

if ! is_sqlite_current; then
  say 'building SQLite (node_modules/better-sqlite3), about a minute'
  rm -rf build-sqlite
  gyp SQLite $sqlite --release -j max
  mkdir build-sqlite
  cp $sqlite/build/Release/better_sqlite3.node build-sqlite/
  rm -rf $sqlite/build
  echo "$sqlite_inputs" >build-sqlite/inputs
fi

if ! is_addon_current; then
  say 'building the addon (native/)'
  rm -f build/inputs
  mkdir -p build
  gyp 'the addon' .
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
