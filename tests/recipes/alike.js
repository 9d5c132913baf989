// What two servers of DICOMweb answer to the same request, compared.

/** A server: where it is, the headers that each request has, and its own names for itself in URLs. */
export const server = (base, headers = {}, others = []) => ({ base, headers, names: [base, ...others] });

/** An answer: its status, media type and bytes. Redirects are followed. */
export async function ask({ base, headers }, path, options = {}) {
  const answer = await fetch(`${base}${path}`, { ...options, headers: { ...headers, ...options.headers } });
  return { status: answer.status, type: answer.headers.get('content-type') ?? '', bytes: Buffer.from(await answer.arrayBuffer()) };
}

/** The data sets of an answer, whose URLs begin with BASE; none, if it has none. */
export function sets({ names }, { bytes, type }) {
  if (!type.includes('json') || bytes.length === 0) return [];
  const text = names.reduce((text, name) => text.replaceAll(name, 'BASE'), bytes.toString('utf8').replaceAll('\\/', '/'));
  const found = JSON.parse(text);
  return Array.isArray(found) ? found : [];
}

export const value = (set, tag) => set[tag]?.Value?.[0];
/** What a result is of. */
export const name = (set) => ['0020000D', '0020000E', '00080018'].map((tag) => value(set, tag)).join(' ');

/** How the results of a search differ: a sentence each. Neither order nor the way to say that there is nothing counts here. */
export async function search(ours, theirs, path) {
  const headers = { accept: 'application/dicom+json' };
  const [one, other] = await Promise.all([ask(ours, path, { headers }), ask(theirs, path, { headers })]);
  const [mine, others] = [sets(ours, one), sets(theirs, other)];
  const differences = [];
  if (one.status !== other.status) differences.push(`status ${one.status}, theirs ${other.status}${other.status === 200 && others.length === 0 ? ' of nothing' : ''}`);
  const found = new Map(others.map((set) => [name(set), set]));
  for (const set of mine) {
    const same = found.get(name(set));
    if (same) differences.push(...attributes(set, same));
    else differences.push('found only here');
    found.delete(name(set));
  }
  if (found.size > 0) differences.push('found only there');
  return [...new Set(differences)];
}

/** How two data sets differ, in sequences, too. Long values are compared by who asks for them. */
export function attributes(ours, theirs, within = '') {
  const differences = [];
  for (const tag of new Set([...Object.keys(ours), ...Object.keys(theirs)])) {
    const [one, other, at] = [ours[tag], theirs[tag], within + tag];
    if (!one) differences.push(`${at} only there`);
    else if (!other) differences.push(`${at} only here${one.Value || one.BulkDataURI ? '' : ', empty'}`);
    else if (one.vr !== other.vr) differences.push(`${at} is ${one.vr}, theirs ${other.vr}`);
    else if (isLong(one) || isLong(other)) continue;
    else if (one.vr === 'SQ' && one.Value?.length === other.Value?.length) {
      (one.Value ?? []).forEach((item, index) => differences.push(...attributes(item, other.Value[index], `${at}.`)));
    } else if (written(one) !== written(other)) differences.push(`${at} is ${written(one)}, theirs ${written(other)}`);
  }
  return differences;
}

export const isLong = (element) => 'BulkDataURI' in element || 'InlineBinary' in element;

/** A value, whatever the order of what it is made of; a number of 32 bits as what it stands for. */
function written({ vr, Value = [] }) {
  const of = (one) => {
    if (vr === 'FL') return Math.fround(one);
    return one !== null && typeof one === 'object' ? Object.fromEntries(Object.entries(one).sort()) : one;
  };
  return JSON.stringify(Value.map(of));
}

/** The bytes of a long value: those in the element, or behind its URI. */
export async function long(server, element) {
  if (element.InlineBinary !== undefined) return Buffer.from(element.InlineBinary, 'base64');
  const path = element.BulkDataURI.replace('BASE', '');
  const answer = await ask(server, path, { headers: { accept: 'multipart/related; type="application/octet-stream"; transfer-syntax=*' } });
  return answer.status === 200 ? parts(answer)[0] : null;
}

/** The parts of an answer. */
export function parts({ type, bytes }) {
  const boundary = /boundary="?([^";]+)/.exec(type)?.[1];
  if (!boundary) return [bytes];
  const [found, delimiter] = [[], `--${boundary}`];
  let at = bytes.indexOf(delimiter) + delimiter.length;
  for (;;) {
    const end = bytes.indexOf(`\r\n${delimiter}`, at);
    if (end < 0) return found;
    found.push(bytes.subarray(bytes.indexOf('\r\n\r\n', at) + 4, end));
    at = end + 2 + delimiter.length;
  }
}

/** Holds what differs against the differences that are expected: what is not among them, and which of them are no longer there. */
export function unexpected(found, expected) {
  const used = new Set();
  const news = found.filter(({ request, differs }) => {
    const known = expected.filter((one) => one.request.test(request) && one.differs.test(differs));
    known.forEach((one) => used.add(one));
    return known.length === 0;
  });
  const past = expected.filter((one) => !used.has(one)).map(({ request, differs }) => `no longer so: ${request} ${differs}`);
  return [...news.map(({ request, differs }) => `${request}: ${differs}`), ...past];
}
