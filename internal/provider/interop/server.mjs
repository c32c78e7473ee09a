// Real authorization servers for the interoperability tests: node oidc-provider
// over TLS on loopback, one at each port. It takes one JSON line a command on
// standard input ("start" makes another server) and answers each with one; it
// ends when standard input closes, as it does when the tests die.
import https from 'node:https';
import readline from 'node:readline';
import Provider from 'oidc-provider';

// Store keeps what one server knows, so that a test can look at it and change it.
class Store {
  constructor() { this.held = new Map(); this.ahead = 0; }
  now() { return Math.floor(Date.now() / 1000) + this.ahead; }
  ids(prefix) { return [...this.held.keys()].filter((key) => key.startsWith(prefix)); }
  adapter() {
    const store = this;
    return class {
      constructor(name) { this.name = name; }
      key(id) { return `${this.name}:${id}`; }
      async upsert(id, payload, lifetime) { store.held.set(this.key(id), { payload, ends: lifetime ? store.now() + lifetime : Infinity }); }
      async find(id) {
        const held = store.held.get(this.key(id));
        return held && held.ends > store.now() ? held.payload : undefined;
      }
      async destroy(id) { store.held.delete(this.key(id)); }
      async consume(id) { const held = store.held.get(this.key(id)); if (held) held.payload.consumed = store.now(); }
      async findByUserCode() { return undefined; }
      async findByUid() { return undefined; }
      async revokeByGrantId() {}
    };
  }
}

const configuration = (options, store) => ({
  adapter: store.adapter(),
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

const open = async (secrets) => {
  const server = https.createServer(secrets);
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { server, origin: `https://127.0.0.1:${server.address().port}` };
};

const tenants = [];

// start answers where the new server is. Mutual TLS is everywhere, or at an alias
// only, where the plain address takes no registrations then (RFC 8705 §5).
const start = async ({ tls, ...options }) => {
  const plain = { key: tls.key, cert: tls.cert };
  const mutual = { ...plain, ca: tls.ca, requestCert: true, rejectUnauthorized: true };
  const main = await open(options.mutual === 'required' ? mutual : plain);
  const alias = options.mutual === 'alias' ? await open(mutual) : undefined;
  const tenant = { store: new Store(), requests: [], issuer: main.origin };
  const discovery = alias ? { mtls_endpoint_aliases: { registration_endpoint: `${alias.origin}/reg`, token_endpoint: `${alias.origin}/token` } } : {};
  const provider = new Provider(main.origin, { ...configuration(options, tenant.store), discovery });
  provider.on('server_error', (ctx, err) => { console.error(err); });
  const callback = provider.callback();
  for (const one of [main, alias].filter(Boolean)) {
    one.server.on('request', (req, res) => {
      if (req.url.startsWith('/reg')) tenant.requests.push(req.method);
      if (alias && one === main && req.url.startsWith('/reg')) {
        res.writeHead(403, { 'Content-Type': 'application/json' }).end('{"error":"invalid_client","error_description":"use the alias"}');
        return;
      }
      callback(req, res);
    });
  }
  const token = options.policies ? await new provider.InitialAccessToken({ policies: ['contacts'] }).save() : options.initialAccessToken;
  return { tenant: tenants.push(tenant) - 1, issuer: main.origin, registration_endpoint: `${(alias ?? main).origin}/reg`, initial_access_token: token };
};

const commands = {
  start: (_, options) => start(options),
  clients: ({ store }) => store.ids('Client:').map((key) => store.held.get(key).payload),
  edit: ({ store }, { client_id: id, patch }) => {
    const held = store.held.get(`Client:${id}`);
    if (!held) throw new Error('no such client');
    held.payload = { ...held.payload, ...patch };
    return true;
  },
  lose: ({ store }) => { store.ids('RegistrationAccessToken:').forEach((key) => store.held.delete(key)); return true; },
  wait: ({ store }, { seconds }) => { store.ahead += seconds; return true; },
  requests: ({ requests }) => requests,
};

for await (const line of readline.createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { command, tenant, ...rest } = JSON.parse(line);
    answer = { result: await commands[command](tenants[tenant], rest) };
  } catch (err) {
    answer = { error: String(err) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
