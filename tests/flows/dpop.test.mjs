/* SPDX-License-Identifier: Apache-2.0 */
/* DPoP (RFC 9449): by libraries that others wrote, and the attacks of section D. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import { Agent } from './lib/agent.mjs';
import { newKey, proofBy, thumbprintOf } from './lib/dpop.mjs';
import { ask, challengeOf, EVERY_SCOPE, exchange, introspect, newVerifier,
	obtainCode, obtainTokens, pushed,
	pushedUrl, refresh, revoke, tokensOf, userinfo } from './lib/flow.mjs';
import { send } from './lib/http.mjs';
import { importInto, metadataOf } from './lib/import.mjs';
import { endsCleanly, runCommand, startDemo } from './lib/licet.mjs';
import { clients, profiles, users } from './lib/tenants.mjs';

const licet = await startDemo();
const second = await startDemo({ data: licet.data });
const http = { [oauth.allowInsecureRequests]: true };

/* Clients that must send proofs: profile asgardeo heeds no others. */
const bound = { id: 'dpop-web', secret: 'dpop-web-secret-0123456789abcdef', auth: 'post',
	redirectUri: clients.web.redirectUri };
const boundSpa = { id: 'dpop-spa', auth: 'none', redirectUri: clients.spa.redirectUri };

for (const tenant of licet.tenants)
	await importInto(licet, tenant, { clients: [bound, boundSpa].map((client) =>
		metadataOf(client, { dpop_bound_access_tokens: true })) });

/* A proof with the nonce that the tenant asks for, if it does. */
function prove(tenant, key, parts = {}) {
	return { DPoP: proofBy(key, { url: tenant.token, nonce: nonces.get(tenant.profile), ...parts }) };
}

const nonces = new Map();

async function learnNonce(tenant) {
	const reply = await ask(tenant.token, boundSpa, { grant_type: 'refresh_token',
		refresh_token: 'x' }, { headers: prove(tenant, newKey(), { nonce: undefined }) });
	if (reply.headers['dpop-nonce'])
		nonces.set(tenant.profile, reply.headers['dpop-nonce']);
}

for (const tenant of licet.tenants)
	await learnNonce(tenant);

async function obtainBound(tenant, client, key = newKey(), options = {}) {
	const grant = await obtainCode(tenant, { client, ...options });
	const headers = prove(tenant, key);
	const reply = await exchange(tenant, grant, {}, { headers });
	return { ...grant, key, headers, reply, tokens: tokensOf(reply) };
}

function refreshBy(tenant, client, token, key) {
	return refresh(tenant, client, token, {}, { headers: key ? prove(tenant, key) : {} });
}

function present(tenant, token, headers) {
	return userinfo(tenant, token, { headers: { Authorization: `DPoP ${token}`, ...headers } });
}

function proofForUserinfo(tenant, key, token, parts = {}) {
	return { DPoP: proofBy(key, { method: 'GET', url: tenant.userinfo, token, ...parts }) };
}

/* --- libraries ------------------------------------------------------------------ */

