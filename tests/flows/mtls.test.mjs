/* SPDX-License-Identifier: Apache-2.0 */
/* Mutual TLS (RFC 8705): clients that prove themselves by certificates, to us and to an edge. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { makeCertificate, makeClientAuthority } from './lib/certificates.mjs';
import { ask, errorOf, exchange, obtainCode, refresh, tokensOf, userinfo } from './lib/flow.mjs';
import { send } from './lib/http.mjs';
import { metadataOf } from './lib/import.mjs';
import { decisionOf, endsCleanly, freePort, newFolder } from './lib/licet.mjs';
import { authority, certificateClient, serve, tenantDocument } from './lib/serve.mjs';
import { clients, tenantOf } from './lib/tenants.mjs';

const folder = newFolder();
const trusted = makeClientAuthority(folder, 'trusted');
makeClientAuthority(folder, 'stranger');
const own = makeCertificate(folder, 'own');
const other = makeCertificate(folder, 'other');
const web = makeCertificate(folder, 'web', { by: 'trusted',
	names: 'DNS:web.example,DNS:*.wild.example,IP:192.0.2.1,URI:spiffe://a/b,email:me@a.example' });
const boundWeb = { id: 'bound', secret: 'bound-secret-0123456789abcdef01', auth: 'basic',
	redirectUri: clients.web.redirectUri };
const boundSpa = { id: 'bound-spa', auth: 'none', redirectUri: clients.spa.redirectUri };
const EDGE_KEY = 'the-edge-proves-itself-by-this';

const edgePorts = { auth0: await freePort(), rfc9440: await freePort() };
const keyFile = join(folder, 'edge.key');
writeFileSync(keyFile, `${EDGE_KEY}\n`);

function edgeLines(convention) {
	return ['  - address: 127.0.0.1', `    port: ${edgePorts[convention]}`,
		'    trusted_peers: 127.0.0.2 127.0.1.0/24', `    certificate_convention: ${convention}`,
		...(convention === 'auth0' ? [`    edge_key_file: ${keyFile}`] : []),
		'    forwarded_for: true'];
}

function documentAt(origin) {
	const document = tenantDocument('main', `${origin}/t/plain`, 'rfc', {
		client_certificate_authorities: trusted.cert, mtls_url: `${origin}/t/plain` });
	document.clients.push(
		certificateClient('key', 'self_signed_tls_client_auth', {
			jwks: { keys: [other.jwk, own.jwk] } }),
		certificateClient('x5c', 'self_signed_tls_client_auth', {
			jwks: { keys: [{ ...own.jwk, x5c: own.x5c }] } }),
		certificateClient('dn', 'tls_client_auth', { tls_client_auth_subject_dn: 'CN=web,O=Corp' }),
		certificateClient('dns', 'tls_client_auth', { tls_client_auth_san_dns: 'web.example' }),
		certificateClient('wild', 'tls_client_auth', { tls_client_auth_san_dns: 'a.wild.example' }),
		certificateClient('ip', 'tls_client_auth', { tls_client_auth_san_ip: '192.0.2.1' }),
		certificateClient('uri', 'tls_client_auth', { tls_client_auth_san_uri: 'spiffe://a/b' }),
		certificateClient('email', 'tls_client_auth', { tls_client_auth_san_email: 'me@a.example' }));
	document.clients.push(metadataOf(boundWeb, { tenant: 'main',
		tls_client_certificate_bound_access_tokens: true }),
	metadataOf(boundSpa, { tenant: 'main', tls_client_certificate_bound_access_tokens: true }));
	return document;
}

const licet = await serve({ tls: { ...authority(),
	key: `${authority().key}\n      client_certificates: optional\n` +
		[...edgeLines('auth0'), ...edgeLines('rfc9440')].join('\n') },
document: documentAt });
const tenant = tenantOf('rfc', licet.origin);

/* Introspection asks every client to prove itself, and needs no token that is one. */
function prove(id, certificate, more = {}) {
	return send({ url: tenant.introspect, ca: licet.ca, cert: certificate?.cert,
		key: certificate?.key, form: { client_id: id, token: 'none', ...more } });
}

function assertProven(reply) {
	assert.equal(reply.status, 200, reply.text);
	assert.deepEqual(reply.json, { active: false });
}

/* The reply says no more than of a wrong secret; the event log has the reason. */
async function assertRefused(reply, reason, detail) {
	assert.equal(reply.status, reason === 'client_certificate_malformed' ? 400 : 401, reply.text);
	if (reply.status === 401)
		assert.equal(reply.json.error_description, 'Client authentication failed.');
	const decision = await decisionOf(licet, reply);
	assert.equal(decision.reason, reason);
	if (detail)
		assert.match(JSON.stringify(decision), detail);
}

