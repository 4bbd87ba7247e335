/* SPDX-License-Identifier: Apache-2.0 */
/* `licet size`, and that a store gives back what its time is over. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { obtainTokens } from './lib/flow.mjs';
import { endsCleanly, runCommand, startDemo } from './lib/licet.mjs';

const GRANTS = 6;
const OVER = 1700000000000000; /* an instant long ago */
const licet = await startDemo();

/* {noun: {rows, mib, toCome}} as `licet size` tells. */
async function sizes() {
	const done = await runCommand(['size', '--data', licet.data]);
	assert.equal(done.code, 0, done.stderr);
	return Object.fromEntries(done.stdout.split('\n').slice(1).filter(Boolean).map((line) => {
		const [noun, rows, mib, , toCome] = line.trim().split(/\s+/);
		return [noun, { rows: Number(rows), mib: Number(mib), toCome: Number(toCome) }];
	}));
}

function sql(text) {
	return execFileSync('sqlite3', ['-cmd', '.timeout 5000', join(licet.data, 'licet.db'), text],
		{ encoding: 'utf8' });
}

test('licet size tells rows, bytes and what they come to, beside a running server', async () => {
	const before = await sizes();
	for (let i = 0; i < GRANTS; i++)
		await obtainTokens(licet.tenant('rfc'), { scope: 'openid offline_access' });
	const after = await sizes();
	assert.equal(after.grants.rows, before.grants.rows + GRANTS);
	assert.ok(after.sessions.rows > before.sessions.rows);
	assert.equal(after.users.rows, after.users.toCome);
	/* Thirty days of grants, as many in each hour. */
	const more = after.grants.toCome - before.grants.toCome;
	assert.ok(more >= GRANTS * 30 * 24 && more <= GRANTS * (30 * 24 + 1), `${more}`);
	assert.ok(after.grants.mib >= 0);
});

test('rows whose time is over leave, in steps, while people sign in', async () => {
	const copies = 3_000;
	const columns = sql("SELECT group_concat(name) FROM pragma_table_info('grants')" +
		" WHERE name NOT IN ('id', 'purge_at')").trim();
	sql(`WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < ${copies}) ` +
		`INSERT INTO grants (id, purge_at, ${columns}) SELECT c.x, ${OVER}, ${columns} FROM c, ` +
		'(SELECT * FROM grants LIMIT 1)');
	for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(200)) {
		const began = Date.now();
		await obtainTokens(licet.tenant('rfc'));
		assert.ok(Date.now() - began < 5_000, 'nobody waits long for it');
		if (Number(sql(`SELECT COUNT(*) FROM grants WHERE purge_at = ${OVER}`)) === 0)
			break;
	}
	assert.equal(Number(sql(`SELECT COUNT(*) FROM grants WHERE purge_at = ${OVER}`)), 0);
});

endsCleanly(licet);
