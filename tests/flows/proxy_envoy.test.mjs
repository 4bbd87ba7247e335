/* SPDX-License-Identifier: Apache-2.0 */
/* Behind Envoy, as docs/behind-a-proxy.md says: its header byte for byte, and itself where $ENVOY
 * names the program, which no distribution's packages have. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeCertificate, makeClientAuthority } from './lib/certificates.mjs';
import { send } from './lib/http.mjs';
import { decisionOf, endsCleanly, freePort, newFolder, startServe } from './lib/licet.mjs';
import { authority, certificateClient, prepare, tenantDocument } from './lib/serve.mjs';

const folder = newFolder();
const trusted = makeClientAuthority(folder, 'trusted');
makeClientAuthority(folder, 'stranger');
const web = makeCertificate(folder, 'web', { by: 'trusted',
	names: 'URI:spiffe://a/b,URI:a:b\\;Cert=x,DNS:web.example' });
const own = makeCertificate(folder, 'own');
const foreign = makeCertificate(folder, 'foreign', { by: 'stranger', subject: '/O=Corp/CN=web' });
const edgePort = await freePort();
const edge = `https://localhost:${edgePort}`;

const tls = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext';
const manager = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3' +
	'.HttpConnectionManager';
const router = 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router';

function socketAt(port) {
	return `{ socket_address: { address: 127.0.0.1, port_value: ${port} } }`;
}

/* As in docs/behind-a-proxy.md. */
const configurationOf = (port) => `
static_resources:
  listeners:
  - address: ${socketAt(edgePort)}
    filter_chains:
    - transport_socket:
        name: envoy.transport_sockets.tls
        typed_config:
          "@type": ${tls}
          common_tls_context:
            tls_certificates:
            - certificate_chain: { filename: ${authority().certificate} }
              private_key: { filename: ${authority().key} }
            validation_context:
              trusted_ca: { filename: ${trusted.certificate} }
              trust_chain_verification: ACCEPT_UNTRUSTED
      filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": ${manager}
          stat_prefix: licet
          use_remote_address: true
          forward_client_cert_details: SANITIZE_SET
          set_current_client_cert_details: { cert: true, chain: true }
          http_filters:
          - name: envoy.filters.http.router
            typed_config: { "@type": ${router} }
          route_config:
            virtual_hosts:
            - name: licet
              domains: ["*"]
              routes: [{ match: { prefix: "/" }, route: { cluster: licet } }]
  clusters:
  - name: licet
    load_assignment:
      cluster_name: licet
      endpoints: [{ lb_endpoints: [{ endpoint: { address: ${socketAt(port)} } }] }]
`;

const document = tenantDocument('main', edge, 'rfc', { mtls_url: edge,
	client_certificate_authorities: trusted.cert });
document.clients.push(
	certificateClient('dn', 'tls_client_auth', { tls_client_auth_subject_dn: 'CN=web,O=Corp' }),
	certificateClient('key', 'self_signed_tls_client_auth', { jwks: { keys: [own.jwk] } }));

/* `port` also carries the listener's further lines into the YAML. */
const port = await freePort();
const prepared = await prepare({ document, port: `${port}
    trusted_peers: 127.0.0.1
    certificate_convention: envoy
    forwarded_for: true` });
const licet = await startServe({ ...prepared, port, origin: `http://localhost:${port}` });
const ca = readFileSync(authority().ca, 'utf8');

/* What Envoy writes: the hash of the DER, and PEM with all but letters, digits, '-', '.' and '_'
 * percent-encoded; Chain holds Cert, too. */
function headerOf({ cert }) {
	const hash = createHash('sha256').update(new X509Certificate(cert).raw).digest('hex');
	const pem = encodeURIComponent(cert);
	return `Hash=${hash};Cert="${pem}";Chain="${pem}"`;
}

function byHand(id, header) {
	return send({ url: `http://127.0.0.1:${port}/introspect`,
		headers: { Host: new URL(edge).host,
			...(header && { 'x-forwarded-client-cert': header }) },
		form: { client_id: id, token: 'none' } });
}

function throughEnvoy(id, certificate, headers = {}) {
	return send({ url: `${edge}/introspect`, ca, cert: certificate?.cert, key: certificate?.key, headers,
		form: { client_id: id, token: 'none' } });
}

async function holdsTo(prove) {
	const proven = await prove('dn', web);
	assert.deepEqual([proven.status, proven.json], [200, { active: false }], proven.text);
	assert.equal((await prove('key', own)).status, 200);
	for (const [id, certificate, reason] of [
		['dn', foreign, 'client_certificate_untrusted'],
		['dn', own, 'client_certificate_untrusted'],
		['key', web, 'client_certificate_wrong'],
		['dn', undefined, 'client_certificate_missing']]) {
		const reply = await prove(id, certificate);
		assert.equal(reply.status, 401, reply.text);
		assert.equal((await decisionOf(licet, reply)).reason, reason);
	}
}

test('A13 the header as Envoy writes it proves what its certificate proves', () =>
	holdsTo((id, certificate) => byHand(id, certificate && headerOf(certificate))));

test('A13 pairs that a client chose the names of prove nothing', async () => {
	for (const header of [`${headerOf(own)};URI=a:b;Cert="${encodeURIComponent(web.cert)}"`,
		`Hash=00;URI=a:b;Cert="${encodeURIComponent(own.cert)}"`,
		`${headerOf(own)},${headerOf(web)}`])
		assert.notEqual((await byHand('dn', header)).status, 200);
});

if (process.env.ENVOY) {
	writeFileSync(join(folder, 'envoy.yaml'), configurationOf(port));
	const envoy = spawn(process.env.ENVOY, ['-c', join(folder, 'envoy.yaml'), '--concurrency', '1',
		'--log-level', 'error', '--base-id', String(edgePort)],
	{ stdio: ['ignore', 'ignore', 'inherit'] });
	process.on('exit', () => envoy.kill('SIGKILL'));

	test('Envoy answers', async () => {
		for (let i = 0; i < 400; i++) {
			const reply = await send({ url: `${edge}/healthz`, ca }).catch(() => null);
			if (reply?.status === 200)
				return;
			await sleep(25);
		}
		assert.fail('Envoy does not answer');
	});

	test('A13 a certificate proves its client through Envoy', () => holdsTo(throughEnvoy));

	test('A13 a client cannot write the header through Envoy', async () => {
		const reply = await throughEnvoy('dn', undefined,
			{ 'x-forwarded-client-cert': headerOf(web) });
		assert.equal(reply.status, 401, reply.text);
		assert.equal((await decisionOf(licet, reply)).reason, 'client_certificate_missing');
		assert.equal((await throughEnvoy('dn', own,
			{ 'x-forwarded-client-cert': headerOf(web) })).status, 401);
	});

	test('the log names the client, not Envoy', async () => {
		const reply = await throughEnvoy('dn', undefined, { 'X-Forwarded-For': '1.2.3.4' });
		/* For one who comes from loopback Envoy writes its machine's address. */
		assert.doesNotMatch((await decisionOf(licet, reply)).peer, /^(1\.2\.3\.4|127\..*)$/);
	});

	test('Envoy ends', async () => {
		envoy.kill('SIGTERM');
		await new Promise((done) => (envoy.exitCode === null ? envoy.once('exit', done) : done()));
	});
}

endsCleanly(licet);
