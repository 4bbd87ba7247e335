/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the few things of an HTML page that a person without JavaScript would use. */

const NAMED = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: '\u00a0' };

export function unescapeHtml(text) {
	return text.replace(/&(#x[0-9a-f]+|#[0-9]+|[a-z]+);/gi, (whole, name) => {
		if (/^#x/i.test(name))
			return String.fromCodePoint(parseInt(name.slice(2), 16));
		if (name[0] === '#')
			return String.fromCodePoint(parseInt(name.slice(1), 10));
		return NAMED[name.toLowerCase()] ?? whole;
	});
}

function attributesOf(source) {
	const attributes = {};
	const pattern = /([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>`]+)))?/g;
	for (const [, name, ...values] of source.matchAll(pattern))
		attributes[name.toLowerCase()] ??=
			unescapeHtml(values.find((value) => value !== undefined) ?? '');
	return attributes;
}

/* Every start tag in order: {name, attributes, at, end} and every end tag: {name, closes}. */
export function tagsOf(html) {
	const clean = html.replace(/<!--[\s\S]*?-->/g, (comment) => ' '.repeat(comment.length))
		.replace(/(<(script|style)\b[^>]*>)([\s\S]*?)(<\/\2>)/gi,
			(_, open, name, inner, close) => open + ' '.repeat(inner.length) + close);
	const tags = [];
	const pattern = /<(\/?)([a-z][a-z0-9-]*)((?:"[^"]*"|'[^']*'|[^'">])*)>/gi;
	for (const match of clean.matchAll(pattern))
		tags.push({
			name: match[2].toLowerCase(),
			closes: match[1] === '/',
			attributes: match[1] === '/' ? {} : attributesOf(match[3]),
			at: match.index,
			end: match.index + match[0].length,
		});
	return tags;
}

export function elementById(html, id) {
	return tagsOf(html).find((tag) => tag.attributes.id === id) ?? null;
}

/* The visible words of a page, or of the part between two offsets. */
export function textOf(html, from = 0, to = html.length) {
	return unescapeHtml(html.slice(from, to)
		.replace(/<(head|script|style|template)\b[\s\S]*?<\/\1>/gi, ' ')
		.replace(/<[^>]*>/g, ' '))
		.replace(/\s+/g, ' ').trim();
}

/* The words inside the element that has `id`. */
export function textInside(html, id) {
	const tags = tagsOf(html);
	const start = tags.findIndex((tag) => tag.attributes.id === id);
	if (start < 0)
		return null;
	let depth = 0;
	for (const tag of tags.slice(start)) {
		if (tag.name !== tags[start].name)
			continue;
		depth += tag.closes ? -1 : 1;
		if (depth === 0)
			return textOf(html, tags[start].end, tag.at);
	}
	return textOf(html, tags[start].end);
}

/*
 * The form that holds the element with `id` (or has that id itself):
 * {action, method, fields: [{id, type, name, value}], buttons: [{id, name, value}]}; null if
 * there is none.
 */
export function formWith(html, id) {
	let form = null;
	for (const tag of tagsOf(html)) {
		if (tag.name === 'form' && !tag.closes)
			form = { action: tag.attributes.action ?? '', fields: [], buttons: [],
				method: (tag.attributes.method ?? 'get').toLowerCase(), ids: [tag.attributes.id] };
		else if (tag.name === 'form' && form?.ids.includes(id))
			return form;
		else if (tag.name === 'form')
			form = null;
		else if (form && !tag.closes)
			addToForm(form, tag);
	}
	return form?.ids.includes(id) ? form : null;
}

/* The first form of the page, whatever its id. */
export function firstForm(html) {
	const tag = tagsOf(html).find((one) => one.name === 'form' && !one.closes);
	if (!tag)
		return null;
	const marked = html.slice(0, tag.at) + '<form id="first-form"' + html.slice(tag.at + 5);
	return formWith(marked, 'first-form');
}

function addToForm(form, { name, attributes }) {
	form.ids.push(attributes.id);
	const type = (attributes.type ?? (name === 'button' ? 'submit' : 'text')).toLowerCase();
	if ((name === 'input' || name === 'button') && type === 'submit')
		form.buttons.push({ id: attributes.id, name: attributes.name,
			value: attributes.value ?? '' });
	else if (name === 'input' && attributes.name && isSent(type, attributes))
		form.fields.push({ id: attributes.id, type, name: attributes.name,
			value: attributes.value ?? (type === 'checkbox' ? 'on' : '') });
}

function isSent(type, attributes) {
	if (type === 'checkbox' || type === 'radio')
		return 'checked' in attributes;
	return type !== 'button' && type !== 'reset';
}
