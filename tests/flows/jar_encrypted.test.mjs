/* SPDX-License-Identifier: Apache-2.0 */
/* Request objects signed, then encrypted by node's jose (RFC 9101, RFC 7516); and what attackers
 * send there. */
import assert from 'node:assert/strict';
import { constants, createCipheriv, createHmac, createPublicKey, publicEncrypt, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { CompactEncrypt, importJWK } from 'jose';
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import { Agent } from './lib/agent.mjs';
import { ask, challengeOf, errorOf, EVERY_SCOPE, exchange, newVerifier, pushedUrl, tokensOf }
	from './lib/flow.mjs';
import { elementById, textOf } from './lib/html.mjs';
import { send } from './lib/http.mjs';
import { importInto, metadataOf, runImport } from './lib/import.mjs';
import { claimsOf, newObjectKey, requestUrl, sign, unsecured } from './lib/request_object.mjs';
import { endsCleanly, runCommand, startDemo } from './lib/licet.mjs';
import { serve, tenantDocument } from './lib/serve.mjs';
import { clients, profiles, users } from './lib/tenants.mjs';

const licet = await startDemo();
const ALGORITHMS = ['RSA-OAEP-256', 'ECDH-ES'];
const ENCRYPTIONS = ['A128CBC-HS256', 'A256CBC-HS512', 'A128GCM', 'A256GCM'];
const MUTATED = 300;

const signer = await newObjectKey('ES256');
const stranger = await newObjectKey('ES256');

function clientOf(id) {
	return { id, secret: `${id}-secret-0123456789abcdef0123456789`, auth: 'post',
		redirectUri: clients.web.redirectUri };
}

const declaring = Object.fromEntries(ALGORITHMS.map((alg) => [alg, clientOf(`jar-${alg}`)]));
const silent = clientOf('jar-declares-nothing');

function documents(client, more) {
	return metadataOf(client, { jwks: signer.jwks, request_object_signing_alg: 'ES256', ...more });
}

async function keysOf(tenant) {
	return (await send({ url: tenant.jwks })).json.keys;
}

async function keyFor(tenant, alg) {
	const keys = (await keysOf(tenant)).filter((key) => key.use === 'enc' && key.alg === alg);
	assert.equal(keys.length, 1);
	return keys[0];
}

/* To the key that the tenant publishes. */
async function encryptTo(jwk, plain, header = {}) {
	return new CompactEncrypt(Buffer.from(plain))
		.setProtectedHeader({ alg: jwk.alg, enc: 'A256GCM', kid: jwk.kid, cty: 'JWT', ...header })
		.encrypt(await importJWK(jwk, jwk.alg));
}

async function signInWith(tenant, client, request) {
	const { callback, page } = await new Agent().authorize(requestUrl(tenant, client, request),
		{ user: users.alice });
	assert.ok(callback, textOf(page?.text ?? ''));
	return callback.searchParams;
}

const before = Object.fromEntries(await Promise.all(licet.tenants.map(async (tenant) => [tenant.profile,
	{ keys: await keysOf(tenant), metadata: (await send({ url: tenant.metadata })).json }])));

for (const tenant of licet.tenants)
	await importInto(licet, tenant, { clients: [
		...ALGORITHMS.map((alg) => documents(declaring[alg], { request_object_encryption_alg: alg,
			request_object_encryption_enc: 'A128CBC-HS256' })),
		documents(silent)] });

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	test(`${profile}: no key for encryption is published before a client asks for it, and one of each after`,
		async () => {
			assert.ok(before[profile].keys.every(({ use }) => use === 'sig'));
			assert.ok(!Object.keys(before[profile].metadata).some((name) => name.includes('encryption')));
			const metadata = (await send({ url: tenant.metadata })).json;
			assert.deepEqual(metadata.request_object_encryption_alg_values_supported, ALGORITHMS);
			assert.deepEqual(metadata.request_object_encryption_enc_values_supported, ENCRYPTIONS);
			const keys = await keysOf(tenant);
			assert.equal(keys[0].kid, before[profile].keys[0].kid);
			assert.deepEqual(keys.slice(-2).map(({ use, alg }) => [use, alg]),
				ALGORITHMS.map((alg) => ['enc', alg]));
			assert.ok(keys.slice(0, -2).every(({ use }) => use === 'sig'));
		});

	for (const alg of ALGORITHMS)
		for (const enc of ENCRYPTIONS)
			test(`${profile}: a request object signed, then encrypted by ${alg} and ${enc}`, async () => {
				const inside = await sign(signer, claimsOf(tenant, declaring[alg], { state: enc }));
				const request = await encryptTo(await keyFor(tenant, alg), inside, { enc });
				const params = await signInWith(tenant, declaring[alg], request);
				assert.ok(params.get('code'));
				assert.equal(params.get('state'), enc);
			});

	test(`${profile}: an encrypted object without kid, cty, or a declaration of the client's is read too`,
		async () => {
			const inside = await sign(signer, claimsOf(tenant, silent));
			const request = await encryptTo(await keyFor(tenant, 'ECDH-ES'), inside,
				{ kid: undefined, cty: undefined });
			assert.ok((await signInWith(tenant, silent, request)).get('code'));
		});

	test(`${profile}: openid-client's request object, encrypted, ends in tokens`, async () => {
		const client = declaring['RSA-OAEP-256'];
		const config = await oidc.discovery(new URL(tenant.issuer), client.id, undefined,
			oidc.ClientSecretPost(client.secret), { execute: [oidc.allowInsecureRequests] });
		const verifier = oidc.randomPKCECodeVerifier();
		const expectedState = oidc.randomState();
		const url = await oidc.buildAuthorizationUrlWithJAR(config, { redirect_uri: client.redirectUri,
			scope: EVERY_SCOPE, state: expectedState, code_challenge_method: 'S256',
			code_challenge: await oidc.calculatePKCECodeChallenge(verifier) },
		{ key: signer.key, kid: signer.kid });
		const jwk = await keyFor(tenant,
			config.serverMetadata().request_object_encryption_alg_values_supported[0]);
		url.searchParams.set('request', await encryptTo(jwk, url.searchParams.get('request')));
		const { callback, page } = await new Agent().authorize(url.href, { user: users.alice });
		assert.ok(callback, textOf(page?.text ?? ''));
		const tokens = await oidc.authorizationCodeGrant(config, callback,
			{ pkceCodeVerifier: verifier, expectedState, idTokenExpected: true });
		assert.equal(tokens.claims().aud, client.id);
	});

	test(`${profile}: oauth4webapi's request object, encrypted, is pushed and ends in tokens`, async () => {
		const client = declaring['ECDH-ES'];
		const verifier = newVerifier();
		const inside = await oauth.issueRequestObject({ issuer: tenant.issuer }, { client_id: client.id },
			{ redirect_uri: client.redirectUri, response_type: 'code', scope: EVERY_SCOPE,
				code_challenge: challengeOf(verifier), code_challenge_method: 'S256' },
			{ key: signer.key, kid: signer.kid });
		const request = await encryptTo(await keyFor(tenant, 'ECDH-ES'), inside);
		const reply = await ask(tenant.par, client, { request });
		assert.equal(reply.status, 201, reply.text);
		const { params, page } = await new Agent().authorize(
			pushedUrl(tenant, { client, requestUri: reply.json.request_uri }), { user: users.alice });
		assert.ok(params?.get('code'), textOf(page?.text ?? ''));
		tokensOf(await exchange(tenant, { client, verifier, code: params.get('code'),
			redirectUri: client.redirectUri }));
	});

	test(`${profile}: what is inside must be signed, and by the client`, async () => {
		const client = declaring['ECDH-ES'];
		const jwk = await keyFor(tenant, 'ECDH-ES');
		const claims = claimsOf(tenant, client);
		for (const inside of [JSON.stringify(claims), unsecured(claims), await sign(stranger, claims),
			await encryptTo(jwk, await sign(signer, claims))])
			await isRefused(tenant, client, await encryptTo(jwk, inside));
	});
}

