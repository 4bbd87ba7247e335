/* SPDX-License-Identifier: Apache-2.0 */
/* Every cell of tests/golden/reasons.json, brought about over HTTP and compared. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { elementById, textOf } from './lib/html.mjs';
import { newSigner, signerMetadata } from './lib/assertion.mjs';
import { importInto, metadataOf } from './lib/import.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { provokeAuthorize } from './lib/provoke_authorize.mjs';
import { provokeIntrospect, provokeJwks, provokeLogout, provokeNone, provokeRevoke,
	provokeUserinfo } from './lib/provoke_others.mjs';
import { provokePar, provokePushed } from './lib/provoke_par.mjs';
import { provokePushedRequest, provokeRequest } from './lib/provoke_request.mjs';
import { provokeToken } from './lib/provoke_token.mjs';
import { newObjectKey } from './lib/request_object.mjs';
import { clients, profiles } from './lib/tenants.mjs';

const golden = JSON.parse(readFileSync(new URL('../golden/reasons.json', import.meta.url)));

const provocations = {
	authorize: { ...provokeAuthorize, ...provokePushed, ...provokeRequest },
	token: provokeToken,
	par: { ...provokePar, ...provokePushedRequest },
	revoke: provokeRevoke,
	introspect: provokeIntrospect,
	userinfo: provokeUserinfo,
	jwks: provokeJwks,
	logout: provokeLogout,
	none: provokeNone,
};

/* Why a cell cannot be brought about from outside; "class reason" or "reason" alone. */
const out_of_reach = {
	rate_limited: 'no limit by address is configured in the demo',
	store_busy: 'busy.test.mjs holds the store for it',
	store_uncertain: 'the embedded store always knows',
	shard_away: 'shards.test.mjs takes one away for it',
	server_busy: 'needs more load than a test should make',
	server_error: 'is our own mistake; none is known',
	user_gone: 'no command removes a person',
	'token user_disabled': 'disabling a person revokes the grants in the same transaction',
	'revoke user_disabled': 'disabling a person revokes the grants in the same transaction',
	'introspect user_disabled': 'disabling a person revokes the grants in the same transaction',
	'userinfo user_disabled': 'disabling a person revokes the grants in the same transaction',
	epoch_old: 'backup.test.mjs puts a store back and begins an epoch for it',
	refresh_ahead: 'restart.test.mjs puts a store back from a copy for it',
	token_certificate_wrong: 'mtls.test.mjs: the demo has no TLS',
	refresh_certificate_wrong: 'mtls.test.mjs: the demo has no TLS',
	client_unfit: 'fapi2.test.mjs: a tenant has to change under its clients for it',
	token_unbound: 'fapi2.test.mjs: no tenant of the demo is under fapi2',
	client_certificate_missing: 'mtls.test.mjs: the demo has no TLS',
	client_certificate_malformed: 'mtls.test.mjs: the demo has no TLS',
	client_certificate_untrusted: 'mtls.test.mjs: the demo has no TLS',
	client_certificate_wrong: 'mtls.test.mjs: the demo has no TLS',
	request_uri_unregistered: 'no tenant of the demo fetches them: jar_reference.test.mjs has ones that do',
	request_uri_unreachable: 'no tenant of the demo fetches them: jar_reference.test.mjs has ones that do',
	seal_expired: 'a seal lives for an hour',
	interaction_required: 'there is no page besides sign-in and consent yet',
	'par redirect_uri_absent': 'profile auth0 takes a registered one',
	'par pushed_by_public': 'only profile auth0 minds',
	'token code_reused_tolerated': 'only profile auth0 tolerates',
	'dpop_nonce_required': 'no tenant of the demo requires nonces: dpop.test.mjs has one that does',
	'authorize parameter_missing': 'each parameter that can miss has a reason of its own',
	'authorize user_disabled': 'sign-in answers as for a wrong password, and disabling ends sessions',
	'token refresh_not_allowed': 'profile asgardeo asks for the grant type alone',
	'authorize scope_not_allowed': 'scopes that a client may not ask for are dropped',
	'token redirect_uri_missing': 'profile asgardeo misses it as a parameter, in the same words',
	'introspect refresh_unknown': 'what cannot be opened is of no kind: token_unknown',
	'introspect refresh_wrong_kind': 'what is no refresh token is read as an access token',
	'introspect refresh_other_client': 'whoever may not ask is told of as token_foreign',
	'userinfo token_foreign': 'userinfo is for every client of the tenant',
	'userinfo token_in_query': 'profile auth0 accepts it',
	'authorize redirect_uri_absent': 'profile auth0 takes a registered one',
	'logout parameter_missing': 'sign-out needs no parameter',
	'logout parameter_malformed': 'no parameter of sign-out has a form of its own',
	'logout session_missing': 'signing out twice is no mistake',
	'logout step_consumed': 'signing out twice is no mistake',
};

