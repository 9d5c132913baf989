import type { ImageFile } from '../api/types';

/** A file to save. */
export type Savable = Pick<
  ImageFile,
  | 'id'
  | 'original_filename'
  | 'file_size'
  | 'patient_id'
  | 'study_id'
  | 'series_id'
  | 'study_date'
  | 'modality'
  | 'created_at'
>;

/** A file of an archive. */
export interface Member {
  id: number;
  path: string;
  size: number;
  modified: Date;
}

/** Characters of a part of a path: with a few folders Windows still opens it, which ends at 260. */
const LONGEST = 100;
/** What file systems and shells take for something else (Microsoft, "Naming Files, Paths, and Namespaces"). */
const FORBIDDEN = /[<>:"/\\|?*\p{Cc}]/gu;
/** They turn the direction of what follows: `exe.gnp` would be read as `png.exe`. */
const TURNING = /[\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const RESERVED = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** A name that every file system takes. */
export function safeName(name: string): string {
  const clean = name
    .normalize('NFC')
    .replace(TURNING, '')
    .replace(FORBIDDEN, '_')
    .replace(/^\s+|[\s.]+$/g, '');
  const short = shortened(clean === '' ? '_' : clean);
  return RESERVED.test(short) ? `_${short}` : short;
}

/** The end of a name tells what it is, so the middle goes. */
function shortened(name: string): string {
  const letters = [...name];
  if (letters.length <= LONGEST) return name;
  const extension = /\.[^.]{1,16}$/.exec(name)?.[0] ?? '';
  return letters.slice(0, LONGEST - [...extension].length).join('') + extension;
}

/** Names that are taken, as Windows and macOS see them: without regard to case. */
class Taken {
  private readonly names = new Set<string>();

  free(name: string): string {
    const dot = name.lastIndexOf('.');
    const [stem, extension] = dot > 0 ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
    let free = name;
    for (let number = 2; this.names.has(free.toLowerCase()); number++)
      free = `${stem} (${number})${extension}`;
    this.names.add(free.toLowerCase());
    return free;
  }
}

/**
 * Where each file stands in the archive: patient, study, series, as far as there are several of them. No two files have
 * the same name, and the order of the files is kept.
 */
export function membersOf(files: readonly Savable[], nobody: string): Member[] {
  const folders = new Folders(files, nobody);
  const taken = new Map<string, Taken>();
  return files.map((file) => {
    const folder = folders.of(file);
    const names = taken.get(folder.toLowerCase()) ?? new Taken();
    taken.set(folder.toLowerCase(), names);
    const name = names.free(safeName(file.original_filename));
    const path = folder === '' ? name : `${folder}/${name}`;
    return { id: file.id, path, size: file.file_size, modified: new Date(file.created_at) };
  });
}

/** The folders of an archive. A level of which there is one only is left out. */
class Folders {
  private readonly patients: Map<unknown, string>;
  private readonly studies: Map<unknown, string>;
  private readonly series: Map<unknown, string>;

  constructor(files: readonly Savable[], nobody: string) {
    this.patients = named(files, 'patient_id', ({ patient_id }) =>
      patient_id === null ? nobody : String(patient_id),
    );
    this.studies = named(files, 'study_id', ({ study_date, modality }) =>
      [study_date?.slice(0, 10), modality].filter(Boolean).join(' '),
    );
    // The ids of series mean nothing to people: they are counted in the order of the files.
    let count = 0;
    this.series = named(files, 'series_id', () => String(++count).padStart(3, '0'));
  }

  of({ patient_id, study_id, series_id }: Savable): string {
    const levels = [
      several(this.patients) && this.patients.get(patient_id),
      several(this.studies) && this.studies.get(study_id),
      several(this.series) && this.series.get(series_id),
    ];
    return levels.filter((level): level is string => typeof level === 'string' && level !== '').join('/');
  }
}

/** Files that are in none stand above the folders of the others. */
const several = (names: Map<unknown, string>) => [...names.values()].filter((name) => name !== '').length > 1;

function named(
  files: readonly Savable[],
  key: 'patient_id' | 'study_id' | 'series_id',
  name: (file: Savable) => string,
): Map<unknown, string> {
  const taken = new Taken();
  const names = new Map<unknown, string>();
  for (const file of files) {
    if (names.has(file[key])) continue;
    const wanted = key !== 'patient_id' && file[key] === null ? '' : name(file);
    names.set(file[key], wanted === '' ? '' : taken.free(safeName(wanted)));
  }
  return names;
}
