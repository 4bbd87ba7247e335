/* SPDX-License-Identifier: Apache-2.0 */
/* Request objects by reference: fetched from registered URIs alone, and from nowhere inside. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { CompactEncrypt, importJWK } from 'jose';
import * as oidc from 'openid-client';
import { Agent } from './lib/agent.mjs';
import { ask, challengeOf, errorOf, EVERY_SCOPE, exchange, newVerifier, tokensOf, authorizeUrl }
	from './lib/flow.mjs';
import { elementById, firstForm, textOf } from './lib/html.mjs';
import { send } from './lib/http.mjs';
import { metadataOf, runImport } from './lib/import.mjs';
import { endsCleanly, runCommand, startDemo } from './lib/licet.mjs';
import { claimsOf, newObjectKey, now, sign, unsecured } from './lib/request_object.mjs';
import { serveProfiles, startPublisher } from './lib/rp.mjs';
import { clients, profiles, tenantOf, users } from './lib/tenants.mjs';

const golden = JSON.parse(readFileSync(new URL('../golden/reasons.json', import.meta.url))).replies.authorize;
const { pages, counts, uriOf } = await startPublisher();
const signer = await newObjectKey('ES256');
const stranger = await newObjectKey('ES256');

const client = { id: 'jar-by-reference', secret: 'jar-by-reference-0123456789abcdef0123456789',
	auth: 'post', redirectUri: clients.web.redirectUri };
const keyless = { ...client, id: 'jar-keyless' };

/* What each profile's client has registered; the last with the fragment that it has. */
const NAMES = ['plain', 'newer', 'hashed', 'encrypted', 'wrong', 'page', 'openid', 'large', 'moved', 'gone',
	'expiring'];

function uriAt(profile, name) {
	return uriOf(`${profile}-${name}`);
}

function insideOf(profile) {
	return ['169.254.169.254', '10.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1'].map((host) =>
		`https://${host}/${profile}`);
}

function registered(profile) {
	return [...NAMES.map((name) => uriAt(profile, name)), `${uriAt(profile, 'fixed')}#version-1`,
		...insideOf(profile)];
}

function clientsOf(profile, tenant) {
	return [metadataOf(client, { tenant, jwks: signer.jwks, request_object_signing_alg: 'ES256',
		request_object_encryption_alg: 'ECDH-ES', request_uris: registered(profile) }),
	metadataOf(keyless, { tenant, request_uris: registered(profile) })];
}

const settings = { fetch_request_uris: true };
const licet = await serveProfiles({ clientsOf, settings });
const closed = await serveProfiles({ clientsOf, settings, loopback: false });
const off = await startDemo();

function countOf(profile, name) {
	return counts[`${profile}-${name}`] ?? 0;
}

function publish(profile, name, object) {
	pages[`${profile}-${name}`] = object;
}

function urlOf(tenant, requestUri, params = {}) {
	return authorizeUrl(tenant, { response_type: null, client_id: client.id, request_uri: requestUri,
		...params });
}

async function signIn(tenant, requestUri) {
	const { callback, page } = await new Agent().authorize(urlOf(tenant, requestUri), { user: users.alice });
	assert.ok(callback, textOf(page?.text ?? ''));
	return callback.searchParams;
}

async function isPage(url, text) {
	const reply = await send({ url });
	assert.equal(reply.status, 400, reply.location);
	const shown = elementById(reply.text, 'error-page');
	assert.ok(shown, textOf(reply.text));
	if (text)
		assert.ok(textOf(reply.text).includes(text), textOf(reply.text));
	return reply;
}

async function explained(server, reply) {
	return (await runCommand(['explain', reply.headers['x-request-id'], '--config', server.config])).stdout;
}

