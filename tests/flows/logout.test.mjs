/* SPDX-License-Identifier: Apache-2.0 */
/* Signing out: by the client with a hint, by the person with a click, never by a stranger. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formOf } from './lib/http.mjs';
import { authorizeUrl, challengeOf, isActive, newVerifier, obtainTokens, refresh, tokensOf,
	userinfo } from './lib/flow.mjs';
import { elementById, formWith, textInside, textOf } from './lib/html.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { AFTER_SIGN_OUT, clients, profiles, users } from './lib/tenants.mjs';

const licet = await startDemo();

function signOutUrl(tenant, params) {
	return `${tenant.logout}?${formOf(params)}`;
}

async function isSignedIn(tenant, agent) {
	const { params } = await agent.authorize(authorizeUrl(tenant, {
		client_id: clients.web.id, redirect_uri: clients.web.redirectUri, scope: 'openid',
		prompt: 'none', code_challenge: challengeOf(newVerifier()), code_challenge_method: 'S256',
	}));
	return params.has('code');
}

/* A token whose signature or header was tampered with, still of JWT form. */
function tampered(token) {
	const [head, payload, signature] = token.split('.');
	const claims = JSON.parse(Buffer.from(payload, 'base64url'));
	const other = Buffer.from(JSON.stringify({ ...claims, sub: 'mallory' })).toString('base64url');
	return `${head}.${other}.${signature}`;
}

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	test(`${profile}: a good hint and a registered address sign out and go back, with state`,
		async () => {
			const { agent, tokens } = await obtainTokens(tenant);
			const { callback } = await agent.open(signOutUrl(tenant, { id_token_hint: tokens.id_token,
				post_logout_redirect_uri: AFTER_SIGN_OUT, state: 'a b&c' }));
			assert.equal(callback.origin, AFTER_SIGN_OUT);
			assert.equal(callback.searchParams.get('state'), 'a b&c');
			assert.equal(await isSignedIn(tenant, agent), false);
		});

	test(`${profile}: the address with a slash at its end is registered, too`, async () => {
		const { agent, tokens } = await obtainTokens(tenant);
		const { callback } = await agent.open(signOutUrl(tenant, { id_token_hint: tokens.id_token,
			post_logout_redirect_uri: `${AFTER_SIGN_OUT}/` }));
		assert.equal(callback.href, `${AFTER_SIGN_OUT}/`);
	});

	test(`${profile}: signing out by POST works as by GET`, async () => {
		const { agent, tokens } = await obtainTokens(tenant);
		const { callback } = await agent.follow(await agent.request({ url: tenant.logout, form: {
			id_token_hint: tokens.id_token, post_logout_redirect_uri: AFTER_SIGN_OUT } }));
		assert.equal(callback.origin, AFTER_SIGN_OUT);
		assert.equal(await isSignedIn(tenant, agent), false);
	});

	test(`W08 ${profile}: without a hint the person is asked first`, async () => {
		const { agent } = await obtainTokens(tenant);
		await agent.open(tenant.logout);
		assert.match(textOf(agent.page.text), /Sign out/);
		assert.ok(elementById(agent.page.text, 'logout-confirm'));
		assert.equal(await isSignedIn(tenant, agent), true);
		await agent.open(tenant.logout);
		await agent.submit('logout-confirm');
		assert.match(textInside(agent.page.text, 'logged-out'), /signed out/i);
		assert.equal(await isSignedIn(tenant, agent), false);
	});

	const badHints = {
		'a tampered hint': ({ id_token }) => ({ id_token_hint: tampered(id_token) }),
		'a hint that is no token': () => ({ id_token_hint: 'nonsense' }),
		'an access token as a hint': ({ access_token }) => ({ id_token_hint: access_token }),
	};
	for (const [sentence, hint] of Object.entries(badHints))
		test(`${profile}: ${sentence} never redirects`, async () => {
			const { agent, tokens } = await obtainTokens(tenant);
			const { callback } = await agent.open(signOutUrl(tenant,
				{ ...hint(tokens), post_logout_redirect_uri: AFTER_SIGN_OUT }));
			assert.equal(callback, undefined);
		});

	test(`${profile}: another tenant's hint never redirects`, async () => {
		const other = licet.tenants.find((one) => one.profile !== profile);
		const foreign = await obtainTokens(other);
		const { agent } = await obtainTokens(tenant);
		const { callback } = await agent.open(signOutUrl(tenant, {
			id_token_hint: foreign.tokens.id_token, post_logout_redirect_uri: AFTER_SIGN_OUT }));
		assert.equal(callback, undefined);
	});

	for (const address of ['http://localhost:3000/elsewhere', 'https://evil.example/',
		'http://localhost:3000@evil.example/', 'javascript:alert(1)', '//evil.example'])
		test(`${profile}: the unregistered address ${address} never redirects`, async () => {
			const { agent, tokens } = await obtainTokens(tenant);
			const reply = await agent.request({ url: signOutUrl(tenant,
				{ id_token_hint: tokens.id_token, post_logout_redirect_uri: address }) });
			assert.equal(reply.location, undefined);
			assert.doesNotMatch(reply.text, /href="?(javascript:|\/\/evil|https:\/\/evil)/);
		});

	test(`${profile}: signing out revokes what was granted without offline_access`, async () => {
		const online = await obtainTokens(tenant, { scope: 'openid profile' });
		const offline = await obtainTokens(tenant, { agent: online.agent });
		const { callback } = await online.agent.open(signOutUrl(tenant, {
			id_token_hint: offline.tokens.id_token, post_logout_redirect_uri: AFTER_SIGN_OUT }));
		assert.ok(callback);
		assert.equal(await isActive(tenant, online.tokens.access_token), false);
		assert.equal((await userinfo(tenant, online.tokens.access_token)).status, 401);
		tokensOf(await refresh(tenant, clients.web, offline.tokens.refresh_token));
	});

	test(`${profile}: signing out twice is no mistake`, async () => {
		const { agent, tokens } = await obtainTokens(tenant);
		for (let i = 0; i < 2; i++) {
			const { callback } = await agent.open(signOutUrl(tenant, {
				id_token_hint: tokens.id_token, post_logout_redirect_uri: AFTER_SIGN_OUT }));
			assert.equal(callback?.origin, AFTER_SIGN_OUT);
		}
	});

	test(`W07 ${profile}: a hint of another person at prompt=none is login_required`, async () => {
		const alice = await obtainTokens(tenant);
		const bob = await obtainTokens(tenant, { user: users.bob });
		const { params } = await alice.agent.authorize(authorizeUrl(tenant, {
			client_id: clients.web.id, redirect_uri: clients.web.redirectUri, scope: 'openid',
			prompt: 'none', id_token_hint: bob.tokens.id_token,
			code_challenge: challengeOf(newVerifier()), code_challenge_method: 'S256',
		}));
		assert.equal(params.get('error'), 'login_required');
		const own = await alice.agent.authorize(authorizeUrl(tenant, {
			client_id: clients.web.id, redirect_uri: clients.web.redirectUri, scope: 'openid',
			prompt: 'none', id_token_hint: alice.tokens.id_token,
			code_challenge: challengeOf(newVerifier()), code_challenge_method: 'S256',
		}));
		assert.ok(own.params.get('code'));
	});
}

