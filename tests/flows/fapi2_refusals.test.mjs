/* SPDX-License-Identifier: Apache-2.0 */
/* What FAPI 2.0 forbids, tried by hand. In brackets: attacks, and the tests of the public
 * conformance suite that ask the same. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign as signBytes } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { decodeJwt, generateKeyPair, SignJWT } from 'jose';
import { Agent } from './lib/agent.mjs';
import { assertionOf, macOf } from './lib/assertion.mjs';
import { newKey, proofBy, thumbprintOf } from './lib/dpop.mjs';
import { Caller, newApplication, REDIRECT_URI, serveFapi } from './lib/fapi.mjs';
import { authorizeUrl, errorOf, newVerifier } from './lib/flow.mjs';
import { textOf } from './lib/html.mjs';
import { send } from './lib/http.mjs';
import { decisionOf, endsCleanly } from './lib/licet.mjs';
import { claimsOf, newObjectKey, sign as signObject, unsecured } from './lib/request_object.mjs';
import { tenantOf, users } from './lib/tenants.mjs';

const HOUR = 3600;
const rs256 = generateKeyPairSync('rsa', { modulusLength: 2048 });
const objectKeys = { ES256: await newObjectKey('ES256'), RS256: await newObjectKey('RS256') };
const stranger = await newObjectKey('ES256');

const jwt = newApplication('jwt');
jwt.metadata.jwks.keys.push({ ...rs256.publicKey.export({ format: 'jwk' }), kid: 'rsa', use: 'sig' });
const other = newApplication('other');
const tls = newApplication('tls', { method: 'tls', binding: 'mtls' });
const either = newApplication('either', { binding: null });
const brief = newApplication('brief', { code_for: 1 });
const signing = newApplication('signing', { require_signed_request_object: true });
signing.metadata.jwks.keys.push(...objectKeys.ES256.jwks.keys, ...objectKeys.RS256.jwks.keys);

const licet = await serveFapi([jwt, other, tls, either, brief, signing]);
const plain = tenantOf('rfc', licet.origin);
const at = (application, tenant = plain) => new Caller(licet, tenant, application);
const seconds = () => Math.floor(Date.now() / 1000);

const reasonOf = async (reply) => (await decisionOf(licet, reply)).reason;

async function assertRefused(reply, status, error, reason) {
	assert.deepEqual({ ...errorOf(reply), reason: await reasonOf(reply) }, { status, error, reason });
}

async function assertPage(url, reason) {
	const reply = await send({ url, ca: licet.ca });
	assert.equal(reply.status, 400, `${reply.status} ${reply.location ?? textOf(reply.text)}`);
	assert.equal(reply.location, undefined);
	assert.equal(await reasonOf(reply), reason);
}

/* --- authorization requests ------------------------------------------------------------ */

test('a request that was not pushed is refused [EnsureUnsignedAuthorizationRequestWithoutUsingParFails]', async () => {
	const caller = at(jwt);
	const reply = await send({ ca: licet.ca, url: authorizeUrl(plain,
		{ client_id: jwt.id, ...caller.request(newVerifier()) }) });
	const { searchParams } = new URL(reply.location);
	assert.equal(searchParams.get('error'), 'invalid_request');
	assert.equal(searchParams.get('iss'), plain.issuer);
	assert.equal(await reasonOf(reply), 'pushed_required');
});

test('a signed request that was not pushed is refused', async () => {
	const request = await signObject(objectKeys.ES256, claimsOf(plain, signing, at(signing).request(newVerifier())));
	const reply = await send({ ca: licet.ca, url: authorizeUrl(plain,
		{ response_type: null, client_id: signing.id, request }) });
	assert.equal(new URL(reply.location).searchParams.get('error'), 'invalid_request');
	assert.equal(await reasonOf(reply), 'pushed_required');
});

