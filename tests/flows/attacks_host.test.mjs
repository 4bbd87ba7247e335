/* SPDX-License-Identifier: Apache-2.0 */
/* Attacks through the host name, the logs, the disk and sheer numbers (S, X, K, U10). */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from './lib/agent.mjs';
import { authorizeUrl, challengeOf, exchange, newVerifier, obtainCode, obtainTokens, refresh,
	revoke, tokensOf, userinfo } from './lib/flow.mjs';
import { basicOf, send } from './lib/http.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { clients, profiles, users } from './lib/tenants.mjs';

const licet = await startDemo();

function filesOf(folder) {
	return readdirSync(folder, { recursive: true }).map((name) => join(folder, name))
		.filter((path) => statSync(path).isFile());
}

/* How many rows each table of the store has, signing keys and nodes aside. */
function rowCounts(folder) {
	const ask = (sql) => execFileSync('sqlite3',
		['-readonly', join(folder, 'licet.db'), sql], { encoding: 'utf8' }).trim().split('\n');
	const tables = ask("SELECT name FROM sqlite_master WHERE type = 'table'")
		.filter((name) => !['nodes', 'signing_keys', 'settings', 'servers'].includes(name));
	return Object.fromEntries(tables.map((name) =>
		[name, Number(ask(`SELECT count(*) FROM "${name}"`)[0])]));
}

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	test(`S11 ${profile}: a Host that is nobody's is 421 and tells nothing`, async () => {
		for (const Host of ['evil.example', 'localhost', `localhost:${licet.port}.evil.example`,
			`evil.example:${licet.port}`, 'localhost:1']) {
			const reply = await send({ url: tenant.metadata, headers: { Host } });
			assert.equal(reply.status, /:.*[^0-9]/.test(Host) ? 400 : 421, Host);
			assert.doesNotMatch(reply.text, /issuer/);
		}
	});

	test(`S11 ${profile}: forwarding headers from anybody change no URL`, async () => {
		const plain = await send({ url: tenant.metadata });
		const forwarded = await send({ url: tenant.metadata, headers: {
			'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https',
			'X-Forwarded-For': '192.0.2.1', Forwarded: 'host=evil.example;proto=https',
			'X-Original-URL': '/healthz', 'X-Rewrite-URL': '/healthz' } });
		assert.deepEqual(forwarded.json, plain.json);
		const pageText = (await send({ url: authorizeUrl(tenant, { client_id: clients.web.id,
			redirect_uri: clients.web.redirectUri, scope: 'openid' }),
		headers: { 'X-Forwarded-Host': 'evil.example' } })).text;
		assert.doesNotMatch(pageText, /evil/);
	});

	test(`S13 ${profile}: the metadata's issuer is the prefix that it was asked under`, async () => {
		const { issuer } = (await send({ url: tenant.metadata })).json;
		assert.equal(issuer, tenant.issuer);
		assert.equal(tenant.metadata,
			`${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`);
		const other = (await send({ url: tenant.metadataOfRfc8414 })).json;
		assert.equal(other.issuer, tenant.issuer);
	});

	test(`S13 ${profile}: the metadata tells the truth about its endpoints`, async () => {
		const metadata = (await send({ url: tenant.metadata })).json;
		const names = { authorize: 'authorization_endpoint', token: 'token_endpoint',
			userinfo: 'userinfo_endpoint', jwks: 'jwks_uri', revoke: 'revocation_endpoint',
			logout: 'end_session_endpoint' };
		for (const [ours, name] of Object.entries(names))
			assert.equal(metadata[name], tenant[ours], name);
		assert.ok(metadata.scopes_supported.includes('openid'));
		assert.ok(metadata.response_types_supported.includes('code'));
		assert.ok(metadata.id_token_signing_alg_values_supported.includes('RS256'));
		assert.ok(metadata.code_challenge_methods_supported.includes('S256'));
		assert.ok(metadata.token_endpoint_auth_methods_supported.includes('client_secret_basic'));
		assert.equal(metadata.authorization_response_iss_parameter_supported, true);
	});

	test(`${profile}: the JWKS holds public halves only, of the current and the next key`, async () => {
		const { keys } = (await send({ url: tenant.jwks })).json;
		assert.ok(keys.length >= 1);
		assert.equal(new Set(keys.map(({ kid }) => kid)).size, keys.length);
		for (const key of keys) {
			for (const secret of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'])
				assert.equal(key[secret], undefined);
			assert.equal(key.use, 'sig');
			assert.ok(key.kid && key.alg && key.kty);
		}
	});
}

