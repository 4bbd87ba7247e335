/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate authority of the test's own, and a server's certificate for localhost. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

function openssl(folder, ...args) {
	execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
}

/* Makes ca.pem, server.pem and server.key (RSA) in `folder`. */
export function makeAuthority(folder) {
	writeFileSync(join(folder, 'server.ext'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n' +
		'basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\n');
	openssl(folder, 'req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-sha256',
		'-subj', '/CN=Flow tests', '-keyout', 'ca.key', '-out', 'ca.pem');
	openssl(folder, 'req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/CN=localhost',
		'-keyout', 'server.key', '-out', 'server.csr');
	openssl(folder, 'x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key',
		'-CAcreateserial', '-days', '2', '-sha256', '-extfile', 'server.ext', '-out', 'server.pem');
}

export function authorityFiles(folder) {
	return { ca: join(folder, 'ca.pem'), certificate: join(folder, 'server.pem'),
		key: join(folder, 'server.key') };
}