for (const profile of profiles) {
	const tenant = licet.tenant(profile);
	for (const client of [bound, boundSpa]) {
		test(`${profile}: openid-client binds ${client.id}'s tokens to its key`, async () => {
			const authentication = client.secret ? oidc.ClientSecretPost(client.secret) : oidc.None();
			const config = await oidc.discovery(new URL(tenant.issuer), client.id, undefined,
				authentication, { execute: [oidc.allowInsecureRequests], algorithm: 'oidc' });
			const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256'));
			const verifier = oidc.randomPKCECodeVerifier();
			const state = oidc.randomState();
			const url = oidc.buildAuthorizationUrl(config, { redirect_uri: client.redirectUri,
				scope: EVERY_SCOPE, state, dpop_jkt: await DPoP.calculateThumbprint(),
				code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
				code_challenge_method: 'S256' });
			const arrival = await new Agent().authorize(url.href, { user: users.alice });
			const tokens = await oidc.authorizationCodeGrant(config, arrival.callback,
				{ pkceCodeVerifier: verifier, expectedState: state, idTokenExpected: true },
				undefined, { DPoP });
			assert.equal(tokens.token_type, 'dpop');
			const { sub } = tokens.claims();
			const person = await oidc.fetchUserInfo(config, tokens.access_token, sub, { DPoP });
			assert.equal(person.sub, sub);
			const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined,
				{ DPoP });
			assert.equal(renewed.token_type, 'dpop');
		});

		test(`${profile}: oauth4webapi does so for ${client.id}, nonce and all`, async () => {
			const issuer = new URL(tenant.issuer);
			const as = await oauth.processDiscoveryResponse(issuer,
				await oauth.discoveryRequest(issuer, { ...http, algorithm: 'oidc' }));
			assert.ok(as.dpop_signing_alg_values_supported.includes('ES256'));
			assert.ok(!as.dpop_signing_alg_values_supported.some((alg) => /^HS|none/.test(alg)));
			const is = { client_id: client.id };
			const DPoP = oauth.DPoP(is, await oauth.generateKeyPair('ES256'));
			const proof = client.secret ? oauth.ClientSecretPost(client.secret) : oauth.None();
			const { params, verifier } = await obtainCode(tenant, { client });
			const callback = oauth.validateAuthResponse(as, is, params, oauth.skipStateCheck);
			const asked = () => oauth.authorizationCodeGrantRequest(as, is, proof, callback,
				client.redirectUri, verifier, { ...http, DPoP });
			const process = (reply) => oauth.processAuthorizationCodeResponse(as, is, reply);
			let rounds = 1;
			const tokens = await asked().then(process).catch((error) => {
				assert.ok(oauth.isDPoPNonceError(error), String(error));
				rounds++;
				return asked().then(process);
			});
			assert.equal(rounds, profile === 'auth0' && !client.secret ? 2 : 1);
			assert.equal(tokens.token_type, 'dpop');
			const info = await oauth.userInfoRequest(as, is, tokens.access_token, { ...http, DPoP });
			assert.ok((await oauth.processUserInfoResponse(as, is, oauth.skipSubjectCheck, info)).sub);
		});
	}

	test(`${profile}: cnf is in the access token and in introspection`, async () => {
		const key = newKey();
		const { tokens } = await obtainBound(tenant, bound, key);
		assert.equal(tokens.token_type, 'DPoP');
		const told = (await introspect(tenant, tokens.access_token, bound)).json;
		assert.equal(told.active, true);
		assert.equal(told.token_type, 'DPoP');
		assert.deepEqual(told.cnf, { jkt: thumbprintOf(key) });
		const [, payload, signature] = tokens.access_token.split('.');
		if (signature)
			assert.deepEqual(JSON.parse(Buffer.from(payload, 'base64url')).cnf,
				{ jkt: thumbprintOf(key) });
	});

	test(`${profile}: a public client's refresh token needs the key of the exchange (D10)`, async () => {
		const { key, tokens } = await obtainBound(tenant, boundSpa);
		const token = tokens.refresh_token;
		const other = await refreshBy(tenant, boundSpa, token, newKey());
		assert.equal(other.json.error, profile === 'asgardeo' ? 'invalid_dpop_proof' : 'invalid_grant');
		assert.equal((await refreshBy(tenant, boundSpa, token)).json.error, 'invalid_dpop_proof');
		assert.equal(tokensOf(await refreshBy(tenant, boundSpa, token, key)).token_type, 'DPoP');
	});

	test(`T07 ${profile}: a confidential client refreshes by any key of its own` +
		(profile === 'asgardeo' ? '' : ', and keeps its token'), async () => {
		const { tokens } = await obtainBound(tenant, bound);
		const other = newKey();
		const renewed = tokensOf(await refreshBy(tenant, bound, tokens.refresh_token, other));
		/* Profile asgardeo renews, as its vendor does. */
		assert.equal(renewed.refresh_token === tokens.refresh_token, profile !== 'asgardeo');
		const told = (await introspect(tenant, renewed.access_token, bound)).json;
		assert.deepEqual(told.cnf, { jkt: thumbprintOf(other) });
	});

	test(`${profile}: dpop_jkt binds the code; a failed check does not burn it (D14)`, async () => {
		const key = newKey();
		const grant = await obtainCode(tenant,
			{ client: bound, with: { dpop_jkt: thumbprintOf(key) } });
		const wrong = await exchange(tenant, grant, {}, { headers: prove(tenant, newKey()) });
		assert.equal(wrong.status, 400 + (wrong.status === 403 ? 3 : 0));
		assert.match(wrong.json.error, /^invalid_(grant|dpop_proof)$/);
		const none = await exchange(tenant, grant);
		assert.equal(none.json.error, 'invalid_dpop_proof');
		const right = await exchange(tenant, grant, {}, { headers: prove(tenant, key) });
		assert.equal(tokensOf(right).token_type, 'DPoP');
	});

	test(`${profile}: a proof with a pushed request binds the code, and must agree with dpop_jkt (D14)`, async () => {
		const key = newKey();
		const verifier = newVerifier();
		const body = { response_type: 'code', redirect_uri: bound.redirectUri, scope: 'openid',
			code_challenge: challengeOf(verifier), code_challenge_method: 'S256' };
		const push = (jkt) => ask(tenant.par, bound, { ...body, dpop_jkt: jkt },
			{ headers: { DPoP: proofBy(key, { url: tenant.par }) } });
		assert.deepEqual([(await push(thumbprintOf(newKey()))).status,
			(await push(thumbprintOf(key))).status], [400, 201]);
		const requestUri = (await push('')).json.request_uri;
		const arrival = await new Agent().authorize(pushedUrl(tenant, { client: bound, requestUri }),
			{ user: users.alice });
		const grant = { client: bound, redirectUri: bound.redirectUri, verifier,
			code: arrival.params.get('code') };
		const wrong = await exchange(tenant, grant, {}, { headers: prove(tenant, newKey()) });
		assert.match(wrong.json.error, /^invalid_(grant|dpop_proof)$/);
		const right = await exchange(tenant, grant, {}, { headers: prove(tenant, key) });
		assert.equal(tokensOf(right).token_type, 'DPoP');
	});

	test(`${profile}: a pushed request without a proof is good for a client that must send them`, async () => {
		const grant = await pushed(tenant, { client: bound });
		const reply = await exchange(tenant, grant, {}, { headers: prove(tenant, newKey()) });
		assert.equal(tokensOf(reply).token_type, 'DPoP');
	});

	test(`${profile}: a bound token as Bearer, or with a stranger's proof, is refused (D10, D11)`, async () => {
		const { key, tokens: { access_token: token } } = await obtainBound(tenant, bound);
		const bearer = await userinfo(tenant, token);
		assert.equal(bearer.status, 401);
		assert.match(bearer.headers['www-authenticate'], /^DPoP .*error="invalid_token"/);
		const posted = await send({ url: tenant.userinfo, form: { access_token: token } });
		assert.equal(posted.status, 401);
		const stranger = await present(tenant, token, proofForUserinfo(tenant, newKey(), token));
		assert.equal(stranger.status, 401);
		assert.equal((await present(tenant, token, proofForUserinfo(tenant, key, token))).status, 200);
	});

	test(`${profile}: a Bearer token does not pass for a bound one`, async () => {
		const { tokens: { access_token: token } } = await obtainTokens(tenant);
		const reply = await present(tenant, token, proofForUserinfo(tenant, newKey(), token));
		assert.equal(reply.status, 401);
		assert.equal(reply.json.error, 'invalid_token');
	});

	test(`${profile}: 64 exchanges by one proof and code: one is accepted, nothing is revoked (D08)`, async () => {
		const grant = await obtainCode(tenant, { client: bound });
		const headers = prove(tenant, newKey());
		const replies = await Promise.all(Array.from({ length: 64 }, () =>
			exchange(tenant, grant, {}, { headers })));
		const won = replies.filter(({ status }) => status === 200);
		assert.equal(won.length, 1);
		const { refresh_token: token } = won[0].json;
		assert.equal((await refreshBy(tenant, bound, token, newKey())).status, 200);
	});

	test(`${profile}: 64 refreshes by one proof: one is accepted (D08)`, async () => {
		const { key, tokens } = await obtainBound(tenant, boundSpa);
		const headers = prove(tenant, key);
		const replies = await Promise.all(Array.from({ length: 64 }, () =>
			refresh(tenant, boundSpa, tokens.refresh_token, {}, { headers })));
		assert.equal(replies.filter(({ status }) => status === 200).length, 1);
		assert.ok(replies.every(({ status, json }) =>
			status === 200 || json.error === 'invalid_dpop_proof'));
	});

	test(`${profile}: a proof is used up by one endpoint for one request alone`, async () => {
		const { key, tokens: { access_token: token } } = await obtainBound(tenant, bound);
		const headers = proofForUserinfo(tenant, key, token);
		const replies = await Promise.all(Array.from({ length: 16 }, () =>
			present(tenant, token, headers)));
		assert.equal(replies.filter(({ status }) => status === 200).length, 1);
	});
}

