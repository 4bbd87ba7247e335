/* SPDX-License-Identifier: Apache-2.0 */
/* One installation of three embedded shards and three Licets, of which each begins new sessions in
 * the shard of its own number, behind one address that leads to the Licet that a test says. */
import { execFileSync } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Balancer } from '../../cluster/lib/balancer.mjs';
import { freePort, newFolder, runCommand, startServe } from './licet.mjs';
import { mustRun } from './serve.mjs';
import { tenantOf } from './tenants.mjs';

/* Shards are looked at every second. */
const SEEN_WITHIN_MS = 2_500;
export const NUMBERS = [0, 1, 2];

export class Shards {
	/* `documentAt(origin)` is what is imported. */
	static async start(documentAt) {
		const shards = new Shards();
		shards.folder = newFolder();
		shards.balancer = await Balancer.start();
		shards.origin = `http://localhost:${shards.balancer.port}`;
		shards.listed = [1, 2];
		shards.licets = [];
		for (const number of NUMBERS)
			shards.licets.push({ number, port: await freePort(),
				config: join(shards.folder, `licet${number}.yaml`) });
		shards.configure();
		await mustRun('key', 'master', ...shards.of(0));
		await shards.mustImport(documentAt(shards.origin));
		await mustRun('cluster', 'fill', ...shards.of(0));
		await shards.begin();
		return shards;
	}

	dataOf(number) {
		return join(this.folder, `shard${number}`);
	}

	/* Writes the configurations anew: each Licet prefers its own shard. */
	configure(weightOf = (licet, shard) => (licet === shard ? 1 : 0)) {
		for (const { number, port, config } of this.licets)
			writeFileSync(config, ['listeners:', '  - address: 127.0.0.1', `    port: ${port}`,
				'store:', '  sqlite:', `    folder: ${this.dataOf(0)}`,
				`  weight: ${weightOf(number, 0)}`,
				...(this.listed.length > 0 ? ['  shards:'] : []),
				...this.listed.flatMap((shard) => [`    - number: ${shard}`, '      sqlite:',
					`        folder: ${this.dataOf(shard)}`,
					`      weight: ${weightOf(number, shard)}`]),
				'master_key:', `  file: ${join(this.folder, 'master.key')}`,
				'control:', `  folder: ${this.folder}`, 'log:',
				`  file: ${join(this.folder, 'events.jsonl')}`, ''].join('\n'));
	}

	async begin() {
		for (const licet of this.licets)
			licet.server = await startServe({ config: licet.config, port: licet.port,
				origin: `http://127.0.0.1:${licet.port}` });
	}

	async end() {
		for (const { server } of this.licets)
			await server.stop();
	}

	async stop() {
		await this.end();
		await this.balancer.stop();
	}

	/* The tenant of `profile`, by the Licet of that number from now on. */
	tenant(profile, number) {
		this.balancer.nodes = [{ host: '127.0.0.1', port: this.licets[number].port }];
		return tenantOf(profile, this.origin);
	}

	of(number) {
		return ['--config', this.licets[number].config];
	}

	/* Imports whatever becomes of it: {code, stdout, stderr}. */
	import(document) {
		const file = join(newFolder(), 'import.json');
		writeFileSync(file, JSON.stringify(document));
		return runCommand(['import', file, ...this.of(0)]);
	}

	async mustImport(document) {
		const { code, stdout, stderr } = await this.import(document);
		/* Before the first fill it says that the shards do not know of it. */
		if (code !== 0 && !stderr.includes('cluster fill'))
			throw new Error(stdout + stderr);
	}

	/* What the shard's own store answers to one statement. */
	ask(number, sql) {
		return execFileSync('sqlite3', ['-readonly', join(this.dataOf(number), 'licet.db'), sql])
			.toString().trim();
	}

	counts(table) {
		return NUMBERS.map((number) => Number(this.ask(number, `SELECT COUNT(*) FROM ${table}`)));
	}

	/* Starts all anew while the shard is not where it was. */
	async takeAway(number) {
		await this.end();
		renameSync(this.dataOf(number), `${this.dataOf(number)}-away`);
		await this.begin();
	}

	async bringBack(number) {
		renameSync(`${this.dataOf(number)}-away`, this.dataOf(number));
		await sleep(SEEN_WITHIN_MS);
	}
}
