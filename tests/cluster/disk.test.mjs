/* SPDX-License-Identifier: Apache-2.0 */
/* Two Licets on one SQLite store whose disk is full: in its log, and when that is to be written back. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { underAttack, untilAnswered } from './lib/attack.mjs';
import { Licets } from './lib/licets.mjs';
import { enterNamespaces } from './lib/namespaces.mjs';
import { fillDisk, freeDisk, makeDisk, newFolder } from './lib/processes.mjs';

await enterNamespaces(import.meta.url);

const KIB = 1024;
const folder = makeDisk(join(newFolder('disk'), 'data'), 16);
const licets = await Licets.start({ count: 2, storeLines: ['store:', '  sqlite:', `    folder: ${folder}`] });

/* Clients work on a disk with so much room left, until nothing more is acknowledged. */
async function whileFull(left) {
	return underAttack(licets.tenant, 30, async (history) => {
		await untilAnswered(history);
		fillDisk(folder, left);
		const count = () => history.count('refresh', 'acknowledged') + history.count('redeem', 'acknowledged');
		for (let before = -1; before !== count(); await sleep(1_500))
			before = count();
		assert.ok(history.count('refresh', 'unknown') + history.count('redeem', 'unknown') > 0);
		freeDisk(folder);
		await untilAnswered(history);
	});
}

for (const left of [0, 64, 600])
	test(`SQLite: a disk with ${left} KiB left loses and doubles nothing`, () => whileFull(left * KIB));

test('SQLite: the store is whole after that', () => {
	const told = execFileSync('sqlite3', [join(folder, 'licet.db'), 'PRAGMA integrity_check']);
	assert.equal(told.toString().trim(), 'ok');
});

test('the servers end cleanly', () => licets.stop());
