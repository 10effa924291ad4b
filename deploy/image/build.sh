#!/bin/sh
# Builds the binary for an architecture and makes the image's root file system of it.
#
#   deploy/image/build.sh ARCHITECTURE DIRECTORY    with Docker's name of the architecture
set -eu

case $1 in
    amd64) target=x86_64-unknown-linux-musl ;;
    arm64) target=aarch64-unknown-linux-musl ;;
    *) echo "error: no image for the architecture '$1'" >&2 && exit 2 ;;
esac
rustup target add wasm32-unknown-unknown "$target"
# From a context without .git, so without the date of its commit.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0} cargo xtask release --target "$target" --out /tmp/release
mkdir -p /tmp/unpacked
tar -xzf /tmp/release/oarlock-v*-"$target".tar.gz -C /tmp/unpacked --strip-components=1
"$(dirname "$0")/rootfs.sh" /tmp/unpacked/oarlock "$2"