test('self_signed_tls_client_auth: a key of the jwks, or the certificate of an x5c', async () => {
	assertProven(await prove('key', own));
	assertProven(await prove('key', other));
	assertProven(await prove('x5c', own));
	await assertRefused(await prove('x5c', other), 'client_certificate_wrong', /x5t#S256/);
	await assertRefused(await prove('key', web), 'client_certificate_wrong');
	await assertRefused(await prove('key'), 'client_certificate_missing');
});

test('A13 a new certificate for a registered key is not the registered certificate', async () => {
	const again = { ...own };
	execFileSync('openssl', ['req', '-x509', '-key', 'own.key', '-subj', '/O=Corp/CN=own', '-days', '2',
		'-out', 'again.pem'], { cwd: folder });
	again.cert = readFileSync(join(folder, 'again.pem'), 'utf8');
	assertProven(await prove('key', again));
	await assertRefused(await prove('x5c', again), 'client_certificate_wrong');
});

for (const id of ['dn', 'dns', 'ip', 'uri', 'email'])
	test(`tls_client_auth: a client is known by its ${id}`, async () => {
		assertProven(await prove(id, web));
		await assertRefused(await prove(id), 'client_certificate_missing');
		const nameless = makeCertificate(folder, `nameless-${id}`, { by: 'trusted' });
		await assertRefused(await prove(id, nameless), 'client_certificate_wrong');
	});

test('A13 a wildcard of the certificate stands for no other name', async () => {
	await assertRefused(await prove('wild', web), 'client_certificate_wrong', /\*\.wild\.example/);
});

for (const [sentence, name, options, why] of [
	['an expired certificate', 'expired', { by: 'trusted', days: -1 }, /expired/],
	['a certificate of another authority', 'wrong-ca', { by: 'stranger' }, /unable to get local issuer/],
	['a self-signed certificate', 'alone', {}, /self-signed/],
	['a certificate for servers', 'wrong-use', { by: 'trusted', usage: 'serverAuth' }, /purpose/],
])
	test(`A13 ${sentence} with the right subject is refused`, async () => {
		const certificate = makeCertificate(folder, name, { subject: '/O=Corp/CN=web', ...options });
		await assertRefused(await prove('dn', certificate), 'client_certificate_untrusted', why);
	});

for (const [name, subject] of [
	['dn-one-value', '/CN=web,O=Corp'], ['dn-reversed', '/CN=web/O=Corp'],
	['dn-joined', '/O=Corp\\/CN=web'], ['dn-case', '/O=corp/CN=web'],
	['dn-more', '/O=Corp/CN=web/CN=admin'], ['dn-space', '/O=Corp/CN=web '],
])
	test(`A13 the subject ${subject} is not CN=web,O=Corp`, async () => {
		const certificate = makeCertificate(folder, name, { by: 'trusted', subject });
		await assertRefused(await prove('dn', certificate), 'client_certificate_wrong');
	});

test('a certificate beside another credential is no second method, and no substitute', async () => {
	const basic = await send({ url: tenant.introspect, ca: licet.ca, cert: web.cert, key: web.key,
		form: { client_id: 'demo-web', token: 'none' } });
	assert.equal(basic.status, 401, basic.text);
	await assertRefused(await prove('dn', web, { client_secret: 'a-secret-0123456789abcdef0123' }),
		'client_method_wrong');
});

test('curl proves itself by its certificate', async () => {
	const out = execFileSync('curl', ['-s', '--cacert', authority().ca, '--cert', web.certificate,
		'--key', web.keyFile, '-d', 'client_id=dn', '-d', 'token=none', tenant.introspect]);
	assert.deepEqual(JSON.parse(out), { active: false });
});

test('metadata names the methods', async () => {
	const { json } = await send({ url: `${licet.origin}/t/plain/.well-known/openid-configuration`,
		ca: licet.ca });
	for (const name of ['tls_client_auth', 'self_signed_tls_client_auth'])
		assert.ok(json.token_endpoint_auth_methods_supported.includes(name));
	assert.equal(json.tls_client_certificate_bound_access_tokens, true);
	assert.equal(json.mtls_endpoint_aliases, undefined, 'the usual address asks for certificates');
});

/* --- tokens that are bound to a certificate ------------------------------------------ */

function shown({ cert, key }) {
	return { ca: licet.ca, cert, key };
}

/* The tokens of a flow whose exchange came with the certificate. */
async function boundTokens(client, certificate) {
	const grant = await obtainCode(tenant, { client, ca: licet.ca });
	return tokensOf(await exchange(tenant, grant, {}, shown(certificate)));
}

test('a bound access token names its certificate, in the JWT and in introspection', async () => {
	const { access_token: token, token_type: type } = await boundTokens(boundWeb, own);
	assert.equal(type, 'Bearer');
	assert.deepEqual(decodeJwt(token).cnf, { 'x5t#S256': own.thumbprint });
	const { json } = await ask(tenant.introspect, boundWeb, { token }, { ca: licet.ca });
	assert.equal(json.active, true);
	assert.deepEqual(json.cnf, { 'x5t#S256': own.thumbprint });
	assert.equal((await userinfo(tenant, token, shown(own))).status, 200);
});

test('A14 a bound access token without its certificate is refused', async () => {
	const { access_token: token } = await boundTokens(boundWeb, own);
	for (const certificate of [other, {}]) {
		const reply = await userinfo(tenant, token, shown(certificate));
		assert.equal(reply.status, 401, reply.text);
		assert.match(reply.headers['www-authenticate'], /invalid_token/);
		assert.equal((await decisionOf(licet, reply)).reason, 'token_certificate_wrong');
	}
});

test('A14 a client of bound tokens gets none without a certificate', async () => {
	const grant = await obtainCode(tenant, { client: boundWeb, ca: licet.ca });
	await assertRefused(await exchange(tenant, grant, {}, { ca: licet.ca }), 'client_certificate_missing');
	tokensOf(await exchange(tenant, grant, {}, shown(own)));
});

test('A14 a public client refreshes with the certificate of the exchange alone', async () => {
	const { refresh_token: token } = await boundTokens(boundSpa, own);
	for (const certificate of [other, {}]) {
		const reply = await refresh(tenant, boundSpa, token, {}, shown(certificate));
		assert.deepEqual(errorOf(reply), { status: 400, error: 'invalid_grant' });
		assert.equal((await decisionOf(licet, reply)).reason, 'refresh_certificate_wrong');
	}
	tokensOf(await refresh(tenant, boundSpa, token, {}, shown(own)));
});

test('a confidential client may refresh with a new certificate', async () => {
	const { refresh_token: token } = await boundTokens(boundWeb, own);
	const tokens = tokensOf(await refresh(tenant, boundWeb, token, {}, shown(other)));
	assert.deepEqual(decodeJwt(tokens.access_token).cnf, { 'x5t#S256': other.thumbprint });
});

/* --- behind an edge ---------------------------------------------------------------- */

/* As the edge sends it on; `from` is who sends. */
function byEdge(convention, headers, { id = 'dn', from = '127.0.0.2' } = {}) {
	const { pathname, host } = new URL(tenant.introspect);
	return send({ url: `http://127.0.0.1:${edgePorts[convention]}${pathname}`, from,
		headers: { Host: host, ...headers }, form: { client_id: id, token: 'none' } });
}

function auth0Pair(certificate, verdict, key = EDGE_KEY) {
	return { 'client-certificate': encodeURIComponent(certificate.cert),
		'client-certificate-ca-verified': verdict, 'cname-api-key': key };
}

test('auth0: the pair of headers from a trusted edge with its key', async () => {
	assertProven(await byEdge('auth0', auth0Pair(web, 'SUCCESS')));
	assertProven(await byEdge('auth0', auth0Pair(own, 'FAILED:self-signed certificate'), { id: 'key' }));
	await assertRefused(await byEdge('auth0', auth0Pair(web, 'FAILED')), 'client_certificate_untrusted');
	await assertRefused(await byEdge('auth0', auth0Pair(web, 'NONE')), 'client_certificate_missing');
	await assertRefused(await byEdge('auth0', auth0Pair(web, 'YES')), 'client_certificate_malformed');
	await assertRefused(await byEdge('auth0', { ...auth0Pair(web, 'SUCCESS'),
		'client-certificate': [encodeURIComponent(web.cert), encodeURIComponent(own.cert)] }),
	'client_certificate_malformed', /twice/);
});

test('A13 whom we do not trust, or without the key, cannot speak for a certificate', async () => {
	await assertRefused(await byEdge('auth0', auth0Pair(web, 'SUCCESS'), { from: '127.0.0.3' }),
		'client_certificate_missing');
	await assertRefused(await byEdge('auth0', auth0Pair(web, 'SUCCESS', 'another-key-0123456789')),
		'client_certificate_missing');
	assert.match(licet.stderr(), /"event":"http.edge.ignored"/);
});

test('rfc9440: Client-Cert, verified here', async () => {
	const item = ({ x5c }) => ({ 'Client-Cert': `:${x5c[0]}:` });
	assertProven(await byEdge('rfc9440', item(web)));
	await assertRefused(await byEdge('rfc9440', item(own)), 'client_certificate_untrusted');
	await assertRefused(await byEdge('rfc9440', item(web), { from: '127.0.0.3' }), 'client_certificate_missing');
	await assertRefused(await byEdge('rfc9440', { 'Client-Cert': 'x' }), 'client_certificate_malformed');
});

test('X-Forwarded-For of a trusted edge alone names the client', async () => {
	const peerOf = async (reply) => (await decisionOf(licet, reply)).peer;
	const headers = { 'X-Forwarded-For': '1.2.3.4, 203.0.113.9, 127.0.1.7' };
	assert.equal(await peerOf(await byEdge('rfc9440', headers)), '203.0.113.9');
	assert.equal(await peerOf(await byEdge('rfc9440', headers, { from: '127.0.0.3' })), '127.0.0.3');
});

endsCleanly(licet);
