# shellcheck shell=sh
# Sourced by the other scripts: one way to tell people what is being done.
say() { echo "ringjail: $*" >&2; }
fail() { code=$1; shift; say "$*"; exit "$code"; }
