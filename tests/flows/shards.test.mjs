/* SPDX-License-Identifier: Apache-2.0 */
/* Three shards: each reference leads to its own, whichever Licet is asked; one that is away. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from './lib/agent.mjs';
import { assertionOf, assertionParams, newSigner, signerMetadata } from './lib/assertion.mjs';
import { authorizeUrl, challengeOf, errorOf, exchange, exchangeParams, introspect, isActive, newVerifier,
	obtainCode, obtainTokens, push, pushedUrl, refresh, revoke, tokensOf, userinfo } from './lib/flow.mjs';
import { elementById } from './lib/html.mjs';
import { formOf, send } from './lib/http.mjs';
import { metadataOf } from './lib/import.mjs';
import { runCommand } from './lib/licet.mjs';
import { mustRun, tenantDocument } from './lib/serve.mjs';
import { NUMBERS, Shards } from './lib/shards.mjs';
import { clients, profiles, tenantOf, users } from './lib/tenants.mjs';

const golden = JSON.parse(readFileSync(new URL('../golden/reasons.json', import.meta.url)));
const signer = newSigner('shards-signer');

function documentAt(origin) {
	const documents = profiles.map((profile) => {
		const { name, base } = tenantOf(profile, origin);
		return tenantDocument(name, base, profile);
	});
	const all = (list) => documents.flatMap((document) => document[list]);
	return { tenants: all('tenants'), users: all('users'), clients: [...all('clients'),
		metadataOf(signer, { tenant: 'plain', ...signerMetadata(signer) })] };
}

const shards = await Shards.start(documentAt);

/* --- all are there ------------------------------------------------------------ */

for (const profile of profiles) {
	test(`${profile}: a sign-in goes where its Licet prefers, and every Licet serves what came of it`, async () => {
		for (const number of NUMBERS) {
			const [first, second, third] = NUMBERS.map((i) => (number + i) % NUMBERS.length);
			const before = shards.counts('grants');
			const grant = await obtainCode(shards.tenant(profile, first));
			const gained = shards.counts('grants').map((count, i) => count - before[i]);
			assert.deepEqual(gained, NUMBERS.map((i) => (i === number ? 1 : 0)));
			const tokens = tokensOf(await exchange(shards.tenant(profile, second), grant));
			const next = tokensOf(await refresh(shards.tenant(profile, third), clients.web,
				tokens.refresh_token));
			const tenant = shards.tenant(profile, second);
			assert.equal((await userinfo(tenant, next.access_token)).status, 200);
			assert.equal(await isActive(tenant, next.refresh_token), true);
			assert.equal((await exchange(tenant, grant)).json.error, 'invalid_grant');
			/* auth0 forgives it for five seconds. */
			assert.equal(await isActive(shards.tenant(profile, third), next.refresh_token),
				profile === 'auth0', 'a code used twice ends its grant, wherever it is used');
		}
	});

	test(`${profile}: a session of one shard gives codes of that shard through any Licet`, async () => {
		const { agent } = await obtainCode(shards.tenant(profile, 1));
		const before = shards.counts('grants');
		const again = await obtainCode(shards.tenant(profile, 2), { agent });
		assert.equal(again.signedIn, false);
		assert.deepEqual(shards.counts('grants').map((count, i) => count - before[i]), [0, 1, 0]);
		tokensOf(await exchange(shards.tenant(profile, 0), again));
	});

	test(`${profile}: a request pushed into one shard is completed once, by a session of another`, async () => {
		const request = await push(shards.tenant(profile, 1));
		assert.equal(shards.ask(1, 'SELECT COUNT(*) FROM requests WHERE kind = 3 AND consumed_at = 0') > 0,
			true);
		const tenant = shards.tenant(profile, 2);
		const agent = new Agent();
		const arrival = await agent.authorize(pushedUrl(tenant, request), { user: users.alice });
		const code = arrival.params.get('code');
		tokensOf(await exchange(shards.tenant(profile, 0), { ...request, code }));
		await agent.open(pushedUrl(tenant, request));
		assert.ok(elementById(agent.page.text, 'error-page'));
	});

	test(`${profile}: revoking through another Licet ends the grant`, async () => {
		const { tokens } = await obtainTokens(shards.tenant(profile, 2));
		assert.equal((await revoke(shards.tenant(profile, 0), clients.web, tokens.refresh_token)).status, 200);
		assert.equal(await isActive(shards.tenant(profile, 1), tokens.access_token), false);
	});
}

