/* SPDX-License-Identifier: Apache-2.0 */
/* The switch fapi2 itself: what an import refuses, whom it reaches, and what becomes of clients
 * when it is turned. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeProtectedHeader } from 'jose';
import { assertionParams, assertionOf } from './lib/assertion.mjs';
import { Caller, newApplication, serveFapi } from './lib/fapi.mjs';
import { ask, errorOf, newVerifier, obtainCode, exchange, tokensOf } from './lib/flow.mjs';
import { elementById } from './lib/html.mjs';
import { send } from './lib/http.mjs';
import { importInto, metadataOf, runImport, storeOf } from './lib/import.mjs';
import { endsCleanly, runCommand } from './lib/licet.mjs';
import { clients, profiles, tenantOf } from './lib/tenants.mjs';

const strict = newApplication('strict');
const free = newApplication('free', { binding: null });

/* A tenant more, in which nobody is under it, and a client that does not ask in those where it
 * is allowed. */
const licet = await serveFapi([strict], { document: (all) => {
	const { url } = all.tenants[0];
	all.tenants.push({ name: 'loose', url: url.replace('/t/plain', '/t/loose'), profile: 'rfc' });
	all.users.push({ ...all.users[0], tenant: 'loose' });
	all.clients.push(...['root', 'bifrost', 'loose'].map((tenant) => ({ ...free.metadata, tenant })));
} });
const plain = tenantOf('rfc', licet.origin);
const vendors = profiles.filter((one) => one !== 'rfc').map((one) => tenantOf(one, licet.origin));
const loose = { ...plain, ...Object.fromEntries(Object.entries(plain)
	.filter(([, value]) => typeof value === 'string')
	.map(([name, value]) => [name, value.replace('/t/plain', '/t/loose')])), name: 'loose' };

async function mistakesOf(tenant, client) {
	const done = await runImport(licet, tenant, { clients: [client] });
	assert.equal(done.code, 1, done.stdout);
	return done.stdout + done.stderr;
}

const good = newApplication('new').metadata;

for (const [member, value, why] of [
	['token_endpoint_auth_method', 'none', /must be private_key_jwt, tls_client_auth or/],
	['token_endpoint_auth_method', 'client_secret_basic', /must be private_key_jwt, tls_client_auth or/],
	['token_endpoint_auth_signing_alg', 'RS256', /must be PS256, ES256 or EdDSA under fapi2/],
	['id_token_signed_response_alg', 'RS256', /must be PS256, ES256 or EdDSA under fapi2/],
	['authorization_signed_response_alg', 'RS256', /must be PS256, ES256 or EdDSA under fapi2/],
	['request_object_signing_alg', 'PS512', /must be PS256, ES256 or EdDSA under fapi2/],
	['redirect_uris', ['http://localhost:3000/callback'], /must begin with https:\/\/ under fapi2/],
	['allow_plain_pkce', true, /must not be true: under fapi2 PKCE is S256/],
	['rotate_refresh_tokens', true, /must not be true: under fapi2 refresh tokens are not rotated/],
	['code_for', 120, /must be at most 60 under fapi2/],
])
	test(`an import under fapi2 refuses ${member} ${JSON.stringify(value)} with a sentence`, async () => {
		const change = { ...good, [member]: value };
		for (const said of [await mistakesOf(plain, change),
			await mistakesOf(vendors[0], { ...change, fapi2: true })]) {
			assert.match(said, why);
			assert.ok(said.includes(`clients[0].${member}`), said);
		}
	});

