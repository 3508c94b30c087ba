#!/bin/sh
# Creates the system user and group ringjail, where they are missing, as systemd/ringjail.sysusers has them. As root.
set -eu
cd "$(dirname "$0")/.."
. scripts/say.sh

if getent passwd ringjail >/dev/null && getent group ringjail >/dev/null; then exit 0; fi
say 'creating the system user ringjail, which the daemon runs as'
if command -v systemd-sysusers >/dev/null; then
  systemd-sysusers "$PWD/systemd/ringjail.sysusers" >&2
else
  groupadd --system --force ringjail
  useradd --system --gid ringjail --home-dir /var/lib/ringjail --no-create-home --shell /usr/sbin/nologin ringjail
fi
