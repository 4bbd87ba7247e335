/* SPDX-License-Identifier: Apache-2.0 */
/* `licet serve` with a configuration of the test's own, over TLS or plain. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { authorityFiles } from './authority.mjs';
import { metadataOf } from './import.mjs';
import { freePort, newFolder, runCommand, startServe } from './licet.mjs';
import { dsnOf, isOnPostgres } from './postgres.mjs';
import { AFTER_SIGN_OUT, clients, users } from './tenants.mjs';

/* The files of the authority that run.mjs made, and that Node trusts by NODE_EXTRA_CA_CERTS. */
export function authority() {
	assert.ok(process.env.FLOWS_AUTHORITY, 'run.mjs makes the authority');
	return authorityFiles(process.env.FLOWS_AUTHORITY);
}

function listenerLines(port, tls) {
	const lines = ['listeners:', '  - address: 127.0.0.1', `    port: ${port}`];
	if (tls)
		lines.push('    tls:', `      certificate: ${tls.certificate}`, `      key: ${tls.key}`);
	if (tls?.ocsp)
		lines.push(`      ocsp: ${tls.ocsp}`);
	return lines;
}

function storeLines(folder, dsn, availability) {
	if (!dsn && !isOnPostgres)
		return ['store:', '  sqlite:', '    folder: data'];
	return ['store:', ...(availability ? [`  availability: ${availability}`] : []), '  postgres:',
		`    dsn: "${dsn ?? dsnOf(folder)}"`, 'control:', '  folder: data'];
}

/* Writes licet.yaml into a new folder: {folder, config, port}. `more` are further lines. */
export async function writeConfig({ tls, more = [], port, dsn, availability } = {}) {
	const folder = newFolder();
	const config = join(folder, 'licet.yaml');
	port ??= await freePort();
	writeFileSync(config, [...listenerLines(port, tls), ...storeLines(folder, dsn, availability),
		'master_key:', '  file: master.key', ...more, ''].join('\n'));
	return { folder, config, port };
}

/* Runs a command that must succeed. */
export async function mustRun(...args) {
	const done = await runCommand(args);
	assert.equal(done.code, 0, `licet ${args.join(' ')}\n${done.stdout}${done.stderr}`);
	return done;
}

/* A client of the tenant "main" that proves itself by a certificate, and no more. */
export function certificateClient(id, method, more) {
	return { client_id: id, tenant: 'main', token_endpoint_auth_method: method, grant_types: [],
		response_types: [], ...more };
}

/* One tenant of `profile` at `url`, with the demo's people and clients. */
export function tenantDocument(name, url, profile, settings) {
	const afterSignOut = { post_logout_redirect_uris: [AFTER_SIGN_OUT, `${AFTER_SIGN_OUT}/`] };
	return {
		tenants: [{ name, url, profile, ...(settings ? { settings } : {}) }],
		users: Object.values(users).map(({ username, password }) =>
			({ tenant: name, username, password, claims: { name: username,
				email: `${username}@example.com` } })),
		clients: [metadataOf(clients.web, { tenant: name, ...afterSignOut }),
			metadataOf(clients.spa, { tenant: name, ...afterSignOut })],
	};
}

/* Makes the configuration and its key, and imports: all that startServe asks for. */
export async function prepare({ tls, document, more, port: wanted }) {
	const { folder, config, port } = await writeConfig({ tls, more, port: wanted });
	const origin = `${tls ? 'https' : 'http'}://localhost:${port}`;
	const file = join(folder, 'import.json');
	writeFileSync(file, JSON.stringify(typeof document === 'function' ? document(origin) : document));
	await mustRun('key', 'master', '--config', config);
	await mustRun('import', file, '--config', config);
	const ca = tls ? readFileSync(tls.ca, 'utf8') : undefined;
	return { folder, config, port, origin, data: join(folder, 'data'), ca };
}

/* Prepares and serves: what startServe gives, and {folder, config}. */
export async function serve(options) {
	const prepared = await prepare(options);
	return { ...await startServe(prepared), ...prepared };
}
