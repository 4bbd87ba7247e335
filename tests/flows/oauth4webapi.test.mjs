/* SPDX-License-Identifier: Apache-2.0 */
/* Whole flows by oauth4webapi 3, the strictest of the clients, with every check it has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { Agent } from './lib/agent.mjs';
import { EVERY_SCOPE } from './lib/flow.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { clients, profiles, users } from './lib/tenants.mjs';

const licet = await startDemo();
const http = { [oauth.allowInsecureRequests]: true };

const proofs = {
	post: (client) => oauth.ClientSecretPost(client.secret),
	basic: (client) => oauth.ClientSecretBasic(client.secret),
	none: () => oauth.None(),
};

async function discover(tenant, algorithm = 'oidc') {
	const issuer = new URL(tenant.issuer);
	const reply = await oauth.discoveryRequest(issuer, { ...http, algorithm });
	return oauth.processDiscoveryResponse(issuer, reply);
}

async function begin(as, client, extra = {}) {
	const verifier = oauth.generateRandomCodeVerifier();
	const request = { verifier, state: oauth.generateRandomState(),
		nonce: oauth.generateRandomNonce() };
	const url = new URL(as.authorization_endpoint);
	for (const [name, value] of Object.entries({
		client_id: client.id,
		redirect_uri: client.redirectUri,
		response_type: 'code',
		scope: EVERY_SCOPE,
		code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
		code_challenge_method: 'S256',
		state: request.state,
		nonce: request.nonce,
		...extra,
	}))
		if (value !== null)
			url.searchParams.set(name, value);
	const arrival = await new Agent().authorize(url.href, { user: users.bob });
	return { ...request, arrival };
}

async function redeem(as, client, { verifier, state, nonce, arrival }, checks = {}) {
	const is = { client_id: client.id };
	const params = oauth.validateAuthResponse(as, is, arrival.params, state);
	const reply = await oauth.authorizationCodeGrantRequest(as, is, proofs[client.auth](client),
		params, client.redirectUri, verifier, http);
	const tokens = await oauth.processAuthorizationCodeResponse(as, is, reply,
		{ expectedNonce: nonce, requireIdToken: true, ...checks });
	await oauth.validateApplicationLevelSignature(as, reply, http);
	return tokens;
}

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	for (const client of [clients.web, clients.webBasic, clients.spa, clients.native])
		test(`${profile}: ${client.id} (${client.auth}) goes from discovery to revocation`, async () => {
			const as = await discover(tenant);
			const is = { client_id: client.id };
			const proof = proofs[client.auth](client);
			const tokens = await redeem(as, client, await begin(as, client));
			const { sub } = oauth.getValidatedIdTokenClaims(tokens);

			const info = await oauth.userInfoRequest(as, is, tokens.access_token, http);
			const person = await oauth.processUserInfoResponse(as, is, sub, info);
			assert.equal(person.sub, sub);

			const reply = await oauth.refreshTokenGrantRequest(as, is, proof,
				tokens.refresh_token, http);
			const renewed = await oauth.processRefreshTokenResponse(as, is, reply);
			assert.equal(oauth.getValidatedIdTokenClaims(renewed).sub, sub);

			const gone = await oauth.revocationRequest(as, is, proof,
				renewed.refresh_token ?? tokens.refresh_token, http);
			assert.equal(await oauth.processRevocationResponse(gone), undefined);
			const after = await oauth.userInfoRequest(as, is, renewed.access_token, http);
			assert.equal(after.status, 401);
		});

	test(`${profile}: an answer carries iss, and another server's iss would be noticed`, async () => {
		const as = await discover(tenant);
		const { arrival, state } = await begin(as, clients.web);
		const is = { client_id: clients.web.id };
		assert.equal(arrival.params.get('iss'), tenant.issuer);
		assert.equal(as.authorization_response_iss_parameter_supported, true);
		const forged = new URLSearchParams(arrival.params);
		forged.set('iss', tenant.issuer + 'x');
		assert.throws(() => oauth.validateAuthResponse(as, is, forged, state), /iss/);
	});

	test(`${profile}: an error answer carries state and iss and nothing else but its text`, async () => {
		const as = await discover(tenant);
		const { arrival, state } = await begin(as, clients.web, { prompt: 'none' });
		assert.throws(
			() => oauth.validateAuthResponse(as, { client_id: clients.web.id }, arrival.params, state),
			(error) => error.error === 'login_required');
		assert.equal(arrival.params.get('iss'), tenant.issuer);
		const allowed = ['error', 'error_description', 'state', 'iss', 'session_state'];
		assert.deepEqual([...arrival.params.keys()].filter((name) => !allowed.includes(name)), []);
	});

	test(`${profile}: response_mode=form_post brings the same answer in a form`, async () => {
		const as = await discover(tenant);
		const request = await begin(as, clients.web, { response_mode: 'form_post' });
		assert.equal(request.arrival.callback, undefined);
		assert.equal(request.arrival.posted.action, clients.web.redirectUri);
		assert.ok((await redeem(as, clients.web, request)).access_token);
	});

	test(`${profile}: a request without openid gets no id_token and no userinfo`, async () => {
		const as = await discover(tenant);
		const is = { client_id: clients.web.id };
		const { verifier, state, arrival } = await begin(as, clients.web,
			{ scope: 'email', nonce: null });
		const params = oauth.validateAuthResponse(as, is, arrival.params, state);
		const reply = await oauth.authorizationCodeGrantRequest(as, is,
			proofs.post(clients.web), params, clients.web.redirectUri, verifier, http);
		const tokens = await oauth.processAuthorizationCodeResponse(as, is, reply);
		assert.equal(tokens.id_token, undefined);
		const info = await oauth.userInfoRequest(as, is, tokens.access_token, http);
		assert.ok([401, 403].includes(info.status), `status ${info.status}`);
	});

	test(`${profile}: a wrong verifier is invalid_grant`, async () => {
		const as = await discover(tenant);
		const request = await begin(as, clients.web);
		request.verifier = oauth.generateRandomCodeVerifier();
		await assert.rejects(redeem(as, clients.web, request),
			(error) => error.error === 'invalid_grant');
	});
}

for (const profile of profiles)
	test(`${profile}: the RFC 8414 form of the metadata names the same issuer`, async () => {
		const as = await discover(licet.tenant(profile), 'oauth2');
		assert.equal(as.issuer, licet.tenant(profile).issuer);
	});

endsCleanly(licet);
