import { describe, expect, it } from 'vitest';
import { membersOf, safeName, type Savable } from './names';

function file(id: number, change: Partial<Savable> = {}): Savable {
  return {
    id,
    original_filename: 'IM0001.dcm',
    file_size: 10,
    patient_id: 'P-1',
    study_id: 7,
    series_id: 9,
    study_date: '2026-01-05',
    modality: 'CT',
    created_at: '2026-01-05T14:30:22.000Z',
    ...change,
  };
}
const paths = (...files: Savable[]) => membersOf(files, 'nobody').map(({ path }) => path);

describe('safeName', () => {
  it.each([
    ['胸部 CT 平扫.dcm', '胸部 CT 平扫.dcm'],
    ['../../etc/passwd', '.._.._etc_passwd'],
    ['a\\b:c*d?e"f<g>h|i\u0000', 'a_b_c_d_e_f_g_h_i_'],
    ['name. . ', 'name'],
    ['..', '_'],
    ['', '_'],
    ['CON', '_CON'],
    ['lpt1.dcm', '_lpt1.dcm'],
    ['console.dcm', 'console.dcm'],
    ['photo\u202egnp.exe', 'photognp.exe'],
    [`${'长'.repeat(120)}.dcm`, `${'长'.repeat(96)}.dcm`],
  ])('%j is %j', (name, expected) => expect(safeName(name)).toBe(expected));
});

describe('membersOf', () => {
  it('needs no folder for one series, and no two files have one name', () => {
    expect(paths(file(1), file(2), file(3, { original_filename: 'im0001.DCM' }))).toEqual([
      'IM0001.dcm',
      'IM0001 (2).dcm',
      'im0001 (3).DCM',
    ]);
  });

  it('has a folder for each level of which there are several', () => {
    expect(paths(file(1), file(2, { series_id: 10 }))).toEqual(['001/IM0001.dcm', '002/IM0001.dcm']);
    expect(
      paths(
        file(1),
        file(2, { study_id: 8, series_id: 11, modality: 'MR' }),
        file(3, { study_id: 12, series_id: 13 }),
        file(4, { patient_id: null, study_id: null, series_id: null }),
      ),
    ).toEqual([
      'P-1/2026-01-05 CT/001/IM0001.dcm',
      'P-1/2026-01-05 MR/002/IM0001.dcm',
      'P-1/2026-01-05 CT (2)/003/IM0001.dcm',
      'nobody/IM0001.dcm',
    ]);
  });

  it('does not let a patient be a path', () => {
    expect(paths(file(1, { patient_id: '..' }), file(2, { patient_id: 'P-2' }))).toEqual([
      '_/IM0001.dcm',
      'P-2/IM0001.dcm',
    ]);
  });
});
