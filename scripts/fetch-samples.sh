#!/bin/sh
# Extracts Debian's package fail2ban, without installing it, for the tests that compare with it: its filters and its sample logs. They are
# GPL and its own: read there, never copied from there. usage: scripts/fetch-samples.sh       As root; does nothing the second time.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

dest=${RINGJAIL_TEST_CACHE:-/var/cache/ringjail-test}/fail2ban
if [ -e "$dest" ] || [ "$(id -u)" != 0 ]; then exit 0; fi
say "extracting Debian's package fail2ban to $dest (not installed), to be judged by its samples"
new=$(mktemp -d)
trap 'rm -rf "$new"' EXIT
# apt downloads as a user of its own.
chmod 755 "$new"
(cd "$new" && apt-get download -qq fail2ban >/dev/null 2>&1) || {
  say 'it cannot be downloaded; the tests that need it are skipped, and say so'
  exit 0
}
mkdir -p "$(dirname "$dest")"
dpkg-deb -x "$new"/fail2ban_*.deb "$new/tree"
cp -a "$new/tree" "$dest.new"
mv -T "$dest.new" "$dest"