/* --- attacks ----------------------------------------------------------------------- */

async function isRefused(tenant, client, request) {
	const reply = await send({ url: requestUrl(tenant, client, request) });
	assert.equal(reply.status, 400, `${reply.status} ${reply.location ?? textOf(reply.text)}`);
	assert.ok(elementById(reply.text, 'error-page'), textOf(reply.text));
	assert.deepEqual(errorOf(await ask(tenant.par, client, { request })),
		{ status: 400, error: 'invalid_request_object' });
}

const tenant = licet.tenant('rfc');
const client = declaring['RSA-OAEP-256'];
const inside = await sign(signer, claimsOf(tenant, client));
const rsa = await keyFor(tenant, 'RSA-OAEP-256');
const good = await encryptTo(rsa, inside, { enc: 'A128CBC-HS256' });
const agreed = await encryptTo(await keyFor(tenant, 'ECDH-ES'), inside);

function base64url(bytes) {
	return Buffer.from(bytes).toString('base64url');
}

/* Its parts as bytes, one of them changed, and together again. */
function changed(compact, place, change) {
	const parts = compact.split('.');
	parts[place] = base64url(change(Buffer.from(parts[place], 'base64url')));
	return parts.join('.');
}

function flipped(at) {
	return (bytes) => {
		bytes[at < 0 ? bytes.length + at : at] ^= 1;
		return bytes;
	};
}