test('auth0: /v2/logout goes back to a listed returnTo and to no other', async () => {
	const tenant = licet.tenant('auth0');
	const leave = `${licet.origin}/v2/logout`;
	const { agent } = await obtainTokens(tenant);
	const evil = await agent.request({ url: `${leave}?${formOf({ client_id: clients.web.id,
		returnTo: 'https://evil.example/' })}` });
	assert.equal(evil.location, undefined);
	const step = await agent.open(`${leave}?${formOf({ client_id: clients.web.id,
		returnTo: AFTER_SIGN_OUT })}`);
	const { callback } = formWith(agent.page.text, 'logout-confirm')
		? await agent.submit('logout-confirm') : step;
	assert.equal(callback.origin, AFTER_SIGN_OUT);
	assert.equal(await isSignedIn(tenant, agent), false);
});

test('asgardeo: client_id and state without a hint come back as the SDK expects', async () => {
	const tenant = licet.tenant('asgardeo');
	const { agent } = await obtainTokens(tenant);
	const step = await agent.open(signOutUrl(tenant, { client_id: clients.web.id,
		post_logout_redirect_uri: AFTER_SIGN_OUT, state: 'sign_out_success' }));
	const { callback } = formWith(agent.page.text, 'logout-confirm')
		? await agent.submit('logout-confirm') : step;
	assert.equal(callback.searchParams.get('state'), 'sign_out_success');
	assert.equal(await isSignedIn(tenant, agent), false);
});

endsCleanly(licet);
