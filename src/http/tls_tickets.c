/* SPDX-License-Identifier: Apache-2.0 */
/* Seals session tickets under keys that change (RFC 5077, RFC 8446 4.6.1). */
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "crypto/random.h"
#include "http/tls_internal.h"
#include "loop/clock.h"

#define NAME_SIZE 16 /* OpenSSL's */
#define IV_SIZE 16
#define KEY_FOR 3600
/* A ticket of a key's last moment ends when the key does. */
#define KEY_COUNT (1 + TLS_TICKET_FOR / KEY_FOR)

struct ticket_key {
	unsigned char name[NAME_SIZE];
	unsigned char cipher[32];
	unsigned char mac[32];
	instant made_at; /* INSTANT_NEVER: there is none */
};

struct tls_tickets {
	pthread_mutex_t lock; /* all loops share them */
	struct ticket_key keys[KEY_COUNT]; /* the newest first */
};

/* --- The keys, under the lock --- */

static void forget_old(struct tls_tickets *tickets, instant now)
{
	for (size_t i = 0; i < KEY_COUNT; i++) {
		struct ticket_key *key = &tickets->keys[i];

		if (instant_after(key->made_at, KEY_FOR + TLS_TICKET_FOR) <=
		    now)
			explicit_bzero(key, sizeof(*key));
	}
}

static void renew(struct tls_tickets *tickets, instant now)
{
	struct ticket_key *keys = tickets->keys;

	if (keys[0].made_at != INSTANT_NEVER &&
	    now < instant_after(keys[0].made_at, KEY_FOR))
		return;
	memmove(&keys[1], &keys[0], (KEY_COUNT - 1) * sizeof(keys[0]));
	random_fill(&keys[0], sizeof(keys[0]));
	keys[0].made_at = now;
	forget_old(tickets, now);
}

void tls_tickets_renew(struct tls_tickets *tickets)
{
	pthread_mutex_lock(&tickets->lock);
	renew(tickets, clock_now());
	pthread_mutex_unlock(&tickets->lock);
}

static struct ticket_key newest(struct tls_tickets *tickets)
{
	struct ticket_key key;

	pthread_mutex_lock(&tickets->lock);
	renew(tickets, clock_now());
	key = tickets->keys[0];
	pthread_mutex_unlock(&tickets->lock);
	return key;
}

/* False when there is none of that name, or no more. */
static bool find(struct tls_tickets *tickets, const unsigned char *name,
		 struct ticket_key *key_out, bool *is_newest_out)
{
	bool is_found = false;

	pthread_mutex_lock(&tickets->lock);
	renew(tickets, clock_now());
	for (size_t i = 0; i < KEY_COUNT && !is_found; i++) {
		const struct ticket_key *key = &tickets->keys[i];

		is_found = key->made_at != INSTANT_NEVER &&
			   text_equal(text_of(key->name, NAME_SIZE),
				      text_of(name, NAME_SIZE));
		if (is_found)
			*key_out = *key;
		*is_newest_out = i == 0;
	}
	pthread_mutex_unlock(&tickets->lock);
	return is_found;
}

struct tls_tickets *tls_tickets_new(void)
{
	struct tls_tickets *tickets = calloc(1, sizeof(*tickets));

	MUST(tickets != NULL);
	pthread_mutex_init(&tickets->lock, NULL);
	return tickets;
}

void tls_tickets_free(struct tls_tickets **tickets)
{
	struct tls_tickets *ended = TAKE(*tickets);

	if (ended == NULL)
		return;
	pthread_mutex_destroy(&ended->lock);
	explicit_bzero(ended, sizeof(*ended));
	free(ended);
}

/* --- What OpenSSL asks --- */

static bool set_mac(EVP_MAC_CTX *mac, const struct ticket_key *key)
{
	static char digest[] = "SHA256";
	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest,
						 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_init(mac, key->mac, sizeof(key->mac), parameters) == 1;
}

static int seal(struct tls_tickets *tickets, unsigned char *name,
		unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	struct ticket_key key = newest(tickets);
	bool is_set;

	memcpy(name, key.name, NAME_SIZE);
	random_fill(iv, IV_SIZE);
	is_set = EVP_EncryptInit_ex2(cipher, EVP_aes_256_cbc(), key.cipher, iv,
				     NULL) == 1 &&
		 set_mac(mac, &key);
	explicit_bzero(&key, sizeof(key));
	return is_set ? 1 : -1;
}

/* 0 begins a new session; 2 goes on with this one, and with a newer ticket. */
static int open(struct tls_tickets *tickets, const unsigned char *name,
		const unsigned char *iv, EVP_CIPHER_CTX *cipher,
		EVP_MAC_CTX *mac)
{
	struct ticket_key key;
	bool is_newest;
	bool is_set;

	if (!find(tickets, name, &key, &is_newest))
		return 0;
	is_set = EVP_DecryptInit_ex2(cipher, EVP_aes_256_cbc(), key.cipher, iv,
				     NULL) == 1 &&
		 set_mac(mac, &key);
	explicit_bzero(&key, sizeof(key));
	if (!is_set)
		return -1;
	return is_newest ? 1 : 2;
}

static int ticket_asked(SSL *session, unsigned char *name, unsigned char *iv,
			EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int is_new)
{
	struct tls_tickets *tickets =
		SSL_CTX_get_app_data(SSL_get_SSL_CTX(session));

	return is_new ? seal(tickets, name, iv, cipher, mac)
		      : open(tickets, name, iv, cipher, mac);
}

bool tls_tickets_serve(struct tls_tickets *tickets, SSL_CTX *context)
{
	SSL_CTX_set_timeout(context, TLS_TICKET_FOR);
	return SSL_CTX_set_app_data(context, tickets) == 1 &&
	       SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket_asked) == 1;
}
