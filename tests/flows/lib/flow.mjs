/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a code flow, each as one call: authorize, exchange, refresh, revoke, ask. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { Agent } from './agent.mjs';
import { textOf } from './html.mjs';
import { basicOf, formOf, send } from './http.mjs';
import { clients, users } from './tenants.mjs';

export const EVERY_SCOPE = 'openid profile email address phone offline_access';

export function newVerifier() {
	return randomBytes(32).toString('base64url');
}

export function challengeOf(verifier) {
	return createHash('sha256').update(verifier).digest('base64url');
}

/* An authorization request; a member set to null is left out. */
export function authorizeUrl(tenant, params) {
	const query = formOf({ response_type: 'code', ...params });
	return `${tenant.authorize}?${query}`;
}

/*
 * Has a person sign in and approve, up to the code:
 * {code, verifier, redirectUri, client, params, agent, consented, signedIn}.
 * `verifier: null` sends no challenge; `with` adds or removes parameters.
 */
export async function obtainCode(tenant, options = {}) {
	const { client = clients.web, user = users.alice, scope = EVERY_SCOPE,
		agent = new Agent({ ca: options.ca }) } = options;
	const verifier = options.verifier === undefined ? newVerifier() : options.verifier;
	const url = authorizeUrl(tenant, {
		client_id: client.id,
		redirect_uri: client.redirectUri,
		scope,
		state: 'state-' + randomBytes(6).toString('hex'),
		code_challenge: verifier && challengeOf(verifier),
		code_challenge_method: verifier && 'S256',
		...options.with,
	});
	const arrival = await agent.authorize(url, { user });
	const code = arrival.params?.get('code');
	assert.ok(code, `no code: ${arrival.params ?? textOf(arrival.page.text)}`);
	return { ...arrival, code, verifier, client, agent, redirectUri: client.redirectUri };
}

/* Pushes a request (RFC 9126): {requestUri, expiresIn, verifier, client, redirectUri}. */
export async function push(tenant, { client = clients.web, scope = EVERY_SCOPE, ...options } = {}) {
	const verifier = newVerifier();
	const reply = await ask(tenant.par, client, {
		response_type: 'code',
		redirect_uri: client.redirectUri,
		scope,
		state: 'state-' + randomBytes(6).toString('hex'),
		code_challenge: challengeOf(verifier),
		code_challenge_method: 'S256',
		...options.with,
	});
	assert.equal(reply.status, 201, `${reply.status} ${reply.text}`);
	return { requestUri: reply.json.request_uri, expiresIn: reply.json.expires_in, verifier, client,
		redirectUri: client.redirectUri, reply };
}

/* The authorization request that names a pushed one, and nothing else. */
export function pushedUrl(tenant, { client, requestUri }, params = {}) {
	return authorizeUrl(tenant,
		{ response_type: null, client_id: client.id, request_uri: requestUri, ...params });
}

/* As obtainCode, by a pushed request. */
export async function pushed(tenant, options = {}) {
	const { user = users.alice, agent = new Agent() } = options;
	const request = await push(tenant, options);
	const arrival = await agent.authorize(pushedUrl(tenant, request), { user });
	const code = arrival.params?.get('code');
	assert.ok(code, `no code: ${arrival.params ?? textOf(arrival.page.text)}`);
	return { ...arrival, ...request, code, agent };
}

/* The authorization's own evidence, as the body of a token request. */
export function exchangeParams({ code, redirectUri, verifier }) {
	return {
		grant_type: 'authorization_code',
		code,
		redirect_uri: redirectUri,
		code_verifier: verifier ?? undefined,
	};
}

/* What a client adds to a request to prove itself: {headers, params}. */
export function proofOf(client) {
	if (client.auth === 'basic')
		return { headers: { Authorization: basicOf(client.id, client.secret) }, params: {} };
	return { headers: {}, params: { client_id: client.id, client_secret: client.secret } };
}

/* A request by a client to one of its endpoints; a null parameter is left out. */
export function ask(url, client, params, { headers = {}, ca, cert, key } = {}) {
	const proof = proofOf(client);
	return send({
		url,
		ca,
		cert,
		key,
		form: { ...params, ...proof.params, ...pick(params, Object.keys(proof.params)) },
		headers: { ...proof.headers, ...headers },
	});
}

function pick(params, names) {
	const entries = names.filter((name) => name in params).map((name) => [name, params[name]]);
	return Object.fromEntries(entries);
}

export function exchange(tenant, grant, params = {}, options = {}) {
	return ask(tenant.token, options.client ?? grant.client,
		{ ...exchangeParams(grant), ...params }, options);
}

export function refresh(tenant, client, refreshToken, params = {}, options = {}) {
	return ask(tenant.token, client,
		{ grant_type: 'refresh_token', refresh_token: refreshToken, ...params }, options);
}

export function revoke(tenant, client, token, params = {}) {
	return ask(tenant.revoke, client, { token, ...params });
}

export function introspect(tenant, token, client = clients.web) {
	return ask(tenant.introspect, client, { token });
}

export function userinfo(tenant, accessToken, options = {}) {
	return send({
		url: tenant.userinfo,
		headers: { Authorization: `Bearer ${accessToken}` },
		...options,
	});
}

/* The token reply as JSON; says the whole reply where it is not a 200. */
export function tokensOf(reply) {
	assert.equal(reply.status, 200, `${reply.status} ${reply.text}`);
	return reply.json;
}

/* A whole flow: {tokens, and what obtainCode gives}. */
export async function obtainTokens(tenant, options = {}) {
	const grant = await obtainCode(tenant, options);
	const tokens = tokensOf(await exchange(tenant, grant, {}, { ca: options.ca }));
	return { ...grant, tokens };
}

/* Whether a token is alive at our own endpoints, asked by the confidential client. */
export async function isActive(tenant, token, client = clients.web) {
	const reply = await introspect(tenant, token, client);
	assert.equal(reply.status, 200, `${reply.status} ${reply.text}`);
	return reply.json.active;
}

/* An OAuth error reply as {status, error}, for one assertion. */
export function errorOf(reply) {
	return { status: reply.status, error: reply.json.error };
}

/* The refusals of a token endpoint that differ by profile (vendors.md 1.5). */
export function refusalOf(profile, kind) {
	const table = {
		grant: { auth0: [403, 'invalid_grant'], other: [400, 'invalid_grant'] },
		redirect: { auth0: [403, 'unauthorized_client'], other: [400, 'invalid_grant'] },
		client: { auth0: [401, 'access_denied'], other: [401, 'invalid_client'] },
		request: { other: [400, 'invalid_request'] },
		scope: { other: [400, 'invalid_scope'] },
	};
	const [status, error] = table[kind][profile] ?? table[kind].other;
	return { status, error };
}