/* --- the profiles' own ways --------------------------------------------------------- */

test('asgardeo: the header of a client without dpop_bound_access_tokens is ignored', async () => {
	const tenant = licet.tenant('asgardeo');
	const grant = await obtainCode(tenant, { with: { dpop_jkt: thumbprintOf(newKey()) } });
	const reply = await exchange(tenant, grant, {}, { headers: { DPoP: 'nonsense' } });
	assert.equal(tokensOf(reply).token_type, 'Bearer');
});

test('rfc: any client may send a proof', async () => {
	const { tokens } = await obtainBound(licet.tenant('rfc'), clients.web);
	assert.equal(tokens.token_type, 'DPoP');
});

test('auth0: a public client is told a nonce that scripts may read; code and proof stay good (D13)', async () => {
	const tenant = licet.tenant('auth0');
	const key = newKey();
	const grant = await obtainCode(tenant, { client: clients.spa });
	const asked = (nonce) => exchange(tenant, grant, {}, { headers: {
		Origin: 'http://localhost:3000', DPoP: proofBy(key, { url: tenant.token, nonce }) } });
	const first = await asked();
	assert.equal(first.status, 400);
	assert.equal(first.json.error, 'use_dpop_nonce');
	const nonce = first.headers['dpop-nonce'];
	const mangled = nonce.slice(0, 10) + (nonce[10] === 'A' ? 'B' : 'A') + nonce.slice(11);
	assert.equal((await asked(mangled)).json.error, 'use_dpop_nonce');
	const reply = await asked(nonce);
	assert.equal(tokensOf(reply).token_type, 'DPoP');
	assert.ok(reply.headers['dpop-nonce']);
	assert.match(reply.headers['access-control-expose-headers'] ?? '', /DPoP-Nonce/);
});

