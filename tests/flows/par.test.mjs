/* SPDX-License-Identifier: Apache-2.0 */
/* Pushed authorization requests (RFC 9126): by openid-client, by hand, and by attackers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as oidc from 'openid-client';
import { Agent } from './lib/agent.mjs';
import { ask, challengeOf, errorOf, EVERY_SCOPE, exchange, newVerifier, push, pushed, pushedUrl,
	refusalOf, tokensOf } from './lib/flow.mjs';
import { elementById, textOf } from './lib/html.mjs';
import { send } from './lib/http.mjs';
import { importInto, metadataOf } from './lib/import.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { askStore } from './lib/postgres.mjs';
import { clients, profiles, users } from './lib/tenants.mjs';

const licet = await startDemo();

const prefixes = {
	rfc: 'urn:ietf:params:oauth:request_uri:',
	auth0: 'urn:ietf:params:oauth:request_uri:',
	asgardeo: 'urn:ietf:params:oauth:par:request_uri:',
};
const lifetimes = { rfc: 60, auth0: 30, asgardeo: 60 };

const careful = { id: 'par-required', secret: 'par-required-secret-0123456789abcdef', auth: 'post',
	redirectUri: clients.web.redirectUri };
const other = { id: 'par-other', secret: 'par-other-secret-0123456789abcdef01', auth: 'post',
	redirectUri: clients.web.redirectUri };

const flooding = { ...other, id: 'par-flooding' };
const QUOTA = 600; /* at once, and as many a minute */
const FLOOD = 900;

for (const tenant of licet.tenants)
	await importInto(licet, tenant, { clients: [
		metadataOf(careful, { require_pushed_authorization_requests: true }),
		metadataOf(other),
		metadataOf(flooding),
	] });

function isErrorPage(reply) {
	assert.equal(reply.status, 400, `${reply.status} ${reply.location ?? textOf(reply.text)}`);
	assert.equal(reply.location, undefined);
	assert.ok(elementById(reply.text, 'error-page'), textOf(reply.text));
}

async function signInBy(config, client) {
	const verifier = oidc.randomPKCECodeVerifier();
	const checks = { pkceCodeVerifier: verifier, expectedState: oidc.randomState(),
		expectedNonce: oidc.randomNonce(), idTokenExpected: true };
	const url = await oidc.buildAuthorizationUrlWithPAR(config, {
		redirect_uri: client.redirectUri,
		scope: EVERY_SCOPE,
		code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
		code_challenge_method: 'S256',
		state: checks.expectedState,
		nonce: checks.expectedNonce,
	});
	assert.deepEqual([...url.searchParams.keys()].sort(), ['client_id', 'request_uri']);
	const { callback, page } = await new Agent().authorize(url.href, { user: users.alice });
	assert.ok(callback, textOf(page.text));
	return oidc.authorizationCodeGrant(config, callback, checks);
}

