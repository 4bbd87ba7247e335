/* SPDX-License-Identifier: Apache-2.0 */
/* Requests that are as large as they may be: refused or answered, never the end of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Agent } from './lib/agent.mjs';
import { authorizeUrl, challengeOf, errorOf, newVerifier } from './lib/flow.mjs';
import { formOf, send } from './lib/http.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { clients, profiles, users } from './lib/tenants.mjs';

const licet = await startDemo();
const LONGEST_VALUE = 16_384;

function requestOf(params = {}) {
	return {
		response_type: 'code',
		client_id: clients.web.id,
		redirect_uri: clients.web.redirectUri,
		scope: 'openid',
		state: 's',
		code_challenge: challengeOf(newVerifier()),
		code_challenge_method: 'S256',
		...params,
	};
}

function errorIn(reply) {
	assert.equal(reply.status, 303, reply.text.slice(0, 500));
	return new URL(reply.location).searchParams.get('error');
}

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	test(`J23 ${profile}: a query that grows threefold in encoding is refused`, async () => {
		const url = `${tenant.authorize}?${formOf(requestOf())}&more=${'/'.repeat(15_000)}`;
		assert.equal(errorIn(await send({ url })), 'invalid_request');
	});

	test(`J23 ${profile}: a body full of parameters is refused, with and without a session`,
		async () => {
			const more = Object.fromEntries(['a', 'b', 'c'].map((name) =>
				[name, '/'.repeat(LONGEST_VALUE)]));
			const agent = new Agent();
			const post = (params) => agent.request({ url: tenant.authorize, method: 'POST',
				body: formOf(requestOf(params)) + Object.entries(more)
					.map(([name, value]) => `&${name}=${value}`).join(''),
				headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
			assert.equal(errorIn(await post({})), 'invalid_request');
			await agent.authorize(authorizeUrl(tenant, requestOf()), { user: users.alice });
			assert.equal(errorIn(await post({ prompt: 'consent' })), 'invalid_request');
		});

	test(`J23 ${profile}: the largest request that is kept leads through sign-in`, async () => {
		const state = 'x'.repeat(4096);
		const { params } = await new Agent().authorize(
			authorizeUrl(tenant, requestOf({ state, more: 'y'.repeat(7000) })),
			{ user: users.alice });
		assert.ok(params?.get('code'));
		assert.equal(params.get('state'), state);
	});

	test(`J23 ${profile}: a hundred long resources are refused, at both endpoints`, async () => {
		const resource = Array.from({ length: 100 }, (_, i) =>
			`https://${i}.example/${'r'.repeat(i < 10 ? 990 : 400)}`);
		const asked = await send({ url: tenant.authorize, method: 'POST',
			form: requestOf({ resource }) });
		assert.match(errorIn(asked), /invalid_target|access_denied/);
		const told = await send({ url: tenant.token, form: { grant_type: 'refresh_token',
			refresh_token: 'x', client_id: clients.spa.id, resource } });
		assert.ok(errorOf(told));
	});
}

endsCleanly(licet);
