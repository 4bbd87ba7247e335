/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2 by clients that others wrote: Node's, curl's, Chromium's. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { connect } from 'node:http2';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { makeCertificate } from './lib/certificates.mjs';
import { openBrowser, signInAt } from './lib/chromium.mjs';
import { authorizeUrl, challengeOf, exchangeParams, newVerifier, obtainCode,
	proofOf } from './lib/flow.mjs';
import { formOf } from './lib/http.mjs';
import { decisionOf, freePort, newFolder } from './lib/licet.mjs';
import { authority, serve, tenantDocument } from './lib/serve.mjs';
import { clients, tenantOf, users } from './lib/tenants.mjs';

const run = promisify(execFile);
const certificate = makeCertificate(newFolder(), 'machine');
const plainPort = await freePort();
const oldPort = await freePort();

const licet = await serve({
	tls: { ...authority(), key: `${authority().key}\n      client_certificates: optional
  - address: 127.0.0.1
    port: ${plainPort}
    trusted_peers: 127.0.0.1
    forwarded_for: true
  - address: 127.0.0.1
    port: ${oldPort}
    http2: false` },
	document: (origin) => {
		const document = tenantDocument('main', `${origin}/t/plain`, 'rfc');
		document.clients.push({ client_id: 'machine', tenant: 'main', grant_types: [],
			response_types: [], token_endpoint_auth_method: 'self_signed_tls_client_auth',
			jwks: { keys: [certificate.jwk] } });
		return document;
	},
});
const tenant = tenantOf('rfc', licet.origin);

function open(options = {}) {
	return connect(licet.origin, { ca: licet.ca, ...options });
}

/* One request: {status, headers, text}, or an Error. */
function ask(session, url, { method = 'GET', headers = {}, form } = {}) {
	const { pathname, search } = new URL(url);
	const stream = session.request({ ':method': form ? 'POST' : method,
		':path': pathname + search,
		...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}), ...headers });
	stream.end(form && formOf(form));
	return new Promise((done, fail) => {
		let reply;
		let text = '';
		stream.setEncoding('utf8');
		stream.on('response', (fields) => (reply = fields));
		stream.on('data', (piece) => (text += piece));
		stream.on('end', () => done({ status: reply[':status'], headers: reply, text }));
		stream.on('error', fail);
	});
}

function exchangeOver(session, grant) {
	const { headers, params } = proofOf(grant.client);
	return ask(session, tenant.token, { headers, form: { ...exchangeParams(grant), ...params } });
}

test('a session of Node carries a flow, a hundred requests at once', async () => {
	const session = open();
	const grant = await obtainCode(tenant, { ca: licet.ca });
	const [reply, ...others] = await Promise.all([exchangeOver(session, grant),
		...Array.from({ length: 100 }, () => ask(session, tenant.jwks))]);
	assert.equal(session.alpnProtocol, 'h2');
	assert.equal(reply.status, 200, reply.text);
	assert.ok(others.every(({ status, text }) => status === 200 && JSON.parse(text).keys.length));
	const ids = new Set([reply, ...others].map(({ headers }) => headers['x-request-id']));
	assert.equal(ids.size, 101);
	const { access_token: token } = JSON.parse(reply.text);
	const who = await ask(session, tenant.userinfo, { headers: { authorization: `Bearer ${token}` } });
	assert.equal(who.status, 200, who.text);
	assert.ok(who.headers.date && who.headers['cache-control'] && !who.headers.connection);
	session.close();
});

test('a code raced for over one connection is redeemed once', async () => {
	const session = open();
	const grant = await obtainCode(tenant, { ca: licet.ca });
	const replies = await Promise.all(Array.from({ length: 50 }, () => exchangeOver(session, grant)));
	assert.equal(replies.filter(({ status }) => status === 200).length, 1);
	assert.equal(replies.filter(({ status, text }) =>
		status === 400 && JSON.parse(text).error === 'invalid_grant').length, 49);
	session.close();
});

test('a stream that is reset leaves the others alone, and its code redeemed', async () => {
	const session = open();
	const grant = await obtainCode(tenant, { ca: licet.ca });
	const { headers, params } = proofOf(grant.client);
	const stream = session.request({ ':method': 'POST', ':path': new URL(tenant.token).pathname,
		'content-type': 'application/x-www-form-urlencoded', ...headers });
	stream.on('error', () => {});
	stream.end(formOf({ ...exchangeParams(grant), ...params }));
	/* Asked later and answered: the exchange has begun. */
	assert.equal((await ask(session, tenant.jwks)).status, 200);
	stream.close(8);
	const again = await exchangeOver(session, grant);
	assert.equal(again.status, 400, again.text);
	assert.equal(JSON.parse(again.text).error, 'invalid_grant');
	session.close();
});

