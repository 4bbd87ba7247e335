/* SPDX-License-Identifier: Apache-2.0 */
/* The content encryptions of JWE against the RFCs' examples, and altered. */
#include "bytes.h"

#include "crypto/aead.h"
#include "crypto/crypto.h"

#define KERCKHOFFS                                                             \
	"A cipher system must not be required to be secret, and it must be "   \
	"able to fall into the hands of the enemy without inconvenience"
#define FRODO                                                                      \
	"You can trust us to stick with you through thick and thin\xe2\x80\x93to " \
	"the bitter end. And you can trust us to keep any secret of yours"         \
	"\xe2\x80\x93"                                                             \
	"closer than you keep it yourself. But you cannot trust us to let you "    \
	"face trouble alone, and go off without a word. We are your friends, "     \
	"Frodo."

struct vector {
	enum aead aead;
	const char *key; /* hexadecimal, as those that follow */
	const char *iv;
	const char *associated; /* a string */
	const char *plain; /* a string */
	const char *ciphertext;
	const char *tag;
};

static const struct vector vectors[] = {
	/* RFC 7518 appendix B.1 */
	{AEAD_A128CBC_HS256,
	 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
	 "1af38c2dc2b96ffdd86694092341bc04",
	 "The second principle of Auguste Kerckhoffs", KERCKHOFFS,
	 "c80edfa32ddf39d5ef00c0b468834279a2e46a1b8049f792f76bfe54b903"
	 "a9c9a94ac9b47ad2655c5f10f9aef71427e2fc6f9b3f399a221489f16362"
	 "c703233609d45ac69864e3321cf82935ac4096c86e133314c54019e8ca79"
	 "80dfa4b9cf1b384c486f3a54c51078158ee5d79de59fbd34d848b3d69550"
	 "a67646344427ade54b8851ffb598f7f80074b9473c82e2db",
	 "652c3fa36b0a7c5b3219fab3a30bc1c4"},
	/* RFC 7518 appendix B.3 */
	{AEAD_A256CBC_HS512,
	 "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d"
	 "1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b"
	 "3c3d3e3f",
	 "1af38c2dc2b96ffdd86694092341bc04",
	 "The second principle of Auguste Kerckhoffs", KERCKHOFFS,
	 "4affaaadb78c31c5da4b1b590d10ffbd3dd8d5d302423526912da037ecbc"
	 "c7bd822c301dd67c373bccb584ad3e9279c2e6d12a1374b77f077553df82"
	 "9410446b36ebd97066296ae6427ea75c2e0846a11a09ccf5370dc80bfecb"
	 "ad28c73f09b3a3b75e662a2594410ae496b2e2e6609e31e6e02cc837f053"
	 "d21f37ff4f51950bbe2638d09dd7a4930930806d0703b1f6",
	 "4dd3b4c088a7f45c216839645b2012bf2e6269a8c56a816dbc1b267761955bc5"},
	/* RFC 7520 section 5.6 */
	{AEAD_A128GCM, "5dcb4e84902403ea43f4b87b6605bfd8",
	 "ade7dae3aed0cf32b1e90001",
	 "eyJhbGciOiJkaXIiLCJraWQiOiI3N2M3ZTJiOC02ZTEzLTQ1Y2YtODY3Mi02"
	 "MTdiNWI0NTI0M2EiLCJlbmMiOiJBMTI4R0NNIn0",
	 FRODO,
	 "256fe2fdfe76870c3f10b40f19a63278007a1d819c479e7d97d4d89d2a2f"
	 "736dd726805c5b6f6b1cff3264e646ed884ba53d5b8c5baf64f8d04be9b4"
	 "205b557179195dd1ff96bfc5add62df47454624b21b6b3262140321a6527"
	 "77dccc0c1da7d1c443207033155789503c6453054013bfd81913dd72a332"
	 "881a023be141744f8d71e6f8877f85b413fe73f048c023d38dbf68d126dd"
	 "71d44410c24cc99047f324963158b580f0fdcb18be690a466d2bff17d378"
	 "219031b1c8f983e349b143db8e4dbdfacecb24019bd79c0406d5e98550a0"
	 "cb2e770a820a2c71de2475dec78e54cfd68a652452227648fb08ec634cae"
	 "ddc4f8fda4378b5a3eb6213e17c228b3ad442a0c884380966a8f0f14c8fc"
	 "4d39e9",
	 "bdb6f7d97be595e6b63ad98701d71c45"},
	/* RFC 7516 appendix A.1 */
	{AEAD_A256GCM,
	 "b1a1f480548fe1733fb403ff6b9ad4f68a076e5b702e22692f82cb2e7aea40fc",
	 "e3c575fc02dbe944b4e14ddb",
	 "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ",
	 "The true sign of intelligence is not knowledge but imagination.",
	 "e5eca6f135bf73c4ae2b496d277ae9608cce783433ed300bbedbba506f68"
	 "328e2fa73b3db57fc4152852f2207b8fa8e249d8b0908af76a3c10cda06d"
	 "403fc0",
	 "5c5068318519a1d7ad65dbd3885bd291"},
};