for (const [sentence, params, error, reason] of [
	['without a challenge [C07] [PAREnsurePKCERequired]',
		{ code_challenge: null, code_challenge_method: null }, 'invalid_request', 'challenge_missing'],
	['with a plain challenge [C08] [PAREnsurePlainPKCERejected]',
		{ code_challenge_method: 'plain' }, 'invalid_request', 'challenge_method_unsupported'],
	['with a challenge of no method, which is plain [C08]',
		{ code_challenge_method: null }, 'invalid_request', 'challenge_method_unsupported'],
	['of response_type=token [EnsureResponseTypeTokenFails]',
		{ response_type: 'token' }, 'unsupported_response_type', 'response_type_unsupported'],
	['of response_type=code id_token [EnsureResponseTypeCodeIdTokenFails]',
		{ response_type: 'code id_token' }, 'unsupported_response_type', 'response_type_unsupported'],
	['without a redirect_uri [EnsureRedirectUriInAuthorizationRequest]',
		{ redirect_uri: null }, 'invalid_request', 'redirect_uri_absent'],
	['with a redirect_uri that is not registered [EnsureRegisteredRedirectUri]',
		{ redirect_uri: `${REDIRECT_URI}/more` }, 'invalid_request', 'redirect_uri_unregistered'],
	['with a request_uri inside [P04] [PARRejectRequestUriInParAuthorizationFormParams]',
		{ request_uri: 'urn:ietf:params:oauth:request_uri:a' }, 'invalid_request', 'pushed_nested'],
	['by web_message', { response_mode: 'web_message' }, 'invalid_request', 'response_mode_unsupported'],
])
	test(`a request ${sentence} cannot be pushed`, async () => {
		for (const profile of ['rfc', 'auth0', 'asgardeo'])
			await assertRefused(await at(jwt, tenantOf(profile, licet.origin)).push(params), 400, error, reason);
	});

test('nobody pushes without proving the client [P05]', async () => {
	await assertRefused(await at(jwt).push({}, { proof: null }), 401, 'invalid_client', 'client_secret_missing');
	await assertRefused(await at(tls).push({}, { certificate: null }), 401, 'invalid_client',
		'client_certificate_missing');
	await assertRefused(await at(tls).push({}, { certificate: other.certificate }), 401, 'invalid_client',
		'client_certificate_wrong');
});

test('a request_uri is its client\'s alone [P01] [PAREnsureRequestUriIsBoundToClient]', async () => {
	const { json } = await at(jwt).push();
	assert.ok(json.expires_in < 600);
	await assertPage(at(other).authorizeUrl(json.request_uri), 'pushed_other_client');
});

test('a request_uri works until the authorization completes, and not after [P02] [PARAttemptReuseRequestUri] [PAREnsureServerAcceptsReusedRequestUriBeforeAuthenticationCompletion]', async () => {
	const caller = at(jwt);
	const { json } = await caller.push();
	const url = caller.authorizeUrl(json.request_uri);
	for (let i = 0; i < 2; i++)
		assert.equal((await send({ url, ca: licet.ca })).status, 200);
	const { params } = await new Agent({ ca: licet.ca }).authorize(url, { user: users.alice });
	assert.ok(params.get('code'));
	await assertPage(url, 'pushed_consumed');
});

test('who declines is told so, with iss and state [UserRejectsAuthentication]', async () => {
	const { params } = await at(jwt).arrive({ state: 'mine', prompt: 'consent' }, { approve: false });
	assert.equal(params.get('error'), 'access_denied');
	assert.equal(params.get('state'), 'mine');
	assert.equal(params.get('iss'), plain.issuer);
});

test('requests are pushed by POST alone [PARRejectInvalidHttpVerb]', async () => {
	for (const method of ['GET', 'PUT', 'DELETE'])
		assert.equal((await send({ url: plain.par, method, ca: licet.ca })).status, 405);
});

