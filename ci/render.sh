#!/bin/sh
# Renders everything that the repository deploys, which fails if an Application does not render,
# and fills the render cache of OARLOCK_RENDER_CACHE.
#
#   OARLOCK       the program (default: `oarlock` of the path)
#   OARLOCK_TREE  the checkout (default: the current directory)
set -eu

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
cd -- "${OARLOCK_TREE:-.}"
"${OARLOCK:-oarlock}" render --fleet --output yaml --out "$out/rendered"
