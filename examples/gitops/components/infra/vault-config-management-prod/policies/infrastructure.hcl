# namespaces: cert-manager
path "infrastructure/data/prod/*" {
  capabilities = ["read"]
}

path "infrastructure/metadata/prod/*" {
  capabilities = ["read", "list"]
}
