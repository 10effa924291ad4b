# namespaces: ra
path "research-admin/data/prod/*" {
  capabilities = ["read"]
}

path "research-admin/metadata/prod/*" {
  capabilities = ["read", "list"]
}
