/* SPDX-License-Identifier: Apache-2.0 */
/* Signs a person in as a browser would: pages, forms, redirects, cookies. */
#include <stdio.h>

#include "load.h"

#define STEPS_MAX 12
#define JAR_MAX 16
#define COOKIE_MAX 4096
#define PATH_MAX_SIZE 16384
#define FORM_MAX 65536
#define ANSWER_WITHIN_MS 60000

struct jar {
	struct buf cookies[JAR_MAX]; /* "name=value" */
	size_t count;
};

/* Where the browser stands. */
struct browser {
	struct load_source source;
	const struct load_target *target;
	const struct load_person *person;
	struct text redirect_uri;
	struct jar jar;
	const char *method;
	struct buf path;
	struct buf headers;
	struct buf form; /* of a POST */
	bool is_asked;
	bool is_there; /* at the redirect URI */
	const char *fault; /* why it goes no further */
	int status;
};

/* --- Cookies --- */

static struct text name_of(struct text cookie)
{
	return text_first(cookie, text_find_byte(cookie, '='));
}

static void keep_cookie(struct jar *jar, struct text cookie)
{
	size_t at = 0;

	while (at < jar->count &&
	       !text_equal(name_of(buf_text(&jar->cookies[at])),
			   name_of(cookie)))
		at++;
	if (at == JAR_MAX)
		return;
	if (at == jar->count)
		jar->cookies[jar->count++] = buf_init(COOKIE_MAX);
	jar->cookies[at].size = 0;
	buf_add(&jar->cookies[at], cookie);
}

static void keep_cookies(struct jar *jar, const struct load_answer *answer)
{
	struct text line;

	for (size_t nth = 0; nth < JAR_MAX; nth++) {
		line = load_answer_header(answer, "set-cookie", nth);
		if (!text_is_present(line))
			return;
		keep_cookie(jar, text_first(line, text_find_byte(line, ';')));
	}
}

/* Those that have a value: an empty one has been taken back. */
static void add_cookies(const struct jar *jar, struct buf *out)
{
	bool is_first = true;

	for (size_t i = 0; i < jar->count; i++) {
		struct text cookie = buf_text(&jar->cookies[i]);

		if (name_of(cookie).size + 1 >= cookie.size)
			continue;
		if (!is_first)
			buf_add_string(out, "; ");
		buf_add(out, cookie);
		is_first = false;
	}
}

/* --- Pages --- */

/* The value of an attribute within a tag, as it stands there. */
static struct text attribute(struct text tag, const char *name)
{
	char wanted[32];
	struct text value;
	size_t at;

	snprintf(wanted, sizeof(wanted), " %s=\"", name);
	at = text_find(tag, text_from(wanted));
	if (at == tag.size)
		return TEXT_ABSENT;
	value = text_from_byte(tag, at + strlen(wanted));
	return text_first(value, text_find_byte(value, '"'));
}

/* Takes the next tag that begins with `opening` ("<input") off the front. */
static bool next_tag(struct text *html, struct text opening, struct text *tag)
{
	size_t at = text_find(*html, opening);

	if (at == html->size)
		return false;
	*tag = text_from_byte(*html, at);
	*tag = text_first(*tag, text_find_byte(*tag, '>'));
	*html = text_from_byte(*html, at + tag->size);
	return true;
}

static void add_unescaped(struct buf *out, struct text html)
{
	static const struct {
		struct text escape;
		char byte;
	} escapes[] = {
		{{"&amp;", 5}, '&'}, {{"&quot;", 6}, '"'}, {{"&#39;", 5}, '\''},
		{{"&lt;", 4}, '<'},  {{"&gt;", 4}, '>'},
	};

	while (html.size > 0) {
		size_t size = 1;
		char byte = html.at[0];

		for (size_t i = 0; i < COUNT_OF(escapes); i++)
			if (text_starts_with(html, escapes[i].escape)) {
				size = escapes[i].escape.size;
				byte = escapes[i].byte;
			}
		buf_add_byte(out, byte);
		html = text_from_byte(html, size);
	}
}

static void add_field(struct buf *form, struct text name, struct text value)
{
	if (form->size > 0)
		buf_add_byte(form, '&');
	load_form_encode(form, name);
	buf_add_byte(form, '=');
	load_form_encode(form, value);
}

/* What a person types or leaves in a field. */
static void fill_field(struct browser *browser, struct text tag)
{
	struct buf plain = buf_init(FORM_MAX);
	struct text name = attribute(tag, "name");

	if (text_equal(name, TEXT("username"))) {
		add_field(&browser->form, name,
			  text_from(browser->person->username));
	} else if (text_equal(name, TEXT("password"))) {
		add_field(&browser->form, name,
			  text_from(browser->person->password));
	} else if (text_is_present(name)) {
		add_unescaped(&plain, attribute(tag, "value"));
		add_field(&browser->form, name, buf_text(&plain));
	}
	buf_wipe(&plain);
}

/* What follows "scheme://authority", or all of what is a path. */
static struct text path_of(struct text url)
{
	size_t scheme = text_find(url, TEXT("://"));
	struct text rest = text_from_byte(url, scheme + 3);

	return scheme == url.size
		       ? url
		       : text_from_byte(rest, text_find_byte(rest, '/'));
}

