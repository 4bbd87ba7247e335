/* SPDX-License-Identifier: Apache-2.0 */
/* Once: a code is redeemed once and a refresh token has one successor, whoever races. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { formOf } from './lib/http.mjs';
import { Agent } from './lib/agent.mjs';
import { errorOf, exchange, exchangeParams, isActive, newVerifier, obtainCode, obtainTokens,
	proofOf, refresh, refusalOf, revoke, tokensOf, userinfo } from './lib/flow.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { postBytes, race, sendRaw } from './lib/raw.mjs';
import { clients, profiles } from './lib/tenants.mjs';

const RACERS = 64;
const OVERLAP_MS = { rfc: 10_000, auth0: 10_000, asgardeo: 30_000 };
const TOLERANCE_MS = { rfc: 0, auth0: 5_000, asgardeo: 0 };

const licet = await startDemo();
const second = await startDemo({ data: licet.data });
const ways = { 'one process': [licet.port], 'two processes': [licet.port, second.port] };

/* The bytes of one token request, as `client` would send it to the first process. */
function requestBytes(tenant, client, params) {
	const { headers, params: proof } = proofOf(client);
	return postBytes(tenant.token, formOf({ ...params, ...proof }), headers);
}

function raceAll(ports, bytes) {
	return race(ports, Array(RACERS).fill(bytes));
}

function tally(replies) {
	const counts = {};
	for (const reply of replies) {
		const key = !reply ? 'no reply'
			: reply.status === 200 ? '200' : `${reply.status} ${reply.json.error}`;
		counts[key] = (counts[key] ?? 0) + 1;
	}
	return counts;
}

async function grantIsDead(tenant, client, tokens) {
	const again = await refresh(tenant, client, tokens.refresh_token);
	assert.deepEqual(errorOf(again), refusalOf(tenant.profile, 'grant'));
	assert.equal((await userinfo(tenant, tokens.access_token)).status, 401);
	if (client.secret) {
		assert.equal(await isActive(tenant, tokens.access_token, client), false);
		assert.equal(await isActive(tenant, tokens.refresh_token, client), false);
	}
}

async function grantIsAlive(tenant, client, tokens) {
	assert.equal((await userinfo(tenant, tokens.access_token)).status, 200);
	if (client.secret)
		assert.equal(await isActive(tenant, tokens.access_token, client), true);
	tokensOf(await refresh(tenant, client, tokens.refresh_token));
}