test('signing out through another Licet ends the session and its grants', async () => {
	const { tokens, agent } = await obtainTokens(shards.tenant('rfc', 1), { scope: 'openid' });
	const tenant = shards.tenant('rfc', 2);
	await agent.open(`${tenant.logout}?${formOf({ id_token_hint: tokens.id_token })}`);
	assert.equal(await isActive(tenant, tokens.access_token), false);
	const { reply } = await agent.open(authorizeUrl(tenant, { client_id: clients.web.id, scope: 'openid',
		redirect_uri: clients.web.redirectUri, prompt: 'none', code_challenge: challengeOf(newVerifier()),
		code_challenge_method: 'S256' }));
	assert.match(reply.location, /error=login_required/);
});

test('an assertion that was used with a grant of one shard is refused with one of another', async () => {
	const options = { client: signer };
	const grants = [await obtainCode(shards.tenant('rfc', 1), options),
		await obtainCode(shards.tenant('rfc', 2), options)];
	const tenant = shards.tenant('rfc', 0);
	const assertion = assertionOf(signer, tenant);
	const replies = [];
	for (const grant of grants)
		replies.push(await send({ url: tenant.token,
			form: { ...exchangeParams(grant), ...assertionParams(assertion) } }));
	tokensOf(replies[0]);
	assert.deepEqual(errorOf(replies[1]), { status: 401, error: 'invalid_client' });
	tokensOf(await send({ url: tenant.token,
		form: { ...exchangeParams(grants[1]), ...assertionParams(assertionOf(signer, tenant)) } }));
});

test('cluster status lists the shards, what each takes and whether its copy is up to date', async () => {
	const { stdout } = await mustRun('cluster', 'status', ...shards.of(1));
	assert.match(stdout, /^ +0 drained +0 equal +sqlite, .*shard0\/licet\.db$/m);
	assert.match(stdout, /^ +1 open +1 equal +sqlite, .*shard1\/licet\.db$/m);
	assert.match(stdout, /^ +2 drained +0 equal +sqlite, .*shard2\/licet\.db$/m);
});

test('a restored shard voids its own references and no others', async () => {
	const [one, two] = [await obtainTokens(shards.tenant('rfc', 1)), await obtainTokens(shards.tenant('rfc', 2))];
	await mustRun('store', 'restored', '--shard', '1', ...shards.of(0));
	await sleep(2_500);
	const tenant = shards.tenant('rfc', 0);
	assert.deepEqual(errorOf(await refresh(tenant, clients.web, one.tokens.refresh_token)),
		{ status: 400, error: 'invalid_grant' });
	tokensOf(await refresh(tenant, clients.web, two.tokens.refresh_token));
	tokensOf(await exchange(tenant, await obtainCode(shards.tenant('rfc', 1))));
});

test('size and backup are of the shard that is named', async () => {
	assert.match((await mustRun('size', '--shard', '2', ...shards.of(0))).stdout, /^users +6 /m);
	assert.match((await mustRun('size', '--shard', '2', ...shards.of(0))).stdout, /^tenants +0 /m);
	const copy = `${shards.folder}/copy.db`;
	await mustRun('backup', copy, '--shard', '1', ...shards.of(0));
	rmSync(copy);
	const wrong = await runCommand(['size', '--shard', '9', ...shards.of(0)]);
	assert.equal(wrong.code, 1);
	assert.match(wrong.stderr, /--shard 9: store\.shards lists none of this number/);
});

