/* SPDX-License-Identifier: Apache-2.0 */
/* The vendors' own pages and the RFCs' own examples, byte for byte, and what must come back. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { send } from './lib/http.mjs';
import { challengeOf, errorOf, exchange, obtainCode, obtainTokens, refresh, refusalOf, tokensOf }
	from './lib/flow.mjs';
import { importInto, metadataOf } from './lib/import.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { sendRaw } from './lib/raw.mjs';
import { clients, profiles } from './lib/tenants.mjs';

const licet = await startDemo();

/* The left half of the hash, for at_hash and c_hash (OpenID Connect Core 3.1.3.6). */
function leftHash(text) {
	return createHash('sha256').update(text).digest().subarray(0, 16).toString('base64url');
}

test('the Asgardeo page\'s at_hash is the left half of its access token\'s hash', () => {
	assert.equal(leftHash('54bd024f-5080-3db5-9422-785f5d610605'), 'JoWHF8A1zf1poiRPwi54Mg');
});

/* What curl sends for the Asgardeo page's sample command. */
function pageRequest(tenant, code) {
	const { host, pathname } = new URL(tenant.token);
	const body = `code=${code}&grant_type=authorization_code` +
		'&redirect_uri=https%3A%2F%2Flocalhost%3A5000' +
		'&code_verifier=zYYoWc9LNIahfonUKyKZcpDc0oWV0zGbn-gTkrr4lkw' +
		'&client_id=fv_LScHaB83PN4VPX1cHufphtHQa';
	return Buffer.from(`POST ${pathname} HTTP/1.1\r\nHost: ${host}\r\n` +
		'User-Agent: curl/7.88.1\r\nAccept: */*\r\n' +
		'Content-Type: application/x-www-form-urlencoded\r\n' +
		`Content-Length: ${body.length}\r\n\r\n${body}`);
}

test('the Asgardeo page\'s request by a client nobody knows is refused in its words', async () => {
	const reply = await sendRaw(licet.port,
		pageRequest(licet.tenant('asgardeo'), '60cb4ba7-b7b2-3f2f-8319-58122f1b2f5d'));
	assert.equal(reply.status, 401);
	assert.deepEqual(reply.json, { error: 'invalid_client',
		error_description: 'Client credentials are invalid.' });
});

const PAGE_CLIENT = {
	id: 'fv_LScHaB83PN4VPX1cHufphtHQa',
	auth: 'none',
	redirectUri: 'https://localhost:5000',
};

