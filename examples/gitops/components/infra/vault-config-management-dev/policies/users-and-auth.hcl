# namespaces: ua
path "users-and-auth/data/dev/*" {
  capabilities = ["read"]
}

path "users-and-auth/metadata/dev/*" {
  capabilities = ["read", "list"]
}
