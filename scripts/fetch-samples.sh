#!/bin/sh
# Extracts a Debian package, without installing it, for what compares with it: fail2ban's configuration, sample logs and programs for the
# tests, sshguard's parser for bench/. They are GPL and their own: read there, never copied from there.
# usage: scripts/fetch-samples.sh [PACKAGE]       As root; fail2ban where none is named; does nothing the second time.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

package=${1:-fail2ban}
dest=${RINGJAIL_TEST_CACHE:-/var/cache/ringjail-test}/$package
if [ -e "$dest" ] || [ "$(id -u)" != 0 ]; then exit 0; fi
say "extracting Debian's package $package to $dest (not installed), to be compared with"
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
# apt downloads as a user of its own.
chmod 755 "$new"
(cd "$new" && apt-get download -qq "$package" >/dev/null 2>&1) || {
  say 'it cannot be downloaded; what needs it is skipped, and says so'
  exit 0
}
mkdir -p "$(dirname "$dest")"
dpkg-deb -x "$new/$package"_*.deb "$new/tree"
cp -a "$new/tree" "$dest.new"
mv -T "$dest.new" "$dest"
