import { describe, expect, it } from 'vitest';
import type { ImageFile, Notice } from '../api/types';
import { Rejected } from './failures';
import { verdictOn } from './verdict';

function record(change: Partial<ImageFile>): ImageFile {
  return {
    status: 'PROCESSED',
    status_reason: null,
    warnings: [],
    patient_id: 'P-1',
    version: 2,
    ...change,
  } as ImageFile;
}
const notice = (code: string) => ({ code, message: code }) as Notice & ImageFile['warnings'][number];

describe('verdictOn', () => {
  it.each(['UPLOADING', 'UPLOADED', 'PROCESSING'] as const)('waits while a file is %s', (status) => {
    expect(verdictOn(record({ status }), false)).toBeNull();
  });

  it('takes a file without remarks for good, new or known', () => {
    expect(verdictOn(record({}), false)).toMatchObject({
      state: 'done',
      record: { patient_id: 'P-1', version: 2 },
    });
    expect(verdictOn(record({ status: 'ARCHIVED' }), true)).toMatchObject({ state: 'duplicate' });
  });

  it('gives the reason of a failure', () => {
    const reason = notice('damaged');
    expect(
      verdictOn(record({ status: 'FAILED', status_reason: reason as ImageFile['status_reason'] }), true),
    ).toMatchObject({
      state: 'failed',
      error: new Rejected([reason]),
    });
  });

  it('doubts a wrong patient, another type, and what this page has never heard of', () => {
    for (const code of ['patient_mismatch', 'type_mismatch', 'some_new_code']) {
      expect(verdictOn(record({ warnings: [notice(code)] }), false)).toMatchObject({ state: 'doubt' });
    }
  });

  it('says of a text that it has no picture', () => {
    expect(verdictOn(record({ file_type: 'OTHER' }), false)).toMatchObject({
      state: 'done',
      notices: [{ code: 'not_image_file' }],
    });
  });

  it('does not doubt a report for having no picture, but says it', () => {
    const warnings = [notice('structured_report')];
    expect(verdictOn(record({ warnings }), false)).toMatchObject({ state: 'done', notices: warnings });
    const both = [notice('document'), notice('patient_mismatch')];
    expect(verdictOn(record({ warnings: both }), false)).toMatchObject({ state: 'doubt', notices: both });
  });
});