/* D01: at the token endpoint and at a resource; the typ is there in both spellings. */
const incomplete = {
	typ: { header: { typ: undefined } },
	alg: { header: { alg: undefined } },
	jwk: { header: { jwk: undefined } },
	jti: { claims: { jti: undefined } },
	htm: { claims: { htm: undefined } },
	htu: { claims: { htu: undefined } },
	iat: { claims: { iat: undefined } },
};

const wrong = {
	'alg none': { header: { alg: 'none' } },
	'alg HS256': { header: { alg: 'HS256' } },
	'an empty jti': { claims: { jti: '' } },
	'a jti of 256 bytes': { claims: { jti: 'x'.repeat(256) } },
	'a jti that is a number': { claims: { jti: 5 } },
	'iat an hour ago (D07)': { claims: { iat: Math.floor(Date.now() / 1000) - 3_600 } },
	'iat in an hour (D07)': { claims: { iat: Math.floor(Date.now() / 1000) + 3_600 } },
	'htu of another host (D05)': { claims: { htu: 'http://evil.example/t/plain/token' } },
	'htu with a user (D05)': { claims: {
		htu: licet.tenant('rfc').token.replace('://', '://user@') } },
	'htu of another path (D05)': { claims: { htu: licet.tenant('rfc').revoke } },
	'htu of another tenant': { claims: { htu: licet.tenant('auth0').token } },
	'htm in lower case': { method: 'post' },
};

test('rfc: a proof without one of its members is refused, also at userinfo (D01)', async () => {
	const tenant = licet.tenant('rfc');
	const key = newKey();
	const grant = await obtainCode(tenant, { client: bound });
	for (const [member, parts] of Object.entries({ ...incomplete, ...wrong })) {
		const reply = await exchange(tenant, grant, {}, { headers: prove(tenant, key, parts) });
		assert.equal(reply.status, 400, member);
		assert.equal(reply.json.error, 'invalid_dpop_proof', member);
	}
	const token = tokensOf(await exchange(tenant, grant, {},
		{ headers: prove(tenant, key) })).access_token;
	for (const [member, parts] of Object.entries({ ...incomplete, ath: { claims: { ath: undefined } } })) {
		const reply = await present(tenant, token, proofForUserinfo(tenant, key, token, parts));
		assert.equal(reply.status, 401, member);
		assert.match(reply.headers['www-authenticate'], /^DPoP .*error="invalid_dpop_proof"/, member);
	}
});

