#!/bin/sh
# Gives the prod overlays the images that their dev overlays run, and prints what changed as a Markdown table.
#
#   scripts/promote-images.sh                          every component that has both overlays
#   scripts/promote-images.sh ua/messages ra/…         only these
#   EXCLUDE="ua/users-v1" scripts/promote-images.sh    every component but these
#
# Release candidates stay on dev. Nothing is printed and nothing changes where dev and prod agree.
set -eu
cd "$(dirname "$0")/.."

image() { sed -n 's/^ *image: *//p' "$1"; }

if [ $# -eq 0 ]; then
  set -- $(ls -d components/*/*/overlays/dev/patch-image.yml | cut -d/ -f2,3)
fi

header="| component | from | to |
|---|---|---|"
for component; do
  case " ${EXCLUDE:-} " in *" $component "*) continue ;; esac
  dev="components/$component/overlays/dev/patch-image.yml"
  prod="components/$component/overlays/prod/patch-image.yml"
  [ -f "$dev" ] || { echo "$component: no $dev" >&2; exit 1; }
  [ -f "$prod" ] || continue

  new=$(image "$dev")
  old=$(image "$prod")
  [ "$new" != "$old" ] || continue
  case "$new" in *-rc.*) echo "$component: dev runs the release candidate $new, left alone" >&2; continue ;; esac
  [ "${new%:*}" = "${old%:*}" ] || { echo "$component: dev runs another repository: $new, not $old" >&2; exit 1; }

  sed "s|^\( *image: *\).*|\1$new|" "$prod" > "$prod.new"
  mv "$prod.new" "$prod"
  [ -z "$header" ] || echo "$header"
  header=
  echo "| \`$component\` | \`${old##*:}\` | \`${new##*:}\` |"
done
