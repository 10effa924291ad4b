#!/bin/sh
# Brings Vault's policies and auth roles to what this repository says. Writes no secret and reads none.
set -eu

VAULT_TOKEN=$(vault write -field=token auth/kubernetes/login \
  role=configuration jwt=@/var/run/secrets/vault/token)
export VAULT_TOKEN

for policy in /etc/vault-policies/*.hcl; do
  name=$(basename "$policy" .hcl)
  vault policy write "$name" "$policy"
  for cluster in $CLUSTERS; do
    vault write "auth/kubernetes-$cluster/role/$name" \
      bound_service_account_names=vault-auth \
      bound_service_account_namespaces="$(sed -n 's/^# namespaces: //p' "$policy")" \
      audience="$AUDIENCE" policies="$name" ttl=10m
  done
done