/* A vector's bytes, which a test may alter. */
struct message {
	struct buf key;
	struct buf iv;
	struct buf ciphertext;
	struct buf tag;
	struct aead_context context;
};

static struct message message_of(const struct vector *vector)
{
	struct message message = {
		.key = bytes_of(vector->key),
		.iv = bytes_of(vector->iv),
		.ciphertext = bytes_of(vector->ciphertext),
		.tag = bytes_of(vector->tag),
	};

	message.context = (struct aead_context){
		.aead = vector->aead,
		.key = buf_text(&message.key),
		.iv = buf_text(&message.iv),
		.associated = text_from(vector->associated),
	};
	return message;
}

static void message_wipe(struct message *message)
{
	buf_wipe(&message->key);
	buf_wipe(&message->iv);
	buf_wipe(&message->ciphertext);
	buf_wipe(&message->tag);
}

static bool opens(const struct message *message, const char *plain)
{
	struct buf out = buf_init(BYTES_MAX);
	bool is_open = aead_open(&message->context,
				 buf_text(&message->ciphertext),
				 buf_text(&message->tag), &out);

	if (is_open)
		assert_true(text_equal(buf_text(&out), text_from(plain)));
	else
		assert_int_equal(out.size, 0);
	buf_wipe(&out);
	return is_open;
}

static void seals_as_the_rfcs_do(void **state)
{
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		struct message message = message_of(&vectors[i]);
		struct buf ciphertext = buf_init(BYTES_MAX);
		struct buf tag = buf_init(AEAD_TAG_MAX);

		aead_seal(&message.context, text_from(vectors[i].plain),
			  &ciphertext, &tag);
		assert_bytes(ciphertext.at, ciphertext.size,
			     vectors[i].ciphertext);
		assert_bytes(tag.at, tag.size, vectors[i].tag);
		assert_true(opens(&message, vectors[i].plain));
		buf_wipe(&ciphertext);
		buf_wipe(&tag);
		message_wipe(&message);
	}
}

static void assert_altered_refused(struct message *message, struct text text)
{
	char *bytes = (char *)(uintptr_t)text.at;

	for (size_t i = 0; i < text.size; i++) {
		bytes[i] ^= 0x01;
		assert_false(opens(message, ""));
		bytes[i] ^= (char)0x81;
		assert_false(opens(message, ""));
		bytes[i] ^= (char)0x80;
	}
}

static void j22_nothing_altered_opens(void **state)
{
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		struct message message = message_of(&vectors[i]);

		assert_altered_refused(&message, buf_text(&message.key));
		assert_altered_refused(&message, buf_text(&message.iv));
		assert_altered_refused(&message, buf_text(&message.ciphertext));
		assert_altered_refused(&message, buf_text(&message.tag));
		message.context.associated = TEXT("another header");
		assert_false(opens(&message, ""));
		message_wipe(&message);
	}
}

static void wrong_sizes_are_refused(void **state)
{
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		struct message message = message_of(&vectors[i]);

		message.tag.size--;
		assert_false(opens(&message, ""));
		message.tag.size = 0;
		assert_false(opens(&message, ""));
		message.tag.size = aead_tag_size(vectors[i].aead);
		message.ciphertext.size--;
		assert_false(opens(&message, ""));
		message.ciphertext.size = 0;
		assert_false(opens(&message, ""));
		message.context.iv.size--;
		assert_false(opens(&message, ""));
		message.context.key.size--;
		assert_false(opens(&message, ""));
		message_wipe(&message);
	}
}

static void nothing_may_be_sealed(void **state)
{
	for (size_t i = 0; i < COUNT_OF(vectors); i++) {
		struct message message = message_of(&vectors[i]);

		message.ciphertext.size = 0;
		message.tag.size = 0;
		aead_seal(&message.context, TEXT(""), &message.ciphertext,
			  &message.tag);
		assert_true(opens(&message, ""));
		message_wipe(&message);
	}
}

static int open_crypto(void **state)
{
	assert_int_equal(crypto_open(), DONE);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("the examples of RFC 7518 B, 7520 5.6 and 7516 A.1 "
			  "come out",
			  seals_as_the_rfcs_do),
		test_that("J22: with any bit of it altered, nothing opens",
			  j22_nothing_altered_opens),
		test_that("wrong sizes are refused", wrong_sizes_are_refused),
		test_that("an empty text is sealed and opened",
			  nothing_may_be_sealed),
	};

	return cmocka_run_group_tests_name("crypto_aead", tests, open_crypto,
					   NULL);
}
