/* SPDX-License-Identifier: Apache-2.0 */
/* Three Licets on one store behind a balancer that remembers nothing, killed and started again. The store
 * is SQLite, or the engine that $LICET_SUITE_DSN names. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Agent } from '../flows/lib/agent.mjs';
import { authorizeUrl, obtainCode } from '../flows/lib/flow.mjs';
import { textOf } from '../flows/lib/html.mjs';
import { send } from '../flows/lib/http.mjs';
import { newFolder } from '../flows/lib/licet.mjs';
import { users } from '../flows/lib/tenants.mjs';
import { History, violationsOf } from './lib/history.mjs';
import { client, Licets } from './lib/licets.mjs';
import { Workload } from './lib/workload.mjs';

const KILLS = 6;
const RACES = 100;
const HANDS = 50;
/* Servers tell each other every second, and listen as often. */
const TOLD_WITHIN_MS = 3_000;

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

/* A client that proves itself to that node, rightly or not. */
function askNode({ port }, secret, from) {
	return send({ url: licets.tenant.introspect.replace(/:[0-9]+/, `:${port}`), from,
		headers: { Host: new URL(licets.origin).host },
		form: { token: 'none', client_id: client.id, client_secret: secret } });
}

/* Ten wrong ones are free: five at the third are too many only with what it has heard. */
test(`A11 three Licets, one ${name}: wrong secrets at two of them are waited for at the third`, async () => {
	const from = '127.0.0.77';
	const [first, second, third] = licets.nodes;
	const guess = (node) => Promise.all(Array.from({ length: 5 }, (_, i) => askNode(node, `guess ${i}`, from)));
	for (const { status } of [...await guess(first), ...await guess(second)])
		assert.equal(status, 401);
	await sleep(TOLD_WITHIN_MS);
	await guess(third);
	const late = await askNode(third, client.secret, from);
	assert.equal(late.status, 429, late.text);
	assert.equal((await askNode(third, client.secret, '127.0.0.78')).status, 200);
});

/* Each connection goes to the next node; what each of them sees, it alone would allow. */
test(`L02 three Licets, one ${name}: wrong passwords count together`, async () => {
	const url = authorizeUrl(licets.tenant, { client_id: client.id, redirect_uri: client.redirectUri });
	const guess = async (count) => {
		const agents = Array.from({ length: count }, () => new Agent());
		await Promise.all(agents.map((agent) => agent.open(url)));
		await Promise.all(agents.map((agent, i) =>
			agent.signIn({ username: users.bob.username, password: `guess ${i}` })));
		return agents.filter(({ page }) => !textOf(page.text).includes('Too many tries')).length;
	};
	assert.equal(await guess(9), 9);
	await sleep(TOLD_WITHIN_MS);
	const looked = await guess(18);
	assert.ok(looked >= 2 && looked <= 12, `${looked} were looked at`);
	await obtainCode(licets.tenant, { client, user: users.alice });
});

test('the servers end cleanly', () => licets.stop());