for (const profile of profiles) {
	const tenant = licet.tenant(profile);
	const refused = refusalOf(profile, 'grant');

	for (const [way, ports] of Object.entries(ways))
		for (const client of [clients.web, clients.spa])
			test(`C02 ${profile}: ${RACERS} exchanges of one code of ${client.id} at one moment` +
				` in ${way}: exactly one 200`, async () => {
				const grant = await obtainCode(tenant, { client });
				const bytes = requestBytes(tenant, client, exchangeParams(grant));
				const replies = await raceAll(ports, bytes);
				assert.deepEqual(tally(replies),
					{ 200: 1, [`${refused.status} ${refused.error}`]: RACERS - 1 });
				const { json } = replies.find(({ status }) => status === 200);
				if (TOLERANCE_MS[profile] === 0)
					await grantIsDead(tenant, client, json);
				else
					await grantIsAlive(tenant, client, json);
			});

	for (const [way, ports] of Object.entries(ways))
		test(`T02 ${profile}: ${RACERS} refreshes of one token at one moment in ${way}:` +
			' one successor, the same for all', async () => {
			const { tokens } = await obtainTokens(tenant, { client: clients.spa });
			const bytes = requestBytes(tenant, clients.spa,
				{ grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
			const replies = await raceAll(ports, bytes);
			assert.deepEqual(tally(replies), { 200: RACERS });
			const successors = new Set(replies.map(({ json }) => json.refresh_token));
			assert.equal(successors.size, 1);
			assert.notEqual([...successors][0], tokens.refresh_token);
			const accesses = new Set(replies.map(({ json }) => json.access_token));
			assert.equal(accesses.size, RACERS, 'each reply has an access token of its own');
		});

	test(`C01 ${profile}: a code redeemed twice by one who proves everything revokes the grant`,
		async () => {
			const { tokens, ...grant } = await obtainTokens(tenant);
			await sleep(TOLERANCE_MS[profile] && TOLERANCE_MS[profile] + 1_000);
			assert.deepEqual(errorOf(await exchange(tenant, grant)), refused);
			await grantIsDead(tenant, grant.client, tokens);
		});

	test(`C01 ${profile}: a redeemed code replayed without proof changes nothing`, async () => {
		const { tokens, ...grant } = await obtainTokens(tenant);
		const wrongSecret = { ...clients.web, secret: 'not-the-secret-0123456789abcdef0' };
		const replays = [
			exchange(tenant, grant, { code_verifier: newVerifier() }),
			exchange(tenant, grant, { code_verifier: undefined }),
			exchange(tenant, grant, { redirect_uri: 'http://localhost:3000/other' }),
			exchange(tenant, grant, {}, { client: clients.spa }),
			exchange(tenant, grant, {}, { client: wrongSecret }),
		];
		for (const reply of await Promise.all(replays))
			assert.ok([400, 401, 403].includes(reply.status), `${reply.status} ${reply.text}`);
		await grantIsAlive(tenant, grant.client, tokens);
	});

	test(`T19 ${profile}: what one process revoked is dead at the other at once`, async () => {
		const elsewhere = (url, form) => sendRaw(second.port, requestBytes({ token: url }, clients.web,
			form));
		const { tokens } = await obtainTokens(tenant);
		const asked = () => elsewhere(tenant.introspect, { token: tokens.access_token });
		assert.equal((await asked()).json.active, true);
		assert.equal((await revoke(tenant, clients.web, tokens.refresh_token)).status, 200);
		assert.deepEqual((await asked()).json, { active: false });
		const again = await elsewhere(tenant.token,
			{ grant_type: 'refresh_token', refresh_token: tokens.refresh_token });
		assert.deepEqual({ status: again.status, error: again.json.error }, refused);
	});

	test(`T19 ${profile}: a code of one process is redeemed at the other, and only there`, async () => {
		const grant = await obtainCode(tenant);
		const there = await sendRaw(second.port,
			requestBytes(tenant, clients.web, exchangeParams(grant)));
		assert.equal(there.status, 200, there.text);
		assert.deepEqual(errorOf(await exchange(tenant, grant)), refused);
	});

	test(`${profile}: the current refresh token within the overlap is answered with itself`,
		async () => {
			const { tokens } = await obtainTokens(tenant, { client: clients.spa });
			const next = tokensOf(await refresh(tenant, clients.spa, tokens.refresh_token));
			assert.notEqual(next.refresh_token, tokens.refresh_token);
			const again = tokensOf(await refresh(tenant, clients.spa, next.refresh_token));
			assert.equal(again.refresh_token, next.refresh_token);
		});
}

test('auth0: a full-proof replay within five seconds is refused and revokes nothing', async () => {
	const tenant = licet.tenant('auth0');
	const { tokens, ...grant } = await obtainTokens(tenant);
	assert.deepEqual(errorOf(await exchange(tenant, grant)), refusalOf('auth0', 'grant'));
	await grantIsAlive(tenant, grant.client, tokens);
});

test('rfc: a confidential client keeps its refresh token', async () => {
	const tenant = licet.tenant('rfc');
	const { tokens } = await obtainTokens(tenant);
	const first = tokensOf(await refresh(tenant, clients.web, tokens.refresh_token));
	assert.equal(first.refresh_token ?? tokens.refresh_token, tokens.refresh_token);
});

async function reuseAfterOverlap(tenant) {
	const { tokens } = await obtainTokens(tenant, { client: clients.spa, agent: new Agent() });
	const next = tokensOf(await refresh(tenant, clients.spa, tokens.refresh_token));
	await sleep(OVERLAP_MS[tenant.profile] + 2_000);
	const reused = await refresh(tenant, clients.spa, tokens.refresh_token);
	assert.deepEqual(errorOf(reused), refusalOf(tenant.profile, 'grant'));
	await grantIsDead(tenant, clients.spa, next);
}

async function staysAfterOverlap(tenant) {
	const { tokens } = await obtainTokens(tenant, { client: clients.spa, agent: new Agent() });
	const next = tokensOf(await refresh(tenant, clients.spa, tokens.refresh_token));
	await sleep(OVERLAP_MS[tenant.profile] + 2_000);
	const third = tokensOf(await refresh(tenant, clients.spa, next.refresh_token));
	assert.notEqual(third.refresh_token, next.refresh_token);
	tokensOf(await refresh(tenant, clients.spa, next.refresh_token));
	const oldest = await refresh(tenant, clients.spa, tokens.refresh_token);
	assert.deepEqual(errorOf(oldest), refusalOf(tenant.profile, 'grant'));
	await grantIsDead(tenant, clients.spa, third);
}

/* These wait for the overlap, so they wait side by side. */
const waits = new Map();
for (const profile of profiles) {
	waits.set(`reuse ${profile}`, reuseAfterOverlap(licet.tenant(profile)));
	waits.set(`order ${profile}`, staysAfterOverlap(licet.tenant(profile)));
}
for (const wait of waits.values())
	wait.catch(() => {});

for (const profile of profiles) {
	test(`T01 ${profile}: a refresh token used after the overlap revokes the family`,
		() => waits.get(`reuse ${profile}`));
	test(`T01 ${profile}: after the overlap the token rotates again, and one two steps old` +
		' is reuse at once', () => waits.get(`order ${profile}`));
}

endsCleanly(second);
endsCleanly(licet);
