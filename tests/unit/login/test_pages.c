/* SPDX-License-Identifier: Apache-2.0 */
/* Tests what every page has, and that nothing put into one gets out. */
#include "suite.h"

#include <stdio.h>

#include "base/encoding.h"
#include "crypto/crypto.h"
#include "crypto/digest.h"
#include "samples.h"

#define DEPTH_MAX 32
#define EVIL                                                                   \
	"\"'></title></style><script>alert(1)</script><img src=x onerror=y>"

static bool holds(struct text text, const char *part)
{
	return text_find(text, text_from(part)) < text.size;
}

static struct text body_of(const struct drawing *drawing)
{
	assert_false(drawing->reply.body.is_over);
	return buf_text(&drawing->reply.body);
}

static void has_what_it_needs(void **state)
{
	for (size_t i = 0; i < sample_count; i++) {
		struct drawing drawing;
		struct text rest = text_from(samples[i].needed);
		struct text part;

		drawing_begin(&drawing);
		samples[i].draw(&drawing.request);
		while (text_cut(&rest, '|', &part))
			if (text_find(body_of(&drawing), part) ==
			    body_of(&drawing).size)
				fail_msg("%s lacks %.*s", samples[i].name,
					 TEXT_ARG(part));
		drawing_end(&drawing);
	}
}

static void statuses_are_the_rows(void **state)
{
	static const struct {
		const char *name;
		int status;
	} wanted[] = {
		{"sign_in", 200},	{"sign_in_again", 403},
		{"consent", 200},	{"error_redirect", 400},
		{"error_expired", 400}, {"error_ours", 500},
		{"sign_out", 200},	{"signed_out", 200},
		{"form_post", 200},	{"web_message", 200},
	};
	size_t seen = 0;

	for (size_t i = 0; i < sample_count; i++) {
		struct drawing drawing;

		drawing_begin(&drawing);
		samples[i].draw(&drawing.request);
		for (size_t k = 0; k < COUNT_OF(wanted); k++) {
			if (strcmp(wanted[k].name, samples[i].name) != 0)
				continue;
			assert_int_equal(drawing.reply.status,
					 wanted[k].status);
			seen++;
		}
		drawing_end(&drawing);
	}
	assert_int_equal(seen, COUNT_OF(wanted));
}

static void expect_header(const struct drawing *drawing, const char *name,
			  const char *wanted)
{
	struct text got = drawing_header(drawing, name);

	if (!text_equal(got, text_from(wanted)))
		fail_msg("%s: %.*s", name, TEXT_ARG(got));
}

static void has_the_headers(void **state)
{
	for (size_t i = 0; i < sample_count; i++) {
		struct drawing drawing;
		bool is_framed = strcmp(samples[i].name, "web_message") == 0;

		drawing_begin(&drawing);
		samples[i].draw(&drawing.request);
		expect_header(&drawing, "Content-Type",
			      "text/html; charset=utf-8");
		expect_header(&drawing, "Cache-Control", "no-store");
		expect_header(&drawing, "Referrer-Policy", "no-referrer");
		expect_header(&drawing, "X-Content-Type-Options", "nosniff");
		expect_header(&drawing, "X-Frame-Options",
			      is_framed ? NULL : "DENY");
		assert_false(holds(drawing_header(&drawing,
						  "Content-Security-Policy"),
				   "form-action"));
		drawing_end(&drawing);
	}
}

/* What stands between `<name>` and `</name>`; absent when there is none. */
static struct text inside(struct text html, const char *name)
{
	char open[16];
	char close[16];
	struct text rest;
	size_t at;

	snprintf(open, sizeof(open), "<%s>", name);
	snprintf(close, sizeof(close), "</%s>", name);
	at = text_find(html, text_from(open));
	if (at == html.size)
		return TEXT_ABSENT;
	rest = text_from_byte(html, at + strlen(open));
	return text_first(rest, text_find(rest, text_from(close)));
}

