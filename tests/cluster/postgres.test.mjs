/* SPDX-License-Identifier: Apache-2.0 */
/* Three Licets on three PostgreSQL nodes under Patroni, synchronous and strict, and a nemesis (E01, E02). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
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
const BACK_WITHIN_MS = 90_000;

const cluster = await Cluster.start();
const licets = await Licets.start({ storeLines: storeLinesOf(cluster) });

/* Clients work while `hurt` goes on; what they were told must hold. */
async function underAttack(hurt, least) {
	const history = new History();
	const workload = new Workload(licets.tenant, history);
	workload.begin(8);
	await sleep(500);
	await hurt(history);
	await sleep(500);
	await workload.end();
	assert.deepEqual(violationsOf(history), []);
	assert.ok(history.count('refresh', 'acknowledged') > least,
		`only ${history.count('refresh', 'acknowledged')} refreshes`);
	return history;
}

/* Until clients are answered again; how long that took. */
async function untilAnswered(history) {
	const began = Date.now();
	const before = history.count('refresh', 'acknowledged');
	while (history.count('refresh', 'acknowledged') <= before + 5) {
		assert.ok(Date.now() - began < BACK_WITHIN_MS, 'nobody was answered any more');
		await sleep(50);
	}
	return Date.now() - began;
}

test(`C02 three Licets, PostgreSQL: ${RACES} codes in ${HANDS} hands each are redeemed once`, async () => {
	const history = new History();
	const workload = new Workload(licets.tenant, history);
	for (const code of await workload.gather(RACES))
		await workload.race(code, HANDS);
	assert.deepEqual(violationsOf(history), []);
	assert.equal(history.count('redeem', 'acknowledged'), RACES);
});

test(`E01 three Licets, PostgreSQL: ${KILLS} kills of one lose and double nothing`, async () => {
	await underAttack(async (history) => {
		for (let i = 0; i < KILLS; i++) {
			const node = licets.nodes[i % licets.nodes.length];
			await licets.killNode(node);
			await sleep(200);
			await licets.startNode(node);
			await untilAnswered(history);
		}
	}, 50);
});

test(`E02 ${CRASHES} crashes of the primary database lose and double nothing`, async (t) => {
	const outages = [];
	await underAttack(async (history) => {
		for (let i = 0; i < CRASHES; i++) {
			cluster.crash(await cluster.whole());
			outages.push(await untilAnswered(history));
			await cluster.whole();
		}
	}, 50);
	t.diagnostic(`outages: ${outages.join(' ')} ms`);
});

test('E02 the death of the primary machine loses and doubles nothing', async (t) => {
	await underAttack(async (history) => {
		const primary = await cluster.whole();
		await cluster.die(primary);
		t.diagnostic(`outage: ${await untilAnswered(history)} ms`);
		cluster.startNode(primary);
		await cluster.whole();
	}, 50);
});

test('a primary that stands still and comes back loses and doubles nothing', async (t) => {
	await underAttack(async (history) => {
		const primary = await cluster.whole();
		cluster.freeze(primary);
		t.diagnostic(`outage: ${await untilAnswered(history)} ms`);
		cluster.thaw(primary);
		await sleep(5_000);
		/* Patroni itself is not the better for having been stopped. */
		await cluster.die(primary);
		cluster.startNode(primary);
		await cluster.whole();
	}, 50);
});

test('a synchronous standby that stands still holds up answers, and none is false', async () => {
	await underAttack(async (history) => {
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
	}, 50);
});

test('the servers end cleanly', async () => {
	await licets.stop();
	await cluster.stop();
});
