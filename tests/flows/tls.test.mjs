/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates that change while the server runs, staples and tickets, seen by openssl and Node. */
import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { makeAuthority } from './lib/authority.mjs';
import { endsCleanly, newFolder } from './lib/licet.mjs';
import { serve, tenantDocument } from './lib/serve.mjs';

const folder = newFolder();
const path = (name) => join(folder, name);

function openssl(...args) {
	return execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
}

/* Puts the leaf and its issuer into one file at once, as a renewal does. */
function writeChain(certificate = readFileSync(path('server.pem'), 'utf8')) {
	writeFileSync(path('chain.new'), certificate + readFileSync(path('ca.pem'), 'utf8'));
	renameSync(path('chain.new'), path('chain.pem'));
}

/* Another leaf of the same authority: {pem, key}. */
function renew() {
	openssl('req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost', '-keyout', 'next.key',
		'-out', 'next.csr');
	openssl('x509', '-req', '-in', 'next.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial',
		'-days', '2', '-sha256', '-extfile', 'server.ext', '-out', 'next.pem');
	return { pem: readFileSync(path('next.pem'), 'utf8'), key: readFileSync(path('next.key')) };
}

/* The authority's signed word about server.pem; `status` V (valid) or R (revoked). */
function writeResponse(status) {
	const serial = new X509Certificate(readFileSync(path('server.pem'))).serialNumber;
	writeFileSync(path('index.txt'), `${status}\t491231235959Z\t` +
		`${status === 'R' ? '260101000000Z' : ''}\t${serial}\tunknown\t/CN=localhost\n`);
	openssl('ocsp', '-index', 'index.txt', '-rsigner', 'ca.pem', '-rkey', 'ca.key', '-CA', 'ca.pem',
		'-issuer', 'ca.pem', '-cert', 'server.pem', '-ndays', '1', '-respout', 'ocsp.new', '-noverify');
	renameSync(path('ocsp.new'), path('ocsp.der'));
}

makeAuthority(folder);
writeChain();
writeResponse('V');
const licet = await serve({
	tls: { certificate: path('chain.pem'), key: path('server.key'), ca: path('ca.pem'),
		ocsp: path('ocsp.der') },
	more: ['loops: 2'],
	document: (origin) => tenantDocument('main', `${origin}/t/plain`, 'rfc'),
});

/* One line of s_client's, which ends when its input does. */
function client(...args) {
	return new Promise((done) => {
		const child = execFile('openssl', ['s_client', '-connect', `127.0.0.1:${licet.port}`,
			'-servername', 'localhost', '-CAfile', path('ca.pem'), ...args],
		(_, stdout, stderr) => done(stdout + stderr));
		/* Tickets of 1.3 come after the handshake, with the answer. */
		child.stdin.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
	});
}

/* A connection of Node's that stays open. */
async function open() {
	const socket = connect({ port: licet.port, host: '127.0.0.1', servername: 'localhost', ca: licet.ca });
	await new Promise((done, fail) => socket.once('secureConnect', done).once('error', fail));
	return socket;
}

async function serialNow() {
	const socket = await open();
	const { serialNumber } = socket.getPeerCertificate();
	socket.destroy();
	return serialNumber;
}

async function answers(socket) {
	socket.write('GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n');
	const [bytes] = await new Promise((done) => socket.once('data', (...all) => done(all)));
	return /^HTTP\/1.1 200/.test(bytes.toString('latin1'));
}

async function within(milliseconds, isTrue) {
	for (const deadline = Date.now() + milliseconds; Date.now() < deadline; await sleep(100))
		if (await isTrue())
			return true;
	return false;
}

for (const version of ['-tls1_2', '-tls1_3'])
	test(`a session is resumed with a ticket, without early data (${version})`, async () => {
		const file = path(`session${version}`);
		const first = await client(version, '-sess_out', file);
		assert.match(first, /^New, /m);
		assert.ok(existsSync(file), first);
		const second = await client(version, '-sess_in', file);
		assert.match(second, /^Reused, /m);
		assert.doesNotMatch(first + second, /Max Early Data: [1-9]/);
	});

test('a good OCSP response is stapled, and openssl believes it', async () => {
	const said = await client('-status');
	assert.match(said, /OCSP Response Status: successful/);
	assert.match(said, /Cert Status: good/);
	assert.doesNotMatch(await client(), /OCSP Response Status/);
});

test('a response that says revoked is not stapled, and an event says why', async () => {
	/* The one before is fresh still, and goes on. */
	writeResponse('R');
	assert.ok(await within(5_000, () => /"http.tls.not_stapled"/.test(licet.stderr())));
	assert.match(licet.stderr(), /the certificate is revoked/);
	assert.match(await client('-status'), /Cert Status: good/);
	writeResponse('V');
});

test('renewed files are served without a restart; who is connected stays connected', async () => {
	const before = await open();
	const old = before.getPeerCertificate().serialNumber;
	const next = renew();
	writeChain(next.pem);
	copyFileSync(path('next.key'), path('server.key'));
	assert.ok(await within(6_000, async () => (await serialNow()) !== old), licet.stderr());
	assert.equal(await serialNow(), new X509Certificate(next.pem).serialNumber);
	assert.match(licet.stderr(), /"http.tls.reloaded"/);
	assert.ok(await answers(before));
	before.destroy();
});

test('SIGHUP with files that do not belong together keeps the old and names the file', async () => {
	const served = await serialNow();
	const { key } = renew();
	writeFileSync(path('server.key'), key);
	process.kill(licet.pid, 'SIGHUP');
	assert.ok(await within(3_000, () => /"http.tls.reload_failed"/.test(licet.stderr())));
	assert.match(licet.stderr(), /does not belong to the key [^"]*server\.key/);
	assert.equal(await serialNow(), served);
	writeChain(readFileSync(path('next.pem'), 'utf8'));
	process.kill(licet.pid, 'SIGHUP');
	assert.ok(await within(3_000, async () => (await serialNow()) !== served));
});

endsCleanly(licet);
