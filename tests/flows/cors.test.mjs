/* SPDX-License-Identifier: Apache-2.0 */
/* CORS: what a browser lets an application read, on success and on every error. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { send } from './lib/http.mjs';
import { exchange, obtainCode, tokensOf } from './lib/flow.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { clients, profiles } from './lib/tenants.mjs';

const licet = await startDemo();
const ORIGIN = 'http://localhost:3000';
const STRANGER = 'http://localhost:3001';
const HEADERS = ['auth0-client', 'content-type', 'dpop', 'authorization'];

function listOf(text = '') {
	return text.split(',').map((part) => part.trim().toLowerCase()).filter(Boolean);
}

function preflight(url, method, origin) {
	return send({ url, method: 'OPTIONS', headers: {
		Origin: origin,
		'Access-Control-Request-Method': method,
		'Access-Control-Request-Headers': HEADERS.join(','),
	} });
}

function checkReadable(reply, profile) {
	assert.equal(reply.headers['access-control-allow-origin'], ORIGIN);
	assert.ok(listOf(reply.headers.vary).includes('origin'), 'Vary: Origin');
	assert.ok(listOf(reply.headers['access-control-expose-headers']).includes('dpop-nonce'));
	if (profile === 'asgardeo')
		assert.equal(reply.headers['access-control-allow-credentials'], 'true');
}

function checkUnreadable(reply) {
	assert.equal(reply.headers['access-control-allow-origin'], undefined);
	assert.equal(reply.headers['access-control-allow-credentials'], undefined);
}

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	for (const [name, method] of [['token', 'POST'], ['revoke', 'POST'], ['userinfo', 'GET'],
		['jwks', 'GET'], ['metadata', 'GET']]) {
		test(`${profile}: the preflight of ${name} allows what the SDKs send`, async () => {
			const reply = await preflight(tenant[name], method, ORIGIN);
			assert.ok([200, 204].includes(reply.status), `status ${reply.status}`);
			assert.equal(reply.headers['access-control-allow-origin'], ORIGIN);
			assert.ok(listOf(reply.headers['access-control-allow-methods'])
				.includes(method.toLowerCase()));
			const allowed = listOf(reply.headers['access-control-allow-headers']);
			for (const header of HEADERS)
				assert.ok(allowed.includes(header), `${header} is not in ${allowed}`);
			if (profile === 'asgardeo')
				assert.equal(reply.headers['access-control-allow-credentials'], 'true');
		});

		if (method === 'POST' || name === 'userinfo')
			test(`${profile}: the preflight of ${name} allows a stranger nothing`, async () => {
				checkUnreadable(await preflight(tenant[name], method, STRANGER));
			});
	}

	test(`${profile}: a 200 of the token endpoint is readable`, async () => {
		const grant = await obtainCode(tenant, { client: clients.spa });
		const reply = await exchange(tenant, grant, {}, { headers: { Origin: ORIGIN } });
		tokensOf(reply);
		checkReadable(reply, profile);
	});

	test(`${profile}: a 200 is not readable from an origin that is not the client's`, async () => {
		const grant = await obtainCode(tenant, { client: clients.spa });
		const reply = await exchange(tenant, grant, {}, { headers: { Origin: STRANGER } });
		checkUnreadable(reply);
	});

	const errors = {
		'a bad code': { form: { grant_type: 'authorization_code', client_id: 'demo-spa',
			code: 'x', redirect_uri: 'http://localhost:3000/callback', code_verifier: 'x'.repeat(43) } },
		'an unknown client': { form: { grant_type: 'authorization_code', client_id: 'x', code: 'x' } },
		'an unknown grant type': { form: { grant_type: 'nonsense', client_id: 'demo-spa' } },
		'a malformed body': { form: 'grant_type=%' },
		'broken JSON': { body: '{', headers: { 'Content-Type': 'application/json' } },
		'a wrong type': { body: 'x', headers: { 'Content-Type': 'text/plain' } },
		'a wrong method': { method: 'PUT' },
	};
	for (const [sentence, request] of Object.entries(errors))
		test(`${profile}: the token endpoint's error for ${sentence} is readable`, async () => {
			const reply = await send({ url: tenant.token, method: 'POST', ...request,
				headers: { ...request.headers, Origin: ORIGIN } });
			assert.ok(reply.status >= 400 && reply.status < 500, `status ${reply.status}`);
			checkReadable(reply, profile);
		});

	test(`${profile}: the 401 of userinfo and the 200 of revocation are readable`, async () => {
		checkReadable(await send({ url: tenant.userinfo,
			headers: { Origin: ORIGIN, Authorization: 'Bearer x' } }), profile);
		checkReadable(await send({ url: tenant.revoke, headers: { Origin: ORIGIN },
			form: { token: 'x', client_id: 'demo-spa' } }), profile);
	});

	test(`${profile}: the authorization endpoint and the pages are no business of CORS`, async () => {
		checkUnreadable(await send({ url: `${tenant.authorize}?client_id=demo-spa`,
			headers: { Origin: ORIGIN } }));
		checkUnreadable(await preflight(tenant.authorize, 'GET', ORIGIN));
	});
}

endsCleanly(licet);