test('a request may lack state and nonce, have long ones, and name scopes in any order [EnsureAuthorizationRequestWithoutStateSuccess] [EnsureAuthorizationRequestWithoutNonceSuccess] [EnsureAuthorizationRequestWith64CharNonceSuccess] [EnsureAuthorizationRequestWithLongState] [EnsureOtherScopeOrderSucceeds]', async () => {
	const caller = at(jwt);
	const bare = await caller.obtainCode({ state: null });
	assert.equal(bare.params.get('state'), null);
	assert.equal(decodeJwt((await caller.exchange(bare)).json.id_token).nonce, undefined);
	const full = await caller.obtainCode({ state: 's'.repeat(1000), nonce: 'n'.repeat(64),
		scope: 'offline_access profile openid' });
	assert.equal(full.params.get('state'), 's'.repeat(1000));
	assert.equal(decodeJwt((await caller.exchange(full)).json.id_token).nonce, 'n'.repeat(64));
});

/* --- client assertions ------------------------------------------------------------------ */

function byRsa(alg, claims = {}) {
	const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
	const [, body] = assertionOf(jwt.signer, plain, claims).split('.');
	const input = `${encode({ alg, kid: 'rsa' })}.${body}`;
	return `${input}.${signBytes('sha256', Buffer.from(input), rs256.privateKey).toString('base64url')}`;
}

for (const [sentence, options, reason] of [
	['no sub [A04] [EnsureClientAssertionWithNoSubFails]', { claims: { sub: undefined } }, 'assertion_claim_missing'],
	['no iss [A04]', { claims: { iss: undefined } }, 'assertion_claim_missing'],
	['no jti [A04]', { claims: { jti: undefined } }, 'assertion_claim_missing'],
	['no exp [A04]', { claims: { exp: undefined } }, 'assertion_claim_missing'],
	['no aud', { claims: { aud: undefined } }, 'assertion_claim_missing'],
	['another client as iss [A04]', { claims: { iss: 'other' } }, 'assertion_issuer'],
	['another client as sub [A04]', { claims: { sub: 'other' } }, 'assertion_issuer'],
	['an exp five minutes past [A05] [EnsureClientAssertionWithExpIs5MinutesInPastFails]',
		{ claims: { iat: seconds() - 400, exp: seconds() - 300 } }, 'assertion_expired'],
	['an iat over a minute ahead [A05] [PAREnsureJWTClientAssertionWithIatNbfOver60SecondsInTheFutureFails]', { claims: { iat: seconds() + 600, exp: seconds() + 650 } }, 'assertion_too_early'],
	['an nbf over a minute ahead [A05]', { claims: { nbf: seconds() + 600, exp: seconds() + 200 } }, 'assertion_too_early'],
	['the token endpoint as aud [J14] [PARTokenEndpointAsAudienceFails]',
		{ claims: { aud: plain.token } }, 'assertion_audience'],
	['the endpoint of pushed requests as aud [J14] [PAREndpointAsAudienceFails]', { claims: { aud: plain.par } }, 'assertion_audience'],
	['an array that holds the issuer as aud [J14]',
		{ claims: { aud: [plain.issuer] } }, 'assertion_audience'],
	['an array with the endpoint of pushed requests as aud [J14] [PAREndpointAsArrayAudienceFails]',
		{ claims: { aud: [plain.par] } }, 'assertion_audience'],
	['another server as aud [EnsureClientAssertionWithWrongAudFails]',
		{ claims: { aud: 'https://other.example' } }, 'assertion_audience'],
	['an array of the issuer and another as aud [J14]',
		{ claims: { aud: [plain.issuer, 'https://other.example'] } }, 'assertion_audience'],
	['the issuer with a slash as aud [J14]', { claims: { aud: `${plain.issuer}/` } }, 'assertion_audience'],
	['a signature by RS256 [EnsureSignedClientAssertionWithRS256Fails]',
		{ proof: () => byRsa('RS256') }, 'assertion_algorithm'],
	['alg none', { proof: () => unsecured(decodeJwt(assertionOf(jwt.signer, plain))) }, 'assertion_malformed'],
	['an HMAC keyed by the public key [A07]',
		{ proof: () => macOf({ ...jwt.signer, secret: jwt.signer.publicKey.export({ format: 'pem', type: 'spki' }) },
			plain) }, 'client_method_wrong'],
])
	test(`an assertion with ${sentence} is refused`, async () => {
		const made = () => ({ ...options, proof: options.proof?.() });
		const caller = at(jwt);
		for (const reply of [await caller.push({}, made()),
			await caller.refresh('a-token', {}, made()),
			await caller.ask(plain.revoke, { token: 'a' }, { dpop: null, ...made() })]) {
			assert.equal(reply.status, 401, reply.text);
			assert.equal(reply.json.error, 'invalid_client');
			const said = await reasonOf(reply);
			assert.ok(said === reason || (reason === 'assertion_malformed' && said === 'assertion_algorithm'), said);
		}
	});

