/* SPDX-License-Identifier: Apache-2.0 */
/* The nemesis and the checker, checked: on a cluster that acknowledges too early the loss is found. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { History, violationsOf } from './lib/history.mjs';
import { Licets } from './lib/licets.mjs';
import { Cluster } from './lib/patroni.mjs';
import { storeLinesOf } from './lib/store_lines.mjs';
import { Workload } from './lib/workload.mjs';

const GRANTS = 20;

test('a cluster that replicates asynchronously loses what it acknowledged, and the checker says so', async () => {
	const cluster = await Cluster.start({ nodes: 2, isSynchronous: false });
	const licets = await Licets.start({ count: 2, storeLines: storeLinesOf(cluster) });
	const history = new History();
	const workload = new Workload(licets.tenant, history);
	const codes = await workload.gather(GRANTS);
	const primary = await cluster.whole();
	const [{ node: standby }] = await cluster.standbys();
	await sleep(1_000);

	/* Stopped, it still holds what has come in its socket; killed, it takes that along. */
	const receiver = cluster.receiverOf(standby);
	process.kill(receiver, 'SIGSTOP');
	for (const code of codes)
		assert.equal(await workload.redeem(code), 'acknowledged');
	await cluster.die(primary);
	process.kill(receiver, 'SIGKILL');

	for (const code of codes) {
		await workload.insist(() => workload.refresh(code));
		await workload.insist(() => workload.redeem(code));
	}
	const found = violationsOf(history);
	assert.ok(found.some((what) => what.includes('was refused, and nobody had revoked it')), `${found}`);
	assert.ok(found.some((what) => what.includes('redeemed 2 times')), `${found}`);
	await licets.stop();
	await cluster.stop();
});
