/* SPDX-License-Identifier: Apache-2.0 */
/* Assertions and DPoP proofs are used up once, by what was done for them and by nothing less. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oidc from 'openid-client';
import { Agent } from './lib/agent.mjs';
import { assertionOf, assertionParams, newSigner, signerMetadata } from './lib/assertion.mjs';
import { newKey, proofBy } from './lib/dpop.mjs';
import { challengeOf, EVERY_SCOPE, exchangeParams, newVerifier, obtainCode, refusalOf, tokensOf,
	userinfo } from './lib/flow.mjs';
import { formOf, send } from './lib/http.mjs';
import { importInto, metadataOf } from './lib/import.mjs';
import { endsCleanly, runCommand, startDemo } from './lib/licet.mjs';
import { postBytes, race } from './lib/raw.mjs';
import { profiles, users } from './lib/tenants.mjs';

const RACERS = 64;
const licet = await startDemo();
const second = await startDemo({ data: licet.data });
const signer = newSigner('signs-once');
const bound = newSigner('signs-once-bound');

for (const tenant of licet.tenants)
	await importInto(licet, tenant, { clients: [
		metadataOf(signer, signerMetadata(signer)),
		metadataOf(bound, { ...signerMetadata(bound), dpop_bound_access_tokens: true }),
	] });

function ask(url, form, assertion, headers = {}) {
	return send({ url, form: { ...form, ...assertionParams(assertion) }, headers });
}

async function obtain(tenant, client = signer) {
	const grant = await obtainCode(tenant, { client });
	const reply = await ask(tenant.token, exchangeParams(grant), assertionOf(client, tenant));
	return { grant, tokens: tokensOf(reply) };
}

function pushParams(client) {
	return { client_id: client.id, response_type: 'code', redirect_uri: client.redirectUri,
		scope: 'openid', code_challenge: challengeOf(newVerifier()), code_challenge_method: 'S256' };
}

/* What a client may be proven for: [url, form] of a request that would be taken. */
const uses = {
	'the exchange of a code': async (tenant) =>
		[tenant.token, exchangeParams(await obtainCode(tenant, { client: signer }))],
	'a refresh': async (tenant) => [tenant.token, { grant_type: 'refresh_token',
		refresh_token: (await obtain(tenant)).tokens.refresh_token }],
	'a pushed request': async (tenant) => [tenant.par, pushParams(signer)],
	introspection: async (tenant) =>
		[tenant.introspect, { token: (await obtain(tenant)).tokens.access_token }],
	revocation: async (tenant) =>
		[tenant.revoke, { token: (await obtain(tenant)).tokens.access_token }],
};

function isTaken(reply) {
	return reply?.status === 200 || reply?.status === 201;
}

/* The vendors have answers of their own at the token endpoint. */
const atToken = { rfc: [401, 'invalid_client'], auth0: [401, 'access_denied'],
	asgardeo: [400, 'invalid_request'] };

function refusalAt(tenant, url) {
	return atToken[url === tenant.token ? tenant.profile : 'rfc'];
}

function assertReplay(tenant, url, reply) {
	assert.deepEqual([reply.status, reply.json.error], refusalAt(tenant, url), reply.text);
}

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	for (const [name, use] of Object.entries(uses)) {
		test(`A01 ${profile}: of ${RACERS} at once with one assertion at ${name}, in two processes,` +
			' one is taken', async () => {
			const [url, form] = await use(tenant);
			const bytes = postBytes(url,
				formOf({ ...form, ...assertionParams(assertionOf(signer, tenant)) }));
			const replies = await race([licet.port, second.port], Array(RACERS).fill(bytes));
			assert.equal(replies.filter(isTaken).length, 1);
			/* A code that is seen to be used refuses before the assertion is looked up. */
			const errors = [refusalAt(tenant, url)[1], 'invalid_grant'];
			assert.equal(replies.filter((reply) => reply?.status >= 400 &&
				errors.includes(reply.json.error)).length, RACERS - 1);
		});

		test(`A01 ${profile}: an assertion that was used is refused at ${name}`, async () => {
			const [url, form] = await use(tenant);
			const assertion = assertionOf(signer, tenant);
			assert.ok(isTaken(await ask(tenant.revoke, { token: 'nonsense' }, assertion)));
			const replayed = await ask(url, form, assertion);
			assertReplay(tenant, url, replayed);
			const { stdout } = await runCommand(['explain', replayed.headers['x-request-id'],
				'--data', licet.data]);
			assert.match(stdout, /assertion_replayed/);
			assert.ok(isTaken(await ask(url, form, assertionOf(signer, tenant))));
		});
	}

	test(`A01 ${profile}: an exchange replayed whole is refused and revokes nothing`, async () => {
		const grant = await obtainCode(tenant, { client: signer });
		const assertion = assertionOf(signer, tenant);
		const asked = () => ask(tenant.token, exchangeParams(grant), assertion);
		const { access_token: token } = tokensOf(await asked());
		const refused = await asked();
		if (refused.json.error !== refusalOf(profile, 'grant').error)
			assertReplay(tenant, tenant.token, refused);
		assert.equal((await userinfo(tenant, token)).status, 200);
	});

	test(`${profile}: a request that lacks something does not use up its assertion`, async () => {
		const assertion = assertionOf(signer, tenant);
		const grant = await obtainCode(tenant, { client: signer });
		const form = exchangeParams(grant);
		const refused = [
			[tenant.token, { ...form, grant_type: 'unheard-of' }],
			[tenant.token, { ...form, code: 'unheard-of' }],
			[tenant.token, { grant_type: 'refresh_token', refresh_token: 'unheard-of' }],
			[tenant.par, { ...pushParams(signer), redirect_uri: 'https://evil.example/' }],
			[tenant.introspect, {}],
			[tenant.revoke, {}],
		];
		for (const [url, wrong] of refused)
			assert.ok((await ask(url, wrong, assertion)).status >= 400);
		tokensOf(await ask(tenant.token, form, assertion));
	});
}