test('an assertion 8 s ahead of our clock is accepted [A05] [PAREnsureJWTClientAssertionWithIatNbf8SecondsInTheFutureIsAccepted]', async () => {
	for (const claims of [{ iat: seconds() + 8 }, { nbf: seconds() + 8 }])
		assert.equal((await at(jwt).push({}, { claims })).status, 201);
});

test('an assertion is accepted once [A01]', async () => {
	const proof = assertionOf(jwt.signer, plain);
	assert.equal((await at(jwt).push({}, { proof })).status, 201);
	await assertRefused(await at(jwt).push({}, { proof }), 401, 'invalid_client', 'assertion_replayed');
});

/* --- codes and tokens -------------------------------------------------------------------- */

test('no key, no tokens [EnsureHolderOfKeyRequired]', async () => {
	const caller = at(jwt);
	const grant = await caller.obtainCode();
	await assertRefused(await caller.exchange(grant, {}, { dpop: null }), 400, 'invalid_dpop_proof', 'dpop_required');
	assert.equal((await caller.exchange(grant)).status, 200, 'a failed exchange burns no code');
	const bound = at(tls);
	await assertRefused(await bound.exchange(await bound.obtainCode(), {}, { certificate: null }),
		401, 'invalid_client', 'client_certificate_missing');
});

test('who registered for neither may show either, but not nothing [EnsureHolderOfKeyRequired]', async () => {
	const caller = at(either);
	const grant = await caller.obtainCode();
	await assertRefused(await caller.exchange(grant), 400, 'invalid_request', 'token_unbound');
	const byProof = await caller.exchange(grant, {}, { dpop: {} });
	assert.equal(byProof.json.token_type, 'DPoP', byProof.text);
	const shown = { ...either, binding: 'mtls' };
	const byCertificate = await at(shown).exchange(await at(shown).obtainCode());
	assert.deepEqual(decodeJwt(byCertificate.json.access_token).cnf,
		{ 'x5t#S256': either.certificate.thumbprint });
	await assertRefused(await caller.refresh(byCertificate.json.refresh_token), 400, 'invalid_request', 'token_unbound');
});

test('a code is bound to the key that dpop_jkt names, or the proof beside the pushed request [EnsureMismatchedDpopJktFails] [EnsureTokenEndpointFailsWithMismatchedDpopProofJkt] [EnsureTokenEndpointFailsWithMismatchedDpopJkt] [EnsureDpopAuthCodeBindingSuccess]', async () => {
	const caller = at(jwt);
	await assertRefused(await caller.push({ dpop_jkt: thumbprintOf(newKey()) }, { dpop: {} }),
		400, 'invalid_dpop_proof', 'dpop_key_mismatch');
	const grant = await caller.obtainCode({ dpop_jkt: thumbprintOf(jwt.dpopKey) });
	await assertRefused(await caller.exchange(grant, {}, { dpop: { key: newKey() } }),
		400, 'invalid_grant', 'dpop_key_mismatch');
	assert.equal((await caller.exchange(grant)).status, 200);
	const byProof = await caller.obtainCode({}, { dpop: { key: newKey() } });
	await assertRefused(await caller.exchange(byProof), 400, 'invalid_grant', 'dpop_key_mismatch');
});

test('a code redeemed again is refused, and its tokens end [AttemptReuseAuthorizationCodeAfterOneSecond]', async () => {
	for (const profile of ['rfc', 'auth0', 'asgardeo']) {
		const caller = at(jwt, tenantOf(profile, licet.origin));
		const grant = await caller.obtainCode();
		const { json } = await caller.exchange(grant);
		assert.equal((await caller.userinfo(json.access_token)).status, 200);
		await sleep(1000);
		await assertRefused(await caller.exchange(grant), 400, 'invalid_grant', 'code_reused');
		assert.equal((await caller.userinfo(json.access_token)).status, 401, profile);
	}
});

