#!/bin/sh
# Copies what the program needs to run to DEST, for users who cannot read this checkout; does nothing where DEST is current.
# usage: scripts/stage.sh DEST          As root, after a build. DEST/bin/ringjail then starts the program.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh
umask 022

dest=${1:?usage: scripts/stage.sh DEST}

dependencies=$(node scripts/staged-packages.js)
parts="dist/src build/Release/ringjail.node build-sqlite/better_sqlite3.node package.json config $dependencies"
for text in README.md LICENSE; do [ ! -e "$text" ] || parts="$parts $text"; done

# Others must be able to execute node, and the service's ProtectHome= and PrivateTmp= must not hide it: else it is taken along.
node=$(node -p process.execPath)
taken=
case $node in
  /home/* | /root/* | /run/* | /tmp/* | /var/tmp/*) taken=$node ;;
  *) setpriv --reuid=65534 --regid=65534 --clear-groups -- test -x "$node" || taken=$node ;;
esac

# shellcheck disable=SC2086 # a list of paths
inputs=$({
  find $parts -type f ! -name '*.map' -exec sha256sum {} + | sort
  find config -type f -printf '%m %p\n' | sort
  stat -c '%n %s %Y %i' "$node"
  echo "$taken"
  cat scripts/stage.sh
} | sha256sum)
[ "$(cat "$dest/staged" 2>/dev/null)" != "$inputs" ] || exit 0

say "copying the program to $dest"
mkdir -p "$(dirname "$dest")"
new=$(mktemp -d "$dest.XXXXXX")
trap 'rm -rf "$new"' EXIT
trap 'exit 1' HUP INT TERM
# shellcheck disable=SC2086
cp -RL --parents $parts "$new"
find "$new/dist" -name '*.map' -delete
mkdir "$new/bin"
if [ -n "$taken" ]; then
  say "copying $node too, as not everybody can use it where it is"
  cp -L "$node" "$new/bin/node"
  "$new/bin/node" -e 0 || fail 69 "$node does not run when it is copied; use a node of the system (below /usr)"
  node=$dest/bin/node
fi
cat >"$new/bin/ringjail" <<END
#!/bin/sh
exec '$node' '$dest/dist/src/cli/ringjail.js' "\$@"
END
chmod -R u=rwX,go=rX "$new"
chmod 755 "$new/bin/ringjail"
# What was not for everybody to read (a secret in a *.local) stays so: it is for the daemon.
find config -type f ! -perm -o=r | while read -r file; do
  chgrp ringjail "$new/$file"
  chmod 640 "$new/$file"
done
echo "$inputs" >"$new/staged"

# The old one goes only when the new one is whole.
rm -rf "$dest.old"
[ ! -e "$dest" ] || mv -T "$dest" "$dest.old"
mv -T "$new" "$dest"
rm -rf "$dest.old"