test('an import reaches every shard: who is disabled is so everywhere', async () => {
	const bob = users.bob;
	const { tokens } = await obtainTokens(shards.tenant('rfc', 2), { user: bob });
	const document = { users: [{ tenant: 'plain', username: bob.username, disabled: true }] };
	const done = await shards.import(document);
	assert.equal(done.code, 0, done.stderr);
	const reply = await refresh(shards.tenant('rfc', 1), clients.web, tokens.refresh_token);
	assert.equal(reply.json.error, 'invalid_grant');
	assert.deepEqual(NUMBERS.map((i) => shards.ask(i, 'SELECT COUNT(*) FROM users WHERE is_disabled = 1')),
		['1', '1', '1']);
	document.users[0].disabled = false;
	assert.equal((await shards.import(document)).code, 0);
});

/* --- one is away -------------------------------------------------------------- */

function checkAway(reply, endpoint, profile) {
	const cell = golden.replies[endpoint].shard_away[profile];
	assert.equal(reply.status, cell.status, reply.text);
	assert.equal(reply.json.error, cell.error);
	assert.equal(reply.json.error_description, cell.text);
	assert.match(reply.headers['retry-after'], /^[1-9][0-9]*$/);
	assert.equal(reply.headers['cache-control'], 'no-store');
}

const held = new Map();

test('Licets start while a shard is away', async () => {
	for (const profile of profiles) {
		const tenant = shards.tenant(profile, 2);
		const { agent, tokens } = await obtainTokens(tenant);
		held.set(profile, { agent, tokens, code: await obtainCode(tenant, { agent }),
			request: await push(tenant), other: await obtainTokens(shards.tenant(profile, 1)) });
	}
	held.set('bob', await obtainTokens(shards.tenant('rfc', 2), { user: users.bob }));
	await shards.takeAway(2);
});

for (const profile of profiles) {
	test(`${profile}: while a shard is away its references are told so, never that they are not good`, async () => {
		const tenant = shards.tenant(profile, 1);
		const { code, tokens } = held.get(profile);
		checkAway(await exchange(tenant, code), 'token', profile);
		checkAway(await refresh(tenant, clients.web, tokens.refresh_token), 'token', profile);
		checkAway(await introspect(tenant, tokens.refresh_token), 'introspect', profile);
		checkAway(await introspect(tenant, tokens.access_token), 'introspect', profile);
		checkAway(await revoke(tenant, clients.web, tokens.refresh_token), 'revoke', profile);
		checkAway(await revoke(tenant, clients.web, tokens.access_token), 'revoke', profile);
		const reply = await userinfo(tenant, tokens.access_token);
		assert.equal(reply.status, golden.replies.userinfo.shard_away[profile].status);
		assert.match(reply.headers['retry-after'], /^[1-9][0-9]*$/);
	});

	test(`${profile}: while a shard is away its pushed requests are told so`, async () => {
		const { request } = held.get(profile);
		const agent = new Agent();
		await agent.open(pushedUrl(shards.tenant(profile, 1), request));
		assert.equal(agent.page.status, 503);
		assert.ok(elementById(agent.page.text, 'error-page'));
		checkAway(await send({ url: shards.tenant(profile, 2).par, form: {
			...formFieldsOf(clients.web), response_type: 'code', redirect_uri: clients.web.redirectUri,
			scope: 'openid', code_challenge: challengeOf(newVerifier()), code_challenge_method: 'S256' } }),
		'par', profile);
	});

	test(`${profile}: whose session is in a shard that is away is told so silently, and may sign in anew`, async () => {
		const tenant = shards.tenant(profile, 1);
		const { agent } = held.get(profile);
		const asked = { client_id: clients.web.id, scope: 'openid', state: 's',
			redirect_uri: clients.web.redirectUri, code_challenge: challengeOf(newVerifier()),
			code_challenge_method: 'S256' };
		const silent = await agent.open(authorizeUrl(tenant, { ...asked, prompt: 'none' }));
		assert.equal(silent.callback.searchParams.get('error'), 'temporarily_unavailable');
		await agent.open(tenant.logout);
		assert.equal(agent.page.status, 503);
		const again = await obtainCode(tenant, { agent });
		assert.equal(again.signedIn, true);
		tokensOf(await exchange(tenant, again));
	});

	test(`${profile}: while a shard is away the others do all that they did`, async () => {
		const { other } = held.get(profile);
		const tenant = shards.tenant(profile, 0);
		const next = tokensOf(await refresh(tenant, clients.web, other.tokens.refresh_token));
		assert.equal((await userinfo(tenant, next.access_token)).status, 200);
		await obtainTokens(tenant);
		await obtainTokens(shards.tenant(profile, 1));
	});
}

