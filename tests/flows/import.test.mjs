/* SPDX-License-Identifier: Apache-2.0 */
/* licet import: all or nothing, what is wrong and where; what a change takes away at once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Agent } from './lib/agent.mjs';
import { authorizeUrl, challengeOf, errorOf, exchange, introspect, newVerifier, obtainCode,
	obtainTokens, refresh, refusalOf, tokensOf, userinfo } from './lib/flow.mjs';
import { formWith, tagsOf, textOf } from './lib/html.mjs';
import { send } from './lib/http.mjs';
import { importInto, metadataOf, runImport } from './lib/import.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { clients, profiles } from './lib/tenants.mjs';

const licet = await startDemo();
const tenant = licet.tenant('rfc');
let made = 0;

function newClient(more = {}) {
	const id = `import-${++made}`;
	return { id, secret: `${id}-secret-0123456789abcdef0123456789`, auth: 'post',
		redirectUri: clients.web.redirectUri, ...more };
}

async function isKnown(client) {
	const reply = await exchange(tenant, { code: 'x', redirectUri: 'x', verifier: 'x', client });
	return reply.json.error !== 'invalid_client';
}

/* Each document has one mistake; what is said must match all patterns. */
const mistakes = {
	'not JSON': ['{"clients": [', [/line \d+|column \d+/i]],
	'no object': ['[]', [/object/i]],
	'an unknown list': [{ cliens: [] }, [/cliens/]],
	'a client without an id': [{ clients: [{ redirect_uris: ['https://rp.example/cb'] }] },
		[/clients\[0\]/, /client_id/]],
	'a redirect URI with a wildcard (R07)': [bad({ redirect_uris: ['https://*.rp.example/cb'] }),
		[/clients\[0\]\.redirect_uris\[0\]/, /\*/]],
	'javascript: as a redirect URI (R08)': [bad({ redirect_uris: ['JaVaScRiPt:alert(1)'] }),
		[/redirect_uris\[0\]/]],
	'data: as a redirect URI (R08)': [bad({ redirect_uris: ['data:text/html,x'] }), [/redirect_uris/]],
	'a code in a redirect URI\'s query (R10)': [bad({ redirect_uris: ['https://rp.example/cb?code=1'] }),
		[/redirect_uris/, /code/]],
	'a fragment in a redirect URI': [bad({ redirect_uris: ['https://rp.example/cb#x'] }),
		[/redirect_uris/, /fragment/i]],
	'a private-use scheme without a dot (R22)': [bad({ redirect_uris: ['myapp://cb'],
		application_type: 'native' }), [/redirect_uris/]],
	'a relative redirect URI': [bad({ redirect_uris: ['/cb'] }), [/redirect_uris/]],
	'plain http that is not loopback': [bad({ redirect_uris: ['http://rp.example/cb'] }),
		[/redirect_uris/, /https/]],
	'a weak secret': [bad({ client_secret: 'secret' }), [/client_secret/]],
	'javascript: as a logo (S14)': [bad({ logo_uri: 'javascript:alert(1)' }), [/logo_uri/]],
	'markup in a link': [bad({ policy_uri: 'https://rp.example/p?"<x>' }), [/policy_uri/]],
	'a number for a name': [bad({ client_name: 5 }), [/client_name/, /string/]],
	'a grant type that does not exist': [bad({ grant_types: ['telepathy'] }), [/grant_types/]],
	'a person without a password': [{ users: [{ username: 'erin' }] }, [/users\[0\]/, /password/]],
	'a person without a name': [{ users: [{ password: 'erin-password' }] }, [/users\[0\]/, /username/]],
	'the same client twice': [{ clients: [metadataOf(clients.web), metadataOf(clients.web)] },
		[/client_id|twice|clients\[1\]/]],
	'a tenant that does not exist': [{ clients: [metadataOf(clients.web, { tenant: 'nowhere' })] },
		[/nowhere/]],
	'a profile that does not exist': [{ tenants: [{ name: 'x', url: 'https://x.example',
		profile: 'okta' }] }, [/profile/, /okta/]],
	'a tenant in plain http': [{ tenants: [{ name: 'x', url: 'http://x.example', profile: 'rfc' }] },
		[/url/, /https/]],
};

function bad(member) {
	return { clients: [metadataOf(newClient(), member)] };
}

for (const [sentence, [document, patterns]] of Object.entries(mistakes))
	test(`${sentence} is refused, and the sentence says where`, async () => {
		const done = await runImport(licet, tenant, document);
		assert.notEqual(done.code, 0, done.stdout);
		for (const pattern of patterns)
			assert.match(done.stdout + done.stderr, pattern);
	});

test('one wrong entry keeps all others out, and every mistake is told', async () => {
	const good = newClient();
	const document = { clients: [metadataOf(good), metadataOf(newClient(), { client_name: 5 }),
		metadataOf(newClient(), { redirect_uris: ['nowhere'] })] };
	const done = await runImport(licet, tenant, document);
	assert.notEqual(done.code, 0);
	assert.match(done.stdout + done.stderr, /clients\[1\]/);
	assert.match(done.stdout + done.stderr, /clients\[2\]/);
	assert.equal(await isKnown(good), false);
});

