/* SPDX-License-Identifier: Apache-2.0 */
/* Three Licets, three PostgreSQL nodes and their etcd, on machines whose network is cut, whose
 * clocks are wrong and whose disks are full (E01, E02). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { proofBy, newKey } from '../flows/lib/dpop.mjs';
import { exchange, obtainCode, tokensOf } from '../flows/lib/flow.mjs';
import { send } from '../flows/lib/http.mjs';
import { underAttack, untilAnswered } from './lib/attack.mjs';
import { HASTY_FOR_MS, Licets, client, hasty } from './lib/licets.mjs';
import { enterNamespaces } from './lib/namespaces.mjs';
import { Network } from './lib/network.mjs';
import { Cluster } from './lib/patroni.mjs';
import { fillDisk, freeDisk } from './lib/processes.mjs';
import { Clock } from './lib/skew.mjs';
import { storeLinesOf } from './lib/store_lines.mjs';

await enterNamespaces(import.meta.url);

const IS_WHOLE = process.env.LICET_NEMESIS === 'whole';
const ROUNDS = IS_WHOLE ? 5 : 1;
const SKEW = 30;
const DISK_MIB = 300;

const network = new Network();

async function addMachines(name) {
	const added = [];
	for (let i = 0; i < 3; i++)
		added.push({ ...await network.add(`${name}${i}`), clock: new Clock() });
	return added;
}

const databases = await addMachines('db');
const servers = await addMachines('licet');
const cluster = await Cluster.start({ machines: [...databases, await network.add('etcd')], disk: DISK_MIB });
const licets = await Licets.start({ storeLines: storeLinesOf(cluster), machines: servers });
const attack = (hurt, least = 30) => underAttack(licets.tenant, least, hurt);

async function sidesOf() {
	const primary = await cluster.whole();
	const others = network.machines.filter(({ name }) => name !== primary.machine.name);
	return { primary, machine: primary.machine, others };
}

/* Answers that had left before a cut. */
const ON_THEIR_WAY_MS = 2_000;

/* --- Partitions ------------------------------------------------------------ */

for (let round = 1; round <= ROUNDS; round++) {
	test(`a primary and a Licet cut from all others acknowledge nothing more (${round})`, async (t) => {
		await attack(async (history) => {
			const { primary, machine, others } = await sidesOf();
			const [alone] = servers;
			network.cut([machine, alone], others.filter(({ name }) => name !== alone.name));
			await sleep(ON_THEIR_WAY_MS);
			t.diagnostic(`outage: ${ON_THEIR_WAY_MS + await untilAnswered(history)} ms`);
			assert.notEqual(await cluster.primary() ?? primary, primary);
			await sleep(3_000);
			network.heal();
			await cluster.whole();
			await untilAnswered(history);
		});
	});

	test(`a primary that hears the others and is not heard loses and doubles nothing (${round})`,
		async (t) => {
			await attack(async (history) => {
				const { machine, others } = await sidesOf();
				for (const other of others)
					network.cutOneWay(machine, other);
				await sleep(ON_THEIR_WAY_MS);
				t.diagnostic(`outage: ${ON_THEIR_WAY_MS + await untilAnswered(history)} ms`);
				network.heal();
				await cluster.whole();
				await untilAnswered(history);
			});
		});

	test(`a Licet that the primary hears and that hears nothing back loses nothing (${round})`, async () => {
		const history = await attack(async () => {
			const { machine } = await sidesOf();
			network.cutOneWay(machine, servers[1]);
			await sleep(12_000);
			network.heal();
		});
		assert.ok(history.count('refresh', 'unknown') > 0, 'no answer was lost');
	});
}

/* --- Clocks ---------------------------------------------------------------- */

function readyOf(node) {
	return send({ url: `http://${node.host}:${node.port}/readyz` });
}

/* What a Licet has told of its distance to the database's clock, the last in seconds. */
function toldOffset(node) {
	const told = node.server.stderr().split('\n').filter((line) => line.includes('"store.postgres.clock"'));
	return told.length === 0 ? 0 : Math.round(JSON.parse(told.at(-1)).offset_ms / 1000);
}

