/* SPDX-License-Identifier: Apache-2.0 */
/* private_key_jwt and client_secret_jwt: whole flows by other people's clients, and single use. */
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import { Agent } from './lib/agent.mjs';
import { ASSERTION_TYPE, assertionOf, assertionParams, macOf, newSigner, signerMetadata }
	from './lib/assertion.mjs';
import { EVERY_SCOPE, errorOf, exchangeParams, obtainCode } from './lib/flow.mjs';
import { formOf, send } from './lib/http.mjs';
import { importInto, metadataOf } from './lib/import.mjs';
import { endsCleanly, runCommand, startDemo } from './lib/licet.mjs';
import { postBytes, race } from './lib/raw.mjs';
import { clients, profiles, users } from './lib/tenants.mjs';

const RACERS = 64;
const licet = await startDemo();
const second = await startDemo({ data: licet.data });
const http = { [oauth.allowInsecureRequests]: true };

/* --- clients: one for each algorithm, one keyed by its secret -------------------- */

const RSA = { modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]) };
const algorithms = {
	RS256: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', ...RSA },
	RS384: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-384', ...RSA },
	RS512: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-512', ...RSA },
	PS256: { name: 'RSA-PSS', hash: 'SHA-256', ...RSA },
	PS384: { name: 'RSA-PSS', hash: 'SHA-384', ...RSA },
	PS512: { name: 'RSA-PSS', hash: 'SHA-512', ...RSA },
	ES256: { name: 'ECDSA', namedCurve: 'P-256' },
	ES384: { name: 'ECDSA', namedCurve: 'P-384' },
	ES512: { name: 'ECDSA', namedCurve: 'P-521' },
	Ed25519: { name: 'Ed25519' },
};

async function newClient(alg) {
	const pair = await webcrypto.subtle.generateKey(algorithms[alg], true, ['sign', 'verify']);
	const { kty, crv, x, y, n, e } = await webcrypto.subtle.exportKey('jwk', pair.publicKey);
	const id = `signs-${alg.toLowerCase()}`;
	return { id, alg, pair, auth: 'post', redirectUri: clients.web.redirectUri,
		jwk: { kty, crv, x, y, n, e, kid: id, alg } };
}

const signers = await Promise.all(Object.keys(algorithms).map(newClient));
const keyed = { id: 'keyed-by-secret', secret: 'keyed-secret-0123456789abcdef0123456789abcdef',
	auth: 'post', redirectUri: clients.web.redirectUri };
const own = newSigner('signs-by-hand');

function registrations() {
	return [
		...signers.map((client) => metadataOf(client, { jwks: { keys: [client.jwk] },
			token_endpoint_auth_method: 'private_key_jwt',
			token_endpoint_auth_signing_alg: client.alg })),
		metadataOf(keyed, { token_endpoint_auth_method: 'client_secret_jwt' }),
		metadataOf(own, signerMetadata(own)),
	];
}

for (const tenant of licet.tenants)
	await importInto(licet, tenant, { clients: registrations() });

/* --- other people's clients -------------------------------------------------------- */

function openidAuthentication(client) {
	return client.secret ? oidc.ClientSecretJwt(client.secret)
		: oidc.PrivateKeyJwt({ key: client.pair.privateKey, kid: client.id });
}

async function byOpenidClient(tenant, client) {
	const config = await oidc.discovery(new URL(tenant.issuer), client.id, undefined,
		openidAuthentication(client), { execute: [oidc.allowInsecureRequests], algorithm: 'oidc' });
	const verifier = oidc.randomPKCECodeVerifier();
	const checks = { pkceCodeVerifier: verifier, expectedState: oidc.randomState() };
	const url = oidc.buildAuthorizationUrl(config, { redirect_uri: client.redirectUri,
		scope: EVERY_SCOPE, state: checks.expectedState, code_challenge_method: 'S256',
		code_challenge: await oidc.calculatePKCECodeChallenge(verifier) });
	const { callback } = await new Agent().authorize(url.href, { user: users.alice });
	const tokens = await oidc.authorizationCodeGrant(config, callback, checks);
	assert.equal(tokens.claims().aud, client.id);
	const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
	const token = renewed.refresh_token ?? tokens.refresh_token;
	assert.equal((await oidc.tokenIntrospection(config, token)).active, true);
	await oidc.tokenRevocation(config, token);
	assert.equal((await oidc.tokenIntrospection(config, token)).active, false);
}

