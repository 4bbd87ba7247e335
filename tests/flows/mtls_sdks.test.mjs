/* SPDX-License-Identifier: Apache-2.0 */
/* Mutual TLS by other people's clients: openid-client, oauth4webapi, @auth0/auth0-auth-js. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthClient } from '@auth0/auth0-auth-js';
import { decodeJwt } from 'jose';
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import { Agent } from './lib/agent.mjs';
import { newSigner, signerMetadata } from './lib/assertion.mjs';
import { makeCertificate, makeClientAuthority } from './lib/certificates.mjs';
import { challengeOf, EVERY_SCOPE, newVerifier } from './lib/flow.mjs';
import { send } from './lib/http.mjs';
import { metadataOf } from './lib/import.mjs';
import { endsCleanly, newFolder } from './lib/licet.mjs';
import { authority, serve, tenantDocument } from './lib/serve.mjs';
import { clients, profiles, tenantOf, users } from './lib/tenants.mjs';

const folder = newFolder();
const trusted = makeClientAuthority(folder, 'trusted');
const web = makeCertificate(folder, 'web', { by: 'trusted' });
const own = makeCertificate(folder, 'own');
const { redirectUri } = clients.web;
const byAuthority = { id: 'mtls-dn', redirectUri, certificate: web };
const selfSigned = { id: 'mtls-key', redirectUri, certificate: own };
const signer = newSigner('mtls-signer');

function registrations(tenant) {
	const bound = { tenant, tls_client_certificate_bound_access_tokens: true };
	return [
		metadataOf(byAuthority, { ...bound, token_endpoint_auth_method: 'tls_client_auth',
			tls_client_auth_subject_dn: 'CN=web,O=Corp' }),
		metadataOf(selfSigned, { ...bound,
			token_endpoint_auth_method: 'self_signed_tls_client_auth',
			jwks: { keys: [own.jwk] } }),
		metadataOf(signer, { ...bound, ...signerMetadata(signer) }),
	];
}

function documentAt(origin) {
	const whole = { tenants: [], users: [], clients: [] };
	for (const profile of profiles) {
		const { base } = tenantOf(profile, origin);
		const document = tenantDocument(profile, base, profile, {
			mtls_url: base.replace('localhost', '127.0.0.1'),
			client_certificate_authorities: trusted.cert });
		document.clients.push(...registrations(profile));
		for (const member of Object.keys(whole))
			whole[member].push(...document[member]);
	}
	return whole;
}

const licet = await serve({ document: documentAt,
	tls: { ...authority(), key: `${authority().key}\n      client_certificates: optional` } });
const { ca } = licet;

/* fetch, with a certificate: what the libraries ask of their users. */
function fetchWith(certificate) {
	return async (url, { method, headers, body } = {}) => {
		const reply = await send({ url: String(url), method, ca, cert: certificate?.cert,
			key: certificate?.key, headers: Object.fromEntries(new Headers(headers)),
			body: body?.toString() });
		const told = Object.entries(reply.headers).map(([name, value]) => [name, String(value)]);
		return new Response(reply.text, { status: reply.status, headers: told });
	};
}

function assertBound(token, certificate) {
	assert.deepEqual(decodeJwt(token).cnf, { 'x5t#S256': certificate.thumbprint });
}

/* What the token is bound to, by introspection: it need not be a JWT. */
async function assertToldBound(config, token, certificate) {
	const told = await oidc.tokenIntrospection(config, token);
	assert.equal(told.active, true);
	assert.deepEqual(told.cnf, { 'x5t#S256': certificate.thumbprint });
}

