/* SPDX-License-Identifier: Apache-2.0 */
/* A certificate for tests, made anew by each run. */
#include "certificate.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suite.h"

static void write_key(const char *path, EVP_PKEY *key, const char *passphrase)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(
		PEM_write_PKCS8PrivateKey(
			file, key, passphrase ? EVP_aes_128_cbc() : NULL,
			passphrase, passphrase ? (int)strlen(passphrase) : 0,
			NULL, NULL),
		1);
	fclose(file);
}

static void write_certificate(const char *path, EVP_PKEY *key)
{
	X509 *x509 = X509_new();
	X509_NAME *name = X509_get_subject_name(x509);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(X509_set_version(x509, 2), 1);
	ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
	X509_gmtime_adj(X509_getm_notBefore(x509), -60);
	X509_gmtime_adj(X509_getm_notAfter(x509), 3600);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
				   (const unsigned char *)"localhost", -1, -1,
				   0);
	X509_set_issuer_name(x509, name);
	X509_set_pubkey(x509, key);
	assert_true(X509_sign(x509, key, EVP_sha256()) > 0);
	assert_int_equal(PEM_write_X509(file, x509), 1);
	fclose(file);
	X509_free(x509);
}

/* snprintf's own warning about a path that might not fit is answered here. */
static void join(char *path, size_t size, const char *folder, const char *name)
{
	int written = snprintf(path, size, "%s/%s", folder, name);

	assert_true(written > 0 && (size_t)written < size);
}

void certificate_make(struct certificate *made)
{
	EVP_PKEY *key = EVP_RSA_gen(2048);
	EVP_PKEY *other = EVP_RSA_gen(2048);

	snprintf(made->folder, sizeof(made->folder), "/tmp/licet-tls-XXXXXX");
	assert_non_null(mkdtemp(made->folder));
	join(made->certificate_file, sizeof(made->certificate_file),
	     made->folder, "certificate.pem");
	join(made->key_file, sizeof(made->key_file), made->folder, "key.pem");
	join(made->other_key_file, sizeof(made->other_key_file), made->folder,
	     "other.pem");
	join(made->encrypted_key_file, sizeof(made->encrypted_key_file),
	     made->folder, "encrypted.pem");
	write_certificate(made->certificate_file, key);
	write_key(made->key_file, key, NULL);
	write_key(made->encrypted_key_file, key, "secret");
	write_key(made->other_key_file, other, NULL);
	EVP_PKEY_free(key);
	EVP_PKEY_free(other);
}

void certificate_wipe(const struct certificate *certificate)
{
	unlink(certificate->certificate_file);
	unlink(certificate->key_file);
	unlink(certificate->other_key_file);
	unlink(certificate->encrypted_key_file);
	rmdir(certificate->folder);
}
