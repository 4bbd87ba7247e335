/* SPDX-License-Identifier: Apache-2.0 */
/* Tokens signed PS256 and EdDSA: read by openid-client and jose, advertised, rotated. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import { Agent } from './lib/agent.mjs';
import { EVERY_SCOPE, obtainTokens } from './lib/flow.mjs';
import { send } from './lib/http.mjs';
import { importInto, metadataOf } from './lib/import.mjs';
import { endsCleanly, runCommand, startDemo } from './lib/licet.mjs';
import { serve, tenantDocument } from './lib/serve.mjs';
import { clients, profiles, users } from './lib/tenants.mjs';

const licet = await startDemo();
const DIGESTS = { PS256: 'sha256', EdDSA: 'sha512' };
/* What every tenant has keys for: some of the vendors' SDKs cannot read an EC key. */
const UNASKED = { rfc: ['RS256', 'ES256'], auth0: ['RS256'], asgardeo: ['RS256'] };

function clientOf(alg) {
	return { ...clients.web, id: `signed-${alg}`,
		secret: `signed-${alg}-0123456789abcdef0123456789abcdef` };
}

async function algorithmsOf(tenant) {
	const { json } = await send({ url: tenant.metadata });
	return json.id_token_signing_alg_values_supported;
}

async function keysOf(tenant) {
	return (await send({ url: tenant.jwks })).json.keys;
}

function atHashOf(alg, token) {
	const hash = createHash(DIGESTS[alg]).update(token).digest();
	return hash.subarray(0, hash.length / 2).toString('base64url');
}

/* A whole flow, in which openid-client checks the signature against the published keys. */
async function signIn(tenant, client, alg) {
	const config = await oidc.discovery(new URL(tenant.issuer), client.id,
		{ id_token_signed_response_alg: alg }, oidc.ClientSecretPost(client.secret),
		{ execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks] });
	const verifier = oidc.randomPKCECodeVerifier();
	const state = oidc.randomState();
	const url = oidc.buildAuthorizationUrl(config, { redirect_uri: client.redirectUri, state,
		scope: EVERY_SCOPE, code_challenge_method: 'S256',
		code_challenge: await oidc.calculatePKCECodeChallenge(verifier) });
	const { callback } = await new Agent().authorize(url.href, { user: users.alice });
	const tokens = await oidc.authorizationCodeGrant(config, callback,
		{ pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true });
	return { config, tokens };
}

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	test(`${profile}: PS256 and EdDSA are advertised once a client asks for them`, async () => {
		assert.deepEqual(await algorithmsOf(tenant), UNASKED[profile]);
		await importInto(licet, tenant, { clients: Object.keys(DIGESTS).map((alg) =>
			metadataOf(clientOf(alg), { id_token_signed_response_alg: alg })) });
		assert.deepEqual(await algorithmsOf(tenant), [...UNASKED[profile], 'PS256', 'EdDSA']);
	});

	for (const alg of Object.keys(DIGESTS))
		test(`${profile}: openid-client takes an id_token signed ${alg}, refreshed too`, async () => {
			const { config, tokens } = await signIn(tenant, clientOf(alg), alg);
			assert.equal(decodeProtectedHeader(tokens.id_token).alg, alg);
			if (tokens.claims().at_hash !== undefined)
				assert.equal(tokens.claims().at_hash, atHashOf(alg, tokens.access_token));
			const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
			assert.equal(decodeProtectedHeader(renewed.id_token).alg, alg);
		});

	test(`${profile}: the key set begins with RS256's key that signs, and has each kid once`, async () => {
		const keys = await keysOf(tenant);
		const { tokens } = await obtainTokens(tenant);
		assert.equal(keys[0].kid, decodeProtectedHeader(tokens.id_token).kid);
		const algorithms = [...UNASKED[profile], 'PS256', 'EdDSA'];
		assert.deepEqual(keys.slice(0, algorithms.length).map((key) => key.alg), algorithms);
		assert.equal(new Set(keys.map((key) => key.kid)).size, keys.length);
	});

	test(`${profile}: an EdDSA key is rotated, and what the one before signed still verifies`, async () => {
		const before = await signIn(tenant, clientOf('EdDSA'), 'EdDSA');
		const done = await runCommand(['key', 'rotate', '--data', licet.data, '--tenant', tenant.name,
			'--algorithm', 'EdDSA']);
		assert.equal(done.code, 0, done.stdout + done.stderr);
		await new Promise((soon) => setTimeout(soon, 2_500));
		const after = await signIn(tenant, clientOf('EdDSA'), 'EdDSA');
		const kids = [before, after].map(({ tokens }) =>
			decodeProtectedHeader(tokens.id_token).kid);
		assert.notEqual(kids[0], kids[1]);
		for (const { tokens } of [before, after])
			await jwtVerify(tokens.id_token, createRemoteJWKSet(new URL(tenant.jwks)),
				{ issuer: tenant.issuer, algorithms: ['EdDSA'] });
	});
}

for (const alg of Object.keys(DIGESTS))
	test(`a tenant whose signing_alg is ${alg} signs access and ID tokens so from its first request on`,
		async () => {
			const server = await serve({ document: (origin) =>
				tenantDocument('main', origin, 'rfc', { signing_alg: alg }) });
			const tenant = { ...server.tenant('rfc'), authorize: `${server.origin}/authorize`,
				token: `${server.origin}/token`, jwks: `${server.origin}/jwks` };
			const { tokens } = await obtainTokens(tenant);
			const keys = createRemoteJWKSet(new URL(tenant.jwks));
			for (const token of [tokens.access_token, tokens.id_token]) {
				assert.equal(decodeProtectedHeader(token).alg, alg);
				await jwtVerify(token, keys, { issuer: server.origin, algorithms: [alg] });
			}
			assert.equal(JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url')).at_hash,
				atHashOf(alg, tokens.access_token));
			await server.stop();
		});

endsCleanly(licet);
