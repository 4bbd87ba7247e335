/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of this room share: fetched algorithms, kept contexts, keys.
 */
#pragma once

#include <openssl/x509.h>
#include <stdatomic.h>

#include "crypto/certificate.h"
#include "crypto/crypto.h"
#include "crypto/digest.h"
#include "crypto/pkey.h"

#define CRYPTO_DIGESTS 4
#define PKEY_TYPES (PKEY_ED25519 + 1)

/* What a thread has ready of an AES-SIV key (siv.c). */
struct crypto_siv {
	uint64_t number; /* the key's; 0: none */
	EVP_CIPHER_CTX *mac; /* CBC, */
	unsigned char chain[16]; /* and what it has made last */
	EVP_CIPHER_CTX *stream;
};

/* Keys at work at once: of references, seals and nonces, old and new. */
#define CRYPTO_SIV_KEPT 8

/* One thread's contexts, made at its first need and freed when it ends. */
struct crypto_contexts {
	EVP_MD_CTX *digest[CRYPTO_DIGESTS];
	struct crypto_siv siv[CRYPTO_SIV_KEPT];
	size_t siv_next; /* the next to give way */
	struct crypto_ec *ec[PKEY_TYPES]; /* NULL until needed (pkey_ec.c) */
	struct pkey_kept *keys; /* NULL until one is kept */
};

struct crypto_contexts *crypto_contexts(void);

/* Fetched once by crypto_open. */
const EVP_MD *crypto_md(enum digest digest);
const EVP_CIPHER *crypto_aes(void); /* AES-256, single blocks */
const EVP_CIPHER *crypto_aes_cbc(void);
void crypto_siv_wipe(struct crypto_siv *kept);
void crypto_ec_free(struct crypto_ec **ec);
/* A key of the curve without a point, to be copied; P-256, P-384, P-521. */
EVP_PKEY *crypto_curve(enum pkey_type type);

/* Writes OpenSSL's reason as an event and forgets it; always BROKEN. */
outcome crypto_failed(const char *what) MUST_USE;
/* Forgets OpenSSL's reason, which was the input's fault; always REFUSED. */
outcome crypto_refused(void) MUST_USE;

#define PKEY_SCHEMES 10
/* Contexts kept per key, purpose and scheme: as many as are at work at once. */
#define PKEY_IDLE_MAX 4

enum pkey_purpose { PKEY_SIGNS, PKEY_VERIFIES };
#define PKEY_PURPOSES 2

#define PKEY_FIELD_SIZE_MAX 66 /* P-521 */

struct pkey {
	atomic_uint count;
	EVP_PKEY *evp; /* NULL of an EC key that was made of its point */
	enum pkey_type type;
	unsigned int bits;
	bool is_private;
	/* a | b of an EC key and of one that was made of its public parts, else
	 * NULL: to ask OpenSSL for each costs 7 us. */
	char *parts;
	size_t a_size;
	size_t b_size;
	struct secret ed25519; /* pkey_ed25519.c's; of that type alone */
	_Atomic(EVP_PKEY_CTX *) idle[PKEY_PURPOSES][PKEY_SCHEMES]
				    [PKEY_IDLE_MAX];
};

struct certificate {
	X509 *x509;
};

/* Takes the first off the front of *ders; NULL when there is none. */
X509 *certificate_read(struct text *ders);

/*
 * Public RSA and Ed25519 keys that this thread has met: those of DPoP and of
 * assertions come again and again, and to make one ready costs as much as to
 * verify by it. Of EC keys, none is made ready (pkey_ec.c).
 */
struct pkey_kept;
/* The one of these parts, with a reference more; NULL when none is kept. */
struct pkey *pkey_kept_find(enum pkey_type type, struct text a, struct text b);
/* Keeps one that was made of its parts; another may give way. */
void pkey_kept_add(struct pkey *key);
void pkey_kept_free(struct pkey_kept **kept);
/* How many a thread keeps at most, of 3.3 KiB each (RSA-2048, measured). */
#define PKEY_KEPT_SETS 128
#define PKEY_KEPT_WAYS 4

/* Takes over *evp when it is a key that we support; REFUSED otherwise. */
outcome pkey_adopt(EVP_PKEY **evp, bool is_private, struct pkey **key_out)
	MUST_USE;
/* Readies an Ed25519 key that was just adopted. */
void pkey_ready_ed25519(struct pkey *key);
void pkey_sign_ed25519(const struct pkey *key, struct text bytes,
		       struct buf *signature);
/* false too for a signature of another size. */
MUST_USE bool pkey_verify_ed25519(const struct pkey *key, struct text bytes,
				  struct text signature);
/* A reference more to its EVP_PKEY, or one that is made of its point. */
EVP_PKEY *pkey_evp_of(const struct pkey *key);
struct pkey *pkey_new(enum pkey_type type);
void pkey_remember_parts(struct pkey *key, struct text a, struct text b);
/* Of one whose parts are remembered. */
struct text pkey_part_a(const struct pkey *key);
struct text pkey_part_b(const struct pkey *key);

/* Whether these are coordinates of a point of the curve. */
MUST_USE bool pkey_ec_is_point(enum pkey_type type, struct text x,
			       struct text y);
/* Remembers the point of a key that was just adopted; false when it is infinity.
 */
MUST_USE bool pkey_ec_read_point(struct pkey *key);
EVP_PKEY *pkey_ec_evp(const struct pkey *key);
/* R | S; false too for one of another size. */
MUST_USE bool pkey_ec_verify(const struct pkey *key, struct text hash,
			     struct text signature);
/* Size of one coordinate, and of R or S, in bytes. */
size_t pkey_field_size(enum pkey_type type);
bool pkey_is_ec(enum pkey_type type);