test('the Asgardeo page\'s request byte for byte, with a code of its own client, gives the' +
	' page\'s reply', async () => {
	const tenant = licet.tenant('asgardeo');
	await importInto(licet, tenant,
		{ clients: [metadataOf(PAGE_CLIENT, { scope: 'openid' })] });
	const verifier = 'zYYoWc9LNIahfonUKyKZcpDc0oWV0zGbn-gTkrr4lkw';
	assert.equal(challengeOf(verifier), 'IMbNq8j9HZBlbLuZ4nHcYOv1ZkRF5TVNAfVIGyeUsi0');
	const grant = await obtainCode(tenant, { client: PAGE_CLIENT, scope: 'openid', verifier });
	const reply = await sendRaw(licet.port, pageRequest(tenant, grant.code));
	assert.equal(reply.status, 200, reply.text);
	assert.deepEqual(Object.keys(reply.json).sort(), ['access_token', 'expires_in', 'id_token',
		'refresh_token', 'scope', 'token_type']);
	assert.equal(reply.json.expires_in, 3600);
	assert.equal(reply.json.scope, 'openid');
	assert.equal(reply.json.token_type, 'Bearer');
	assert.equal(reply.headers['cache-control'], 'no-store');
	assert.equal(reply.headers.pragma, 'no-cache');
});

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	test(`${profile}: RFC 7636 appendix B: its verifier redeems a code of its challenge`, async () => {
		const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
		const grant = await obtainCode(tenant, { client: clients.spa, verifier,
			with: { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' } });
		tokensOf(await exchange(tenant, grant));
	});

	test(`${profile}: the token reply is no-store JSON with a number for expires_in`, async () => {
		const grant = await obtainCode(tenant);
		const reply = await exchange(tenant, grant);
		const tokens = tokensOf(reply);
		assert.match(reply.headers['content-type'], /^application\/json/);
		assert.equal(reply.headers['cache-control'], 'no-store');
		assert.equal(reply.headers.pragma, 'no-cache');
		assert.equal(reply.phrase, 'OK');
		assert.ok(reply.headers['x-request-id']);
		assert.ok(reply.headers.date);
		const lives = { rfc: 300, asgardeo: 3600, auth0: 86400 };
		assert.equal(tokens.expires_in, lives[profile]);
		assert.equal(tokens.token_type, 'Bearer');
		assert.deepEqual(tokens.scope.split(' ').sort(),
			['address', 'email', 'offline_access', 'openid', 'phone', 'profile']);
	});

	test(`${profile}: codes and tokens are of characters that need no encoding`, async () => {
		const { code, tokens } = await obtainTokens(tenant);
		for (const text of [code, tokens.refresh_token, tokens.access_token])
			assert.match(text, /^[A-Za-z0-9._~-]+$/);
	});

	test(`${profile}: code is the first parameter of the redirect, state is untouched`, async () => {
		const state = 'instance_0_request_0=~.+/ ü%';
		const { callback, params } = await obtainCode(tenant, { with: { state } });
		assert.match(callback.search, /^\?code=/);
		assert.equal(params.get('state'), state);
		assert.equal(params.get('iss'), tenant.issuer);
	});

	test(`${profile}: the id_token is signed by a published key and says what it must`, async () => {
		const nonce = 'nonce with space & ü';
		const { code, tokens } = await obtainTokens(tenant, { with: { nonce, max_age: '900' } });
		const keys = (await send({ url: tenant.jwks })).json;
		const { payload, protectedHeader } = await jwtVerify(tokens.id_token,
			createLocalJWKSet(keys), { issuer: tenant.issuer, audience: clients.web.id });
		assert.equal(protectedHeader.alg, 'RS256');
		assert.equal(payload.nonce, nonce);
		assert.equal(payload.aud, clients.web.id);
		assert.equal(payload.at_hash, leftHash(tokens.access_token));
		assert.equal(typeof payload.auth_time, 'number');
		assert.ok(payload.iat <= Date.now() / 1000 + 1);
		const lives = { asgardeo: 3600, auth0: 36000 };
		if (lives[profile])
			assert.equal(payload.exp - payload.iat, lives[profile]);
		if (payload.c_hash !== undefined)
			assert.equal(payload.c_hash, leftHash(code));
	});

	test(`${profile}: an id_token of a refresh has the same person and no nonce`, async () => {
		const { tokens } = await obtainTokens(tenant, { with: { nonce: 'n-0S6_WzA2Mj' } });
		const renewed = tokensOf(await refresh(tenant, clients.web, tokens.refresh_token));
		const [first, second] = [tokens, renewed].map(({ id_token }) => decodeJwt(id_token));
		assert.equal(second.sub, first.sub);
		assert.equal(second.iss, first.iss);
		assert.equal(second.aud, first.aud);
		assert.equal(second.nonce, undefined);
		assert.equal(second.auth_time, first.auth_time);
		assert.equal(second.at_hash, leftHash(renewed.access_token));
	});

	test(`${profile}: no nonce was asked for and none is in the id_token`, async () => {
		const { tokens } = await obtainTokens(tenant);
		assert.equal(decodeJwt(tokens.id_token).nonce, undefined);
	});

	test(`${profile}: unknown scopes are dropped and unknown parameters passed over`, async () => {
		const { tokens } = await obtainTokens(tenant, {
			scope: 'openid internal_login profile no:such/scope',
			with: { auth0Client: 'eyJ4IjoxfQ', 'ext-own': 'x', screen_hint: 'signup' },
		});
		assert.deepEqual(tokens.scope.split(' ').sort(), ['openid', 'profile']);
	});

	test(`${profile}: JSON bodies are taken as forms are`, async () => {
		const grant = await obtainCode(tenant);
		const { code, redirectUri, verifier } = grant;
		const reply = await send({ url: tenant.token, json: { grant_type: 'authorization_code',
			code, redirect_uri: redirectUri, code_verifier: verifier,
			client_id: clients.web.id, client_secret: clients.web.secret } });
		const { refresh_token } = tokensOf(reply);
		const again = await send({ url: tenant.token, json: { grant_type: 'refresh_token',
			refresh_token, client_id: clients.web.id, client_secret: clients.web.secret } });
		tokensOf(again);
	});

	test(`${profile}: extra fields of the vendors' SDKs in the body are passed over`, async () => {
		const grant = await obtainCode(tenant);
		const reply = await exchange(tenant, grant, { organization: '', 'ext-own': 'x',
			auth0Client: 'eyJ4IjoxfQ' }, { headers: { 'Auth0-Client': 'eyJuYW1lIjoieCJ9' } });
		const { refresh_token } = tokensOf(reply);
		tokensOf(await refresh(tenant, clients.web, refresh_token,
			{ redirect_uri: grant.redirectUri }));
	});

	test(`${profile}: a raw, unencoded Basic header is taken as an encoded one is`, async () => {
		const grant = await obtainCode(tenant);
		const raw = Buffer.from(`${clients.web.id}:${clients.web.secret}`).toString('base64');
		const reply = await exchange(tenant, grant,
			{ client_id: undefined, client_secret: undefined },
			{ headers: { Authorization: `Basic ${raw}` } });
		tokensOf(reply);
	});

	test(`${profile}: a request_uri at the token endpoint is passed over for a code that was` +
		' not pushed', async () => {
		const grant = await obtainCode(tenant);
		tokensOf(await exchange(tenant, grant,
			{ request_uri: 'urn:ietf:params:oauth:request_uri:nothing' }));
	});

	test(`${profile}: request_uri does not stand in for redirect_uri`, async () => {
		const grant = await obtainCode(tenant, { verifier: null });
		const reply = await exchange(tenant, grant,
			{ redirect_uri: undefined, request_uri: grant.redirectUri });
		const { status, error } = errorOf(reply);
		assert.ok(status === 400 || status === 403, `${status} ${error}`);
	});
}

test('auth0: redirect_uri may be left out at the exchange when S256 was verified', async () => {
	const tenant = licet.tenant('auth0');
	const grant = await obtainCode(tenant);
	tokensOf(await exchange(tenant, grant, { redirect_uri: undefined }));
});

for (const profile of ['rfc', 'asgardeo'])
	test(`${profile}: redirect_uri may not be left out at the exchange`, async () => {
		const tenant = licet.tenant(profile);
		const grant = await obtainCode(tenant);
		const reply = await exchange(tenant, grant, { redirect_uri: undefined });
		assert.equal(reply.status, 400);
		const { error } = reply.json;
		assert.equal(error, profile === 'asgardeo' ? 'invalid_request' : 'invalid_grant');
	});

test('auth0: a wrong redirect_uri is 403 unauthorized_client in the vendor\'s words, without the' +
	' one expected', async () => {
	const tenant = licet.tenant('auth0');
	const grant = await obtainCode(tenant);
	const reply = await exchange(tenant, grant, { redirect_uri: 'http://localhost:8080/x' });
	assert.deepEqual(errorOf(reply), refusalOf('auth0', 'redirect'));
	assert.match(reply.json.error_description, /^The redirect URI is wrong\./);
	assert.doesNotMatch(reply.text, /localhost:3000/);
});

test('asgardeo: the id_token has the vendor\'s claims', async () => {
	const { tokens, code } = await obtainTokens(licet.tenant('asgardeo'));
	const claims = decodeJwt(tokens.id_token);
	assert.equal(claims.nbf, claims.iat);
	assert.equal(claims.azp, clients.web.id);
	assert.equal(claims.c_hash, leftHash(code));
	assert.match(claims.isk, /^[0-9a-f]{64}$/);
	assert.ok(claims.sid);
	assert.ok(Array.isArray(claims.amr));
	assert.ok(decodeProtectedHeader(tokens.id_token).kid);
});

test('auth0: the id_token has the vendor\'s claims and header', async () => {
	const { tokens } = await obtainTokens(licet.tenant('auth0'));
	const claims = decodeJwt(tokens.id_token);
	assert.ok(claims.sid);
	assert.equal(claims.nbf, undefined);
	assert.equal(claims.isk, undefined);
	assert.equal(claims.azp, undefined);
	assert.equal(claims.c_hash, undefined);
	assert.equal(typeof claims.updated_at, 'string');
	assert.ok(claims.nickname && claims.name && claims.email);
	const { alg, typ, kid } = decodeProtectedHeader(tokens.id_token);
	assert.deepEqual({ alg, typ }, { alg: 'RS256', typ: 'JWT' });
	assert.ok(kid);
});

test('rfc: the access token is a JWT of RFC 9068 that the published keys verify', async () => {
	const tenant = licet.tenant('rfc');
	const { tokens } = await obtainTokens(tenant);
	const keys = createLocalJWKSet((await send({ url: tenant.jwks })).json);
	const { payload, protectedHeader } = await jwtVerify(tokens.access_token, keys,
		{ issuer: tenant.issuer, typ: 'at+jwt' });
	assert.equal(protectedHeader.typ, 'at+jwt');
	for (const name of ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'])
		assert.notEqual(payload[name], undefined, name);
	assert.equal(payload.client_id, clients.web.id);
	assert.equal(payload.exp - payload.iat, 300);
});

for (const profile of ['auth0', 'asgardeo'])
	test(`${profile}: an access token without an audience is opaque`, async () => {
		const { tokens } = await obtainTokens(licet.tenant(profile));
		assert.equal(tokens.access_token.split('.').length, 1);
	});

test('auth0: a refresh token comes only with offline_access', async () => {
	const { tokens } = await obtainTokens(licet.tenant('auth0'), { scope: 'openid profile' });
	assert.equal(tokens.refresh_token, undefined);
});

test('rfc: a refresh token comes with openid only if offline_access is granted', async () => {
	const tenant = licet.tenant('rfc');
	const { tokens } = await obtainTokens(tenant, { scope: 'openid profile' });
	assert.equal(tokens.refresh_token, undefined);
	const plain = await obtainTokens(tenant, { scope: 'profile' });
	assert.ok(plain.tokens.refresh_token);
});

test('asgardeo: a refresh token comes whatever the scope', async () => {
	const { tokens } = await obtainTokens(licet.tenant('asgardeo'), { scope: 'openid' });
	assert.ok(tokens.refresh_token);
});

test('asgardeo: session_state is in the answer, after code', async () => {
	const { params } = await obtainCode(licet.tenant('asgardeo'));
	assert.match(params.get('session_state') ?? '', /^[0-9a-f]{64}\.\S+$/);
});

endsCleanly(licet);
