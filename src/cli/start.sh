#!/bin/sh
# Starts the service with a heap that fits the memory its container may have. Node 20 to 24 give a heap half of that, whatever
# the other half is needed for: little, and never more than some 110 MB.
# Left to itself Node lets garbage grow to three times what is in use before it collects: half as much is enough, and three
# semi-spaces of 8 MB for new objects instead of 16.
set -eu
cgroup="${CGROUP_FOLDER:-/sys/fs/cgroup}"
megabyte=1048576
# No container is larger: version 1 writes a number near 2^63 where there is no limit, version 2 "max".
largest_mb=1048576
limit=$(cat "$cgroup/memory.max" 2>/dev/null || cat "$cgroup/memory/memory.limit_in_bytes" 2>/dev/null || echo max)

heap_flag() {
  case "${NODE_OPTIONS:-}" in *max-old-space-size* | *max_old_space_size*) return ;; esac
  case "$limit" in '' | *[!0-9]*) return ;; esac
  limit_mb=$((limit / megabyte))
  [ "$limit_mb" -lt "$largest_mb" ] || return 0
  heap=$((limit_mb * 3 / 4))
  [ "$heap" -le $((limit_mb - 112)) ] || heap=$((limit_mb - 112))
  [ "$heap" -ge $((limit_mb / 2)) ] || heap=$((limit_mb / 2))
  # Node adds the room for new objects to this.
  old=$((heap - 24))
  [ "$old" -ge 32 ] || old=32
  echo "--max-old-space-size=$old"
}

program="$(dirname "$0")/../../dist/main.js"
[ -e "$program" ] || {
  echo "proxbox-api cannot start: it is not compiled. Run npm ci, or npm run build." >&2
  exit 1
}
# shellcheck disable=SC2046
exec node --max-semi-space-size=8 --heap-growing-percent=50 $(heap_flag) "$program" "$@"
