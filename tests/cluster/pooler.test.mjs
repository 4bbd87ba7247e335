/* SPDX-License-Identifier: Apache-2.0 */
/* Two Licets behind a pooler that gives each transaction another connection, and a database that
 * crashes behind it. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { freePort } from '../flows/lib/licet.mjs';
import { startPostgres } from '../flows/lib/postgres.mjs';
import { checkHistory, underAttack, untilAnswered } from './lib/attack.mjs';
import { History } from './lib/history.mjs';
import { Licets } from './lib/licets.mjs';
import { Running, newFolder, until } from './lib/processes.mjs';
import { Workload } from './lib/workload.mjs';

const RACES = 40;
const HANDS = 25;
const CRASHES = 3;

const postgres = await startPostgres({ settings: ['fsync=on'] });
const folder = newFolder('pooler');
const port = await freePort();
const ini = join(folder, 'pgbouncer.ini');
writeFileSync(ini, `[databases]
postgres = host=${postgres.folder} user=licet
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = 6
max_client_conn = 200
server_login_retry = 1
`, { mode: 0o644 });
const pooler = new Running('/usr/sbin/pgbouncer', [ini], { log: join(folder, 'log'), cwd: folder });
await until('the pooler listens', 10_000, () => pooler.said().includes('listening on 127.0.0.1'));
const licets = await Licets.start({ count: 2, storeLines: ['store:', '  postgres:',
	`    dsn: host=127.0.0.1 port=${port} user=licet dbname=postgres`, '    prepares: false'] });

test(`behind a pooler ${RACES} codes in ${HANDS} hands each are redeemed once`, async () => {
	const history = new History();
	const workload = new Workload(licets.tenant, history);
	for (const code of await workload.gather(RACES))
		await workload.race(code, HANDS);
	checkHistory(history);
	assert.equal(history.count('redeem', 'acknowledged'), RACES);
});

test(`behind a pooler ${CRASHES} crashes of the database lose and double nothing`, async () => {
	await underAttack(licets.tenant, 50, async (history) => {
		for (let i = 0; i < CRASHES; i++) {
			await untilAnswered(history);
			await postgres.crash();
			await postgres.start();
			await untilAnswered(history);
		}
	});
});

test('the servers end cleanly', async () => {
	await licets.stop();
	await pooler.kill();
});