test('a code that has expired is refused [AttemptToUseExpiredAuthCode]', async () => {
	const grant = await at(brief).obtainCode();
	await sleep(1500);
	await assertRefused(await at(brief).exchange(grant), 400, 'invalid_grant', 'code_expired');
});

test('the token endpoint asks for the assertion, and for the client that it is by [EnsureClientAssertionInTokenEndpoint] [EnsureClientIdInTokenEndpoint]', async () => {
	const caller = at(jwt);
	const grant = await caller.obtainCode();
	await assertRefused(await caller.exchange(grant, {}, { proof: null }), 401, 'invalid_client',
		'client_secret_missing');
	await assertRefused(await caller.exchange(grant, { client_id: other.id }), 401, 'invalid_client',
		'assertion_key_unknown');
	await assertRefused(await at(tls).exchange(grant, { client_id: null }), 401, 'invalid_client',
		'client_id_missing');
});

test('a code is its client\'s alone [EnsureAuthorizationCodeIsBoundToClient]', async () => {
	const grant = await at(jwt).obtainCode();
	await assertRefused(await at(other).exchange(grant), 400, 'invalid_grant', 'code_other_client');
});

for (const profile of ['rfc', 'auth0', 'asgardeo'])
	test(`${profile}: a wrong or missing verifier is refused and burns no code [PARIncorrectPKCECodeVerifierRejected] [PAREnsurePKCECodeVerifierRequired]`, async () => {
		const caller = at(jwt, tenantOf(profile, licet.origin));
		const grant = await caller.obtainCode();
		await assertRefused(await caller.exchange(grant, { code_verifier: newVerifier() }),
			400, 'invalid_grant', 'verifier_wrong');
		await assertRefused(await caller.exchange(grant, { code_verifier: null }),
			400, 'invalid_grant', 'verifier_missing');
		assert.equal((await caller.exchange(grant)).status, 200);
	});

test('refresh tokens are not rotated, and worth nothing to others [T07] [RefreshToken]', async () => {
	for (const profile of ['rfc', 'auth0', 'asgardeo']) {
		const caller = at(jwt, tenantOf(profile, licet.origin));
		const { refresh_token: token } = await caller.obtainTokens();
		for (let i = 0; i < 3; i++)
			assert.equal((await caller.refresh(token)).json.refresh_token, token, profile);
		await assertRefused(await caller.refresh(token, {}, { proof: null }),
			401, 'invalid_client', 'client_secret_missing');
		await assertRefused(await at(other, caller.tenant).refresh(token), 400, 'invalid_grant',
			'refresh_other_client');
		await assertRefused(await caller.refresh(token, {}, { dpop: null }), 400, 'invalid_dpop_proof',
			'dpop_required');
	}
});

/* --- DPoP proofs ----------------------------------------------------------------------- */

async function proofByRs256(url) {
	const { privateKey, publicKey } = await generateKeyPair('RS256');
	const { kty, n, e } = await crypto.subtle.exportKey('jwk', publicKey);
	return new SignJWT({ jti: 'one', htm: 'POST', htu: url }).setIssuedAt()
		.setProtectedHeader({ typ: 'dpop+jwt', alg: 'RS256', jwk: { kty, n, e } }).sign(privateKey);
}

test('a proof by RS256 is refused, and the reply says what is taken [DpopNegativeTests]', async () => {
	const caller = at(jwt);
	const grant = await caller.obtainCode();
	await assertRefused(await caller.exchange(grant, {}, { dpop: await proofByRs256(plain.token) }),
		400, 'invalid_dpop_proof', 'dpop_malformed');
	const { access_token: token } = (await caller.exchange(grant)).json;
	const reply = await caller.userinfo(token, { dpop: { key: newKey() } });
	assert.match(reply.headers['www-authenticate'], /^DPoP .*algs="PS256 ES256 EdDSA Ed25519"/);
});