function withHeader(compact, members) {
	return changed(compact, 0, (bytes) => JSON.stringify({ ...JSON.parse(bytes), ...members }));
}

/* A JWE as an attacker makes it who knows all but the private key: `padding` is RSA's. */
function forged(header, wrap) {
	const protectedHeader = base64url(JSON.stringify(header));
	const key = randomBytes(32);
	const iv = randomBytes(16);
	const cipher = createCipheriv('aes-128-cbc', key.subarray(16), iv);
	const ciphertext = Buffer.concat([cipher.update(inside), cipher.final()]);
	const length = Buffer.alloc(8);
	length.writeUInt32BE(protectedHeader.length * 8, 4);
	const tag = createHmac('sha256', key.subarray(0, 16)).update(protectedHeader).update(iv)
		.update(ciphertext).update(length).digest().subarray(0, 16);
	return [protectedHeader, ...[wrap(key), iv, ciphertext, tag].map(base64url)].join('.');
}

const publicKey = createPublicKey({ key: rsa, format: 'jwk' });
const HEADER = { enc: 'A128CBC-HS256', kid: rsa.kid, cty: 'JWT' };

function byRsa15(mutate = (bytes) => bytes) {
	return forged({ ...HEADER, alg: 'RSA1_5' }, (key) =>
		mutate(publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, key)));
}

function byOaep(mutate) {
	return forged({ ...HEADER, alg: 'RSA-OAEP-256' }, (key) =>
		mutate(publicEncrypt({ key: publicKey, oaepHash: 'sha256',
			padding: constants.RSA_PKCS1_OAEP_PADDING }, key)));
}

/* All that the wire tells, without what is a request's own. */
async function told(request) {
	const reply = await send({ url: requestUrl(tenant, client, request) });
	const { 'x-request-id': id, date, ...headers } = reply.headers;
	return JSON.stringify([reply.status, headers, reply.text.replaceAll(id, '')]);
}

const usual = await told(changed(good, 4, flipped(0)));

async function areAlike(objects) {
	for (const object of objects)
		assert.equal(await told(object), usual);
	const pushed = new Set();
	for (const request of objects.slice(0, 8)) {
		const { status, text } = await ask(tenant.par, client, { request });
		assert.equal(status, 400);
		pushed.add(text);
	}
	assert.equal(pushed.size, 1);
}

test('J19 J22: the forgery is right but for what makes it an attack', async () => {
	assert.match(usual, /invalid_request_object/);
	assert.ok((await signInWith(tenant, client, byOaep((bytes) => bytes))).get('code'));
});

test('J16: an alg whose work the sender chooses is not had, and costs nothing', async () => {
	const begun = performance.now();
	await areAlike(['PBES2-HS256+A128KW', 'PBES2-HS512+A256KW'].map((alg) =>
		withHeader(good, { alg, p2c: 1e9, p2s: base64url(randomBytes(16)) })));
	assert.ok(performance.now() - begun < 1_000);
});

test('J17: what says it is compressed is not inflated', async () => {
	await areAlike([withHeader(good, { zip: 'DEF' }), withHeader(agreed, { zip: 'DEF' })]);
});

test('J19: RSA1_5, right or mutated, is answered as anything else that does not decrypt', async () => {
	const mutated = Array.from({ length: MUTATED }, (_, i) => byRsa15(flipped(i % 256)));
	await areAlike([byRsa15(), ...mutated,
		...Array.from({ length: 64 }, (_, i) => byOaep(flipped(i * 4)))]);
});

test('J20: an encrypted key that is short, long, none, or of another size inside', async () => {
	await areAlike([
		...[0, 1, 16, 255].map((size) => byOaep((bytes) => bytes.subarray(0, size))),
		byOaep((bytes) => Buffer.concat([bytes, Buffer.alloc(1)])),
		byOaep((bytes) => Buffer.concat([bytes, bytes])),
		forged({ ...HEADER, alg: 'RSA-OAEP-256' }, (key) => publicEncrypt({ key: publicKey,
			oaepHash: 'sha256', padding: constants.RSA_PKCS1_OAEP_PADDING }, key.subarray(1))),
		changed(agreed, 1, () => randomBytes(16)),
	]);
});