static void expect_hash(const struct drawing *drawing, const char *name,
			const char *directive)
{
	struct text embedded = inside(body_of(drawing), name);
	struct buf wanted = buf_init_arena(drawing->arena, 256);
	struct text policy = drawing_header(drawing, "Content-Security-Policy");
	unsigned char hash[SHA256_SIZE];

	buf_format(&wanted, "; %s 'sha256-", directive);
	if (!text_is_present(embedded)) {
		assert_false(holds(policy, directive));
		return;
	}
	digest_sha256(embedded, hash);
	base64_encode(&wanted, text_of(hash, sizeof(hash)));
	buf_add_string(&wanted, "'");
	assert_true(text_find(policy, buf_text(&wanted)) < policy.size);
}

static void hashes_match(void **state)
{
	for (size_t i = 0; i < sample_count; i++) {
		struct drawing drawing;

		drawing_begin(&drawing);
		samples[i].draw(&drawing.request);
		expect_hash(&drawing, "style", "style-src");
		expect_hash(&drawing, "script", "script-src");
		drawing_end(&drawing);
	}
}

static void only_the_logo_is_loaded(void **state)
{
	for (size_t i = 0; i < sample_count; i++) {
		struct drawing drawing;
		struct text policy;

		drawing_begin(&drawing);
		samples[i].draw(&drawing.request);
		policy = drawing_header(&drawing, "Content-Security-Policy");
		if (holds(body_of(&drawing), "<img"))
			assert_true(holds(policy,
					  "; img-src http://localhost:8099"));
		else
			assert_false(holds(policy, "img-src"));
		drawing_end(&drawing);
	}
}

/* Elements that have no end tag (HTML 13.1.2). */
static bool is_void(struct text name)
{
	return text_has_word(TEXT("meta input img br hr link"), name);
}

struct walk {
	const char *page;
	struct text open[DEPTH_MAX];
	size_t depth;
};

static void close_tag(struct walk *walk, struct text name)
{
	if (walk->depth == 0 || !text_equal(walk->open[walk->depth - 1], name))
		fail_msg("%s: </%.*s> closes nothing", walk->page,
			 TEXT_ARG(name));
	walk->depth--;
}

static void open_tag(struct walk *walk, struct text name, struct text tag)
{
	if (is_void(name) || text_ends_with(tag, TEXT("/")))
		return;
	assert_true(walk->depth < DEPTH_MAX);
	walk->open[walk->depth++] = name;
}

/* Looks at what stands outside of quoted values. */
static void check_attributes(const struct walk *walk, struct text tag)
{
	struct text rest = tag;
	bool is_value = false;
	struct text piece;

	for (; text_cut(&rest, '"', &piece); is_value = !is_value)
		if (!is_value && (text_starts_with(piece, TEXT(" on")) ||
				  text_starts_with(piece, TEXT(" style=")) ||
				  holds(piece, "'")))
			fail_msg("%s: <%.*s> has an attribute that it must not",
				 walk->page, TEXT_ARG(tag));
	assert_true(is_value); /* quotes are even */
}

/* Passes over what stands in style and script, which is no markup. */
static struct text skip_raw(struct text rest, struct text name)
{
	if (text_equal(name, TEXT("style")))
		return text_from_byte(rest, text_find(rest, TEXT("</style>")));
	if (text_equal(name, TEXT("script")))
		return text_from_byte(rest, text_find(rest, TEXT("</script>")));
	return rest;
}

static struct text step(struct walk *walk, struct text rest)
{
	struct text tag = text_first(rest, text_find_byte(rest, '>'));
	struct text name = text_first(tag, text_find_byte(tag, ' '));

	rest = text_from_byte(rest, tag.size + 1);
	if (text_starts_with(tag, TEXT("!")))
		return rest;
	if (text_starts_with(tag, TEXT("/"))) {
		close_tag(walk, text_from_byte(name, 1));
		return rest;
	}
	check_attributes(walk, tag);
	if (text_ends_with(name, TEXT("/")))
		name.size--;
	open_tag(walk, name, tag);
	return skip_raw(rest, name);
}

