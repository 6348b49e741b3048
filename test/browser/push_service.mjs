// A push service of this machine, and the browsers that subscribed there: it reads what a real one cannot (RFC 8291, with the
// browser's own keys) and believes only what is signed (RFC 8292). By node's own cryptography, so that nothing of Vigil checks itself.
import assert from 'node:assert/strict';
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto';
import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

const text = (base64url) => Buffer.from(base64url, 'base64url').toString();
const derived = (key, salt, info, length) => Buffer.from(hkdfSync('sha256', key, salt, info, length));

/** What a browser would give a page: an address and two keys. */
class Subscriber {
  constructor(endpoint) {
    this.endpoint = endpoint;
    this.keys = createECDH('prime256v1');
    this.keys.generateKeys();
    this.auth = randomBytes(16);
  }

  get subscription() {
    return { endpoint: this.endpoint, keys: { p256dh: this.keys.getPublicKey('base64url'), auth: this.auth.toString('base64url') } };
  }

  read(body) {
    const salt = body.subarray(0, 16);
    assert.equal(body.readUInt32BE(16), 4096);
    const from = body.subarray(21, 21 + body[20]);
    const sealed = body.subarray(21 + body[20]);
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.keys.getPublicKey(), from]);
    const key = derived(this.keys.computeSecret(from), this.auth, info, 32);
    const open = createDecipheriv('aes-128-gcm', derived(key, salt, 'Content-Encoding: aes128gcm\0', 16), derived(key, salt, 'Content-Encoding: nonce\0', 12));
    open.setAuthTag(sealed.subarray(-16));
    const plain = Buffer.concat([open.update(sealed.subarray(0, -16)), open.final()]);
    assert.equal(plain.at(-1), 2, 'it is the last record, without padding');
    return JSON.parse(plain.subarray(0, -1));
  }
}

/** The claims of a "vapid t=TOKEN, k=KEY" whose signature is right. */
function claimsOf(authorization) {
  const [, token, key] = /^vapid t=([^,]+), k=(.+)$/.exec(authorization);
  const [header, claims, signature] = token.split('.');
  assert.deepEqual(JSON.parse(text(header)), { typ: 'JWT', alg: 'ES256' });
  const point = Buffer.from(key, 'base64url');
  const jwk = { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') };
  const believed = verify('sha256', Buffer.from(`${header}.${claims}`), { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'));
  assert.ok(believed, 'the signature is the key’s');
  return { ...JSON.parse(text(claims)), key };
}

export class PushService {
  /** Each push: what it says, who signed it, and with which headers. */
  got = [];
  faults = [];
  status = 201;
  headers = {};
  subscribers = new Map();

  async start() {
    this.server = createServer((request, response) => {
      const parts = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => {
        try {
          const subscriber = this.subscribers.get(request.url);
          assert.ok(subscriber, `nobody subscribed at ${request.url}`);
          assert.equal(request.headers['content-encoding'], 'aes128gcm');
          this.got.push({ said: subscriber.read(Buffer.concat(parts)), claims: claimsOf(request.headers.authorization), headers: request.headers });
        } catch (error) {
          this.faults.push(error);
        }
        response.writeHead(this.status, this.headers).end();
      });
    }).listen(0, '127.0.0.1');
    await new Promise((ready) => this.server.once('listening', ready));
    this.host = `127.0.0.1:${this.server.address().port}`;
    return this;
  }

  subscribe() {
    const path = `/push/${randomBytes(12).toString('base64url')}`;
    const subscriber = new Subscriber(`http://${this.host}${path}`);
    this.subscribers.set(path, subscriber);
    return subscriber.subscription;
  }

  async until(enough, ms = 60_000) {
    for (const end = Date.now() + ms; Date.now() < end; await wait(50)) {
      assert.deepEqual(this.faults, []);
      if (enough(this.got)) return;
    }
    assert.fail(`the push service got ${JSON.stringify(this.got)}`);
  }
}
