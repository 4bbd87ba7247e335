/* SPDX-License-Identifier: Apache-2.0 */
/* Request objects (RFC 9101) and signed responses (JARM), by openid-client and by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import { Agent } from './lib/agent.mjs';
import { ask, authorizeUrl, challengeOf, errorOf, EVERY_SCOPE, exchange, newVerifier, push, pushedUrl,
	tokensOf }
	from './lib/flow.mjs';
import { elementById, firstForm, textOf } from './lib/html.mjs';
import { send } from './lib/http.mjs';
import { importInto, metadataOf } from './lib/import.mjs';
import { claimsOf, newObjectKey, now, requestUrl, sign, unsecured } from './lib/request_object.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { clients, profiles, users } from './lib/tenants.mjs';

const licet = await startDemo();

function confidential(id) {
	return { id, secret: `${id}-secret-0123456789abcdef0123456789`, auth: 'post',
		redirectUri: clients.web.redirectUri };
}

const SIGNED_MODES = ['query.jwt', 'fragment.jwt', 'form_post.jwt', 'jwt'];

const signed = confidential('jarm-signed');
const byEs256 = confidential('jarm-es256');
const byPs256 = confidential('jarm-ps256');
const asksSigned = confidential('jarm-alg-and-query');

const signers = Object.fromEntries(await Promise.all(['RS256', 'PS256', 'ES256', 'ES384', 'EdDSA']
	.map(async (alg) => [alg, await newObjectKey(alg)])));
const stranger = await newObjectKey('ES256');
const byAny = confidential('jar-any');
const byOne = confidential('jar-es256');
const always = confidential('jar-always');
const manyKeys = confidential('jar-32-keys');
const anyKey = { keys: Object.values(signers).flatMap(({ jwks }) => jwks.keys) };
const before = stranger.jwks.keys[0];
const full = { keys: [...Array.from({ length: 31 }, (_, i) => ({ ...before, kid: `before-${i}` })),
	...signers.ES256.jwks.keys] };

for (const tenant of licet.tenants)
	await importInto(licet, tenant, { clients: [
		metadataOf(signed, { response_modes: ['query', 'fragment', ...SIGNED_MODES] }),
		metadataOf(byEs256, { response_modes: SIGNED_MODES, authorization_signed_response_alg: 'ES256' }),
		metadataOf(byPs256, { response_modes: SIGNED_MODES, authorization_signed_response_alg: 'PS256' }),
		metadataOf(asksSigned, { response_modes: ['query', 'form_post', 'query.jwt'],
			authorization_signed_response_alg: 'ES256' }),
		metadataOf(byAny, { jwks: anyKey }),
		metadataOf(manyKeys, { jwks: full }),
		metadataOf(byOne, { jwks: anyKey, request_object_signing_alg: 'ES256' }),
		metadataOf(always, { jwks: anyKey, require_signed_request_object: true }),
	] });

function requestOf(client, params) {
	const verifier = newVerifier();
	return { verifier, client, redirectUri: client.redirectUri, params: {
		client_id: client.id, redirect_uri: client.redirectUri, scope: EVERY_SCOPE, state: 'the-state',
		code_challenge: challengeOf(verifier), code_challenge_method: 'S256', ...params } };
}

/* The parameters of a response, wherever its mode puts them. */
function parametersIn({ callback, reply }) {
	if (!callback)
		return new URLSearchParams(firstForm(reply.text).fields.map(({ name, value }) => [name, value]));
	return callback.hash ? new URLSearchParams(callback.hash.slice(1)) : callback.searchParams;
}

async function answerOf(tenant, client, params, agent = new Agent()) {
	const request = requestOf(client, params);
	let step = await agent.open(authorizeUrl(tenant, request.params));
	if (firstForm(step.reply.text)?.buttons.some(({ id }) => id === 'login'))
		step = await agent.signIn(users.alice);
	if (firstForm(step.reply.text)?.buttons.some(({ id }) => id === 'approve'))
		step = await agent.submit('approve');
	return { ...request, ...step, agent, parameters: parametersIn(step) };
}