static void check_balance(const char *page, struct text html)
{
	struct walk walk = {.page = page};
	size_t at = text_find_byte(html, '<');

	assert_true(
		text_starts_with(html, TEXT("<!doctype html>\n<html lang")));
	while (at < html.size) {
		html = step(&walk, text_from_byte(html, at + 1));
		at = text_find_byte(html, '<');
	}
	if (walk.depth != 0)
		fail_msg("%s: <%.*s> is not closed", page,
			 TEXT_ARG(walk.open[walk.depth - 1]));
}

static void tags_are_balanced(void **state)
{
	for (size_t i = 0; i < sample_count; i++) {
		struct drawing drawing;

		drawing_begin(&drawing);
		samples[i].draw(&drawing.request);
		check_balance(samples[i].name, body_of(&drawing));
		drawing_end(&drawing);
	}
}

static void fields_have_labels(void **state)
{
	struct drawing drawing;

	drawing_begin(&drawing);
	samples[0].draw(&drawing.request);
	assert_true(holds(body_of(&drawing), "<label for=\"username\">"));
	assert_true(holds(body_of(&drawing), "<label for=\"password\">"));
	assert_false(holds(body_of(&drawing), "readonly"));
	assert_false(holds(body_of(&drawing), "<script"));
	drawing_end(&drawing);
}

/* ---- what strangers and applications say ---- */

static const struct client evil_client = {
	.id = TEXT(EVIL),
	.name = TEXT(EVIL),
	.logo_uri = TEXT("https://rp.example/" EVIL),
	.policy_uri = TEXT("javascript:alert(1)"),
	.tos_uri = TEXT("data:text/html," EVIL),
};

static const struct user evil_user = {.username = TEXT(EVIL)};

static struct form_field evil_fields[] = {
	{TEXT("state"), TEXT(EVIL)},
	{TEXT(EVIL), TEXT("x")},
	{TEXT("error_description"), TEXT("</script><script>alert(1)")},
};

static const struct form evil_form = {evil_fields, COUNT_OF(evil_fields)};

static void evil_sign_in(struct oauth_request *request)
{
	login_pages.sign_in(request, &(struct sign_in_page){
					     .client = &evil_client,
					     .sealed = TEXT(EVIL),
					     .username = TEXT(EVIL),
					     .message = TEXT(EVIL),
				     });
}

static void evil_consent(struct oauth_request *request)
{
	login_pages.consent(request, &(struct consent_page){
					     .client = &evil_client,
					     .user = &evil_user,
					     .reference = TEXT(EVIL),
					     .scope = TEXT("openid " EVIL),
					     .resources = TEXT(EVIL),
				     });
}

static void evil_error(struct oauth_request *request)
{
	request->decision->refusal = (struct refusal){
		.reason = REASON_PARAMETER_REPEATED,
		.argument = TEXT(EVIL),
		.expected = TEXT(EVIL),
		.received = TEXT(EVIL),
		.near_miss = TEXT(EVIL),
	};
	login_pages.error(request);
}

static void evil_sign_out(struct oauth_request *request)
{
	login_pages.confirm_logout(request, &(struct logout_page){
						    .client = &evil_client,
						    .user = &evil_user,
						    .sealed = TEXT(EVIL),
					    });
}

static void evil_form_post(struct oauth_request *request)
{
	login_pages.form_post(request, TEXT("https://rp.example/" EVIL),
			      &evil_form);
}

static void evil_web_message(struct oauth_request *request)
{
	login_pages.web_message(request, TEXT("https://" EVIL), &evil_form);
}

static const struct sample evil_samples[] = {
	{"evil sign_in", evil_sign_in, ""},
	{"evil consent", evil_consent, ""},
	{"evil error", evil_error, ""},
	{"evil sign_out", evil_sign_out, ""},
	{"evil form_post", evil_form_post, ""},
	{"evil web_message", evil_web_message, ""},
};