for (const profile of profiles) {
	const tenant = tenantOf(profile, licet.origin);
	const fetchable = (name, params, by = signer) => sign(by, claimsOf(tenant, client, params))
		.then((object) => publish(profile, name, object));

	test(`${profile}: the metadata say that request_uris are fetched, and must be registered`, async () => {
		const { json } = await send({ url: tenant.metadata });
		assert.equal(json.request_uri_parameter_supported, true);
		assert.equal(json.require_request_uri_registration, true);
	});

	test(`${profile}: a registered request_uri is fetched once, and ends in tokens`, async () => {
		const verifier = newVerifier();
		await fetchable('plain', { state: 'by-reference', code_challenge: challengeOf(verifier),
			code_challenge_method: 'S256' });
		const params = await signIn(tenant, uriAt(profile, 'plain'));
		assert.equal(params.get('state'), 'by-reference');
		tokensOf(await exchange(tenant, { client, verifier, code: params.get('code'),
			redirectUri: client.redirectUri }));
		await signIn(tenant, uriAt(profile, 'plain'));
		assert.equal(countOf(profile, 'plain'), 1);
	});

	test(`${profile}: openid-client's request object, published, ends in tokens`, async () => {
		const config = await oidc.discovery(new URL(tenant.issuer), client.id, undefined,
			oidc.ClientSecretPost(client.secret), { execute: [oidc.allowInsecureRequests] });
		assert.equal(config.serverMetadata().request_uri_parameter_supported, true);
		const verifier = oidc.randomPKCECodeVerifier();
		const expectedState = oidc.randomState();
		const url = await oidc.buildAuthorizationUrlWithJAR(config, { redirect_uri: client.redirectUri,
			scope: EVERY_SCOPE, state: expectedState, code_challenge_method: 'S256',
			code_challenge: await oidc.calculatePKCECodeChallenge(verifier) },
		{ key: signer.key, kid: signer.kid });
		publish(profile, 'openid', url.searchParams.get('request'));
		url.searchParams.delete('request');
		url.searchParams.set('request_uri', uriAt(profile, 'openid'));
		const { callback, page } = await new Agent().authorize(url.href, { user: users.alice });
		assert.ok(callback, textOf(page?.text ?? ''));
		const tokens = await oidc.authorizationCodeGrant(config, callback,
			{ pkceCodeVerifier: verifier, expectedState, idTokenExpected: true });
		assert.equal(tokens.claims().aud, client.id);
	});

	test(`${profile}: an encrypted object, with a line's end behind it, is fetched too`, async () => {
		const key = (await send({ url: tenant.jwks })).json.keys.find(({ alg }) => alg === 'ECDH-ES');
		const request = await new CompactEncrypt(Buffer.from(await sign(signer, claimsOf(tenant, client))))
			.setProtectedHeader({ alg: 'ECDH-ES', enc: 'A256GCM', kid: key.kid, cty: 'JWT' })
			.encrypt(await importJWK(key, 'ECDH-ES'));
		publish(profile, 'encrypted', `${request}\r\n`);
		assert.ok((await signIn(tenant, uriAt(profile, 'encrypted'))).get('code'));
	});

	test(`${profile}: an object that is out of date is fetched anew`, async () => {
		await fetchable('expiring', { state: 'old', exp: now() - 60 });
		await isPage(urlOf(tenant, uriAt(profile, 'expiring')));
		assert.equal(countOf(profile, 'expiring'), 2);
		await fetchable('newer', { state: 'old', exp: now() - 60 });
		pages[`${profile}-newer`] = await (async (old) => {
			const fresh = await sign(signer, claimsOf(tenant, client, { state: 'new' }));
			return (request, response) =>
				response.end(countOf(profile, 'newer') === 1 ? old : fresh);
		})(pages[`${profile}-newer`]);
		assert.equal((await signIn(tenant, uriAt(profile, 'newer'))).get('state'), 'new');
	});

	test(`${profile}: a fragment that is the hash of another content has it fetched anew`, async () => {
		const hash = (text) => createHash('sha256').update(text).digest('base64url');
		const uri = uriAt(profile, 'hashed');
		const one = `${await sign(signer, claimsOf(tenant, client, { state: 'one' }))}\n`;
		const two = `${await sign(signer, claimsOf(tenant, client, { state: 'two' }))}\n`;
		publish(profile, 'hashed', one);
		for (let i = 0; i < 2; i++)
			assert.equal((await signIn(tenant, `${uri}#${hash(one)}`)).get('state'), 'one');
		assert.equal(countOf(profile, 'hashed'), 1);
		publish(profile, 'hashed', two);
		assert.equal((await signIn(tenant, `${uri}#${hash(two)}`)).get('state'), 'two');
		assert.equal(countOf(profile, 'hashed'), 2);
		/* What is not its hash costs no more than a GET a minute. */
		for (let i = 0; i < 10; i++)
			await send({ url: urlOf(tenant, `${uri}#any-${i}`) });
		assert.equal(countOf(profile, 'hashed'), 2);
	});

	test(`${profile}: what was fetched stays what it was while a page stands open`, async () => {
		await fetchable('page', { state: 'as-seen' });
		const agent = new Agent();
		const { reply } = await agent.open(urlOf(tenant, uriAt(profile, 'page')));
		assert.ok(firstForm(reply.text).buttons.some(({ id }) => id === 'login'));
		await fetchable('page', { state: 'changed', redirect_uri: 'https://evil.example/' });
		let step = await agent.signIn(users.alice);
		if (!step.callback)
			step = await agent.submit('approve');
		assert.equal(step.callback.searchParams.get('state'), 'as-seen');
		assert.equal(countOf(profile, 'page'), 1);
	});

	test(`P07: ${profile}: what is fetched must be signed by the client`, async () => {
		for (const object of [unsecured(claimsOf(tenant, client)),
			await sign(stranger, claimsOf(tenant, client)),
			await sign(signer, claimsOf(tenant, client, { aud: 'https://evil.example' })),
			JSON.stringify(claimsOf(tenant, client)), '<html>', '']) {
			publish(profile, 'wrong', object);
			await isPage(urlOf(tenant, uriAt(profile, 'wrong')));
		}
	});

	test(`P08: ${profile}: what is not registered byte for byte is not fetched`, async () => {
		const before = JSON.stringify(counts);
		const good = uriAt(profile, 'plain');
		for (const uri of ['http://169.254.169.254/', 'file:///etc/passwd', 'gopher://127.0.0.1/',
			`${good}/`, `${good}?a`, `${good}%20`, good.toUpperCase(), good.replace('https', 'http'),
			good.replace('localhost', 'localhost.'), good.replace('//', '//user@'),
			`${good} ${uriAt(profile, 'wrong')}`, ` ${good}`,
			uriOf('anything'), `${uriAt(profile, 'fixed')}#version-2`, uriAt(profile, 'fixed'),
			`${licet.origin}/healthz`, 'https://evil.example/', 'https:', 'x'])
			await isPage(urlOf(tenant, uri),
				golden.request_uri_unregistered[profile].text);
		assert.equal(JSON.stringify(counts), before);
	});

	test(`P04: ${profile}: a request_uri inside a pushed request is refused, registered or not`, async () => {
		const before = countOf(profile, 'plain');
		assert.deepEqual(errorOf(await ask(tenant.par, client, { response_type: 'code',
			redirect_uri: client.redirectUri, request_uri: uriAt(profile, 'plain') })),
		{ status: 400, error: 'invalid_request' });
		assert.equal(countOf(profile, 'plain'), before);
	});

	test(`P08: ${profile}: a registered URI that leads inside is not connected to`, async () => {
		const place = tenantOf(profile, closed.origin);
		const before = JSON.stringify(counts);
		for (const uri of [uriAt(profile, 'plain'), ...insideOf(profile)]) {
			const reply = await isPage(urlOf(place, uri), golden.request_uri_unreachable[profile].text);
			assert.match(await explained(closed, reply),
				/its address is not one that may be connected to/);
		}
		assert.equal(JSON.stringify(counts), before);
	});

	test(`P08: ${profile}: a redirect, a missing page and one too large are refused`, async () => {
		publish(profile, 'large', 'x'.repeat(65_537));
		publish(profile, 'moved', (request, response) =>
			response.writeHead(302, { Location: uriAt(profile, 'plain') }).end());
		for (const [name, why] of [['large', /larger than 64 KiB/], ['moved', /redirects/],
			['gone', /status is not 200/]]) {
			const reply = await isPage(urlOf(tenant, uriAt(profile, name)),
				golden.request_uri_unreachable[profile].text);
			assert.match(await explained(licet, reply), why);
		}
	});

	test(`${profile}: request beside request_uri is refused`, async () => {
		await isPage(urlOf(tenant, uriAt(profile, 'plain'),
			{ request: await sign(signer, claimsOf(tenant, client)) }));
	});

	test(`P08: ${profile}: without the tenant's setting, or without keys, nothing is fetched`, async () => {
		const before = JSON.stringify(counts);
		await isPage(urlOf(tenant, uriAt(profile, 'plain'), { client_id: keyless.id }),
			golden.request_uri_unsupported[profile].text);
		const place = off.tenant(profile);
		await isPage(urlOf(place, uriAt(profile, 'plain'), { client_id: clients.web.id }),
			golden.request_uri_unsupported[profile].text);
		const { json } = await send({ url: place.metadata });
		assert.equal(json.request_uri_parameter_supported, false);
		assert.equal(json.require_request_uri_registration, undefined);
		assert.equal(JSON.stringify(counts), before);
	});
}

test('an import says that request_uris are of no use where the tenant fetches none', async () => {
	const tenant = off.tenant('rfc');
	const importing = (more) => runImport(off, null, { ...more, clients: clientsOf('rfc', tenant.name) });
	const without = await importing({});
	assert.equal(without.code, 0, without.stderr);
	assert.match(without.stderr, /request_uris.* are not used/);
	const fetching = await importing({ tenants: [{ name: tenant.name, url: tenant.base, profile: 'rfc',
		settings }] });
	assert.equal(fetching.code, 0, fetching.stderr);
	assert.doesNotMatch(fetching.stderr, /are not used/);
});

endsCleanly(licet);
endsCleanly(closed);
endsCleanly(off);
