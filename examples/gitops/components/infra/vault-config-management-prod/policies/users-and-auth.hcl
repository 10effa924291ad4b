# namespaces: ua
path "users-and-auth/data/prod/*" {
  capabilities = ["read"]
}

path "users-and-auth/metadata/prod/*" {
  capabilities = ["read", "list"]
}
