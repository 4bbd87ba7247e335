/* SPDX-License-Identifier: Apache-2.0 */
/* Attacks on where an answer is delivered and what stands in it (RFC 9700 2.1, 4.1, 4.11). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Agent } from './lib/agent.mjs';
import { authorizeUrl, challengeOf, errorOf, exchange, newVerifier, obtainCode, refusalOf, tokensOf }
	from './lib/flow.mjs';
import { textInside } from './lib/html.mjs';
import { formOf, send } from './lib/http.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { sendRaw } from './lib/raw.mjs';
import { clients, profiles } from './lib/tenants.mjs';

const licet = await startDemo();

function requestOf(params = {}) {
	return {
		client_id: clients.web.id,
		redirect_uri: clients.web.redirectUri,
		scope: 'openid',
		state: 'the-state',
		code_challenge: challengeOf(newVerifier()),
		code_challenge_method: 'S256',
		...params,
	};
}

/* The error page: 400, no redirect, nothing of the input, the parameter's name. */
async function checkPage(tenant, params, parameter, agent = new Agent()) {
	const reply = await agent.request({ url: authorizeUrl(tenant, requestOf(params)) });
	assert.equal(reply.status, 400);
	assert.equal(reply.location, undefined);
	assert.equal(reply.headers['cache-control'], 'no-store');
	assert.doesNotMatch(reply.text, /http-equiv=["']?refresh/i);
	const words = textInside(reply.text, 'error-page');
	assert.ok(words?.includes(parameter), words ?? reply.text);
	return reply;
}

/* A redirect to the registered address with this error, state and iss. */
async function checkRedirect(tenant, params, error, agent = new Agent()) {
	const { callback, params: answer, page } = await agent.authorize(
		authorizeUrl(tenant, requestOf(params)));
	assert.ok(callback, `no redirect: ${page.status} ${textInside(page.text, 'error-page')}`);
	assert.equal(callback.origin + callback.pathname, clients.web.redirectUri);
	assert.equal(answer.get('error'), error);
	assert.equal(answer.get('state'), 'the-state');
	assert.equal(answer.get('iss'), tenant.issuer);
	assert.equal(answer.get('code'), null);
}

const ADDRESS = clients.web.redirectUri;
const unregistered = {
	'R01 another host': 'https://evil.example/callback',
	'R01 a host that begins like ours': 'http://localhost:3000.evil.example/callback',
	'R01 ours as user information': 'http://localhost:3000@evil.example/callback',
	'R01 another port': 'http://localhost:3001/callback',
	'R01 another scheme': 'https://localhost:3000/callback',
	'R01 the same host by its number': 'http://127.0.0.1:3000/callback',
	'R02 dots': `${ADDRESS}/../evil`,
	'R02 dots and a semicolon': `${ADDRESS}/..;/evil`,
	'R02 encoded dots': `${ADDRESS}/%2e%2e/x`,
	'R02 encoded slashes': `${ADDRESS}%2f..%2fx`,
	'R02 a dot segment that leads back': 'http://localhost:3000/./callback',
	'R02 a slash at the end': `${ADDRESS}/`,
	'R02 two slashes': 'http://localhost:3000//callback',
	'R02 an encoded letter': 'http://localhost:3000/%63allback',
	'R04 a backslash': 'http://localhost:3000\\@evil.example/callback',
	'R04 one slash and a backslash': 'http:/\\localhost:3000/callback',
	'R04 a tab': 'http://localhost:3000/\tcallback',
	'R04 a line break and a header': `${ADDRESS}\r\nSet-Cookie: x=y`,
	'R04 a space at the end': `${ADDRESS} `,
	'R05 upper case': ADDRESS.toUpperCase(),
	'R05 an upper-case host': 'http://LOCALHOST:3000/callback',
	'R05 an upper-case path': 'http://localhost:3000/Callback',
	'R08 javascript:': 'javascript:alert(1)',
	'R08 JaVaScRiPt:': 'JaVaScRiPt:alert(1)',
	'R08 data:': 'data:text/html,<script>alert(1)</script>',
	'R08 vbscript:': 'vbscript:x',
	'R08 file:': 'file:///etc/passwd',
	'R08 blob:': 'blob:http://localhost:3000/callback',
	'R08 intent:': 'intent://x#Intent;end',
	'R01 two addresses with a space between': `${ADDRESS} ${ADDRESS}`,
	'R10 a code in the query': `${ADDRESS}?code=A&state=B&iss=C`,
	'R10 a code in the fragment': `${ADDRESS}#code=A`,
	'R10 an empty fragment': `${ADDRESS}#`,
	'R11 a query that was not registered': `${ADDRESS}?a=1`,
	'R11 an empty query': `${ADDRESS}?`,
	'U11 brackets': 'http://[:::::/callback',
	'U11 a very long one': `${ADDRESS}?${'a'.repeat(6000)}`,
};

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	for (const [sentence, address] of Object.entries(unregistered))
		test(`${profile}: ${sentence} in redirect_uri is the error page`, async () => {
			const reply = await checkPage(tenant, { redirect_uri: address }, 'redirect_uri');
			assert.doesNotMatch(reply.rawHeaders.join('\n'), /x=y|evil/);
		});

	test(`R01 ${profile}: not even a signed-in person is redirected to a stranger`, async () => {
		const { agent } = await obtainCode(tenant);
		await checkPage(tenant, { redirect_uri: 'https://evil.example/' }, 'redirect_uri', agent);
		await checkPage(tenant, { redirect_uri: 'https://evil.example/', prompt: 'none' },
			'redirect_uri', agent);
	});

	test(`R01 ${profile}: an error elsewhere never redirects to an unregistered address`, async () => {
		for (const params of [{ response_type: 'nonsense' }, { prompt: 'none login' },
			{ code_challenge_method: 'plain' }, { scope: '"' }])
			await checkPage(tenant, { ...params, redirect_uri: 'https://evil.example/' },
				'redirect_uri');
	});

	test(`R10 ${profile}: form_post to an unregistered address is the error page`, async () => {
		await checkPage(tenant, { redirect_uri: `${ADDRESS}?code=A`, response_mode: 'form_post' },
			'redirect_uri');
	});

	test(`R14 ${profile}: another redirect_uri at the exchange is refused`, async () => {
		const grant = await obtainCode(tenant);
		const reply = await exchange(tenant, grant,
			{ redirect_uri: 'http://localhost:3000/other' });
		assert.deepEqual(errorOf(reply), refusalOf(profile, 'redirect'));
		const again = await exchange(tenant, grant);
		if (profile === 'asgardeo')
			assert.deepEqual(errorOf(again), refusalOf(profile, 'grant'));
		else
			tokensOf(again);
	});

	test(`R14 ${profile}: one slash more at the exchange is another redirect_uri`, async () => {
		const grant = await obtainCode(tenant);
		const reply = await exchange(tenant, grant, { redirect_uri: `${grant.redirectUri}/` });
		assert.deepEqual(errorOf(reply), refusalOf(profile, 'redirect'));
	});

	test(`${profile}: a native client's loopback port may differ, its path and host may not`,
		async () => {
			for (const address of ['http://127.0.0.1:1/callback', 'http://127.0.0.1:65535/callback',
				'http://127.0.0.1/callback']) {
				const client = { ...clients.native, redirectUri: address };
				const agent = new Agent({ stopsAt: (url) => url.href.startsWith(address) });
				tokensOf(await exchange(tenant, await obtainCode(tenant, { client, agent })));
			}
			for (const address of ['http://127.0.0.1:4/other', 'http://127.0.0.2:4/callback',
				'http://localhost:4/callback', 'http://127.0.0.1:99999/callback',
				'http://127.0.0.1:/callback', 'http://127.0.0.1:4x/callback',
				'https://127.0.0.1:4/callback', 'http://x@127.0.0.1:4/callback',
				'http://127.0.0.1:4/callback#', 'http://127.1:4/callback', 'http://127.0.0.1:4@evil.example/callback'])
				await checkPage(tenant, { client_id: clients.native.id, redirect_uri: address },
					'redirect_uri');
		});

	test(`${profile}: the port of a native client's exchange is the one of its request`, async () => {
		const grant = await obtainCode(tenant, { client: clients.native });
		const reply = await exchange(tenant, grant,
			{ redirect_uri: 'http://127.0.0.1:49153/callback' });
		assert.deepEqual(errorOf(reply), refusalOf(profile, 'redirect'));
	});

	test(`R19 ${profile}: every answer, errors too, carries iss and state`, async () => {
		await checkRedirect(tenant, { prompt: 'none' }, 'login_required');
		await checkRedirect(tenant, { response_type: 'nonsense' }, 'unsupported_response_type');
		await checkRedirect(tenant, { prompt: 'none login' }, 'invalid_request');
		const { params } = await obtainCode(tenant);
		assert.equal(params.get('iss'), tenant.issuer);
	});

	test(`R20 ${profile}: a response mode that does not exist is refused`, async () => {
		await checkRedirect(tenant, { response_mode: 'smoke_signal' }, 'invalid_request');
	});

	test(`R20 ${profile}: a code is never sent in a fragment to a code client`, async () => {
		const { agent } = await obtainCode(tenant);
		await checkRedirect(tenant, { response_mode: 'fragment', prompt: 'none' }, 'invalid_request',
			agent);
	});

	test(`C17 ${profile}: a parameter given twice to the authorization endpoint is refused`, async () => {
		const url = authorizeUrl(tenant, requestOf());
		for (const extra of ['client_id=demo-web', `redirect_uri=${encodeURIComponent(ADDRESS)}`]) {
			const reply = await send({ url: `${url}&${extra}` });
			assert.equal(reply.status, 400, extra);
			assert.equal(reply.location, undefined);
		}
		for (const extra of ['state=other', 'scope=email', 'nonce=a&nonce=b', 'prompt=none&prompt=login']) {
			const reply = await send({ url: `${url}&${extra}` });
			const to = reply.location && new URL(reply.location);
			assert.ok(reply.status === 400 || to?.searchParams.get('error') === 'invalid_request', extra);
		}
	});

	test(`U01 ${profile}: a query that is not well-formed is the error page`, async () => {
		const { pathname } = new URL(tenant.authorize);
		for (const query of ['client_id=%', 'client_id=%G1', 'client_id=a%00b', 'client_id=%C0%AF',
			'&&&', ';;', '?', '&?', '=', '&=&', 'client_id']) {
			const reply = await sendRaw(licet.port, Buffer.from(
				`GET ${pathname}?${query} HTTP/1.1\r\nHost: localhost:${licet.port}\r\n\r\n`));
			assert.equal(reply.status, 400, query);
			assert.match(reply.headers['content-type'], /^text\/html/);
		}
	});

	test(`P08 ${profile}: a request_uri by reference is fetched by nobody`, async () => {
		for (const address of ['http://169.254.169.254/latest', 'file:///etc/passwd',
			'gopher://127.0.0.1/', `${licet.origin}/healthz`])
			await checkPage(tenant, { request_uri: address }, 'request_uri');
	});

	test(`${profile}: a request object is refused with its own error`, async () => {
		const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.` +
			`${Buffer.from(formOf({})).toString('base64url')}.`;
		await checkRedirect(tenant, { request: none }, 'request_not_supported');
	});
}

test('R13 rfc: without a redirect_uri there is the error page', async () => {
	await checkPage(licet.tenant('rfc'), { redirect_uri: null }, 'redirect_uri');
});

for (const profile of ['auth0', 'asgardeo'])
	test(`R13 ${profile}: a redirect_uri that is left out is the first registered one, which the` +
		' exchange must match', async () => {
		const tenant = licet.tenant(profile);
		const { agent } = await obtainCode(tenant);
		const grant = await obtainCode(tenant, { agent, with: { redirect_uri: null } });
		assert.equal(grant.callback.origin + grant.callback.pathname, ADDRESS);
		const other = await exchange(tenant, grant, { redirect_uri: 'http://localhost:3000/other' });
		assert.deepEqual(errorOf(other), refusalOf(profile, 'redirect'));
		const again = await obtainCode(tenant, { agent, with: { redirect_uri: null } });
		tokensOf(await exchange(tenant, again));
	});

endsCleanly(licet);
