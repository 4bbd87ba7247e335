/* SPDX-License-Identifier: Apache-2.0 */
/* FAPI 2.0 Security Profile and Message Signing by openid-client and oauth4webapi: every way an
 * application may prove itself, and have its tokens bound. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as oauth from 'oauth4webapi';
import * as oidc from 'openid-client';
import { Agent } from './lib/agent.mjs';
import { thumbprintOf } from './lib/dpop.mjs';
import { Caller, fetchWith, newApplication, REDIRECT_URI, serveFapi } from './lib/fapi.mjs';
import { send } from './lib/http.mjs';
import { endsCleanly } from './lib/licet.mjs';
import { profiles, tenantOf, users } from './lib/tenants.mjs';

const methods = ['jwt', 'tls'];
const bindings = ['dpop', 'mtls'];
const ALLOWED = ['PS256', 'ES256', 'EdDSA'];
/* RFC 9864's name of the last, by which openid-client calls it. */
const TAKEN = [...ALLOWED, 'Ed25519'];

const applications = {};
for (const method of methods)
	for (const binding of bindings) {
		applications[`${method}-${binding}`] = newApplication(`${method}-${binding}`, { method, binding });
		const signing = newApplication(`signing-${method}-${binding}`, { method, binding,
			require_signed_request_object: true, response_modes: ['jwt'] });
		/* Who proves itself by a certificate needs a key to sign its requests by as well. */
		if (method === 'tls')
			signing.metadata.jwks.keys.push(signing.signer.publicKey.export({ format: 'jwk' }));
		applications[signing.id] = signing;
	}
for (const alg of ALLOWED) {
	const { publicKey, privateKey } = await oidc.randomDPoPKeyPair(alg, { extractable: true });
	applications[alg] = { ...newApplication(`by-${alg}`), keys: { publicKey, privateKey } };
	applications[alg].metadata.jwks = { keys: [{ ...await crypto.subtle.exportKey('jwk', publicKey),
		alg: undefined, key_ops: undefined }] };
	applications[alg].metadata.id_token_signed_response_alg = alg;
}

const licet = await serveFapi(Object.values(applications));
const plain = tenantOf('rfc', licet.origin);

function keyOf({ signer }) {
	return crypto.subtle.importKey('jwk', signer.privateKey.export({ format: 'jwk' }),
		{ name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
}

async function discover(tenant, application) {
	const privateKey = application.keys?.privateKey ?? await keyOf(application);
	const caller = new Caller(licet, tenant, application);
	return oidc.discovery(new URL(tenant.issuer), application.id,
		{ id_token_signed_response_alg: application.metadata.id_token_signed_response_alg },
		application.method === 'jwt' ? oidc.PrivateKeyJwt(privateKey) : oidc.TlsClientAuth(),
		{ [oidc.customFetch]: fetchWith(caller.connection()),
			execute: application.id.startsWith('signing') ? [oidc.useJwtResponseMode] : [] });
}

async function dpopOf(config, { binding }) {
	if (binding !== 'dpop')
		return {};
	return { DPoP: oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair('ES256')) };
}

/* Pushes, signs in and exchanges: {tokens, config, options, callback}. */
async function run(tenant, application, { scope, sign } = {}) {
	const config = await discover(tenant, application);
	const options = await dpopOf(config, application);
	const checks = { pkceCodeVerifier: oidc.randomPKCECodeVerifier(), expectedState: oidc.randomState(),
		...(scope.includes('openid') ? { expectedNonce: oidc.randomNonce(), idTokenExpected: true } : {}) };
	let parameters = { redirect_uri: REDIRECT_URI, scope, state: checks.expectedState,
		nonce: checks.expectedNonce,
		code_challenge: await oidc.calculatePKCECodeChallenge(checks.pkceCodeVerifier),
		code_challenge_method: 'S256' };
	if (!checks.expectedNonce)
		delete parameters.nonce;
	if (sign)
		parameters = (await oidc.buildAuthorizationUrlWithJAR(config, parameters,
			await keyOf(application))).searchParams;
	const url = await oidc.buildAuthorizationUrlWithPAR(config, parameters, options);
	const { callback, page } = await new Agent({ ca: licet.ca }).authorize(url.href, { user: users.alice });
	assert.ok(callback, page.text.slice(0, 800));
	const tokens = await oidc.authorizationCodeGrant(config, callback, checks, undefined, options);
	return { tokens, config, options, callback };
}

function assertBound({ tokens, options }, application) {
	const { cnf } = decodeJwt(tokens.access_token);
	assert.equal(tokens.token_type, application.binding === 'dpop' ? 'dpop' : 'bearer');
	if (application.binding === 'dpop')
		assert.ok(options.DPoP && cnf.jkt);
	else
		assert.deepEqual(cnf, { 'x5t#S256': application.certificate.thumbprint });
}

/* Refreshing, userinfo where there is openid, introspection, revocation. */
async function useTokens(done, application) {
	const { config, tokens, options } = done;
	assertBound(done, application);
	const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, options);
	assert.equal(renewed.refresh_token, tokens.refresh_token, 'refresh tokens are not rotated');
	if (tokens.id_token) {
		const { sub } = await oidc.fetchUserInfo(config, renewed.access_token, tokens.claims().sub, options);
		assert.equal(sub, tokens.claims().sub);
		assert.ok(ALLOWED.includes(decodeProtectedHeader(tokens.id_token).alg));
	}
	assert.ok(ALLOWED.includes(decodeProtectedHeader(tokens.access_token).alg));
	assert.equal((await oidc.tokenIntrospection(config, renewed.access_token)).active, true);
	await oidc.tokenRevocation(config, tokens.refresh_token);
	assert.equal((await oidc.tokenIntrospection(config, renewed.access_token)).active, false);
}