test('who asks for fapi2 where it is off is refused with a sentence', async () => {
	assert.match(await mistakesOf(loose, { ...good, fapi2: true }),
		/clients\[0\]\.fapi2: must not be true: the tenant's setting fapi2 is off/);
});

test('a tenant that requires fapi2 may not sign by RS256, nor be half under it', async () => {
	for (const [settings, why] of [
		[{ fapi2: 'required', signing_alg: 'RS256' }, /signing_alg must be PS256, ES256 or EdDSA where fapi2 is required/],
		[{ fapi2: 'yes' }, /fapi2 must be "off", "allowed" or "required"/]]) {
		const done = await runImport(licet, null, { tenants: [{ name: 'one-more',
			url: `${licet.origin}/t/one-more`, profile: 'rfc', settings }] });
		assert.equal(done.code, 1);
		assert.match(done.stdout + done.stderr, why);
	}
});

for (const tenant of vendors) {
	const refused = { auth0: { status: 401, error: 'access_denied' },
		asgardeo: { status: 400, error: 'invalid_request' } }[tenant.profile];

	test(`${tenant.profile}: clients that do not ask keep the profile's ways`, async () => {
		const { code_challenge_method: method, ...rest } = await obtainCode(tenant, { ca: licet.ca });
		assert.equal(method, undefined);
		const tokens = tokensOf(await exchange(tenant, rest, {}, { ca: licet.ca }));
		assert.equal(tokens.token_type, 'Bearer');
		assert.equal(decodeProtectedHeader(tokens.id_token).alg, 'RS256');
		const wrong = await ask(tenant.token, { ...clients.web, secret: 'wrong-secret-0123456789abcdef' },
			{ grant_type: 'refresh_token', refresh_token: 'a' }, { ca: licet.ca });
		assert.equal(wrong.json.error, tenant.profile === 'auth0' ? 'access_denied' : 'invalid_client');
	});

	test(`${tenant.profile}: one assertion's aud is good for a client that does not ask, and refused in rfc's words for one that does [J14]`, async () => {
		const by = (application, claims) => send({ url: tenant.token, ca: licet.ca,
			form: { client_id: application.id, grant_type: 'refresh_token', refresh_token: 'a',
				...assertionParams(assertionOf(application.signer, tenant, claims)) } });
		assert.equal((await by(free, { aud: tenant.par })).json.error, 'invalid_grant');
		assert.deepEqual(errorOf(await by(strict, { aud: tenant.par })),
			{ status: 401, error: 'invalid_client' });
		assert.deepEqual(errorOf(await by(free, { aud: 'https://other.example' })), refused);
	});
}

test('required later: a client that breaks a rule is refused, and explain names the member', async () => {
	const client = { ...free, metadata: metadataOf(clients.web) };
	await importInto(licet, loose, { clients: [client.metadata] });
	const before = await ask(loose.introspect, clients.web, { token: 'a' }, { ca: licet.ca });
	assert.equal(before.status, 200, before.text);
	const said = await importInto(licet, null, { tenants: [{ name: 'loose', url: loose.base,
		profile: 'rfc', settings: { fapi2: 'required' } }] });
	assert.ok(said.includes(`client "${clients.web.id}" of the store is refused from now on: `
		+ 'its token_endpoint_auth_method must be private_key_jwt'), said);
	assert.ok(!said.includes(`"${free.id}"`), 'who keeps the rules is not named');
	const reply = await ask(loose.introspect, clients.web, { token: 'a' }, { ca: licet.ca });
	assert.deepEqual(errorOf(reply), { status: 401, error: 'invalid_client' });
	const page = await send({ ca: licet.ca, url: `${loose.authorize}?client_id=${clients.web.id}&response_type=code` });
	assert.equal(page.status, 400);
	assert.ok(elementById(page.text, 'error-page'));
	const { stdout } = await runCommand(['explain', reply.headers['x-request-id'], ...storeOf(licet)]);
	assert.match(stdout, /client_unfit/);
	assert.match(stdout, /token_endpoint_auth_method must be private_key_jwt/);
	const caller = new Caller(licet, loose, free);
	assert.equal((await caller.push()).status, 201, 'a client that keeps the rules goes on');
});

test('off again: who asked for fapi2 is refused rather than served by weaker rules', async () => {
	await importInto(licet, loose, { clients: [{ ...strict.metadata, fapi2: true }] });
	const caller = new Caller(licet, loose, strict);
	assert.equal((await caller.push({}, { verifier: newVerifier() })).status, 201);
	await importInto(licet, null, { tenants: [{ name: 'loose', url: loose.base, profile: 'rfc' }] });
	const reply = await caller.push();
	assert.deepEqual(errorOf(reply), { status: 401, error: 'invalid_client' });
	const { stdout } = await runCommand(['explain', reply.headers['x-request-id'], ...storeOf(licet)]);
	assert.match(stdout, /the tenant's setting fapi2 is off/);
});

function turn(fapi2) {
	return importInto(licet, null, { tenants: [{ name: 'loose', url: loose.base, profile: 'rfc',
		settings: { fapi2 } }] });
}

test('tokens that are older than the setting are worth nothing without a key', async () => {
	const web = { ...clients.web, id: 'older', secret: 'older-secret-0123456789abcdef012' };
	const older = newApplication('older');
	const api = newApplication('older-api');
	await turn('allowed');
	await importInto(licet, loose, { resources: [{ audience: api.id }],
		clients: [metadataOf(web, { audiences: [api.id] }), { ...api.metadata, fapi2: true }] });
	const grant = await obtainCode(loose, { client: web, ca: licet.ca, with: { resource: api.id } });
	const tokens = tokensOf(await exchange(loose, grant, {}, { ca: licet.ca }));
	const atUserinfo = () => send({ url: loose.userinfo, ca: licet.ca,
		headers: { Authorization: `Bearer ${tokens.access_token}` } });
	const isActive = async () => {
		const { status, json } = await send({ url: loose.introspect, ca: licet.ca, form: {
			...assertionParams(assertionOf(api.signer, loose)), token: tokens.access_token } });
		assert.equal(status, 200);
		return json.active;
	};
	assert.equal((await atUserinfo()).status, 200);
	assert.equal(await isActive(), true, 'who asks is under other rules than whose token it is');
	await turn('required');
	const unfit = await atUserinfo();
	assert.equal(unfit.status, 401, unfit.text);
	assert.equal(await isActive(), false);
	await importInto(licet, loose, { clients: [older.metadata] });
	const unbound = await atUserinfo();
	assert.equal(unbound.status, 401, unbound.text);
	assert.match(unbound.headers['www-authenticate'], /invalid_token/);
	assert.equal(await isActive(), false);
	const { stdout } = await runCommand(['explain', unbound.headers['x-request-id'], ...storeOf(licet)]);
	assert.match(stdout, /token_unbound/);
});

endsCleanly(licet);