/* Everything secret that one person's whole flow uses or brings about. */
async function secretsOfFlow(tenant, client) {
	const grant = await obtainCode(tenant, { client });
	const tokens = tokensOf(await exchange(tenant, grant));
	const renewed = tokensOf(await refresh(tenant, client, tokens.refresh_token));
	await userinfo(tenant, renewed.access_token);
	await exchange(tenant, { ...grant, code: `${grant.code}x` });
	await exchange(tenant, grant, { code_verifier: newVerifier() });
	await exchange(tenant, grant, {}, { client: { ...client, secret: 'wrong-secret-0123456789' } });
	if (client.secret)
		await exchange(tenant, grant, {},
			{ client: { ...client, id: client.secret, secret: client.id, auth: 'basic' } });
	await send({ url: `${tenant.userinfo}?access_token=${renewed.access_token}` });
	await send({ url: `${tenant.token}?code=${grant.code}&client_secret=${clients.web.secret}`,
		form: '' });
	await revoke(tenant, client, renewed.refresh_token ?? tokens.refresh_token);
	return [grant.code, grant.verifier, client.secret, 'wrong-secret-0123456789',
		client.secret && basicOf(client.id, client.secret).slice(6),
		tokens.access_token, tokens.refresh_token, tokens.id_token.split('.')[2],
		renewed.access_token, renewed.refresh_token, renewed.id_token.split('.')[2],
		...[...grant.agent.jar.cookies.values()].map(({ value }) => value)].filter(Boolean);
}

const secrets = [users.alice.password, 'a-mistyped-password-of-hers'];
for (const tenant of licet.tenants)
	for (const client of [clients.web, clients.webBasic, clients.spa])
		secrets.push(...await secretsOfFlow(tenant, client));
for (const tenant of licet.tenants) {
	const agent = new Agent();
	await agent.open(authorizeUrl(tenant, { client_id: clients.web.id, scope: 'openid',
		redirect_uri: clients.web.redirectUri, login_hint: 'evil\r\n{"event":"forged"}\x1b[31m' }));
	await agent.signIn({ username: 'alice\r\n{"event":"forged"}\x1b[31m',
		password: 'a-mistyped-password-of-hers' });
}

test('K02 no password, secret, code, token or cookie is in what the server wrote out', () => {
	const written = licet.stderr();
	for (const secret of secrets)
		assert.ok(!written.includes(secret), `${secret.slice(0, 12)}… is in the log`);
});

test('C16 K05 no password, secret, code, token or cookie is on the disk', () => {
	const files = filesOf(licet.data);
	assert.ok(files.length > 0);
	for (const file of files) {
		const bytes = readFileSync(file);
		for (const secret of secrets)
			assert.equal(bytes.indexOf(secret), -1, `${secret.slice(0, 12)}… is in ${file}`);
	}
});

test('U10 what a stranger sends makes no line of its own in the log', () => {
	for (const line of licet.stderr().split('\n').filter(Boolean)) {
		assert.doesNotMatch(line, /^\s*\{"event":"forged"/);
		assert.ok(!line.includes('\x1b'), 'no escape sequences');
	}
});

test('K05 the files of the store are for their owner alone', () => {
	for (const file of filesOf(licet.data))
		assert.equal(statSync(file).mode & 0o077, 0, file);
	assert.equal(statSync(licet.data).mode & 0o077, 0);
});

test('X01 a thousand strangers at the sign-in page write nothing to the store', async () => {
	const tenant = licet.tenant('rfc');
	/* What failed before is told to other servers within a second. */
	await sleep(2_500);
	const before = rowCounts(licet.data);
	assert.ok(before.clients >= 9, 'the counts count');
	for (let round = 0; round < 20; round++)
		await Promise.all(Array.from({ length: 50 }, (_, i) => send({
			url: authorizeUrl(tenant, { client_id: clients.spa.id, scope: 'openid',
				redirect_uri: clients.spa.redirectUri, state: `s${round}-${i}`,
				ui_locales: `x-${round}-${i}`, code_challenge: challengeOf(newVerifier()),
				code_challenge_method: 'S256' }) })));
	assert.deepEqual(rowCounts(licet.data), before);
});

test('X04 cookies stay small however much is asked', async () => {
	const tenant = licet.tenant('rfc');
	const agent = new Agent();
	for (let i = 0; i < 30; i++)
		await agent.open(authorizeUrl(tenant, { client_id: clients.spa.id, scope: 'openid',
			redirect_uri: clients.spa.redirectUri, state: 'x'.repeat(500) + i,
			code_challenge: challengeOf(newVerifier()), code_challenge_method: 'S256' }));
	assert.ok(agent.jar.headerFor(new URL(licet.origin)).length < 1024);
});

endsCleanly(licet);
