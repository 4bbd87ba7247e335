/* SPDX-License-Identifier: Apache-2.0 */
/* Whole flows by openid-client 6, unmodified, against each of the demo's tenants. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oidc from 'openid-client';
import { Agent } from './lib/agent.mjs';
import { EVERY_SCOPE } from './lib/flow.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { AFTER_SIGN_OUT, clients, profiles, users } from './lib/tenants.mjs';

const licet = await startDemo();

const authentications = {
	client_secret_post: [clients.web, () => oidc.ClientSecretPost(clients.web.secret)],
	client_secret_basic: [clients.web, () => oidc.ClientSecretBasic(clients.web.secret)],
	'none (single-page)': [clients.spa, () => oidc.None()],
	'none (native, a port of its own)': [clients.native, () => oidc.None()],
};

function discover(tenant, client, authentication) {
	return oidc.discovery(new URL(tenant.issuer), client.id, undefined, authentication,
		{ execute: [oidc.allowInsecureRequests], algorithm: 'oidc' });
}

async function signIn(config, client, { user = users.alice, agent = new Agent(), ...extra } = {}) {
	const verifier = oidc.randomPKCECodeVerifier();
	const checks = {
		pkceCodeVerifier: verifier,
		expectedState: oidc.randomState(),
		expectedNonce: oidc.randomNonce(),
		idTokenExpected: true,
	};
	const url = oidc.buildAuthorizationUrl(config, {
		redirect_uri: client.redirectUri,
		scope: EVERY_SCOPE,
		code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
		code_challenge_method: 'S256',
		state: checks.expectedState,
		nonce: checks.expectedNonce,
		...extra,
	});
	const arrival = await agent.authorize(url.href, { user });
	assert.ok(arrival.callback, `no redirect: ${arrival.page.text.slice(0, 800)}`);
	return { callback: arrival.callback, checks, agent, arrival };
}

async function exchange(config, { callback, checks }) {
	return oidc.authorizationCodeGrant(config, callback, checks);
}

for (const profile of profiles) {
	const tenant = licet.tenant(profile);
	for (const [method, [client, authentication]] of Object.entries(authentications)) {
		test(`${profile}: ${client.id} by ${method} signs in, refreshes and revokes`, async () => {
			const config = await discover(tenant, client, authentication());
			const tokens = await exchange(config, await signIn(config, client));
			assert.equal(tokens.token_type, 'bearer');
			assert.equal(typeof tokens.expires_in, 'number');
			const claims = tokens.claims();
			assert.equal(claims.iss, tenant.issuer);
			assert.equal(claims.aud, client.id);

			const person = await oidc.fetchUserInfo(config, tokens.access_token, claims.sub);
			assert.equal(person.sub, claims.sub);

			const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
			assert.equal(renewed.claims().sub, claims.sub);
			assert.equal(renewed.claims().nonce, undefined);

			const last = renewed.refresh_token ?? tokens.refresh_token;
			await oidc.tokenRevocation(config, last);
			await assert.rejects(oidc.refreshTokenGrant(config, last),
				(error) => error.error === 'invalid_grant');
		});
	}

	test(`${profile}: the id_token's signature is checked against the published keys`, async () => {
		const config = await discover(tenant, clients.web, authentications.client_secret_post[1]());
		oidc.enableNonRepudiationChecks(config);
		const tokens = await exchange(config, await signIn(config, clients.web));
		assert.ok(tokens.claims().sub);
	});

	test(`${profile}: introspection tells a living token from a revoked one`, async () => {
		const config = await discover(tenant, clients.web, authentications.client_secret_basic[1]());
		const tokens = await exchange(config, await signIn(config, clients.web));
		const alive = await oidc.tokenIntrospection(config, tokens.access_token);
		assert.equal(alive.active, true);
		assert.equal(alive.client_id, clients.web.id);
		await oidc.tokenRevocation(config, tokens.access_token);
		assert.deepEqual(await oidc.tokenIntrospection(config, tokens.access_token),
			{ active: false });
	});

	test(`${profile}: a code used twice is invalid_grant to openid-client`, async () => {
		const config = await discover(tenant, clients.web, authentications.client_secret_post[1]());
		const signed = await signIn(config, clients.web);
		await exchange(config, signed);
		await assert.rejects(exchange(config, signed), (error) => error.error === 'invalid_grant');
	});

	test(`${profile}: a person who denies gives the client access_denied`, async () => {
		const client = clients.web;
		const config = await discover(tenant, client, authentications.client_secret_post[1]());
		const verifier = oidc.randomPKCECodeVerifier();
		const state = oidc.randomState();
		const url = oidc.buildAuthorizationUrl(config, { redirect_uri: client.redirectUri, state,
			scope: 'openid', prompt: 'consent', code_challenge_method: 'S256',
			code_challenge: await oidc.calculatePKCECodeChallenge(verifier) });
		const arrival = await new Agent().authorize(url.href, { user: users.bob, approve: false });
		assert.equal(arrival.consented, true);
		await assert.rejects(exchange(config, { callback: arrival.callback,
			checks: { pkceCodeVerifier: verifier, expectedState: state } }),
		(error) => error.error === 'access_denied');
	});

	test(`${profile}: max_age is honoured and auth_time is what openid-client expects`, async () => {
		const config = await discover(tenant, clients.web, authentications.client_secret_post[1]());
		const signed = await signIn(config, clients.web, { max_age: '600' });
		signed.checks.maxAge = 600;
		const tokens = await exchange(config, signed);
		assert.equal(typeof tokens.claims().auth_time, 'number');
	});

	test(`${profile}: prompt=none answers at once with a session and login_required without`, async () => {
		const config = await discover(tenant, clients.web, authentications.client_secret_post[1]());
		const first = await signIn(config, clients.web);
		const again = await signIn(config, clients.web, { agent: first.agent, prompt: 'none' });
		assert.equal(again.arrival.signedIn, false);
		await exchange(config, again);
		const stranger = await signIn(config, clients.web, { prompt: 'none' });
		await assert.rejects(exchange(config, stranger), (error) => error.error === 'login_required');
	});

	test(`${profile}: the end-session URL that openid-client builds signs out`, async () => {
		const config = await discover(tenant, clients.web, authentications.client_secret_post[1]());
		const { agent, ...signed } = await signIn(config, clients.web);
		const tokens = await exchange(config, signed);
		const url = oidc.buildEndSessionUrl(config, { id_token_hint: tokens.id_token,
			post_logout_redirect_uri: AFTER_SIGN_OUT, state: 'left~and=gone.' });
		const { callback } = await agent.open(url.href);
		assert.equal(callback.origin, AFTER_SIGN_OUT);
		assert.equal(callback.searchParams.get('state'), 'left~and=gone.');
		const silent = await signIn(config, clients.web, { agent, prompt: 'none' });
		assert.equal(silent.callback.searchParams.get('error'), 'login_required');
	});
}

endsCleanly(licet);
