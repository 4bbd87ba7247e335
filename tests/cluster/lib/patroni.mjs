/* SPDX-License-Identifier: Apache-2.0 */
/* PostgreSQL nodes under Patroni and etcd, all on this machine: start, find the primary, hurt. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../flows/lib/licet.mjs';
import { programs } from '../../flows/lib/postgres.mjs';
import { Running, makeDisk, makeFolder, newFolder, until } from './processes.mjs';

const START_WITHIN_MS = 90_000;

/* Where a node without a machine of its own is. */
const HERE = '127.0.0.1';

function addressOf(machine) {
	return machine?.address ?? HERE;
}

async function startEtcd(folder, machine) {
	const host = addressOf(machine);
	const [client, peer] = [`${host}:${await freePort()}`, `${host}:${await freePort()}`];
	const etcd = new Running('etcd', [
		'--name', 'licet', '--data-dir', makeFolder(join(folder, 'etcd')),
		'--listen-client-urls', `http://${client}`, '--advertise-client-urls', `http://${client}`,
		'--listen-peer-urls', `http://${peer}`, '--initial-advertise-peer-urls', `http://${peer}`,
		'--initial-cluster', `licet=http://${peer}`,
	], { log: join(folder, 'etcd.log'), machine });
	etcd.address = client;
	await until('etcd answers', 20_000,
		() => fetch(`http://${client}/health`).then((reply) => reply.ok, () => false));
	return etcd;
}

function configOf(cluster, node) {
	const { isSynchronous } = cluster;
	const host = addressOf(node.machine);
	return {
		scope: 'licet',
		name: node.name,
		restapi: { listen: `${host}:${node.rest}`, connect_address: `${host}:${node.rest}` },
		etcd3: { hosts: [cluster.etcd.address] },
		bootstrap: {
			/* The shortest times that Patroni takes. */
			dcs: {
				ttl: 20, loop_wait: 1, retry_timeout: 3, maximum_lag_on_failover: 1048576,
				primary_start_timeout: 0, master_start_timeout: 0,
				synchronous_mode: isSynchronous, synchronous_mode_strict: isSynchronous,
				postgresql: { use_pg_rewind: true, use_slots: true },
			},
			initdb: ['data-checksums', { encoding: 'UTF8' }, { locale: 'C.UTF-8' }],
		},
		postgresql: {
			listen: `${host}:${node.port}`,
			connect_address: `${host}:${node.port}`,
			data_dir: join(node.folder, 'data'),
			bin_dir: programs(),
			pgpass: join(node.folder, 'pgpass'),
			authentication: {
				superuser: { username: 'postgres', password: cluster.password },
				replication: { username: 'replicator', password: cluster.password },
			},
			pg_hba: ['local all all trust',
				...[`${HERE}/32`, '10.77.0.0/24'].flatMap((net) => [
					`host all all ${net} scram-sha-256`, `host replication all ${net} scram-sha-256`])],
			parameters: {
				unix_socket_directories: node.folder, max_connections: 100, shared_buffers: '64MB',
				wal_keep_size: '256MB', wal_receiver_timeout: '5s', wal_sender_timeout: '5s',
				max_wal_size: '512MB', ...cluster.parameters,
			},
		},
	};
}

/* YAML is a superset of JSON. */
async function makeNode(cluster, name, machine) {
	const path = join(cluster.folder, name);
	const node = { name, machine,
		folder: cluster.disk ? makeDisk(path, cluster.disk) : makeFolder(path),
		port: await freePort(), rest: await freePort() };
	node.address = `${addressOf(machine)}:${node.port}`;
	node.api = `http://${addressOf(machine)}:${node.rest}/patroni`;
	node.config = join(node.folder, 'patroni.yml');
	writeFileSync(node.config, JSON.stringify(configOf(cluster, node)), { mode: 0o644 });
	return node;
}

/* Patroni's own group ends with this process; the postmasters do not. */
const clusters = new Set();

process.on('exit', () => {
	for (const { nodes } of clusters)
		for (const node of nodes)
			killPostmaster(node, 'SIGKILL');
});

/* --- a cluster ------------------------------------------------------------- */

export class Cluster {
	/* `machines`: of a Network, one for each node and one for etcd;
	 * `disk`: the MiB of each node's. */
	static async start({ nodes = 3, isSynchronous = true, parameters = {}, machines, disk } = {}) {
		const cluster = new Cluster();
		Object.assign(cluster, { folder: newFolder('cluster'), isSynchronous, parameters, disk,
			password: 'licet-cluster-test', nodes: [] });
		clusters.add(cluster);
		cluster.etcd = await startEtcd(cluster.folder, machines?.[nodes]);
		for (let i = 0; i < nodes; i++)
			cluster.nodes.push(await makeNode(cluster, `pg${i}`, machines?.[i]));
		for (const node of cluster.nodes)
			cluster.startNode(node);
		await cluster.whole(START_WITHIN_MS);
		return cluster;
	}

	startNode(node) {
		node.patroni = new Running('patroni', [node.config],
			{ log: join(this.folder, `${node.name}.log`), cwd: node.folder, machine: node.machine,
				env: node.machine?.clock?.env });
	}

