/* SPDX-License-Identifier: Apache-2.0 */
/* What clients hear while PostgreSQL cannot say whether a commit is safe, or is not there: 503 and
 * nothing issued, never a success (E04, E05). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorOf, exchange, obtainCode, obtainTokens, refresh, refusalOf, tokensOf }
	from './lib/flow.mjs';
import { send } from './lib/http.mjs';
import { endsCleanly, newFolder, runCommand, startDemo } from './lib/licet.mjs';
import { dsnOf, startPostgres } from './lib/postgres.mjs';
import { writeConfig } from './lib/serve.mjs';
import { clients, profiles } from './lib/tenants.mjs';

const postgres = await startPostgres();
const data = newFolder();
const licet = await startDemo({ data, dsn: dsnOf(data, postgres.folder) });

async function setStandbys(names) {
	postgres.query(`ALTER SYSTEM SET synchronous_standby_names = '${names}'`);
	postgres.query('SELECT pg_reload_conf()');
	while (postgres.query('SHOW synchronous_standby_names') !== names)
		await sleep(10);
	/* The running sessions hear of it a moment later. */
	await sleep(100);
}

/* Ends the commits that wait for a standby by one of PostgreSQL's functions. */
async function endWaits(by) {
	const waiting = "FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
	while (postgres.query(`SELECT count(*) ${waiting}`) === '0')
		await sleep(10);
	postgres.query(`SELECT ${by}(pid) ${waiting}`);
}

function checkNothingIssued(reply) {
	assert.equal(reply.status, 503, reply.text);
	assert.match(reply.headers['retry-after'], /^[1-9][0-9]*$/);
	assert.ok(Number(reply.headers['retry-after']) < 10, 'shorter than the overlap');
	assert.equal(reply.headers['cache-control'], 'no-store');
	assert.doesNotMatch(reply.text, /token"/);
}

/* Makes a commit wait for a standby that never comes, and ends the wait or leaves it to Licet. */
async function whileNobodyConfirms(action, by) {
	await setStandbys('nobody');
	const replied = action();
	if (by)
		await endWaits(by);
	const reply = await replied;
	await setStandbys('');
	return reply;
}

for (const profile of profiles) {
	const tenant = licet.tenant(profile);

	test(`E04 ${profile}: a cancelled wait for the standby issues nothing, and the code is burned`,
		async () => {
			const grant = await obtainCode(tenant);
			checkNothingIssued(await whileNobodyConfirms(() => exchange(tenant, grant),
				'pg_cancel_backend'));
			if (profile === 'auth0')
				await sleep(6_000);
			assert.deepEqual(errorOf(await exchange(tenant, grant)), refusalOf(profile, 'grant'));
		});

	test(`E04 ${profile}: a refresh whose commit is uncertain may be tried again and loses nothing`,
		async () => {
			const { tokens } = await obtainTokens(tenant, { client: clients.spa });
			checkNothingIssued(await whileNobodyConfirms(
				() => refresh(tenant, clients.spa, tokens.refresh_token), 'pg_terminate_backend'));
			const again = tokensOf(await refresh(tenant, clients.spa, tokens.refresh_token));
			tokensOf(await refresh(tenant, clients.spa, again.refresh_token));
		});
}

test('E05 no statement_timeout ends the wait for a standby: our own deadline does', async () => {
	const tenant = licet.tenant('rfc');
	const grant = await obtainCode(tenant);
	const before = Date.now();
	checkNothingIssued(await whileNobodyConfirms(() => exchange(tenant, grant)));
	const took = Date.now() - before;
	assert.ok(took > 4_900 && took < 9_000, `${took} ms`);
	await obtainTokens(tenant);
});

test('a crash of the database is not ready and 503; when it is back all goes on', async () => {
	const tenant = licet.tenant('rfc');
	const ready = () => send({ url: `${licet.origin}/readyz` });
	const grant = await obtainCode(tenant);
	await postgres.crash();
	checkNothingIssued(await exchange(tenant, grant));
	assert.equal((await ready()).status, 503);
	assert.equal((await send({ url: `${licet.origin}/healthz` })).status, 200);
	await postgres.start();
	while ((await ready()).status !== 200)
		await sleep(50);
	await obtainTokens(tenant);
	tokensOf(await exchange(tenant, grant));
});

test('a server that requires availability refuses a database that may lose commits', async () => {
	const { config } = await writeConfig({ dsn: dsnOf(newFolder(), postgres.folder),
		availability: 'required' });
	assert.equal((await runCommand(['key', 'master', '--config', config])).code, 0);
	const { code, stderr } = await runCommand(['serve', '--config', config]);
	assert.equal(code, 1);
	assert.match(stderr, /store.availability is required, but .* set fsync = on/);
});

endsCleanly(licet);
