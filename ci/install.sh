#!/bin/sh
# Installs a release of Oarlock: downloads the archive for this machine and SHA256SUMS, compares
# the two, and unpacks the archive.
#
#   OARLOCK_VERSION      the release, as 0.1.0
#   OARLOCK_INSTALL_DIR  where to unpack; `oarlock` and the scripts of `ci/` are there afterwards
#   OARLOCK_RELEASES     where releases are (default: those of the project)
#   OARLOCK_TARGET       the archive's target (default: that of this machine)
set -eu

version=${OARLOCK_VERSION:?the release to install, as 0.1.0}
version=${version#v}
directory=${OARLOCK_INSTALL_DIR:?the directory to unpack the release into}
releases=${OARLOCK_RELEASES:-https://github.com/oarlock/oarlock/releases/download}

fail() {
    echo "error: $1" >&2
    exit 2
}

case $version in
    '' | *[!0-9A-Za-z.+-]*) fail "OARLOCK_VERSION is not the number of a release" ;;
esac

if [ -z "${OARLOCK_TARGET:-}" ]; then
    case $(uname -m) in
        x86_64 | amd64) processor=x86_64 ;;
        aarch64 | arm64) processor=aarch64 ;;
        *) fail "there is no release for the processor $(uname -m)" ;;
    esac
    case $(uname -s) in
        Linux) OARLOCK_TARGET=$processor-unknown-linux-musl ;;
        Darwin) OARLOCK_TARGET=$processor-apple-darwin ;;
        *) fail "there is no release for $(uname -s)" ;;
    esac
fi

name=oarlock-v$version-$OARLOCK_TARGET
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

download() {
    curl --proto '=https,file' --proto-redir '=https' --fail --silent --show-error --location \
        --retry 3 --max-time 300 --output "$scratch/$1" "$releases/v$version/$1" ||
        fail "cannot download $releases/v$version/$1"
}

download "$name.tar.gz"
download SHA256SUMS

awk -v name="$name.tar.gz" '$2 == name || $2 == "*" name' "$scratch/SHA256SUMS" >"$scratch/expected"
[ -s "$scratch/expected" ] || fail "SHA256SUMS of v$version does not list $name.tar.gz"
if command -v sha256sum >/dev/null 2>&1; then
    (cd "$scratch" && sha256sum -c expected >/dev/null 2>&1)
else
    (cd "$scratch" && shasum -a 256 -c expected >/dev/null 2>&1)
fi || fail "$name.tar.gz does not have the checksum that SHA256SUMS lists"

mkdir -p -- "$directory"
tar -xzf "$scratch/$name.tar.gz" -C "$directory" --strip-components=1
"$directory/oarlock" --version