test('preflights, refusals and HEAD are what HTTP/1.1 has', async () => {
	const session = open();
	const preflight = await ask(session, tenant.token, { method: 'OPTIONS', headers: {
		origin: 'http://localhost:3000', 'access-control-request-method': 'POST' } });
	assert.equal(preflight.headers['access-control-allow-origin'], 'http://localhost:3000');
	const wrong = await ask(session, tenant.token, { method: 'PUT' });
	assert.deepEqual([wrong.status, wrong.headers.allow], [405, 'POST']);
	const unknown = await ask(session, `${licet.origin}/t/plain/none`);
	assert.equal(unknown.status, 404);
	const stranger = await ask(session, tenant.jwks, { headers: { ':authority': 'other.example' } });
	assert.equal(stranger.status, 421);
	const head = await ask(session, tenant.jwks, { method: 'HEAD' });
	assert.equal(head.text, '');
	assert.ok(Number(head.headers['content-length']) > 0);
	session.close();
});

test('a client proves itself by the certificate of its connection', async () => {
	const form = { client_id: 'machine', token: 'none' };
	const session = open({ cert: certificate.cert, key: certificate.key });
	const replies = await Promise.all([1, 2, 3].map(() => ask(session, tenant.introspect, { form })));
	for (const { status, text } of replies)
		assert.deepEqual([status, text], [200, '{"active":false}']);
	session.close();
	const other = open();
	assert.equal((await ask(other, tenant.introspect, { form })).status, 401);
	other.close();
});

async function curl(...args) {
	const { stdout } = await run('curl', ['-sS', '--cacert', authority().ca, '-o', '/dev/null',
		'-w', '%{http_version} %{http_code}', ...args]);
	return stdout;
}

test('curl speaks it over TLS, and in plain by prior knowledge alone (H19)', async () => {
	const plain = `http://127.0.0.1:${plainPort}/healthz`;
	assert.equal(await curl('--http2', `${licet.origin}/healthz`), '2 200');
	assert.equal(await curl('--http1.1', `${licet.origin}/healthz`), '1.1 200');
	assert.equal(await curl('--http2-prior-knowledge', plain), '2 200');
	assert.equal(await curl('--http2', plain), '1.1 200');
	assert.equal(await curl('--http2-prior-knowledge', '-d', `x=${'y'.repeat(70000)}`, plain), '2 413');
	assert.equal(await curl('--http2-prior-knowledge', '-H', `x: ${'y'.repeat(17000)}`, plain), '2 431');
});

test('a listener with http2: false speaks HTTP/1.1 alone', async () => {
	const url = `http://127.0.0.1:${oldPort}/healthz`;
	assert.equal(await curl('--http2', url), '1.1 200');
	await assert.rejects(curl('--http2-prior-knowledge', url));
});

test('a trusted edge that speaks it names the client', async () => {
	const session = connect(`http://127.0.0.1:${plainPort}`);
	const reply = await ask(session, tenant.jwks, { headers: { ':authority': new URL(tenant.jwks).host,
		'x-forwarded-for': '192.0.2.77' } });
	assert.equal(reply.status, 200, reply.text);
	session.close();
	assert.equal((await decisionOf(licet, reply, '')).peer, '192.0.2.77');
});

test('Chromium signs a person in over it', async () => {
	const browser = await openBrowser('', { ignoreHTTPSErrors: true });
	const page = await browser.newPage();
	const verifier = newVerifier();
	const client = clients.spa;
	await page.goto(authorizeUrl(tenant, { client_id: client.id, redirect_uri: client.redirectUri,
		scope: 'openid', state: 'h2', code_challenge: challengeOf(verifier),
		code_challenge_method: 'S256' }));
	assert.equal(await page.evaluate(() =>
		performance.getEntriesByType('navigation')[0].nextHopProtocol), 'h2');
	await signInAt(page, users.alice);
	const code = new URL(page.url()).searchParams.get('code');
	await browser.stop();
	const session = open();
	const reply = await exchangeOver(session, { client, code, verifier,
		redirectUri: client.redirectUri });
	assert.equal(reply.status, 200, reply.text);
	session.close();
});

test('a session hears that the server ends', async () => {
	const session = open();
	assert.equal((await ask(session, tenant.jwks)).status, 200);
	const left = new Promise((done) => session.on('goaway', done));
	const closed = new Promise((done) => session.on('close', done));
	const stopped = licet.stop();
	assert.equal(await left, 0);
	await closed;
	await stopped;
});