test('an imported client and person work while the server runs', async () => {
	const client = newClient();
	await importInto(licet, tenant, { clients: [metadataOf(client)],
		users: [{ username: 'frida', password: 'frida-password', claims: { name: 'Frida' } }] });
	const { tokens } = await obtainTokens(tenant,
		{ client, user: { username: 'frida', password: 'frida-password' } });
	assert.equal((await userinfo(tenant, tokens.access_token)).json.name, 'Frida');
});

test('S08 members that mean nothing here are dropped, told of, and give no power', async () => {
	const client = newClient();
	const done = await runImport(licet, tenant, { clients: [metadataOf(client,
		{ is_admin: true, service_account: true, scopes: ['admin'] })] });
	assert.equal(done.code, 0, done.stderr);
	for (const name of ['is_admin', 'service_account', 'scopes'])
		assert.match(done.stdout + done.stderr, new RegExp(`clients\\[0\\]: "${name}"`));
});

test('S14 what a client calls itself is escaped on the pages, its links are plain', async () => {
	const client = newClient();
	await importInto(licet, tenant, { clients: [metadataOf(client, {
		client_name: '<script>alert(1)</script>"\'&', policy_uri: 'https://rp.example/p?x&y',
		tos_uri: 'https://rp.example/t' })] });
	const agent = new Agent();
	await agent.open(authorizeUrl(tenant, { client_id: client.id, redirect_uri: client.redirectUri,
		scope: 'openid' }));
	assert.ok(formWith(agent.page.text, 'login'));
	assert.doesNotMatch(agent.page.text, /<script>alert/);
	assert.ok(textOf(agent.page.text).includes('<script>alert(1)</script>"\'&'));
	const links = tagsOf(agent.page.text).filter(({ name, closes }) => name === 'a' && !closes);
	assert.ok(links.some(({ attributes }) => attributes.href === 'https://rp.example/t'));
	for (const { attributes } of links)
		assert.match(attributes.rel ?? '', /noreferrer/);
});

test('C19 a client without the grant type is unauthorized_client', async () => {
	const client = newClient();
	await importInto(licet, tenant, { clients: [metadataOf(client,
		{ grant_types: ['refresh_token'], response_types: [] })] });
	const reply = await exchange(tenant, { code: 'x', redirectUri: 'x', verifier: 'x', client });
	assert.deepEqual(errorOf(reply), { status: 400, error: 'unauthorized_client' });
});

test('R08 a registered private-use scheme is redirected to as it stands', async () => {
	const client = newClient({ auth: 'none', secret: undefined,
		redirectUri: 'com.example.app:/callback' });
	await importInto(licet, tenant, { clients: [metadataOf(client, { application_type: 'native' })] });
	const agent = new Agent({ stopsAt: (url) => url.protocol === 'com.example.app:' });
	tokensOf(await exchange(tenant, await obtainCode(tenant, { client, agent })));
});

test('L08 a password counts to its last byte, and may be long and of any script', async () => {
	const password = `${'pässwörd '.repeat(12)}end`;
	await importInto(licet, tenant, { users: [{ username: 'ingrid', password, claims: {} }] });
	const attempt = async (one) => {
		const agent = new Agent();
		await agent.open(authorizeUrl(tenant, { client_id: clients.web.id, scope: 'openid',
			redirect_uri: clients.web.redirectUri }));
		const step = await agent.signIn({ username: 'ingrid', password: one });
		return Boolean(step.callback || formWith(agent.page.text, 'approve'));
	};
	assert.equal(await attempt(password.slice(0, 72)), false);
	assert.equal(await attempt(`${password.slice(0, -1)}x`), false);
	assert.equal(await attempt(` ${password}`), false);
	assert.equal(await attempt(password), true);
});