function formFieldsOf(client) {
	return { client_id: client.id, client_secret: client.secret };
}

test('a Licet is ready while a shard is away, and explains a refusal by its number', async () => {
	const ready = await send({ url: `http://127.0.0.1:${shards.licets[0].port}/readyz` });
	assert.equal(ready.status, 200, ready.text);
	const { tokens } = held.get('rfc');
	const reply = await refresh(shards.tenant('rfc', 1), clients.web, tokens.refresh_token);
	const told = await mustRun('explain', ...shards.of(1), '--', reply.headers['x-request-id']);
	assert.match(told.stdout, /shard_away/);
	assert.match(told.stdout, /2 is away/);
});

test('the log says once that a shard is away, and cluster status says why', async () => {
	const log = readFileSync(`${shards.folder}/events.jsonl`, 'utf8');
	const told = log.split('\n').filter((line) => line.includes('"store.shard.away"'));
	assert.equal(told.length, NUMBERS.length, 'once by each Licet');
	assert.match(told[0], /"shard":2/);
	const { stdout, stderr } = await mustRun('cluster', 'status', ...shards.of(0));
	assert.match(stdout, /^ +2 away /m);
	assert.match(stderr, /shard 2 is away: .*cannot be opened/);
});

test('an import while a shard is away says what that shard does not know, and what to type', async () => {
	const bob = { ...users.bob, password: 'another-password' };
	const done = await shards.import({ users: [{ tenant: 'plain', ...bob }] });
	assert.equal(done.code, 1);
	assert.match(done.stdout, /imported: 0 tenants, 1 users/);
	assert.match(done.stderr, /shard 2 does not know of this import: it is away.*licet cluster fill/s);
	await obtainTokens(shards.tenant('rfc', 1), { user: bob });
});

test('a shard that is back serves what it held, and learns by itself what it missed', async () => {
	const bob = { ...users.bob, password: 'another-password' };
	await shards.bringBack(2);
	for (const profile of profiles) {
		const tenant = shards.tenant(profile, 0);
		const { code, tokens } = held.get(profile);
		tokensOf(await exchange(tenant, code));
		tokensOf(await refresh(tenant, clients.web, tokens.refresh_token));
	}
	const told = (name) => readFileSync(`${shards.folder}/events.jsonl`, 'utf8').split('\n')
		.filter((line) => line.includes(`"${name}"`)).map((line) => JSON.parse(line));
	while (told('store.shard.filled').length === 0)
		await sleep(100);
	assert.ok(told('store.shard.behind').every((event) => event.shard === 2));
	assert.ok(told('store.shard.filled').every((event) => event.shard === 2));
	assert.equal(told('store.shard.not_filled').length, 0);
	assert.equal(told('store.shard.filled').reduce((sum, event) => sum + event.people, 0), 1);
	await sleep(2_500);
	assert.match((await mustRun('cluster', 'status', ...shards.of(2))).stdout, /^ +2 open +1 equal /m);
	const reply = await refresh(shards.tenant('rfc', 2), clients.web, held.get('bob').tokens.refresh_token);
	assert.equal(reply.json.error, 'invalid_grant');
	await obtainTokens(shards.tenant('rfc', 2), { user: bob });
	const filled = await mustRun('cluster', 'fill', ...shards.of(0));
	assert.match(filled.stdout, /^shard 2: 0 people, .* 0 people dropped, 0 grants ended$/m);
});

/* --- lists that change --------------------------------------------------------- */

