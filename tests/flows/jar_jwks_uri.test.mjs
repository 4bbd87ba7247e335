/* SPDX-License-Identifier: Apache-2.0 */
/* Request objects verified by the keys at a client's jwks_uri, and those keys rotated. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Agent } from './lib/agent.mjs';
import { errorOf, ask } from './lib/flow.mjs';
import { elementById, textOf } from './lib/html.mjs';
import { send } from './lib/http.mjs';
import { metadataOf } from './lib/import.mjs';
import { endsCleanly, runCommand } from './lib/licet.mjs';
import { claimsOf, newObjectKey, requestUrl, sign } from './lib/request_object.mjs';
import { serveProfiles, startPublisher } from './lib/rp.mjs';
import { clients, profiles, tenantOf, users } from './lib/tenants.mjs';

const { pages, counts, uriOf } = await startPublisher();

async function newKey(kid, alg = 'ES256') {
	const signer = await newObjectKey(alg);
	return { ...signer, kid, jwks: { keys: [{ ...signer.jwks.keys[0], kid }] } };
}

function clientOf(id) {
	return { id, secret: `${id}-secret-0123456789abcdef0123456789`, auth: 'post',
		redirectUri: clients.web.redirectUri };
}

const rotating = Object.fromEntries(profiles.map((profile) => [profile, clientOf(`rotating-${profile}`)]));
const away = clientOf('away');

function metadataAt(client, tenant) {
	return metadataOf(client, { tenant, request_object_signing_alg: 'ES256',
		jwks_uri: uriOf(client.id) });
}

const licet = await serveProfiles({ clientsOf: (profile, name) =>
	[metadataAt(rotating[profile], name), metadataAt(away, name)] });

async function signInWith(tenant, client, signer) {
	const request = await sign(signer, claimsOf(tenant, client));
	const { callback, page } = await new Agent().authorize(requestUrl(tenant, client, request),
		{ user: users.alice });
	assert.ok(callback, textOf(page?.text ?? ''));
	assert.ok(callback.searchParams.get('code'));
}

async function isRefused(tenant, client, signer) {
	const request = await sign(signer, claimsOf(tenant, client));
	const reply = await send({ url: requestUrl(tenant, client, request) });
	assert.equal(reply.status, 400);
	assert.ok(elementById(reply.text, 'error-page'), textOf(reply.text));
	assert.deepEqual(errorOf(await ask(tenant.par, client, { request })),
		{ status: 400, error: 'invalid_request_object' });
	return reply;
}

for (const profile of profiles) {
	const tenant = tenantOf(profile, licet.origin);
	const client = rotating[profile];

	test(`${profile}: a request object is verified by the keys at jwks_uri, fetched once`, async () => {
		const first = await newKey('first');
		pages[client.id] = first.jwks;
		await signInWith(tenant, client, first);
		await signInWith(tenant, client, first);
		assert.equal(counts[client.id], 1);
	});

	test(`${profile}: a client that rotates its key at jwks_uri is understood at once`, async () => {
		const second = await newKey('second');
		pages[client.id] = second.jwks;
		await signInWith(tenant, client, second);
		assert.equal(counts[client.id], 2);
	});

	test(`S05: ${profile}: unknown keys cause no further fetch, and are refused`, async () => {
		for (let i = 0; i < 20; i++)
			await isRefused(tenant, client, await newKey(`unknown-${i}`));
		assert.equal(counts[client.id], 2);
	});
}

test('keys that cannot be fetched are a refusal, and explain says why', async () => {
	const tenant = tenantOf('rfc', licet.origin);
	const reply = await isRefused(tenant, away, await newKey('any'));
	const { stdout } = await runCommand(['explain', reply.headers['x-request-id'],
		'--config', licet.config]);
	assert.match(stdout, /its status is not 200/);
});

endsCleanly(licet);
