/* SPDX-License-Identifier: Apache-2.0 */
/* What an application publishes for the server to fetch, and a server that fetches it. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { authority, serve, tenantDocument } from './serve.mjs';
import { profiles, tenantOf } from './tenants.mjs';

const tls = authority();

/* An https server: {uriOf, pages, counts, ca}. `pages[name]` is what stands at /name: a text, a
 * document, or a function (request, response). */
export async function startPublisher() {
	const pages = {};
	const counts = {};
	const server = createServer({ key: readFileSync(tls.key), cert: readFileSync(tls.certificate) },
		(request, response) => {
			const name = request.url.slice(1);
			const page = pages[name];
			counts[name] = (counts[name] ?? 0) + 1;
			if (typeof page === 'function')
				page(request, response);
			else
				response.writeHead(page === undefined ? 404 : 200)
					.end(typeof page === 'string' ? page : JSON.stringify(page));
		});
	await new Promise((done) => server.listen(0, '127.0.0.1', done));
	server.unref();
	return { pages, counts, uriOf: (name) => `https://localhost:${server.address().port}/${name}` };
}

/* One tenant of each profile; `clientsOf(profile, name)` are further clients of it. */
export function serveProfiles({ clientsOf, settings, more = [], loopback = true }) {
	const document = (origin) => {
		const all = { tenants: [], users: [], clients: [] };
		for (const profile of profiles) {
			const { name, base } = tenantOf(profile, origin);
			const one = tenantDocument(name, base, profile, settings);
			one.clients.push(...clientsOf(profile, name));
			for (const list of Object.keys(all))
				all[list].push(...one[list]);
		}
		return all;
	};
	return serve({ document, more: [...more, 'fetch:', `  allow_loopback: ${loopback}`,
		`  ca_file: ${tls.ca}`] });
}