async function untilTold(seconds) {
	for (const deadline = Date.now() + 10_000; Date.now() < deadline; await sleep(100))
		if (licets.nodes.every((node) => Math.abs(toldOffset(node) - seconds) <= 1))
			return;
	assert.fail(`told: ${licets.nodes.map(toldOffset)}, the clock is ${seconds} s off`);
}

/* One exchange with a proof that a right clock made, at each Licet. */
async function exchangeByProof() {
	for (const node of licets.nodes) {
		licets.balancer.nodes = [node];
		const proof = proofBy(newKey(), { url: licets.tenant.token });
		tokensOf(await exchange(licets.tenant, await obtainCode(licets.tenant, { client }), {},
			{ headers: { DPoP: proof } }));
	}
	licets.balancer.nodes = licets.nodes;
}

async function switchOver(history) {
	const candidate = await cluster.switchOver();
	const outage = await untilAnswered(history);
	assert.equal(await cluster.whole(), candidate);
	return outage;
}

test(`the primary moves to a clock that is ${SKEW} s ahead and back, and nobody is refused`, async (t) => {
	await attack(async (history) => {
		const { primary } = await sidesOf();
		for (const machine of databases)
			machine.clock.set(machine === primary.machine ? 0 : SKEW);
		t.diagnostic(`outage: ${await switchOver(history)} ms`);
		await untilTold(SKEW);
		await exchangeByProof();
		const { primary: ahead } = await sidesOf();
		for (const machine of databases)
			machine.clock.set(machine === ahead.machine ? SKEW : 0);
		t.diagnostic(`outage: ${await switchOver(history)} ms`);
		await untilTold(0);
		await exchangeByProof();
	});
	for (const machine of databases)
		machine.clock.set(0);
});

test('a Licet whose database is farther than half a minute away says that it is not ready', async () => {
	const { primary } = await sidesOf();
	primary.machine.clock.set(SKEW + 10);
	await untilTold(SKEW + 10);
	for (const node of licets.nodes) {
		const reply = await readyOf(node);
		assert.equal(reply.status, 503);
		assert.match(reply.text, /clock and this machine's are half a minute apart/);
	}
	primary.machine.clock.set(0);
	await untilTold(0);
	for (const node of licets.nodes)
		assert.equal((await readyOf(node)).status, 200);
});

test(`Licets whose clocks are ${SKEW} s ahead and behind keep to the database's`, async () => {
	const clocks = [SKEW, -SKEW, 0];
	for (const [i, node] of licets.nodes.entries()) {
		node.machine.clock.set(clocks[i]);
		await node.server.stop();
		await licets.startNode(node);
	}
	await exchangeByProof();
	const codes = [];
	for (const [i, node] of licets.nodes.entries()) {
		licets.balancer.nodes = [node];
		assert.equal(toldOffset(node), clocks[i] === 0 ? 0 : -clocks[i]);
		codes.push(await obtainCode(licets.tenant, { client: hasty }));
		const tokens = tokensOf(await exchange(licets.tenant,
			await obtainCode(licets.tenant, { client: hasty })));
		const { iat } = JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url'));
		assert.ok(Math.abs(iat - Date.now() / 1000) < 5, `iat is ${iat}`);
	}
	licets.balancer.nodes = licets.nodes;
	await sleep(HASTY_FOR_MS);
	for (const code of codes)
		assert.equal((await exchange(licets.tenant, code)).json.error, 'invalid_grant');
	for (const node of licets.nodes) {
		await node.server.stop();
		node.machine.clock.set(0);
		await licets.startNode(node);
	}
});

/* --- Disks ----------------------------------------------------------------- */

test('a primary whose disk is full hands over, and comes back when there is room', async (t) => {
	await attack(async (history) => {
		const { primary } = await sidesOf();
		fillDisk(primary.folder);
		/* It goes on while the files of its log have room. */
		for (let i = 0; i < 20; i++)
			try {
				cluster.query(primary, 'SELECT pg_switch_wal()');
				await sleep(100);
			} catch {
				break;
			}
		t.diagnostic(`outage: ${await untilAnswered(history)} ms`);
		assert.notEqual(await cluster.primary(), primary);
		freeDisk(primary.folder);
		await cluster.whole();
	});
});

test('the servers end cleanly', async () => {
	await licets.stop();
	await cluster.stop();
});
