/* SPDX-License-Identifier: Apache-2.0 */
/* What OpenID certification's basic and config plans ask of a provider, in each profile. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { Agent } from './lib/agent.mjs';
import { authorizeUrl, challengeOf, exchange, newVerifier, obtainTokens, tokensOf,
	userinfo } from './lib/flow.mjs';
import { formWith } from './lib/html.mjs';
import { send } from './lib/http.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { clients, profiles, users } from './lib/tenants.mjs';

const licet = await startDemo();

/* The claims of OpenID Connect Core 5.4, by the scope that asks for them. */
const claimsOfScope = {
	profile: ['name', 'family_name', 'given_name', 'middle_name', 'nickname', 'preferred_username',
		'profile', 'picture', 'website', 'gender', 'birthdate', 'zoneinfo', 'locale', 'updated_at'],
	email: ['email', 'email_verified'],
	address: ['address'],
	phone: ['phone_number', 'phone_number_verified'],
};
const types = { email_verified: 'boolean', phone_number_verified: 'boolean', address: 'object' };

function requestOf(params = {}) {
	return { client_id: clients.web.id, redirect_uri: clients.web.redirectUri, scope: 'openid',
		code_challenge: challengeOf(newVerifier()), code_challenge_method: 'S256', ...params };
}

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	for (const [scope, names] of Object.entries(claimsOfScope))
		test(`${profile}: userinfo answers scope ${scope} with its claims and no others`, async () => {
			const { tokens } = await obtainTokens(tenant, { scope: `openid ${scope}` });
			const person = (await userinfo(tenant, tokens.access_token)).json;
			assert.deepEqual(Object.keys(person).sort(), ['sub', ...names].sort());
			for (const name of names)
				if (types[name])
					assert.equal(typeof person[name], types[name], name);
			assert.equal(person.sub, decodeJwt(tokens.id_token).sub);
		});

	test(`${profile}: an essential claim by the claims parameter comes from userinfo`, async () => {
		const claims = JSON.stringify({ userinfo: { name: { essential: true } } });
		const { tokens } = await obtainTokens(tenant, { with: { claims }, scope: 'openid' });
		assert.ok((await userinfo(tenant, tokens.access_token)).json.name);
	});

	test(`${profile}: auth_time asked for by the claims parameter is in the id_token`, async () => {
		const claims = JSON.stringify({ id_token: { auth_time: { essential: true } } });
		const { tokens } = await obtainTokens(tenant, { with: { claims } });
		assert.equal(typeof decodeJwt(tokens.id_token).auth_time, 'number');
	});

	test(`${profile}: auth_time stays what it was when nobody signs in anew`, async () => {
		const first = await obtainTokens(tenant, { with: { max_age: '10000' } });
		const second = await obtainTokens(tenant, { agent: first.agent, with: { max_age: '10000' } });
		assert.equal(second.signedIn, false);
		const [one, two] = [first, second].map(({ tokens }) => decodeJwt(tokens.id_token));
		assert.equal(two.auth_time, one.auth_time);
		assert.equal(two.sub, one.sub);
		assert.equal(two.sid, one.sid);
	});

	test(`${profile}: prompt=login moves auth_time on`, async () => {
		const first = await obtainTokens(tenant, { with: { max_age: '10000' } });
		await new Promise((done) => setTimeout(done, 1_100));
		const second = await obtainTokens(tenant,
			{ agent: first.agent, with: { max_age: '10000', prompt: 'login' } });
		assert.equal(second.signedIn, true);
		const [one, two] = [first, second].map(({ tokens }) => decodeJwt(tokens.id_token));
		assert.ok(two.auth_time > one.auth_time);
		assert.equal(two.sub, one.sub);
	});

	test(`${profile}: a good id_token_hint with prompt=none answers at once`, async () => {
		const { agent, tokens } = await obtainTokens(tenant);
		const again = await obtainTokens(tenant,
			{ agent, with: { prompt: 'none', id_token_hint: tokens.id_token } });
		assert.equal(decodeJwt(again.tokens.id_token).sub, decodeJwt(tokens.id_token).sub);
	});

	const aboutSubject = (sub) => JSON.stringify({ id_token: { sub: { value: sub } } });

	test(`${profile}: a sub that claims asks for is the one answered, and nobody else is`, async () => {
		const { agent, tokens } = await obtainTokens(tenant);
		const { sub } = decodeJwt(tokens.id_token);
		const again = await obtainTokens(tenant,
			{ agent, with: { prompt: 'none', claims: aboutSubject(sub) } });
		assert.equal(decodeJwt(again.tokens.id_token).sub, sub);
		const bob = await obtainTokens(tenant, { user: users.bob });
		const other = decodeJwt(bob.tokens.id_token).sub;
		const refused = async (params, by = agent) => {
			const { params: answer } = await by.authorize(authorizeUrl(tenant, requestOf(params)),
				{ user: users.alice });
			assert.equal(answer.get('error'), 'login_required');
		};
		await refused({ prompt: 'none', claims: aboutSubject(other) });
		await refused({ prompt: 'none', claims: aboutSubject('') });
		/* Asked to sign in as bob, alice does so as herself. */
		await refused({ claims: aboutSubject(other) });
		await refused({ claims: aboutSubject(other) }, new Agent());
		await refused({ claims: aboutSubject(sub), id_token_hint: bob.tokens.id_token });
	});

	for (const [name, value] of [['display', 'page'], ['display', 'popup'], ['ui_locales', 'se fr'],
		['claims_locales', 'se'], ['acr_values', '1 2'], ['login_hint', 'alice'], ['extra', 'foobar']])
		test(`${profile}: ${name}=${value} is taken or passed over`, async () => {
			const { tokens } = await obtainTokens(tenant, { with: { [name]: value } });
			assert.ok(tokens.id_token);
		});

	test(`${profile}: a request without openid is OAuth alone`, async () => {
		const { tokens } = await obtainTokens(tenant, { scope: 'profile' });
		assert.equal(tokens.id_token, undefined);
	});

	test(`${profile}: sub is the same for both clients and another for another person`, async () => {
		const subject = async (options) => {
			const { tokens } = await obtainTokens(tenant, options);
			return decodeJwt(tokens.id_token).sub;
		};
		const web = await subject({ client: clients.web });
		assert.equal(await subject({ client: clients.spa }), web);
		assert.notEqual(await subject({ user: users.bob }), web);
		assert.ok(web.length <= 255);
	});

	test(`${profile}: codes and tokens of two exchanges are never the same`, async () => {
		const first = await obtainTokens(tenant);
		const second = await obtainTokens(tenant, { agent: first.agent });
		for (const name of ['access_token', 'refresh_token', 'id_token'])
			assert.notEqual(second.tokens[name], first.tokens[name], name);
		assert.notEqual(second.code, first.code);
	});

	test(`${profile}: response_type missing is an error that is redirected, with state`, async () => {
		const { callback } = await new Agent().authorize(authorizeUrl(tenant,
			requestOf({ response_type: null, state: 'kept' })));
		assert.equal(callback.searchParams.get('error'), 'invalid_request');
		assert.equal(callback.searchParams.get('state'), 'kept');
	});

	/* auth0-python reads every published key as RSA, and fails at another. */
	test(`${profile}: the keys are of those algorithms that the metadata lists`, async () => {
		const listed = (await send({ url: tenant.metadata })).json.id_token_signing_alg_values_supported;
		const { keys } = (await send({ url: tenant.jwks })).json;
		assert.deepEqual([...new Set(keys.map(({ alg }) => alg))].sort(), [...listed].sort());
		assert.deepEqual(listed, profile === 'rfc' ? ['RS256', 'ES256'] : ['RS256']);
	});

	test(`${profile}: the metadata has what the config plan looks for`, async () => {
		const metadata = (await send({ url: tenant.metadata })).json;
		for (const name of ['issuer', 'authorization_endpoint', 'token_endpoint', 'userinfo_endpoint',
			'jwks_uri', 'response_types_supported', 'subject_types_supported',
			'id_token_signing_alg_values_supported', 'scopes_supported', 'claims_supported'])
			assert.ok(metadata[name], name);
		for (const value of Object.values(metadata).filter((one) => /^https?:/.test(one)))
			assert.ok(value.startsWith(licet.origin), value);
		assert.equal(metadata.request_parameter_supported, true);
		assert.equal(metadata.request_uri_parameter_supported, false);
		for (const type of metadata.response_types_supported)
			assert.equal(type, 'code', 'what is offered is what there is');
		for (const grant of metadata.grant_types_supported)
			assert.match(grant, /^(authorization_code|refresh_token)$/);
	});

	test(`${profile}: a sign-in page in a second tab does not spoil the first`, async () => {
		const agent = new Agent();
		await agent.open(authorizeUrl(tenant, requestOf({ state: 'one' })));
		const first = agent.page;
		await agent.open(authorizeUrl(tenant, requestOf({ state: 'two' })));
		const second = agent.page;
		for (const [page, state] of [[second, 'two'], [first, 'one']]) {
			agent.page = page;
			let step = await agent.signIn(users.alice);
			if (formWith(agent.page.text, 'approve') && !step.callback)
				step = await agent.submit('approve');
			assert.equal(step.callback.searchParams.get('state'), state);
			assert.ok(step.callback.searchParams.get('code'));
		}
	});

	test(`${profile}: a code is redeemed by its own client after a sign-in by POST`, async () => {
		const verifier = newVerifier();
		const params = requestOf({ response_type: 'code', code_challenge: challengeOf(verifier) });
		const agent = new Agent();
		await agent.follow(await agent.request({ url: tenant.authorize, method: 'POST', form: params }));
		let step = await agent.signIn(users.alice);
		if (!step.callback)
			step = await agent.submit('approve');
		const code = step.callback.searchParams.get('code');
		tokensOf(await exchange(tenant, { code, verifier, redirectUri: clients.web.redirectUri,
			client: clients.web }));
	});
}

test('auth0: the claims of a scope are in the id_token, too', async () => {
	const { tokens } = await obtainTokens(licet.tenant('auth0'), { scope: 'openid profile email' });
	const claims = decodeJwt(tokens.id_token);
	assert.ok(claims.name && claims.nickname && claims.picture && claims.email);
});

test('rfc: the claims of a scope come from userinfo alone', async () => {
	const { tokens } = await obtainTokens(licet.tenant('rfc'), { scope: 'openid profile email' });
	const claims = decodeJwt(tokens.id_token);
	assert.deepEqual([claims.email, claims.birthdate], [undefined, undefined]);
});

endsCleanly(licet);