for (const profile of ['rfc', 'auth0'])
	test(`${profile}: a wrong verifier uses up neither the code nor the assertion`, async () => {
		const tenant = licet.tenant(profile);
		const assertion = assertionOf(signer, tenant);
		const form = exchangeParams(await obtainCode(tenant, { client: signer }));
		const wrong = await ask(tenant.token, { ...form, code_verifier: newVerifier() }, assertion);
		assert.equal(wrong.json.error, refusalOf(profile, 'grant').error);
		tokensOf(await ask(tenant.token, form, assertion));
	});

test('A01 asgardeo: a wrong verifier burns the code by a fresh assertion alone', async () => {
	const tenant = licet.tenant('asgardeo');
	const form = exchangeParams(await obtainCode(tenant, { client: signer }));
	const wrong = { ...form, code_verifier: newVerifier() };
	const assertion = assertionOf(signer, tenant);
	assert.ok(isTaken(await ask(tenant.revoke, { token: 'nonsense' }, assertion)));
	assertReplay(tenant, tenant.token, await ask(tenant.token, wrong, assertion));
	tokensOf(await ask(tenant.token, form, assertionOf(signer, tenant)));
	const other = exchangeParams(await obtainCode(tenant, { client: signer }));
	await ask(tenant.token, { ...other, code_verifier: newVerifier() },
		assertionOf(signer, tenant));
	assert.equal((await ask(tenant.token, other, assertionOf(signer, tenant))).json.error,
		refusalOf('asgardeo', 'grant').error);
});

test('D08, A01: a proof and an assertion together: each of the two is refused when it was used',
	async () => {
		const tenant = licet.tenant('rfc');
		const key = newKey();
		const proof = () => ({ DPoP: proofBy(key, { url: tenant.token }) });
		const codeForm = async () => exchangeParams(await obtainCode(tenant, { client: bound }));
		const [assertion, used] = [assertionOf(bound, tenant), proof()];
		tokensOf(await ask(tenant.token, await codeForm(), assertion, used));
		const form = await codeForm();
		assertReplay(tenant, tenant.token,
			await ask(tenant.token, form, assertion, proof()));
		const again = await ask(tenant.token, form, assertionOf(bound, tenant), used);
		assert.equal(again.json.error, 'invalid_dpop_proof');
		tokensOf(await ask(tenant.token, form, assertionOf(bound, tenant), proof()));
	});

/* --- tenants that require nonces of everybody: from here on, rfc's and auth0's ------------ */

async function requireNonces(profile) {
	const tenant = licet.tenant(profile);
	await importInto(licet, null, { tenants: [{ name: tenant.name, url: tenant.base, profile,
		settings: { require_dpop_nonce: true } }] });
	return tenant;
}

for (const profile of ['rfc', 'auth0'])
	test(`D13 ${profile}: a use_dpop_nonce reply uses up neither assertion nor code`, async () => {
		const tenant = await requireNonces(profile);
		const key = newKey();
		const assertion = assertionOf(bound, tenant);
		const pushing = pushParams(bound);
		const asked = (url, form, nonce) => ask(url, form, assertion,
			{ DPoP: proofBy(key, { url, nonce }) });
		const code = exchangeParams(await obtainCode(tenant, { client: bound }));
		const first = await asked(tenant.par, pushing);
		assert.deepEqual([first.status, first.json.error], [400, 'use_dpop_nonce']);
		const later = await asked(tenant.token, code);
		assert.deepEqual([later.status, later.json.error], [400, 'use_dpop_nonce']);
		const nonce = later.headers['dpop-nonce'];
		const tokens = tokensOf(await asked(tenant.token, code, nonce));
		assert.equal(tokens.token_type, 'DPoP');
		assertReplay(tenant, tenant.par, await asked(tenant.par, pushing, nonce));
	});

for (const profile of ['rfc', 'auth0'])
	test(`D13 ${profile}: openid-client pushes, exchanges and refreshes by assertion, proof and nonce`,
		async () => {
			const tenant = await requireNonces(profile);
			const config = await oidc.discovery(new URL(tenant.issuer), bound.id, undefined,
				oidc.PrivateKeyJwt({ kid: bound.kid, key: await webKeyOf(bound) }),
				{ execute: [oidc.allowInsecureRequests], algorithm: 'oidc' });
			const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'));
			const verifier = oidc.randomPKCECodeVerifier();
			const state = oidc.randomState();
			const url = await oidc.buildAuthorizationUrlWithPAR(config, {
				redirect_uri: bound.redirectUri, scope: EVERY_SCOPE, state,
				code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
				code_challenge_method: 'S256' }, { DPoP });
			const { callback } = await new Agent().authorize(url.href, { user: users.alice });
			const tokens = await oidc.authorizationCodeGrant(config, callback,
				{ pkceCodeVerifier: verifier, expectedState: state }, undefined, { DPoP });
			assert.equal(tokens.token_type, 'dpop');
			const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined,
				{ DPoP });
			assert.equal(renewed.token_type, 'dpop');
		});

function webKeyOf({ privateKey }) {
	return crypto.subtle.importKey('jwk', privateKey.export({ format: 'jwk' }),
		{ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
}

endsCleanly(licet);
endsCleanly(second);
