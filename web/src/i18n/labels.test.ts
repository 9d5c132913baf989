import type { TFunction } from 'i18next';
import { describe, expect, it } from 'vitest';
import { statusLabel, typeLabel } from './labels';

const t = ((key: string) => key) as unknown as TFunction;

describe('names of the API', () => {
  it('are said in the language of the user', () => {
    expect(statusLabel('DELETED', t)).toBe('fileStatus.DELETED');
    expect(statusLabel('PROCESSED', t)).toBe('fileStatus.PROCESSED');
    expect(typeLabel('OTHER', t)).toBe('fileType.OTHER');
  });

  it('stay as they are when a newer version of the service has made them', () => {
    expect(statusLabel('UNKNOWN', t)).toBe('UNKNOWN');
    expect(typeLabel('UNKNOWN', t)).toBe('UNKNOWN');
  });
});
