/* SPDX-License-Identifier: Apache-2.0 */
/* Three Licets whose store moves, from SQLite to PostgreSQL and back, while clients work. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { newFolder, program, runCommand } from '../flows/lib/licet.mjs';
import { dsnOf, startPostgres } from '../flows/lib/postgres.mjs';
import { History, violationsOf } from './lib/history.mjs';
import { Licets } from './lib/licets.mjs';
import { Workload } from './lib/workload.mjs';

const ROWS = Number(process.env.LICET_COPY_ROWS ?? 5_000);
const LANES = 8;
const LONGEST_MS = 200_000;

const postgres = await startPostgres();
const first = join(newFolder(), 'data');
const last = join(newFolder(), 'data');
const dsn = JSON.stringify(dsnOf('moved', postgres.folder));

const onSqlite = (folder) => ['sqlite:', `  folder: ${folder}`];
const onPostgres = ['postgres:', `  dsn: ${dsn}`, '  timeout: 2s'];
const onNextPostgres = ['postgres:', `  dsn: ${dsn}`];

function storeLines(store, next) {
	const lines = [...store, ...(next ? ['next:', ...next.map((line) => `  ${line}`)] : [])];
	return ['store:', ...lines.map((line) => `  ${line}`)];
}

const licets = await Licets.start({ storeLines: storeLines(onSqlite(first), onNextPostgres) });
const [{ config }] = licets.nodes;

after(() => postgres.stop());

/* Grants of others, so that a copy takes its time. */
function fill(folder) {
	const text = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS})
		INSERT INTO grants SELECT i, 1, i, 'other', randomblob(16), 'https://rp.example/callback', 1,
		'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', 'S256', NULL, NULL, NULL, NULL, 0,
		'openid email offline_access', NULL, NULL, 'pwd', 0, randomblob(16), 1, 1, 1, 1, '192.0.2.7', 1,
		1, 1, 0, 0, 0, 0, NULL, 0, NULL, 0, 0 FROM n`;
	const done = spawnSync('sqlite3', ['-cmd', '.timeout 5000', join(folder, 'licet.db'), text],
		{ encoding: 'utf8' });
	assert.equal(done.status, 0, done.stderr);
}

/* --- what clients see ------------------------------------------------------ */

/* The longest time in which nobody was acknowledged anything. */
class TimedHistory extends History {
	longest = 0;
	last = Date.now();

	note(act) {
		super.note(act);
		if (act.fate !== 'acknowledged')
			return;
		this.longest = Math.max(this.longest, Date.now() - this.last);
		this.last = Date.now();
	}
}

async function underLoad(work) {
	const history = new TimedHistory();
	const workload = new Workload(licets.tenant, history);
	workload.begin(LANES);
	await sleep(1_000);
	await work(history);
	await sleep(1_000);
	await workload.end();
	assert.deepEqual(violationsOf(history), []);
	assert.ok(history.count('refresh', 'acknowledged') > 100, 'little was done');
	assert.ok(history.count('revoke', 'acknowledged') > 5, 'little was revoked');
	return history;
}

/* --- the command ----------------------------------------------------------- */

/* Runs it, and kills it after so long, unless it has ended. */
function copyUntil(ms, { more = [], hasBegun = () => {} } = {}) {
	return new Promise((done) => {
		const child = spawn(program(), ['store', 'copy', '--config', config, ...more]);
		const said = { stdout: '', stderr: '' };
		const timer = setTimeout(() => child.kill('SIGKILL'), ms);
		child.stdout.once('data', hasBegun);
		child.stdout.on('data', (bytes) => (said.stdout += bytes));
		child.stderr.on('data', (bytes) => (said.stderr += bytes));
		child.on('close', (code) => {
			clearTimeout(timer);
			done({ code, ...said });
		});
	});
}

const copy = (options) => copyUntil(LONGEST_MS, options);

function assertMoved(said) {
	assert.equal(said.code, 0, `${said.stdout}${said.stderr}`);
	const [, ms] = said.stdout.match(/^moved after (\d+) ms without changes$/m);
	assert.match(said.stdout, /^grants +\d+ +[0-9a-f]{32}$/m);
	assert.match(said.stdout, /^alike: /m);
	assert.ok(Number(ms) < 1_000, `frozen for ${ms} ms\n${said.stdout}`);
	return Number(ms);
}

/* --- tests ----------------------------------------------------------------- */

test('a store moves from SQLite to PostgreSQL under load: nothing is lost or doubled', async (t) => {
	fill(first);
	let said;
	const history = await underLoad(async () => {
		said = await copy();
	});
	t.diagnostic(`without changes: ${assertMoved(said)} ms; nobody answered: ${history.longest} ms; ` +
		`answered 503: ${history.acts.filter(({ fate }) => fate === 'unknown').length}`);
	assert.ok(Number(postgres.query('SELECT count(*) FROM moved.grants')) > ROWS);
});

test('servers start on the other store, and none serves the one that was left', async () => {
	await licets.killNode(licets.nodes[0]);
	await licets.startNode(licets.nodes[0]);
	await underLoad(() => sleep(500));
	await licets.nodes[0].server.stop();
	licets.rewrite(licets.nodes[0], storeLines(onSqlite(first)));
	const serve = await runCommand(['serve', '--config', config]);
	assert.equal(serve.code, 1);
	assert.match(serve.stderr, /the store has moved to another: name that one as store/);
	const abort = await copy({ more: ['--abort'] });
	assert.equal(abort.code, 1);
	assert.match(abort.stderr, /it has moved: to go back is to copy back/);
});

test('the configuration changes to the other store under load', async () => {
	await underLoad(() => licets.configure(storeLines(onPostgres, onSqlite(last))));
});

test('a copy that is killed again and again, and servers too, lose and double nothing', async (t) => {
	let said = {};
	await underLoad(async () => {
		for (let ms = 200; ms < 4_500 && said.code !== 0; ms += ms < 2_500 ? 800 : 350) {
			said = await copyUntil(ms);
			const node = licets.nodes[Math.floor(ms / 50) % licets.nodes.length];
			await licets.killNode(node);
			await licets.startNode(node);
		}
		if (said.code !== 0)
			said = await copy();
	});
	assert.equal(said.code, 0, said.stderr);
	assert.match(said.stdout, /^alike: /m);
	t.diagnostic(said.stdout.match(/^moved.*$/m)?.[0] ?? 'moved, and killed before it had compared');
	assert.match((await copy()).stderr, /it has been copied, and moved, before/);
});

test('a copy outlives a crash of the store that it copies to', async (t) => {
	let said;
	await licets.configure(storeLines(onSqlite(last), ['postgres:',
		`  dsn: ${JSON.stringify(dsnOf('again', postgres.folder))}`]));
	await underLoad(async () => {
		const begun = Promise.withResolvers();
		const copying = copy({ hasBegun: begun.resolve });
		await begun.promise;
		await sleep(300);
		await postgres.crash();
		await sleep(500);
		await postgres.start();
		said = await copying;
	});
	t.diagnostic(`without changes: ${assertMoved(said)} ms`);
});

test('the servers end cleanly', () => licets.stop());
