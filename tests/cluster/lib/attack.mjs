/* SPDX-License-Identifier: Apache-2.0 */
/* Clients at work while something is hurt, and how long they wait for answers. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { History, violationsOf } from './history.mjs';
import { Workload } from './workload.mjs';

const BACK_WITHIN_MS = 90_000;

/* Clients of `tenant` work while `hurt(history)` goes on; what they were told must hold, and at least
 * so many refreshes must have been acknowledged. */
export async function underAttack(tenant, least, hurt) {
	const history = new History();
	const workload = new Workload(tenant, history);
	workload.begin(8);
	try {
		await sleep(500);
		await hurt(history);
		await sleep(500);
		await workload.end();
	} catch (error) {
		workload.abandon();
		throw error;
	}
	checkHistory(history);
	assert.ok(history.count('refresh', 'acknowledged') > least,
		`only ${history.count('refresh', 'acknowledged')} refreshes`);
	return history;
}

/* Fails with the broken promises, and all that happened to the first grant of them. */
export function checkHistory(history) {
	const found = violationsOf(history);
	const first = Number(found[0]?.match(/\d+/)[0]);
	const acts = history.ofGrant(first).map((act) => JSON.stringify(act));
	assert.equal(found.length, 0, [`${found.length} broken promises`, ...found.slice(0, 5), ...acts].join('\n'));
}

/* Until clients are answered again; how long that took. */
export async function untilAnswered(history) {
	const began = Date.now();
	const before = history.count('refresh', 'acknowledged');
	while (history.count('refresh', 'acknowledged') <= before + 5) {
		assert.ok(Date.now() - began < BACK_WITHIN_MS, 'nobody was answered any more');
		await sleep(50);
	}
	return Date.now() - began;
}