for (const profile of profiles) {
	const own = licet.tenant(profile);

	async function personWithTokens(name) {
		const user = { username: name, password: `${name}-password` };
		await importInto(licet, own, { users: [{ ...user, claims: {} }] });
		return { user, ...await obtainTokens(own, { user }) };
	}

	async function hasEnded({ tokens, agent }) {
		assert.deepEqual(errorOf(await refresh(own, clients.web, tokens.refresh_token)),
			refusalOf(profile, 'grant'));
		assert.equal((await userinfo(own, tokens.access_token)).status, 401);
		assert.equal((await introspect(own, tokens.access_token)).json.active, false);
		const silent = await agent.authorize(authorizeUrl(own, { client_id: clients.web.id,
			redirect_uri: clients.web.redirectUri, scope: 'openid', prompt: 'none',
			code_challenge: challengeOf(newVerifier()), code_challenge_method: 'S256' }));
		assert.equal(silent.params?.get('code') ?? null, null);
	}

	test(`T05 W17 ${profile}: a changed password ends sessions and grants`, async () => {
		const person = await personWithTokens('greta');
		await importInto(licet, own, { users: [{ username: 'greta', password: 'another-password',
			claims: {} }] });
		await hasEnded(person);
	});

	test(`T05 ${profile}: disabling a person ends sessions and grants`, async () => {
		const person = await personWithTokens('henry');
		await importInto(licet, own, { users: [{ ...person.user, claims: {}, disabled: true }] });
		await hasEnded(person);
		const again = await new Agent().authorize(authorizeUrl(own, { client_id: clients.web.id,
			redirect_uri: clients.web.redirectUri, scope: 'openid' }), { user: person.user });
		assert.equal(again.callback, undefined);
	});

	test(`T05 ${profile}: disabling a client stops its grants`, async () => {
		const client = newClient();
		await importInto(licet, own, { clients: [metadataOf(client)] });
		const { tokens } = await obtainTokens(own, { client });
		await importInto(licet, own, { clients: [metadataOf(client, { disabled: true })] });
		const reply = await refresh(own, client, tokens.refresh_token);
		assert.equal(reply.status, 401);
		assert.equal((await userinfo(own, tokens.access_token)).status, 401);
	});
}

for (const profile of ['rfc', 'auth0'])
	test(`T20 ${profile}: taking offline_access away ends refreshing`, async () => {
		const own = licet.tenant(profile);
		const client = newClient();
		await importInto(licet, own, { clients: [metadataOf(client)] });
		const { tokens } = await obtainTokens(own, { client });
		await importInto(licet, own, { clients: [metadataOf(client, { scope: 'openid profile' })] });
		assert.deepEqual(errorOf(await refresh(own, client, tokens.refresh_token)),
			refusalOf(profile, 'grant'));
	});

test('a resource gives its audience a JWT of its own, and unknown ones are refused', async () => {
	const own = licet.tenant('auth0');
	const client = newClient();
	const audience = 'https://api.example/';
	await importInto(licet, own, {
		resources: [{ audience, name: 'An API', scopes: ['read'] }],
		clients: [metadataOf(client, { audiences: [audience],
			scope: 'openid profile offline_access read' })],
	});
	const { tokens } = await obtainTokens(own, { client, scope: 'openid read', with: { audience } });
	const claims = JSON.parse(Buffer.from(tokens.access_token.split('.')[1], 'base64url'));
	assert.deepEqual([claims.aud].flat(), [audience, own.userinfo]);
	assert.equal((await userinfo(own, tokens.access_token)).status, 200);
	const { params } = await new Agent().authorize(authorizeUrl(own, { client_id: client.id,
		redirect_uri: client.redirectUri, scope: 'openid', audience: 'https://nobody.example/' }));
	assert.equal(params.get('error'), 'access_denied');
	assert.equal(params.get('error_description'), 'Service not found: https://nobody.example/');
});

test('auth0: an API that allows no offline access gives no refresh token', async () => {
	const own = licet.tenant('auth0');
	const client = newClient();
	const [offline, online] = ['https://offline.example/', 'https://online.example/'];
	await importInto(licet, own, {
		resources: [{ audience: offline, allow_offline_access: true },
			{ audience: online, allow_offline_access: false }],
		clients: [metadataOf(client, { audiences: [offline, online] })],
	});
	const first = await obtainTokens(own, { client, with: { audience: offline } });
	assert.ok(first.tokens.refresh_token);
	const second = await obtainTokens(own, { client, with: { audience: online } });
	assert.equal(second.tokens.refresh_token, undefined);
});

test('a refresh may ask for another resource that the client is allowed, and for no other',
	async () => {
		const client = newClient();
		const [first, second, third] = ['one', 'two', 'three'].map((name) => `https://${name}.example/`);
		await importInto(licet, tenant, {
			resources: [first, second, third].map((audience) => ({ audience })),
			clients: [metadataOf(client, { audiences: [first, second] })],
		});
		const { tokens } = await obtainTokens(tenant, { client, with: { resource: first } });
		const other = tokensOf(await refresh(tenant, client, tokens.refresh_token,
			{ resource: second }));
		const claims = JSON.parse(Buffer.from(other.access_token.split('.')[1], 'base64url'));
		assert.deepEqual([claims.aud].flat(), [second]);
		for (const resource of [third, 'https://nobody.example/'])
			assert.deepEqual(errorOf(await refresh(tenant, client,
				other.refresh_token ?? tokens.refresh_token, { resource })),
			{ status: 400, error: 'invalid_target' });
	});

test('the import says what it has done', async () => {
	const done = await runImport(licet, tenant, { clients: [metadataOf(newClient())] });
	assert.equal(done.code, 0, done.stderr);
	assert.match(done.stdout + done.stderr, /1 client/);
	assert.equal((await send({ url: `${licet.origin}/healthz` })).status, 200);
});

endsCleanly(licet);