for (const [sentence, change] of [
	['another typ', { header: { typ: 'JWT' } }], ['no typ', { header: { typ: undefined } }],
	['no jwk', { header: { jwk: undefined } }], ['no jti', { claims: { jti: undefined } }],
	['no htm', { claims: { htm: undefined } }], ['another htm', { claims: { htm: 'GET' } }],
	['no htu', { claims: { htu: undefined } }], ['another htu', { claims: { htu: plain.par } }],
	['no iat', { claims: { iat: undefined } }],
	['an iat an hour ago', { claims: { iat: seconds() - HOUR } }],
	['an iat in an hour', { claims: { iat: seconds() + HOUR } }],
	['a signature by another key', { signedBy: newKey() }],
])
	test(`a proof with ${sentence} is refused [DpopNegativeTests]`, async () => {
		const reply = await at(jwt).refresh('a-token', {}, { dpop: change });
		assert.deepEqual(errorOf(reply), { status: 400, error: 'invalid_dpop_proof' });
	});

test('a proof 10 s off in either direction is accepted [EnsureDpopProofWithIat10SecondsBeforeSucceeds] [EnsureDpopProofWithIat10SecondsAfterSucceeds]', async () => {
	const caller = at(jwt);
	for (const iat of [-10, 10]) {
		const grant = await caller.obtainCode();
		const reply = await caller.exchange(grant, {}, { dpop: { claims: { iat: seconds() + iat } } });
		assert.equal(reply.status, 200, reply.text);
	}
});

/* --- resources --------------------------------------------------------------------------- */

for (const profile of ['rfc', 'auth0', 'asgardeo'])
	test(`${profile}: an access token in the query is refused, and replies carry Date`, async () => {
		const caller = at(jwt, tenantOf(profile, licet.origin));
		const { access_token: token } = await caller.obtainTokens();
		const good = await caller.userinfo(token);
		assert.equal(good.status, 200);
		assert.ok(Math.abs(Date.parse(good.headers.date) - Date.now()) < 5000);
		const reply = await send({ url: `${caller.tenant.userinfo}?access_token=${token}`, ca: licet.ca });
		assert.equal(reply.status, 400);
		assert.equal(await reasonOf(reply), 'token_in_query');
	});

test('the scheme of Authorization may be written in any case [AccessTokenTypeHeaderCaseSensitivity]', async () => {
	const caller = at(jwt);
	const { access_token: token } = await caller.obtainTokens();
	for (const scheme of ['dpop', 'DPOP', 'DPoP'])
		assert.equal((await caller.userinfo(token, { scheme })).status, 200);
});

test('a bound access token is worth nothing without its key [A14]', async () => {
	const caller = at(jwt);
	const { access_token: token } = await caller.obtainTokens();
	for (const options of [{ scheme: 'Bearer', dpop: null }, { dpop: null }, { dpop: { key: newKey() } }])
		assert.equal((await caller.userinfo(token, options)).status, 401);
	const bound = at(tls);
	const { access_token: byCertificate } = await bound.obtainTokens();
	assert.equal((await bound.userinfo(byCertificate)).status, 200);
	for (const certificate of [null, other.certificate])
		assert.equal((await bound.userinfo(byCertificate, { certificate })).status, 401);
});

/* --- signed requests --------------------------------------------------------------------- */

async function pushObject(claims = {}, signer = objectKeys.ES256, params = {}) {
	const caller = at(signing);
	const all = claimsOf(plain, signing, { ...caller.request(newVerifier()), ...claims });
	const request = typeof signer === 'function' ? signer(all) : await signObject(signer, all);
	return caller.ask(plain.par, { request, ...params }, { dpop: null });
}

test('a request must be signed where the client says so [EnsureUnsignedRequestAtParEndpointFails]', async () => {
	await assertRefused(await at(signing).push(), 400, 'invalid_request', 'request_object_required');
	assert.equal((await pushObject()).status, 201);
});