async function verify(tenant, client, jwt) {
	const keys = createLocalJWKSet((await send({ url: tenant.jwks })).json);
	return jwtVerify(jwt, keys, { issuer: tenant.issuer, audience: client.id,
		requiredClaims: ['exp', 'iss', 'aud'] });
}

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	for (const mode of SIGNED_MODES)
		test(`P11: ${profile}: ${mode} is one signed JWT of at most ten minutes`, async () => {
			const answer = await answerOf(tenant, signed, { response_mode: mode });
			assert.deepEqual([...answer.parameters.keys()], ['response']);
			assert.equal(mode.startsWith('fragment'), Boolean(answer.callback?.hash));
			assert.equal(mode.startsWith('form_post'), !answer.callback);
			const { payload, protectedHeader } =
				await verify(tenant, signed, answer.parameters.get('response'));
			assert.notEqual(protectedHeader.alg, 'none');
			assert.equal(payload.iss, tenant.issuer);
			assert.equal(payload.aud, signed.id);
			const now = Date.now() / 1000;
			assert.ok(payload.exp > now && payload.exp <= now + 600);
			assert.equal(payload.state, 'the-state');
			tokensOf(await exchange(tenant, { ...answer, code: payload.code }));
		});

	test(`P11: ${profile}: who is registered for signed answers alone gets no other by leaving the mode out`, async () => {
		const { parameters } = await answerOf(tenant, byEs256, {});
		assert.deepEqual([...parameters.keys()], ['response']);
		const { payload } = await verify(tenant, byEs256, parameters.get('response'));
		assert.equal(payload.state, 'the-state');
	});

	test(`P11: ${profile}: refusals before the mode is looked at are signed, too`, async () => {
		const refused = [{ state: ['a', 'b'] }, { state: 'x'.repeat(4097) }, { nonce: 'x'.repeat(1025) },
			{ scope: ['openid', 'email'] }, { response_mode: 'smoke_signal' },
			{ response_mode: 'fragment' }, { response_type: null }, { response_type: 'token' },
			{ prompt: 'none login' }];
		for (const client of [byEs256, asksSigned])
			for (const params of refused) {
				const { parameters } = await answerOf(tenant, client, params);
				assert.deepEqual([...parameters.keys()], ['response'], JSON.stringify(params));
				const { payload } = await verify(tenant, client, parameters.get('response'));
				assert.match(payload.error, /^(invalid_request|unsupported_response_type)$/);
			}
	});

	test(`P11: ${profile}: with authorization_signed_response_alg the answer is signed unless query is asked for`,
		async () => {
			const { parameters } = await answerOf(tenant, asksSigned, {});
			await verify(tenant, asksSigned, parameters.get('response'));
			const plain = await answerOf(tenant, asksSigned, { response_mode: 'query' });
			assert.ok(plain.parameters.get('code'));
		});

	test(`${profile}: an error of a response_type with a token is in the fragment, unless a mode is asked for`,
		async () => {
			for (const response_type of ['token', 'id_token', 'id_token token', 'code id_token']) {
				const { callback } = await answerOf(tenant, signed, { response_type });
				assert.equal(callback.search, '');
				const params = new URLSearchParams(callback.hash.slice(1));
				assert.equal(params.get('error'), 'unsupported_response_type');
				assert.equal(params.get('state'), 'the-state');
				const one = await answerOf(tenant, signed, { response_type, response_mode: 'jwt' });
				assert.ok(one.callback.hash.startsWith('#response='));
				const two = await answerOf(tenant, signed, { response_type, response_mode: 'query' });
				assert.equal(two.callback.searchParams.get('error'), 'unsupported_response_type');
			}
			for (const response_type of ['none', 'Token', 'tokens'])
				assert.equal((await answerOf(tenant, signed, { response_type })).callback.hash, '');
		});

	for (const mode of ['query', 'fragment', ...SIGNED_MODES])
		test(`J23: ${profile}: ${mode} takes back the longest state, whatever is in it`, async () => {
			for (const state of ['\u0001', '"', '/', '\u00fc'].map((one) =>
				one.repeat(4096 / Buffer.byteLength(one)))) {
				const { parameters } = await answerOf(tenant, signed,
					{ response_mode: mode, state, prompt: 'none' });
				const told = mode.endsWith('jwt')
					? (await verify(tenant, signed, parameters.get('response'))).payload
					: Object.fromEntries(parameters);
				assert.equal(told.state, state);
				assert.equal(told.error, 'login_required');
			}
		});

	test(`P11: ${profile}: an error is signed as well`, async () => {
		const { parameters } = await answerOf(tenant, signed,
			{ response_mode: 'query.jwt', prompt: 'none' });
		const { payload } = await verify(tenant, signed, parameters.get('response'));
		assert.equal(payload.error, 'login_required');
		assert.equal(payload.state, 'the-state');
		assert.equal(payload.code, undefined);
	});

	test(`P11: ${profile}: the registered algorithm signs`, async () => {
		for (const [client, algorithm] of [[byEs256, 'ES256'], [byPs256, 'PS256']]) {
			const { parameters } = await answerOf(tenant, client, { response_mode: 'jwt' });
			const jwt = parameters.get('response');
			assert.equal(decodeProtectedHeader(jwt).alg, algorithm);
			await verify(tenant, client, jwt);
		}
	});

	test(`P11: ${profile}: a response is no id_token_hint`, async () => {
		const { parameters, agent } = await answerOf(tenant, signed, { response_mode: 'jwt' });
		const { parameters: refused } = await answerOf(tenant, signed,
			{ prompt: 'none', id_token_hint: parameters.get('response') }, agent);
		assert.equal(refused.get('error'), 'invalid_request');
	});

	test(`${profile}: a mode that is not registered is refused, without it`, async () => {
		for (const mode of [...SIGNED_MODES, 'fragment']) {
			const { parameters } = await answerOf(tenant, clients.web, { response_mode: mode });
			assert.equal(parameters.get('error'), 'invalid_request');
		}
	});

	test(`${profile}: fragment carries the response behind #`, async () => {
		const answer = await answerOf(tenant, signed, { response_mode: 'fragment' });
		assert.equal(answer.callback.search, '');
		assert.equal(answer.parameters.get('state'), 'the-state');
		tokensOf(await exchange(tenant, { ...answer, code: answer.parameters.get('code') }));
	});

	test(`${profile}: a pushed request asks for a signed response`, async () => {
		const request = await push(tenant, { client: signed, with: { response_mode: 'jwt' } });
		const { callback, page } = await new Agent().authorize(pushedUrl(tenant, request),
			{ user: users.alice });
		assert.ok(callback, textOf(page.text));
		const { code } = decodeJwt(callback.searchParams.get('response'));
		tokensOf(await exchange(tenant, { ...request, code }));
	});

	test(`${profile}: openid-client reads the signed response`, async () => {
		const config = await oidc.discovery(new URL(tenant.issuer), signed.id, undefined,
			oidc.ClientSecretPost(signed.secret), { execute: [oidc.allowInsecureRequests, oidc.useJwtResponseMode] });
		const supported = config.serverMetadata();
		assert.ok(SIGNED_MODES.every((mode) => supported.response_modes_supported.includes(mode)));
		assert.ok(supported.authorization_signing_alg_values_supported.includes('ES256'));
		const verifier = oidc.randomPKCECodeVerifier();
		const expectedState = oidc.randomState();
		const url = oidc.buildAuthorizationUrl(config, { redirect_uri: signed.redirectUri,
			scope: EVERY_SCOPE, state: expectedState, code_challenge_method: 'S256',
			code_challenge: await oidc.calculatePKCECodeChallenge(verifier) });
		assert.equal(url.searchParams.get('response_mode'), 'jwt');
		const { callback } = await new Agent().authorize(url.href, { user: users.alice });
		const tokens = await oidc.authorizationCodeGrant(config, callback,
			{ pkceCodeVerifier: verifier, expectedState, idTokenExpected: true });
		assert.equal(tokens.claims().aud, signed.id);
	});
}

