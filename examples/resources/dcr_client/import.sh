# The registration_client_uri. The registration access token is never part of the ID: IDs end up in
# shell histories, plans and logs. A server that replaces the token at each read needs this form of
# import, or an import block that is applied directly: a plan would lose the new token.
export DCR_REGISTRATION_ACCESS_TOKEN="$(cat token.txt)"
terraform import dcr_client.complete 'https://auth.bank.example/reg/3f0c?x=y'

# Or a JSON object, to say more.
terraform import dcr_client.complete '{"registration_client_uri":"https://auth.bank.example/reg/3f0c","client_id":"abc","issuer":"https://auth.bank.example"}'
