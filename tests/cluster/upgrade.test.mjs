/* SPDX-License-Identifier: Apache-2.0 */
/* A later release's schema, made up here, comes to a store in use, and goes on without this one. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newFolder, runCommand } from '../flows/lib/licet.mjs';
import { History, violationsOf } from './lib/history.mjs';
import { Licets } from './lib/licets.mjs';
import { Workload } from './lib/workload.mjs';

const LATER = 1_000;
const folder = join(newFolder(), 'data');
const licets = await Licets.start({ count: 2, storeLines: ['store:', '  sqlite:', `    folder: ${folder}`] });
const [first, second] = licets.nodes;

function change(text) {
	const done = spawnSync('sqlite3', ['-cmd', '.timeout 5000', join(folder, 'licet.db'), text],
		{ encoding: 'utf8' });
	assert.equal(done.status, 0, done.stderr);
	return done.stdout;
}

function statusOf(node) {
	return runCommand(['cluster', 'status', '--config', node.config]);
}

test('cluster status shows both servers, their versions and the schema', async () => {
	await sleep(1_500);
	const said = await statusOf(first);
	assert.equal(said.code, 0, said.stderr);
	assert.match(said.stdout, /^store +sqlite, .*licet\.db$/m);
	for (const { server } of licets.nodes)
		assert.match(said.stdout, new RegExp(`^\\S+/${server.pid} .*\\+0\\.000s$`, 'm'));
});

test('a later release migrates while this one serves, and this one starts again after it', async () => {
	const history = new History();
	const workload = new Workload(licets.tenant, history);
	workload.begin(6);
	await sleep(500);
	change(`ALTER TABLE grants ADD COLUMN later BIGINT NOT NULL DEFAULT 0;
		CREATE TABLE later (id BIGINT PRIMARY KEY);
		UPDATE settings SET value = ${LATER} WHERE name = 'schema';`);
	await sleep(500);
	await licets.killNode(first);
	await licets.startNode(first);
	await sleep(1_000);
	await workload.end();
	assert.deepEqual(violationsOf(history), []);
	assert.ok(history.count('refresh', 'acknowledged') > 50, 'little was done');
	assert.equal(change("SELECT value FROM settings WHERE name = 'schema'").trim(), `${LATER}`);
});

test('a server that the store no longer serves ends by itself, and says what to do', async () => {
	change(`UPDATE settings SET value = ${LATER} WHERE name = 'schema_floor'`);
	const ended = await Promise.race([second.server.ended(), sleep(10_000, 'late', { ref: false })]);
	assert.deepEqual(ended, { code: 1, signal: null });
	assert.match(second.server.stderr(), /"server\.outdated"/);
	assert.match(second.server.stderr(), /the store asks for a Licet of schema 1000 or later/);
	assert.deepEqual(await first.server.ended(), { code: 1, signal: null });
});

test('and it does not start on that store again', async () => {
	const again = await runCommand(['serve', '--config', second.config]);
	assert.equal(again.code, 1);
	assert.match(again.stderr, /asks for a Licet of schema 1000 or later, and this one .* is of \d+: start the later one/);
	await licets.balancer.stop();
});
