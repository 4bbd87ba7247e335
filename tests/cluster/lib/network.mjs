/* SPDX-License-Identifier: Apache-2.0 */
/* Machines, as far as their network goes: a namespace each, on one bridge, whose links can be cut.
 * For files that have entered namespaces of their own. */
import { execFileSync, spawn } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const NET = '10.77.0';
/* Of no machine: what is sent there comes to nobody, and nobody says so. */
const NOBODY = '02:00:00:00:00:fe';

function ip(...words) {
	execFileSync('ip', words, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function namespaceOf(pid) {
	return readlinkSync(`/proc/${pid}/ns/net`);
}

/* A process that does nothing but keep a network namespace. */
async function holdNamespace() {
	const holder = spawn('setpriv', ['--pdeathsig=KILL', 'unshare', '--net', 'sleep', 'infinity'],
		{ stdio: 'ignore' });
	holder.unref();
	while (namespaceOf(holder.pid) === namespaceOf('self'))
		await sleep(5);
	return holder;
}

export class Network {
	machines = [];
	cuts = [];

	/* This process is at 10.77.0.1, beside all machines. */
	constructor() {
		ip('link', 'add', 'br0', 'type', 'bridge');
		ip('addr', 'add', `${NET}.1/24`, 'dev', 'br0');
		ip('link', 'set', 'br0', 'up');
	}

	async add(name) {
		const holder = await holdNamespace();
		const number = this.machines.length + 2;
		const machine = { name, address: `${NET}.${number}`, holder,
			enter: ['nsenter', `--net=/proc/${holder.pid}/ns/net`] };
		ip('link', 'add', `m${number}`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', `${holder.pid}`);
		ip('link', 'set', `m${number}`, 'master', 'br0', 'up');
		this.run(machine, 'link', 'set', 'lo', 'up');
		this.run(machine, 'addr', 'add', `${machine.address}/24`, 'dev', 'eth0');
		this.run(machine, 'link', 'set', 'eth0', 'up');
		this.machines.push(machine);
		return machine;
	}

	run(machine, ...words) {
		execFileSync(machine.enter[0], [...machine.enter.slice(1), 'ip', ...words],
			{ stdio: ['ignore', 'ignore', 'inherit'] });
	}

	/* What one sends to the other vanishes; the other way goes on. */
	cutOneWay(from, to) {
		this.run(from, 'neigh', 'replace', to.address, 'lladdr', NOBODY, 'dev', 'eth0', 'nud', 'permanent');
		this.cuts.push([from, to]);
	}

	/* No machine of one list reaches one of the other. */
	cut(these, those) {
		for (const one of these)
			for (const other of those) {
				this.cutOneWay(one, other);
				this.cutOneWay(other, one);
			}
	}

	heal() {
		for (const [from, to] of this.cuts.splice(0))
			this.run(from, 'neigh', 'del', to.address, 'dev', 'eth0');
	}
}