for (const [sentence, claims, signer, reason] of [
	['alg none [P07] [EnsureRequestObjectSignatureAlgorithmIsNotNone]', {}, unsecured],
	['RS256, though its key is registered [J28] [EnsureSignedRequestObjectWithRS256Fails]', {}, objectKeys.RS256,
		'request_object_algorithm'],
	['a signature by another key [EnsureRequestObjectWithInvalidSignatureFails] [EnsureMatchingKeyInAuthorizationRequest]', {}, stranger, 'request_object_signature'],
	['no exp [P07] [EnsureRequestObjectWithoutExpFails]', { exp: undefined }, undefined, 'request_object_claims'],
	['no nbf [EnsureRequestObjectWithoutNbfFails]', { nbf: undefined }, undefined, 'request_object_claims'],
	['an exp over an hour ahead [P07] [EnsureRequestObjectWithExpOver60Fails]',
		{ exp: seconds() + HOUR + 600 }, undefined, 'request_object_claims'],
	['an nbf over an hour ago [P07] [EnsureRequestObjectWithNbfOver60Fails]',
		{ nbf: seconds() - HOUR - 600, exp: seconds() + 60 }, undefined, 'request_object_claims'],
	['an exp over an hour after nbf', { nbf: seconds() - 1800, exp: seconds() + 2400 }, undefined, 'request_object_claims'],
	['an exp that has passed [EnsureExpiredRequestObjectFails]', { nbf: seconds() - 600, exp: seconds() - 300 }, undefined, 'request_object_claims'],
	['another server as aud [P07] [EnsureRequestObjectWithBadAudFails]', { aud: 'https://other.example' }, undefined,
		'request_object_claims'],
	['another client as iss', { iss: 'other' }, undefined, 'request_object_claims'],
])
	test(`a request object with ${sentence} is refused`, async () => {
		const reply = await pushObject(claims, signer);
		assert.deepEqual(errorOf(reply), { status: 400, error: 'invalid_request_object' });
		if (reason)
			assert.equal(await reasonOf(reply), reason);
	});

test('an nbf 8 s ahead and several audiences are accepted [EnsureRequestObjectWithNbf8SecondsInTheFutureIsAccepted] [EnsureServerAcceptsRequestObjectWithMultipleAud]', async () => {
	for (const ahead of [8, 10])
		assert.equal((await pushObject({ nbf: seconds() + ahead })).status, 201);
	assert.equal((await pushObject({ aud: ['https://other.example', plain.issuer] })).status, 201);
});

test('a request object without a redirect_uri, or with a request_uri inside, is refused [EnsureRequestObjectWithoutRedirectUriFails] [PARRejectRequestUriInParAuthorizationRequest]', async () => {
	await assertRefused(await pushObject({ redirect_uri: undefined }), 400, 'invalid_request', 'redirect_uri_absent');
	await assertRefused(await pushObject({ request_uri: 'urn:ietf:params:oauth:request_uri:a' }),
		400, 'invalid_request_object', 'request_object_conflict');
});

test('of two states and nonces those inside the request object count [EnsureDifferentStateInsideAndOutsideRequestObject] [EnsureDifferentNonceInsideAndOutsideRequestObject]', async () => {
	const reply = await pushObject({ state: 'inside', nonce: 'inside' }, objectKeys.ES256,
		{ state: 'outside', nonce: 'outside' });
	assert.equal(reply.status, 201, reply.text);
	const { params } = await new Agent({ ca: licet.ca }).authorize(
		at(signing).authorizeUrl(reply.json.request_uri), { user: users.alice });
	assert.equal(params.get('state'), 'inside');
});

test('what stands beside a request object counts for nothing [StateOnlyOutsideRequestObjectNotUsed]', async () => {
	const caller = at(signing);
	const reply = await pushObject({ state: undefined }, objectKeys.ES256, { state: 'outside' });
	assert.equal(reply.status, 201, reply.text);
	const { params } = await new Agent({ ca: licet.ca }).authorize(caller.authorizeUrl(reply.json.request_uri),
		{ user: users.alice });
	assert.ok(params.get('code'));
	assert.equal(params.get('state'), null);
});

endsCleanly(licet);
