/* SPDX-License-Identifier: Apache-2.0 */
/* Secrets to and from a key: RSA-OAEP and ECDH (RFC 7518 sections 4.3, 4.6). */
#include <openssl/rsa.h>

#include "crypto/internal.h"

static EVP_PKEY_CTX *new_context(const struct pkey *key)
{
	EVP_PKEY_CTX *context =
		EVP_PKEY_CTX_new_from_pkey(NULL, key->evp, NULL);

	MUST(context != NULL);
	return context;
}

/* SHA-256 for the label and for MGF1 alike, an empty label. */
static bool set_oaep(EVP_PKEY_CTX *context)
{
	return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) ==
		       1 &&
	       EVP_PKEY_CTX_set_rsa_oaep_md(context,
					    crypto_md(DIGEST_SHA256)) == 1 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(context,
					    crypto_md(DIGEST_SHA256)) == 1;
}

outcome pkey_encrypt(const struct pkey *key, struct text secret,
		     struct buf *encrypted)
{
	unsigned char out[PKEY_SIGNATURE_MAX];
	size_t size = sizeof(out);
	EVP_PKEY_CTX *context = new_context(key);
	bool is_done;

	MUST(key->type == PKEY_RSA && secret.size <= PKEY_SECRET_MAX);
	is_done = EVP_PKEY_encrypt_init(context) == 1 && set_oaep(context) &&
		  EVP_PKEY_encrypt(context, out, &size,
				   (const unsigned char *)secret.at,
				   secret.size) == 1;
	EVP_PKEY_CTX_free(context);
	if (!is_done)
		return crypto_failed("cannot encrypt to an RSA key");
	buf_add(encrypted, text_of(out, size));
	return DONE;
}

bool pkey_decrypt(const struct pkey *key, struct text encrypted,
		  struct secret *secret_out)
{
	struct secret out;
	EVP_PKEY_CTX *context;
	size_t size = PKEY_SIGNATURE_MAX;
	bool is_done;

	MUST(key->is_private && key->type == PKEY_RSA);
	if (encrypted.size != (key->bits + 7) / 8)
		return false;
	out = secret_new(PKEY_SIGNATURE_MAX);
	context = new_context(key);
	is_done = EVP_PKEY_decrypt_init(context) == 1 && set_oaep(context) &&
		  EVP_PKEY_decrypt(context, out.at, &size,
				   (const unsigned char *)encrypted.at,
				   encrypted.size) == 1;
	EVP_PKEY_CTX_free(context);
	if (is_done)
		*secret_out = secret_copy(out.at, size);
	secret_free(&out);
	return is_done || crypto_refused() == DONE;
}

bool pkey_derive(const struct pkey *key, const struct pkey *peer,
		 struct secret *secret_out)
{
	EVP_PKEY_CTX *context;
	EVP_PKEY *peer_evp;
	size_t size = pkey_field_size(key->type);
	bool is_done;

	MUST(key->is_private && pkey_is_ec(key->type));
	if (peer->type != key->type)
		return false;
	*secret_out = secret_new(size);
	context = new_context(key);
	peer_evp = pkey_evp_of(peer);
	is_done = EVP_PKEY_derive_init(context) == 1 &&
		  EVP_PKEY_derive_set_peer(context, peer_evp) == 1 &&
		  EVP_PKEY_derive(context, secret_out->at, &size) == 1 &&
		  size == secret_out->size;
	EVP_PKEY_free(peer_evp);
	EVP_PKEY_CTX_free(context);
	if (is_done)
		return true;
	secret_free(secret_out);
	return crypto_refused() == DONE;
}
