/* SPDX-License-Identifier: Apache-2.0 */
/* Behind Debian's nginx, as docs/behind-a-proxy.md says: certificates and addresses by headers. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCertificate, makeClientAuthority } from './lib/certificates.mjs';
import { send } from './lib/http.mjs';
import { decisionOf, endsCleanly, freePort, newFolder, startServe } from './lib/licet.mjs';
import { authority, certificateClient, prepare, tenantDocument } from './lib/serve.mjs';

const EDGE_KEY = 'nginx-proves-itself-by-this-line';
const folder = newFolder();
const trusted = makeClientAuthority(folder, 'trusted');
const web = makeCertificate(folder, 'web', { by: 'trusted' });
const own = makeCertificate(folder, 'own');
const expired = makeCertificate(folder, 'expired', { by: 'trusted', subject: '/O=Corp/CN=web',
	days: -1 });
const edgePort = await freePort();
const edge = `https://localhost:${edgePort}`;
writeFileSync(join(folder, 'edge.key'), `${EDGE_KEY}\n`);

const configuration = `
daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr;
events {}
http {
	access_log off;
	client_body_temp_path ${folder}/body;
	proxy_temp_path ${folder}/proxy;
	fastcgi_temp_path ${folder}/fastcgi;
	uwsgi_temp_path ${folder}/uwsgi;
	scgi_temp_path ${folder}/scgi;
	server {
		listen 127.0.0.1:${edgePort} ssl;
		ssl_certificate ${authority().certificate};
		ssl_certificate_key ${authority().key};
		ssl_verify_client optional_no_ca;
		ssl_client_certificate ${trusted.certificate};
		location / {
			proxy_pass http://127.0.0.1:PORT;
			proxy_set_header Host $http_host;
			proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
			proxy_set_header client-certificate $ssl_client_escaped_cert;
			proxy_set_header client-certificate-ca-verified $ssl_client_verify;
			proxy_set_header cname-api-key "${EDGE_KEY}";
		}
	}
}
`;

const document = tenantDocument('main', edge, 'rfc', { mtls_url: edge });
document.clients.push(
	certificateClient('dn', 'tls_client_auth', { tls_client_auth_subject_dn: 'CN=web,O=Corp' }),
	certificateClient('key', 'self_signed_tls_client_auth', { jwks: { keys: [own.jwk] } }));


/* `port` also carries the listener's further lines into the YAML. */
const port = await freePort();
const prepared = await prepare({ document, port: `${port}
    trusted_peers: 127.0.0.1
    certificate_convention: auth0
    edge_key_file: ${folder}/edge.key
    forwarded_for: true` });
const licet = await startServe({ ...prepared, port, origin: `http://localhost:${port}` });

writeFileSync(join(folder, 'nginx.conf'), configuration.replace('PORT', port));
const nginx = spawn('nginx', ['-e', 'stderr', '-p', folder, '-c', join(folder, 'nginx.conf')],
	{ stdio: ['ignore', 'ignore', 'inherit'],
		env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
process.on('exit', () => nginx.kill('SIGKILL'));

async function untilEdgeAnswers() {
	for (let i = 0; i < 200; i++) {
		const reply = await send({ url: `${edge}/healthz`, ca }).catch(() => null);
		if (reply?.status === 200)
			return;
		await sleep(25);
	}
	assert.fail('nginx does not answer');
}

const ca = readFileSync(authority().ca, 'utf8');
await untilEdgeAnswers();

function prove(id, certificate, headers = {}) {
	return send({ url: `${edge}/introspect`, ca, cert: certificate?.cert, key: certificate?.key, headers,
		form: { client_id: id, token: 'none' } });
}

test('nginx hands on a certificate that it has verified', async () => {
	const reply = await prove('dn', web);
	assert.equal(reply.status, 200, reply.text);
	assert.deepEqual(reply.json, { active: false });
});

test('nginx hands on a self-signed certificate', async () => {
	assert.equal((await prove('key', own)).status, 200);
	assert.equal((await prove('key', web)).status, 401);
});

test('A13 what nginx could not verify is no tls_client_auth', async () => {
	const reply = await prove('dn', own);
	assert.equal(reply.status, 401, reply.text);
	assert.equal((await decisionOf(licet, reply)).reason, 'client_certificate_untrusted');
});

test('A13 nginx itself refuses an expired certificate of the authority', async () => {
	assert.equal((await prove('dn', expired)).status, 400);
});

test('A13 a client cannot write the headers through nginx', async () => {
	const forged = { 'client-certificate': encodeURIComponent(web.cert),
		'client-certificate-ca-verified': 'SUCCESS', 'cname-api-key': EDGE_KEY };
	const reply = await prove('dn', undefined, forged);
	assert.equal(reply.status, 401, reply.text);
	assert.equal((await decisionOf(licet, reply)).reason, 'client_certificate_missing');
});

test('the log names the client, not nginx', async () => {
	const reply = await prove('dn', undefined, { 'X-Forwarded-For': '1.2.3.4' });
	/* Whoever connects to nginx here is trusted, too: so what it says is the client. */
	assert.equal((await decisionOf(licet, reply)).peer, '1.2.3.4');
});

test('curl proves itself to nginx', () => {
	const out = execFileSync('curl', ['-s', '--cacert', authority().ca, '--cert', web.certificate,
		'--key', web.keyFile, '-d', 'client_id=dn', '-d', 'token=none', `${edge}/introspect`]);
	assert.deepEqual(JSON.parse(out), { active: false });
});

test('nginx ends', async () => {
	const ended = new Promise((done) => nginx.on('exit', done));
	nginx.kill('SIGQUIT');
	assert.equal(await ended, 0);
});

endsCleanly(licet);
