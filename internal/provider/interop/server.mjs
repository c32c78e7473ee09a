// A real authorization server for the interoperability tests: node oidc-provider
// on loopback. It prints one JSON line with its issuer when it listens, takes
// one JSON line a command on standard input (edits of a client by "another
// actor"), and ends when standard input closes.
import http from 'node:http';
import readline from 'node:readline';
import Provider from 'oidc-provider';

const options = JSON.parse(process.argv[2] ?? '{}');

// Clients are kept here, so that a test can look at them and change them.
const store = new Map();
class Adapter {
  constructor(name) { this.name = name; }
  key(id) { return `${this.name}:${id}`; }
  async upsert(id, payload) { store.set(this.key(id), payload); }
  async find(id) { return store.get(this.key(id)); }
  async destroy(id) { store.delete(this.key(id)); }
  async consume(id) { const p = store.get(this.key(id)); if (p) p.consumed = Math.floor(Date.now() / 1000); }
  async findByUserCode() { return undefined; }
  async findByUid() { return undefined; }
  async revokeByGrantId() {}
}

const server = http.createServer();
await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
const issuer = `http://127.0.0.1:${server.address().port}`;

const requests = [];
const provider = new Provider(issuer, {
  adapter: Adapter,
  scopes: ['openid', 'offline_access', 'accounts', 'payments'],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    registration: { enabled: true, initialAccessToken: options.initialAccessToken ?? false },
    registrationManagement: { enabled: true, rotateRegistrationAccessToken: options.rotate ?? true },
  },
  responseTypes: ['code', 'code id_token', 'id_token', 'none'],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
});
provider.on('server_error', (ctx, err) => { console.error(err); });
server.on('request', (req, res) => {
  requests.push(`${req.method} ${req.url.split('?')[0].replace(/^(\/reg)\/.*/, '$1/{client_id}')}`);
  provider.callback()(req, res);
});

const clients = () => [...store.entries()].filter(([k]) => k.startsWith('Client:')).map(([, v]) => v);
const commands = {
  clients: () => clients(),
  edit: ({ client_id: id, patch }) => {
    const client = store.get(`Client:${id}`);
    if (!client) throw new Error('no such client');
    store.set(`Client:${id}`, { ...client, ...patch });
    return true;
  },
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
}).on('close', () => { server.closeAllConnections(); server.close(); process.exit(0); });

process.stdout.write(`${JSON.stringify({ issuer })}\n`);