const flavours = { openid: 'openid offline_access', 'plain OAuth': 'email' };

for (const method of methods)
	for (const binding of bindings)
		for (const [flavour, scope] of Object.entries(flavours)) {
			const application = applications[`${method}-${binding}`];
			const signing = applications[`signing-${method}-${binding}`];
			test(`${method} with ${binding}-bound tokens, ${flavour}: openid-client goes from discovery to revocation [FAPI2SPFinalHappyFlow]`, async () => {
				const done = await run(plain, application, { scope });
				assert.equal(done.callback.searchParams.get('iss'), plain.issuer);
				await useTokens(done, application);
			});
			test(`${method} with ${binding}-bound tokens, ${flavour}: requests and answers are signed [FAPI2MessageSigningFinal] [P11]`, async () => {
				const done = await run(plain, signing, { scope, sign: true });
				assert.deepEqual([...done.callback.searchParams.keys()], ['response']);
				const response = done.callback.searchParams.get('response');
				assert.ok(ALLOWED.includes(decodeProtectedHeader(response).alg));
				assert.equal(decodeJwt(response).iss, plain.issuer);
				await useTokens(done, signing);
			});
		}

for (const profile of ['auth0', 'asgardeo'])
	for (const method of methods)
		test(`${profile}, where fapi2 is allowed: an application that asks for it goes all the way by ${method}`, async () => {
			const tenant = tenantOf(profile, licet.origin);
			const application = applications[`${method}-dpop`];
			const { tokens, config, options, callback } = await run(tenant, application,
				{ scope: flavours.openid });
			assert.equal(callback.searchParams.get('iss'), tenant.issuer);
			assert.equal(decodeProtectedHeader(tokens.id_token).alg, 'ES256', 'not the profile\'s RS256');
			const renewed = await oidc.refreshTokenGrant(config, tokens.refresh_token, undefined, options);
			assert.equal(renewed.refresh_token, tokens.refresh_token, 'refresh tokens are not rotated');
		});

for (const alg of ALLOWED)
	test(`an application signs its assertions by ${alg} and gets its id_token by it`, async () => {
		const { tokens } = await run(plain, applications[alg], { scope: flavours.openid });
		assert.equal(decodeProtectedHeader(tokens.id_token).alg, alg);
	});

