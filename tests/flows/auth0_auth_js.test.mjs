/* SPDX-License-Identifier: Apache-2.0 */
/* @auth0/auth0-auth-js, unmodified, over TLS: sign-in, refresh, revocation, sign-out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthClient } from '@auth0/auth0-auth-js';
import { Agent } from './lib/agent.mjs';
import { newSigner, signerMetadata } from './lib/assertion.mjs';
import { metadataOf } from './lib/import.mjs';
import { authority, serve, tenantDocument } from './lib/serve.mjs';
import { endsCleanly } from './lib/licet.mjs';
import { AFTER_SIGN_OUT, clients, tenantOf, users } from './lib/tenants.mjs';

const signer = newSigner('auth0-signer');

function documentAt(origin) {
	const document = tenantDocument('root', origin, 'auth0');
	document.clients.push(metadataOf(signer, { tenant: 'root', ...signerMetadata(signer) }));
	return document;
}

const licet = await serve({ tls: authority(), document: documentAt });
const tenant = tenantOf('auth0', licet.origin);

function newClient(more = {}) {
	return new AuthClient({
		domain: `localhost:${licet.port}`,
		clientId: clients.web.id,
		clientSecret: clients.web.secret,
		authorizationParams: {
			redirect_uri: clients.web.redirectUri,
			scope: 'openid profile email offline_access',
		},
		...more,
	});
}

async function signIn(client, params = {}, options = {}) {
	const { authorizationUrl, codeVerifier } = await client.buildAuthorizationUrl(
		{ authorizationParams: params, ...options });
	const agent = new Agent({ ca: licet.ca });
	const { callback, page } = await agent.authorize(authorizationUrl.href, { user: users.alice });
	assert.ok(callback, page.text.slice(0, 500));
	return { agent, callback, codeVerifier, authorizationUrl };
}

async function obtain(client, params) {
	const { agent, callback, codeVerifier } = await signIn(client, params);
	return { agent, tokens: await client.getTokenByCode(callback, { codeVerifier }) };
}

test('the SDK finds the metadata, whose issuer ends with a slash', async () => {
	const metadata = await newClient().getServerMetadata();
	assert.equal(metadata.issuer, `${licet.origin}/`);
});

test('a person signs in and the id_token is checked against the keys', async () => {
	const { tokens } = await obtain(newClient());
	assert.ok(tokens.accessToken && tokens.refreshToken && tokens.idToken);
	assert.equal(tokens.claims.iss, `${licet.origin}/`);
	assert.equal(tokens.claims.aud, clients.web.id);
});

test('the SDK pushes the request and exchanges its code', async () => {
	const client = newClient();
	const { callback, codeVerifier, authorizationUrl } = await signIn(client, {},
		{ pushedAuthorizationRequests: true });
	assert.deepEqual([...authorizationUrl.searchParams.keys()].sort(), ['client_id', 'request_uri']);
	const tokens = await client.getTokenByCode(callback, { codeVerifier });
	assert.equal(tokens.claims.aud, clients.web.id);
});

test('userinfo is about the same person', async () => {
	const client = newClient();
	const { tokens } = await obtain(client);
	const person = await client.getUserInfo({ accessToken: tokens.accessToken,
		expectedSubject: tokens.claims.sub });
	assert.equal(person.email, 'alice@example.com');
});

test('a refresh gives new tokens, with an id_token', async () => {
	const client = newClient();
	const { tokens } = await obtain(client);
	const renewed = await client.getTokenByRefreshToken({ refreshToken: tokens.refreshToken });
	assert.ok(renewed.accessToken && renewed.idToken);
	assert.notEqual(renewed.accessToken, tokens.accessToken);
});

test('a revoked refresh token is invalid_grant to the SDK', async () => {
	const client = newClient();
	const { tokens } = await obtain(client);
	await client.revokeToken({ token: tokens.refreshToken, tokenTypeHint: 'refresh_token' });
	await assert.rejects(client.getTokenByRefreshToken({ refreshToken: tokens.refreshToken }),
		(error) => error.cause?.error === 'invalid_grant');
});

test('a client with a key of its own signs in, refreshes and revokes by private_key_jwt', async () => {
	const client = newClient({ clientId: signer.id, clientSecret: undefined,
		clientAssertionSigningKey: signer.privateKey.export({ type: 'pkcs8', format: 'pem' }),
		clientAssertionSigningAlg: 'ES256' });
	const { tokens } = await obtain(client);
	assert.equal(tokens.claims.aud, signer.id);
	const renewed = await client.getTokenByRefreshToken({ refreshToken: tokens.refreshToken });
	assert.ok(renewed.accessToken && renewed.idToken);
	await client.revokeToken({ token: tokens.refreshToken, tokenTypeHint: 'refresh_token' });
	await assert.rejects(client.getTokenByRefreshToken({ refreshToken: tokens.refreshToken }),
		(error) => error.cause?.error === 'invalid_grant');
});

test('a bad code\'s error and its words reach the application', async () => {
	const client = newClient();
	const { callback, codeVerifier } = await signIn(client);
	callback.searchParams.set('code', `${callback.searchParams.get('code')}x`);
	await assert.rejects(client.getTokenByCode(callback, { codeVerifier }), (error) => {
		assert.equal(error.cause?.error, 'invalid_grant');
		assert.equal(error.cause?.error_description, 'Invalid authorization code');
		return true;
	});
});

test('a wrong secret\'s error reaches the application', async () => {
	const client = newClient({ clientSecret: 'not-the-secret-0123456789abcdef0' });
	await assert.rejects(obtain(client), (error) => {
		assert.equal(error.cause?.error, 'access_denied');
		assert.equal(error.cause?.error_description, 'Unauthorized');
		return true;
	});
});

test('the logout URL that the SDK builds signs out and comes back', async () => {
	const client = newClient();
	const { agent } = await obtain(client);
	const url = await client.buildLogoutUrl({ returnTo: AFTER_SIGN_OUT });
	const step = await agent.open(url.href);
	const { callback } = step.callback ? step : await agent.submit('logout-confirm');
	assert.equal(callback.origin, AFTER_SIGN_OUT);
	const { authorizationUrl } = await client.buildAuthorizationUrl(
		{ authorizationParams: { prompt: 'none' } });
	const silent = await agent.authorize(authorizationUrl.href);
	assert.equal(silent.params.get('error'), 'login_required');
});

test('W11 over TLS the cookies are __Host-, Secure and HttpOnly', async () => {
	const { agent } = await signIn(newClient());
	const cookies = [...agent.jar.cookies.values()];
	assert.ok(cookies.length >= 2);
	for (const { name, attributes } of cookies) {
		assert.match(name, /^__Host-licet-/);
		assert.ok('secure' in attributes && 'httponly' in attributes);
		assert.equal(attributes.path, '/');
		assert.ok(!('domain' in attributes));
	}
});

test('the profile\'s paths are those of the demo, at another host', async () => {
	const metadata = await newClient().getServerMetadata();
	assert.equal(metadata.token_endpoint, tenant.token);
	assert.equal(metadata.jwks_uri, tenant.jwks);
});

endsCleanly(licet);
