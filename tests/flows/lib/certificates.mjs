/* SPDX-License-Identifier: Apache-2.0 */
/* Clients' certificates, made by openssl: of an authority, self-signed, and wrong ones. */
import { execFileSync } from 'node:child_process';
import { X509Certificate, createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

function openssl(folder, ...args) {
	execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] });
}

function newKey(folder, name) {
	openssl(folder, 'genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256',
		'-out', `${name}.key`);
}

/* What a test needs of a certificate: {cert, key, jwk, thumbprint, certificate}; the last is
 * its file, beside it lies the key's. */
function read(folder, name) {
	const cert = readFileSync(join(folder, `${name}.pem`), 'utf8');
	const x509 = new X509Certificate(cert);
	return {
		cert,
		key: readFileSync(join(folder, `${name}.key`), 'utf8'),
		jwk: x509.publicKey.export({ format: 'jwk' }),
		x5c: [x509.raw.toString('base64')],
		thumbprint: createHash('sha256').update(x509.raw).digest('base64url'),
		certificate: join(folder, `${name}.pem`),
		keyFile: join(folder, `${name}.key`),
	};
}

export function makeClientAuthority(folder, name) {
	newKey(folder, name);
	openssl(folder, 'req', '-x509', '-key', `${name}.key`, '-days', '2', '-subj', `/CN=${name}`,
		'-addext', 'keyUsage=critical,keyCertSign', '-out', `${name}.pem`);
	return read(folder, name);
}

/* `by` is the authority's name; without one it is self-signed. */
export function makeCertificate(folder, name, { by, subject = `/O=Corp/CN=${name}`,
	usage = 'clientAuth', names, days = 2 } = {}) {
	newKey(folder, name);
	writeFileSync(join(folder, `${name}.ext`), `basicConstraints=CA:FALSE\nextendedKeyUsage=${usage}\n` +
		(names ? `subjectAltName=${names}\n` : ''));
	openssl(folder, 'req', '-new', '-key', `${name}.key`, '-utf8', '-subj', subject,
		'-out', `${name}.csr`);
	openssl(folder, 'x509', '-req', '-in', `${name}.csr`, '-days', String(days), '-extfile',
		`${name}.ext`, '-out', `${name}.pem`, ...(by
			? ['-CA', `${by}.pem`, '-CAkey', `${by}.key`, '-CAcreateserial']
			: ['-key', `${name}.key`]));
	return read(folder, name);
}