/* The one form of the page: what is typed into it, and that one agrees. */
static void fill_form(struct browser *browser, struct text html)
{
	struct text action;
	struct text tag;

	if (!next_tag(&html, TEXT("<form"), &tag)) {
		browser->fault = "a page without a form";
		return;
	}
	action = attribute(tag, "action");
	if (text_is_present(action)) {
		browser->path.size = 0;
		add_unescaped(&browser->path, path_of(action));
	}
	browser->method = "POST";
	browser->form.size = 0;
	while (next_tag(&html, TEXT("<input"), &tag))
		fill_field(browser, tag);
	if (text_find(html, TEXT("value=\"approve\"")) < html.size)
		add_field(&browser->form, TEXT("decision"), TEXT("approve"));
}

/* --- Steps --- */

static void follow(struct browser *browser, struct text location)
{
	struct buf path = buf_init(PATH_MAX_SIZE);

	browser->is_there = text_starts_with(location, browser->redirect_uri);
	if (browser->is_there &&
	    !text_is_present(load_query_find(location, "code")))
		browser->fault = "the redirect has no code";
	buf_add(&path, path_of(location));
	buf_wipe(&browser->path);
	browser->path = path;
	browser->method = "GET";
}

static void answered(struct load_source *source, size_t index,
		     const struct load_answer *answer)
{
	struct browser *browser = HOLDER_OF(source, struct browser, source);
	struct text location = load_answer_header(answer, "location", 0);

	(void)index;
	browser->status = answer->status;
	keep_cookies(&browser->jar, answer);
	if (text_is_present(location))
		follow(browser, location);
	else if (answer->status == 200)
		fill_form(browser, answer->body);
	else
		browser->fault = "not a page and not a redirect";
}

static bool next(struct load_source *source, size_t *index_out,
		 struct load_request *request_out)
{
	struct browser *browser = HOLDER_OF(source, struct browser, source);
	bool is_post = browser->method[0] == 'P';

	*index_out = 0;
	if (browser->is_asked)
		return false;
	browser->is_asked = true;
	browser->headers.size = 0;
	buf_add_string(&browser->headers, "cookie: ");
	add_cookies(&browser->jar, &browser->headers);
	buf_add_string(&browser->headers,
		       is_post ? "\r\ncontent-type: "
				 "application/x-www-form-urlencoded\r\n"
			       : "\r\n");
	if (browser->jar.count == 0 && !is_post)
		browser->headers.size = 0;
	*request_out = (struct load_request){
		.method = browser->method,
		.path = buf_text(&browser->path),
		.headers = buf_text(&browser->headers),
		.body = is_post ? buf_text(&browser->form) : TEXT_ABSENT,
	};
	return true;
}

static outcome step(struct browser *browser)
{
	const struct load_drive drive = {
		.target = browser->target,
		.source = &browser->source,
		.connection_count = 1,
		.stream_count = 1,
		.request_count = 1,
		.most_ms = ANSWER_WITHIN_MS,
	};
	struct load_result result;

	browser->is_asked = false;
	TRY(load_drive(&drive, &result));
	return browser->fault == NULL ? DONE : REFUSED;
}

static void wipe(struct browser *browser)
{
	for (size_t i = 0; i < browser->jar.count; i++)
		buf_wipe(&browser->jar.cookies[i]);
	buf_wipe(&browser->path);
	buf_wipe(&browser->headers);
	buf_wipe(&browser->form);
}

static void init(struct browser *browser, const struct load_target *target,
		 struct text authorize, const struct load_person *person)
{
	*browser = (struct browser){
		.source = {.next = next, .answered = answered},
		.target = target,
		.person = person,
		.redirect_uri = TEXT("none"),
		.method = "GET",
		.path = buf_init(PATH_MAX_SIZE),
		.headers = buf_init(FORM_MAX),
		.form = buf_init(FORM_MAX),
	};
	buf_add(&browser->path, authorize);
}

static outcome tell_fault(const struct browser *browser)
{
	fprintf(stderr, "load: nobody could be signed in: %s (status %d)\n",
		browser->fault ? browser->fault : "the pages do not end",
		browser->status);
	return REFUSED;
}

outcome load_browser_sign_in(const struct load_target *target,
			     struct text authorize, struct text redirect_uri,
			     const struct load_person *person,
			     struct buf *cookie)
{
	CLEANUP(wipe) struct browser browser;
	outcome done = DONE;

	init(&browser, target, authorize, person);
	browser.redirect_uri = redirect_uri;
	for (int i = 0; i < STEPS_MAX && done == DONE && !browser.is_there; i++)
		done = step(&browser);
	if (done != DONE || !browser.is_there)
		return tell_fault(&browser);
	add_cookies(&browser.jar, cookie);
	return DONE;
}

outcome load_browser_fill_form(const struct load_target *target,
			       struct text authorize,
			       const struct load_person *person,
			       struct load_form *form)
{
	CLEANUP(wipe) struct browser browser;

	init(&browser, target, authorize, person);
	if (step(&browser) != DONE || browser.form.size == 0)
		return tell_fault(&browser);
	add_cookies(&browser.jar, &form->cookie);
	buf_add(&form->path, buf_text(&browser.path));
	buf_add(&form->body, buf_text(&browser.form));
	return DONE;
}
