import { expect, it } from 'vitest';
import type { DataSet } from './dataSet';
import { encapsulatedOf, nameOfDocument } from './encapsulated';

const document = (element: object, more: DataSet = {}): DataSet => ({
  '00420010': { vr: 'ST', Value: ['报告'] },
  '00420011': { vr: 'OB', ...element },
  '00420012': { vr: 'LO', Value: ['application/pdf'] },
  ...more,
});

it('knows where a document is in its file, without what pads it', () => {
  const found = encapsulatedOf(
    document({ BulkDataURI: 'bulkdata/stored/900/5002' }, { '00420015': { vr: 'UL', Value: [5001] } }),
  );
  expect(found).toMatchObject({ title: '报告', size: 5001, place: { from: 900, length: 5001 } });
  expect(nameOfDocument(found!, 'x.dcm')).toBe('报告.pdf');
});

it('has the bytes of a short one, and none of one that was deflated', () => {
  expect(encapsulatedOf(document({ InlineBinary: 'JVBERg==' }))?.place).toEqual({
    bytes: Uint8Array.from([0x25, 0x50, 0x44, 0x46]),
  });
  expect(encapsulatedOf(document({ BulkDataURI: 'bulkdata/inflated/900/5002' }))?.place).toBeNull();
  expect(encapsulatedOf({})).toBeNull();
});

it('calls a document by the name of its file where it has no title', () => {
  const found = encapsulatedOf({ '00420011': { vr: 'OB' } })!;
  expect(nameOfDocument(found, 'Befund.DCM')).toBe('Befund.bin');
});
