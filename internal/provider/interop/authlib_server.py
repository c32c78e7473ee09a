"""Other authorization servers for the interoperability tests: the registration and management endpoints of Authlib
(RFC 7591, RFC 7592) over TLS on loopback, one server at each port. Like server.mjs it takes one JSON line a command on
standard input ("start" makes another server), answers each with one, and ends when standard input closes."""

import json
import logging
import secrets
import ssl
import sys
import tempfile
import threading

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.jose import JsonWebKey
from authlib.oauth2.rfc7591 import ClientRegistrationEndpoint
from authlib.oauth2.rfc7591.errors import InvalidSoftwareStatementError
from authlib.oauth2.rfc7592 import ClientConfigurationEndpoint
from flask import Flask, jsonify, request
from werkzeug.serving import make_server

METADATA = {
    'scopes_supported': ['openid', 'offline_access', 'accounts', 'payments'],
    'response_types_supported': ['code'],
    'grant_types_supported': ['authorization_code', 'refresh_token', 'client_credentials'],
    'token_endpoint_auth_methods_supported': ['client_secret_basic', 'client_secret_post', 'none'],
}


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


class Endpoint:
    """What both endpoints have; each belongs to a server, which belongs to a tenant."""

    @property
    def tenant(self):
        return self.server.tenant

    def get_server_metadata(self):
        return METADATA


class Registration(Endpoint, ClientRegistrationEndpoint):
    @property
    def software_statement_alg_values_supported(self):
        return ['ES256'] if self.tenant.options.get('statementKey') else None

    def authenticate_token(self, req):
        wanted = self.tenant.options.get('initialAccessToken')
        return 'anybody' if not wanted or secrets.compare_digest(bearer(req.headers), wanted) else None

    def extract_client_metadata(self, req):
        if self.tenant.options.get('statementKey') and 'software_statement' not in (req.data or {}):
            raise InvalidSoftwareStatementError()
        return super().extract_client_metadata(req)

    def resolve_public_key(self, _):
        return JsonWebKey.import_key(self.tenant.options['statementKey'])

    def save_client(self, client_info, client_metadata, _):
        client = Client(client_info, client_metadata)
        self.tenant.clients[client.get_client_id()] = client
        return client

    def generate_client_registration_info(self, client, _):
        return self.tenant.registration_info(client, False)


class Configuration(Endpoint, ClientConfigurationEndpoint):
    def authenticate_token(self, req):
        token = bearer(req.headers)
        return token if token in self.tenant.tokens else None

    def authenticate_client(self, req):
        client_id = request.view_args['client_id']
        return self.tenant.clients.get(client_id) if self.tenant.tokens.get(req.credential) == client_id else None

    def revoke_access_token(self, _, token):
        self.tenant.tokens.pop(token, None)

    def check_permission(self, *_):
        return True

    def delete_client(self, client, _):
        del self.tenant.clients[client.get_client_id()]
        self.tenant.forget(client.get_client_id())

    def update_client(self, client, client_metadata, _):
        client.client_metadata = client_metadata
        return client

    def generate_client_registration_info(self, client, req):
        return self.tenant.registration_info(client, self.tenant.options.get('rotate', False))


class Tenant:
    """One server: its clients by ID, the owners of registration access tokens, and the requests that came."""

    def __init__(self, tls, **options):
        self.options, self.clients, self.tokens, self.requests = options, {}, {}, []
        app = Flask('authlib_server')
        server = AuthorizationServer(app, self.clients.get, lambda *_: None)
        server.tenant = self
        server.register_endpoint(Registration)
        server.register_endpoint(Configuration)
        if not options.get('undiscovered'):
            app.add_url_rule('/.well-known/oauth-authorization-server', view_func=self.discovery)

        @app.post('/clients')
        def register():
            self.requests.append('POST')
            return server.create_endpoint_response(Registration.ENDPOINT_NAME)

        @app.route('/clients/<client_id>', methods=['GET', 'PUT', 'DELETE'])
        def manage(client_id):
            self.requests.append(request.method)
            return server.create_endpoint_response(Configuration.ENDPOINT_NAME)

        listener = make_server('127.0.0.1', 0, app, threaded=True, ssl_context=context(tls))
        self.issuer = f'https://127.0.0.1:{listener.server_port}'
        threading.Thread(target=listener.serve_forever, daemon=True).start()

    def discovery(self):
        return jsonify(issuer=self.issuer, registration_endpoint=f'{self.issuer}/clients', token_endpoint=f'{self.issuer}/token', **METADATA)

    def forget(self, client_id):
        for token in [token for token, owner in self.tokens.items() if owner == client_id]:
            del self.tokens[token]

    def registration_info(self, client, rotate):
        """Where and with what a client is managed; a rotation kills the tokens before."""
        client_id = client.get_client_id()
        if rotate:
            self.forget(client_id)
        known = [token for token, owner in self.tokens.items() if owner == client_id] or [secrets.token_urlsafe(32)]
        self.tokens[known[0]] = client_id
        return {'registration_client_uri': f'{self.issuer}/clients/{client_id}?via=authlib', 'registration_access_token': known[0]}


def context(tls):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile('w') as chain:
        chain.write(tls['key'] + tls['cert'])
        chain.flush()
        made.load_cert_chain(chain.name)
    return made


TENANTS = []


def command(command, tenant=None, client_id=None, patch=None, **options):
    if command == 'start':
        TENANTS.append(Tenant(**options))
        issuer = TENANTS[-1].issuer
        return {'tenant': len(TENANTS) - 1, 'issuer': issuer, 'registration_endpoint': f'{issuer}/clients', 'initial_access_token': options.get('initialAccessToken')}
    to = TENANTS[tenant]
    if command == 'clients':
        return [{**c.client_info, **c.client_metadata} for c in to.clients.values()]
    if command == 'requests':
        return to.requests
    if command == 'lose':
        to.tokens.clear()
        return True
    to.clients[client_id].client_metadata.update(patch)
    return True


logging.getLogger('werkzeug').setLevel(logging.ERROR)
for line in sys.stdin:
    try:
        answer = {'result': command(**json.loads(line))}
    except Exception as err:  # Whatever it is, the test has to hear of it.
        answer = {'error': repr(err)}
    print(json.dumps(answer), flush=True)
