/* SPDX-License-Identifier: Apache-2.0 */
/* Three Licets on one store behind a balancer that remembers nothing, killed and started again. The store
 * is SQLite, or the engine that $LICET_SUITE_DSN names. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newFolder } from '../flows/lib/licet.mjs';
import { History, violationsOf } from './lib/history.mjs';
import { Licets } from './lib/licets.mjs';
import { Workload } from './lib/workload.mjs';

const KILLS = 6;
const RACES = 100;
const HANDS = 50;

const dsn = process.env.LICET_SUITE_DSN;
const name = dsn ? 'engine' : 'SQLite store';

const licets = await Licets.start({ storeLines: dsn
	? ['store:', '  postgres:', `    dsn: ${JSON.stringify(dsn)}`]
	: ['store:', '  sqlite:', `    folder: ${join(newFolder(), 'data')}`] });

test(`three Licets, one ${name}: ${RACES} codes in ${HANDS} hands each are redeemed once`, async () => {
	const history = new History();
	const workload = new Workload(licets.tenant, history);
	for (const code of await workload.gather(RACES))
		await workload.race(code, HANDS);
	assert.deepEqual(violationsOf(history), []);
	assert.equal(history.count('redeem', 'acknowledged'), RACES);
	assert.equal(history.count('redeem', 'unknown'), 0);
});

test(`three Licets, one ${name}: ${KILLS} kills of one lose and double nothing`, async () => {
	const history = new History();
	const workload = new Workload(licets.tenant, history);
	workload.begin(8);
	for (let i = 0; i < KILLS; i++) {
		const node = licets.nodes[i % licets.nodes.length];
		await sleep(500);
		await licets.killNode(node);
		await sleep(300);
		await licets.startNode(node);
	}
	await sleep(500);
	await workload.end();
	assert.deepEqual(violationsOf(history), []);
	assert.ok(history.count('refresh', 'acknowledged') > 100, 'little was done');
	assert.ok(history.count('revoke', 'acknowledged') > 5, 'little was revoked');
});

test('the servers end cleanly', () => licets.stop());
