/* SPDX-License-Identifier: Apache-2.0 */
/* Signed authorization responses (JARM), by openid-client and by hand. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import * as oidc from 'openid-client';
import { Agent } from './lib/agent.mjs';
import { authorizeUrl, challengeOf, EVERY_SCOPE, exchange, newVerifier, push, pushedUrl, tokensOf }
	from './lib/flow.mjs';
import { firstForm, textOf } from './lib/html.mjs';
import { send } from './lib/http.mjs';
import { importInto, metadataOf } from './lib/import.mjs';
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

for (const tenant of licet.tenants)
	await importInto(licet, tenant, { clients: [
		metadataOf(signed, { response_modes: ['query', 'fragment', ...SIGNED_MODES] }),
		metadataOf(byEs256, { response_modes: SIGNED_MODES, authorization_signed_response_alg: 'ES256' }),
		metadataOf(byPs256, { response_modes: SIGNED_MODES, authorization_signed_response_alg: 'PS256' }),
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

endsCleanly(licet);
