#!/bin/sh
# Makes the root file system of the image: the binary, who runs it, the certificates that it trusts,
# and the directories that it writes to or that are mounted. Needs root, for owners.
#
#   deploy/image/rootfs.sh BINARY DIRECTORY
#
# A binary that is not static, as one for a test, gets its libraries.
set -eu

binary=$1
root=$2
user=999

# What must not be left over is never there.
mkdir -- "$root"
install -D -m 0755 -- "$binary" "$root/usr/local/bin/oarlock"
install -d -m 0755 "$root/etc/ssl/certs" "$root/etc/oarlock" "$root/home/argocd"
install -m 0644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
printf 'root:x:0:0:root:/:/sbin/nologin\nargocd:x:%s:%s:argocd:/home/argocd:/sbin/nologin\n' "$user" "$user" >"$root/etc/passwd"
printf 'root:x:0:\nargocd:x:%s:\n' "$user" >"$root/etc/group"
# Sockets of plugins: a volume that the sidecar shares with the repo-server.
install -d -m 0755 -o "$user" -g "$user" "$root/home/argocd/cmp-server" "$root/home/argocd/cmp-server/plugins"
# The code of plugins that the operator adds. It is only taken from a directory that nobody else
# could have written.
install -d -m 0700 -o "$user" -g "$user" "$root/var/cache/oarlock"

# `ldd` fails for a static binary.
if libraries=$(ldd -- "$binary" 2>/dev/null); then
    printf '%s\n' "$libraries" | grep -o '/[^ )]*' | sort -u | while IFS= read -r library; do
        install -D -m 0755 -- "$library" "$root$library"
    done
fi