test('rfc: a private key in the header is refused (D04)', async () => {
	const tenant = licet.tenant('rfc');
	const key = newKey();
	const grant = await obtainCode(tenant, { client: bound });
	const reply = await exchange(tenant, grant, {}, { headers: prove(tenant, key,
		{ header: { jwk: key.privateKey.export({ format: 'jwk' }) } }) });
	assert.equal(reply.json.error, 'invalid_dpop_proof');
});

test('rfc: two headers, as two lines or as one, are refused (D02)', async () => {
	const tenant = licet.tenant('rfc');
	const grant = await obtainCode(tenant, { client: bound });
	const { DPoP } = prove(tenant, newKey());
	for (const header of [[DPoP, DPoP], `${DPoP}, ${DPoP}`, `${DPoP},${DPoP}`]) {
		const reply = await exchange(tenant, grant, {}, { headers: { DPoP: header } });
		assert.equal(reply.status, 400);
		assert.equal(reply.json.error, 'invalid_dpop_proof');
	}
});

const harmless = {
	'iat ten seconds ago': (url) => ({ url, claims: { iat: Math.floor(Date.now() / 1000) - 10 } }),
	'iat in eight seconds': (url) => ({ url, claims: { iat: Math.floor(Date.now() / 1000) + 8 } }),
	'a query and a fragment in htu (D05)': (url) => ({ url: `${url}?a=b#c` }),
	'the host in capitals': (url) => ({ url: url.replace('localhost', 'LocalHost') }),
	'the scheme in capitals': (url) => ({ url: url.replace('http', 'HTTP') }),
	'claims that nobody knows': (url) => ({ url, claims: { more: { than: 'asked' }, exp: 1 } }),
};

for (const [what, partsOf] of Object.entries(harmless))
	test(`rfc: a proof with ${what} is good`, async () => {
		const tenant = licet.tenant('rfc');
		const grant = await obtainCode(tenant, { client: bound });
		const reply = await exchange(tenant, grant, {},
			{ headers: { DPoP: proofBy(newKey(), partsOf(tenant.token)) } });
		assert.equal(tokensOf(reply).token_type, 'DPoP');
	});

test('rfc: what a proxy says of scheme and host changes no htu', async () => {
	const tenant = licet.tenant('rfc');
	const grant = await obtainCode(tenant, { client: bound });
	const headers = { 'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'evil.example',
		...prove(tenant, newKey(), { url: 'https://evil.example/t/plain/token' }) };
	const reply = await exchange(tenant, grant, {}, { headers });
	assert.equal(reply.json.error, 'invalid_dpop_proof');
});

test('rfc: a code replayed with its own proof revokes nothing, with a fresh one the grant', async () => {
	const tenant = licet.tenant('rfc');
	const grant = await obtainBound(tenant, boundSpa);
	const { key, headers, tokens } = grant;
	const replay = await exchange(tenant, grant, {}, { headers });
	assert.equal(replay.json.error, 'invalid_dpop_proof');
	const stranger = await exchange(tenant, grant, {}, { headers: prove(tenant, newKey()) });
	assert.equal(stranger.json.error, 'invalid_grant');
	const renewed = await refreshBy(tenant, boundSpa, tokens.refresh_token, key);
	assert.equal(renewed.status, 200);
	const own = await exchange(tenant, grant, {}, { headers: prove(tenant, key) });
	assert.equal(own.json.error, 'invalid_grant');
	const ended = await refreshBy(tenant, boundSpa, renewed.json.refresh_token, key);
	assert.equal(ended.json.error, 'invalid_grant');
});

test('rfc: a bound refresh token is revoked without a proof (RFC 7009)', async () => {
	const tenant = licet.tenant('rfc');
	const { key, tokens } = await obtainBound(tenant, boundSpa);
	assert.equal((await revoke(tenant, boundSpa, tokens.refresh_token)).status, 200);
	assert.equal((await refreshBy(tenant, boundSpa, tokens.refresh_token, key)).status, 400);
});

test('rfc: a dpop_jkt that is no thumbprint is refused by a redirect', async () => {
	const tenant = licet.tenant('rfc');
	const url = new URL(tenant.authorize);
	url.search = new URLSearchParams({ response_type: 'code', client_id: clients.web.id,
		redirect_uri: clients.web.redirectUri, scope: 'openid', state: 's', dpop_jkt: 'short' });
	const reply = await send({ url: url.href });
	assert.equal(new URL(reply.location).searchParams.get('error'), 'invalid_request');
});