test('J22: a flipped tag, a flipped last block and a flipped iv are told alike', async () => {
	await areAlike([changed(good, 4, flipped(-1)), changed(good, 3, flipped(-1)),
		changed(good, 3, flipped(-17)), changed(good, 2, flipped(0)),
		changed(good, 3, (bytes) => bytes.subarray(0, -1)), changed(good, 3, () => Buffer.alloc(0)),
		changed(agreed, 4, flipped(0)), changed(agreed, 3, flipped(0))]);
});

test('J22: another tenant\'s key, an unknown kid and no key at all are told alike', async () => {
	const foreign = await keyFor(licet.tenant('auth0'), 'RSA-OAEP-256');
	await areAlike([await encryptTo(foreign, inside), await encryptTo(rsa, inside, { kid: 'unknown' }),
		await encryptTo({ ...foreign, kid: rsa.kid }, inside), withHeader(good, { cty: 'text/plain' }),
		withHeader(good, { alg: 'dir' }), withHeader(good, { alg: 'RSA-OAEP' }),
		withHeader(good, { enc: 'A192GCM' }), withHeader(good, { crit: ['exp'], exp: 1 })]);
});

test('J23: a million dots, a giant header and deep nesting are refused in no time', async () => {
	const begun = performance.now();
	const dots = await ask(tenant.par, client, { request: '.'.repeat(1_000_000) });
	assert.ok([400, 413].includes(dots.status));
	const giant = await ask(tenant.par, client, { request: withHeader(good, { x: 'x'.repeat(1_000_000) }) });
	assert.ok([400, 413].includes(giant.status));
	for (const request of ['.'.repeat(15_000),
		changed(good, 0, () => '['.repeat(9_000)),
		changed(good, 0, () => `{"x":${'['.repeat(9_000)}`)])
		assert.deepEqual(errorOf(await ask(tenant.par, client, { request })),
			{ status: 400, error: 'invalid_request_object' });
	assert.ok(performance.now() - begun < 3_000);
});

/* --- rotation, and a tenant's own word ------------------------------------------------ */

test('a key for encryption is rotated: the new one is published, the one before still decrypts', async () => {
	const done = await runCommand(['key', 'rotate', '--data', licet.data, '--tenant', tenant.name,
		'--algorithm', 'RSA-OAEP-256', '--keep', '1h']);
	assert.equal(done.code, 0, done.stdout + done.stderr);
	await sleep(2_500);
	const now = await keyFor(tenant, 'RSA-OAEP-256');
	assert.notEqual(now.kid, rsa.kid);
	for (const key of [rsa, now])
		assert.ok((await signInWith(tenant, client, await encryptTo(key, inside))).get('code'));
	const { stdout } = await runCommand(['key', 'list', '--data', licet.data, '--tenant', tenant.name]);
	for (const state of ['current', 'next', 'previous'])
		assert.match(stdout, new RegExp(`RSA-OAEP-256 +${state} `));
});

test('explain says what the wire does not', async () => {
	const reply = await send({ url: requestUrl(tenant, client, withHeader(good, { zip: 'DEF' })) });
	const { stdout } = await runCommand(['explain', reply.headers['x-request-id'], '--data', licet.data]);
	assert.match(stdout, /request_object_encryption/);
	assert.match(stdout, /the header has zip/);
});

test('an import that names half of an encryption is refused', async () => {
	for (const [more, sentence] of [
		[{ request_object_encryption_enc: 'A256GCM', jwks: signer.jwks }, /must not stand without/],
		[{ request_object_encryption_alg: 'ECDH-ES' }, /is signed before it is encrypted/],
		[{ request_object_encryption_alg: 'RSA1_5', jwks: signer.jwks }, /request_object_encryption_alg/]]) {
		const done = await runImport(licet, tenant, { clients: [metadataOf(clientOf('half'), more)] });
		assert.notEqual(done.code, 0);
		assert.match(done.stdout + done.stderr, sentence);
	}
});

test('a tenant may have keys for encryption by its settings, whoever its clients are', async () => {
	const server = await serve({ document: (origin) => tenantDocument('main', origin, 'rfc',
		{ request_object_encryption_algs: 'ECDH-ES' }) });
	const { keys } = (await send({ url: `${server.origin}/jwks` })).json;
	assert.deepEqual(keys.filter(({ use }) => use === 'enc').map(({ alg }) => alg), ['ECDH-ES']);
	const metadata = (await send({ url: `${server.origin}/.well-known/openid-configuration` })).json;
	assert.deepEqual(metadata.request_object_encryption_alg_values_supported, ['ECDH-ES']);
	await server.stop();
});

endsCleanly(licet);