/* Cells that only some profiles can reach: their provocations count for these alone. */
const only = {
	'token redirect_uri_missing': ['rfc', 'auth0'],
	'introspect refresh_unknown': [],
	'introspect refresh_wrong_kind': [],
	'introspect refresh_other_client': [],
	'token code_reused_tolerated': ['auth0'],
	'userinfo token_in_query': ['rfc', 'asgardeo'],
	'authorize redirect_uri_absent': ['rfc'],
	'par redirect_uri_absent': ['rfc'],
	'par pushed_by_public': ['auth0'],
	'token refresh_not_allowed': ['rfc', 'auth0'],
	'token dpop_nonce_required': ['auth0'],
};

function reachOf(endpoint, reason, profile) {
	const key = `${endpoint} ${reason}`;
	if (only[key] && !only[key].includes(profile))
		return null;
	return provocations[endpoint]?.[reason] ?? null;
}

/* --- what is imported for it ------------------------------------------------ */

const licet = await startDemo();
const RESOURCE = 'https://api.example/';

function confidential(id) {
	return { id, secret: `${id}-secret-0123456789abcdef0123456789`, auth: 'post',
		redirectUri: clients.web.redirectUri };
}

const own = {
	short: confidential('golden-short'),
	idle: confidential('golden-idle'),
	rotating: confidential('golden-rotating'),
	disabled: confidential('golden-disabled'),
	fading: confidential('golden-fading'),
	guessed: confidential('golden-guessed'),
	loses: confidential('golden-loses'),
	codeOnly: confidential('golden-code-only'),
	refreshOnly: confidential('golden-refresh-only'),
	several: confidential('golden-several'),
	unseen: confidential('golden-unseen'),
	narrow: confidential('golden-narrow'),
	careful: confidential('golden-careful'),
	pushing: confidential('golden-pushing'),
	flooding: confidential('golden-flooding'),
	signing: confidential('golden-signing'),
	sealed: confidential('golden-sealed'),
	signer: newSigner('golden-signer'),
	bound: confidential('golden-bound'),
	distant: newSigner('golden-distant'),
};

const objectKey = await newObjectKey();

