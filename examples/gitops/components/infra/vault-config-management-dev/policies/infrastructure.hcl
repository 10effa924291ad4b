# namespaces: cert-manager
path "infrastructure/data/dev/*" {
  capabilities = ["read"]
}

path "infrastructure/metadata/dev/*" {
  capabilities = ["read", "list"]
}
