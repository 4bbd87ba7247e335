/* SPDX-License-Identifier: Apache-2.0 */
/* While another program holds the store: 503 and nothing issued, then all is as before (T08). */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Agent } from './lib/agent.mjs';
import { authorizeUrl, challengeOf, exchange, newVerifier, obtainCode, obtainTokens, refresh, revoke,
	tokensOf, userinfo } from './lib/flow.mjs';
import { elementById } from './lib/html.mjs';
import { send } from './lib/http.mjs';
import { endsCleanly, startDemo } from './lib/licet.mjs';
import { clients, profiles, users } from './lib/tenants.mjs';

const golden = JSON.parse(readFileSync(new URL('../golden/reasons.json', import.meta.url)));
const licet = await startDemo();

/* Runs `action` while sqlite3's own program is in the middle of a write. */
async function whileHeld(action) {
	const holder = spawn('sqlite3', [join(licet.data, 'licet.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
	const ended = new Promise((done) => holder.on('close', done));
	try {
		await new Promise((done, fail) => {
			holder.on('error', fail);
			holder.stdout.once('data', done);
			holder.stdin.write(".timeout 5000\nBEGIN IMMEDIATE;\nSELECT 'held';\n");
		});
		return await action();
	} finally {
		holder.stdin.end('ROLLBACK;\n');
		await ended;
	}
}

function checkBusy(reply, endpoint, profile) {
	const cell = golden.replies[endpoint].store_busy[profile];
	assert.equal(reply.status, 503, reply.text);
	assert.equal(reply.json.error, cell.error);
	assert.equal(reply.json.error_description, cell.text);
	assert.match(reply.headers['retry-after'], /^[1-9][0-9]*$/);
	assert.ok(Number(reply.headers['retry-after']) < 10, 'shorter than the overlap');
	assert.equal(reply.headers['cache-control'], 'no-store');
}

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	test(`${profile}: an exchange is 503, issues nothing, and the code is good afterwards`, async () => {
		const grant = await obtainCode(tenant);
		checkBusy(await whileHeld(() => exchange(tenant, grant)), 'token', profile);
		tokensOf(await exchange(tenant, grant));
	});

	test(`${profile}: a refresh is 503, and the same token is good afterwards`, async () => {
		const { tokens } = await obtainTokens(tenant, { client: clients.spa });
		checkBusy(await whileHeld(() => refresh(tenant, clients.spa, tokens.refresh_token)),
			'token', profile);
		tokensOf(await refresh(tenant, clients.spa, tokens.refresh_token));
	});

	test(`T08 ${profile}: a revocation is 503, never 200, and works afterwards`, async () => {
		const { tokens } = await obtainTokens(tenant);
		for (const token of [tokens.access_token, tokens.refresh_token])
			checkBusy(await whileHeld(() => revoke(tenant, clients.web, token)), 'revoke', profile);
		assert.equal((await userinfo(tenant, tokens.access_token)).status, 200);
		assert.equal((await revoke(tenant, clients.web, tokens.refresh_token)).status, 200);
		assert.equal((await userinfo(tenant, tokens.access_token)).status, 401);
	});
}

test('what only reads goes on', async () => {
	const tenant = licet.tenant('rfc');
	const { tokens } = await obtainTokens(tenant);
	const statuses = await whileHeld(async () => [
		(await userinfo(tenant, tokens.access_token)).status,
		(await send({ url: tenant.jwks })).status,
		(await send({ url: `${licet.origin}/healthz` })).status,
	]);
	assert.deepEqual(statuses, [200, 200, 200]);
});

test('a sign-in is an error page with 503 or an answer to the client, and works afterwards', async () => {
	const tenant = licet.tenant('rfc');
	const agent = new Agent();
	await agent.open(authorizeUrl(tenant, { client_id: clients.web.id, scope: 'openid', state: 's',
		redirect_uri: clients.web.redirectUri, code_challenge: challengeOf(newVerifier()),
		code_challenge_method: 'S256' }));
	const { page } = agent;
	const { callback } = await whileHeld(() => agent.signIn(users.alice));
	if (callback) {
		assert.equal(callback.searchParams.get('error'), 'temporarily_unavailable');
	} else {
		assert.equal(agent.page.status, 503);
		assert.ok(elementById(agent.page.text, 'error-page'));
	}
	agent.page = page;
	let step = await agent.signIn(users.alice);
	if (!step.callback)
		step = await agent.submit('approve');
	assert.ok(step.callback.searchParams.get('code'));
});

endsCleanly(licet);