const more = {
	signing: { jwks: objectKey.jwks, request_object_signing_alg: 'ES256' },
	sealed: { jwks: objectKey.jwks, require_signed_request_object: true },
	short: { code_for: 1, access_token_for: 1, refresh_token_for: 3 },
	idle: { refresh_idle_for: 2 },
	rotating: { rotate_refresh_tokens: true },
	disabled: { disabled: true },
	bound: { dpop_bound_access_tokens: true },
	codeOnly: { grant_types: ['authorization_code'] },
	refreshOnly: { grant_types: ['refresh_token'], response_types: [] },
	careful: { require_pkce: true },
	pushing: { require_pushed_authorization_requests: true },
	narrow: { audiences: ['https://other.example/'] },
	signer: signerMetadata(own.signer),
	/* the demo connects to no loopback address */
	distant: { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://localhost/jwks' },
	several: { redirect_uris: [clients.web.redirectUri, 'http://localhost:3000/other'] },
};

for (const tenant of licet.tenants)
	await importInto(licet, tenant, {
		clients: Object.entries(own).map(([name, client]) => metadataOf(client, more[name])),
		users: [
			{ username: 'carol', password: 'carol-password', claims: {} },
			{ username: 'dave', password: 'dave-password', claims: {}, disabled: true },
		],
		resources: [{ audience: RESOURCE, name: 'An API', scopes: ['read'] },
			{ audience: 'https://other.example/', name: 'Another API', scopes: ['read'] }],
	});

function placeOf(tenant) {
	return {
		tenant,
		licet,
		...own,
		objectKey,
		resource: RESOURCE,
		dave: { username: 'dave', password: 'dave-password' },
		takeAway: () => importInto(licet, tenant, { clients: [metadataOf(own.loses,
			{ scope: 'openid profile', grant_types: ['authorization_code', 'refresh_token'] })] }),
		disableFading: () => importInto(licet, tenant,
			{ clients: [metadataOf(own.fading, { disabled: true })] }),
	};
}

/* --- comparing ---------------------------------------------------------------- */

function textOfCell(cell, argument = '') {
	return cell.text?.replace('%s', argument);
}

const challenges = {
	Basic: () => /^Basic\b/,
	'Basic, after Authorization': (withHeader) => withHeader ? /^Basic\b/ : null,
	'Bearer, alone': () => /^Bearer(?!.*error=)/,
	'Bearer, with the error': () => /^Bearer\b.*error="/,
	'DPoP, with the error': () => /^DPoP\b.*error=".*algs="[^"]*\bES256\b/,
};

function checkHeaders(cell, reply, withHeader) {
	const pattern = challenges[cell.headers['WWW-Authenticate']]?.(withHeader);
	if (pattern)
		assert.match(reply.headers['www-authenticate'] ?? '', pattern);
	else
		assert.equal(reply.headers['www-authenticate'], undefined);
	if (cell.headers['Retry-After'])
		assert.match(reply.headers['retry-after'] ?? '', /^[1-9][0-9]*$/);
	else
		assert.equal(reply.headers['retry-after'], undefined);
	if (cell.headers['DPoP-Nonce'])
		assert.match(reply.headers['dpop-nonce'] ?? '', /^[A-Za-z0-9_-]{34}$/);
	else
		assert.equal(reply.headers['dpop-nonce'], undefined);
	if (cell.headers.Allow)
		assert.match(reply.headers.allow ?? '', /^[A-Z]+(, [A-Z]+)*$/);
	assert.equal(reply.headers['cache-control'], 'no-store');
}

function checkJson(cell, { reply, argument, withHeader }) {
	assert.equal(reply.status, cell.status, reply.text);
	checkHeaders(cell, reply, withHeader);
	if (cell.error === null)
		return assert.equal(reply.text, '');
	assert.match(reply.headers['content-type'], /^application\/json/);
	assert.deepEqual(reply.json,
		{ error: cell.error, error_description: textOfCell(cell, argument) });
}

function checkPage(cell, { reply, argument }) {
	assert.equal(reply.status, cell.status, textOf(reply.text));
	assert.equal(reply.location, undefined);
	assert.equal(reply.headers['cache-control'], 'no-store');
	assert.match(reply.headers['content-type'], /^text\/html/);
	assert.ok(textOf(reply.text).includes(textOfCell(cell, argument)), textOf(reply.text));
	assert.ok(elementById(reply.text, 'error-page') || elementById(reply.text, 'login-form'));
}

function checkRedirect(cell, { reply, argument }, tenant) {
	assert.equal(reply.status, 303, `${reply.status} ${textOf(reply.text)}`);
	const { hash, searchParams: query } = new URL(reply.location);
	/* A refused response_type that has a token is told where the token would be. */
	const searchParams = hash ? new URLSearchParams(hash.slice(1)) : query;
	assert.equal(searchParams.get('error'), cell.error);
	assert.equal(searchParams.get('error_description'), textOfCell(cell, argument));
	assert.equal(searchParams.get('state'), 'the-state');
	assert.equal(searchParams.get('iss'), tenant.issuer);
}

function checkSilent(endpoint, { reply }, profile) {
	assert.equal(reply.status, 200, reply.text);
	if (endpoint === 'introspect')
		assert.deepEqual(reply.json, { active: false });
	else
		assert.equal(reply.text, profile === 'asgardeo' ? '' : '{}');
}

function check(endpoint, cell, result, tenant) {
	if (cell.silent)
		checkSilent(endpoint, result, tenant.profile);
	else if (cell.page || endpoint === 'logout')
		checkPage(cell, result);
	else if (endpoint === 'authorize')
		checkRedirect(cell, result, tenant);
	else
		checkJson(cell, result);
}

/* --- what the log says ---------------------------------------------------------- */

/* The decision that the server has logged of a request. */
async function decisionOf(reply) {
	const id = reply.headers['x-request-id'];
	for (let i = 0; i < 40; i++) {
		const line = readFileSync(join(licet.data, 'events.jsonl'), 'utf8').split('\n')
			.find((one) => one.includes('request.decided') && one.includes(id));
		if (line)
			return JSON.parse(line);
		await sleep(50);
	}
	return assert.fail(`no decision of ${id} in the log`);
}

/* Many reasons look alike on the wire: the log tells whether it was this one. */
async function checkReason(reason, { reply }) {
	const decision = await decisionOf(reply);
	assert.equal(decision.reason, reason, JSON.stringify(decision));
}

/* --- the cells ------------------------------------------------------------------ */

/* These wait for something to end: from the beginning, side by side. So many sign-ins of one
 * person at one moment would look like guessing, so they begin one after another. */
const APART_MS = 250;
const slow = /(expired|idle|reused|not_allowed)$/;
/* These shut somebody out for a while: at the end. */
const last = /rate_limited$|too_many$/;

const cells = [];
for (const [endpoint, reasons] of Object.entries(golden.replies))
	for (const [reason, byProfile] of Object.entries(reasons))
		for (const profile of profiles)
			if (reachOf(endpoint, reason, profile))
				cells.push({ endpoint, reason, profile, cell: byProfile[profile],
					provoke: () => reachOf(endpoint, reason, profile)(placeOf(licet.tenant(profile))) });
cells.sort((a, b) => last.test(a.reason) - last.test(b.reason));

cells.filter(({ reason }) => slow.test(reason)).forEach((one, i) => {
	one.begun = sleep(i * APART_MS).then(one.provoke);
	one.begun.catch(() => {});
});

test('every cell can be brought about from outside, or it says why not', () => {
	const missing = [];
	for (const [endpoint, reasons] of Object.entries(golden.replies))
		for (const reason of Object.keys(reasons))
			for (const profile of profiles)
				if (!reachOf(endpoint, reason, profile) &&
					!out_of_reach[reason] && !out_of_reach[`${endpoint} ${reason}`])
					missing.push(`${endpoint} ${reason} ${profile}`);
	assert.deepEqual(missing, []);
});

test('no provocation is without its cell', () => {
	const extra = [];
	for (const [endpoint, reasons] of Object.entries(provocations))
		for (const reason of Object.keys(reasons))
			if (!golden.replies[endpoint][reason])
				extra.push(`${endpoint} ${reason}`);
	assert.deepEqual(extra, []);
});

for (const { endpoint, reason, profile, cell, begun, provoke } of cells)
	test(`${profile}: ${reason} at ${endpoint} is ${cell.status} ${cell.error ?? ''}`.trim(), async () => {
		const results = [await (begun ?? provoke())].flat();
		for (const result of results) {
			check(endpoint, cell, result, licet.tenant(profile));
			if (endpoint !== 'revoke' || !cell.silent)
				await checkReason(reason, result);
		}
	});

endsCleanly(licet);