async function byOauth4webapi(tenant, client) {
	const issuer = new URL(tenant.issuer);
	const as = await oauth.processDiscoveryResponse(issuer,
		await oauth.discoveryRequest(issuer, { ...http, algorithm: 'oidc' }));
	const proof = client.secret ? oauth.ClientSecretJwt(client.secret)
		: oauth.PrivateKeyJwt({ key: client.pair.privateKey, kid: client.id });
	const { code, verifier } = await obtainCode(tenant, { client });
	const params = oauth.validateAuthResponse(as, { client_id: client.id },
		new URLSearchParams({ code, iss: tenant.issuer }), oauth.expectNoState);
	const reply = await oauth.authorizationCodeGrantRequest(as, { client_id: client.id }, proof,
		params, client.redirectUri, verifier, http);
	const tokens = await oauth.processAuthorizationCodeResponse(as, { client_id: client.id }, reply);
	assert.ok(tokens.access_token);
}

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	for (const client of [...signers, keyed]) {
		const method = client.secret ? 'client_secret_jwt' : `private_key_jwt, ${client.alg}`;
		test(`${profile}: openid-client signs in, refreshes, introspects and revokes by ${method}`,
			() => byOpenidClient(tenant, client));
	}

	for (const client of [signers[3], signers[6], keyed])
		test(`${profile}: oauth4webapi redeems a code as ${client.id}`,
			() => byOauth4webapi(tenant, client));

	test(`${profile}: the metadata names both methods and their algorithms`, async () => {
		const metadata = (await send({ url: tenant.metadata })).json;
		for (const endpoint of ['token', 'revocation', 'introspection']) {
			const methods = metadata[`${endpoint}_endpoint_auth_methods_supported`];
			assert.ok(methods.includes('private_key_jwt') && methods.includes('client_secret_jwt'));
			assert.deepEqual(metadata[`${endpoint}_endpoint_auth_signing_alg_values_supported`],
				[...Object.keys(algorithms).toSpliced(-1, 0, 'EdDSA'), 'HS256', 'HS384', 'HS512']);
		}
	});
}

/* --- single use ---------------------------------------------------------------------- */

function revocation(tenant, assertion) {
	return { token: 'nonsense', ...assertionParams(assertion) };
}

const { rfc } = Object.fromEntries(licet.tenants.map((tenant) => [tenant.profile, tenant]));

for (const [name, assertion] of [['a key', () => assertionOf(own, rfc)],
	['a secret', () => macOf(keyed, rfc)]])
	test(`A01: of ${RACERS} at once with one assertion by ${name}, in two processes, one is taken`,
		async () => {
			const bytes = postBytes(rfc.revoke, formOf(revocation(rfc, assertion())));
			const replies = await race([licet.port, second.port], Array(RACERS).fill(bytes));
			assert.equal(replies.filter((reply) => reply?.status === 200).length, 1);
			assert.equal(replies.filter((reply) => reply?.status === 401).length, RACERS - 1);
		});

test('A01: a second use after the first is refused, and explained', async () => {
	const assertion = assertionOf(own, rfc);
	const first = await send({ url: rfc.revoke, form: revocation(rfc, assertion) });
	assert.equal(first.status, 200, first.text);
	const again = await send({ url: rfc.revoke, form: revocation(rfc, assertion) });
	assert.deepEqual(errorOf(again), { status: 401, error: 'invalid_client' });
	const { stdout } = await runCommand(['explain', again.headers['x-request-id'],
		'--data', licet.data]);
	assert.match(stdout, /assertion_replayed/);
});

/* So many may a client push in a minute (docs/pushed-requests.md). */
const QUOTA = 600;

test('A01: an assertion that was used takes nothing from its client\'s pushed requests', async () => {
	const push = (assertion) => send({ url: rfc.par, form: { response_type: 'code',
		redirect_uri: own.redirectUri, ...assertionParams(assertion) } });
	const overheard = assertionOf(own, rfc);
	assert.equal((await push(overheard)).status, 201);
	for (let count = 0; count < QUOTA + 30; count += 30)
		for (const reply of await Promise.all(Array.from({ length: 30 }, () => push(overheard))))
			assert.deepEqual(errorOf(reply), { status: 401, error: 'invalid_client' });
	assert.equal((await push(assertionOf(own, rfc))).status, 201);
});

test('A07: an assertion of another type is refused, its own is taken', async () => {
	const { code, verifier } = await obtainCode(rfc, { client: own });
	const form = { ...exchangeParams({ code, verifier, redirectUri: own.redirectUri }) };
	const wrong = await send({ url: rfc.token, form: { ...form, client_id: own.id,
		client_assertion: assertionOf(own, rfc), client_assertion_type: `${ASSERTION_TYPE}/` } });
	assert.deepEqual(errorOf(wrong), { status: 401, error: 'invalid_client' });
	const right = await send({ url: rfc.token,
		form: { ...form, ...assertionParams(assertionOf(own, rfc)) } });
	assert.equal(right.status, 200, right.text);
});

test('a wrong aud is explained by what would be right', async () => {
	const reply = await send({ url: rfc.revoke,
		form: revocation(rfc, assertionOf(own, rfc, { aud: `${rfc.issuer}/oauth/token` })) });
	assert.equal(reply.status, 401);
	const { stdout } = await runCommand(['explain', reply.headers['x-request-id'],
		'--data', licet.data]);
	assert.ok(stdout.replace(/\s+/g, ' ').includes(`"${rfc.issuer}/oauth/token"`), stdout);
	assert.ok(stdout.replace(/\s+/g, ' ').includes(`this tenant takes any of: ${rfc.issuer}`), stdout);
});

test('A05: a client whose clock is 8 s ahead is taken', async () => {
	const now = Math.floor(Date.now() / 1000);
	const reply = await send({ url: rfc.revoke,
		form: revocation(rfc, assertionOf(own, rfc, { iat: now + 8, nbf: now + 8, exp: now + 68 })) });
	assert.equal(reply.status, 200, reply.text);
});

endsCleanly(licet);
endsCleanly(second);