static void nothing_gets_out(void **state)
{
	for (size_t i = 0; i < COUNT_OF(evil_samples); i++) {
		struct drawing drawing;

		drawing_begin(&drawing);
		drawing.tenant.display_name = TEXT(EVIL);
		evil_samples[i].draw(&drawing.request);
		assert_true(holds(body_of(&drawing), "&lt;script&gt;alert(1)"));
		assert_false(holds(body_of(&drawing), "<script>alert"));
		assert_false(holds(body_of(&drawing), "<img"));
		assert_false(holds(body_of(&drawing), "href="));
		check_balance(evil_samples[i].name, body_of(&drawing));
		expect_hash(&drawing, "style", "style-src");
		expect_hash(&drawing, "script", "script-src");
		drawing_end(&drawing);
	}
}

static void foreign_values_are_not_shown(void **state)
{
	struct drawing drawing;

	drawing_begin(&drawing);
	drawing.decision.refusal = (struct refusal){
		.reason = REASON_REDIRECT_URI_UNREGISTERED,
		.argument = TEXT("redirect_uri"),
		.expected = TEXT("https://registered.example/"),
		.received = TEXT("https://evil.example/call-this-number"),
		.near_miss = TEXT("differs at character 9"),
	};
	login_pages.error(&drawing.request);
	assert_true(holds(body_of(&drawing), "redirect_uri"));
	assert_false(holds(body_of(&drawing), "evil.example"));
	assert_false(holds(body_of(&drawing), "registered.example"));
	assert_false(holds(body_of(&drawing), "differs at"));
	drawing_end(&drawing);
}

static void message_goes_to_one_origin(void **state)
{
	struct drawing drawing;
	struct text script;

	drawing_begin(&drawing);
	login_pages.web_message(&drawing.request, TEXT("https://rp.example"),
				&evil_form);
	script = inside(body_of(&drawing), "script");
	assert_false(holds(script, "*"));
	assert_false(holds(script, "rp.example"));
	assert_true(holds(drawing_header(&drawing, "Content-Security-Policy"),
			  "frame-ancestors https://rp.example; script-src"));
	drawing_end(&drawing);
	drawing_begin(&drawing);
	login_pages.web_message(&drawing.request, TEXT_ABSENT, &evil_form);
	assert_true(holds(drawing_header(&drawing, "Content-Security-Policy"),
			  "frame-ancestors 'none'"));
	drawing_end(&drawing);
}

static void busy_pages_say_when(void **state)
{
	struct drawing drawing;

	drawing_begin(&drawing);
	drawing.decision.refusal.reason = REASON_SERVER_BUSY;
	login_pages.error(&drawing.request);
	assert_int_equal(drawing.reply.status, 503);
	assert_true(drawing_header(&drawing, "Retry-After").size > 0);
	drawing_end(&drawing);
}

static int open_crypto(void **state)
{
	return crypto_open() == DONE ? 0 : -1;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		test_that("every page has the ids, fields and words of its "
			  "contract",
			  has_what_it_needs),
		test_that(
			"a page's status is 200, or that of the refusal's row",
			statuses_are_the_rows),
		test_that("W04 W14 R17 every page has the headers that it must",
			  has_the_headers),
		test_that("the policy's hashes are those of what is embedded",
			  hashes_match),
		test_that("R17 nothing is loaded but the client's logo",
			  only_the_logo_is_loaded),
		test_that("all tags are balanced, none has a handler or style",
			  tags_are_balanced),
		test_that("fields have labels, can be changed, need no script",
			  fields_have_labels),
		test_that("W13 S14 R20 no value of a stranger becomes markup",
			  nothing_gets_out),
		test_that("the error page does not say again what a link said",
			  foreign_values_are_not_shown),
		test_that("web_message posts to one origin, framed by it alone",
			  message_goes_to_one_origin),
		test_that("a page for want of room says when to try again",
			  busy_pages_say_when),
	};

	return cmocka_run_group_tests_name("login pages", tests, open_crypto,
					   NULL);
}