/* --- request objects ------------------------------------------------------------ */

async function isRefused(tenant, client, request, params = {}) {
	const reply = await send({ url: requestUrl(tenant, client, request, params) });
	assert.equal(reply.status, 400, `${reply.status} ${reply.location ?? textOf(reply.text)}`);
	assert.ok(elementById(reply.text, 'error-page'), textOf(reply.text));
	assert.deepEqual(errorOf(await ask(tenant.par, client, { request, ...params })),
		{ status: 400, error: params.request_uri ? 'invalid_request' : 'invalid_request_object' });
}

async function signInWith(tenant, client, request, params) {
	const { callback, page } = await new Agent().authorize(
		requestUrl(tenant, client, request, params), { user: users.alice });
	assert.ok(callback, textOf(page.text));
	return callback.searchParams;
}

/* P07, J28: (the good claims) => what is sent instead. */
const attacks = {
	'P07 alg none': (claims) => unsecured(claims),
	'P07 an aud that is another server': (claims) => sign(signers.ES256, { ...claims, aud: 'https://evil.example' }),
	'P07 no aud': (claims) => sign(signers.ES256, { ...claims, aud: undefined }),
	'P07 an iss that is another client': (claims) => sign(signers.ES256, { ...claims, iss: 'another' }),
	'P07 no iss': (claims) => sign(signers.ES256, { ...claims, iss: undefined }),
	'P07 no exp': (claims) => sign(signers.ES256, { ...claims, exp: undefined }),
	'P07 an exp that has passed': (claims) => sign(signers.ES256, { ...claims, exp: now() - 10 }),
	'P07 an exp in over an hour': (claims) => sign(signers.ES256, { ...claims, exp: now() + 3660 }),
	'P07 an nbf over an hour ago': (claims) => sign(signers.ES256, { ...claims, nbf: now() - 3660 }),
	'P07 an nbf ahead': (claims) => sign(signers.ES256, { ...claims, nbf: now() + 30 }),
	'P07 a stranger\'s key': (claims) => sign(stranger, claims),
	'P07 a stranger\'s key without a kid': (claims) => sign(stranger, claims, { kid: undefined }),
	'P07 the client as its sub': (claims) => sign(signers.ES256, { ...claims, sub: claims.client_id }),
	'P07 the typ of an access token': (claims) => sign(signers.ES256, claims, { typ: 'at+jwt' }),
	'P07 another client inside': (claims) => sign(signers.ES256, { ...claims, client_id: 'another' }),
	'P07 no client inside': (claims) => sign(signers.ES256, { ...claims, client_id: undefined }),
	'P07 a request within': (claims) => sign(signers.ES256, { ...claims, request: 'x' }),
	'P07 a request_uri within': (claims) => sign(signers.ES256,
		{ ...claims, request_uri: 'urn:ietf:params:oauth:request_uri:x' }),
	'P07 no JWT at all': () => 'e30.e30.',
	'J28 PS256 instead of the registered ES256': (claims) => sign(signers.PS256, claims),
	'J28 RS256 instead of the registered ES256': (claims) => sign(signers.RS256, claims),
};

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	for (const [alg, signer] of Object.entries(signers))
		test(`${profile}: a request object signed by ${alg} is an authorization request`, async () => {
			const request = await sign(signer, claimsOf(tenant, byAny, { state: alg }));
			const params = await signInWith(tenant, byAny, request);
			assert.ok(params.get('code'));
			assert.equal(params.get('state'), alg);
		});

	test(`${profile}: the last of as many keys as may be registered verifies too`, async () => {
		for (const kid of [signers.ES256.kid, undefined]) {
			const request = await sign(signers.ES256, claimsOf(tenant, manyKeys), { kid });
			assert.ok((await signInWith(tenant, manyKeys, request)).get('code'));
		}
	});

	for (const [attack, objectOf] of Object.entries(attacks))
		test(`${attack}: ${profile}: is refused at both endpoints`, async () => {
			await isRefused(tenant, byOne, await objectOf(claimsOf(tenant, byOne)));
		});

	test(`P07: ${profile}: an nbf five seconds ahead is a clock's difference`, async () => {
		const request = await sign(signers.ES256, claimsOf(tenant, byOne, { nbf: now() + 5 }));
		assert.ok((await signInWith(tenant, byOne, request)).get('code'));
	});

	test(`${profile}: parameters outside the object count for nothing`, async () => {
		const request = await sign(signers.ES256, claimsOf(tenant, byOne));
		const params = await signInWith(tenant, byOne, request,
			{ state: 'outside', redirect_uri: 'https://evil.example/', response_type: 'code' });
		assert.equal(params.get('state'), 'the-state');
	});

	test(`${profile}: a response_type outside that disagrees is refused`, async () => {
		const request = await sign(signers.ES256, claimsOf(tenant, byOne));
		await isRefused(tenant, byOne, request, { response_type: 'token' });
	});

	test(`${profile}: request and request_uri together are refused`, async () => {
		const { requestUri } = await push(tenant, { client: byOne });
		const request = await sign(signers.ES256, claimsOf(tenant, byOne));
		await isRefused(tenant, byOne, request, { request_uri: requestUri });
	});

	test(`${profile}: who must sign is refused otherwise, and pushes an object once`, async () => {
		const plain = await send({ url: authorizeUrl(tenant,
			{ client_id: always.id, redirect_uri: always.redirectUri }) });
		assert.equal(plain.status, 400);
		const verifier = newVerifier();
		const request = await sign(signers.ES256, claimsOf(tenant, always,
			{ code_challenge: challengeOf(verifier), code_challenge_method: 'S256', max_age: 3600 }));
		const reply = await ask(tenant.par, always, { request });
		assert.equal(reply.status, 201, reply.text);
		const url = pushedUrl(tenant, { client: always, requestUri: reply.json.request_uri });
		const { params, page } = await new Agent().authorize(url, { user: users.alice });
		assert.ok(params?.get('code'), textOf(page.text));
		tokensOf(await exchange(tenant, { client: always, verifier, code: params.get('code'),
			redirectUri: always.redirectUri }));
	});

	test(`${profile}: openid-client sends a request object`, async () => {
		const config = await oidc.discovery(new URL(tenant.issuer), byOne.id, undefined,
			oidc.ClientSecretPost(byOne.secret), { execute: [oidc.allowInsecureRequests] });
		const verifier = oidc.randomPKCECodeVerifier();
		const expectedState = oidc.randomState();
		const url = await oidc.buildAuthorizationUrlWithJAR(config, { redirect_uri: byOne.redirectUri,
			scope: EVERY_SCOPE, state: expectedState, code_challenge_method: 'S256',
			code_challenge: await oidc.calculatePKCECodeChallenge(verifier) },
		{ key: signers.ES256.key, kid: signers.ES256.kid });
		assert.ok(url.searchParams.get('request'));
		const { callback, page } = await new Agent().authorize(url.href, { user: users.alice });
		assert.ok(callback, textOf(page.text));
		const tokens = await oidc.authorizationCodeGrant(config, callback,
			{ pkceCodeVerifier: verifier, expectedState, idTokenExpected: true });
		assert.equal(tokens.claims().aud, byOne.id);
	});
}

test('a page that stands open outlives the object\'s exp, which bounds the arrival', async () => {
	const tenant = licet.tenant('rfc');
	const request = await sign(signers.ES256, claimsOf(tenant, byOne, { exp: now() + 1 }));
	const agent = new Agent();
	await agent.open(requestUrl(tenant, byOne, request));
	await sleep(11_000);
	await isRefused(tenant, byOne, request);
	const step = await agent.signIn(users.alice);
	const { callback } = step.callback ? step : await agent.submit('approve');
	assert.ok(callback.searchParams.get('code'));
});

endsCleanly(licet);