test('a number that is no longer listed is told to try later, and the log says why once', async () => {
	const { tokens } = await obtainTokens(shards.tenant('rfc', 2));
	shards.listed = [1];
	await shards.end();
	shards.configure((licet, shard) => (shard === 1 ? 1 : 0));
	await shards.begin();
	for (const number of [0, 0])
		checkAway(await refresh(shards.tenant('rfc', number), clients.web, tokens.refresh_token), 'token',
			'rfc');
	const log = readFileSync(`${shards.folder}/events.jsonl`, 'utf8');
	assert.equal(log.split('\n').filter((line) => line.includes('"store.shard.unlisted"')).length, 1);
	shards.listed = [1, 2];
	await shards.end();
	shards.configure();
	await shards.begin();
	tokensOf(await refresh(shards.tenant('rfc', 0), clients.web, tokens.refresh_token));
});

test('a shard is drained by its weight, and one that is added serves once it is filled', async () => {
	const { tokens } = await obtainTokens(shards.tenant('rfc', 2));
	shards.listed = [1, 2, 9];
	await shards.end();
	shards.configure((licet, shard) => (shard === 9 || (shard === 0 && licet === 1) ? 1 : 0));
	mkdirSync(shards.dataOf(9));
	await shards.begin();
	await obtainTokens(shards.tenant('rfc', 1));
	assert.equal(shards.ask(9, 'SELECT COUNT(*) FROM grants'), '0');
	const filled = await mustRun('cluster', 'fill', ...shards.of(0));
	assert.match(filled.stdout, /^shard 9: 6 people, [1-9]\d* clients/m);
	await sleep(2_500);
	await obtainTokens(shards.tenant('rfc', 0));
	assert.equal(shards.ask(9, 'SELECT COUNT(*) FROM grants'), '1');
	tokensOf(await refresh(shards.tenant('rfc', 0), clients.web, tokens.refresh_token));
});

test('an empty store in the place of a shard does not say that nothing was issued', async () => {
	const { tokens } = await obtainTokens(shards.tenant('rfc', 0));
	await shards.end();
	renameSync(shards.dataOf(9), `${shards.dataOf(9)}-away`);
	mkdirSync(shards.dataOf(9));
	await shards.begin();
	checkAway(await refresh(shards.tenant('rfc', 0), clients.web, tokens.refresh_token), 'token', 'rfc');
	const filled = await runCommand(['cluster', 'fill', ...shards.of(0)]);
	assert.equal(filled.code, 1);
	assert.match(filled.stderr, /shard 9 was not filled: it is empty, but a shard of this number was filled before/);
});

test('two shards in each other\'s place, or a shard as the home, are not served', async () => {
	await shards.end();
	shards.listed = [1, 2];
	renameSync(shards.dataOf(1), `${shards.dataOf(1)}-kept`);
	renameSync(shards.dataOf(2), shards.dataOf(1));
	renameSync(`${shards.dataOf(1)}-kept`, shards.dataOf(2));
	shards.configure();
	const { stdout, stderr } = await mustRun('cluster', 'status', ...shards.of(0));
	assert.match(stdout, /^ +1 away .*\n +2 away /m);
	assert.match(stderr, /shard 1 is away: it is this installation's, but the shard of another number/);
	renameSync(shards.dataOf(0), `${shards.dataOf(0)}-kept`);
	renameSync(shards.dataOf(1), shards.dataOf(0));
	const started = await runCommand(['serve', ...shards.of(0)]);
	assert.equal(started.code, 1);
	assert.match(started.stderr, /this store is shard 2 of an installation: the home is another/);
});

test('one number twice, or a shard without a place, is told before anything starts', async () => {
	shards.listed = [1, 1];
	shards.configure();
	const told = /store\.shards\[0\] and \[1\] have one number: 1/;
	assert.match((await runCommand(['config', 'check', shards.licets[0].config])).stderr, told);
	const twice = await runCommand(['serve', ...shards.of(0)]);
	assert.equal(twice.code, 1);
	assert.match(twice.stderr, told);
	const text = readFileSync(shards.licets[0].config, 'utf8');
	writeFileSync(shards.licets[0].config, text.replace(/ {6}sqlite:\n.*shard1\n/, ''));
	assert.match((await runCommand(['config', 'check', shards.licets[0].config])).stderr,
		/store\.shards\[0\]: give it either sqlite\.folder or postgres\.dsn/);
	await shards.balancer.stop();
});