for (const profile of profiles) {
	const tenant = tenantOf(profile, licet.origin);

	for (const client of [byAuthority, selfSigned]) {
		test(`${profile}: openid-client pushes, signs in, refreshes and revokes as ${client.id} by TlsClientAuth`,
			async () => {
				const config = await oidc.discovery(new URL(tenant.issuer), client.id,
					{ use_mtls_endpoint_aliases: true }, oidc.TlsClientAuth(),
					{ [oidc.customFetch]: fetchWith(client.certificate), algorithm: 'oidc' });
				assert.match(config.serverMetadata().mtls_endpoint_aliases.token_endpoint,
					/^https:\/\/127\.0\.0\.1:/);
				const verifier = oidc.randomPKCECodeVerifier();
				const state = oidc.randomState();
				const url = await oidc.buildAuthorizationUrlWithPAR(config, {
					redirect_uri: client.redirectUri, scope: EVERY_SCOPE, state,
					code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
					code_challenge_method: 'S256' });
				const { callback } = await new Agent({ ca }).authorize(url.href, { user: users.alice });
				const tokens = await oidc.authorizationCodeGrant(config, callback,
					{ pkceCodeVerifier: verifier, expectedState: state });
				await assertToldBound(config, tokens.access_token, client.certificate);
				const { sub } = tokens.claims();
				assert.equal((await oidc.fetchUserInfo(config, tokens.access_token, sub)).sub, sub);
				const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token);
				const token = renewed.refresh_token ?? tokens.refresh_token;
				await oidc.tokenRevocation(config, token);
				assert.equal((await oidc.tokenIntrospection(config, token)).active, false);
			});

		test(`A14 ${profile}: oauth4webapi as ${client.id}: another's certificate opens nothing`, async () => {
			const as = await oauth.processDiscoveryResponse(new URL(tenant.issuer),
				await oauth.discoveryRequest(new URL(tenant.issuer),
					{ [oauth.customFetch]: fetchWith(), algorithm: 'oidc' }));
			const is = { client_id: client.id, use_mtls_endpoint_aliases: true };
			const verifier = newVerifier();
			const url = new URL(as.authorization_endpoint);
			url.search = new URLSearchParams({ response_type: 'code', client_id: client.id, scope: 'openid',
				redirect_uri: client.redirectUri, state: 's', code_challenge: challengeOf(verifier),
				code_challenge_method: 'S256' });
			const arrival = await new Agent({ ca }).authorize(url.href, { user: users.alice });
			const params = oauth.validateAuthResponse(as, is, arrival.callback, 's');
			const redeem = (certificate) => oauth.authorizationCodeGrantRequest(as, is,
				oauth.TlsClientAuth(), params, client.redirectUri, verifier,
				{ [oauth.customFetch]: fetchWith(certificate) });
			const stranger = client.certificate === web ? own : web;
			assert.equal((await redeem(stranger)).status, 401);
			const tokens = await oauth.processAuthorizationCodeResponse(as, is,
				await redeem(client.certificate));
			const asked = (certificate) => oauth.userInfoRequest(as, is, tokens.access_token,
				{ [oauth.customFetch]: fetchWith(certificate) });
			for (const certificate of [stranger, undefined])
				assert.equal((await asked(certificate)).status, 401);
			assert.equal((await asked(client.certificate)).status, 200);
		});
	}
}

/* --- @auth0/auth0-auth-js --------------------------------------------------------------- */

function newAuthClient(client, more) {
	return new AuthClient({ domain: new URL(licet.origin).host, clientId: client.id,
		authorizationParams: { redirect_uri: client.redirectUri, scope: 'openid offline_access' },
		...more });
}

async function flowOf(authClient) {
	const { authorizationUrl, codeVerifier } = await authClient.buildAuthorizationUrl(
		{ pushedAuthorizationRequests: true });
	assert.match(authorizationUrl.searchParams.get('request_uri'), /^urn:ietf:params:oauth:request_uri:/);
	const { callback } = await new Agent({ ca }).authorize(authorizationUrl.href,
		{ user: users.alice });
	const tokens = await authClient.getTokenByCode(callback, { codeVerifier });
	const renewed = await authClient.getTokenByRefreshToken({ refreshToken: tokens.refreshToken });
	assert.ok(renewed.accessToken);
	await authClient.revokeToken({ token: tokens.refreshToken, tokenTypeHint: 'refresh_token' });
	await assert.rejects(authClient.getTokenByRefreshToken({ refreshToken: tokens.refreshToken }),
		(error) => error.cause?.error === 'invalid_grant');
	return tokens;
}

for (const client of [byAuthority, selfSigned])
	test(`auth0-auth-js pushes, exchanges, refreshes and revokes by mTLS as ${client.id}`, async () => {
		const tokens = await flowOf(newAuthClient(client,
			{ useMtls: true, customFetch: fetchWith(client.certificate) }));
		assert.equal(tokens.claims.aud, client.id);
	});

test('auth0-auth-js pushes and exchanges by private_key_jwt, its tokens bound to a certificate', async () => {
	const authClient = newAuthClient(signer, { customFetch: fetchWith(own),
		clientAssertionSigningKey: signer.privateKey.export({ type: 'pkcs8', format: 'pem' }),
		clientAssertionSigningAlg: 'ES256' });
	const tokens = await flowOf(authClient);
	assert.equal(tokens.claims.aud, signer.id);
});

test('auth0-auth-js with another\'s certificate gets nothing', async () => {
	const authClient = newAuthClient(selfSigned, { useMtls: true, customFetch: fetchWith(web) });
	await assert.rejects(authClient.buildAuthorizationUrl({ pushedAuthorizationRequests: true }),
		(error) => ['access_denied', 'invalid_client'].includes(error.cause?.error));
});

test('rfc: a JWT access token names the certificate', async () => {
	const tenant = tenantOf('rfc', licet.origin);
	const config = await oidc.discovery(new URL(tenant.issuer), selfSigned.id,
		{ use_mtls_endpoint_aliases: true }, oidc.TlsClientAuth(),
		{ [oidc.customFetch]: fetchWith(own), algorithm: 'oidc' });
	const verifier = oidc.randomPKCECodeVerifier();
	const url = oidc.buildAuthorizationUrl(config, { redirect_uri: redirectUri, scope: 'openid',
		code_challenge: await oidc.calculatePKCECodeChallenge(verifier), code_challenge_method: 'S256' });
	const { callback } = await new Agent({ ca }).authorize(url.href, { user: users.alice });
	const tokens = await oidc.authorizationCodeGrant(config, callback, { pkceCodeVerifier: verifier });
	assertBound(tokens.access_token, own);
});

endsCleanly(licet);
