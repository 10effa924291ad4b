# namespaces: ra
path "research-admin/data/dev/*" {
  capabilities = ["read"]
}

path "research-admin/metadata/dev/*" {
  capabilities = ["read", "list"]
}
