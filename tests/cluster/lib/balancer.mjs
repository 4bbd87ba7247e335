/* SPDX-License-Identifier: Apache-2.0 */
/* A balancer without any memory: each connection goes to the next node that takes it. */
import { connect, createServer } from 'node:net';

export class Balancer {
	/* `nodes` behind it: {port, host}. */
	static async start(nodes = []) {
		const balancer = new Balancer();
		balancer.nodes = nodes;
		balancer.next = 0;
		balancer.open = new Set();
		balancer.server = createServer((client) => balancer.forward(client, 0));
		await new Promise((done) => balancer.server.listen(0, '127.0.0.1', done));
		balancer.port = balancer.server.address().port;
		return balancer;
	}

	/* A node that refuses is passed over; one that breaks off later breaks the client off. */
	forward(client, tried) {
		if (tried === this.nodes.length) {
			client.destroy();
			return;
		}
		const { host, port } = this.nodes[this.next++ % this.nodes.length];
		const node = connect(port, host);
		let isThere = false;
		this.open.add(client);
		client.on('error', () => node.destroy());
		client.on('close', () => this.open.delete(client));
		node.on('error', () => {
			if (isThere)
				client.destroy();
			else
				this.forward(client, tried + 1);
		});
		node.on('connect', () => {
			isThere = true;
			client.pipe(node);
			node.pipe(client);
			node.on('close', () => client.destroy());
		});
	}

	stop() {
		for (const client of this.open)
			client.destroy();
		return new Promise((done) => this.server.close(done));
	}
}
