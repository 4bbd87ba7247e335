/* SPDX-License-Identifier: Apache-2.0 */
/* @asgardeo/node, unmodified: sign-in, refresh, revocation and sign-out with its state. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LegacyAsgardeoNodeClient } from '@asgardeo/node';
import { Agent } from './lib/agent.mjs';
import { formWith } from './lib/html.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { AFTER_SIGN_OUT, clients, users } from './lib/tenants.mjs';

const licet = await startDemo();
const tenant = licet.tenant('asgardeo');
let people = 0;

async function newClient(client = clients.web, extra = {}) {
	const sdk = new LegacyAsgardeoNodeClient();
	await sdk.initialize({
		afterSignInUrl: client.redirectUri,
		afterSignOutUrl: AFTER_SIGN_OUT,
		baseUrl: tenant.base,
		clientId: client.id,
		...(client.secret ? { clientSecret: client.secret } : {}),
		enablePKCE: true,
		scopes: ['openid', 'profile'],
		...extra,
	});
	return sdk;
}

/* A person's sign-in, up to the tokens: {sdk, person, tokens, agent}. */
async function signIn(sdk, user = users.alice) {
	const person = `person-${++people}`;
	let url = null;
	await sdk.signIn((one) => (url = one), person);
	const agent = new Agent();
	const { callback, page } = await agent.authorize(url, { user });
	assert.ok(callback, page.text.slice(0, 500));
	const answer = callback.searchParams;
	const tokens = await sdk.signIn(null, person, answer.get('code'),
		answer.get('session_state'), answer.get('state'));
	return { sdk, person, tokens, agent, answer };
}

for (const client of [clients.web, clients.spa]) {
	test(`${client.id} signs a person in and reads who it is`, async () => {
		const { sdk, person, tokens, answer } = await signIn(await newClient(client));
		assert.ok(tokens.accessToken && tokens.idToken && tokens.refreshToken);
		assert.equal(await sdk.isSignedIn(person), true);
		assert.equal((await sdk.getDecodedIdToken(person)).iss, tenant.issuer);
		assert.ok((await sdk.getUser(person)));
		assert.ok(answer.get('session_state'));
	});

	test(`${client.id} refreshes`, async () => {
		const { sdk, person, tokens } = await signIn(await newClient(client));
		const renewed = await sdk.refreshAccessToken(person);
		assert.ok(renewed.accessToken);
		assert.notEqual(renewed.accessToken, tokens.accessToken);
		assert.ok(renewed.idToken);
	});

	test(`${client.id} revokes its access token`, async () => {
		const { sdk, person, tokens } = await signIn(await newClient(client));
		const before = await fetch(tenant.userinfo,
			{ headers: { Authorization: `Bearer ${tokens.accessToken}` } });
		assert.equal(before.status, 200);
		const reply = await sdk.revokeAccessToken(person);
		assert.equal(reply.status, 200);
		const after = await fetch(tenant.userinfo,
			{ headers: { Authorization: `Bearer ${tokens.accessToken}` } });
		assert.equal(after.status, 401);
	});

	test(`${client.id} signs out and finds its state in the answer`, async () => {
		const { sdk, person, agent } = await signIn(await newClient(client));
		const url = await sdk.signOut(person);
		const step = await agent.open(url);
		const { callback } = formWith(agent.page.text, 'logout-confirm')
			? await agent.submit('logout-confirm') : step;
		assert.equal(callback.origin, AFTER_SIGN_OUT);
		assert.equal(callback.searchParams.get('state'), 'sign_out_success');
	});
}

test('the endpoints that the SDK reads from the metadata are those that it would guess', async () => {
	const sdk = await newClient(clients.web, { wellKnownEndpoint: tenant.metadata });
	await signIn(sdk);
	const endpoints = await sdk.getOpenIDProviderEndpoints();
	assert.equal(endpoints.tokenEndpoint, tenant.token);
	assert.equal(endpoints.authorizationEndpoint, tenant.authorize);
	assert.equal(endpoints.endSessionEndpoint, tenant.logout);
});

test('a person whom the SDK does not know is refused by it', async () => {
	const sdk = await newClient();
	await signIn(sdk);
	assert.equal(await sdk.isSignedIn('somebody-else'), false);
});

test('a wrong secret is told with the reason phrase of its status', async () => {
	const sdk = await newClient({ ...clients.web, secret: 'not-the-secret-0123456789abcdef0' });
	await assert.rejects(signIn(sdk), (error) => {
		assert.match(`${error.name} ${error.message}`, /Unauthorized/);
		return true;
	});
});

endsCleanly(licet);
