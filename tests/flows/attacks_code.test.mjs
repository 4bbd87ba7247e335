/* SPDX-License-Identifier: Apache-2.0 */
/* Attacks on codes, PKCE and refresh tokens (RFC 9700 4.5 to 4.8, 4.14; RFC 7636). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Agent } from './lib/agent.mjs';
import { ask, authorizeUrl, challengeOf, errorOf, exchange, exchangeParams, introspect, isActive,
	newVerifier, obtainCode, obtainTokens, refresh, refusalOf, revoke, tokensOf, userinfo }
	from './lib/flow.mjs';
import { formOf, send } from './lib/http.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { clients, profiles, users } from './lib/tenants.mjs';

const licet = await startDemo();

function requestOf(client, params = {}) {
	return { client_id: client.id, redirect_uri: client.redirectUri, scope: 'openid',
		state: 's', ...params };
}

async function errorAtAuthorize(tenant, params, agent = new Agent()) {
	const { params: answer, page } = await agent.authorize(authorizeUrl(tenant, params));
	assert.ok(answer, `no redirect but ${page.status}`);
	return answer.get('error');
}

for (const profile of profiles) {
	const tenant = licet.tenant(profile);
	const refused = refusalOf(profile, 'grant');

	test(`C04 ${profile}: another client's code is refused, and stays good for its own`, async () => {
		const grant = await obtainCode(tenant, { client: clients.web });
		const reply = await exchange(tenant, grant, {}, { client: clients.spa });
		assert.deepEqual(errorOf(reply), refused);
		tokensOf(await exchange(tenant, grant));
	});

	test(`C04 ${profile}: another tenant's code is refused`, async () => {
		for (const other of licet.tenants.filter((one) => one.profile !== profile)) {
			const grant = await obtainCode(other);
			assert.deepEqual(errorOf(await exchange(tenant, grant)), refused);
			tokensOf(await exchange(other, grant));
		}
	});

	test(`C05 ${profile}: a reference of one kind is none of another`, async () => {
		const { tokens, agent } = await obtainTokens(tenant);
		const grant = await obtainCode(tenant, { agent });
		const session = [...agent.jar.cookies.values()].map(({ value }) => value);
		const codes = [tokens.refresh_token, tokens.access_token, tokens.id_token, ...session];
		for (const code of codes)
			assert.deepEqual(errorOf(await exchange(tenant, { ...grant, code })), refused);
		for (const token of [grant.code, tokens.access_token, ...session])
			assert.deepEqual(errorOf(await refresh(tenant, clients.web, token)), refused);
		for (const token of [grant.code, tokens.refresh_token, tokens.id_token, ...session])
			assert.equal((await userinfo(tenant, token)).status, 401);
		assert.equal(await isActive(tenant, grant.code), false);
		tokensOf(await exchange(tenant, grant));
	});

	test(`C05 ${profile}: a code that was changed anywhere is refused`, async () => {
		const grant = await obtainCode(tenant);
		for (let at = 0; at < grant.code.length; at += 5) {
			const letter = grant.code[at] === 'A' ? 'B' : 'A';
			const code = grant.code.slice(0, at) + letter + grant.code.slice(at + 1);
			assert.deepEqual(errorOf(await exchange(tenant, { ...grant, code })), refused);
		}
		for (const code of [grant.code + 'A', grant.code + '=', grant.code.slice(0, -1),
			grant.code + ' ', ' ' + grant.code, 'x', 'A'.repeat(75), 'A'.repeat(10000)])
			assert.deepEqual(errorOf(await exchange(tenant, { ...grant, code })), refused);
		tokensOf(await exchange(tenant, grant));
	});

	test(`J10 ${profile}: another spelling of the same bits is another code`, async () => {
		const grant = await obtainCode(tenant);
		const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
		const last = alphabet.indexOf(grant.code.at(-1));
		const spare = [0, 0, 4, 2][grant.code.length % 4];
		const twins = spare ? [grant.code.slice(0, -1) + alphabet[last ^ 1]] : [];
		twins.push(grant.code + '='.repeat((4 - grant.code.length % 4) % 4 || 1));
		for (const code of twins)
			assert.deepEqual(errorOf(await exchange(tenant, { ...grant, code })), refused);
	});

	for (const client of [clients.spa, clients.native])
		test(`C07 ${profile}: ${client.id} without code_challenge is invalid_request`, async () => {
			assert.equal(await errorAtAuthorize(tenant, requestOf(client)), 'invalid_request');
		});

	test(`C08 ${profile}: code_challenge_method plain, or none beside a challenge, is refused`,
		async () => {
			const code_challenge = newVerifier();
			for (const method of ['plain', null, 's256', 'S512', ''])
				assert.equal(await errorAtAuthorize(tenant, requestOf(clients.spa,
					{ code_challenge, code_challenge_method: method })), 'invalid_request');
			assert.equal(await errorAtAuthorize(tenant, requestOf(clients.web,
				{ code_challenge, code_challenge_method: 'plain' })), 'invalid_request');
		});

	for (const challenge of ['x'.repeat(42), 'x'.repeat(44), 'x'.repeat(42) + '%', 'x'.repeat(42) + '+'])
		test(`C11 ${profile}: the code_challenge ${challenge.slice(-3)} of ${challenge.length}` +
			' characters is refused', async () => {
			assert.equal(await errorAtAuthorize(tenant, requestOf(clients.spa,
				{ code_challenge: challenge, code_challenge_method: 'S256' })), 'invalid_request');
		});

	test(`C10 ${profile}: a verifier for a code without a challenge is refused`, async () => {
		const grant = await obtainCode(tenant, { verifier: null });
		const reply = await exchange(tenant, grant, { code_verifier: newVerifier() });
		assert.deepEqual(errorOf(reply), refused);
	});

	test(`${profile}: a confidential client may go without PKCE`, async () => {
		tokensOf(await exchange(tenant, await obtainCode(tenant, { verifier: null })));
	});

	test(`C11 ${profile}: verifiers of the wrong form are refused`, async () => {
		for (const code_verifier of ['x'.repeat(42), 'x'.repeat(129), 'x'.repeat(43) + '%', '',
			'ä'.repeat(43), 'x'.repeat(43) + '\n']) {
			const grant = await obtainCode(tenant, { client: clients.spa });
			const reply = await exchange(tenant, grant, { code_verifier });
			assert.ok([400, 403].includes(reply.status), `${reply.status} ${reply.text}`);
			assert.match(reply.json.error, /^invalid_(grant|request)$/);
		}
	});

	test(`C13 ${profile}: an injected code fails the attacker's own verifier`, async () => {
		const victim = await obtainCode(tenant, { client: clients.spa });
		const attacker = await obtainCode(tenant, { client: clients.spa, user: users.bob });
		const reply = await exchange(tenant, { ...attacker, code: victim.code });
		assert.deepEqual(errorOf(reply), refused);
		const own = await exchange(tenant, victim);
		if (profile === 'asgardeo')
			assert.deepEqual(errorOf(own), refused, 'burned by the right client');
		else
			tokensOf(own);
	});

	test(`C13 ${profile}: the challenge itself is no verifier`, async () => {
		const grant = await obtainCode(tenant, { client: clients.spa });
		const reply = await exchange(tenant, grant, { code_verifier: challengeOf(grant.verifier) });
		assert.deepEqual(errorOf(reply), refused);
	});

	test(`C17 ${profile}: a parameter given twice is refused and burns nothing`, async () => {
		const grant = await obtainCode(tenant, { client: clients.spa });
		const form = formOf({ ...exchangeParams(grant), client_id: clients.spa.id });
		for (const name of ['code', 'client_id', 'grant_type', 'redirect_uri', 'code_verifier']) {
			const value = new URLSearchParams(form).get(name);
			for (const twice of [value, 'other']) {
				const reply = await send({ url: tenant.token, form: `${form}&${formOf({ [name]: twice })}` });
				assert.deepEqual(errorOf(reply), refusalOf(profile, 'request'), name);
			}
		}
		tokensOf(await exchange(tenant, grant));
	});

	test(`C20 ${profile}: implicit and hybrid answers and the password grant do not exist by` +
		' default', async () => {
		for (const response_type of ['token', 'id_token', 'id_token token', 'code id_token',
			'code token', 'code id_token token', 'none', 'Code', 'code code', ''])
			assert.match(await errorAtAuthorize(tenant, requestOf(clients.web,
				{ response_type, nonce: 'n', response_mode: null })),
			/^(unsupported_response_type|unauthorized_client|invalid_request)$/, response_type);
		const reply = await ask(tenant.token, clients.web,
			{ grant_type: 'password', username: 'alice', password: 'alice-password' });
		assert.ok(reply.status === 400 || reply.status === 403, `status ${reply.status}`);
		assert.match(reply.json.error, /^(unsupported_grant_type|unauthorized_client|invalid_request)$/);
		assert.equal(reply.json.access_token, undefined);
	});

	test(`T16, T17 ${profile}: no token is exchanged for another, nor is it promised`, async () => {
		const { tokens } = await obtainTokens(tenant);
		const type = 'urn:ietf:params:oauth:grant-type:token-exchange';
		const reply = await ask(tenant.token, clients.web, { grant_type: type,
			subject_token: tokens.access_token, audience: 'https://admin.example',
			subject_token_type: 'urn:ietf:params:oauth:token-type:access_token' });
		assert.ok(reply.status === 400 || reply.status === 403, `status ${reply.status}`);
		assert.match(reply.json.error, /^(unsupported_grant_type|unauthorized_client|invalid_request)$/);
		const metadata = (await send({ url: tenant.metadata })).json;
		assert.ok(!metadata.grant_types_supported.includes(type));
	});

	test(`A10 ${profile}: a wrong secret, a missing one and an unknown client are answered alike`,
		async () => {
			const grant = await obtainCode(tenant);
			const replies = [];
			for (const client of [{ ...clients.web, secret: 'x'.repeat(32) },
				{ ...clients.web, id: 'demo-webb' }, { ...clients.web, id: 'demo-webb', secret: '' }])
				for (const auth of ['post', 'basic']) {
					const reply = await exchange(tenant, grant, {}, { client: { ...client, auth } });
					assert.deepEqual(errorOf(reply), refusalOf(profile, 'client'));
					replies.push(reply.text);
				}
			assert.equal(new Set(replies).size, 1, replies.join('\n'));
			tokensOf(await exchange(tenant, grant));
		});

	test(`${profile}: two client authentications in one request are refused`, async () => {
		const grant = await obtainCode(tenant);
		const reply = await exchange(tenant, grant, { client_secret: clients.web.secret,
			client_id: clients.web.id }, { client: clients.webBasic });
		assert.deepEqual(errorOf(reply), refusalOf(profile, 'request'));
		tokensOf(await exchange(tenant, grant));
	});

	test(`${profile}: client_id beside Basic is fine when it is the same, and refused when not`,
		async () => {
			const grant = await obtainCode(tenant);
			const other = await exchange(tenant, grant, { client_id: clients.spa.id },
				{ client: clients.webBasic });
			assert.ok([400, 401].includes(other.status), `status ${other.status}`);
			tokensOf(await exchange(tenant, grant, { client_id: clients.web.id },
				{ client: clients.webBasic }));
		});

	test(`A08 ${profile}: Basic that is not Basic is refused`, async () => {
		const of = (text) => `Basic ${Buffer.from(text, 'latin1').toString('base64')}`;
		for (const Authorization of ['Basic', 'Basic ', 'Basic !!!', of('no-colon'), of(':'), of('\0:\0'),
			of('demo-web:%'), of('\xff\xfe:x'), of('demo-web:'), of(`${'a'.repeat(9000)}:x`), 'Bearer x',
			'Digest username="demo-web"', of('demo-web:x') + ', Basic x']) {
			const reply = await send({ url: tenant.token, headers: { Authorization },
				form: { grant_type: 'authorization_code', code: 'x' } });
			assert.ok([400, 401].includes(reply.status), `${Authorization}: ${reply.status}`);
			assert.equal(typeof reply.json.error, 'string');
		}
		licet.assertAlive();
	});

	test(`T04 ${profile}: a refresh cannot widen the scope, and may narrow it`, async () => {
		const { tokens } = await obtainTokens(tenant, { scope: 'openid profile offline_access' });
		const wide = await refresh(tenant, clients.web, tokens.refresh_token,
			{ scope: 'openid profile email' });
		assert.deepEqual(errorOf(wide), refusalOf(profile, 'scope'));
		const narrow = tokensOf(await refresh(tenant, clients.web, tokens.refresh_token,
			{ scope: 'openid' }));
		assert.equal(narrow.scope, 'openid');
		const whole = tokensOf(await refresh(tenant, clients.web,
			narrow.refresh_token ?? tokens.refresh_token));
		assert.deepEqual(whole.scope.split(' ').sort(), ['offline_access', 'openid', 'profile']);
	});

	test(`T01 ${profile}: another client's or tenant's refresh token is refused and lives on`,
		async () => {
			const { tokens } = await obtainTokens(tenant);
			const other = licet.tenants.find((one) => one.profile !== profile);
			assert.deepEqual(errorOf(await refresh(tenant, clients.spa, tokens.refresh_token)), refused);
			assert.deepEqual(errorOf(await refresh(other, clients.web, tokens.refresh_token)),
				refusalOf(other.profile, 'grant'));
			tokensOf(await refresh(tenant, clients.web, tokens.refresh_token));
		});

	test(`${profile}: a confidential client's refresh needs its secret`, async () => {
		const { tokens } = await obtainTokens(tenant);
		const bare = { ...clients.web, secret: undefined };
		assert.deepEqual(errorOf(await refresh(tenant, bare, tokens.refresh_token)),
			refusalOf(profile, 'client'));
		tokensOf(await refresh(tenant, clients.web, tokens.refresh_token));
	});

	test(`T10 ${profile}: what was issued to another client is not active to this one`, async () => {
		const { tokens } = await obtainTokens(tenant, { client: clients.spa });
		const reply = await introspect(tenant, tokens.access_token);
		assert.equal(reply.status, 200);
		assert.deepEqual(reply.json, { active: false });
	});

	test(`T11 ${profile}: introspection without credentials, or with the token as one, is 401`,
		async () => {
			const { tokens } = await obtainTokens(tenant);
			const form = { token: tokens.access_token };
			for (const request of [{ form },
				{ form, headers: { Authorization: `Bearer ${tokens.access_token}` } },
				{ form: { ...form, client_id: 'demo-web' } },
				{ form: { ...form, client_id: 'demo-web', client_secret: 'wrong' } }]) {
				const reply = await send({ url: tenant.introspect, ...request });
				assert.equal(reply.status, 401, reply.text);
				assert.equal(reply.json.active, undefined);
			}
		});

	test(`${profile}: revoking an access token leaves the grant, revoking the refresh token` +
		' ends it', async () => {
		const { tokens } = await obtainTokens(tenant);
		assert.equal((await revoke(tenant, clients.web, tokens.access_token)).status, 200);
		assert.equal((await userinfo(tenant, tokens.access_token)).status, 401);
		assert.equal(await isActive(tenant, tokens.access_token), false);
		const renewed = tokensOf(await refresh(tenant, clients.web, tokens.refresh_token));
		assert.equal((await userinfo(tenant, renewed.access_token)).status, 200);
		const last = renewed.refresh_token ?? tokens.refresh_token;
		assert.equal((await revoke(tenant, clients.web, last)).status, 200);
		assert.equal((await userinfo(tenant, renewed.access_token)).status, 401);
		assert.deepEqual(errorOf(await refresh(tenant, clients.web, last)), refused);
	});

	test(`${profile}: revoking what is unknown or another's is 200 and changes nothing`, async () => {
		const { tokens } = await obtainTokens(tenant);
		for (const [client, token] of [[clients.web, 'nonsense'], [clients.web, ''.padEnd(80, 'A')],
			[clients.spa, tokens.refresh_token], [clients.spa, tokens.access_token]]) {
			const reply = await revoke(tenant, client, token);
			assert.equal(reply.status, 200, reply.text);
			if (profile === 'asgardeo')
				assert.deepEqual([reply.text, reply.headers['content-type']], ['', undefined]);
			else
				assert.deepEqual([reply.text, reply.headers['content-type']], ['{}', 'application/json']);
		}
		assert.equal((await userinfo(tenant, tokens.access_token)).status, 200);
		tokensOf(await refresh(tenant, clients.web, tokens.refresh_token));
	});

	test(`${profile}: a revocation without a token or by nobody is refused`, async () => {
		const bare = await ask(tenant.revoke, clients.web, {});
		assert.deepEqual(errorOf(bare), refusalOf(profile, 'request'));
		const { tokens } = await obtainTokens(tenant);
		const nobody = await send({ url: tenant.revoke, form: { token: tokens.refresh_token } });
		assert.ok([400, 401].includes(nobody.status), `status ${nobody.status}`);
		tokensOf(await refresh(tenant, clients.web, tokens.refresh_token));
	});

	test(`T14 ${profile}: a token in the header and in the body is refused`, async () => {
		const { tokens } = await obtainTokens(tenant);
		const reply = await send({ url: tenant.userinfo, form: { access_token: tokens.access_token },
			headers: { Authorization: `Bearer ${tokens.access_token}` } });
		assert.equal(reply.status, 400);
	});

	test(`${profile}: userinfo takes the token by GET, by POST header and by POST body`, async () => {
		const { tokens } = await obtainTokens(tenant);
		const Authorization = `Bearer ${tokens.access_token}`;
		const replies = await Promise.all([
			send({ url: tenant.userinfo, headers: { Authorization } }),
			send({ url: tenant.userinfo, method: 'POST', headers: { Authorization } }),
			send({ url: tenant.userinfo, form: { access_token: tokens.access_token } }),
		]);
		for (const reply of replies) {
			assert.equal(reply.status, 200, reply.text);
			assert.match(reply.headers['content-type'], /^application\/json/);
			assert.deepEqual(reply.json, replies[0].json);
		}
	});

	test(`${profile}: userinfo without, with an empty and with a wrong token challenges Bearer`,
		async () => {
			const bare = await send({ url: tenant.userinfo });
			assert.equal(bare.status, 401);
			assert.match(bare.headers['www-authenticate'], /^Bearer\b/);
			assert.doesNotMatch(bare.headers['www-authenticate'], /error=/);
			for (const value of ['Bearer', 'Bearer ', 'Bearer x', 'Bearer x y', 'bearer x', 'Basic eDp5']) {
				const reply = await send({ url: tenant.userinfo, headers: { Authorization: value } });
				assert.ok([400, 401].includes(reply.status), `${value}: ${reply.status}`);
			}
			const wrong = await userinfo(tenant, 'nonsense');
			assert.equal(wrong.status, 401);
			assert.match(wrong.headers['www-authenticate'], /^Bearer\b.*error="invalid_token"/);
		});

	test(`U05 ${profile}: a scope outside RFC 6749 is invalid_scope`, async () => {
		for (const scope of ['openid\u00a0profile', 'openid\tprofile', 'openid "x"', 'openid \\'])
			assert.equal(await errorAtAuthorize(tenant, requestOf(clients.spa, { scope,
				code_challenge: challengeOf(newVerifier()), code_challenge_method: 'S256' })),
			'invalid_scope', JSON.stringify(scope));
	});

	test(`U07 ${profile}: a claims parameter that is no claims parameter does no harm`, async () => {
		for (const claims of ['{', '[]', '5', 'null', '{"id_token":5}', '{"userinfo":{"x":{"essential":1}}}',
			'{"id_token":{"auth_time":{"essential":true},"nobody_knows":null}}', '{"a":'.repeat(900)]) {
			const url = authorizeUrl(tenant, requestOf(clients.spa, { claims, prompt: 'none',
				code_challenge: challengeOf(newVerifier()), code_challenge_method: 'S256' }));
			const { params } = await new Agent().authorize(url);
			assert.match(params.get('error'), /^(login_required|invalid_request)$/);
		}
		licet.assertAlive();
	});
}

for (const profile of ['rfc', 'asgardeo'])
	test(`T13 ${profile}: an access token in the query is refused`, async () => {
		const tenant = licet.tenant(profile);
		const { tokens } = await obtainTokens(tenant);
		const reply = await send({ url: `${tenant.userinfo}?access_token=${tokens.access_token}` });
		assert.ok([400, 401].includes(reply.status), `status ${reply.status}`);
		const both = await send({ url: `${tenant.userinfo}?access_token=${tokens.access_token}`,
			headers: { Authorization: `Bearer ${tokens.access_token}` } });
		assert.ok([400, 401].includes(both.status), `status ${both.status}`);
	});

test('T13 auth0: userinfo alone takes an access token in the query, as older SDKs send it', async () => {
	const tenant = licet.tenant('auth0');
	const { tokens } = await obtainTokens(tenant);
	const reply = await send({ url: `${tenant.userinfo}?access_token=${tokens.access_token}` });
	assert.equal(reply.status, 200);
});

endsCleanly(licet);
