/* SPDX-License-Identifier: Apache-2.0 */
/* Three Licets on three PostgreSQL nodes under Patroni, synchronous and strict, and a nemesis (E01, E02). */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { mustRun } from '../flows/lib/serve.mjs';
import { underAttack, untilAnswered } from './lib/attack.mjs';
import { History, violationsOf } from './lib/history.mjs';
import { Licets } from './lib/licets.mjs';
import { Cluster } from './lib/patroni.mjs';
import { storeLinesOf } from './lib/store_lines.mjs';
import { Workload } from './lib/workload.mjs';

/* LICET_NEMESIS=whole takes the time that the promise deserves. */
const IS_WHOLE = process.env.LICET_NEMESIS === 'whole';
const RACES = IS_WHOLE ? 1000 : 100;
const HANDS = 50;
const CRASHES = IS_WHOLE ? 20 : 4;
const KILLS = IS_WHOLE ? 20 : 6;

const cluster = await Cluster.start();
const licets = await Licets.start({ storeLines: storeLinesOf(cluster) });

test(`C02 three Licets, PostgreSQL: ${RACES} codes in ${HANDS} hands each are redeemed once`, async () => {
	const history = new History();
	const workload = new Workload(licets.tenant, history);
	for (const code of await workload.gather(RACES))
		await workload.race(code, HANDS);
	assert.deepEqual(violationsOf(history), []);
	assert.equal(history.count('redeem', 'acknowledged'), RACES);
});

test(`E01 three Licets, PostgreSQL: ${KILLS} kills of one lose and double nothing`, async () => {
	await underAttack(licets.tenant, 50, async (history) => {
		for (let i = 0; i < KILLS; i++) {
			const node = licets.nodes[i % licets.nodes.length];
			await licets.killNode(node);
			await sleep(200);
			await licets.startNode(node);
			await untilAnswered(history);
		}
	});
});

test(`E02 ${CRASHES} crashes of the primary database lose and double nothing`, async (t) => {
	const outages = [];
	await underAttack(licets.tenant, 50, async (history) => {
		for (let i = 0; i < CRASHES; i++) {
			cluster.crash(await cluster.whole());
			outages.push(await untilAnswered(history));
			await cluster.whole();
		}
	});
	t.diagnostic(`outages: ${outages.join(' ')} ms`);
});

/* Stopped, a receiver still holds what has come in its socket; killed, it takes that along. */
for (const lags of IS_WHOLE ? [false, true] : [true])
	test(`E02 the death of the primary machine${lags ? ', whose standby lags,' : ''} loses and doubles nothing`,
		async (t) => {
			await underAttack(licets.tenant, 50, async (history) => {
				const primary = await cluster.whole();
				const standby = (await cluster.standbys()).find(({ sync_standby: is }) => is);
				const receiver = cluster.receiverOf(standby.node);
				if (lags) {
					process.kill(receiver, 'SIGSTOP');
					await sleep(2_000);
				}
				await cluster.die(primary);
				if (lags)
					process.kill(receiver, 'SIGKILL');
				t.diagnostic(`outage: ${await untilAnswered(history)} ms`);
				cluster.startNode(primary);
				await cluster.whole();
			});
		});

test('cluster status names the primary, each standby with its lag, and says what a role may not see',
	async () => {
		const [{ config }] = licets.nodes;
		const primary = await cluster.whole();
		const said = await mustRun('cluster', 'status', '--config', config);
		assert.match(said.stdout, new RegExp(`^store +postgres 1\\d.*, database postgres at 127.0.0.1:${primary.port}$`, 'm'));
		assert.match(said.stdout, /^standby pg\d \(127.0.0.1\/32\), streaming, sync: \d+ bytes behind/m);
		assert.match(said.stdout, /^standby pg\d \(127.0.0.1\/32\), streaming, async: \d+ bytes behind/m);
		assert.match(said.stdout, /^clock +the database's is [+-]0\.\d{3} s from this machine's$/m);
		cluster.query(primary, `CREATE ROLE humble LOGIN PASSWORD '${cluster.password}' IN ROLE pg_write_all_data`);
		cluster.query(primary, 'GRANT pg_read_all_data TO humble');
		const humble = await mustRun('cluster', 'status', '--config', asRole(config, 'humble'));
		assert.match(humble.stdout, /^standby 2 or more, of which this role may not see the state: GRANT pg_monitor/m);
	});

/* The same configuration under another role. */
function asRole(config, role) {
	const other = config.replace(/\.yaml$/, `-${role}.yaml`);
	writeFileSync(other, readFileSync(config, 'utf8').replace('postgres@', `${role}@`));
	return other;
}

test('a primary that stands still and comes back loses and doubles nothing', async (t) => {
	await underAttack(licets.tenant, 50, async (history) => {
		const primary = await cluster.whole();
		cluster.freeze(primary);
		t.diagnostic(`outage: ${await untilAnswered(history)} ms`);
		cluster.thaw(primary);
		await sleep(5_000);
		/* Patroni itself is not the better for having been stopped, and what its database
		 * wrote that nobody else has is not always wound back. */
		await cluster.die(primary);
		cluster.forget(primary);
		cluster.startNode(primary);
		await cluster.whole();
	});
});

test('a synchronous standby that stands still holds up answers, and none is false', async () => {
	await underAttack(licets.tenant, 50, async (history) => {
		const primary = await cluster.whole();
		for (const { node } of await cluster.standbys())
			cluster.freeze(node);
		const before = history.count('refresh', 'acknowledged');
		await sleep(8_000);
		assert.ok(history.count('refresh', 'acknowledged') - before < 30,
			'answers rest on a commit that no standby has');
		for (const node of cluster.nodes)
			if (node !== primary)
				cluster.thaw(node);
		await cluster.whole();
		await untilAnswered(history);
	});
});

test('the servers end cleanly', async () => {
	await licets.stop();
	await cluster.stop();
});
