/* SPDX-License-Identifier: Apache-2.0 */
/* TLS to PostgreSQL: whom libpq is told to trust, and what a wrong name or authority is told. */
import assert from 'node:assert/strict';
import { chmodSync, chownSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeAuthority, authorityFiles } from './lib/authority.mjs';
import { obtainTokens } from './lib/flow.mjs';
import { endsCleanly, freePort, newFolder, runCommand, startDemo } from './lib/licet.mjs';
import { startPostgres, unprivileged } from './lib/postgres.mjs';
import { authority, mustRun, writeConfig } from './lib/serve.mjs';

/* The server's own, where it may read them and nobody else the key. */
function filesOfServer() {
	const folder = newFolder();
	const owner = unprivileged();
	const { certificate, key } = authority();
	const files = { certificate: join(folder, 'server.pem'), key: join(folder, 'server.key') };
	copyFileSync(certificate, files.certificate);
	copyFileSync(key, files.key);
	chmodSync(files.key, 0o600);
	for (const path of owner ? [folder, files.certificate, files.key] : [])
		chownSync(path, owner.uid, owner.gid);
	return files;
}

const { certificate, key } = filesOfServer();
const port = await freePort();
await startPostgres({ settings: ['listen_addresses=127.0.0.1', `port=${port}`, 'ssl=on',
	`ssl_cert_file=${certificate}`, `ssl_key_file=${key}`] });

function dsnOf({ host = 'localhost', mode = 'verify-full', ca = authority().ca }) {
	return `host=${host} hostaddr=127.0.0.1 port=${port} user=licet dbname=postgres ` +
		`sslmode=${mode} sslrootcert=${ca}`;
}

const licet = await startDemo({ dsn: dsnOf({}) });

test('a server with its right name is spoken to over TLS', async () => {
	await obtainTokens(licet.tenant('rfc'));
	const { stdout } = await mustRun('cluster', 'status', '--data', licet.data);
	assert.match(stdout, /^store +postgres .*, over TLS$/m);
});

async function refused(dsn) {
	const { config } = await writeConfig({ dsn });
	await mustRun('key', 'master', '--config', config);
	const { code, stderr } = await runCommand(['serve', '--config', config]);
	assert.equal(code, 1);
	return stderr;
}

test('a server under a wrong name is refused by a sentence', async () => {
	assert.match(await refused(dsnOf({ host: 'db.example' })),
		/server certificate for "localhost" .*does not match host name "db\.example"/);
});

test('a server of another authority is refused by a sentence', async () => {
	const folder = newFolder();
	makeAuthority(folder);
	assert.match(await refused(dsnOf({ ca: authorityFiles(folder).ca })), /certificate verify failed/);
});

test('a server elsewhere that offers no TLS is refused, unless the DSN says that it need not', async () => {
	const plain = await freePort();
	await startPostgres({ settings: ['listen_addresses=127.0.0.1', `port=${plain}`] });
	/* This machine, under an address that does not say so. */
	const dsn = `host=0.0.0.0 port=${plain} user=licet dbname=postgres`;
	assert.match(await refused(dsn), /server does not support SSL, but SSL was required/);
	const { config } = await writeConfig({ dsn: `${dsn} sslmode=disable` });
	await mustRun('key', 'master', '--config', config);
	await mustRun('cluster', 'status', '--config', config);
});

endsCleanly(licet);