/* Side by side with the tests: it takes half a minute. */
const outlasting = (async () => {
	const tenant = licet.tenant('auth0');
	const request = await push(tenant);
	const agent = new Agent();
	await agent.open(pushedUrl(tenant, request));
	await sleep((request.expiresIn + 1) * 1000);
	const late = await new Agent().request({ url: pushedUrl(tenant, request) });
	return { tenant, request, late, step: await agent.signIn(users.alice), agent };
})();
outlasting.catch(() => {});

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	test(`${profile}: openid-client pushes a request and exchanges its code`, async () => {
		const config = await oidc.discovery(new URL(tenant.issuer), clients.web.id, undefined,
			oidc.ClientSecretPost(clients.web.secret), { execute: [oidc.allowInsecureRequests] });
		assert.equal(config.serverMetadata().pushed_authorization_request_endpoint, tenant.par);
		assert.equal(config.serverMetadata().require_pushed_authorization_requests, false);
		const tokens = await signInBy(config, clients.web);
		assert.equal(tokens.claims().aud, clients.web.id);
	});

	test(`${profile}: the reply is 201 with the profile's prefix and lifetime`, async () => {
		const { reply } = await push(tenant);
		assert.equal(reply.status, 201);
		assert.match(reply.headers['content-type'], /^application\/json/);
		assert.equal(reply.headers['cache-control'], 'no-store');
		assert.deepEqual(Object.keys(reply.json).sort(), ['expires_in', 'request_uri']);
		assert.equal(reply.json.expires_in, lifetimes[profile]);
		assert.ok(reply.json.request_uri.startsWith(prefixes[profile]));
	});

	test(`${profile}: either URN form is taken`, async () => {
		for (const prefix of new Set(Object.values(prefixes))) {
			const request = await push(tenant);
			const requestUri = prefix + request.requestUri.slice(prefixes[profile].length);
			const { params, page } = await new Agent().authorize(
				pushedUrl(tenant, { ...request, requestUri }), { user: users.alice });
			assert.ok(params?.get('code'), textOf(page.text));
		}
	});

	test(`${profile}: what stands beside client_id and request_uri counts for nothing`, async () => {
		const request = await push(tenant, { with: { state: 'the-pushed-one' } });
		const { callback } = await new Agent().authorize(pushedUrl(tenant, request,
			{ state: 'another', redirect_uri: 'https://evil.example/' }), { user: users.alice });
		assert.ok(callback.href.startsWith(clients.web.redirectUri));
		assert.equal(callback.searchParams.get('state'), 'the-pushed-one');
	});

	test(`${profile}: the exchange takes the request_uri that was used, or none`, async () => {
		const named = await pushed(tenant);
		tokensOf(await exchange(tenant, named, { request_uri: named.requestUri }));
		tokensOf(await exchange(tenant, await pushed(tenant)));
		const wrong = await pushed(tenant);
		assert.deepEqual(errorOf(await exchange(tenant, wrong, { request_uri: named.requestUri })),
			refusalOf(profile, 'grant'));
	});

	test(`P01: ${profile}: another client's request_uri is a page`, async () => {
		const { requestUri } = await push(tenant);
		isErrorPage(await send({ url: pushedUrl(tenant, { client: other, requestUri }) }));
	});

	test(`P02: ${profile}: reloading before completion works, using it again does not`, async () => {
		const request = await push(tenant);
		const url = pushedUrl(tenant, request);
		const agent = new Agent();
		for (let i = 0; i < 3; i++) {
			const { reply } = await agent.open(url);
			assert.ok(elementById(reply.text, 'login-form'), textOf(reply.text));
		}
		const { params, page } = await agent.authorize(url, { user: users.alice });
		assert.ok(params?.get('code'), textOf(page.text));
		isErrorPage(await agent.request({ url }));
		isErrorPage(await new Agent().request({ url }));
	});

	test(`P02: ${profile}: of two tabs one completes, and the loser gets the page`, async () => {
		const url = pushedUrl(tenant, await push(tenant, { with: { prompt: 'login' } }));
		const tabs = [new Agent(), new Agent()];
		for (const tab of tabs)
			await tab.open(url);
		const answers = [];
		for (const tab of tabs) {
			let { callback, reply } = await tab.signIn(users.alice);
			if (!callback && elementById(reply.text, 'approve'))
				({ callback, reply } = await tab.submit('approve'));
			answers.push(callback?.searchParams.has('code') ? 'code' : reply);
		}
		assert.equal(answers[0], 'code');
		isErrorPage(answers[1]);
	});

	test(`P02: ${profile}: 32 arrivals at once complete it once`, async () => {
		const { agent } = await pushed(tenant);
		const url = pushedUrl(tenant, await push(tenant));
		const replies = await Promise.all(Array.from({ length: 32 }, () => {
			const tab = new Agent();
			tab.jar = agent.jar;
			return tab.request({ url });
		}));
		const codes = replies.filter(({ location }) => location?.includes('code='));
		assert.equal(codes.length, 1);
		for (const reply of replies.filter((one) => one !== codes[0]))
			isErrorPage(reply);
	});

	test(`P02: ${profile}: a consent page leads to a code once, and consumes both`, async () => {
		const request = await push(tenant, { with: { prompt: 'consent' } });
		const agent = new Agent();
		await agent.open(pushedUrl(tenant, request));
		await agent.signIn(users.alice);
		const { callback } = await agent.submit('approve');
		assert.ok(callback.searchParams.get('code'));
		isErrorPage(await agent.request({ url: pushedUrl(tenant, request) }));
	});

	test(`P02: ${profile}: declining completes it too`, async () => {
		const request = await push(tenant, { with: { prompt: 'consent' } });
		const agent = new Agent();
		await agent.open(pushedUrl(tenant, request));
		await agent.signIn(users.alice);
		const { callback } = await agent.submit('deny');
		assert.equal(callback.searchParams.get('error'), 'access_denied');
		isErrorPage(await agent.request({ url: pushedUrl(tenant, request) }));
	});

	test(`P04: ${profile}: request_uri inside a pushed request is invalid_request`, async () => {
		const { requestUri } = await push(tenant);
		for (const value of [requestUri, 'https://client.example/request']) {
			const reply = await ask(tenant.par, clients.web, { response_type: 'code', request_uri: value });
			assert.deepEqual(errorOf(reply), { status: 400, error: 'invalid_request' });
		}
	});

	test(`P05: ${profile}: a confidential client must prove itself`, async () => {
		const body = { response_type: 'code', client_id: clients.web.id,
			redirect_uri: clients.web.redirectUri };
		for (const form of [body, { ...body, client_secret: 'wrong-secret-0123456789abcdef' }])
			assert.equal((await send({ url: tenant.par, form })).status, 401);
	});

	test(`P05: ${profile}: a public client pushes where the profile lets it`, async () => {
		const reply = await ask(tenant.par, clients.spa, { response_type: 'code', scope: 'openid',
			redirect_uri: clients.spa.redirectUri, code_challenge: challengeOf(newVerifier()),
			code_challenge_method: 'S256' });
		assert.equal(reply.status, profile === 'auth0' ? 401 : 201, reply.text);
	});

	test(`P10: ${profile}: who floods is told to wait, writes no more rows, and costs nobody else`, async () => {
		const begun = Date.now();
		const body = { response_type: 'code', redirect_uri: flooding.redirectUri };
		const statuses = [];
		while (statuses.length < FLOOD) {
			const replies = await Promise.all(Array.from({ length: 30 },
				() => ask(tenant.par, flooding, body)));
			statuses.push(...replies.map(({ status }) => status));
			for (const { status, headers } of replies)
				if (status === 429)
					assert.match(headers['retry-after'], /^[1-9][0-9]*$/);
		}
		const accepted = statuses.filter((status) => status === 201).length;
		const seconds = Math.ceil((Date.now() - begun) / 1000);
		assert.deepEqual([...new Set(statuses)].sort(), [201, 429]);
		assert.ok(accepted <= QUOTA + (seconds + 1) * QUOTA / 60, `${accepted} in ${seconds} s`);
		assert.equal((await ask(tenant.par, other, body)).status, 201);
		const [rows, latest] = askStore(licet.data,
			`SELECT count(*), max(purge_at) FROM requests JOIN tenants ON tenants.id = tenant_id
			WHERE client_id = '${flooding.id}' AND name = '${tenant.name}'`).split('|');
		assert.equal(Number(rows), accepted);
		assert.ok(Number(latest) / 1e6 < Date.now() / 1000 + 3 * 3600, 'and they are purged within hours');
	});

	test(`${profile}: a client that must push is refused otherwise, and may push`, async () => {
		const { location } = await send({ url: `${tenant.authorize}?${new URLSearchParams({
			response_type: 'code', client_id: careful.id, redirect_uri: careful.redirectUri,
			state: 'x' })}` });
		assert.equal(new URL(location).searchParams.get('error'), 'invalid_request');
		tokensOf(await exchange(tenant, await pushed(tenant, { client: careful })));
	});

	test(`${profile}: no part of a request_uri can be changed`, async () => {
		const { requestUri } = await push(tenant);
		for (let at = prefixes[profile].length; at < requestUri.length; at += 7) {
			const changed = requestUri.slice(0, at) + (requestUri[at] === 'A' ? 'B' : 'A') +
				requestUri.slice(at + 1);
			isErrorPage(await send({ url: pushedUrl(tenant, { client: clients.web, requestUri: changed }) }));
		}
	});

	test(`${profile}: a code or a refresh token is no request_uri, nor the other way`, async () => {
		const grant = await pushed(tenant);
		isErrorPage(await send({ url: pushedUrl(tenant,
			{ client: clients.web, requestUri: prefixes[profile] + grant.code }) }));
		const spelling = grant.requestUri.slice(prefixes[profile].length);
		assert.deepEqual(errorOf(await exchange(tenant, grant, { code: spelling })),
			refusalOf(profile, 'grant'));
	});
}

test('P02: a page that stands open outlives expires_in, which bounds the arrival alone', async () => {
	const { tenant, request, late, step, agent } = await outlasting;
	isErrorPage(late);
	const { callback } = step.callback ? step : await agent.submit('approve');
	tokensOf(await exchange(tenant, { ...request, code: callback.searchParams.get('code') }));
});

endsCleanly(licet);
