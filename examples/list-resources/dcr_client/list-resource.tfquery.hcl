# Also those that a state has, for a state that was lost.
list "dcr_client" "all" {
  provider = dcr

  config {
    known = true
  }
}
