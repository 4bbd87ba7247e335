/* SPDX-License-Identifier: Apache-2.0 */
/* Three Licets on three shards, a PostgreSQL each, of which each is killed in turn: whoever is in the
 * other two never notices. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from '../flows/lib/agent.mjs';
import { newKey, proofBy } from '../flows/lib/dpop.mjs';
import { errorOf, exchange, obtainCode, tokensOf } from '../flows/lib/flow.mjs';
import { send } from '../flows/lib/http.mjs';
import { startPostgres } from '../flows/lib/postgres.mjs';
import { History, violationsOf } from './lib/history.mjs';
import { client, Licets, resource } from './lib/licets.mjs';
import { Workload } from './lib/workload.mjs';

const NUMBERS = [0, 1, 2];
/* Longer than a statement may take and it takes to look. */
const AWAY_FOR_MS = 10_000;
const BACK_FOR_MS = 4_000;
const people = Array.from({ length: 16 }, (_, i) =>
	({ username: `person${i}`, password: `password-of-${i}` }));

/* One node each: what a failover does to its own shard is postgres.test.mjs's affair. */
const engines = [];
for (const number of NUMBERS)
	engines[number] = await startPostgres();

function dsnOf(number) {
	return `"host=${engines[number].folder} user=licet dbname=postgres"`;
}

const licets = await Licets.start({ people, hasShards: true, storeLines: [
	'store:', '  postgres:', `    dsn: ${dsnOf(0)}`, '  shards:',
	...[1, 2].flatMap((number) => [`    - number: ${number}`, '      postgres:',
		`        dsn: ${dsnOf(number)}`])] });

function countIn(number, table) {
	return Number(engines[number].query(`SELECT COUNT(*) FROM ${table}`));
}

/* For each shard somebody whose sessions it gets. */
async function findPeople() {
	const found = [];
	for (const user of people) {
		const before = NUMBERS.map((number) => countIn(number, 'sessions'));
		await obtainCode(licets.tenant, { client, user, agent: new Agent() });
		const number = NUMBERS.find((one) => countIn(one, 'sessions') > before[one]);
		found[number] ??= user;
	}
	return found;
}

const persons = await findPeople();

/* Somebody's applications: some with a session that lasts, some with a new one for each grant, for
 * an API that is looked up each time. */
function begin(user) {
	const history = new History();
	const workloads = [new Workload(licets.tenant, history, { user }),
		new Workload(licets.tenant, history, { user, signsInAnew: true,
			asks: { resource } })];
	workloads[1].grants = 1_000_000;
	for (const workload of workloads)
		workload.begin(2);
	return { history, workloads };
}

/* What has been done while it went on. */
function since(history, from) {
	const part = new History();
	part.acts = history.acts.slice(from);
	return part;
}

function countOf(history) {
	const kinds = ['issue', 'redeem', 'refresh', 'revoke'];
	return kinds.reduce((sum, kind) => sum + history.count(kind, 'acknowledged'), 0);
}

test('each shard has somebody, and every shard has everybody', () => {
	assert.equal(persons.filter(Boolean).length, NUMBERS.length);
	for (const number of NUMBERS)
		assert.equal(countIn(number, 'users'), people.length + 2);
});

/* Everybody works while `hurt` is done to a shard, and after `heal`. */
async function whileAway(dead, hurt, heal) {
	const lives = NUMBERS.map((number) => begin(persons[number]));
	await sleep(1_000);
	await hurt();
	const from = lives.map(({ history }) => history.acts.length);
	await sleep(AWAY_FOR_MS);
	const meanwhile = lives.map(({ history }, number) => since(history, from[number]));
	await heal();
	await sleep(BACK_FOR_MS);
	for (const { workloads } of lives)
		await Promise.all(workloads.map((workload) => workload.end()));
	for (const number of NUMBERS)
		assert.deepEqual(violationsOf(lives[number].history), [], `in shard ${number}`);
	for (const number of NUMBERS.filter((one) => one !== dead)) {
		const { history } = lives[number];
		assert.deepEqual(history.acts.filter(({ fate }) => fate === 'unknown'), [],
			`somebody in shard ${number} noticed`);
		assert.ok(countOf(meanwhile[number]) > 100,
			`only ${countOf(meanwhile[number])} were answered in shard ${number}`);
	}
	const noticed = lives[dead].history.acts.filter(({ fate }) => fate === 'unknown');
	assert.ok(noticed.length > 0, 'the shard was not missed');
}

for (const dead of NUMBERS)
	test(`shard ${dead} is killed: nobody in the other two notices, and what it held is good afterwards`,
		() => whileAway(dead, () => engines[dead].crash(), () => engines[dead].start()));

/* The server and those that it has forked. */
function processesOf({ folder }) {
	const [pid] = readFileSync(join(folder, 'data', 'postmaster.pid'), 'utf8').split('\n');
	const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
	return [pid, ...(children ? children.split(' ') : [])].map(Number);
}

for (const frozen of [0, 1])
	test(`shard ${frozen} stands still: nobody in the other two notices, and what it held is good afterwards`,
		async () => {
			let pids;
			const signal = (name) => pids.forEach((pid) => process.kill(pid, name));
			await whileAway(frozen, () => {
				pids = processesOf(engines[frozen]);
				signal('SIGSTOP');
			}, () => signal('SIGCONT'));
		});

function codeOf(number) {
	return obtainCode(licets.tenant, { client, user: persons[number], agent: new Agent() });
}

async function readiness() {
	const [{ port }] = licets.nodes;
	return (await send({ url: `http://127.0.0.1:${port}/readyz` })).status;
}

async function untilReady(status) {
	for (const until = Date.now() + AWAY_FOR_MS * 2; (await readiness()) !== status; await sleep(200))
		assert.ok(Date.now() < until, `not ${status}`);
}

test('while the home is away what comes with a proof is told to try later, and the code stays good', async () => {
	const code = await codeOf(1);
	const key = newKey();
	const withProof = () => exchange(licets.tenant, code, {},
		{ headers: { DPoP: proofBy(key, { url: licets.tenant.token }) } });
	await engines[0].crash();
	await sleep(AWAY_FOR_MS);
	assert.equal(await readiness(), 200);
	const reply = await withProof();
	assert.deepEqual(errorOf(reply), { status: 503, error: 'temporarily_unavailable' });
	assert.match(reply.headers['retry-after'], /^[1-9]/);
	await engines[0].start();
	await sleep(BACK_FOR_MS);
	assert.equal(tokensOf(await withProof()).token_type, 'DPoP');
});

test('a Licet is ready as long as one shard answers', async () => {
	await engines[0].crash();
	await engines[1].crash();
	await sleep(AWAY_FOR_MS);
	assert.equal(await readiness(), 200);
	await engines[2].crash();
	await untilReady(503);
	for (const engine of engines)
		await engine.start();
	await untilReady(200);
	await sleep(BACK_FOR_MS);
	for (const number of NUMBERS)
		tokensOf(await exchange(licets.tenant, await codeOf(number)));
});

test('the servers end cleanly', () => licets.stop());
