/* SPDX-License-Identifier: Apache-2.0 */
/* Several Licets on one store behind one address, each of which may die at any moment. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, newFolder, startServe } from '../../flows/lib/licet.mjs';
import { metadataOf } from '../../flows/lib/import.mjs';
import { mustRun, tenantDocument } from '../../flows/lib/serve.mjs';
import { tenantOf } from '../../flows/lib/tenants.mjs';
import { Balancer } from './balancer.mjs';

/* Rotates although it is confidential: an outage must not cost it a grant. */
export const client = {
	id: 'history', secret: 'history-secret-0123456789abcdef0123456789', auth: 'post',
	redirectUri: 'http://localhost:3000/callback',
};

/* Its codes are soon over. */
export const hasty = { ...client, id: 'hasty' };
export const HASTY_FOR_MS = 8_000;

/* An API that tokens may be for. */
export const resource = 'https://api.example';

function documentAt(origin, people) {
	const { name, base } = tenantOf('rfc', origin);
	const document = tenantDocument(name, base, 'rfc');
	document.clients.push(
		metadataOf(client, { tenant: name, rotate_refresh_tokens: true, code_for: 600, skip_consent: true }),
		metadataOf(hasty, { tenant: name, code_for: HASTY_FOR_MS / 1000, skip_consent: true }));
	document.resources = [{ tenant: name, audience: resource }];
	document.users.push(...people.map((person) => ({ tenant: name, ...person })));
	return document;
}

function writeLines({ folder, config, port, host }, storeLines) {
	writeFileSync(config, ['listeners:', `  - address: ${host}`, `    port: ${port}`,
		...storeLines, 'master_key:', `  file: ${join(folder, 'master.key')}`,
		'control:', `  folder: ${folder}`, ''].join('\n'));
}

async function writeConfig(folder, name, storeLines, machine) {
	const node = { name, folder, config: join(folder, `${name}.yaml`), port: await freePort(),
		host: machine?.address ?? '127.0.0.1', machine };
	writeLines(node, storeLines);
	return node;
}

export class Licets {
	/* `storeLines`: the configuration's part on the store; `people` beside the demo's; `machines`: of a
	 * Network, one for each. */
	static async start({ storeLines, count = 3, people = [], hasShards = false, machines = [] }) {
		const licets = new Licets();
		Object.assign(licets, { people, hasShards });
		const folder = newFolder();
		licets.balancer = await Balancer.start();
		licets.origin = `http://localhost:${licets.balancer.port}`;
		licets.tenant = tenantOf('rfc', licets.origin);
		licets.nodes = [];
		for (let i = 0; i < count; i++)
			licets.nodes.push(await writeConfig(folder, `licet${i}`, storeLines, machines[i]));
		await licets.fill(folder);
		await Promise.all(licets.nodes.map((node) => licets.startNode(node)));
		licets.balancer.nodes = licets.nodes;
		return licets;
	}

	async fill(folder) {
		const [{ config }] = this.nodes;
		const file = join(folder, 'import.json');
		writeFileSync(file, JSON.stringify(documentAt(this.origin, this.people)));
		await mustRun('key', 'master', '--config', config);
		if (this.hasShards)
			await mustRun('cluster', 'fill', '--config', config);
		await mustRun('import', file, '--config', config);
	}

	async startNode(node) {
		node.server = await startServe({ config: node.config, port: node.port,
			origin: `http://${node.host}:${node.port}`, within: node.machine?.enter,
			env: node.machine?.clock?.env });
	}

	rewrite(node, storeLines) {
		writeLines(node, storeLines);
	}

	/* Another configuration of the store, one node after the other. */
	async configure(storeLines) {
		for (const node of this.nodes) {
			this.rewrite(node, storeLines);
			await node.server.stop();
			await this.startNode(node);
		}
	}

	async killNode(node) {
		await node.server.kill();
	}

	async stop() {
		await this.balancer.stop();
		for (const { server } of this.nodes)
			await server.stop();
	}
}