	async roleOf(node) {
		const reply = await fetch(node.api,
			{ signal: AbortSignal.timeout(2_000) }).catch(() => null);
		if (!reply)
			return { role: 'away' };
		const state = await reply.json();
		return { ...state, role: state.role === 'primary' ? 'master' : state.role };
	}

	async primary() {
		for (const node of this.nodes) {
			const state = await this.roleOf(node);
			if (state.role === 'master' && state.state === 'running')
				return node;
		}
		return null;
	}

	async standbys() {
		const found = [];
		for (const node of this.nodes) {
			const state = await this.roleOf(node);
			if (state.role === 'replica' && state.state?.match(/running|streaming/))
				found.push({ ...state, node });
		}
		return found;
	}

	/* One primary, all others stream, and Patroni has named one of them synchronous where that is
	 * asked: until then it promotes nobody. */
	async whole(within_ms = 60_000) {
		const states = async () => JSON.stringify(await Promise.all(this.nodes.map((node) => this.roleOf(node))));
		return until('the cluster is whole', within_ms, async () => {
			const primary = await this.primary();
			const standbys = await this.standbys();
			if (!primary || standbys.length !== this.nodes.length - 1)
				return null;
			const state = await this.roleOf(primary);
			const streaming = (state.replication ?? []).filter(({ state: at }) => at === 'streaming');
			if (streaming.length !== standbys.length)
				return null;
			const isNamed = standbys.some(({ sync_standby: is }) => is);
			return !this.isSynchronous || isNamed ? primary : null;
		}, states);
	}

	/* One DSN that names every node. */
	dsn(database = 'postgres') {
		const hosts = this.nodes.map(({ address }) => address).join(',');
		return `postgresql://postgres@${hosts}/${database}` +
			'?target_session_attrs=read-write&connect_timeout=3&sslmode=disable';
	}

	/* A superuser's word to one node. */
	query(node, sql) {
		return execFileSync(join(programs(), 'psql'), ['-XAtq', '-h', node.folder, '-p', `${node.port}`,
			'-U', 'postgres', '-c', sql], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
	}

	/* Hands over in good order, to the synchronous standby. */
	async switchOver() {
		const leader = await this.whole();
		const [{ node: candidate }] = (await this.standbys()).filter(({ sync_standby: is }) => is);
		const reply = await fetch(leader.api.replace(/patroni$/, 'switchover'), { method: 'POST',
			body: JSON.stringify({ leader: leader.name, candidate: candidate.name }) });
		assert.equal(reply.status, 200, await reply.text());
		return candidate;
	}

	/* The database alone: Patroni, still there, starts it again or hands over. */
	crash(node) {
		killPostmaster(node, 'SIGKILL');
	}

	/* All of the machine, as far as the others can tell. */
	async die(node) {
		await node.patroni.kill();
		killPostmaster(node, 'SIGKILL');
		/* What Patroni was just about to start, or to mend by. */
		for (const pid of allProcesses().filter((one) => commandOf(one).includes(`${node.folder}/data`)))
			signalOne(pid, 'SIGKILL');
	}

	/* A dead machine's disk is replaced: its database is copied from the primary. */
	forget(node) {
		rmSync(join(node.folder, 'data'), { recursive: true });
	}

	/* A machine that stands still, as one whose hypervisor has paused it. */
	freeze(node) {
		node.patroni.signal('SIGSTOP');
		for (const pid of processesOf(node))
			process.kill(pid, 'SIGSTOP');
	}

	thaw(node) {
		for (const pid of processesOf(node))
			process.kill(pid, 'SIGCONT');
		node.patroni.signal('SIGCONT');
	}

	/* The process that takes the primary's log in. */
	receiverOf(node) {
		return processesOf(node).find((pid) => commandOf(pid).includes('walreceiver'));
	}

	async stop() {
		for (const node of this.nodes)
			await this.die(node);
		await this.etcd.kill();
		clusters.delete(this);
	}
}

/* Patroni starts the postmaster in a session of its own; its children follow it. */
function killPostmaster(node, signal) {
	try {
		signalOne(postmasterOf(node), signal);
	} catch (error) {
		if (error.code !== 'ENOENT')
			throw error;
	}
}

function signalOne(pid, signal) {
	try {
		process.kill(pid, signal);
	} catch (error) {
		if (error.code !== 'ESRCH')
			throw error;
	}
}

function allProcesses() {
	return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
}

function commandOf(pid) {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
	} catch {
		return '';
	}
}

function parentOf(pid) {
	try {
		return Number(readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) . /s, '').split(' ')[0]);
	} catch {
		return 0;
	}
}

/* The postmaster and its children. */
function processesOf(node) {
	const postmaster = postmasterOf(node);
	return [postmaster, ...allProcesses().filter((pid) => parentOf(pid) === postmaster)];
}

export function postmasterOf(node) {
	return Number(readFileSync(join(node.folder, 'data', 'postmaster.pid'), 'utf8').split('\n')[0]);
}
