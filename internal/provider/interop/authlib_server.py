"""Another authorization server for the interoperability tests: the registration and management endpoints of
Authlib (RFC 7591, RFC 7592) on loopback. Like server.mjs it prints one JSON line with its issuer when it listens,
takes one JSON line a command on standard input, and ends when standard input closes."""

import json
import logging
import secrets
import sys
import threading

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.jose import JsonWebKey
from authlib.oauth2.rfc7591 import ClientRegistrationEndpoint
from authlib.oauth2.rfc7591.errors import InvalidSoftwareStatementError
from authlib.oauth2.rfc7592 import ClientConfigurationEndpoint
from flask import Flask, jsonify, request
from werkzeug.serving import make_server

OPTIONS = json.loads(sys.argv[1]) if len(sys.argv) > 1 else {}
METADATA = {
    'scopes_supported': ['openid', 'offline_access', 'accounts', 'payments'],
    'response_types_supported': ['code'],
    'grant_types_supported': ['authorization_code', 'refresh_token', 'client_credentials'],
    'token_endpoint_auth_methods_supported': ['client_secret_basic', 'client_secret_post', 'none'],
}
CLIENTS, TOKENS, REQUESTS = {}, {}, []


class Client:
    """One registered client."""

    def __init__(self, info, metadata):
        self.client_info, self.client_metadata = info, metadata

    def get_client_id(self):
        return self.client_info['client_id']

    def check_client_secret(self, secret):
        return secrets.compare_digest(secret, self.client_info['client_secret'])


def bearer(headers):
    """The token of an Authorization header, empty without one."""
    scheme, _, token = headers.get('Authorization', '').partition(' ')
    return token if scheme.lower() == 'bearer' else ''


def registration_info(client, rotate):
    """Where and with what a client is managed; a rotation kills the tokens before."""
    client_id = client.get_client_id()
    known = [token for token, owner in TOKENS.items() if owner == client_id]
    if rotate or not known:
        for token in known:
            del TOKENS[token]
        known = [secrets.token_urlsafe(32)]
        TOKENS[known[0]] = client_id
    return {'registration_client_uri': f'{ISSUER}/clients/{client_id}?via=authlib', 'registration_access_token': known[0]}


class Published:
    """What both endpoints check metadata against."""

    def get_server_metadata(self):
        return METADATA


class Registration(Published, ClientRegistrationEndpoint):
    software_statement_alg_values_supported = ['ES256'] if OPTIONS.get('statementKey') else None

    def authenticate_token(self, req):
        wanted = OPTIONS.get('initialAccessToken')
        return 'anybody' if not wanted or secrets.compare_digest(bearer(req.headers), wanted) else None

    def extract_client_metadata(self, req):
        if OPTIONS.get('statementKey') and 'software_statement' not in (req.data or {}):
            raise InvalidSoftwareStatementError()
        return super().extract_client_metadata(req)

    def resolve_public_key(self, _):
        return JsonWebKey.import_key(OPTIONS['statementKey'])

    def save_client(self, client_info, client_metadata, _):
        client = Client(client_info, client_metadata)
        CLIENTS[client.get_client_id()] = client
        return client

    def generate_client_registration_info(self, client, _):
        return registration_info(client, False)


class Configuration(Published, ClientConfigurationEndpoint):
    def authenticate_token(self, req):
        token = bearer(req.headers)
        return token if token in TOKENS else None

    def authenticate_client(self, req):
        client_id = request.view_args['client_id']
        return CLIENTS.get(client_id) if TOKENS.get(req.credential) == client_id else None

    def revoke_access_token(self, _, token):
        TOKENS.pop(token, None)

    def check_permission(self, *_):
        return True

    def delete_client(self, client, _):
        del CLIENTS[client.get_client_id()]
        for token in [t for t, owner in TOKENS.items() if owner == client.get_client_id()]:
            del TOKENS[token]

    def update_client(self, client, client_metadata, _):
        client.client_metadata = client_metadata
        return client

    def generate_client_registration_info(self, client, req):
        return registration_info(client, OPTIONS.get('rotate', False))


app = Flask('authlib_server')
server = AuthorizationServer(app, CLIENTS.get, lambda *_: None)
server.register_endpoint(Registration)
server.register_endpoint(Configuration)


@app.get('/.well-known/oauth-authorization-server')
def discovery():
    return jsonify(issuer=ISSUER, registration_endpoint=f'{ISSUER}/clients', token_endpoint=f'{ISSUER}/token', **METADATA)


@app.post('/clients')
def register():
    REQUESTS.append('POST')
    return server.create_endpoint_response(Registration.ENDPOINT_NAME)


@app.route('/clients/<client_id>', methods=['GET', 'PUT', 'DELETE'])
def manage(client_id):
    REQUESTS.append(request.method)
    return server.create_endpoint_response(Configuration.ENDPOINT_NAME)


def command(name, client_id=None, patch=None):
    if name == 'clients':
        return [{**c.client_info, **c.client_metadata} for c in CLIENTS.values()]
    if name == 'requests':
        return REQUESTS
    if name == 'lose':
        TOKENS.clear()
        return True
    CLIENTS[client_id].client_metadata.update(patch)
    return True


logging.getLogger('werkzeug').setLevel(logging.ERROR)
listener = make_server('127.0.0.1', 0, app, threaded=True)
ISSUER = f'http://127.0.0.1:{listener.server_port}'
threading.Thread(target=listener.serve_forever, daemon=True).start()
print(json.dumps({'issuer': ISSUER}), flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    try:
        answer = {'result': command(asked['command'], asked.get('client_id'), asked.get('patch'))}
    except Exception as err:  # Whatever it is, the test has to hear of it.
        answer = {'error': repr(err)}
    print(json.dumps(answer), flush=True)
