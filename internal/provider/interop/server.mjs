// A real authorization server for the interoperability tests: node oidc-provider
// on loopback. It prints one JSON line with its issuer when it listens, takes
// one JSON line a command on standard input (edits of a client by "another
// actor"), and ends when standard input closes.
import http from 'node:http';
import https from 'node:https';
import readline from 'node:readline';
import Provider from 'oidc-provider';

const options = JSON.parse(process.argv[2] ?? '{}');
const now = () => Math.floor(Date.now() / 1000);

// Clients are kept here, so that a test can look at them and change them.
const store = new Map();
class Adapter {
  constructor(name) { this.name = name; }
  key(id) { return `${this.name}:${id}`; }
  async upsert(id, payload, lifetime) { store.set(this.key(id), { payload, ends: lifetime ? now() + lifetime : Infinity }); }
  async find(id) {
    const held = store.get(this.key(id));
    return held && held.ends > now() ? held.payload : undefined;
  }
  async destroy(id) { store.delete(this.key(id)); }
  async consume(id) { const held = store.get(this.key(id)); if (held) held.payload.consumed = now(); }
  async findByUserCode() { return undefined; }
  async findByUid() { return undefined; }
  async revokeByGrantId() {}
}

const open = async (server) => {
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return server.address().port;
};
const { tls } = options;
const mutual = tls && { key: tls.key, cert: tls.cert, ca: tls.ca, requestCert: true, rejectUnauthorized: true };
// Mutual TLS everywhere, or at the alias only, where the plain address takes no registrations (RFC 8705 §5).
let server = http.createServer();
if (tls) server = https.createServer(tls.alias ? { key: tls.key, cert: tls.cert } : mutual);
const issuer = `${tls ? 'https' : 'http'}://127.0.0.1:${await open(server)}`;
const servers = [server];
const discovery = {};
if (tls?.alias) {
  servers.push(https.createServer(mutual));
  const origin = `https://127.0.0.1:${await open(servers[1])}`;
  discovery.mtls_endpoint_aliases = { registration_endpoint: `${origin}/reg`, token_endpoint: `${origin}/token` };
}

const requests = [];
const provider = new Provider(issuer, {
  adapter: Adapter,
  discovery,
  scopes: ['openid', 'offline_access', 'accounts', 'payments'],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    registration: {
      enabled: true,
      initialAccessToken: options.policies ? true : options.initialAccessToken ?? false,
      issueRegistrationAccessToken: !options.noToken,
      policies: options.policies ? { contacts: (ctx, properties) => { properties.contacts = ['policy@bank.example']; } } : undefined,
    },
    registrationManagement: { enabled: options.management ?? true, ...(options.management === false ? {} : { rotateRegistrationAccessToken: options.rotate ?? true }) },
  },
  responseTypes: ['code', 'code id_token', 'id_token', 'none'],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
  ttl: options.tokenSeconds ? { RegistrationAccessToken: options.tokenSeconds } : {},
});
provider.on('server_error', (ctx, err) => { console.error(err); });
const callback = provider.callback();
servers.forEach((one, i) => one.on('request', (req, res) => {
  if (req.url.startsWith('/reg')) requests.push(req.method);
  if (tls?.alias && i === 0 && req.url.startsWith('/reg')) {
    res.writeHead(403, { 'Content-Type': 'application/json' }).end('{"error":"invalid_client","error_description":"use the alias"}');
    return;
  }
  callback(req, res);
}));

const ids = (prefix) => [...store.keys()].filter((key) => key.startsWith(prefix));
const commands = {
  clients: () => ids('Client:').map((key) => store.get(key).payload),
  edit: ({ client_id: id, patch }) => {
    const held = store.get(`Client:${id}`);
    if (!held) throw new Error('no such client');
    held.payload = { ...held.payload, ...patch };
    return true;
  },
  lose: () => { ids('RegistrationAccessToken:').forEach((key) => store.delete(key)); return true; },
  requests: () => requests,
};
readline.createInterface({ input: process.stdin }).on('line', (line) => {
  let answer;
  try {
    const { command, ...rest } = JSON.parse(line);
    answer = { result: commands[command](rest) };
  } catch (err) {
    answer = { error: String(err) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}).on('close', () => { servers.forEach((one) => { one.closeAllConnections(); one.close(); }); process.exit(0); });

let initialAccessToken;
if (options.policies) initialAccessToken = await new provider.InitialAccessToken({ policies: ['contacts'] }).save();
process.stdout.write(`${JSON.stringify({ issuer, initial_access_token: initialAccessToken })}\n`);
