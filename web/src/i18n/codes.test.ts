import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { zh } from './zh';

/** The service's sources. `en` has the keys of `zh`, or does not compile. */
const ROOT = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const sources = (folder: string) =>
  readdirSync(new URL(folder, ROOT), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.rs'))
    .map((file) => read(folder + file))
    .join('\n');
const found = (text: string, pattern: RegExp) => [
  ...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? '')),
];
const untranslated = (codes: string[], texts: object) => codes.filter((code) => !Object.hasOwn(texts, code));

const NOTICE = /Notice::new\(\s*"([a-z_]+)"/g;
/** Between the parts of the service; no caller is ever answered with them. */
const INTERNAL = ['already_claimed', 'already_processed', 'lease_lost', 'not_moving'];

describe('the codes of the service', () => {
  it('that say why there is no picture have a text', () => {
    const codes = found(read('shared/imaging/src/reason.rs'), /^ {4}[A-Z]\w+ = "([a-z_]+)",/gm);
    expect(codes).toContain('truncated');
    expect(untranslated(codes, zh.warning)).toEqual([]);
  });

  it('of warnings and failures of files have a text', () => {
    const lasting = /status_reason = Some\(Notice::new\(\s*"([a-z_]+)"/g;
    const codes = [
      ...found(sources('functions/src/process_object/'), NOTICE),
      ...found(read('functions/src/process_object.rs'), NOTICE),
      ...found(read('functions/src/patients.rs'), /MISMATCH: &str = "([a-z_]+)"/g),
      ...found(read('shared/service/src/domain/transition.rs'), lasting),
    ];
    expect(codes).toEqual(
      expect.arrayContaining(['patient_mismatch', 'checksum_mismatch', 'upload_abandoned']),
    );
    expect(untranslated(codes, zh.warning)).toEqual([]);
  });

  it('of refusals have a text', () => {
    const service = sources('shared/service/src/');
    const codes = [
      ...found(read('web/src/api/schema.ts'), /code\?: "([^;]+)";/g).flatMap((codes) => codes.split('" | "')),
      ...found(service + sources('functions/src/'), /conflict\(\s*"([a-z_]+)"/g),
      ...found(read('shared/service/src/domain/transition.rs'), NOTICE),
      ...found(read('shared/service/src/error.rs'), /=> "([a-z_]+)",/g),
    ].filter((code) => !INTERNAL.includes(code) && code !== 'upload_abandoned');
    expect(codes).toEqual(expect.arrayContaining(['version_conflict', 'not_uploading', 'unavailable']));
    expect(untranslated(codes, zh.error)).toEqual([]);
  });

  it('of the access log have a text', () => {
    const names = found(read('shared/service/src/access.rs'), /Self::\w+ => "([a-z_]+)"/g);
    expect(names).toContain('download');
    expect(untranslated(names, zh.action)).toEqual([]);
  });
});