test('oauth4webapi pushes a signed request and reads the signed answer', async () => {
	const application = applications['signing-jwt-dpop'];
	const caller = new Caller(licet, plain, application);
	const issuer = new URL(plain.issuer);
	const http = { [oauth.customFetch]: fetchWith(caller.connection()) };
	const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, http));
	const client = { client_id: application.id };
	const key = await keyOf(application);
	const proof = oauth.PrivateKeyJwt(key);
	const verifier = oauth.generateRandomCodeVerifier();
	const state = oauth.generateRandomState();
	const nonce = oauth.generateRandomNonce();
	const dpopKeys = await oauth.generateKeyPair('PS256');
	const DPoP = oauth.DPoP(client, dpopKeys);
	const request = await oauth.issueRequestObject(as, client, { response_type: 'code', state, nonce,
		redirect_uri: REDIRECT_URI, scope: 'openid', response_mode: 'jwt', code_challenge_method: 'S256',
		code_challenge: await oauth.calculatePKCECodeChallenge(verifier) }, key);
	const { request_uri: uri } = await oauth.processPushedAuthorizationResponse(as, client,
		await oauth.pushedAuthorizationRequest(as, client, proof, { request }, { ...http, DPoP }));
	const { callback } = await new Agent({ ca: licet.ca }).authorize(caller.authorizeUrl(uri), { user: users.bob });
	const params = await oauth.validateJwtAuthResponse(as, client, callback, state, http);
	const reply = await oauth.authorizationCodeGrantRequest(as, client, proof, params, REDIRECT_URI,
		verifier, { ...http, DPoP });
	const tokens = await oauth.processAuthorizationCodeResponse(as, client, reply,
		{ expectedNonce: nonce, requireIdToken: true });
	await oauth.validateApplicationLevelSignature(as, reply, http);
	const info = await oauth.userInfoRequest(as, client, tokens.access_token, { ...http, DPoP });
	await oauth.processUserInfoResponse(as, client, oauth.getValidatedIdTokenClaims(tokens).sub, info);
});

test('a proof with the pushed request binds the code to its key [EnsureDpopProofAtParEndpointBindsToToken]', async () => {
	const caller = new Caller(licet, plain, applications['jwt-dpop']);
	const grant = await caller.obtainCode({}, { dpop: {} });
	const reply = await caller.exchange(grant);
	assert.equal(reply.status, 200, reply.text);
	assert.equal(decodeJwt(reply.json.access_token).cnf.jkt, thumbprintOf(caller.application.dpopKey));
});

/* --- what is said of it -------------------------------------------------------------- */

function metadataAt(tenant) {
	return send({ url: tenant.metadata, ca: licet.ca });
}

test('the metadata of a tenant that requires fapi2 says exactly what is on [FAPI2SPFinalDiscoveryEndpointVerification]', async () => {
	const { json } = await metadataAt(plain);
	const exactly = {
		require_pushed_authorization_requests: true,
		authorization_response_iss_parameter_supported: true,
		tls_client_certificate_bound_access_tokens: true,
		response_types_supported: ['code'],
		code_challenge_methods_supported: ['S256'],
		token_endpoint_auth_signing_alg_values_supported: TAKEN,
		revocation_endpoint_auth_signing_alg_values_supported: TAKEN,
		introspection_endpoint_auth_signing_alg_values_supported: TAKEN,
		dpop_signing_alg_values_supported: TAKEN,
		request_object_signing_alg_values_supported: TAKEN,
	};
	for (const [name, value] of Object.entries(exactly))
		assert.deepEqual(json[name], value, name);
	for (const name of ['token_endpoint', 'revocation_endpoint', 'introspection_endpoint'])
		assert.deepEqual(json[`${name}_auth_methods_supported`].toSorted(),
			['private_key_jwt', 'self_signed_tls_client_auth', 'tls_client_auth'], name);
	for (const name of ['id_token', 'authorization'])
		assert.deepEqual(json[`${name}_signing_alg_values_supported`].filter((alg) => !ALLOWED.includes(alg)), []);
	const { json: rfc8414 } = await send({ url: plain.metadataOfRfc8414, ca: licet.ca });
	assert.deepEqual(rfc8414.token_endpoint_auth_signing_alg_values_supported, TAKEN);
});

for (const profile of profiles.filter((one) => one !== 'rfc'))
	test(`${profile}: where fapi2 is a choice the metadata tells what the others may do`, async () => {
		const { json } = await metadataAt(tenantOf(profile, licet.origin));
		assert.equal(json.require_pushed_authorization_requests, false);
		assert.ok(json.token_endpoint_auth_methods_supported.includes('client_secret_basic'));
		assert.ok(json.token_endpoint_auth_signing_alg_values_supported.includes('RS256'));
		assert.ok(json.id_token_signing_alg_values_supported.includes('ES256'));
	});

endsCleanly(licet);