test('rfc: a proof and a nonce are known to every process on the store (D08, D13)', async () => {
	const tenant = licet.tenant('rfc');
	const other = second.tenant('rfc');
	const [one, two] = [await obtainCode(tenant, { client: bound }),
		await obtainCode(tenant, { client: bound })];
	const headers = prove(tenant, newKey());
	tokensOf(await exchange(tenant, one, {}, { headers }));
	const Host = new URL(tenant.token).host;
	const there = await exchange(other, two, {}, { headers: { ...headers, Host } });
	assert.equal(there.status, 400);
	assert.equal(there.json.error, 'invalid_dpop_proof');
	const of = licet.tenant('auth0');
	const asked = await obtainCode(of, { client: clients.spa });
	const reply = await exchange(second.tenant('auth0'), asked, {},
		{ headers: { ...prove(of, newKey(), { url: of.token }), Host } });
	assert.equal(tokensOf(reply).token_type, 'DPoP');
});

test('rfc: a pushed request of 128 fields has no room for its key', async () => {
	const tenant = licet.tenant('rfc');
	const push = (count) => {
		const fields = Object.fromEntries(Array.from({ length: count - 5 }, (_, i) => [`x${i}`, 'y']));
		return ask(tenant.par, { ...bound, auth: 'basic' }, { response_type: 'code', scope: 'openid',
			redirect_uri: bound.redirectUri, code_challenge: challengeOf(newVerifier()),
			code_challenge_method: 'S256', ...fields },
		{ headers: { DPoP: proofBy(newKey(), { url: tenant.par }) } });
	};
	assert.equal((await push(127)).status, 201);
	const full = await push(128);
	assert.equal(full.status, 400);
	assert.equal(full.json.error, 'invalid_request');
});

test('licet explain tells how near a proof was', async () => {
	const tenant = licet.tenant('rfc');
	const near = {
		'the proof\'s htu is https://': { url: tenant.token.replace('http:', 'https:') },
		'differs at character': { url: `${tenant.token}/` },
		'another host or port': { url: tenant.token.replace('localhost', 'evil.example') },
		'iat is 9': { claims: { iat: Math.floor(Date.now() / 1000) - 90 } },
		'typ is not dpop+jwt': { header: { typ: 'JWT' } },
		'private or symmetric members': { header: { jwk: { ...newKey().jwk, d: 'AQAB' } } },
	};
	const grant = await obtainCode(tenant, { client: bound });
	for (const [words, parts] of Object.entries(near)) {
		const reply = await exchange(tenant, grant, {}, { headers: prove(tenant, newKey(), parts) });
		const done = await runCommand(['explain', reply.headers['x-request-id'], '--data', licet.data]);
		assert.ok(done.stdout.includes(words), `${words} is not in ${done.stdout}`);
	}
});

/* --- a tenant that requires nonces of everybody: from here on, rfc's ------------------- */

test('require_dpop_nonce asks every client, and at userinfo by 401 (D13)', async () => {
	const tenant = licet.tenant('rfc');
	await importInto(licet, null, { tenants: [{ name: tenant.name, url: tenant.base, profile: 'rfc',
		settings: { require_dpop_nonce: true } }] });
	const key = newKey();
	const grant = await obtainCode(tenant, { client: bound });
	const first = await exchange(tenant, grant, {},
		{ headers: prove(tenant, key, { nonce: nonces.get('auth0') }) });
	assert.equal(first.status, 400);
	assert.equal(first.json.error, 'use_dpop_nonce');
	const nonce = first.headers['dpop-nonce'];
	const token = tokensOf(await exchange(tenant, grant, {},
		{ headers: prove(tenant, key, { nonce }) })).access_token;
	const second = await present(tenant, token, proofForUserinfo(tenant, key, token));
	assert.equal(second.status, 401);
	assert.match(second.headers['www-authenticate'], /^DPoP .*error="use_dpop_nonce"/);
	const third = await present(tenant, token,
		proofForUserinfo(tenant, key, token, { nonce: second.headers['dpop-nonce'] }));
	assert.equal(third.status, 200);
	assert.ok(third.headers['dpop-nonce']);
});

endsCleanly(second);
endsCleanly(licet);
